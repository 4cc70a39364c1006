"""One exchange as one doctor may read it: every message goes through the gate, and every look is written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from service.audit.tables import Act as AuditAct
from service.clock import now, written
from service.consent.actions import gate
from service.consent.rules import Act as ConsentAct
from service.consent.rules import Decision, Purpose, Reason
from service.consent.tables import consents_between
from service.identity.access import Caller
from service.persons.actions import details_of, seal_of
from service.persons.tables import Person
from service.persons.vault import CannotOpen, Seal, Vault
from service.problems import NotFound
from service.referrals import agreeing, asking, posting, steps, views
from service.referrals.contents import Content, Said, named, only, opened, title_of
from service.referrals.rules import CLINICAL, Act, Closed, Kind, MessageKind, MessageState, RejectReason, Side, State
from service.referrals.rules import possible as possible_acts
from service.referrals.schemas import (
    AttachmentView,
    ConsentView,
    Letter,
    MessageView,
    ReferralView,
    ReplyView,
    WorkerView,
)
from service.referrals.tables import (
    Attachment,
    Message,
    Referral,
    attachments_of,
    message_of,
    messages_of,
    referral_of_message,
)
from service.text import Language

# What is decided of a part may differ from part to part; every other reason holds for all of them.
_PER_PART = frozenset({Reason.NOT_IN_DATA, Reason.OBJECTION})
_BACK = frozenset({MessageState.RELEASED, MessageState.DELIVERED})


@dataclass(frozen=True, slots=True)
class Readable:
    """What of a message may be read: its parts, by which consent, or why nothing."""

    parts: frozenset[str]
    consent_id: UUID | None = None
    closed_because: str | None = None


def view(
    session: Session, vault: Vault, caller: Caller, row: Referral, side: Side, language: Language = Language.NL
) -> ReferralView:
    """Show an exchange that is locked; what came from the other side counts as read."""
    person = session.get_one(Person, row.person_id)
    seal = seal_or_none(vault, person)
    messages = [one for one in messages_of(session, row.id) if _reaches(row, side, one)]
    readable = {one.id: may_read(session, caller, row, side, one, seal) for one in messages}
    _count_as_read(session, vault, caller, row, side, messages, readable)
    _write_down(session, vault, caller, row, readable)
    files = attachments_of(session, row.id)
    from_other = [one for one in messages if steps.sender_of(row, one) is not side]
    shows_person = side is Side.ASKER or any(readable[one.id].parts for one in from_other)
    ended = frozenset(one.id for one in from_other if row.state == State.REVOKED)
    shown = [_message(seal, one, readable[one.id], files, words=one.id not in ended) for one in messages]
    return ReferralView(
        **views.fields(session, row, side, messages_of(session, row.id), language),
        trajectory=row.trajectory,
        version=row.version,
        requested_by_worker=row.requested_by_worker,
        came_from=row.came_from if side is Side.ASKER else None,
        person=_worker(vault, person) if seal and shows_person else None,
        messages=shown,
        attachments=[file_view(seal, one) for one in files if seal and _unsent(one, caller)],
        consents=_consents(session, row, messages),
        actions=[act.value for act in acts_of(row, side, messages)],
    )


@dataclass(frozen=True, slots=True)
class Crossed:
    """One message that reached the caller's side, opened as far as the caller may read it."""

    row: Referral
    side: Side
    message: Message
    may: Readable
    content: Content | None
    files: Sequence[Attachment]


def open_message(session: Session, vault: Vault, caller: Caller, message_id: UUID) -> Crossed:
    """Open one message by itself; what came from the other side counts as read. Raises NotFound to strangers."""
    referral_id = referral_of_message(session, message_id)
    if referral_id is None:
        raise NotFound
    row, side = steps.seen(session, caller, referral_id, lock=True)
    message, seal = message_of(session, message_id), seal_or_none(vault, session.get_one(Person, row.person_id))
    if not _reaches(row, side, message):
        raise NotFound
    readable = {message.id: may_read(session, caller, row, side, message, seal)}
    _count_as_read(session, vault, caller, row, side, [message], readable)
    _write_down(session, vault, caller, row, readable)
    may = readable[message.id]
    files = [one for one in attachments_of(session, row.id) if one.message_id == message.id and named(one) in may.parts]
    content = opened(seal, message) if seal else None
    shown = content if content is None or isinstance(content, Said) else only(content, may.parts) if may.parts else None
    return Crossed(row, side, message, may, shown, files)


def may_read(
    session: Session, caller: Caller, row: Referral, side: Side, message: Message, seal: Seal | None
) -> Readable:
    """Which parts of a message this side may read now, decided and written down."""
    if seal is None:
        return Readable(frozenset(), closed_because=Closed.ERASED)
    if message.kind not in CLINICAL:
        return Readable(frozenset())
    if side is Side.ASKED and row.reject_reason == RejectReason.NOT_MY_PATIENT:
        return Readable(frozenset(), closed_because=Closed.NOT_MY_PATIENT)
    data = asking.data_of(session, seal, message)
    decision = _decide(session, caller, row, message, data)
    if decision.allowed:
        return Readable(data, decision.consent_id)
    if decision.reason not in _PER_PART:
        return Readable(frozenset(), decision.consent_id, decision.reason)
    left = frozenset(part for part in sorted(data) if _decide(session, caller, row, message, frozenset({part})).allowed)
    return Readable(left, decision.consent_id, decision.reason)


def seal_or_none(vault: Vault, person: Person) -> Seal | None:
    """The worker's key, or none when the worker was erased."""
    try:
        return seal_of(vault, person)
    except CannotOpen:
        return None


def may_open(
    session: Session, caller: Caller, row: Referral, side: Side, file: Attachment, seal: Seal | None
) -> Readable:
    """The same for the message that a file came with, if it came at all."""
    message = next((one for one in messages_of(session, row.id) if one.id == file.message_id), None)
    if message is None or not _reaches(row, side, message):
        return Readable(frozenset())
    return may_read(session, caller, row, side, message, seal)


def file_view(seal: Seal, file: Attachment) -> AttachmentView:
    """A file without its bytes."""
    return AttachmentView(id=file.id, title=title_of(seal, file), media_type=file.media_type, size=file.size)


def own_file(session: Session, vault: Vault, row: Referral, file: Attachment) -> AttachmentView:
    """A file, for who just sent it."""
    return file_view(seal_of(vault, session.get_one(Person, row.person_id)), file)


def _decide(session: Session, caller: Caller, row: Referral, message: Message, data: frozenset[str]) -> Decision:
    crossing = asking.crossing_of(row, message)
    return gate(session, caller.role, caller.organisation, ConsentAct.READ, crossing, Purpose.TREAT, data)


def _reaches(row: Referral, side: Side, message: Message) -> bool:
    """Tell whether this side knows of the message: its own, and of the other's what was released."""
    return steps.sender_of(row, message) is side or message.released_at is not None


def _unsent(file: Attachment, caller: Caller) -> bool:
    return file.message_id is None and file.organisation_id == caller.organisation


def _message(
    seal: Seal | None, message: Message, may: Readable, files: Sequence[Attachment], *, words: bool
) -> MessageView:
    content = opened(seal, message) if seal else None
    mine = [one for one in files if one.message_id == message.id and named(one) in may.parts]
    shown = _part(content, may.parts)
    return MessageView(
        id=message.id,
        kind=message.kind,
        state=message.state,
        from_organisation=message.from_organisation,
        released_at=written(message.released_at) if message.released_at else None,
        delivered_at=written(message.delivered_at) if message.delivered_at else None,
        read_at=written(message.read_at) if message.read_at else None,
        letter=shown if isinstance(shown, Letter) else None,
        reply=shown if isinstance(shown, ReplyView) else None,
        text=content.text if words and isinstance(content, Said) else None,
        attachments=[file_view(seal, one) for one in mine] if seal else [],
        closed_because=may.closed_because or message.closed_because,
        failure=message.failure,
    )


def _part(content: Content | None, parts: frozenset[str]) -> Letter | ReplyView | None:
    if content is None or isinstance(content, Said):
        return None
    return only(content, parts)


def _worker(vault: Vault, person: Person) -> WorkerView:
    found = details_of(vault, person)
    return WorkerView(name=found.name, birth_date=found.birth_date, sex=found.sex)


def _count_as_read(
    session: Session,
    vault: Vault,
    caller: Caller,
    row: Referral,
    side: Side,
    messages: Sequence[Message],
    readable: dict[UUID, Readable],
) -> None:
    """Note that this side has read what came, and with that that it arrived."""
    for message in messages:
        may = readable[message.id]
        open_to_all = message.kind not in CLINICAL
        if steps.sender_of(row, message) is not side and message.state in _BACK and (may.parts or open_to_all):
            message.state, message.read_at = MessageState.READ, now()
            message.delivered_at = message.delivered_at or message.read_at
            session.add(message)
            _arrive(session, vault, caller, row, side, message)


def _arrive(session: Session, vault: Vault, caller: Caller, row: Referral, side: Side, message: Message) -> None:
    if side is not Side.ASKED or message.kind != MessageKind.REQUEST:
        return
    if row.state == State.REQUESTED:
        steps.move(session, vault, caller, row, Act.ARRIVE, State.RECEIVED)
    if not agreeing.asks_answer(row.kind) and row.state == State.RECEIVED:
        steps.move(session, vault, caller, row, Act.COMPLETE, State.COMPLETED)


def _write_down(session: Session, vault: Vault, caller: Caller, row: Referral, readable: dict[UUID, Readable]) -> None:
    parts = frozenset[str]().union(*(one.parts for one in readable.values()))
    consent_id = next((one.consent_id for one in readable.values() if one.parts and one.consent_id), None)
    refused = not parts and any(one.closed_because for one in readable.values())
    outcome = "refused" if refused else "success"
    steps.audit(
        session, vault, caller, row, AuditAct.READ, "referral.read", data=parts, consent_id=consent_id, outcome=outcome
    )


def _consents(session: Session, row: Referral, messages: Sequence[Message]) -> list[ConsentView]:
    shown = {one.id for one in messages}
    here, there = row.from_organisation, row.to_organisation
    rows = [
        one
        for pair in ((here, there), (there, here))
        for one in consents_between(session, row.person_id, *pair, lock=False)
    ]
    return [
        ConsentView(
            id=one.id,
            message_id=one.message_id,
            state=one.state,
            basis=one.basis,
            data=one.data,
            valid_until=written(one.valid_until),
        )
        for one in rows
        if one.message_id in shown
    ]


def acts_of(row: Referral, side: Side, messages: Sequence[Message]) -> list[Act]:
    """What this side can do now: convert advice only, answer only what asks for it, post only what waits for that."""
    conditions = {
        Act.CONVERT: row.kind == Kind.ADVICE_REQUEST,
        Act.REPLY: agreeing.asks_answer(row.kind),
        Act.POST: bool(posting.on_paper(row, messages)),
    }
    return [act for act in possible_acts(State(row.state), side) if conditions.get(act, True)]
