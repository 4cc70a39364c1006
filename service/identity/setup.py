"""Putting identity into an app."""

from fastapi import FastAPI

from service.database import Database
from service.identity import routes, web_session
from service.identity.keys import KeyRing
from service.identity.tokens import TokenVerifier
from service.settings import Settings


def prepare(app: FastAPI, settings: Settings, database: Database) -> TokenVerifier:
    """Give the app its verifier and its way to the sign-in page; makes the key file when there is none."""
    verifier = TokenVerifier(settings, database, KeyRing(settings.key_file))
    app.state.settings, app.state.database, app.state.verifier = settings, database, verifier
    web_session.send_to_sign_in(app)
    return verifier


def mount(app: FastAPI) -> None:
    """Mount what stands at the root: OAuth, discovery, and signing in and out. `me_router` belongs under /v1."""
    app.include_router(routes.router)
    app.include_router(web_session.router)
