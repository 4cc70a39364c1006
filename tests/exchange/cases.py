"""A poisoned case: a word in every field that is found nowhere else, in every state that a consent can be in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from httpx2 import Response
from sqlmodel import select
from starlette.testclient import TestClient

from service.clock import now
from service.consent.tables import Consent
from service.identity import sessions
from service.identity.access import Role
from service.identity.tables import Account
from service.persons.tables import Person
from service.referrals import deciding
from service.referrals.tables import Attachment, Message
from tests.api.world import BASE, Visitor, World, good, in_letters
from tests.referrals.parties import Parties, Side

BIRTH = "1971-03-09"
_LETTER = (
    "reden bevinding diagnose beroep belasting uren blootstelling vraag afspraak samenvatting bijlage inhoud".split()
)
_REPLY = "antwoord wederdiagnose wederbijlage wederinhoud".split()
_PERSON = "naam adres bewijs".split()
_count = count(1)


@dataclass(frozen=True)
class Poison:
    """The words of one case."""

    mark: str

    def __call__(self, word: str) -> str:
        return f"zq{word}{self.mark}"

    @property
    def letter(self) -> frozenset[str]:
        return frozenset(map(self, _LETTER))

    @property
    def reply(self) -> frozenset[str]:
        return frozenset(map(self, _REPLY))

    @property
    def name(self) -> frozenset[str]:
        return frozenset({self("naam")})

    @property
    def clinical(self) -> frozenset[str]:
        return self.letter | self.reply

    @property
    def all(self) -> frozenset[str]:
        return self.clinical | frozenset(map(self, _PERSON))

    def within(self, text: str) -> frozenset[str]:
        """Which of them a text holds."""
        lowered = text.lower()
        return frozenset(word for word in self.all if word in lowered) if f"{self.mark}" in lowered else frozenset()


@dataclass
class Case:
    """Two doctors and a worker, one exchange, and what is known of it."""

    parties: Parties
    poison: Poison
    id: str = ""
    path: str = ""
    worker: TestClient = field(init=False)

    @property
    def world(self) -> World:
        return self.parties.world

    def letter(self) -> dict[str, Any]:
        word = self.poison
        return {
            "reason": word("reden"),
            "findings": word("bevinding"),
            "diagnosis": {"cas": "L666", "text": word("diagnose")},
            "work": {"occupation": word("beroep"), "demands": word("belasting"), "hours": word("uren")},
            "exposures": [word("blootstelling")],
            "question": word("vraag"),
            "agreed": word("afspraak"),
            "summary": word("samenvatting"),
        }

    def person(self) -> dict[str, Any]:
        word = self.poison
        return {"name": word("naam"), "birthDate": BIRTH, "sex": "female", "email": f"{word('adres')}@example.org"}

    def new(self, **changes: Any) -> dict[str, Any]:
        return self.parties.new(**{"person": self.person(), "letter": self.letter()} | changes)

    def oral(self) -> dict[str, Any]:
        return {"basis": "oral", "evidence": self.poison("bewijs")}

    def answer(self, **changes: Any) -> dict[str, Any]:
        word = self.poison
        said = {"question": word("vraag"), "answer": word("antwoord")}
        return {"answers": [said], "diagnosis": {"cas": "L666", "text": word("wederdiagnose")}} | changes

    def asked(self) -> None:
        """Begin: a draft with a file, asked of the worker, whose phone passed the check."""
        self.id = good(self.parties.asker.visitor.post("/referrals", self.new(consent=None)), 201)["id"]
        self.attach(self.parties.asker, "bijlage", "inhoud")
        found = self.parties.asker.did(self.id, "consent-request", {})
        self.path = str(found["consentLink"]).removeprefix(BASE).partition("?")[0]
        self.worker = self.phone()
        self.parties.keep_promises()

    def phone(self) -> TestClient:
        client = browser(self.world)
        answer = client.post(f"{self.path}/controle", data={"answer": BIRTH[:4]})
        assert answer.status_code == 303, answer.text
        return client

    def attach(self, side: Side, title: str, content: str) -> Response:
        """A file of plain text, both its name and its bytes poisoned."""
        seen = side.visitor.get(f"/referrals/{self.id}").headers["ETag"]
        headers = {
            "If_Match": seen,
            "Content_Type": "text/plain",
            "Content_Disposition": f'attachment; filename="{self.poison(title)}.txt"',
        }
        body = self.poison(content).encode()
        found = side.visitor.call("POST", f"/referrals/{self.id}/attachments", body, **headers)
        assert found.status_code == 201, found.text
        return found

    def decide(self, how: str, kind: str = "request") -> None:
        self.parties.decide(self.id, how, kind)
        self.parties.keep_promises()

    def reply(self, **consent: Any) -> None:
        self.attach(self.parties.asked, "wederbijlage", "wederinhoud")
        self.parties.asked.did(self.id, "reply", self.answer(**consent))
        self.parties.keep_promises()

    def change_consent(self, **columns: Any) -> UUID:
        """Put in a consent what time, or an earlier version, would have put there."""
        with self.world.database.transaction() as session:
            row = self.parties.consent_of(session, self.id)
            for name, value in columns.items():
                setattr(row, name, value)
            return row.id

    def expire(self) -> None:
        with self.world.database.transaction() as session:
            deciding.expire(session, now())

    def object(self) -> None:
        """Object as the worker to all that goes from the asker to the asked."""
        self.change_consent(message_id=None)
        sides = self.parties.asker.organisation, self.parties.asked.organisation
        with self.world.database.transaction() as session:
            worker = self.parties.worker(session, self.parties.row(self.id).person_id)
            deciding.object_to(session, self.parties.vault, worker, *sides)
        self.parties.keep_promises()

    @property
    def ids(self) -> Mapping[str, list[str]]:
        """Every id of the case, by the kind of thing it is of."""
        with self.world.database.reading() as session:
            row = self.parties.row(self.id)
            consents = session.exec(select(Consent.id).where(Consent.person_id == row.person_id)).all()
            messages = session.exec(select(Message.id).where(Message.referral_id == row.id)).all()
            files = session.exec(select(Attachment.id).where(Attachment.referral_id == row.id)).all()
        return {
            "referral": [self.id],
            "consent": [str(one) for one in consents],
            "message": [str(one) for one in messages],
            "attachment": [str(one) for one in files],
            "person": [str(row.person_id)],
        }

    @property
    def subject(self) -> str:
        return self.parties.vault.pseudonym("audit", self.parties.row(self.id).person_id)


def new_case(world: World) -> Case:
    case = Case(Parties(world), Poison(f"qz{in_letters(next(_count))}qz"))
    case.asked()
    return case


def _given(case: Case) -> None:
    case.decide("give")


def _withdrawn(case: Case) -> None:
    _given(case)
    case.decide("withdraw")


def _stopped(case: Case) -> None:
    case.parties.decide(case.id, "give")
    case.decide("withdraw")


def _run_out(case: Case) -> None:
    _given(case)
    case.change_consent(valid_until=now() - timedelta(minutes=1))


def _unanswered(case: Case) -> None:
    case.change_consent(answer_by=now() - timedelta(minutes=1))
    case.expire()


def _objected(case: Case) -> None:
    _given(case)
    case.object()


def _unknown_there(case: Case) -> None:
    _given(case)
    case.parties.asked.did(case.id, "rejection", {"reason": "not-my-patient"})
    case.parties.keep_promises()


def _replied(case: Case) -> None:
    _given(case)
    case.reply()


def _answered(case: Case) -> None:
    _given(case)
    case.reply(consent=case.oral())


def _answer_withdrawn(case: Case) -> None:
    _answered(case)
    case.decide("withdraw", "reply")


def _both_withdrawn(case: Case) -> None:
    _answered(case)
    case.decide("withdraw")


STATES: Mapping[str, Callable[[Case], None]] = {
    "requested": lambda _: None,
    "given": _given,
    "refused": lambda case: case.decide("refuse"),
    "withdrawn": _withdrawn,
    "withdrawn before it left": _stopped,
    "run out": _run_out,
    "never answered": _unanswered,
    "objected": _objected,
    "not my patient": _unknown_there,
    "answer waits": _replied,
    "answered": _answered,
    "answer withdrawn": _answer_withdrawn,
    "request withdrawn after the answer": _both_withdrawn,
}
LETTER_OPEN = {"given", "answer waits", "answered", "answer withdrawn"}
REPLY_THERE = {"answer waits", "answered", "answer withdrawn", "request withdrawn after the answer"}
REPLY_OPEN = {"answered", "request withdrawn after the answer"}


def browser(world: World, account: Account | None = None) -> TestClient:
    """A browser, signed in if it is somebody's."""
    client = TestClient(world.app, base_url=BASE, follow_redirects=False)
    if account is not None:
        with world.database.transaction() as session:
            fresh = sessions.begin(session, session.get_one(Account, account.id))
        client.cookies.set(sessions.cookie_name("arbobrug", world.settings), fresh)
    return client


@dataclass
class Viewer:
    """Somebody who knocks, by token or with a browser."""

    name: str
    visitor: Visitor | None
    client: TestClient

    def knock(self, method: str, address: str, body: Any = None, **headers: str) -> Response:
        spoken = {"Authorization": f"Bearer {self.visitor.token()}"} if self.visitor else {}
        if address.startswith("/fhir/"):
            spoken["Content-Type"] = "application/fhir+json"
        spoken |= {name.replace("_", "-"): value for name, value in headers.items()}
        by_token = address.startswith(("/v1/", "/fhir/"))
        content: dict[str, Any] = (
            {"content": body} if isinstance(body, bytes) else {"json": body} if by_token else {"data": body}
        )
        if address.endswith("/bijlagen"):
            content["files"] = {"file": ("a.txt", b"Platte tekst", "text/plain")}
        client = self.client
        return client.request(method, address, headers=spoken if by_token else {}, **({} if body is None else content))


def viewers(case: Case, other_worker: TestClient) -> list[Viewer]:
    """Everybody who might knock."""
    world, parties = case.world, case.parties
    elsewhere, practice = parties.side("arbodienst"), parties.side("gp-practice")
    people = {
        "asker": parties.asker.visitor,
        "asked": parties.asked.visitor,
        "asker's colleague": parties.side("arbodienst", parties.asker.organisation).visitor,
        "asked's colleague": parties.side("gp-practice", parties.asked.organisation).visitor,
        "bedrijfsarts elsewhere": elsewhere.visitor,
        "huisarts elsewhere": practice.visitor,
        "specialist at the practice": parties.side("", parties.asked.organisation, Role.SPECIALIST).visitor,
        "assistant": world.person(Role.ASSISTANT, acts_for=parties.asker.visitor),
    }
    others = (Role.REGISTRY, Role.INSPECTORATE, Role.ADMINISTRATOR, Role.VERZEKERINGSARTS, Role.CLINICAL_TEAM)
    people |= {role.value: world.person(role) for role in others}
    systems = {
        "system of the asked": _system(world, Role.HIS_SYSTEM, parties.asked.organisation),
        "system elsewhere": _system(world, Role.HIS_SYSTEM, practice.organisation),
        "system of the asker": _system(world, Role.ARBODIENST_SYSTEM, parties.asker.organisation),
        "system of the inspectorate": world.system(Role.INSPECTORATE_SYSTEM),
    }
    known = [Viewer(name, one, browser(world, one.row)) for name, one in people.items() if isinstance(one.row, Account)]
    known += [Viewer(name, one, browser(world)) for name, one in systems.items()]
    worker = Visitor(world, _worker_account(case))
    known += [Viewer("worker", worker, case.worker), Viewer("another worker", world.person(Role.WORKER), other_worker)]
    return [*known, Viewer("nobody", None, browser(world))]


def _system(world: World, role: Role, organisation: UUID) -> Visitor:
    made = world.system(role)
    with world.database.transaction() as session:
        row = session.merge(made.row)
        row.organisation_id = organisation
    return Visitor(world, row)


def _worker_account(case: Case) -> Account:
    """A sign-in whose subject is the worker's own row."""
    with case.world.database.transaction() as session:
        person = session.get_one(Person, case.parties.row(case.id).person_id)
        row = Account(
            id=person.id,
            login=f"worker.{person.id}",
            name="Werkende",
            role=Role.WORKER.value,
            organisation_id=case.world.organisation.id,
            password_hash="none",
            created_at=now(),
        )
        session.add(row)
    return row


def may_read(viewer: str, state: str, poison: Poison) -> frozenset[str]:
    """The words that this viewer may meet in this state, by any door."""
    if viewer == "worker":
        return poison.all
    evidence = frozenset({poison("bewijs")})
    if viewer == "asker":
        back = poison.reply if state in REPLY_OPEN else frozenset()
        return poison.letter | poison.name | evidence | back
    if viewer in {"asked", "asked's colleague", "system of the asked"}:
        came = poison.letter | poison.name if state in LETTER_OPEN else frozenset[str]()
        if viewer == "system of the asked" and state in REPLY_THERE:
            came |= poison.name  # on the own answer, as it was sent
        return came | (poison.reply | {poison("vraag"), *evidence} if state in REPLY_THERE else frozenset())
    return frozenset()


def must_read(viewer: str, state: str, poison: Poison) -> frozenset[str]:
    """The words that this viewer must be able to find."""
    if viewer not in {"asker", "asked", "asked's colleague"}:
        return frozenset()
    return may_read(viewer, state, poison) - {poison("bewijs")}
