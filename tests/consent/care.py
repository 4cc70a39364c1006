"""Two practices and a worker: what a consent needs around it, put in the database directly."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from service.audit.tables import PersonEvent
from service.clock import now
from service.consent import actions
from service.consent.actions import Asked, Asking
from service.consent.links import worker_of
from service.consent.rules import Act, Crossing, Decision, Purpose
from service.consent.tables import Consent
from service.database import Database
from service.identity.access import SCOPES_OF, Caller, Role
from service.identity.tables import Account, Organisation
from service.ids import ordered_id
from service.persons.actions import enter, seal_of
from service.persons.schemas import PersonDetails
from service.persons.tables import Person
from service.persons.vault import Vault
from service.referrals.schemas import Letter
from service.referrals.tables import Message, Referral

NAME, BIRTH_YEAR = "Truus Geheimzinnig", 1980
LETTER = Letter.model_validate(
    {
        "reason": "Klachten aan de elleboog",
        "findings": "Drukpijn aan de buitenzijde",
        "work": {"demands": "De hele dag schroeven"},
        "exposures": ["kracht zetten met de hand"],
        "question": "Is er al eens behandeld?",
    }
)
PARTS = LETTER.parts()


@dataclass
class Care:
    """A bedrijfsarts, a huisarts, and one worker whom the bedrijfsarts knows by name."""

    database: Database
    vault: Vault
    doctor: Caller
    gp: Caller
    person_id: UUID

    @property
    def worker(self) -> Caller:
        with self.database.reading() as session:
            return worker_of(session.get_one(Person, self.person_id))

    def crossing(self, *, back: bool = False) -> Crossing:
        """A message on its way to the huisarts, or back."""
        sender, recipient = (self.gp, self.doctor) if back else (self.doctor, self.gp)
        assert sender.organisation
        assert recipient.organisation
        with self.database.transaction() as session:
            referral = _referral(self, sender.organisation, recipient.organisation)
            session.add(referral)
            session.flush()
            message = _message(referral)
            place, letter = f"referral_message/{message.id}/content", LETTER.model_dump_json(by_alias=True)
            message.content = seal_of(self.vault, session.get_one(Person, self.person_id)).seal_text(place, letter)
            session.add(message)
        return Crossing(message.id, self.person_id, sender.organisation, recipient.organisation)

    def ask(self, crossing: Crossing | None = None, **changes: Any) -> Asked:
        crossing = crossing or self.crossing()
        caller = self.doctor if crossing.from_organisation == self.doctor.organisation else self.gp
        with self.database.transaction() as session:
            return actions.ask(session, self.vault, caller, asking(crossing, **changes))

    def act(self, what: Any, *arguments: Any, **named: Any) -> Any:
        """Do one thing with consents in a transaction of its own."""
        with self.database.transaction() as session:
            return what(session, self.vault, *arguments, **named)

    def give(self, consent: Consent) -> Consent:
        given: Consent = self.act(actions.give, self.worker, consent.id, consent.text_sha256)
        return given

    def gate(self, crossing: Crossing, act: Act = Act.RELEASE, data: frozenset[str] = PARTS) -> Decision:
        caller = self.doctor if act is Act.RELEASE else self.gp
        with self.database.transaction() as session:
            return actions.gate(session, caller.role, caller.organisation, act, crossing, Purpose.TREAT, data)

    def consent(self, consent_id: UUID) -> Consent:
        with self.database.reading() as session:
            return session.get_one(Consent, consent_id)

    def change(self, consent_id: UUID, **columns: Any) -> None:
        """Put something in a row that time or another version would have put there."""
        with self.database.transaction() as session:
            row = session.get_one(Consent, consent_id)
            for name, value in columns.items():
                setattr(row, name, value)

    def events(self) -> list[PersonEvent]:
        """What the audit knows of the worker, oldest first."""
        subject = self.vault.pseudonym("audit", self.person_id)
        with self.database.reading() as session:
            found = select(PersonEvent).where(PersonEvent.subject == subject).order_by(col(PersonEvent.id))
            return list(session.exec(found))


def asking(crossing: Crossing, **changes: Any) -> Asking:
    usual: dict[str, Any] = {
        "crossing": crossing,
        "data": PARTS,
        "why": "work-referral",
        "sender": "Bedrijfsarts A. de Vries (Arbodienst Zuid)",
        "recipient": "huisarts B. Jansen (Praktijk De Linde)",
        "answer_by": now() + timedelta(days=14),
        "valid_until": now() + timedelta(days=90),
    }
    return Asking(**usual | changes)


def details(**changes: Any) -> PersonDetails:
    return PersonDetails.model_validate({"name": NAME, "birthDate": f"{BIRTH_YEAR}-05-17"} | changes)


def care_in(database: Database, vault: Vault, **changes: Any) -> Care:
    """Two practices and a worker of their own, so that a database can be shared."""
    with database.transaction() as session:
        doctor, gp = _doctor(session, Role.BEDRIJFSARTS), _doctor(session, Role.HUISARTS)
        person = enter(session, vault, doctor, details(**changes))
    return Care(database, vault, doctor, gp, person.id)


def _doctor(session: Session, role: Role) -> Caller:
    organisation = Organisation(name=f"{role.value} {secrets.token_hex(6)}", kind=role.value)
    session.add(organisation)
    session.flush()
    account = Account(
        login=secrets.token_hex(6),
        name=f"Dokter {role.value}",
        role=role.value,
        organisation_id=organisation.id,
        password_hash="-",
        created_at=now(),
    )
    session.add(account)
    return Caller(account.id, role, organisation.id, "tests", frozenset(SCOPES_OF[role]))


def _referral(care: Care, sender: UUID, recipient: UUID) -> Referral:
    return Referral(
        trajectory=ordered_id(),
        reference=secrets.token_hex(4).upper(),
        kind="work-referral",
        state="awaiting-consent",
        person_id=care.person_id,
        from_organisation=sender,
        from_role="bedrijfsarts",
        to_organisation=recipient,
        to_role="huisarts",
        agreement_version="test",
        created_at=now(),
        changed_at=now(),
    )


def _message(referral: Referral) -> Message:
    return Message(
        referral_id=referral.id,
        position=1,
        kind="request",
        state="awaiting-consent",
        from_organisation=referral.from_organisation,
        to_organisation=referral.to_organisation,
        content=b"",
        created_at=now(),
    )
