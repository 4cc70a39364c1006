"""The FHIR door as a program of its own under /fhir/R4: every answer, also a refusal, is FHIR."""

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from service.wire import answers, publication, routes
from service.wire.messages import routes as messages

PATH = "/fhir/R4"


def create(outer: FastAPI) -> FastAPI:
    """Make the program; it shares the state of the whole."""
    door = FastAPI(title="Arbobrug FHIR", openapi_url=None, docs_url=None, redoc_url=None)
    door.state = outer.state
    answers.install(door)
    door.include_router(publication.router)
    door.include_router(routes.router)
    door.include_router(messages.router)
    return door


class _Base:
    """The address of the service itself, which FHIR writes without the slash that a mounted program begins with."""

    def __init__(self, door: FastAPI) -> None:
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self.door({**scope, "root_path": PATH, "path": f"{PATH}/"}, receive, send)


def mount(outer: FastAPI, door: FastAPI) -> None:
    """Put the program at its address, with and without the slash."""
    outer.router.routes.append(Route(PATH, _Base(door), include_in_schema=False))
    outer.mount(PATH, door)
