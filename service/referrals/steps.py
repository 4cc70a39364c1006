"""One step in the life of an exchange: found under lock, allowed for this side, written down and audited."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from service import outbox
from service.audit.tables import Act as AuditAct
from service.audit.tables import record_person
from service.clock import now
from service.database import insert
from service.identity.access import Caller, Role
from service.ids import ordered_id
from service.outbox import Job
from service.persons.actions import seal_of, subject_of
from service.persons.tables import Person
from service.persons.vault import Seal, Vault
from service.problems import Conflict, NotFound, Stale
from service.referrals.contents import Said, sealed
from service.referrals.rules import (
    BROKEN_OFF,
    CLINICAL,
    TRANSITIONS,
    WAITING,
    About,
    Act,
    Closed,
    MessageKind,
    MessageState,
    Side,
    State,
    allows,
    leads,
)
from service.referrals.schemas import Letter, ReplyView
from service.referrals.tables import Message, Notice, Referral, ReferralEvent, messages_of, next_position, referral_of

# A system of an organisation works for its doctors.
PROFESSION: Mapping[Role, Role] = {
    Role.BEDRIJFSARTS: Role.BEDRIJFSARTS,
    Role.VERZEKERINGSARTS: Role.VERZEKERINGSARTS,
    Role.HUISARTS: Role.HUISARTS,
    Role.SPECIALIST: Role.SPECIALIST,
    Role.ARBODIENST_SYSTEM: Role.BEDRIJFSARTS,
    Role.HIS_SYSTEM: Role.HUISARTS,
}
SYSTEMS = frozenset({Role.ARBODIENST_SYSTEM, Role.HIS_SYSTEM})


@dataclass(frozen=True, slots=True)
class Change:
    """Which exchange to change, and the version that was read."""

    referral_id: UUID
    version: int


def side_of(caller: Caller, row: Referral) -> Side | None:
    """On which side the caller stands. Nothing that was not sent has an asked side yet."""
    profession = PROFESSION.get(caller.role)
    if caller.organisation is None or profession is None or caller.demo != row.demo:
        return None
    if (caller.organisation, profession) == (row.from_organisation, row.from_role):
        return Side.ASKER if row.from_account in {None, caller.subject} else None
    if (caller.organisation, profession) == (row.to_organisation, row.to_role):
        return Side.ASKED if row.sent_at else None
    return None


def seen(session: Session, caller: Caller, referral_id: UUID, *, lock: bool = False) -> tuple[Referral, Side]:
    """The exchange and the caller's side in it. Raises NotFound to everybody else, whatever the reason."""
    row = referral_of(session, referral_id, lock=lock)
    side = side_of(caller, row) if row else None
    if row is None or side is None:
        raise NotFound
    return row, side


def to_change(session: Session, caller: Caller, change: Change, act: Act) -> Referral:
    """The exchange, locked, if the caller may do this to it now. Raises NotFound, Stale or Conflict."""
    row, side = seen(session, caller, change.referral_id, lock=True)
    insist_version(row, change.version)
    if not allows(act, State(row.state), side):
        raise Conflict
    return row


def insist_version(row: Referral, version: int) -> None:
    """Raises Stale when the exchange has changed since it was read."""
    if row.version != version:
        raise Stale


def move(
    session: Session,
    vault: Vault,
    caller: Caller,
    row: Referral,
    act: Act,
    to: State | None = None,
    *,
    reason: str | None = None,
) -> None:
    """Take an exchange one step further, write the step down, and audit it. Without `to` the state stays."""
    taken = step(caller, row, act, to, reason)
    if to in BROKEN_OFF:
        _stop_waiting(session, row, Closed.WITHDRAWN if to is State.REVOKED else Closed.CANCELLED)
    session.add(row)
    insert(session, taken)
    audit(session, vault, caller, row, AuditAct.UPDATE, f"referral.{act.value}")


def step(caller: Caller, row: Referral, act: Act, to: State | None = None, reason: str | None = None) -> ReferralEvent:
    """Take an exchange one step further; the step, to be written and audited. Without `to` the state stays."""
    side, moment, before = TRANSITIONS[act].side, now(), State(row.state)
    assert act is Act.START or allows(act, before, side)
    assert to is None or leads(act, to)
    row.state = to or before
    row.version, row.steps, row.changed_at = row.version + 1, row.steps + 1, moment
    return ReferralEvent(
        referral_id=row.id,
        position=row.steps,
        act=act,
        from_state=None if act is Act.START else before,
        to_state=row.state,
        side=side,
        actor=None if side is Side.CLOCK else caller.subject,
        role=side if side is Side.CLOCK else caller.role,
        reason=reason,
        at=moment,
    )


def _stop_waiting(session: Session, row: Referral, because: Closed) -> None:
    """Of an exchange that was broken off, no letter and no answer leaves any more."""
    for message in messages_of(session, row.id):
        if message.kind in CLINICAL and message.state in WAITING:
            message.state, message.closed_because = MessageState.STOPPED, because
            session.add(message)


def audit(
    session: Session,
    vault: Vault,
    caller: Caller,
    row: Referral,
    act: AuditAct,
    event: str,
    *,
    data: frozenset[str] = frozenset(),
    consent_id: UUID | None = None,
    outcome: str = "success",
) -> None:
    """Write down in the audit trail what was done with an exchange."""
    record_person(
        session,
        caller,
        act,
        event,
        subject_of(vault, row.person_id),
        "referral",
        row.id,
        data=data,
        basis="consent" if consent_id else "Wgbo",
        consent_id=consent_id,
        outcome=outcome,
    )


def add_message(
    session: Session,
    vault: Vault,
    row: Referral,
    kind: MessageKind,
    sender: Side,
    content: Letter | ReplyView | Said,
    state: MessageState = MessageState.AWAITING_CONSENT,
) -> Message:
    """Add a message to an exchange that is locked, sealed with the worker's key."""
    seal = seal_of(vault, session.get_one(Person, row.person_id))
    message = new_message(seal, row, next_position(session, row.id), kind, sender, content, state)
    insert(session, message)
    return message


def new_message(
    seal: Seal,
    row: Referral,
    position: int,
    kind: MessageKind,
    sender: Side,
    content: Letter | ReplyView | Said,
    state: MessageState,
) -> Message:
    """A message of an exchange, to be written; sealed with the worker's key."""
    from_organisation, to_organisation = row.from_organisation, row.to_organisation
    if sender is Side.ASKED:
        from_organisation, to_organisation = to_organisation, from_organisation
    message_id = ordered_id()
    return Message(
        id=message_id,
        referral_id=row.id,
        position=position,
        kind=kind,
        state=state,
        from_organisation=from_organisation,
        to_organisation=to_organisation,
        content=sealed(seal, message_id, content),
        created_at=now(),
    )


def post(session: Session, vault: Vault, row: Referral, kind: MessageKind, sender: Side, said: Said) -> Message:
    """Send the other side a word without clinical content; it leaves once this transaction commits."""
    message = add_message(session, vault, row, kind, sender, said, MessageState.READY)
    outbox.promise(session, Job.DELIVER_MESSAGE, message.id)
    return message


def tell(session: Session, row: Referral, side: Side, about: About) -> None:
    """Let one side know that there is something to see."""
    notice = Notice(referral_id=row.id, side=side, about=about, at=now())
    session.add(notice)
    session.flush()
    outbox.promise(session, Job.MAIL_REFERRAL_NOTICE, notice.id)


def sender_of(row: Referral, message: Message) -> Side:
    """Which side a message comes from."""
    return Side.ASKER if message.from_organisation == row.from_organisation else Side.ASKED


def other(side: Side) -> Side:
    """The other doctor's side."""
    return Side.ASKED if side is Side.ASKER else Side.ASKER


def in_name_of(row: Referral, side: Side) -> Caller:
    """Who the service works for when it does by itself what one side asked for."""
    asks = side is Side.ASKER
    organisation = row.from_organisation if asks else row.to_organisation
    return Caller(
        subject=(row.from_account if asks else None) or organisation,
        role=Role(row.from_role if asks else row.to_role),
        organisation=organisation,
        client_id="outbox",
        scopes=frozenset(),
        demo=row.demo,
    )
