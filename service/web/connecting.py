"""The guide for who connects a system: pages made from what the door really does, and programs that tests run."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request, Response

from fhir.issues import ErrorCode, catalogue
from fhir.publication import examples
from service.identity.web_session import Page, PageVisitor
from service.problems import NotFound
from service.text import Language
from service.web.pages import language_of, render
from service.wire.published import shelf

FOLDER: Final = Path(__file__).parent / "connecting"
PROGRAMS: Final = ("melden.py", "melden.sh", "assertie.py")
_FILES: Final[Mapping[str, str]] = {
    "melden.sh": "text/plain",
    "assertie.py": "text/plain",
    "melden.py": "text/plain",
    "melding.json": "application/fhir+json",
}
_FIVE_MINUTES = "public, max-age=300"

router = APIRouter(prefix="/kennis/koppelen", include_in_schema=False)


@router.get("")
def read_start(request: Request, page: PageVisitor) -> Response:
    """How to file the first notification, and the rules of the road."""
    language = language_of(request, page)
    guide = in_language(language)
    return _open_page(
        request,
        "kennis/koppelen.html",
        page,
        programs=[(name, program(name)) for name in PROGRAMS],
        base=request.app.state.settings.base_url,
        **{name: guide[name] for name in ("scopes", "statuses", "sandbox", "changes")},
    )


@router.get("/inhoud")
def read_content(request: Request, page: PageVisitor) -> Response:
    """What is in a document, and the profiles that say so exactly."""
    language = language_of(request, page)
    return _open_page(
        request,
        "kennis/koppelen-inhoud.html",
        page,
        elements=in_language(language)["elements"],
        examples=in_language(language)["examples"],
        published=published(),
        checked=checked(language),
    )


@router.get("/fouten")
def read_errors(request: Request, page: PageVisitor) -> Response:
    """Every code that an OperationOutcome can carry, with what to do."""
    return _open_page(request, "kennis/koppelen-fouten.html", page, families=families())


@router.get("/bestanden/{name}")
def read_file(name: str) -> Response:
    """One of the files of the example, as the tests run it."""
    if name not in _FILES:
        raise NotFound
    headers = {"Cache-Control": _FIVE_MINUTES, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response((FOLDER / name).read_bytes(), headers=headers, media_type=_FILES[name])


@router.get("/voorbeelden/{name}.json")
def read_example(name: str, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """One of the example documents, as our own reader reads it in a test."""
    if (body := _examples().get(name)) is None:
        raise NotFound
    headers = {"Cache-Control": _FIVE_MINUTES, "ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"'}
    if headers["ETag"] in {tag.strip() for tag in (if_none_match or "").split(",")}:
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return Response(body, headers=headers, media_type="application/fhir+json")


@cache
def _examples() -> Mapping[str, bytes]:
    return {name: json.dumps(one, ensure_ascii=False, indent=2).encode() for name, one in examples().items()}


def program(name: str) -> str:
    """The text of a program on the page."""
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def in_language(language: Language) -> Mapping[str, list[list[str]]]:
    """The tables of the guide in one language; the last two words of each line are the Dutch and the English."""
    told: dict[str, list[list[str]]] = json.loads((FOLDER / "guide.json").read_text(encoding="utf-8"))
    word = -1 if language is Language.EN else -2
    return {name: [[*line[:-2], line[word]] for line in lines] for name, lines in told.items()}


@cache
def families() -> Mapping[str, tuple[ErrorCode, ...]]:
    """The error catalogue by the letter of its codes."""
    lines = catalogue().values()
    letters = dict.fromkeys(one.family.value for one in lines)
    return {letter: tuple(one for one in lines if one.family.value == letter) for letter in letters}


@cache
def published() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """What can be read at the door, by type: the id and the title."""
    kinds = dict.fromkeys(kind for kind, _ in shelf())
    return {
        kind: tuple(
            (name, str(one.resource.get("title") or one.resource.get("name") or name))
            for (its_kind, name), one in shelf().items()
            if its_kind == kind
        )
        for kind in kinds
    }


@cache
def checked(language: Language) -> Mapping[str, Any]:
    """Which canonicals were checked how, from the record of the tests of conformance."""
    told = json.loads(files("fhir").joinpath("data/checked.json").read_text("utf-8"))
    ways = {
        how: {"words": words[language.value], "canonicals": [one for one in told["checked"] if one["how"] == how]}
        for how, words in told["how"].items()
    }
    return {"packages": told["packages"], "ways": ways}


def _open_page(request: Request, template: str, page: Page | None, **values: object) -> Response:
    response = render(request, template, page, **values)
    # As with the other knowledge pages: a name or a cookie on the page is not for a shared cache.
    if page is None and "set-cookie" not in response.headers:
        response.headers["Cache-Control"] = _FIVE_MINUTES
    response.headers["Vary"] = "Cookie"
    return response
