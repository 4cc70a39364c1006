"""The program that answers HTTP: /v1 for programs, pages for people, OAuth for both."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, TextIO

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from service import __version__, events, health, problem_pages, problems
from service.batches.routes import router as batches
from service.codes.routes import router as codes
from service.codes.search import warm
from service.consent.routes import router as consents
from service.criteria.routes import router as criteria
from service.database import Database
from service.identity import setup as identity
from service.identity.routes import me_router
from service.manners import Bounded, Manners
from service.notifications.routes import queue_router
from service.notifications.routes import router as notifications
from service.parties.routes import agreement_router
from service.parties.routes import router as parties
from service.persons.vault import Vault
from service.referrals import attachments
from service.referrals.routes import calendar_router
from service.referrals.routes import router as referrals
from service.settings import Settings
from service.signals.routes import router as signals
from service.strict_json import StrictRoute
from service.strict_query import KnownQueryRoute
from service.web import routes as web
from service.wire import app as fhir_door
from service.wire.answers import issues_of, outcome
from service.wire.incoming import MAX_BYTES, MAX_MESSAGE_BYTES

MAX_BODY = 1_000_000
# A FHIR document may be larger, and a message with its files more so; the door itself says where each ends. A page
# takes some more than it keeps, so that it can say itself that a file is too large.
_WIDER = {
    f"{fhir_door.PATH}/$process-message": MAX_MESSAGE_BYTES + 1024,
    f"{fhir_door.PATH}/": MAX_MESSAGE_BYTES + 1024,
    f"{fhir_door.PATH}/*": MAX_BYTES + 1024,
    "/v1/referrals/*/attachments": attachments.MOST_BYTES + 1024,
    "/verwijzingen/*/bijlagen": 2 * attachments.MOST_BYTES,
    "/bericht/*/bijlagen": 2 * attachments.MOST_BYTES,
}
_CONTACT = {"name": "Arbobrug", "url": "https://arbobrug.example", "email": "koppelen@arbobrug.example"}
_DESCRIPTION = """Meld beroepsziekten, toets aan de registratierichtlijnen en zoek codes.

Alle fouten komen als `application/problem+json` (RFC 9457), met alle problemen tegelijk (van vorm en van regels), een
JSON-pointer per veld en de bron van een regel die anderen maakten.
Elke `POST` die iets maakt neemt een `Idempotency-Key`; elke wijziging vraagt `If-Match`.

Elk antwoord heeft een `X-Request-Id`: dat van u, als het bestaat uit 1 tot 128 letters, cijfers en tekens uit
`!#$%&*+-./:=@^_|~`, en anders een nieuw."""


def create_app(
    settings: Settings | None = None, log: TextIO | None = None, watched: health.Watched = MappingProxyType({})
) -> FastAPI:
    """Put the whole program together; `watched` is what runs beside it and must be alive for it to be ready."""
    settings = settings or Settings()
    events.configure(log)
    app = FastAPI(title="Arbobrug", version=__version__, openapi_url=None, lifespan=_lifespan)
    app.state.watched = watched
    identity.prepare(app, settings, Database(settings.storage_url))
    app.state.vault = Vault(settings.vault_file)
    app.add_middleware(Bounded, most=MAX_BODY, wider=_WIDER)
    app.add_middleware(Manners, https=settings.base_url.startswith("https:"))
    app.add_middleware(fhir_door.AtBase)
    _install_problems(app)
    app.include_router(health.router)
    identity.mount(app)
    app.router.add_api_route("/v1", api_index, tags=["operations"], route_class_override=KnownQueryRoute)
    app.mount("/v1", _api(app, settings))
    app.mount(fhir_door.PATH, _fhir(app))
    app.include_router(calendar_router)
    web.install(app)
    app.add_api_route("/.well-known/security.txt", security_txt, tags=["operations"], response_class=PlainTextResponse)
    return app


def _api(outer: FastAPI, settings: Settings) -> FastAPI:
    """The REST API: its own program, so that its document speaks of it alone."""
    api = FastAPI(
        title="Arbobrug API",
        version=__version__,
        description=_DESCRIPTION,
        contact=_CONTACT,
        servers=[{"url": f"{settings.base_url}/v1"}],
        root_path_in_servers=False,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        responses=problem_pages.RESPONSES,
        redirect_slashes=False,  # an address with a slash at its end is another one (API Design Rules)
    )
    api.state = outer.state
    _install_problems(api)
    for router in (
        criteria,
        codes,
        notifications,
        batches,
        queue_router,
        signals,
        referrals,
        parties,
        agreement_router,
        consents,
        me_router,
        problem_pages.router,
    ):
        api.include_router(router)
    api.router.route_class = StrictRoute
    api.add_api_route("/openapi.json", _openapi(api), include_in_schema=False)
    return api


def _fhir(outer: FastAPI) -> FastAPI:
    door = fhir_door.create(outer)
    for kind in (OperationalError, InterfaceError, PoolTimeout):
        door.add_exception_handler(kind, _fhir_unavailable)
    return door


def _fhir_unavailable(request: Request, error: Exception) -> Response:
    events.STORAGE_UNAVAILABLE.log(kind=type(error).__name__)
    refusal = problems.Unavailable()
    return outcome(request, issues_of(refusal), refusal.status, refusal.headers)


def _openapi(api: FastAPI) -> Any:
    def openapi(response: Response) -> dict[str, Any]:
        """The OpenAPI document of this API; open to all, from any origin (API Design Rules, publish-openapi)."""
        response.headers["Access-Control-Allow-Origin"] = "*"
        return problem_pages.finished(api.openapi())

    return openapi


def _install_problems(app: FastAPI) -> None:
    problems.install(app)
    for kind in (OperationalError, InterfaceError, PoolTimeout):
        app.add_exception_handler(kind, _storage_unavailable)


def _storage_unavailable(request: Request, error: Exception) -> Response:
    events.STORAGE_UNAVAILABLE.log(kind=type(error).__name__)
    return problems.render(request, problems.Unavailable())


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    # The indexes of the search are made while the first requests come in, and not before.
    threading.Thread(target=warm, name="warm-search", daemon=True).start()
    events.STARTED.log(form=app.state.database.engine.dialect.name, version=__version__)
    yield
    app.state.database.close()


def api_index() -> dict[str, str]:
    """Where the API begins to describe itself. Without it the bare address would redirect (API Design Rules)."""
    return {
        "openapi": "/v1/openapi.json",
        "codes": "/v1/codes",
        "guidelines": "/v1/guidelines",
        "problems": "/v1/problems",
        "guide": "/kennis/koppelen",
    }


def security_txt() -> str:
    """Where to report a weakness (RFC 9116)."""
    return "Contact: mailto:security@arbobrug.example\nExpires: 2027-11-01T00:00:00Z\nPreferred-Languages: nl, en\n"
