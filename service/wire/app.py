"""The FHIR door as a program of its own under /fhir/R4: every answer, also a refusal, is FHIR."""

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

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


class AtBase:
    """Lets the address of the service itself be written as FHIR does, without the slash of a mounted program."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        at_base = scope["type"] == "http" and scope["path"] == PATH
        await self.app({**scope, "path": f"{PATH}/"} if at_base else scope, receive, send)
