"""Taking in a message of another system: the same acts as on the pages, once for each message id."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import Session

from fhir.issues import Issue, Severity, Unreadable, issue
from fhir.referral import Event, Party, ReferralMessage
from service.audit.tables import Act as AuditAct
from service.clock import now
from service.database import Database
from service.identity.access import Caller
from service.parties.tables import Correspondents, Numbers, correspondents
from service.persons.actions import details_of
from service.persons.tables import Person
from service.persons.vault import Vault
from service.problems import Conflict, NotFound
from service.referrals import actions as referrals
from service.referrals import attachments, deciding, steps
from service.referrals.attachments import File
from service.referrals.rules import Act, Side, State, allows
from service.referrals.schemas import Recipient
from service.referrals.starting import Told
from service.referrals.steps import Change
from service.referrals.tables import Referral, names_taken, referrals_called
from service.wire.messages import mapping, tables
from service.wire.messages.tables import Taken
from service.wire.sender import insist_on_sender
from service.wire.values import written_identifier


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that has been read, and by what a repeat of it is known."""

    message: ReferralMessage
    identifier: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a message: the answer, and the exchange it is about."""

    answer: bytes = field(repr=False)
    referral_id: UUID
    replayed: bool


# Writes the answer to a message that was taken, from the exchange as it is then and what struck us.
Answering = Callable[[Referral, list[Issue]], bytes]


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who sends, and where it is kept; the parties are held here, so that the session finds them again."""

    session: Session
    vault: Vault
    caller: Caller
    parties: Correspondents


def take(database: Database, vault: Vault, caller: Caller, incoming: Incoming, answering: Answering) -> Done:
    """Take in a message, whole or not at all. The same bytes again get the same answer.

    Raises Unreadable or a Refusal.
    """
    with database.transaction() as session:
        parties = _parties(session, caller, incoming.message)
        insist_on_sender(parties.own, incoming.message.sender.organisation)
        assert caller.organisation is not None
        kept = Taken(
            organisation_id=caller.organisation,
            identifier=incoming.identifier,
            sha256=incoming.sha256,
            at=now(),
        )
        if not tables.claim(session, kept):
            return _again(session, kept)
        row = _act(_Desk(session, vault, caller, parties), incoming.message)
        steps.audit(session, vault, caller, row, AuditAct.EXECUTE, f"referral.take-{incoming.message.event.value}")
        kept.referral_id, kept.answer = row.id, answering(row, _remarks(incoming.message))
        tables.keep_answer(session, kept)
        return Done(kept.answer, row.id, replayed=False)


def _again(session: Session, kept: Taken) -> Done:
    before = tables.taken_before(session, kept.organisation_id, kept.identifier)
    if before is None or before.referral_id is None or before.sha256 != kept.sha256:
        raise Unreadable([issue("AB-L004", "Bundle")])
    return Done(before.answer, before.referral_id, replayed=True)


def _remarks(message: ReferralMessage) -> list[Issue]:
    has_bsn = message.patient is not None and message.patient.bsn is not None
    return [*message.warnings, *([issue("AB-P015", severity=Severity.WARNING)] if has_bsn else [])]


def _act(desk: _Desk, message: ReferralMessage) -> Referral:
    if message.event is Event.REQUEST and not message.supplement:
        return _request(desk, message)
    row, side = _found(desk, message)
    if (side is Side.ASKED) is not message.from_asked:
        raise Conflict
    _insist_on_same_worker(desk, message, row)
    return _ACTS[message.event](desk, message, row)


def _request(desk: _Desk, message: ReferralMessage) -> Referral:
    new = mapping.request_of(message, _recipient(desk, message.recipient))
    return referrals.start(desk.session, desk.vault, desk.caller, new, _told(desk, message)).referral


def _supplement(desk: _Desk, message: ReferralMessage, row: Referral) -> Referral:
    more = mapping.supplement_of(message)
    _attach(desk, row, mapping.files_of(message))
    return referrals.supplement(desk.session, desk.vault, desk.caller, _as_it_is(row), more).referral


def _reply(desk: _Desk, message: ReferralMessage, row: Referral) -> Referral:
    answer = mapping.reply_of(message)
    _attach(desk, row, mapping.files_of(message))
    return referrals.reply(desk.session, desk.vault, desk.caller, _as_it_is(row), answer).referral


def _status(desk: _Desk, message: ReferralMessage, row: Referral) -> Referral:
    who, change = (desk.session, desk.vault, desk.caller), _as_it_is(row)
    match message.status:
        case "received":
            return row  # that it arrived, we know by then
        case "accepted":
            return referrals.accept(*who, change)
        case "in-progress":
            if allows(Act.ACCEPT, State(row.state), Side.ASKED):
                referrals.accept(*who, change)
            return referrals.begin(*who, _as_it_is(row))
        case "on-hold":
            return referrals.ask_back(*who, change, mapping.remark_of(message))
        case "rejected":
            return referrals.reject(*who, change, mapping.rejection_of(message))
        case "failed":
            return referrals.fail(*who, change, mapping.remark_of(message))
        case _:
            raise Conflict


def _withdrawal(desk: _Desk, message: ReferralMessage, row: Referral) -> Referral:
    return referrals.cancel(desk.session, desk.vault, desk.caller, _as_it_is(row), mapping.remark_of(message))


def _consent_withdrawn(desk: _Desk, _: ReferralMessage, row: Referral) -> Referral:
    return deciding.withdraw_as_told(desk.session, desk.vault, desk.caller, row.id)


_ACTS: Mapping[Event, Callable[[_Desk, ReferralMessage, Referral], Referral]] = {
    Event.REQUEST: _supplement,
    Event.REPLY: _reply,
    Event.STATUS: _status,
    Event.WITHDRAWAL: _withdrawal,
    Event.CONSENT_WITHDRAWN: _consent_withdrawn,
}


def _as_it_is(row: Referral) -> Change:
    """A message does not say which version its sender read; what is possible now decides."""
    return Change(row.id, row.version)


def _attach(desk: _Desk, row: Referral, files: list[File]) -> None:
    for file in files:
        attachments.attach(desk.session, desk.vault, desk.caller, _as_it_is(row), file)


def _found(desk: _Desk, message: ReferralMessage) -> tuple[Referral, Side]:
    """The exchange that a message is about, locked: by the name that we gave it, or by that of who asked."""
    for referral_id in _candidates(desk, message):
        try:
            return steps.seen(desk.session, desk.caller, referral_id, lock=True)
        except NotFound:
            continue
    raise Unreadable([issue("AB-L010", "Bundle.entry")])


def _candidates(desk: _Desk, message: ReferralMessage) -> list[UUID]:
    found: list[UUID] = []
    with suppress(ValueError):
        found.append(UUID(message.task_id))
    if message.task_identifier and desk.caller.organisation:
        name = written_identifier(message.task_identifier)
        found += [one.id for one in referrals_called(desk.session, desk.caller.organisation, name)]
    return found


def _insist_on_same_worker(desk: _Desk, message: ReferralMessage, row: Referral) -> None:
    """An answer about somebody else would be read as one about this worker: the day of birth must be the same."""
    if message.patient is None:
        return
    person = desk.session.get_one(Person, row.person_id)
    if person.erased_at is None and details_of(desk.vault, person).birth_date != message.patient.birth_date:
        raise Unreadable([issue("AB-R012", "Bundle.entry")])


def _recipient(desk: _Desk, party: Party) -> Recipient:
    """The receiver as the address book knows it; where a message says it is to be sent means nothing here."""
    if len(desk.parties.numbered) != 1:
        raise Unreadable([issue("AB-R011", "Bundle.entry")])
    organisation = desk.parties.numbered[0][0]
    doctor = desk.parties.doctor_at(organisation.id, *_numbers_of(party))
    return Recipient(organisation=organisation.id, practitioner=doctor.id if doctor else None)


def _told(desk: _Desk, message: ReferralMessage) -> Told:
    """What its sender says of the exchange; a trajectory only if it is nobody else's.

    Raises Unreadable when another exchange of this sender has that name.
    """
    assert desk.caller.organisation is not None
    name = written_identifier(message.task_identifier) if message.task_identifier else None
    trajectory, files = mapping.trajectory_of(message), mapping.files_of(message)
    is_named, is_elsewhere = names_taken(desk.session, desk.caller.organisation, name, trajectory)
    if is_named:
        raise Unreadable([issue("AB-L004", "Bundle.entry")])
    doctor = desk.parties.doctor_at(desk.caller.organisation, *_numbers_of(message.sender))
    return Told(name, None if is_elsewhere else trajectory, doctor.id if doctor else None, files)


def _parties(session: Session, caller: Caller, message: ReferralMessage) -> Correspondents:
    assert caller.organisation is not None
    recipient, doctors = message.recipient.organisation, (_numbers_of(message.sender), _numbers_of(message.recipient))
    return correspondents(session, caller.organisation, (recipient.ura, recipient.agb), *doctors, demo=caller.demo)


def _numbers_of(party: Party) -> Numbers:
    return (party.doctor.big, party.doctor.agb) if party.doctor else (None, None)
