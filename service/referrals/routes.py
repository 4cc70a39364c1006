"""How the world reaches exchanges: /v1/referrals."""

from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message as Headers
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from sqlmodel import Session

from service.database import Reading, Transaction
from service.idempotency import IdempotencyKey, once
from service.identity.access import Caller, MayExchange
from service.paging import Cursor, PageSize, link_next, read_id, write_cursor
from service.persons.vault import Vault
from service.preconditions import IfMatch, etag, expected_version
from service.referrals import actions, asking, attachments, linking, posting, reading, steps, subscribing, views
from service.referrals.actions import Box
from service.referrals.calendar import calendar as calendar_of
from service.referrals.rules import Side, State
from service.referrals.schemas import (
    AttachmentView,
    CalendarAddressView,
    ConsentAsked,
    Conversion,
    Link,
    LinkView,
    NewReferral,
    Posted,
    ReferralSummary,
    ReferralView,
    Rejection,
    Remark,
    Reply,
    StepView,
    Supplement,
)
from service.referrals.steps import Change
from service.referrals.tables import Referral, events_of
from service.strict_json import RawBody, StrictRoute
from service.strict_query import KnownQueryRoute

router = APIRouter(prefix="/referrals", tags=["referrals"], route_class=StrictRoute)
calendar_router = APIRouter(prefix=subscribing.PATH, include_in_schema=False)
ReferralId = Annotated[UUID, Path(alias="id", description="The id of the exchange.")]
_FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in (attachments.PDF, attachments.PNG, attachments.JPEG, attachments.TEXT)
        },
    }
}
_CALENDAR = {"Content-Disposition": 'inline; filename="berichten.ics"'}


def _vault(request: Request) -> Vault:
    vault: Vault = request.app.state.vault
    return vault


@dataclass(frozen=True, slots=True)
class Visit:
    """One request that changes something: who, in which transaction, and under which key."""

    request: Request
    session: Session
    caller: Caller
    body: bytes
    key: str | None

    @property
    def who(self) -> tuple[Session, Vault, Caller]:
        """What every action asks first: the transaction, the keys, and the caller."""
        return self.session, _vault(self.request), self.caller

    def once(self, act: Callable[[], Response]) -> Response:
        """Do it once for each key. What is kept to answer again holds a case, so it is sealed."""
        seal = _vault(self.request).own_seal("idempotency", self.caller.subject)
        return once(self.session, self.caller.subject, self.key, self.request, self.body, act, seal=seal)

    def address_of(self, path: str) -> str:
        """An address within this service, as somebody else writes it."""
        base: str = self.request.app.state.settings.base_url
        return base.rstrip("/") + path

    def answer(self, row: Referral, link: asking.Link | None = None) -> Response:
        """The exchange as it stands now, with the link for the worker if one was made."""
        _, side = steps.seen(self.session, self.caller, row.id, lock=True)
        found = reading.view(*self.who, row, side)
        if link is not None:
            found.consent_link = self.address_of(link.path)
            found.consent_code = link.code
        return _written(201, found)


def _visit(
    request: Request, session: Transaction, caller: MayExchange, body: RawBody, key: IdempotencyKey = None
) -> Visit:
    return Visit(request, session, caller, body, key)


Visiting = Annotated[Visit, Depends(_visit)]
Step = Callable[[Change], Referral]
Beginning = Callable[[Change], actions.Started]


@router.post("", status_code=201, response_model=ReferralView, summary="Ask or refer")
def start(visit: Visiting, new: NewReferral) -> Response:
    """Start an exchange and ask the worker; nothing leaves before the worker says yes."""

    def act() -> Response:
        started = actions.start(*visit.who, new)
        return visit.answer(started.referral, started.link)

    return visit.once(act)


@router.get("", summary="What you asked, or were asked, newest first")
def overview(
    request: Request,
    response: Response,
    session: Transaction,
    caller: MayExchange,
    box: Annotated[Box, Query(description="`sent` is what you asked, `inbox` what you were asked.")] = "inbox",
    state: Annotated[list[State] | None, Query(description="Only in these states.")] = None,
    limit: PageSize = 20,
    cursor: Cursor = None,
) -> list[ReferralSummary]:
    """List exchanges, without the worker's name: a list is read over a shoulder."""
    before = read_id(cursor) if cursor else None
    rows = actions.overview(session, _vault(request), caller, box, state or [], before, limit + 1)
    link_next(request, response, write_cursor(str(rows[limit - 1].id)) if len(rows) > limit else None)
    side = Side.ASKER if box == "sent" else Side.ASKED
    return [views.summary(session, row, side) for row in rows[:limit]]


@router.post(
    "/calendar-address", status_code=201, response_model=CalendarAddressView, summary="An address for your calendar"
)
def subscribe(visit: Visiting) -> Response:
    """Make the address by which your calendar program reads the days to answer by; an older one stops working."""

    def act() -> Response:
        made = CalendarAddressView(address=visit.address_of(subscribing.subscribe(visit.session, visit.caller)))
        return Response(made.model_dump_json(by_alias=True), 201, media_type="application/json")

    return visit.once(act)


@router.delete("/calendar-address", status_code=204, summary="Let the address of your calendar work no longer")
def unsubscribe(session: Transaction, caller: MayExchange) -> None:
    """End the address, wherever it was copied to."""
    subscribing.unsubscribe(session, caller)


@calendar_router.get("/{token}.ics")
def calendar(request: Request, session: Transaction, token: Annotated[str, Path(max_length=64)]) -> Response:
    """The open exchanges on both sides of whose address this is: a reference and a day, and nothing else."""
    rows = subscribing.subscribed(session, _vault(request), token)
    return Response(calendar_of(rows), media_type="text/calendar; charset=utf-8", headers=_CALENDAR)


@router.get("/links", summary="What you know to belong together")
def links(request: Request, session: Reading, caller: MayExchange) -> list[LinkView]:
    """List your own links between a notification and an exchange; nobody else can open them."""
    return linking.links(session, _vault(request), caller)


@router.post("/links", status_code=201, response_model=LinkView, summary="Link your own notification to an exchange")
def link(visit: Visiting, to: Link) -> Response:
    """Remember that your notification and an exchange belong together; known to you alone, and twice is once."""

    def act() -> Response:
        found = linking.link(*visit.who, to.notification_id, to.referral_id)
        return Response(found.model_dump_json(by_alias=True), 201, media_type="application/json")

    return visit.once(act)


@router.get("/{id}", summary="One exchange")
def read(
    request: Request, response: Response, session: Transaction, caller: MayExchange, referral_id: ReferralId
) -> ReferralView:
    """Show one exchange as far as you may read it, with what can be done with it now."""
    found = actions.read(session, _vault(request), caller, referral_id)
    response.headers["ETag"] = etag(found.version)
    return found


@router.get("/{id}/history", summary="Every step")
def history(request: Request, session: Transaction, caller: MayExchange, referral_id: ReferralId) -> list[StepView]:
    """Show every step in the life of an exchange."""
    row = actions.history(session, _vault(request), caller, referral_id)
    return [views.step(event) for event in events_of(session, row.id)]


@router.post("/{id}/consent-request", status_code=201, response_model=ReferralView, summary="Ask the worker")
def ask_consent(visit: Visiting, referral_id: ReferralId, asked: ConsentAsked, if_match: IfMatch = None) -> Response:
    """Ask the worker about a draft, or again when the answer did not come; an older link stops working."""

    def act() -> Response:
        change = Change(referral_id, expected_version(if_match))
        started = actions.ask_consent(*visit.who, change, asked)
        return visit.answer(started.referral, started.link)

    return visit.once(act)


@router.post("/{id}/acceptance", status_code=201, response_model=ReferralView, summary="Take it over")
def accept(visit: Visiting, referral_id: ReferralId, if_match: IfMatch = None) -> Response:
    """Say that you take it over."""
    return _change(visit, referral_id, if_match, lambda change: actions.accept(*visit.who, change))


@router.post("/{id}/progress", status_code=201, response_model=ReferralView, summary="Begin")
def begin(visit: Visiting, referral_id: ReferralId, if_match: IfMatch = None) -> Response:
    """Say that the work on it has begun."""
    return _change(visit, referral_id, if_match, lambda change: actions.begin(*visit.who, change))


@router.post("/{id}/question", status_code=201, response_model=ReferralView, summary="Ask back")
def ask_back(visit: Visiting, referral_id: ReferralId, remark: Remark, if_match: IfMatch = None) -> Response:
    """Ask the asking doctor for what is missing."""
    return _change(visit, referral_id, if_match, lambda change: actions.ask_back(*visit.who, change, remark))


@router.post("/{id}/rejection", status_code=201, response_model=ReferralView, summary="Send it back, with a reason")
def reject(visit: Visiting, referral_id: ReferralId, rejection: Rejection, if_match: IfMatch = None) -> Response:
    """Send it back; a worker you do not know is `not-my-patient`, and you can read no more of it."""
    return _change(visit, referral_id, if_match, lambda change: actions.reject(*visit.who, change, rejection))


@router.post("/{id}/failure", status_code=201, response_model=ReferralView, summary="It did not work out")
def fail(visit: Visiting, referral_id: ReferralId, remark: Remark, if_match: IfMatch = None) -> Response:
    """Say that what you took over did not work out."""
    return _change(visit, referral_id, if_match, lambda change: actions.fail(*visit.who, change, remark))


@router.post("/{id}/cancellation", status_code=201, response_model=ReferralView, summary="Take back, with a reason")
def cancel(visit: Visiting, referral_id: ReferralId, remark: Remark, if_match: IfMatch = None) -> Response:
    """Take back what you asked; what was not sent stops, and who has it is told."""
    return _change(visit, referral_id, if_match, lambda change: actions.cancel(*visit.who, change, remark))


@router.post("/{id}/posting", status_code=201, response_model=ReferralView, summary="The letter is in the post")
def post(visit: Visiting, referral_id: ReferralId, posted: Posted, if_match: IfMatch = None) -> Response:
    """Say when you posted the printed letter; it counts as delivered from that day."""
    return _change(visit, referral_id, if_match, lambda change: posting.post(*visit.who, change, posted))


@router.post("/{id}/supplement", status_code=201, response_model=ReferralView, summary="Send what was asked back")
def supplement(visit: Visiting, referral_id: ReferralId, more: Supplement, if_match: IfMatch = None) -> Response:
    """Send what the asked doctor missed, with a consent of its own."""
    return _begin(visit, referral_id, if_match, lambda change: actions.supplement(*visit.who, change, more))


@router.post("/{id}/reply", status_code=201, response_model=ReferralView, summary="Answer what was asked")
def reply(visit: Visiting, referral_id: ReferralId, answer: Reply, if_match: IfMatch = None) -> Response:
    """Give the facts that were asked for; the way back has a consent of its own."""
    return _begin(visit, referral_id, if_match, lambda change: actions.reply(*visit.who, change, answer))


@router.post("/{id}/conversion", status_code=201, response_model=ReferralView, summary="Make a referral of it")
def convert(visit: Visiting, referral_id: ReferralId, conversion: Conversion, if_match: IfMatch = None) -> Response:
    """Make a referral of a request for advice; the answer is the new exchange."""
    return _begin(visit, referral_id, if_match, lambda change: actions.convert(*visit.who, change, conversion))


def attach(
    visit: Visiting,
    referral_id: ReferralId,
    if_match: IfMatch = None,
    content_type: Annotated[str, Header(include_in_schema=False)] = "",
    content_disposition: Annotated[str | None, Header(description='attachment; filename="audiogram.pdf"')] = None,
) -> Response:
    """Send a file that goes with your next message: PDF, PNG, JPEG or plain text, at most 5 MB."""
    media_type = content_type.partition(";")[0].strip().lower()
    file = attachments.File(_filename(content_disposition), media_type, visit.body)

    def act() -> Response:
        change = Change(referral_id, expected_version(if_match))
        row, kept = attachments.attach(*visit.who, change, file)
        found = reading.own_file(visit.session, _vault(visit.request), row, kept)
        headers = {"Location": f"/v1/referrals/{row.id}/attachments/{kept.id}", "ETag": etag(row.version)}
        return Response(found.model_dump_json(by_alias=True), 201, headers, media_type="application/json")

    return visit.once(act)


@router.get("/{id}/attachments/{attachmentId}", summary="One file", response_class=Response)
def attachment(
    request: Request,
    session: Transaction,
    caller: MayExchange,
    referral_id: ReferralId,
    attachment_id: Annotated[UUID, Path(alias="attachmentId", description="The id of the file.")],
) -> Response:
    """Give the bytes of one file, to save."""
    file = attachments.attachment(session, _vault(request), caller, referral_id, attachment_id)
    return Response(file.content, media_type=file.media_type, headers={"Content-Disposition": disposition(file.title)})


def disposition(title: str) -> str:
    """The header by which a browser saves a file under its own name, in any alphabet (RFC 6266)."""
    return f"attachment; filename=\"bijlage\"; filename*=UTF-8''{quote(title, safe='')}"


def _change(visit: Visit, referral_id: UUID, if_match: str | None, step: Step) -> Response:
    def act() -> Response:
        change = Change(referral_id, expected_version(if_match))
        return visit.answer(step(change))

    return visit.once(act)


def _begin(
    visit: Visit,
    referral_id: UUID,
    if_match: str | None,
    step: Beginning,
) -> Response:
    def act() -> Response:
        change = Change(referral_id, expected_version(if_match))
        started = step(change)
        return visit.answer(started.referral, started.link)

    return visit.once(act)


def _filename(content_disposition: str | None) -> str:
    headers = Headers()
    # Line ends cannot come through HTTP, and the parser of the standard library would read on after them.
    headers["Content-Disposition"] = (content_disposition or "").replace("\r", "").replace("\n", "")
    return headers.get_filename("") or ""


def _written(status: int, found: ReferralView) -> Response:
    headers = {"Location": f"/v1/referrals/{found.id}", "ETag": etag(found.version)}
    return Response(found.model_dump_json(by_alias=True), status, headers, media_type="application/json")


# A file is not JSON: this one reads the body as it is.
router.add_api_route(
    "/{id}/attachments",
    attach,
    methods=["POST"],
    status_code=201,
    response_model=AttachmentView,
    openapi_extra=_FILE_BODY,
    summary="Send a file that goes along",
    route_class_override=KnownQueryRoute,
)
