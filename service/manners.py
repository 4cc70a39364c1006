"""HTTP manners: on every answer the same headers, and one log line without a person in it."""

import re
import time
import uuid
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import __version__
from service.events import INTERNAL_ERROR, REQUEST
from service.faults import place_of

# Visible, and without what parts one thing from another in a log or in a diagnostics.
_REQUEST_ID = re.compile(r"[A-Za-z0-9!#$%&*+./:=@^_|~-]{1,128}")

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Manners:
    """Adds the headers of the Dutch API Design Rules and echoes X-Request-Id."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.always = dict(_ALWAYS)
        if https:
            self.always["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, request_id, status = time.perf_counter(), _request_id(scope["headers"]), 0
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(MutableHeaders(scope=message), scope["path"], request_id)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - further up it ends as a traceback in the log, values and all
            kind, place = type(error).__name__, place_of(error)
            INTERNAL_ERROR.log(kind=kind, place=place, route=_route(scope), request_id=request_id)
            if not status:  # a mounted program has answered its own fault, and lets it go on upwards all the same
                await _answer_fault(error, scope, receive, send_with_headers)
        finally:
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            REQUEST.log(
                method=scope["method"],
                route=_route(scope),
                status=status or 500,
                milliseconds=milliseconds,
                request_id=request_id,
            )

    def _dress(self, headers: MutableHeaders, path: str, request_id: str) -> None:
        for name, value in self.always.items():
            headers.setdefault(name, value)
        api = path.startswith("/v1")
        page = not path.startswith(("/v1", "/fhir"))
        headers.setdefault("Content-Security-Policy", _PAGE_POLICY if page else _API_POLICY)
        headers.setdefault("Cache-Control", "no-store")
        headers["X-Request-Id"] = request_id
        if api:
            headers["API-Version"] = __version__


class Bounded:
    """Refuses a body that is too large, whether it says so beforehand or only turns out so.

    `wider` has more room for some paths, each named by a pattern such as `/fhir/*`. Not FastAPI's max_body_size: that
    answers in plain text and from outside, so without the headers above.
    """

    def __init__(self, app: ASGIApp, *, most: int, wider: Mapping[str, int]) -> None:
        self.app, self.most, self.wider = app, most, wider

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = next((size for path, size in self.wider.items() if fnmatchcase(scope["path"], path)), self.most)
        declared, counted = _declared(scope["headers"]), 0

        async def receive_no_more() -> Message:
            nonlocal counted
            if declared > most:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            message = await receive()
            counted += len(message.get("body", b""))
            if counted > most:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        await self.app(scope, receive_no_more, send)


async def _answer_fault(error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as the app itself would, only inside the layer that dresses every answer."""
    response = await run_in_threadpool(scope["app"].exception_handlers[Exception], Request(scope, receive), error)
    await response(scope, receive, send)


def _declared(headers: Iterable[tuple[bytes, bytes]]) -> int:
    sizes = [int(value) for name, value in headers if name == b"content-length" and value.isdigit()]
    return max(sizes, default=0)


def _request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The caller's X-Request-Id when it has a plain form, otherwise one of our own."""
    for name, value in headers:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            if _REQUEST_ID.fullmatch(given):
                return given
    return str(uuid.uuid4())


def _route(scope: Scope) -> str:
    """The pattern of the route, never the path: a path can hold a number."""
    path = getattr(scope.get("route"), "path", None)
    return f"{scope.get('root_path', '')}{path}" if path else "-"
