"""Release, then send. One short transaction decides and records; the sending itself holds no lock.

Each attempt decides anew. "Sent" means the commit that released; a withdrawal after it is told to the other side.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import Session

from service.audit.tables import Act as AuditAct
from service.clock import now
from service.consent.actions import gate
from service.consent.rules import Act as ConsentAct
from service.consent.rules import Decision, Purpose
from service.database import Database
from service.events import MESSAGE_RELEASED, MESSAGE_STOPPED
from service.parties.rules import Channel
from service.parties.tables import Address, Practitioner
from service.persons.actions import seal_of
from service.persons.tables import Person
from service.persons.vault import CannotOpen, Vault
from service.referrals import asking, deadlines, steps
from service.referrals.channels import BY_ITSELF, Transport, channel_to
from service.referrals.rules import CLINICAL, About, Act, Closed, MessageKind, MessageState, Side, State, allows
from service.referrals.tables import Message, Referral, last_event, message_of, referral_of, referral_of_message

_TO_SEND = frozenset({MessageState.READY, MessageState.RELEASED})


def release(
    database: Database, vault: Vault, message_id: UUID, transports: Mapping[Channel, Transport] = BY_ITSELF
) -> None:
    """Release a message if it may leave now, and send it. Once it has arrived, a repeat changes nothing.

    Raises what the transport raises; the message stays released, and the next attempt decides again.
    """
    channel = decide(database, vault, message_id)
    if channel is None:
        return
    transports[channel](message_id)
    if channel is not Channel.LETTER:
        _arrived(database, vault, message_id, channel)


def decide(database: Database, vault: Vault, message_id: UUID) -> Channel | None:
    """Release it in one short transaction, or stop it. Gives the channel to send it by, or none."""
    with database.transaction() as session:
        row, message = _locked(session, message_id)
        if message.state not in _TO_SEND:
            return None
        if message.kind in CLINICAL and not _may_leave(session, vault, row, message):
            return None
        _release(session, vault, row, message)
        return Channel(message.channel or Channel.LETTER)


def _locked(session: Session, message_id: UUID) -> tuple[Referral, Message]:
    referral_id = referral_of_message(session, message_id)
    assert referral_id is not None
    row = referral_of(session, referral_id, lock=True)
    assert row is not None
    return row, message_of(session, message_id)


def _may_leave(session: Session, vault: Vault, row: Referral, message: Message) -> bool:
    moved_to = _moved_to(session, row, message)
    if moved_to is not None:
        return _forward(session, vault, row, message, moved_to)
    if _decision(session, vault, row, message).allowed:
        return True
    _stop(session, vault, row, message, Closed.NOT_ALLOWED, About.NOT_SENT)
    return False


def _decision(session: Session, vault: Vault, row: Referral, message: Message) -> Decision:
    sender, crossing = steps.in_name_of(row, steps.sender_of(row, message)), asking.crossing_of(row, message)
    try:
        data = asking.data_of(session, seal_of(vault, session.get_one(Person, row.person_id)), message)
    except CannotOpen:
        data = frozenset()  # erased, and the gate says so
    return gate(session, sender.role, sender.organisation, ConsentAct.RELEASE, crossing, Purpose.TREAT, data)


def _moved_to(session: Session, row: Referral, message: Message) -> UUID | None:
    """Where who is asked has moved to, before anything was sent there."""
    if message.kind != MessageKind.REQUEST or message.released_at is not None:
        return None
    doctor = session.get(Practitioner, row.to_practitioner) if row.to_practitioner else None
    address = session.get(Address, row.to_organisation)
    moved_to = (doctor.moved_to if doctor else None) or (address.moved_to if address else None)
    return moved_to if moved_to != row.to_organisation else None


def _forward(session: Session, vault: Vault, row: Referral, message: Message, moved_to: UUID) -> bool:
    """Send it after the doctor if the worker allowed that organisation too; else it goes back to who asked."""
    old = row.to_organisation
    row.to_organisation = message.to_organisation = moved_to
    if _decision(session, vault, row, message).allowed:
        sender = steps.in_name_of(row, Side.ASKER)
        steps.move(session, vault, sender, row, Act.READDRESS, reason=Closed.MOVED)
        return True
    row.to_organisation = message.to_organisation = old
    _stop(session, vault, row, message, Closed.MOVED, About.MOVED)
    return False


def _stop(session: Session, vault: Vault, row: Referral, message: Message, because: Closed, about: About) -> None:
    message.state, message.closed_because = MessageState.STOPPED, because
    session.add(message)
    side = steps.sender_of(row, message)
    if allows(Act.STOP, State(row.state), Side.CLOCK):
        steps.move(session, vault, steps.in_name_of(row, side), row, Act.STOP, reason=because)
    steps.tell(session, row, side, about)
    MESSAGE_STOPPED.log(kind=message.kind, reason=because.value)


def _release(session: Session, vault: Vault, row: Referral, message: Message) -> None:
    first, moment = message.released_at is None, now()
    message.channel = channel_to(session, message.to_organisation).value
    message.state, message.released_at = MessageState.RELEASED, message.released_at or moment
    session.add(message)
    if not first:
        return
    sender = steps.in_name_of(row, steps.sender_of(row, message))
    steps.audit(session, vault, sender, row, AuditAct.EXECUTE, f"referral.release-{message.kind}")
    _advance(session, vault, row, message)
    MESSAGE_RELEASED.log(kind=message.kind, channel=message.channel)


def _advance(session: Session, vault: Vault, row: Referral, message: Message) -> None:
    """What the exchange becomes by what leaves."""
    match MessageKind(message.kind):
        case MessageKind.REQUEST:
            row.sent_at = message.released_at
            steps.move(session, vault, steps.in_name_of(row, Side.ASKER), row, Act.RELEASE, State.REQUESTED)
            deadlines.plan(session, row, message)
        case MessageKind.SUPPLEMENT if row.state == State.ON_HOLD:
            held = last_event(session, row.id, Act.ASK_BACK)
            before = State(held.from_state) if held and held.from_state else State.RECEIVED
            steps.move(session, vault, steps.in_name_of(row, Side.ASKER), row, Act.RESUME, before)
            deadlines.plan(session, row, message)
        case MessageKind.REPLY:
            steps.move(session, vault, steps.in_name_of(row, Side.ASKED), row, Act.COMPLETE, State.COMPLETED)
        case _:
            pass


def _arrived(database: Database, vault: Vault, message_id: UUID, channel: Channel) -> None:
    """Note that it is there. What was stopped in the meantime did arrive, and stays stopped."""
    with database.transaction() as session:
        row, message = _locked(session, message_id)
        if message.delivered_at is not None:
            return
        message.delivered_at = now()
        if message.state == MessageState.RELEASED:
            message.state = MessageState.DELIVERED
        session.add(message)
        to = steps.other(steps.sender_of(row, message))
        if message.kind == MessageKind.REQUEST and row.state == State.REQUESTED:
            steps.move(session, vault, steps.in_name_of(row, Side.ASKED), row, Act.ARRIVE, State.RECEIVED)
        if channel is Channel.INBOX:
            steps.tell(session, row, to, About.MESSAGE)
