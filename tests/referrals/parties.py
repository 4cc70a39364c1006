"""Two doctors, a worker who decides, and a relay that keeps what was promised."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from httpx2 import Response
from sqlmodel import Session, select

from service.clock import now
from service.consent.links import worker_of
from service.consent.tables import Consent
from service.identity.access import Caller, Role
from service.identity.tables import Account, Organisation
from service.outbox import Job, Promise
from service.outbox import State as PromiseState
from service.parties import actions as addresses
from service.parties.tables import Practitioner
from service.persons.tables import Person
from service.persons.vault import Vault
from service.referrals import deciding, releasing
from service.referrals.tables import Message, Referral
from tests.api.world import Visitor, World, good
from workflows.tasks import TASKS

NAME = "Truus Geheimzinnig"
FINDINGS = "Drukpijn over de laterale epicondyl rechts"
QUESTION = "Welke medicatie gebruikt zij nu?"
FACTS = "Naproxen 500 mg, twee keer per dag"
LETTER = {
    "reason": "Klachten van de elleboog",
    "findings": FINDINGS,
    "diagnosis": {"cas": "L666", "text": "Tenniselleboog"},
    "work": {"occupation": "Zelfstandig stukadoor", "demands": "Boven het hoofd werken"},
    "question": QUESTION,
}
ORAL = {"basis": "oral", "evidence": "Zei ja tijdens het spreekuur"}
ANSWER = {"answers": [{"question": QUESTION, "answer": FACTS}]}
KINDS = {"arbodienst": Role.BEDRIJFSARTS, "gp-practice": Role.HUISARTS, "hospital": Role.SPECIALIST}


def letter(*parts: str) -> dict[str, Any]:
    """A letter with these sections."""
    return {part: LETTER[part] for part in parts}


@dataclass
class Side:
    """A doctor at an organisation of the address book."""

    visitor: Visitor
    organisation: UUID
    practitioner: UUID

    def see(self, referral: Any) -> dict[str, Any]:
        found: dict[str, Any] = good(self.visitor.get(f"/referrals/{referral}"), 200)
        return found

    def act(self, referral: Any, door: str, body: Any = None, **headers: str) -> Response:
        """Change an exchange as it is now: the version is read first."""
        seen = self.visitor.get(f"/referrals/{referral}")
        headers = {"If_Match": seen.headers.get("ETag", 'W/"1"')} | headers
        return self.visitor.post(f"/referrals/{referral}/{door}", body, **headers)

    def did(self, referral: Any, door: str, body: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = good(self.act(referral, door, body), 201)
        return found


@dataclass
class Parties:
    """The bedrijfsarts who asks, and the huisarts who is asked; others are added by need."""

    world: World
    asker: Side = field(init=False)
    asked: Side = field(init=False)

    def __post_init__(self) -> None:
        self.asker = self.side("arbodienst")
        self.asked = self.side("gp-practice")

    @property
    def vault(self) -> Vault:
        vault: Vault = self.world.app.state.vault
        return vault

    def organisation(self, kind: str, *, demo: bool = False, **address: Any) -> UUID:
        with self.world.database.transaction() as session:
            row = Organisation(name=f"{kind} {uuid4()}", kind=kind, city="Zwolle", demo=demo)
            session.add(row)
            session.flush()
            addresses.enter_party(session, row, **{"email": "praktijk@example.org"} | address)
            return row.id

    def side(self, kind: str, organisation: UUID | None = None, role: Role | None = None, **more: Any) -> Side:
        """A doctor with an account at an organisation, new or known."""
        place, works_as = organisation or self.organisation(kind), role or KINDS[kind]
        with self.world.database.transaction() as session:
            account = Account(
                login=str(uuid4()),
                name="Ietske Onbekend",
                role=works_as,
                organisation_id=place,
                password_hash="none",
                created_at=now(),
                **{"email": "arts@example.org"} | more,
            )
            session.add(account)
            session.flush()
            where = session.get_one(Organisation, place)
            doctor = addresses.enter_doctor(session, where, account.name, works_as, account=account)
        return Side(Visitor(self.world, account), place, doctor.id)

    def new(self, kind: str = "information-request", to: UUID | None = None, **changes: Any) -> dict[str, Any]:
        """A request as it is sent; None leaves a field out."""
        body: dict[str, Any] = {
            "kind": kind,
            "person": {"name": NAME, "birthDate": "1971-03-09", "sex": "female", "email": "truus@example.org"},
            "recipient": {"organisation": str(to or self.asked.organisation)},
            "letter": LETTER,
        }
        return {name: value for name, value in (body | changes).items() if value is not None or name == "consent"}

    def started(self, by: Side | None = None, **changes: Any) -> dict[str, Any]:
        found: dict[str, Any] = good((by or self.asker).visitor.post("/referrals", self.new(**changes)), 201)
        return found

    def sent(self, **changes: Any) -> str:
        """An exchange that arrived; gives its id."""
        made = self.started(**{"consent": ORAL} | changes)
        self.keep_promises()
        return str(made["id"])

    def answered(self, **changes: Any) -> str:
        """An exchange that was answered, with consent for the way back."""
        made = self.sent(**changes)
        self.asked.did(made, "reply", ANSWER | {"consent": ORAL})
        self.keep_promises()
        return made

    def decide(self, referral: Any, how: str, kind: str = "request") -> None:
        """Decide as the worker about the last message of a kind."""
        with self.world.database.transaction() as session:
            consent = self.consent_of(session, referral, kind)
            worker = self.worker(session, consent.person_id)
            if how == "withdraw":
                deciding.withdraw(session, self.vault, worker, consent.id)
            elif how == "later":
                deciding.later(session, self.vault, worker, consent.id)
            else:
                answer = deciding.give if how == "give" else deciding.refuse
                answer(session, self.vault, worker, consent.id, consent.text_sha256)

    def worker(self, session: Session, person_id: UUID) -> Caller:
        return worker_of(session.get_one(Person, person_id))

    def consent_of(self, session: Session, referral: Any, kind: str = "request") -> Consent:
        messages = select(Message).where(Message.referral_id == UUID(str(referral)), Message.kind == kind)
        last = session.exec(messages.order_by(Message.position.desc())).first()  # type: ignore[attr-defined]
        assert last is not None
        found = session.exec(select(Consent).where(Consent.message_id == last.id).order_by(Consent.id.desc())).first()  # type: ignore[attr-defined]
        assert found is not None
        return found

    def message(self, referral: Any, kind: str = "request") -> Message:
        with self.world.database.reading() as session:
            found = select(Message).where(Message.referral_id == UUID(str(referral)), Message.kind == kind)
            last = session.exec(found.order_by(Message.position.desc())).first()  # type: ignore[attr-defined]
        assert last is not None
        return last

    def row(self, referral: Any) -> Referral:
        with self.world.database.reading() as session:
            return session.get_one(Referral, UUID(str(referral)))

    def doctor(self, practitioner: UUID) -> Practitioner:
        with self.world.database.reading() as session:
            return session.get_one(Practitioner, practitioner)

    def keep_promises(self, *jobs: Job) -> None:
        """Keep what is due now, as the relay does, until nothing is left."""
        while found := self._due(jobs):
            for promise in found:
                TASKS[Job(promise.job)](self.world.database, self.world.settings, promise.subject)
                with self.world.database.transaction() as session:
                    session.get_one(Promise, promise.id).state = PromiseState.DONE

    def _due(self, jobs: tuple[Job, ...]) -> list[Promise]:
        with self.world.database.reading() as session:
            due = select(Promise).where(Promise.state == PromiseState.DUE, Promise.due_at <= now())
            return [one for one in session.exec(due) if not jobs or one.job in jobs]

    def release(self, message_id: UUID) -> None:
        releasing.release(self.world.database, self.vault, message_id)
