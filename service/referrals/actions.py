"""What can be done with an exchange: one function per sentence of the product. None of them commits.

What the worker decides is in `deciding`, what happens by itself in `releasing` and `deadlines`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col

from service.audit.tables import Act as AuditAct
from service.identity.access import Caller
from service.persons import actions as persons
from service.persons.tables import Person
from service.persons.vault import Vault
from service.problems import Conflict
from service.referrals import agreeing, asking, linking, reading, starting, steps
from service.referrals.contents import Said, opened, parts_of, questions_of, unasked
from service.referrals.rules import (
    CONVERTS_TO,
    SENT_AND_OPEN,
    WAITING,
    Act,
    Closed,
    Kind,
    MessageKind,
    MessageState,
    RejectReason,
    Side,
    State,
    allows,
)
from service.referrals.schemas import (
    ConsentAsked,
    Conversion,
    Letter,
    NewReferral,
    ReferralView,
    Rejection,
    Remark,
    Reply,
    ReplyView,
    Supplement,
)
from service.referrals.starting import Told
from service.referrals.steps import Change
from service.referrals.tables import Message, Referral, count, due, messages_of, page
from service.text import Language, Text

Box = Literal["sent", "inbox"]
_MOST_EXPECTED = 500
_NEW = (State.REQUESTED, State.RECEIVED)
_TAKEN = (State.ACCEPTED, State.IN_PROGRESS)
_NOT_CONVERTIBLE = Text("Alleen een adviesvraag kan een verwijzing worden.", "Only advice can become a referral.")
_ONE_AT_A_TIME = Text(
    "Er wacht al een bericht van u op toestemming of verzending.", "A message of yours already waits for consent."
)


# What each side sends once the request is out.
_FURTHER: Mapping[Side, tuple[Act, MessageKind]] = {
    Side.ASKER: (Act.SUPPLEMENT, MessageKind.SUPPLEMENT),
    Side.ASKED: (Act.REPLY, MessageKind.REPLY),
}


@dataclass(frozen=True, slots=True)
class Started:
    """An exchange with a message that now waits for the worker, or is already on its way."""

    referral: Referral
    link: asking.Link | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ToDo:
    """What waits for one doctor, in numbers."""

    new: int
    to_answer: int
    asked_back: int


def start(session: Session, vault: Vault, caller: Caller, new: NewReferral, told: Told | None = None) -> Started:
    """Start an exchange and ask the worker; what was allowed by word or on paper leaves at once."""
    addressee = agreeing.agreed_addressee(session, caller, new)
    came_from = steps.seen(session, caller, new.came_from)[0] if new.came_from else None
    person = _worker(session, vault, caller, new)
    row, link = starting.begin(session, vault, caller, person, new, addressee, came_from, told or Told())
    if new.notification_id:
        linking.link(session, vault, caller, new.notification_id, row.id)
    return Started(row, link)


def ask_consent(session: Session, vault: Vault, caller: Caller, change: Change, asked: ConsentAsked) -> Started:
    """Ask the worker about what waits: a draft, or a message that was not answered in time. An older link ends."""
    row, side = steps.seen(session, caller, change.referral_id, lock=True)
    if allows(Act.ASK_CONSENT, State(row.state), side):
        row = steps.to_change(session, caller, change, Act.ASK_CONSENT)
        return Started(row, _ask(session, vault, caller, row, asked))
    act, kind = _FURTHER[side]
    row = steps.to_change(session, caller, change, act)
    message = _latest(session, row, kind)
    if message is None or not _may_be_asked(message):
        raise Conflict
    return Started(row, asking.ask(session, vault, caller, row, message, asked))


def read(
    session: Session, vault: Vault, caller: Caller, referral_id: UUID, language: Language = Language.NL
) -> ReferralView:
    """Show one exchange as far as its caller may read it; what came from the other side counts as read."""
    row, side = steps.seen(session, caller, referral_id, lock=True)
    return reading.view(session, vault, caller, row, side, language)


def overview(
    session: Session, vault: Vault, caller: Caller, box: Box, states: Sequence[State], before: UUID | None, limit: int
) -> Sequence[Referral]:
    """One page of what the caller asked, or was asked; newest first."""
    rows = page(session, _ours(caller, box), [state.value for state in states], before, limit)
    for row in rows:
        steps.audit(session, vault, caller, row, AuditAct.READ, "referral.list")
    return rows


def expected(session: Session, vault: Vault, caller: Caller) -> Sequence[Referral]:
    """The open exchanges on either side that have a day to answer by."""
    boxes: tuple[Box, ...] = ("sent", "inbox")
    rows = [row for box in boxes for row in due(session, _ours(caller, box), SENT_AND_OPEN, _MOST_EXPECTED)]
    for row in rows:
        steps.audit(session, vault, caller, row, AuditAct.READ, "referral.calendar")
    return rows


def to_do(session: Session, caller: Caller) -> ToDo:
    """How many exchanges wait for the caller: to be read and taken over, to be answered, and asked back."""
    inbox, sent = _ours(caller, "inbox"), _ours(caller, "sent")
    return ToDo(
        new=count(session, inbox, _NEW),
        to_answer=count(session, inbox, _TAKEN),
        asked_back=count(session, sent, (State.ON_HOLD,)),
    )


def accept(session: Session, vault: Vault, caller: Caller, change: Change, remark: Remark | None = None) -> Referral:
    """Take it over: the asked doctor will answer."""
    text = remark.text if remark else None
    return _answered(session, vault, caller, change, Act.ACCEPT, State.ACCEPTED, text=text)


def begin(session: Session, vault: Vault, caller: Caller, change: Change) -> Referral:
    """Say that the work on it has begun."""
    return _answered(session, vault, caller, change, Act.BEGIN, State.IN_PROGRESS)


def ask_back(session: Session, vault: Vault, caller: Caller, change: Change, remark: Remark) -> Referral:
    """Ask the asking doctor for what is missing; it waits until that has come."""
    return _answered(session, vault, caller, change, Act.ASK_BACK, State.ON_HOLD, text=remark.text)


def reject(session: Session, vault: Vault, caller: Caller, change: Change, rejection: Rejection) -> Referral:
    """Send it back, with the reason."""
    row = steps.to_change(session, caller, change, Act.REJECT)
    agreeing.insist_reason(row.kind, rejection)
    row.reject_reason = rejection.reason
    return _answered(
        session, vault, caller, change, Act.REJECT, State.REJECTED, reason=rejection.reason, text=rejection.text
    )


def not_my_patient(session: Session, vault: Vault, caller: Caller, change: Change) -> Referral:
    """Send it back because the worker is not known there; what was sent can be read there no more."""
    return reject(session, vault, caller, change, Rejection(reason=RejectReason.NOT_MY_PATIENT))


def fail(session: Session, vault: Vault, caller: Caller, change: Change, remark: Remark) -> Referral:
    """Say that what was taken over did not work out."""
    return _answered(session, vault, caller, change, Act.FAIL, State.FAILED, text=remark.text)


def supplement(session: Session, vault: Vault, caller: Caller, change: Change, more: Supplement) -> Started:
    """Send what was asked back, with a consent of its own."""
    row = steps.to_change(session, caller, change, Act.SUPPLEMENT)
    agreeing.insist_supplement(row.kind, row.from_role, row.to_role, more.letter.parts())
    _insist_nothing_waits(session, row, MessageKind.SUPPLEMENT)
    message = steps.add_message(session, vault, row, MessageKind.SUPPLEMENT, Side.ASKER, more.letter)
    steps.move(session, vault, caller, row, Act.SUPPLEMENT)
    return Started(row, asking.ask(session, vault, caller, row, message, more.consent))


def reply(session: Session, vault: Vault, caller: Caller, change: Change, answer: Reply) -> Started:
    """Answer what was asked; the way back has a consent of its own, and until then nothing leaves."""
    row = steps.to_change(session, caller, change, Act.REPLY)
    content = ReplyView(answers=answer.answers, diagnosis=answer.diagnosis)
    agreeing.insist_answer(row.kind, parts_of(content), unasked(answer.answers, _asked(session, vault, row)))
    _insist_nothing_waits(session, row, MessageKind.REPLY)
    if allows(Act.ACCEPT, State(row.state), Side.ASKED):
        steps.move(session, vault, caller, row, Act.ACCEPT, State.ACCEPTED)
    message = steps.add_message(session, vault, row, MessageKind.REPLY, Side.ASKED, content)
    steps.move(session, vault, caller, row, Act.REPLY, State.IN_PROGRESS)
    return Started(row, asking.ask(session, vault, caller, row, message, answer.consent))


def cancel(session: Session, vault: Vault, caller: Caller, change: Change, remark: Remark) -> Referral:
    """Take it back, with a reason; what was not sent stops, and who has it is told."""
    row = steps.to_change(session, caller, change, Act.CANCEL)
    steps.move(session, vault, caller, row, Act.CANCEL, State.CANCELLED)
    if row.sent_at:
        steps.post(session, vault, row, MessageKind.WITHDRAWAL, Side.ASKER, Said(text=remark.text))
    return row


def convert(session: Session, vault: Vault, caller: Caller, change: Change, conversion: Conversion) -> Started:
    """Make a referral of a request for advice: a new exchange with the same doctor, and a consent of its own."""
    row = steps.to_change(session, caller, change, Act.CONVERT)
    if row.kind != Kind.ADVICE_REQUEST or conversion.kind not in CONVERTS_TO:
        raise Conflict(_NOT_CONVERTIBLE)
    new = NewReferral.model_validate(
        {
            "kind": conversion.kind,
            "personId": row.person_id,
            "recipient": {"organisation": row.to_organisation, "practitioner": row.to_practitioner},
            "letter": conversion.letter or _letters(session, vault, row)[0],
            "consent": conversion.consent,
            "urgent": row.urgent,
            "cameFrom": row.id,
        }
    )
    started = start(session, vault, caller, new)
    steps.move(session, vault, caller, row, Act.CONVERT)
    return started


def history(session: Session, vault: Vault, caller: Caller, referral_id: UUID) -> Referral:
    """The exchange, for who may see its steps."""
    row, _ = steps.seen(session, caller, referral_id)
    steps.audit(session, vault, caller, row, AuditAct.READ, "referral.history")
    return row


def _worker(session: Session, vault: Vault, caller: Caller, new: NewReferral) -> Person:
    if new.person is not None:
        return persons.enter(session, vault, caller, new.person)
    assert new.person_id is not None
    return persons.own(session, caller, new.person_id)


def _ask(session: Session, vault: Vault, caller: Caller, row: Referral, asked: ConsentAsked) -> asking.Link | None:
    message = _latest(session, row, MessageKind.REQUEST)
    if message is None or not _may_be_asked(message):
        raise Conflict
    steps.move(session, vault, caller, row, Act.ASK_CONSENT, State.AWAITING_CONSENT)
    return asking.ask(session, vault, caller, row, message, asked)


def _may_be_asked(message: Message) -> bool:
    # Who said no is not asked again.
    unanswered = message.closed_because in {Closed.EXPIRED, Closed.MOVED, Closed.NOT_ALLOWED}
    return message.state == MessageState.AWAITING_CONSENT or (message.state == MessageState.STOPPED and unanswered)


def _latest(session: Session, row: Referral, kind: MessageKind) -> Message | None:
    return next((one for one in reversed(messages_of(session, row.id)) if one.kind == kind), None)


def _insist_nothing_waits(session: Session, row: Referral, kind: MessageKind) -> None:
    latest = _latest(session, row, kind)
    if latest is not None and latest.state in WAITING:
        raise Conflict(_ONE_AT_A_TIME)


def _asked(session: Session, vault: Vault, row: Referral) -> str:
    return questions_of(_letters(session, vault, row))


def _letters(session: Session, vault: Vault, row: Referral) -> list[Letter]:
    seal = persons.seal_of(vault, session.get_one(Person, row.person_id))
    contents = [opened(seal, message) for message in messages_of(session, row.id)]
    return [content for content in contents if isinstance(content, Letter)]


def _answered(
    session: Session,
    vault: Vault,
    caller: Caller,
    change: Change,
    act: Act,
    to: State,
    *,
    reason: str | None = None,
    text: str | None = None,
) -> Referral:
    """A step of the asked doctor, of which the asking doctor hears."""
    row = steps.to_change(session, caller, change, act)
    steps.move(session, vault, caller, row, act, to, reason=reason)
    steps.post(session, vault, row, MessageKind.STATUS, Side.ASKED, Said(reason=reason, text=text))
    return row


def every(caller: Caller) -> ColumnElement[bool]:
    """The exchanges on either side of which the caller stands."""
    return or_(_ours(caller, "sent"), _ours(caller, "inbox"))


def _ours(caller: Caller, box: Box) -> ColumnElement[bool]:
    """The exchanges on one side of which the caller stands; the same as steps.side_of, asked of the database."""
    profession = agreeing.profession_of(caller)
    if box == "inbox":
        ours = (col(Referral.to_organisation) == caller.organisation, col(Referral.to_role) == profession.value)
        return and_(*ours, col(Referral.sent_at).is_not(None), col(Referral.demo) == caller.demo)
    mine = or_(col(Referral.from_account).is_(None), col(Referral.from_account) == caller.subject)
    ours = (col(Referral.from_organisation) == caller.organisation, col(Referral.from_role) == profession.value)
    return and_(*ours, mine, col(Referral.demo) == caller.demo)
