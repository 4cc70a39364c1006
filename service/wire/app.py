"""The FHIR door as a program of its own under /fhir/R4: every answer, also a refusal, is FHIR."""

from fastapi import FastAPI

from service.wire import answers, publication, routes

PATH = "/fhir/R4"


def create(outer: FastAPI) -> FastAPI:
    """Make the program; it shares the state of the whole."""
    door = FastAPI(title="Arbobrug FHIR", openapi_url=None, docs_url=None, redoc_url=None)
    door.state = outer.state
    answers.install(door)
    door.include_router(publication.router)
    door.include_router(routes.router)
    return door
