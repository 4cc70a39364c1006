"""Asking the worker about one message: its parts and files, the names as the worker reads them, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import Session, col

from service import outbox
from service.agreement.rules import agreement
from service.clock import now
from service.consent import actions as consents
from service.consent import links
from service.consent.rules import Basis, Crossing
from service.consent.rules import State as ConsentState
from service.consent.tables import Consent, consents_between
from service.identity.access import Caller
from service.identity.tables import Account, Organisation
from service.outbox import Job
from service.parties.tables import Practitioner
from service.persons.actions import seal_of
from service.persons.tables import Person
from service.persons.vault import Seal, Vault
from service.referrals import steps
from service.referrals.contents import named, opened, parts_of, title_of
from service.referrals.rules import MessageKind, MessageState, Side
from service.referrals.schemas import ConsentAsked, ConsentTold
from service.referrals.tables import Attachment, Message, Referral, attachments_of, files_of
from service.text import Language

Link = links.Link
# Our own choice: long enough for an answer after a waiting list, and short enough not to be forgotten.
HOLDS = timedelta(days=183)
KNOWN = frozenset({Basis.ORAL, Basis.PAPER, Basis.SYSTEM})


@dataclass(frozen=True, slots=True)
class Carried:
    """What a message holds: its parts, and its files."""

    parts: frozenset[str]
    files: Sequence[Attachment]

    @property
    def data(self) -> frozenset[str]:
        """All of it, by the names that a consent uses."""
        return self.parts.union(map(named, self.files))


def ask(
    session: Session, vault: Vault, caller: Caller, row: Referral, message: Message, asked: ConsentAsked
) -> Link | None:
    """Ask the worker for this message; one that stopped goes on as a new message. No link when the answer is known."""
    if message.state == MessageState.STOPPED:
        message = _again(session, vault, row, message)
    if pending := _pending(session, row, message):
        return _ask_once_more(session, vault, caller, message, pending, asked)
    for file in files_of(session, row.id, message.from_organisation):
        file.message_id = message.id
    session.flush()
    seal = seal_of(vault, session.get_one(Person, row.person_id))
    carried = Carried(parts_of(opened(seal, message)), _files_with(session, message))
    return ask_first(session, vault, caller, row, message, carried, asked)


def ask_first(
    session: Session,
    vault: Vault,
    caller: Caller,
    row: Referral,
    message: Message,
    carried: Carried,
    asked: ConsentAsked,
    entered: Person | None = None,
) -> Link | None:
    """Ask for a message that nothing was asked for yet; of a worker who was entered in this transaction, or not."""
    seal = seal_of(vault, entered or session.get_one(Person, row.person_id))
    question = _question(session, seal, row, message, carried, asked)
    found = consents.ask(session, vault, caller, replace(question, entered=entered))
    if found.consent.state == ConsentState.GIVEN:
        ready(session, message)
    return found.link


def ready(session: Session, message: Message) -> None:
    """The worker said yes: it leaves once this transaction commits."""
    message.state = MessageState.READY
    session.add(message)
    outbox.promise(session, Job.DELIVER_MESSAGE, message.id)


def crossing_of(row: Referral, message: Message) -> Crossing:
    """The message as a consent speaks of it."""
    return Crossing(message.id, row.person_id, message.from_organisation, message.to_organisation)


def data_of(session: Session, seal: Seal, message: Message) -> frozenset[str]:
    """The parts and the files of a message, by the names that a consent uses."""
    return Carried(parts_of(opened(seal, message)), _files_with(session, message)).data


def _files_with(session: Session, message: Message) -> list[Attachment]:
    return [file for file in attachments_of(session, message.referral_id) if file.message_id == message.id]


def _again(session: Session, vault: Vault, row: Referral, stopped: Message) -> Message:
    """The same content as a new message: an id that has stopped never goes out any more."""
    seal = seal_of(vault, session.get_one(Person, row.person_id))
    side = steps.sender_of(row, stopped)
    message = steps.add_message(session, vault, row, MessageKind(stopped.kind), side, opened(seal, stopped))
    files = update(Attachment).where(col(Attachment.message_id) == stopped.id)
    session.execute(files.values(message_id=message.id))
    return message


def _pending(session: Session, row: Referral, message: Message) -> Consent | None:
    rows = consents_between(session, row.person_id, message.from_organisation, message.to_organisation, lock=False)
    return next((one for one in rows if one.message_id == message.id and one.state == ConsentState.REQUESTED), None)


def _ask_once_more(
    session: Session, vault: Vault, caller: Caller, message: Message, pending: Consent, asked: ConsentAsked
) -> Link | None:
    if asked.basis not in KNOWN:
        return consents.new_link(session, vault, caller, pending.id, asked.factor)
    consents.record_on_behalf(session, vault, caller, pending.id, asked.basis, asked.evidence)
    ready(session, message)
    return None


def _question(
    session: Session, seal: Seal, row: Referral, message: Message, carried: Carried, asked: ConsentAsked
) -> consents.Asking:
    side, moment = steps.sender_of(row, message), now()
    # Days of the calendar: for as long as the link lives.
    answer_by = moment + timedelta(days=agreement().kinds[row.kind].consent_days)
    return consents.Asking(
        crossing=crossing_of(row, message),
        data=carried.data,
        why="reply" if message.kind == MessageKind.REPLY else row.kind,
        sender=name_of(session, row, side),
        recipient=name_of(session, row, steps.other(side)),
        answer_by=answer_by,
        valid_until=asked.until if isinstance(asked, ConsentTold) else moment + HOLDS,
        basis=asked.basis,
        evidence=asked.evidence,
        representative=asked.representative,
        language=Language(asked.language),
        titles={named(file): title_of(seal, file) for file in carried.files},
        factor=asked.factor,
    )


def name_of(session: Session, row: Referral, side: Side) -> str:
    """A doctor and the organisation, as people read it."""
    doctor = doctor_of(session, row, side)
    organisation = session.get_one(
        Organisation, row.from_organisation if side is Side.ASKER else row.to_organisation
    ).name
    return f"{doctor} ({organisation})" if doctor else organisation


def doctor_of(session: Session, row: Referral, side: Side) -> str | None:
    """The name of the doctor on a side, if it is known."""
    if side is Side.ASKER and row.from_account:
        return session.get_one(Account, row.from_account).name
    known = row.from_practitioner if side is Side.ASKER else row.to_practitioner
    return session.get_one(Practitioner, known).name if known else None
