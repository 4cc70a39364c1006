"""Systems of two organisations that write to each other by FHIR, and the messages that they send."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from httpx2 import Response
from sqlmodel import select

from deploy.standin_his.app import Practice, create_app
from deploy.standin_his.tokens import Tokens
from fhir.canonical import POLICY, URI_SYSTEM
from fhir.referral import Answered, Event, File, Letter, Party, Patient, Permission, ReferralMessage
from fhir.report import Author, Diagnosis, Identifier, Occupation, Organisation
from fhir.writing.message import write_message, write_transaction
from service.clock import now, written
from service.consent.tables import Consent, ConsentDecision
from service.identity.access import SCOPES_OF, Role
from service.identity.tables import GrantType, OAuthClient
from service.identity.tables import Organisation as OrganisationRow
from service.parties import actions as addresses
from service.parties.tables import Address
from service.referrals.tables import Message, Referral, messages_of
from tests.api.world import World
from tests.referrals.parties import Parties
from tests.servers import free_port
from tests.web.site import serving
from tests.wire.documents import Json
from tests.wire.senders import Sender, _token

FINDINGS = "Drukpijn over de laterale epicondyl rechts"
QUESTION = "Welke medicatie gebruikt zij nu?"
FACTS = "Naproxen 500 mg, twee keer per dag"
SHOWN = "Mijn bedrijfsarts mag deze brief aan mijn huisarts sturen."
PATIENT = Patient("Truus Geheimzinnig", "1971-03-09", "female")
LETTER = Letter(
    reason="Klachten van de elleboog",
    findings=FINDINGS,
    diagnosis=Diagnosis(cas="L666", text="Tenniselleboog"),
    occupation=Occupation(text="Zelfstandig stukadoor"),
    demands="Boven het hoofd werken",
    question=QUESTION,
)
_ROLES = {"arbodienst": Role.ARBODIENST_SYSTEM, "gp-practice": Role.HIS_SYSTEM}
_count = itertools.count(1)


@dataclass
class System:
    """A system with a token, for an organisation of the address book."""

    sender: Sender
    organisation: UUID
    party: Party

    def send(self, message: ReferralMessage | Json | bytes, /, **headers: str) -> Response:
        """Send a message to $process-message."""
        body = write_message(message) if isinstance(message, ReferralMessage) else message
        return self.sender.call("POST", "/$process-message", body, **headers)

    def transact(self, message: ReferralMessage | Json) -> Response:
        """Send the same content as a transaction."""
        body = write_transaction(message) if isinstance(message, ReferralMessage) else message
        return self.sender.call("POST", "", body)

    def task(self, referral: Any) -> Json:
        answer = self.sender.get(f"/Task/{referral}")
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def put(self, task: Json, **headers: str) -> Response:
        version = task["meta"]["versionId"]
        return self.sender.call("PUT", f"/Task/{task['id']}", task, **({"If_Match": f'W/"{version}"'} | headers))


@dataclass
class Pair:
    """An arbodienst and a practice, both with a system."""

    world: World
    arbodienst: System = field(init=False)
    practice: System = field(init=False)

    def __post_init__(self) -> None:
        self.arbodienst, self.practice = self.system("arbodienst"), self.system("gp-practice")
        self.parties = Parties(self.world)

    def system(self, kind: str) -> System:
        ura, role = f"{80000000 + next(_count):08}", _ROLES[kind]
        with self.world.database.transaction() as session:
            organisation = OrganisationRow(name=f"{kind} {uuid4()}", kind=kind, ura=ura)
            session.add(organisation)
            session.flush()
            addresses.enter_party(session, organisation)
            row = OAuthClient(
                client_id=f"systeem-{uuid4()}",
                name="Systeem",
                role=role.value,
                organisation_id=organisation.id,
                grant_type=GrantType.CLIENT.value,
                scopes=sorted(SCOPES_OF[role]),
                jwks={"keys": []},
                created_at=now(),
            )
            session.add(row)
        sender = Sender(self.world, row, ura, _token(self.world, row))
        doctor = Author(family="Onbekend", initials=None)
        return System(sender, organisation.id, Party(Organisation(organisation.name, kind, ura), doctor))

    def request(self, **changes: Any) -> ReferralMessage:
        """A request of the arbodienst to the practice that looks like no other."""
        message_id, task = str(uuid4()), str(uuid4())
        message = ReferralMessage(
            event=Event.REQUEST,
            message_id=message_id,
            bundle_identifier=Identifier(URI_SYSTEM, f"urn:uuid:{message_id}"),
            sent_at=written(now()),
            sender=self.arbodienst.party,
            recipient=self.practice.party,
            task_id=task,
            task_identifier=Identifier("https://arbodienst.example/taak", task),
            trajectory=str(uuid4()),
            kind="information-request",
            status="requested",
            patient=PATIENT,
            letter=LETTER,
            permission=permission("reason", "findings", "diagnosis", "work", "question"),
        )
        return replace(message, **changes)

    def further(self, task: str, event: Event, status: str, **changes: Any) -> ReferralMessage:
        """A message about an exchange that is there, by default from who was asked."""
        message_id = str(uuid4())
        message = replace(
            self.request(),
            event=event,
            message_id=message_id,
            bundle_identifier=Identifier(URI_SYSTEM, f"urn:uuid:{message_id}"),
            sender=self.practice.party,
            recipient=self.arbodienst.party,
            task_id=task,
            task_identifier=None,
            status=status,
            letter=None,
            patient=None,
            permission=None,
            from_asked=True,
        )
        return replace(message, **changes)

    def reply(self, task: str, **changes: Any) -> ReferralMessage:
        given = {"answers": (Answered(QUESTION, FACTS),), "permission": permission("answer"), "patient": PATIENT}
        return self.further(task, Event.REPLY, "completed", **(given | changes))

    def by_asker(self, task: str, event: Event, status: str, **changes: Any) -> ReferralMessage:
        sides = {"sender": self.arbodienst.party, "recipient": self.practice.party, "from_asked": False}
        return self.further(task, event, status, **(sides | changes))

    def asked(self, **changes: Any) -> str:
        """A request that was taken; gives the id of its Task."""
        answer = self.arbodienst.send(self.request(**changes))
        assert answer.status_code == 200, answer.text
        return answer.headers["Location"].rpartition("/")[2]

    def delivered(self, **changes: Any) -> str:
        """The same, once what was promised has been kept."""
        task = self.asked(**changes)
        self.parties.keep_promises()
        return task

    def connect(self, port: int) -> None:
        """Pin the endpoint of the practice."""
        base = f"http://127.0.0.1:{port}"
        with self.world.database.transaction() as session:
            address = session.get_one(Address, self.practice.organisation)
            addresses.connect_party(session, address, f"{base}/fhir/R4", f"{base}/oauth/token", "arbobrug")

    def row(self, task: str) -> Referral:
        with self.world.database.reading() as session:
            return session.get_one(Referral, UUID(task))

    def messages(self, task: str) -> list[Message]:
        with self.world.database.reading() as session:
            return list(messages_of(session, UUID(task)))

    def consent(self, task: str, kind: str = "request") -> Consent:
        with self.world.database.reading() as session:
            return self.parties.consent_of(session, task, kind)

    def decisions(self, message: Message) -> list[tuple[str, bool, str]]:
        """What was decided about a message, in order."""
        with self.world.database.reading() as session:
            found = select(ConsentDecision).where(ConsentDecision.message_id == message.id)
            rows = session.exec(found.order_by(ConsentDecision.id)).all()  # type: ignore[arg-type]
            return [(one.act, one.allowed, one.reason) for one in rows]

    def worker_withdraws(self, task: str, kind: str = "request") -> None:
        """The worker takes the yes back, as by the own file."""
        from service.referrals import deciding

        with self.world.database.transaction() as session:
            consent = self.parties.consent_of(session, task, kind)
            worker = self.parties.worker(session, consent.person_id)
            deciding.withdraw(session, self.parties.vault, worker, consent.id)

    @contextmanager
    def standing_in(self) -> Iterator[Practice]:
        """The stand-in of the practice on a real port, and this service on one too: for its keys."""
        ours, theirs = free_port(), free_port()
        base = f"http://127.0.0.1:{theirs}"
        tokens = Tokens(f"http://127.0.0.1:{ours}", f"{base}/oauth/token")
        practice = Practice(base, tokens, lambda body: self.practice.send(body).json())
        self.connect(theirs)
        with serving(self.world.app, ours), serving(create_app(practice), theirs):
            yield practice


def permission(*parts: str, **changes: Any) -> Permission:
    moment = now()
    given = Permission(
        identifier=str(uuid4()),
        given_at=written(moment),
        start=written(moment - timedelta(hours=1)),
        end=written(moment + timedelta(days=60)),
        parts=parts,
        policy=POLICY,
        text=SHOWN,
    )
    return replace(given, **changes)


def pdf(title: str = "uitslag.pdf") -> File:
    return File(title, "application/pdf", b"%PDF-1.7\n" + uuid4().bytes)


def acknowledged(answer: Response, status: int = 200) -> tuple[str, str, list[str]]:
    """Insist on an answer that is a message; gives its code, what it answers, and the codes of its issues."""
    assert answer.status_code == status, answer.text
    bundle = answer.json()
    assert bundle["type"] == "message"
    header, outcome = (one["resource"] for one in bundle["entry"])
    codes = [one["details"]["coding"][0]["code"] for one in outcome["issue"]]
    return header["response"]["code"], header["response"]["identifier"], codes


def resources(bundle: Json, kind: str) -> list[Json]:
    return [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == kind]
