"""What a stranger may read without signing in, each with an entity tag."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response

from fhir.writing import write_searchset
from fhir.writing.values import Found, Page
from service.problems import NotFound
from service.wire.answers import answer
from service.wire.asking import insist_on_known
from service.wire.published import READABLE, Published, metadata, shelf, smart_configuration

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
def smart(request: Request, response: Response) -> dict[str, Any]:
    """Where to get a token, and how."""
    response.headers["Cache-Control"] = _CACHED
    return smart_configuration(request.app.state.settings)


def _add(kind: str) -> None:
    @router.get(f"/{kind}", name=f"search-{kind}")
    def search(request: Request, url: str | None = None) -> Response:
        """List what we publish of this type, or the one with this canonical."""
        insist_on_known(request, "url")
        base: str = request.app.state.settings.base_url + "/fhir/R4"
        found = tuple(
            Found(f"{base}/{kind}/{name}", one.resource)
            for (its_kind, name), one in shelf().items()
            if its_kind == kind and url in {None, one.resource.get("url")}
        )
        return answer(write_searchset(Page(f"{base}/{kind}", found, total=len(found))))

    @router.get(f"/{kind}/{{id}}", name=f"read-{kind}")
    def read(request: Request, resource_id: ResourceId, if_none_match: IfNoneMatch = None) -> Response:
        """Read one definition."""
        insist_on_known(request)
        if (one := shelf().get((kind, resource_id))) is None:
            raise NotFound
        return _answer(one, if_none_match)


for _kind in READABLE:
    _add(_kind)


def _answer(one: Published, if_none_match: str | None) -> Response:
    headers = {"ETag": one.etag, "Cache-Control": _CACHED}
    if if_none_match and one.etag in {tag.strip() for tag in if_none_match.split(",")}:
        return Response(status_code=304, headers=headers)
    return answer(one.body, 200, headers)
