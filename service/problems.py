"""Refusals: one family, one renderer. Actions raise them; only this file knows how HTTP says them (RFC 9457)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service.text import Language, Text, language_of

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field: a JSON pointer (RFC 6901), a stable code, and what to do. Never the value.

    A rule that others made names its source, by its address. Of an unknown field `meant` is the name that was meant.
    """

    pointer: str
    code: str
    text: Text
    source: str | None = None
    meant: str | None = None


class Refusal(Exception):  # noqa: N818 - a refusal is an answer of the product, not a fault of the program
    """We refuse on purpose: a status, a slug, and a sentence a stranger can act on."""

    status: ClassVar[HTTPStatus]
    slug: ClassVar[str]
    title: ClassVar[Text]
    default: ClassVar[Text] = Text("", "")

    def __init__(
        self, detail: Text | None = None, errors: Sequence[FieldError] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(self.slug)
        self.detail = detail or self.default
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


class InvalidInput(Refusal):
    """The input is not right; every problem is listed."""

    status, slug = HTTPStatus.BAD_REQUEST, "invalid-input"
    title = Text("De invoer klopt niet", "The input is not valid")
    default = Text(
        "Verbeter de velden hieronder en stuur het opnieuw. Er is niets verloren.",
        "Correct the fields below and send it again. Nothing was lost.",
    )


class NotAuthenticated(Refusal):
    """We do not know who is calling."""

    status, slug = HTTPStatus.UNAUTHORIZED, "not-authenticated"
    title = Text("U bent niet aangemeld", "You are not signed in")
    default = Text(
        "Stuur een geldig toegangsbewijs (Bearer token) mee. Haal een nieuw op bij /oauth/token.",
        "Send a valid access token (Bearer). Get a new one at /oauth/token.",
    )

    def __init__(self, detail: Text | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="arbobrug"'})


class Forbidden(Refusal):
    """We know who is calling, and this caller may not do this."""

    status, slug = HTTPStatus.FORBIDDEN, "forbidden"
    title = Text("Dat mag niet met deze rol", "Your role does not allow this")
    default = Text(
        "Uw toegangsbewijs geeft dit recht niet. Vraag de beheerder om het juiste recht.",
        "Your access token lacks this right. Ask the administrator for the right scope.",
    )


class NotFound(Refusal):
    """It is not there, or it is not yours: we do not say which."""

    status, slug = HTTPStatus.NOT_FOUND, "not-found"
    title = Text("Niet gevonden", "Not found")
    default = Text(
        "Dit bestaat niet, of het is niet van u. Controleer het adres of het nummer.",
        "This does not exist, or it is not yours. Check the address or the number.",
    )


class MethodNotAllowed(Refusal):
    """The address exists, the method does not."""

    status, slug = HTTPStatus.METHOD_NOT_ALLOWED, "method-not-allowed"
    title = Text("Deze methode kan hier niet", "Method not allowed")
    default = Text("Kijk in /v1/openapi.json wat hier wel kan.", "See /v1/openapi.json for what is possible here.")


class Conflict(Refusal):
    """The state does not allow it."""

    status, slug = HTTPStatus.CONFLICT, "state-conflict"
    title = Text("Dat kan nu niet", "Not possible in this state")
    default = Text("Haal de laatste stand op en kijk wat nu kan.", "Get the latest state and see what is possible.")


class StillInFlight(Refusal):
    """The same Idempotency-Key is being worked on at this moment."""

    status, slug = HTTPStatus.CONFLICT, "still-in-flight"
    title = Text("Dit verzoek loopt nog", "This request is still being handled")
    default = Text(
        "Een verzoek met dezelfde Idempotency-Key loopt nog. Probeer het zo opnieuw met dezelfde sleutel.",
        "A request with the same Idempotency-Key is in progress. Try again shortly with the same key.",
    )

    def __init__(self, detail: Text | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "2"})


class Stale(Refusal):
    """Somebody changed it since the caller read it."""

    status, slug = HTTPStatus.PRECONDITION_FAILED, "stale"
    title = Text("Intussen gewijzigd", "Changed in the meantime")
    default = Text(
        "De versie in If-Match is niet meer de laatste. Haal de laatste versie op en doe uw wijziging opnieuw.",
        "The version in If-Match is no longer the latest. Get the latest version and make your change again.",
    )


class PreconditionRequired(Refusal):
    """A change needs If-Match."""

    status, slug = HTTPStatus.PRECONDITION_REQUIRED, "precondition-required"
    title = Text("If-Match ontbreekt", "If-Match is missing")
    default = Text(
        "Stuur de ETag van de versie die u wijzigt mee in If-Match.",
        "Send the ETag of the version you are changing in If-Match.",
    )


class TooLarge(Refusal):
    """More than we take."""

    status, slug = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large"
    title = Text("Te groot", "Too large")
    default = Text("Maak het bericht kleiner dan 1 MB.", "Make the message smaller than 1 MB.")


class WrongMediaType(Refusal):
    """A type of content that is not taken here."""

    status, slug = HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"
    title = Text("Dit soort inhoud kan hier niet", "Unsupported media type")
    default = Text("Stuur application/json in UTF-8.", "Send application/json in UTF-8.")


class KeyReused(Refusal):
    """The Idempotency-Key was used before for something else."""

    status, slug = HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused"
    title = Text("Deze Idempotency-Key is al gebruikt", "This Idempotency-Key was used before")
    default = Text(
        "De sleutel hoort bij een ander verzoek. Neem een nieuwe sleutel.",
        "The key belongs to another request. Use a new key.",
    )


class TooMany(Refusal):
    """Too often; try later."""

    status, slug = HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests"
    title = Text("Te veel verzoeken", "Too many requests")
    default = Text("Wacht even en probeer het opnieuw.", "Wait a moment and try again.")

    def __init__(self, retry_after: int, detail: Text | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class Unavailable(Refusal):
    """We cannot store anything now; the caller keeps what it has and tries again."""

    status, slug = HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"
    title = Text("Even niet bereikbaar", "Temporarily unavailable")
    default = Text(
        "Er is niets opgeslagen. Probeer het zo opnieuw, met dezelfde Idempotency-Key.",
        "Nothing was stored. Try again shortly, with the same Idempotency-Key.",
    )

    def __init__(self, detail: Text | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": "5"})


class InternalError(Refusal):
    """Our fault."""

    status, slug = HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error"
    title = Text("Er ging iets mis bij ons", "Something went wrong on our side")
    default = Text(
        "Het ligt niet aan u. Probeer het opnieuw; geef bij vragen het X-Request-Id door.",
        "It is not your fault. Try again; mention the X-Request-Id when you ask.",
    )


_BY_STATUS: Mapping[int, type[Refusal]] = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.METHOD_NOT_ALLOWED: MethodNotAllowed,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: WrongMediaType,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLarge,
}


def all_refusals() -> tuple[type[Refusal], ...]:
    """Every kind of refusal there is, for the problem pages and the OpenAPI document."""
    found: list[type[Refusal]] = []
    waiting: list[type[Refusal]] = list(Refusal.__subclasses__())
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting.extend(kind.__subclasses__())
    return tuple(sorted(found, key=lambda kind: kind.slug))


def problem(refusal: Refusal, base_url: str, language: Language) -> dict[str, Any]:
    """The refusal as a problem document (RFC 9457)."""
    document: dict[str, Any] = {
        "type": f"{base_url}/v1/problems/{refusal.slug}",
        "title": refusal.title.in_(language),
        "status": int(refusal.status),
        "detail": refusal.detail.in_(language),
    }
    if refusal.errors:
        document["errors"] = [_written(error, language) for error in refusal.errors]
    return document


def _written(error: FieldError, language: Language) -> dict[str, str]:
    written = {"pointer": error.pointer, "code": error.code, "detail": error.text.in_(language)}
    return written | {"source": error.source} if error.source else written


def render(request: Request, refusal: Refusal) -> Response:
    """Answer a refusal in problem+json."""
    language = language_of(request.headers.get("accept-language"))
    settings = getattr(request.app.state, "settings", None)
    base_url = settings.base_url if settings else str(request.base_url).rstrip("/")
    document = problem(refusal, base_url, language)
    headers = {"Content-Language": language.value, **refusal.headers}
    return JSONResponse(document, refusal.status, headers, media_type=PROBLEM_JSON)


def of_http(error: HTTPException) -> Refusal:
    """An error that the framework raised, as a refusal of ours."""
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        kind = InvalidInput if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else InternalError
    return kind(headers=error.headers) if kind is MethodNotAllowed else kind()


def install(app: FastAPI) -> None:
    """Make every error of the app a problem document."""

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return render(request, error)

    def invalid(request: Request, error: Exception) -> Response:
        from service.partly import everything_wrong  # noqa: PLC0415 - rules raise refusals, so it imports us

        assert isinstance(error, RequestValidationError)
        return render(request, InvalidInput(errors=everything_wrong(request, error)))

    def raised(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return render(request, of_http(error))

    def broken(request: Request, _: Exception) -> Response:
        return render(request, InternalError())  # manners puts it in the log

    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, raised)
    app.add_exception_handler(Exception, broken)
