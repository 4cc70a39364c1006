"""Code lists over HTTP: public, the same for everyone, and cacheable by their fingerprint."""

import hashlib
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Header, Path, Query, Request, Response

from service.codes.catalogue import Catalogue, catalogue
from service.codes.entries import Entry, ListId
from service.codes.rules import check_sbi
from service.codes.schemas import ShownCode, ShownCodes, ShownLists, show_entry, show_hit, show_list
from service.codes.search import search
from service.problems import FieldError, InvalidInput, NotFound
from service.strict_json import StrictRoute
from service.text import Language, Text, language_of

router = APIRouter(prefix="/codes", tags=["codes"], route_class=StrictRoute)

_FORM = "1"  # part of the ETag: raise it when the JSON changes while the data does not
_NOT_MODIFIED = 304

AcceptLanguage = Annotated[str | None, Header(description="nl (default) or en.")]
IfNoneMatch = Annotated[str | None, Header()]
ListName = Annotated[str, Path(alias="list", max_length=40, description="A list of GET /codes.")]
Typed = Annotated[str | None, Query(max_length=100, description="What was typed; leave out for the whole list.")]
Limit = Annotated[int, Query(ge=1, le=50)]
After = Annotated[str | None, Query(max_length=60, description="The last code of the page before.")]


@router.get("", response_model=ShownLists, summary="Every code list, with edition, source and basis")
def read_lists(accept_language: AcceptLanguage = None, if_none_match: IfNoneMatch = None) -> Response:
    """Every list there is, with where it comes from."""
    cat, language = catalogue(), language_of(accept_language)
    if _unchanged(cat, language, if_none_match):
        return _not_modified(cat, language)
    shown = ShownLists(items=tuple(show_list(code_list, language) for code_list in cat.lists.values()))
    return _answer(shown, cat, language)


@router.get("/{list}", response_model=ShownCodes, summary="Search a code list, or read it in pages")
def read_codes(
    request: Request,
    name: ListName,
    q: Typed = None,
    limit: Limit = 10,
    after: After = None,
    accept_language: AcceptLanguage = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The best hits for what was typed; without q a page of the list in its own order."""
    cat, language, list_id = catalogue(), language_of(accept_language), _list_id(name)
    if q is None or not q.strip():
        page, more = _page(cat, list_id, after, limit)
        items = tuple(show_entry(list_id, entry, language) for entry in page)
    else:
        more, items = False, tuple(show_hit(hit, language) for hit in search(list_id, q, limit))
    if _unchanged(cat, language, if_none_match):
        return _not_modified(cat, language)
    answer = _answer(ShownCodes(list=show_list(cat.lists[list_id], language), items=items), cat, language)
    if more:
        # Relative (RFC 8288 allows it), so that no proxy in front of us can make it wrong.
        query = urlencode({"limit": limit, "after": items[-1].code})
        answer.headers["Link"] = f'<{quote(request.url.path)}?{query}>; rel="next"'
    return answer


@router.get("/{list}/{code}", response_model=ShownCode, summary="One code")
def read_code(
    name: ListName,
    code: Annotated[str, Path(max_length=60)],
    accept_language: AcceptLanguage = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One entry by its exact code."""
    cat, language, list_id = catalogue(), language_of(accept_language), _list_id(name)
    entry = cat.entry(list_id, code)
    if entry is None:
        raise NotFound(_not_listed(list_id, code))
    if _unchanged(cat, language, if_none_match):
        return _not_modified(cat, language)
    shown = ShownCode(list=show_list(cat.lists[list_id], language), item=show_entry(list_id, entry, language))
    return _answer(shown, cat, language)


def _not_listed(list_id: ListId, code: str) -> Text:
    ruling = check_sbi(code) if list_id is ListId.SBI else None
    if ruling and ruling.noted and ruling.entry:
        division, label = ruling.entry.code, ruling.entry.label
        return Text(
            f"De lijst sbi gaat tot de afdeling. {ruling.code} valt onder {division} ({label.in_(Language.NL)}).",
            f"The list sbi goes as far as the division. {ruling.code} is in {division} ({label.in_(Language.EN)}).",
        )
    return Text(
        f"Deze code staat niet in de lijst {list_id.value}. Zoek hem op met ?q=.",
        f"This code is not in the list {list_id.value}. Look it up with ?q=.",
    )


def _list_id(name: str) -> ListId:
    try:
        return ListId(name)
    except ValueError:
        raise NotFound(Text("Deze lijst kennen we niet. Kijk bij /v1/codes.", "Unknown list. See /v1/codes.")) from None


def _page(cat: Catalogue, list_id: ListId, after: str | None, limit: int) -> tuple[tuple[Entry, ...], bool]:
    entries = cat.lists[list_id].entries
    start = 0
    if after is not None:
        last = cat.entry(list_id, after)
        if last is None:
            text = Text("Neem de laatste code van de vorige pagina.", "Take the last code of the page before.")
            raise InvalidInput(errors=[FieldError("/after", "unknown-code", text)])
        start = entries.index(last) + 1
    return entries[start : start + limit], start + limit < len(entries)


def _answer(shown: ShownLists | ShownCodes | ShownCode, cat: Catalogue, language: Language) -> Response:
    body = shown.model_dump_json(by_alias=True, exclude_none=True)
    return Response(body, media_type="application/json", headers=_headers(cat, language))


def _headers(cat: Catalogue, language: Language) -> dict[str, str]:
    return {
        "ETag": _etag(cat, language),
        "Cache-Control": "public, max-age=3600",
        "Vary": "Accept-Language",
        "Content-Language": language.value,
    }


def _etag(cat: Catalogue, language: Language) -> str:
    return f'"{hashlib.sha256(f"{_FORM} {cat.fingerprint} {language}".encode()).hexdigest()[:20]}"'


def _unchanged(cat: Catalogue, language: Language, if_none_match: str | None) -> bool:
    known = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    return "*" in known or _etag(cat, language) in known


def _not_modified(cat: Catalogue, language: Language) -> Response:
    return Response(status_code=_NOT_MODIFIED, headers=_headers(cat, language))
