"""Answers in FHIR: media types, entity tags, and every refusal as an OperationOutcome."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.message import Message
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from fhir.issues import Issue, Unreadable, issue
from fhir.writing import write_outcome
from service import problems
from service.preconditions import etag
from service.problems import Refusal
from service.text import Text

FHIR_JSON = "application/fhir+json"
CONTENT_TYPE = "application/fhir+json; fhirVersion=4.0; charset=utf-8"
_TAKEN = frozenset({FHIR_JSON, "application/json"})
_READ = frozenset({FHIR_JSON, "application/json", "application/*", "*/*", "json", "text/json"})

# Which line of the error catalogue says a refusal of ours.
_BY_SLUG: Mapping[str, str] = {
    "not-authenticated": "AB-A001",
    "forbidden": "AB-A002",
    "not-found": "AB-L001",
    "state-conflict": "AB-L003",
    "outside-agreement": "AB-R010",
    "other-text": "AB-L003",
    "cannot-decide": "AB-C007",
    "still-in-flight": "AB-L008",
    "stale": "AB-L005",
    "precondition-required": "AB-L006",
    "too-large": "AB-M001",
    "unsupported-media-type": "AB-M002",
    "method-not-allowed": "AB-M003",
    "not-acceptable": "AB-M004",
    "too-many-requests": "AB-M007",
    "unavailable": "AB-M008",
    "internal-error": "AB-M009",
    "invalid-input": "AB-M006",
}


class NotAcceptable(Refusal):
    """The caller wants a format that we do not speak."""

    status, slug = HTTPStatus.NOT_ACCEPTABLE, "not-acceptable"
    title = Text("Dit formaat spreken wij niet", "Not acceptable")
    default = Text("Vraag application/fhir+json.", "Ask for application/fhir+json.")


def answer(
    resource: Mapping[str, Any] | bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A resource as an answer."""
    body = resource if isinstance(resource, bytes) else encoded(resource)
    return Response(body, status, dict(headers or {}), media_type=CONTENT_TYPE)


def encoded(resource: Mapping[str, Any]) -> bytes:
    """A resource as the bytes we send and keep."""
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()


def versioned(resource: Mapping[str, Any], version: int, if_none_match: str | None) -> Response:
    """A resource with its entity tag; 304 for who has this version already."""
    tag = etag(version)
    if if_none_match and tag in {part.strip() for part in if_none_match.split(",")}:
        return Response(status_code=304, headers={"ETag": tag})
    headers = {"ETag": tag}
    if updated := resource.get("meta", {}).get("lastUpdated"):
        headers["Last-Modified"] = _http_date(updated)
    return answer(resource, 200, headers)


def insist_on_json(request: Request) -> None:
    """Refuse a caller that wants another format, or another version of FHIR."""
    wanted = request.query_params.get("_format") or request.headers.get("accept") or "*/*"
    if not any(_is_read(part) for part in wanted.split(",")):
        raise NotAcceptable


def insist_on_fhir(request: Request) -> None:
    """Refuse a body that is not FHIR JSON of R4."""
    kind, version = _media_type(request.headers.get("content-type", ""))
    if kind not in _TAKEN or version not in {None, "4.0", "4.0.1"}:
        raise problems.WrongMediaType


def _is_read(part: str) -> bool:
    kind, version = _media_type(part)
    return kind in _READ and version in {None, "4.0", "4.0.1"}


def _media_type(header: str) -> tuple[str, str | None]:
    message = Message()
    # A plus in a query is a space by the time it is read.
    message["content-type"] = header.strip().replace("fhir json", "fhir+json")
    version = message.get_param("fhirversion")
    kind = header.split(";", maxsplit=1)[0].strip().lower().replace("fhir json", "fhir+json")
    return kind, version if isinstance(version, str) else None


def _http_date(moment: str) -> str:
    return format_datetime(datetime.fromisoformat(moment).astimezone(UTC), usegmt=True)


def install(app: FastAPI) -> None:
    """Make every error of the FHIR door an OperationOutcome, ours included."""

    def unreadable(request: Request, error: Exception) -> Response:
        assert isinstance(error, Unreadable)
        return outcome(request, error.issues, error.status)

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return outcome(request, issues_of(error), error.status, error.headers)

    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return outcome(request, [issue("AB-M006")], 400)

    def raised(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return refused(request, problems.of_http(error))

    def broken(request: Request, _: Exception) -> Response:
        return refused(request, problems.InternalError())  # manners puts it in the log

    app.add_exception_handler(Unreadable, unreadable)
    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, raised)
    app.add_exception_handler(Exception, broken)


def issues_of(refusal: Refusal) -> list[Issue]:
    """A refusal in the words of the error catalogue, or in more exact ones.

    What a refusal says by default speaks of /v1: of its limits, its media type and its Idempotency-Key.
    """
    if refusal.detail == refusal.default:
        return [issue(_BY_SLUG[refusal.slug])]
    return [issue(_BY_SLUG[refusal.slug], text=refusal.detail.nl, text_en=refusal.detail.en)]


def outcome(
    request: Request, issues: Sequence[Issue], status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """An OperationOutcome that carries the request id, so that a person can ask about it."""
    resource = write_outcome(issues, correlation=request.scope.get("state", {}).get("request_id"))
    return answer(resource, status, headers)
