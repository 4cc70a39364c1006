"""What a stranger may read without signing in, each with an entity tag."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Path, Request, Response

from fhir.writing import write_searchset
from fhir.writing.values import Found, Page
from service.problems import NotFound
from service.wire.answers import CONTENT_TYPE
from service.wire.asking import applied, insist_on_known
from service.wire.published import READABLE, Published, metadata, publish, searched, shelf, smart_configuration

router = APIRouter()
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match")]
ResourceId = Annotated[str, Path(alias="id")]
_CACHED = "public, max-age=300"


@router.get("/metadata")
def capability(request: Request, if_none_match: IfNoneMatch = None) -> Response:
    """What this service can do."""
    insist_on_known(request, "mode")
    return _answer(metadata(request.app.state.settings.base_url), if_none_match)


@router.get("/.well-known/smart-configuration")
def smart(request: Request, if_none_match: IfNoneMatch = None) -> Response:
    """Where to get a token, and how; not FHIR, so plain JSON."""
    return _answer(smart_configuration(request.app.state.settings.base_url), if_none_match, "application/json")


def _add(kind: str) -> None:
    @router.get(f"/{kind}", name=f"search-{kind}")
    def search(request: Request, if_none_match: IfNoneMatch = None) -> Response:
        """List what we publish of this type, or the one with this canonical or for this event."""
        insist_on_known(request, *searched(kind))
        base: str = request.app.state.settings.base_url + "/fhir/R4"
        asked = applied(request, searched(kind))
        url, event = (dict(asked).get(name) for name in ("url", "event"))
        found = tuple(
            Found(f"{base}/{kind}/{name}", one.resource)
            for (its_kind, name), one in shelf().items()
            if its_kind == kind and url in {None, one.resource.get("url")} and _is_for(one, event)
        )
        page = Page(f"{base}/{kind}?{urlencode(asked)}".rstrip("?"), found, total=len(found))
        return _answer(publish(write_searchset(page)), if_none_match)

    @router.get(f"/{kind}/{{id}}", name=f"read-{kind}")
    def read(request: Request, resource_id: ResourceId, if_none_match: IfNoneMatch = None) -> Response:
        """Read one definition."""
        insist_on_known(request)
        if (one := shelf().get((kind, resource_id))) is None:
            raise NotFound
        return _answer(one, if_none_match)


for _kind in READABLE:
    _add(_kind)


def _is_for(one: Published, event: str | None) -> bool:
    """Whether this is the definition for an event, asked as a code or as system|code."""
    code = one.resource.get("eventCoding")
    return event is None or (code is not None and event in {code["code"], f"{code['system']}|{code['code']}"})


def _answer(one: Published, if_none_match: str | None, media_type: str = CONTENT_TYPE) -> Response:
    headers = {"ETag": one.etag, "Cache-Control": _CACHED}
    if if_none_match and one.etag in {tag.strip() for tag in if_none_match.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(one.body, 200, headers, media_type)
