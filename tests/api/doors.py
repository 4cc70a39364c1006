"""Every door of the program: what the OpenAPI document names, and every route that is really there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, Mount

NOBODY = "00000000-0000-4000-8000-000000000000"
_METHODS = {"get", "put", "post", "delete", "patch", "options", "head", "trace"}


@dataclass(frozen=True)
class Door:
    """One method on one path."""

    method: str
    path: str
    ways: tuple[frozenset[str], ...] = ()  # holding all scopes of any one way opens it; none at all: it is public

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        """The path with a record that is nobody's in every place."""
        return re.sub(r"\{[^}]*\}", NOBODY, self.path)

    def opens_for(self, scopes: frozenset[Any]) -> bool:
        return not self.ways or any(way <= scopes for way in self.ways)


def documented(document: dict[str, Any]) -> list[Door]:
    """The doors of the OpenAPI document, without the /v1 before each."""
    return [
        Door(method.upper(), path, tuple(frozenset(*way.values()) for way in operation.get("security", ())))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in _METHODS
    ]


def routes(app: FastAPI) -> Iterator[tuple[str, APIRoute]]:
    """Every route of the app and of the apps inside it, with its whole path."""
    yield from _walk(app.router.routes, "")


def _walk(found: Any, before: str) -> Iterator[tuple[str, APIRoute]]:
    for route in found:
        if isinstance(route, APIRoute):
            yield before + route.path, route
        elif isinstance(route, Mount):
            yield from _walk(route.routes, before + route.path)
        elif hasattr(route, "original_router"):  # how FastAPI keeps what was included
            yield from _walk(route.original_router.routes, before + route.include_context.prefix)
        else:
            raise TypeError(f"a kind of route that this walk does not know: {type(route).__name__}")


def real(app: FastAPI) -> list[Door]:
    """The doors that are really there, in the document or not."""
    return [Door(method, path) for path, route in routes(app) for method in sorted(route.methods or ())]


def bodies(route: APIRoute) -> list[Any]:
    """The types that a route, or anything it depends on, reads from a body."""
    return list(_bodies(route.dependant))


def _bodies(dependant: Any) -> Iterator[Any]:
    for parameter in dependant.body_params:
        yield parameter.field_info.annotation
    for further in dependant.dependencies:
        yield from _bodies(further)
