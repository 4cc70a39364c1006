"""A query parameter that we do not know is refused: what is silently ignored looks as if it were done."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from service.problems import FieldError, InvalidInput
from service.text import Text
from service.validation import pointer


class KnownQueryRoute(APIRoute):
    """A route that takes the parameters it declares and no others; every route under /v1 is one."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        super().__init__(path, _insisting(endpoint), **more)


def _insisting(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint with a last dependency. The last, because who is calling comes first; FastAPI puts others before."""

    @wraps(endpoint)
    def insisting(*, _known: None, **given: Any) -> Any:
        return endpoint(**given)

    signature = inspect.signature(endpoint)
    known = inspect.Parameter("_known", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[None, Depends(_insist)])
    declared = signature.replace(parameters=[*signature.parameters.values(), known])
    vars(insisting)["__signature__"] = declared
    return insisting


async def _insist(request: Request) -> None:
    """Refuse every parameter that the route does not declare. Raises InvalidInput, with what is possible instead."""
    if asked := request.query_params.keys():
        known = sorted(_declared(request.scope["route"].dependant))
        if unknown := sorted(asked - set(known)):
            text = _possible(known)
            raise InvalidInput(
                errors=[FieldError(pointer(["query", one]), "unknown-parameter", text) for one in unknown]
            )


def _declared(dependant: Dependant) -> Iterator[str]:
    yield from (parameter.alias for parameter in dependant.query_params)
    for further in dependant.dependencies:
        yield from _declared(further)


def _possible(known: Sequence[str]) -> Text:
    if not known:
        return Text("Deze parameter kennen we niet. Hier kan er geen.", "Unknown parameter. None is possible here.")
    names = ", ".join(known)
    return Text(f"Deze parameter kennen we niet. Hier kan: {names}.", f"Unknown parameter. Possible here: {names}.")
