"""What crosses as FHIR: one message of an exchange as the value that a Bundle is written from, each time the same."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import Session

from fhir import canonical
from fhir.referral import Answered, Event, Party, Patient, Permission, ReferralMessage
from fhir.referral import File as SentFile
from fhir.referral import Letter as SentLetter
from fhir.report import Author, Identifier, Occupation
from fhir.report import Diagnosis as SentDiagnosis
from fhir.report import Organisation as SentOrganisation
from fhir.writing.message import write_message
from service.clock import now, written
from service.consent.sealed import text_of
from service.consent.tables import Consent, given_for
from service.identity.access import Role
from service.identity.tables import Account, Organisation
from service.notifications.schemas import Diagnosis
from service.parties.tables import Address, Practitioner, doctor_of_account
from service.persons.actions import details_of, seal_of
from service.persons.tables import Person
from service.persons.vault import Vault
from service.referrals import steps
from service.referrals.contents import Content, Said, file_place, title_of
from service.referrals.rules import CLINICAL, MessageKind, Side
from service.referrals.schemas import Letter, ReplyView
from service.referrals.tables import Attachment, Message, Referral, events_of
from service.settings import Settings
from service.wire.answers import encoded
from service.wire.values import read_identifier

EVENTS: Mapping[MessageKind, Event] = {
    MessageKind.REQUEST: Event.REQUEST,
    MessageKind.SUPPLEMENT: Event.REQUEST,
    MessageKind.REPLY: Event.REPLY,
    MessageKind.STATUS: Event.STATUS,
    MessageKind.WITHDRAWAL: Event.WITHDRAWAL,
    MessageKind.CONSENT_WITHDRAWN: Event.CONSENT_WITHDRAWN,
}
_STATUS: Mapping[MessageKind, str] = {
    MessageKind.REQUEST: "requested",
    MessageKind.SUPPLEMENT: "on-hold",
    MessageKind.REPLY: "completed",
    MessageKind.WITHDRAWAL: "cancelled",
    MessageKind.CONSENT_WITHDRAWN: "cancelled",
}
# The kinds of organisation that the wire has a code for.
_KINDS = frozenset({"arbodienst", "independent", "gp-practice"})
# The specialty of each profession (uzi-rolcode).
_SPECIALTY: Mapping[str, str] = {
    Role.BEDRIJFSARTS: "01.008",
    Role.HUISARTS: "01.015",
    Role.VERZEKERINGSARTS: "01.048",
}


def base_of(settings: Settings) -> str:
    """The address of our FHIR service."""
    return f"{settings.base_url}/fhir/R4"


def message_bytes(
    session: Session,
    settings: Settings,
    vault: Vault,
    row: Referral,
    message: Message,
    content: Content | None,
    files: Sequence[Attachment],
) -> bytes:
    """The message Bundle of one message, as far as it was opened. The same message gives the same bytes."""
    return encoded(write_message(_value(session, settings, vault, row, message, content, files)))


def party_of(session: Session, settings: Settings, row: Referral, side: Side) -> Party:
    """One side of an exchange."""
    asks = side is Side.ASKER
    organisation_id, role = (row.from_organisation, row.from_role) if asks else (row.to_organisation, row.to_role)
    organisation = session.get_one(Organisation, organisation_id)
    address = session.get(Address, organisation_id)
    return Party(
        SentOrganisation(
            organisation.name,
            organisation.kind if organisation.kind in _KINDS else None,
            organisation.ura,
            organisation.agb,
        ),
        _doctor(session, row, side, _SPECIALTY.get(role)),
        (address.fhir_endpoint if address else None) or base_of(settings),
    )


def _doctor(session: Session, row: Referral, side: Side, specialty: str | None) -> Author | None:
    known = row.from_practitioner if side is Side.ASKER else row.to_practitioner
    doctor = session.get(Practitioner, known) if known else None
    account = session.get(Account, row.from_account) if side is Side.ASKER and row.from_account else None
    if account is not None:
        doctor = doctor_of_account(session, account.id)
    if doctor is not None:
        return Author(doctor.big, doctor.uzi, doctor.agb, doctor.name, None, specialty)
    return Author(big=account.big, family=account.name, specialty=specialty) if account else None


def _value(
    session: Session,
    settings: Settings,
    vault: Vault,
    row: Referral,
    message: Message,
    content: Content | None,
    files: Sequence[Attachment],
) -> ReferralMessage:
    kind, side = MessageKind(message.kind), steps.sender_of(row, message)
    person = session.get_one(Person, row.person_id)
    clinical = kind in CLINICAL and content is not None
    said = content if isinstance(content, Said) else Said()
    return ReferralMessage(
        event=EVENTS[kind],
        message_id=str(message.id),
        bundle_identifier=Identifier(canonical.URI_SYSTEM, f"urn:uuid:{message.id}"),
        sent_at=written(message.released_at or now()),
        sender=party_of(session, settings, row, side),
        recipient=party_of(session, settings, row, steps.other(side)),
        task_id=str(row.id),
        task_identifier=read_identifier(row.client_identifier) if row.client_identifier else None,
        trajectory=str(row.trajectory),
        kind=row.kind,
        status=_STATUS.get(kind) or _status_then(session, row, message),
        status_reason=said.reason if kind is MessageKind.STATUS else None,
        reason_text=said.text,
        urgent=row.urgent,
        patient=_patient(vault, person) if clinical else None,
        letter=_letter(content) if isinstance(content, Letter) else None,
        answers=tuple(Answered(one.question, one.answer) for one in content.answers)
        if isinstance(content, ReplyView)
        else (),
        reply_diagnosis=_diagnosis(content.diagnosis) if isinstance(content, ReplyView) else None,
        files=_files(vault, person, files) if clinical else (),
        permission=_permission(session, vault, person, message.id) if clinical else None,
        from_asked=side is Side.ASKED,
        supplement=kind is MessageKind.SUPPLEMENT,
    )


def _status_then(session: Session, row: Referral, message: Message) -> str:
    """Where the exchange stood when a status was told: it may have gone on since, and a repeat says the same."""
    before = [event.to_state for event in events_of(session, row.id) if event.at <= message.created_at]
    return before[-1] if before else row.state


def _patient(vault: Vault, person: Person) -> Patient:
    found = details_of(vault, person)
    return Patient(found.name, found.birth_date, found.sex)


def _letter(letter: Letter) -> SentLetter:
    work = letter.work
    occupation = Occupation(work.isco, work.occupation) if work and (work.isco or work.occupation) else None
    return SentLetter(
        reason=letter.reason,
        findings=letter.findings,
        diagnosis=_diagnosis(letter.diagnosis),
        occupation=occupation,
        demands=work.demands if work else None,
        hours=work.hours if work else None,
        sector=work.sector if work else None,
        exposures=tuple(letter.exposures),
        question=letter.question,
        agreed=letter.agreed,
        summary=letter.summary,
    )


def _diagnosis(diagnosis: Diagnosis | None) -> SentDiagnosis | None:
    return SentDiagnosis(diagnosis.cas, diagnosis.icd10, diagnosis.text) if diagnosis else None


def _files(vault: Vault, person: Person, files: Sequence[Attachment]) -> tuple[SentFile, ...]:
    seal = seal_of(vault, person)
    return tuple(
        SentFile(title_of(seal, one), one.media_type, seal.open(file_place(one.id, "content"), one.content))
        for one in files
    )


def _permission(session: Session, vault: Vault, person: Person, message_id: UUID) -> Permission | None:
    given = given_for(session, [message_id])
    return _written_permission(vault, person, given[-1]) if given else None


def _written_permission(vault: Vault, person: Person, row: Consent) -> Permission:
    return Permission(
        identifier=str(row.id),
        given_at=written(row.answered_at or row.asked_at),
        start=written(row.valid_from),
        end=written(row.valid_until),
        parts=tuple(row.data),
        policy=canonical.POLICY,
        text=text_of(vault, person, row),
    )
