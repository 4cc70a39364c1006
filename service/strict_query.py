"""A query parameter that we do not know is refused: what is silently ignored looks as if it were done."""

from collections.abc import Iterator, Sequence

from fastapi import Request
from fastapi.dependencies.models import Dependant

from service.problems import FieldError, InvalidInput
from service.text import Text
from service.validation import pointer


async def insist_on_known(request: Request) -> None:
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
