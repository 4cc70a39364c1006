"""The product, with one more door: a route that asks for a token and does nothing, to measure others against."""

from typing import cast

from fastapi import FastAPI, Response
from starlette.routing import Mount

from service import app as product
from service.identity.access import MayKnowMe

EMPTY = "/v1/benchmark/empty"


def create_app() -> FastAPI:
    """Put the program together as ever, and add the empty route behind the same doors as every other."""
    app = product.create_app()
    mounts = [route for route in app.routes if isinstance(route, Mount) and route.path == "/v1"]
    api = cast("FastAPI", mounts[0].app)
    api.add_api_route(EMPTY.removeprefix("/v1"), empty, include_in_schema=False)
    return app


def empty(_: MayKnowMe) -> Response:
    """Nothing, for a verified caller."""
    return Response(b"{}", media_type="application/json")
