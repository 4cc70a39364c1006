"""How the world reaches notifications: /v1/notifications."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlmodel import Session

from service.clock import today
from service.database import Reading, Transaction
from service.idempotency import IdempotencyKey, once
from service.identity.access import MayAssess, MayFile, MayPrepare, MayReadOwn, Scope, insist
from service.notifications import actions, judgement, views
from service.notifications.receipt_pdf import render_pdf
from service.notifications.rules import State
from service.notifications.schemas import (
    AssessmentDecision,
    HistoryLine,
    NotificationContent,
    NotificationSummary,
    NotificationView,
    Receipt,
    Submission,
    Withdrawal,
)
from service.notifications.tables import history, owned_page, queue_page
from service.paging import Cursor, PageSize, Words, link_next, read_count_and_id, read_moment_and_id
from service.partly import JudgedBy
from service.preconditions import IfMatch, IfNoneMatch, etag, expected_version, unchanged
from service.problems import Unavailable
from service.strict_json import RawBody, StrictRoute
from service.text import Language, Text, language_of

router = APIRouter(prefix="/notifications", tags=["notifications"], route_class=StrictRoute)
NotificationId = Annotated[UUID, Path(alias="id", description="The id of the notification; random.")]


async def _language(accept_language: Annotated[str | None, Header()] = None) -> Language:
    return language_of(accept_language)


InLanguage = Annotated[Language, Depends(_language)]


# How a body of which a part is malformed is judged all the same; what is right is judged by the actions themselves.
def _kept(_: Request, content: BaseModel) -> None:
    judgement.refuse_identity(content)


# A draft may hold what submitting refuses. One that cannot be read is refused anyway, and hears of that at once.
def _drafted(_: Request, content: NotificationContent) -> None:
    judgement.refuse_unfit(content, today())


def _filed(_: Request, content: NotificationContent) -> None:
    judgement.judge_content(content, today(), Language.NL)


def _started(request: Request, content: NotificationContent) -> None:
    (_filed if request.query_params.get("submit", "").lower() in _YES else _drafted)(request, content)


_YES = frozenset({"true", "t", "1", "on", "yes", "y"})  # what FastAPI reads as true
Started = Annotated[NotificationContent, JudgedBy(_started, judgement.LOOKS_AT)]
Kept = Annotated[NotificationContent, JudgedBy(_drafted, judgement.LOOKS_AT)]
Filed = Annotated[NotificationContent, JudgedBy(_filed, judgement.LOOKS_AT)]


@router.post("", status_code=201, response_model=NotificationView | Receipt, summary="Start a draft, or file at once")
def start(
    request: Request,
    caller: MayPrepare,
    content: Started,
    body: RawBody,
    language: InLanguage,
    key: IdempotencyKey = None,
    *,
    submit: Annotated[bool, Query(description="Submit at once; the answer is the receipt.")] = False,
) -> Response:
    """Start a draft; with `?submit=true` the notification is also submitted, in the same transaction."""
    filing = actions.Filing(content, body, language)

    def act(session: Session) -> Response:
        if submit:
            insist(caller, [Scope.FILE])
            row, receipt = actions.file(session, caller, filing, request.app.state.settings.institution)
            return _answer(201, receipt, row.id, row.version)
        row = actions.start(session, caller, filing)
        return _answer(201, views.view(row, caller), row.id, row.version)

    # Begun and committed in the thread of this route, where a dependency would take a turn of its own for each.
    with request.app.state.database.transaction() as session:
        return once(session, caller.subject, key, request, body, lambda: act(session))


@router.get("", summary="Your own notifications, newest first")
def overview(
    request: Request,
    response: Response,
    session: Reading,
    caller: MayReadOwn,
    state: Annotated[list[State] | None, Query(description="Only in these states.")] = None,
    q: Words = None,
    limit: PageSize = 20,
    cursor: Cursor = None,
) -> list[NotificationSummary]:
    """List the caller's own notifications; nobody else's are ever in it."""
    before = read_count_and_id(cursor) if cursor else None
    states = views.visible_states(caller, state)
    rows = owned_page(session, caller.owner, states, before, limit + 1, q)
    link_next(request, response, views.own_cursor(rows[limit - 1]) if len(rows) > limit else None)
    return [views.summary(row) for row in rows[:limit]]


@router.get("/{id}", response_model=NotificationView, summary="One notification")
def read(
    response: Response,
    session: Transaction,
    caller: MayReadOwn,
    notification_id: NotificationId,
    if_none_match: IfNoneMatch = None,
) -> NotificationView | Response:
    """Show one notification with its content, what is still missing, and what can be done with it now."""
    row = actions.open_own(session, caller, notification_id)
    response.headers["ETag"] = etag(row.version)
    if unchanged(if_none_match, row.version):
        return Response(status_code=304, headers={"ETag": etag(row.version)})
    return views.view(row, caller)


@router.put("/{id}", summary="Save a draft, or what came back")
def save(
    session: Transaction,
    caller: MayPrepare,
    notification_id: NotificationId,
    content: Kept,
    body: RawBody,
    language: InLanguage,
    if_match: IfMatch = None,
) -> NotificationView:
    """Replace the content of a draft or of a returned notification."""
    filing = actions.Filing(content, body, language)
    row = actions.save(session, caller, notification_id, expected_version(if_match), filing)
    return _answer(200, views.view(row, caller), row.id, row.version)  # type: ignore[return-value]


@router.delete("/{id}", status_code=204, summary="Throw a draft away")
def discard(
    session: Transaction, caller: MayPrepare, notification_id: NotificationId, if_match: IfMatch = None
) -> None:
    """Throw a draft away for good."""
    actions.discard(session, caller, notification_id, expected_version(if_match))


@router.post("/{id}/submission", status_code=201, response_model=Receipt, summary="Submit")
def submit(
    request: Request,
    session: Transaction,
    caller: MayFile,
    notification_id: NotificationId,
    body: RawBody,
    language: InLanguage,
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
    submission: Submission | None = None,
) -> Response:
    """Submit a draft or a returned notification, with an answer to the registry's questions; gives the receipt."""

    def act() -> Response:
        institution = request.app.state.settings.institution
        version, answer = expected_version(if_match), submission.answer if submission else None
        row, receipt = actions.submit(session, caller, notification_id, version, institution, language, answer)
        return _answer(201, receipt, row.id, row.version)

    return once(session, caller.subject, key, request, body, act)


@router.post("/{id}/amendments", status_code=201, response_model=Receipt, summary="Replace by a new version")
def amend(
    request: Request,
    session: Transaction,
    caller: MayFile,
    notification_id: NotificationId,
    content: Filed,
    body: RawBody,
    language: InLanguage,
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """Replace what was notified by a whole new version; the old one stays in the history."""

    def act() -> Response:
        filing = actions.Filing(content, body, language)
        institution = request.app.state.settings.institution
        row, receipt = actions.amend(session, caller, notification_id, expected_version(if_match), filing, institution)
        return _answer(201, receipt, row.id, row.version)

    return once(session, caller.subject, key, request, body, act)


@router.post("/{id}/withdrawal", status_code=201, response_model=NotificationView, summary="Take back, with a reason")
def withdraw(
    request: Request,
    session: Transaction,
    caller: MayFile,
    notification_id: NotificationId,
    withdrawal: Annotated[Withdrawal, JudgedBy(_kept)],
    body: RawBody,
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """Take a submitted notification back."""

    def act() -> Response:
        version = expected_version(if_match)
        row = actions.withdraw(session, caller, notification_id, version, withdrawal.reason)
        return _answer(201, views.view(row, caller), row.id, row.version)

    return once(session, caller.subject, key, request, body, act)


@router.post("/{id}/assessment", status_code=201, response_model=NotificationView, summary="Decide, as the registry")
def assess(
    request: Request,
    session: Transaction,
    caller: MayAssess,
    notification_id: NotificationId,
    decision: Annotated[AssessmentDecision, JudgedBy(_kept)],
    body: RawBody,
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """Register, return with questions, or do not register with a reason."""

    def act() -> Response:
        row = actions.assess(session, caller, notification_id, expected_version(if_match), decision)
        return _answer(201, views.view(row, caller), row.id, row.version)

    return once(session, caller.subject, key, request, body, act)


@router.get("/{id}/receipt", response_model=Receipt, summary="The receipt, as JSON or PDF")
def receipt(
    request: Request,
    caller: MayReadOwn,
    notification_id: NotificationId,
    format: Annotated[Literal["json", "pdf"] | None, Query()] = None,  # noqa: A002 - the name on the wire
    accept: Annotated[str | None, Header()] = None,
) -> Response:
    """Give the receipt of the last submitted version; `Accept: application/pdf` or `?format=pdf` gives the PDF."""
    # A transaction of its own, ended before the PDF is made: on SQLite it would keep every other writer waiting.
    with request.app.state.database.transaction() as session:
        found = actions.read_receipt(session, caller, notification_id)
    if format == "pdf" or (format is None and "application/pdf" in (accept or "")):
        return pdf_response(found)
    return JSONResponse(found.model_dump(mode="json", by_alias=True), headers=_in_language(found))


def pdf_response(found: Receipt) -> Response:
    """The receipt as a PDF to save; a PDF that cannot be made says so and leaves the filing as it is."""
    try:
        pdf = render_pdf(found)
    except Exception as error:
        raise Unavailable(
            Text(
                "De pdf kan nu niet gemaakt worden. Uw melding staat goed; het ontvangstbewijs is hier als JSON.",
                "The PDF cannot be made now. Your notification is safe; the receipt is available as JSON.",
            )
        ) from error
    disposition = f'attachment; filename="ontvangstbewijs-{found.number}.pdf"'
    headers = {"Content-Disposition": disposition, **_in_language(found)}
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.get("/{id}/history", summary="Every step")
def steps(session: Reading, caller: MayReadOwn, notification_id: NotificationId) -> list[HistoryLine]:
    """Show every step in the life of a notification."""
    row = actions.mine(session, caller, notification_id)
    return [views.history_line(event) for event in history(session, row.id)]


@router.get("/{id}/as-submitted", summary="The bytes as you sent them", response_class=Response)
def as_submitted(
    session: Transaction,
    caller: MayReadOwn,
    notification_id: NotificationId,
    revision: Annotated[int | None, Query(ge=1, le=10_000)] = None,
) -> Response:
    """Give back the bytes exactly as they were submitted; for the submitter only."""
    kept = actions.as_submitted(session, caller, notification_id, revision)
    return Response(kept.body, media_type="application/json", headers={"ETag": f'"{kept.sha256}"'})


queue_router = APIRouter(prefix="/assessments", tags=["registry"], route_class=StrictRoute)


@queue_router.get("", summary="What waits for the registry, oldest first")
def queue(
    request: Request,
    response: Response,
    session: Reading,
    caller: MayAssess,
    state: State = State.QUEUED,
    limit: PageSize = 20,
    cursor: Cursor = None,
) -> list[NotificationSummary]:
    """List notifications for the registry by state; drafts are never in it."""
    after = read_moment_and_id(cursor) if cursor else None
    rows = queue_page(session, views.assessable_state(state), after, limit + 1, demo=caller.demo)
    link_next(request, response, views.queue_cursor(rows[limit - 1]) if len(rows) > limit else None)
    return [views.summary(row) for row in rows[:limit]]


@queue_router.get("/{id}", summary="One notification, for the registry")
def read_for_assessment(
    response: Response, session: Transaction, caller: MayAssess, notification_id: NotificationId
) -> NotificationView:
    """Show one submitted notification to the registry; the notifier is not in it."""
    row, kept = actions.open_for_assessment(session, caller, notification_id)
    response.headers["ETag"] = etag(row.version)
    return views.view(row, caller, submitted=kept.body)


@queue_router.get("/{id}/history", summary="Every step, for the registry")
def steps_for_assessment(session: Reading, caller: MayAssess, notification_id: NotificationId) -> list[HistoryLine]:
    """Show every step of a submitted notification to the registry."""
    row = actions.submitted(session, caller, notification_id)
    return [views.history_line(event) for event in history(session, row.id)]


def _answer(status: int, body: NotificationView | Receipt, notification_id: UUID, version: int) -> Response:
    headers = {"Location": f"/v1/notifications/{notification_id}", "ETag": etag(version)}
    if isinstance(body, Receipt):
        headers |= _in_language(body)
    return Response(body.model_dump_json(by_alias=True), status, headers, media_type="application/json")


def _in_language(receipt: Receipt) -> dict[str, str]:
    return {"Content-Language": receipt.language.value}
