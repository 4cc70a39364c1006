"""The pages."""

import mimetypes
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from service.web import (
    batches,
    connecting,
    consent,
    dossier,
    errors,
    filing_routes,
    home,
    knowledge,
    own_routes,
    practice,
    referral_asking,
    referrals,
    registry,
)
from service.web.pages import STATIC

# Pages add their router here.
ROUTERS: tuple[APIRouter, ...] = (
    batches.router,  # before the pages of one notification, whose address begins the same
    filing_routes.router,
    own_routes.router,
    referral_asking.router,  # before the pages of one exchange, whose address begins the same
    referrals.router,
    practice.router,
    home.router,
    knowledge.router,
    connecting.router,
    registry.router,
    consent.router,
    dossier.router,
)


class _Kept(StaticFiles):
    """Files whose address carries their hash: a browser may keep them for a year."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, with leave to keep it when it was asked for by its hash."""
        response = super().file_response(*args, **kwargs)
        scope: Scope = kwargs.get("scope") or args[2]
        versioned = b"v=" in scope["query_string"]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
        return response


def install(app: FastAPI) -> None:
    """Add the pages to the app."""
    mimetypes.add_type("text/javascript", ".js")
    app.mount("/static", _Kept(directory=STATIC), name="static")
    for router in ROUTERS:
        app.include_router(router)
    errors.install(app)
