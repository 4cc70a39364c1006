"""A bedrijfsarts with an account and a practice without one, and whoever keeps the promises between them."""

import re
import secrets
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from html import unescape
from typing import Any
from uuid import UUID

from httpx2 import Response
from sqlmodel import select
from starlette.testclient import TestClient

from service.clock import now
from service.identity.access import Role
from service.identity.tables import Account, Organisation
from service.outbox import Job, Promise, State
from service.parties import actions as addresses
from service.persons.tables import Person
from service.referrals.tables import Referral
from tests.web.site import Site, Visitor, fields_of
from workflows.tasks import TASKS

NAME, BORN = "Truus Geheimzinnig", "9-3-1971"
FINDINGS = "Drukpijn over de laterale epicondyl rechts"
QUESTIONS = ("Welke medicatie gebruikt zij nu?", "Is er een foto gemaakt?")
FACTS = "Naproxen 500 mg, twee keer per dag"
LETTER = {"letter.findings": FINDINGS, "letter.question": "\n".join(QUESTIONS)}
WORKER = {"person.name": NAME, "person.birthDate": BORN, "person.sex": "female"}
ORAL = {"consent.basis": "oral", "consent.evidence": "Zei ja tijdens het spreekuur"}


@dataclass
class Clinics:
    """The two places, with the doctors that the address book knows."""

    site: Site
    doctor: UUID
    arbodienst: UUID
    arbodienst_name: str
    practice: UUID
    practice_name: str
    practice_mail: str

    def visitor(self) -> Visitor:
        return self.site.visitor(self.doctor)

    def stranger(self) -> Visitor:
        """A browser in which nobody is signed in."""
        client = TestClient(self.site.app, base_url=self.site.settings.base_url, follow_redirects=False)
        return Visitor(client)

    def huisarts(self) -> UUID:
        """A huisarts with an account at the practice."""
        with self.site.database.transaction() as session:
            account = _account(session, Role.HUISARTS, self.practice)
            place = session.get_one(Organisation, self.practice)
            addresses.enter_doctor(session, place, account.name, Role.HUISARTS, account=account)
        return account.id

    def relay(self) -> None:
        """Keep what is due now, as the relay does, until nothing is left."""
        while found := self._due():
            for promise in found:
                TASKS[Job(promise.job)](self.site.database, self.site.settings, promise.subject)
                with self.site.database.transaction() as session:
                    session.get_one(Promise, promise.id).state = State.DONE

    def _due(self) -> list[Promise]:
        with self.site.database.reading() as session:
            return list(session.exec(select(Promise).where(Promise.state == State.DUE, Promise.due_at <= now())))

    def mails(self) -> list[str]:
        """What was mailed to the practice, oldest first."""
        files = sorted((self.site.settings.data / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        found = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
        return [one.get_content() for one in found if one["To"] == self.practice_mail]

    def link(self) -> str:
        """The link in the last mail that held one."""
        return str(re.findall(r"(/bericht/[\w-]+)", "".join(self.mails()))[-1])

    def code(self) -> str:
        """The code in the last mail that held one."""
        return str(re.findall(r"is: (\d{6})", "".join(self.mails()))[-1])

    def sent(self, **changes: Any) -> str:
        """An exchange that arrived at the practice; gives its address for the doctor."""
        mine = self.visitor()
        answer = ask(mine, self, **ORAL | changes)
        assert answer.status_code == 303, errors_of(answer)
        self.relay()
        return answer.headers["Location"]

    def row(self, address: str) -> Referral:
        with self.site.database.reading() as session:
            return session.get_one(Referral, UUID(address.rpartition("/")[2]))

    def persons(self) -> int:
        with self.site.database.reading() as session:
            return len(session.exec(select(Person)).all())


def clinics_in(site: Site, **account: Any) -> Clinics:
    """Places of their own, so that a database can be shared."""
    mark = secrets.token_hex(3)
    with site.database.transaction() as session:
        here = Organisation(name=f"Arbodienst {mark}", kind="arbodienst", city="Zwolle")
        there = Organisation(name=f"Praktijk {mark}", kind="gp-practice", city="Kampen")
        session.add_all([here, there])
        session.flush()
        for place in (here, there):
            addresses.enter_party(session, place, email=f"{mark}-{place.kind}@example.org")
        doctor = _account(session, Role.BEDRIJFSARTS, here.id, **account)
        addresses.enter_doctor(session, here, doctor.name, Role.BEDRIJFSARTS, account=doctor)
        addresses.enter_doctor(session, there, f"Huisarts {mark}", Role.HUISARTS)
    return Clinics(site, doctor.id, here.id, here.name, there.id, there.name, f"{mark}-gp-practice@example.org")


def _account(session: Any, role: Role, organisation: UUID, **more: Any) -> Account:
    account = Account(
        login=secrets.token_hex(6),
        name="Ietske Onbekend",
        role=role,
        organisation_id=organisation,
        password_hash="-",
        created_at=now(),
        **more,
    )
    session.add(account)
    session.flush()
    return account


def ask(
    mine: Visitor, clinics: Clinics, kind: str = "information-request", do: str = "ask", **changes: Any
) -> Response:
    """Fill in the form of a letter and send it; the practice is found by its name."""
    form = fields_of(mine.get(f"/verwijzingen/nieuw?soort={kind}").text)
    recipient = {"recipient.q": f"{clinics.practice_name}, Kampen", "recipient.code": str(clinics.practice)}
    return mine.client.post("/verwijzingen/nieuw", data=form | recipient | WORKER | LETTER | changes | {"do": do})


def press(mine: Visitor, address: str, do: str, shown: Any = None, **filled: Any) -> Response:
    """Press a button on the page of an exchange, with what its form holds."""
    page = shown or mine.get(address)
    return mine.client.post(address, data=form_with(page.text, do) | filled | {"do": do})


def passed(clinics: Clinics, path: str) -> Visitor:
    """A browser at the practice that gave the code from the mail."""
    there = clinics.stranger()
    assert there.client.post(f"{path}/code").status_code == 303
    clinics.relay()
    assert there.client.post(f"{path}/controle", data={"code": clinics.code()}).status_code == 303
    return there


def form_with(html: str, do: str) -> dict[str, Any]:
    """What a browser would send of the form that has this button."""
    found = [form for form in re.findall(r"<form.*?</form>", html, re.DOTALL) if f'value="{do}"' in form]
    assert found, f"no button {do}"
    return fields_of(f"<main>{found[0]}</main>")


def errors_of(answer: Response) -> list[str]:
    """Every message at a field."""
    return [
        unescape(one)
        for one in re.findall(r'<p class="form-field__error" id="[^"]*" data-error="[^"]*">([^<]+)<', answer.text)
    ]
