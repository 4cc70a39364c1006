"""What can be done with a consent: ask, give, refuse, withdraw, and hold an act against it, all under one lock.

The lock is the worker's own row. Whoever asks, answers, withdraws or decides takes it first: these happen in turn.
Everywhere the order is the same, or two would wait for each other: exchanges, then workers, then consents, then links.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlmodel import Session

from service.audit.tables import Act as AuditAct
from service.audit.tables import record_person
from service.clock import AMSTERDAM, now
from service.consent import links, tables
from service.consent.capacity import insist_on_living, insist_on_who_decides
from service.consent.links import Factor, Link
from service.consent.rules import (
    CLINICAL,
    RULES_VERSION,
    Act,
    Basis,
    Crossing,
    Decision,
    Provision,
    Purpose,
    Question,
    State,
    Terms,
    decide,
)
from service.consent.sealed import seal_words, text_of
from service.consent.tables import Consent, ConsentDecision, RunOut
from service.consent.texts import consent_text, objection_text, sha256_of, unknown_parts
from service.database import insert
from service.identity.access import SYSTEM_ROLES, Caller, Role
from service.identity.tables import Organisation
from service.persons.actions import subject_of
from service.persons.tables import Person, locked_person
from service.persons.vault import Vault
from service.problems import Conflict, FieldError, Forbidden, InvalidInput, NotFound
from service.text import Language, Text

_BY_OTHERS = frozenset({Basis.ORAL, Basis.PAPER, Basis.SYSTEM})
_FOREVER = timedelta(days=365 * 100)
_MOST_AT_ONCE = 200


class NotShown(Conflict):
    """The answer names another text than the one that was asked."""

    slug = "other-text"
    title = Text("De tekst is niet meer dezelfde", "The text is no longer the same")
    default = Text(
        "Lees de tekst opnieuw en geef dan uw antwoord. Er is niets verstuurd.",
        "Read the text again and then answer. Nothing was sent.",
    )


_NO_DATA = Text("Noem wat er wordt verstuurd.", "Name what is to be sent.")
_NOT_IN_WORDS = Text(
    "Voor dit deel is er geen gewone uitleg. Vraag er geen toestemming voor.",
    "There are no plain words for this part. Do not ask consent for it.",
)
_EVIDENCE = Text(
    "Schrijf op hoe de werkende dit heeft gezegd, of waar het papier ligt.",
    "Write down how the worker said so, or where the paper is.",
)


@dataclass(frozen=True, slots=True)
class Asking:
    """What a doctor asks of the worker for one message, with the names as the worker reads them.

    `why` is the kind of exchange, or `reply`. `titles` names the attachments among `data`. Both moments hold to the end
    of their day in the Netherlands. For oral and paper, `evidence` says how the worker gave it. A worker who was
    `entered` in this transaction needs no lock: nobody else can know of this row.
    """

    crossing: Crossing
    data: frozenset[str]
    why: str
    sender: str
    recipient: str
    answer_by: datetime
    valid_until: datetime
    basis: Basis = Basis.LINK
    evidence: str | None = field(default=None, repr=False)
    representative: str | None = field(default=None, repr=False)
    language: Language = Language.NL
    titles: Mapping[str, str] = field(default_factory=dict)
    purpose: Purpose = Purpose.TREAT
    factor: Factor = Factor.BIRTH_YEAR
    entered: Person | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A consent that was asked, with the link for the worker, unless the worker has answered already."""

    consent: Consent
    link: Link | None


def ask(session: Session, vault: Vault, caller: Caller, asking: Asking) -> Asked:
    """Ask the worker, for the organisation that sends; or record at once what the worker said or signed."""
    person = asking.entered or _worker(session, asking.crossing.person_id)
    if caller.organisation != asking.crossing.from_organisation or person.demo != caller.demo:
        raise NotFound
    _insist_on_doctor(caller)
    _refuse_unclear(asking)
    insist_on_who_decides(vault, person, asking.representative)
    moment = now()
    shown = consent_text(
        asking.language,
        sender=asking.sender,
        recipient=asking.recipient,
        why=asking.why,
        data=asking.data,
        titles=asking.titles,
        last_day=_day(asking.valid_until),
        representative=asking.representative,
    )
    row = Consent(
        person_id=person.id,
        text=b"",
        text_version=shown.version,
        text_sha256=shown.sha256,
        language=asking.language,
        asked_by=caller.owner,
        asked_at=moment,
        valid_from=moment,
        demo=person.demo,
        message_id=asking.crossing.message_id,
        provision=Provision.PERMIT,
        state=State.REQUESTED,
        purpose=asking.purpose,
        data=sorted(asking.data),
        from_organisation=asking.crossing.from_organisation,
        to_organisation=asking.crossing.to_organisation,
        valid_until=end_of_day(asking.valid_until),
        answer_by=end_of_day(asking.answer_by),
        basis=asking.basis,
    )
    seal_words(vault, person, row, "text", shown.text)
    if asking.representative:
        seal_words(vault, person, row, "representative", asking.representative)
    known = asking.basis in _BY_OTHERS
    if known:
        _note(vault, caller, person, row, asking.basis, asking.evidence)
    insert(session, row)
    _audit(session, vault, caller, AuditAct.CREATE, "consent.ask", row)
    if known:
        _audit(session, vault, caller, AuditAct.UPDATE, "consent.record", row)
    return Asked(row, None if known else links.make(session, row, asking.factor))


def new_link(session: Session, vault: Vault, caller: Caller, consent_id: UUID, factor: Factor) -> Link:
    """Make a fresh link for the doctor to show or hand over. The older one stops working, on every device."""
    _, row = _asked_here(session, caller, consent_id)
    if row.state not in {State.REQUESTED, State.GIVEN}:
        raise Conflict
    _audit(session, vault, caller, AuditAct.CREATE, "consent.link", row)
    return links.make(session, row, factor)


def give(session: Session, vault: Vault, worker: Caller, consent_id: UUID, shown_sha256: str) -> Consent:
    """Say yes to exactly the text that was shown."""
    row = _answer(session, vault, worker, consent_id, shown_sha256, State.GIVEN)
    _audit(session, vault, worker, AuditAct.UPDATE, "consent.give", row)
    return row


def refuse(session: Session, vault: Vault, worker: Caller, consent_id: UUID, shown_sha256: str) -> Consent:
    """Say no."""
    row = _answer(session, vault, worker, consent_id, shown_sha256, State.REFUSED)
    _audit(session, vault, worker, AuditAct.UPDATE, "consent.refuse", row)
    return row


def later(session: Session, vault: Vault, worker: Caller, consent_id: UUID) -> Consent:
    """Say nothing yet. It stays asked, until the day by which an answer is needed."""
    _, row = _own(session, worker, consent_id)
    _insist_on_open(row)
    _audit(session, vault, worker, AuditAct.READ, "consent.later", row)
    return row


def withdraw(session: Session, vault: Vault, worker: Caller, consent_id: UUID) -> Consent:
    """Take a yes back, from now on; whoever gave or recorded it."""
    _, row = _own(session, worker, consent_id)
    if row.provision != Provision.PERMIT or row.state != State.GIVEN:
        raise Conflict
    _end(row)
    _audit(session, vault, worker, AuditAct.UPDATE, "consent.withdraw", row)
    return row


def overview(
    session: Session, vault: Vault, caller: Caller, person_id: UUID | None, *, after: UUID | None, limit: int
) -> Sequence[Consent]:
    """What the caller's organisation asked; for a worker the own consents. Newest first."""
    if caller.role is Role.WORKER:
        person_id, organisation = caller.subject, None
    elif caller.organisation is None:
        return ()
    else:
        organisation = caller.organisation
    rows = tables.consents_page(session, organisation, person_id, after, limit, demo=caller.demo)
    for person in sorted({row.person_id for row in rows}):
        subject = subject_of(vault, person)
        record_person(session, caller, AuditAct.READ, "consent.overview", subject, "consent", None)
    return rows


def own(session: Session, worker: Caller, consent_id: UUID) -> Consent:
    """The worker's own consent, to look at. Raises NotFound for anybody else's."""
    return _own(session, worker, consent_id)[1]


def record_on_behalf(
    session: Session, vault: Vault, caller: Caller, consent_id: UUID, basis: Basis, evidence: str | None
) -> Consent:
    """Record what the worker told the doctor or signed on paper. The worker sees it as just that."""
    person, row = _asked_here(session, caller, consent_id)
    _insist_on_open(row)
    _note(vault, caller, person, row, basis, evidence)
    _audit(session, vault, caller, AuditAct.UPDATE, "consent.record", row)
    return row


def withdraw_as_told(session: Session, vault: Vault, caller: Caller, consent_id: UUID) -> Consent:
    """Take a yes back because the organisation that asked says that the worker did so there."""
    _, row = _asked_here(session, caller, consent_id)
    if row.state != State.GIVEN:
        raise Conflict
    _end(row)
    _audit(session, vault, caller, AuditAct.UPDATE, "consent.withdraw", row)
    return row


def object_to(
    session: Session, vault: Vault, worker: Caller, sender: UUID, recipient: UUID, language: Language = Language.NL
) -> Consent:
    """Object to everything from one organisation to another; twice is once. Raises NotFound for strangers."""
    person = _worker(session, worker.subject)
    known = {(row.from_organisation, row.to_organisation) for row in tables.consents_of(session, person.id)}
    if not {(sender, recipient), (recipient, sender)} & known:
        raise NotFound
    for row in tables.consents_between(session, person.id, sender, recipient, lock=True):
        if row.provision == Provision.DENY and row.state == State.GIVEN:
            return row
    names = [session.get_one(Organisation, which).name for which in (sender, recipient)]
    shown = objection_text(language, sender=names[0], recipient=names[1])
    moment = now()
    row = Consent(
        person_id=person.id,
        text=b"",
        text_version=shown.version,
        text_sha256=shown.sha256,
        language=language,
        asked_by=worker.subject,
        asked_at=moment,
        valid_from=moment,
        demo=person.demo,
        provision=Provision.DENY,
        state=State.GIVEN,
        purpose=Purpose.TREAT,
        from_organisation=sender,
        to_organisation=recipient,
        valid_until=moment + _FOREVER,
        answer_by=moment,
        basis=Basis.LINK,
        answered_at=moment,
    )
    seal_words(vault, person, row, "text", shown.text)
    session.add(row)
    session.flush()
    _audit(session, vault, worker, AuditAct.CREATE, "consent.object", row)
    return row


def take_back(session: Session, vault: Vault, worker: Caller, consent_id: UUID) -> Consent:
    """Take an objection back."""
    _, row = _own(session, worker, consent_id)
    if row.provision != Provision.DENY or row.state != State.GIVEN:
        raise Conflict
    _end(row)
    _audit(session, vault, worker, AuditAct.UPDATE, "consent.take-back", row)
    return row


def run_out(session: Session, at: datetime) -> Sequence[RunOut]:
    """What seems to be past its time, a batch at a time; `expire` looks again under lock."""
    return tables.run_out(session, at, _MOST_AT_ONCE)


def expire(session: Session, found: Sequence[RunOut], at: datetime) -> list[UUID]:
    """End what was not answered in time, and what held until now. Gives the messages that wait for it no longer.

    Who calls this holds the locks of their exchanges. The workers come in order, so that two that do this at once take
    turns.
    """
    messages = []
    for person_id in sorted({one.person_id for one in found}):
        locked_person(session, person_id)
    for one in found:
        row = tables.consent_locked(session, one.consent_id)
        if row is not None and _has_run_out(row, at):
            row.state, row.version = State.EXPIRED, row.version + 1
            messages += [row.message_id] if row.message_id else []
    return messages


def note_death(session: Session, vault: Vault, caller: Caller, person_id: UUID) -> None:
    """Note that the worker died: nobody is asked any more, and what waits for an answer runs out at once.

    What the worker allowed in life stays allowed until its own end: medical secrecy does not end by death.
    """
    person = _worker(session, person_id)
    if caller.organisation != person.organisation_id or person.demo != caller.demo:
        raise NotFound
    _insist_on_doctor(caller)
    moment = now()
    person.deceased_at = person.deceased_at or moment
    for row in tables.consents_of(session, person_id):
        if is_open(row):
            row.answer_by, row.version = moment, row.version + 1
    subject = subject_of(vault, person_id)
    record_person(session, caller, AuditAct.UPDATE, "person.death", subject, "person", person_id, basis="Wgbo")


def gate(
    session: Session,
    caller_role: Role,
    organisation: UUID | None,
    act: Act,
    crossing: Crossing,
    purpose: Purpose,
    data: frozenset[str],
    *,
    worker: UUID | None = None,
) -> Decision:
    """Decide whether this may happen now, and write down that it was decided; it holds until the transaction ends.

    "No" is an answer here: the caller knows who may hear the reason.
    """
    person = locked_person(session, crossing.person_id)
    rows = tables.consents_between(
        session, crossing.person_id, crossing.from_organisation, crossing.to_organisation, lock=True
    )
    moment = now()
    question = Question(
        act=act,
        role=caller_role,
        organisation=organisation,
        purpose=purpose,
        crossing=crossing,
        data=data,
        at=moment,
        worker=worker,
        erased=person is None or person.erased_at is not None,
    )
    decision = decide(question, [terms_of(row) for row in rows])
    _write_down(session, question, decision)
    return decision


def terms_of(row: Consent) -> Terms:
    """A consent as the decision looks at it."""
    return Terms(
        id=row.id,
        message_id=row.message_id,
        provision=Provision(row.provision),
        state=State(row.state),
        purpose=Purpose(row.purpose),
        data=frozenset(row.data),
        from_organisation=row.from_organisation,
        to_organisation=row.to_organisation,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def is_open(row: Consent) -> bool:
    """Tell whether it still waits for an answer."""
    return row.state == State.REQUESTED and row.answer_by > now()


def end_of_day(moment: datetime) -> datetime:
    """The end of this day in the Netherlands: a worker is told a date, and it counts whole."""
    return datetime.combine(_day(moment) + timedelta(days=1), time(), AMSTERDAM)


def _day(moment: datetime) -> date:
    return moment.astimezone(AMSTERDAM).date()


def _worker(session: Session, person_id: UUID) -> Person:
    """The worker, locked. Raises NotFound when erased."""
    person = locked_person(session, person_id)
    if person is None or person.erased_at is not None:
        raise NotFound
    return person


def _own(session: Session, worker: Caller, consent_id: UUID) -> tuple[Person, Consent]:
    """The worker's own consent, under lock. Raises NotFound for anybody else's."""
    person = _worker(session, worker.subject)
    row = tables.consent_locked(session, consent_id)
    if worker.role is not Role.WORKER or row is None or row.person_id != person.id:
        raise NotFound
    insist_on_living(person)
    return person, row


def _asked_here(session: Session, caller: Caller, consent_id: UUID) -> tuple[Person, Consent]:
    """A consent that the caller's organisation asked, under lock."""
    row = session.get(Consent, consent_id)
    if row is None or row.provision != Provision.PERMIT or row.demo != caller.demo:
        raise NotFound
    if caller.organisation != row.from_organisation:
        raise NotFound
    _insist_on_doctor(caller)
    person = _worker(session, row.person_id)
    insist_on_living(person)
    session.refresh(row, with_for_update=True)
    return person, row


def _answer(
    session: Session, vault: Vault, worker: Caller, consent_id: UUID, shown_sha256: str, state: State
) -> Consent:
    person, row = _own(session, worker, consent_id)
    _insist_on_open(row)
    if shown_sha256 != sha256_of(text_of(vault, person, row)):
        raise NotShown
    row.state, row.answered_at, row.version = state, now(), row.version + 1
    return row


def _note(vault: Vault, caller: Caller, person: Person, row: Consent, basis: Basis, evidence: str | None) -> None:
    """Put the yes that was heard or signed in a consent."""
    fits = basis in _BY_OTHERS and (basis is Basis.SYSTEM) == (caller.role in SYSTEM_ROLES)
    if not fits or not (evidence or "").strip():
        raise InvalidInput(errors=[FieldError("/consent/evidence", "missing", _EVIDENCE)])
    seal_words(vault, person, row, "evidence", evidence or "")
    row.state, row.basis, row.recorded_by = State.GIVEN, basis, caller.subject
    row.answered_at, row.version = now(), row.version + 1


def _insist_on_doctor(caller: Caller) -> None:
    if caller.role not in CLINICAL:
        raise Forbidden


def _insist_on_open(row: Consent) -> None:
    if not is_open(row):
        raise Conflict


def _refuse_unclear(asking: Asking) -> None:
    errors = [] if asking.data else [FieldError("/letter", "missing", _NO_DATA)]
    errors += [FieldError(f"/letter/{part}", "no-plain-words", _NOT_IN_WORDS) for part in unknown_parts(asking.data)]
    if errors:
        raise InvalidInput(errors=errors)


def _has_run_out(row: Consent, at: datetime) -> bool:
    unanswered = row.state == State.REQUESTED and row.answer_by <= at
    return unanswered or (row.state == State.GIVEN and row.valid_until <= at)


def _end(row: Consent) -> None:
    row.state, row.withdrawn_at, row.version = State.WITHDRAWN, now(), row.version + 1


def _write_down(session: Session, question: Question, decision: Decision) -> None:
    session.add(
        ConsentDecision(
            message_id=question.crossing.message_id,
            consent_id=decision.consent_id,
            act=question.act,
            role=question.role,
            organisation=question.organisation,
            purpose=question.purpose,
            data=sorted(question.data),
            allowed=decision.allowed,
            reason=decision.reason,
            rules_version=RULES_VERSION,
            at=question.at,
        )
    )


def _audit(session: Session, vault: Vault, caller: Caller, act: AuditAct, event: str, row: Consent) -> None:
    subject, data = subject_of(vault, row.person_id), frozenset(row.data)
    record_person(session, caller, act, event, subject, "consent", row.id, data=data, consent_id=row.id)
