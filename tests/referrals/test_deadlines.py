"""What happens when nothing happens: reminders, lateness, a letter, a mail that came back, and a doctor who moved."""

import email
import email.policy
import re
import socketserver
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest
from httpx2 import Response
from icalendar import Calendar
from sqlmodel import select

from service.clock import AMSTERDAM, now, today, written_date
from service.consent.tables import Consent
from service.identity.access import Role
from service.identity.tables import Account, Organisation
from service.outbox import Job, Promise
from service.parties import actions as addresses
from service.parties.tables import Address, Practitioner
from service.referrals import deciding, notices, releasing
from service.referrals.tables import CalendarAddress, Message, Notice, PracticeLink, Referral
from service.working_days import after
from tests.api.world import BASE, good, refused
from tests.referrals.parties import ANSWER, FACTS, FINDINGS, LETTER, NAME, ORAL, QUESTION, Parties, Side
from workflows.tasks import TASKS, sweep

SAYINGS = f"{NAME} {FINDINGS} {FACTS} {QUESTION} {LETTER['reason']} tenniselleboog L666 stukadoor onbekend ziek"
PRIVATE = [word for word in SAYINGS.split() if len(word) > 3]
PRIVATE += "melding verwijz advies huisarts bedrijfsarts toestemming arbodienst".split()


class Refusing(socketserver.StreamRequestHandler):
    """A mail server that knows nobody."""

    def handle(self) -> None:
        self.wfile.write(b"220 hier\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            answers = {b"RCPT": b"550 5.1.1 onbekend", b"QUIT": b"221 dag", b"EHLO": b"250 hier"}
            self.wfile.write(answers.get(word, b"250 goed") + b"\r\n")
            if word == b"QUIT":
                return


@pytest.fixture
def refusing() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"smtp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def told(parties: Parties, referral: str) -> list[tuple[str, str]]:
    with parties.world.database.reading() as session:
        found = select(Notice).where(Notice.referral_id == UUID(referral)).order_by("id")
        return [(one.side, one.about) for one in session.exec(found)]


def letters(parties: Parties, referral: str) -> list[EmailMessage]:
    """The mails about one exchange, oldest first."""
    with parties.world.database.reading() as session:
        ids = [
            one.id for one in session.exec(select(Notice).where(Notice.referral_id == UUID(referral)).order_by("id"))
        ]
    files = [parties.world.settings.data / "mail" / f"{one}.eml" for one in ids]
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files if file.exists()]


def promised(parties: Parties, message: UUID) -> dict[str, Promise]:
    with parties.world.database.reading() as session:
        return {one.job: one for one in session.exec(select(Promise).where(Promise.subject == message))}


def look(parties: Parties, job: Job, message: UUID) -> None:
    TASKS[job](parties.world.database, parties.world.settings, message)


def without_account(parties: Parties, email: str | None = "praktijk@example.org") -> UUID:
    return parties.organisation("gp-practice", email=email)


def test_each_day_is_promised_when_it_leaves(parties: Parties) -> None:
    made = parties.sent()
    request, row = parties.message(made), parties.row(made)
    assert request.released_at is not None
    assert row.due_at == after(request.released_at, 10)
    days = {job: one.due_at for job, one in promised(parties, request.id).items()}
    assert days[Job.REMIND_ASKED] == after(request.released_at, 5)
    assert days[Job.OFFER_LETTER] == after(request.released_at, 10)
    assert days[Job.ESCALATE] == row.due_at


def test_two_parties_settle_another_response_time(parties: Parties) -> None:
    with parties.world.database.transaction() as session:
        asker, asked = (session.get_one(Organisation, side.organisation) for side in (parties.asker, parties.asked))
        addresses.settle_response_time(session, "beheer", asker, asked, "referral", 3)
    made = parties.sent(kind="referral")
    sent_at = parties.row(made).sent_at
    assert sent_at is not None
    assert parties.row(made).due_at == after(sent_at, 3)


def test_who_was_asked_is_reminded_and_who_asked_hears_that_it_is_late(parties: Parties) -> None:
    made = parties.sent()
    request = parties.message(made).id
    for job in (Job.REMIND_ASKED, Job.OFFER_LETTER, Job.ESCALATE):
        look(parties, job, request)
    assert told(parties, made)[1:] == [("asked", "reminder"), ("asker", "letter")]
    with parties.world.database.transaction() as session:
        session.get_one(Referral, UUID(made)).due_at = now() - timedelta(days=2)
    look(parties, Job.ESCALATE, request)
    assert told(parties, made)[-1] == ("asker", "overdue")
    parties.asked.see(made)
    assert parties.asker.see(made)["standing"] == "Het antwoord is te laat: 2 dagen"


def test_nobody_is_reminded_of_what_was_done(parties: Parties) -> None:
    made = parties.answered()
    before = told(parties, made)
    for job in (Job.REMIND_ASKED, Job.OFFER_LETTER, Job.ESCALATE):
        look(parties, job, parties.message(made).id)
    assert told(parties, made) == before


def test_the_sender_sees_since_when_it_has_not_arrived(parties: Parties) -> None:
    made = parties.sent(to=without_account(parties, email=None))
    request = parties.message(made)
    assert (request.channel, request.state, request.delivered_at) == ("letter", "released", None)
    assert parties.asker.see(made)["standing"] == "Nog niet aangekomen. Druk de brief af"
    with parties.world.database.transaction() as session:
        session.get_one(Message, request.id).released_at = now() - timedelta(days=3)
    assert parties.asker.see(made)["standing"] == "Nog niet aangekomen: 3 dagen. Druk de brief af"


def posted(parties: Parties, referral: str, on: date) -> Response:
    return parties.asker.act(referral, "posting", {"postedOn": on.isoformat()})


def test_a_letter_that_was_posted_counts_as_delivered_on_that_day(parties: Parties) -> None:
    made = parties.sent(to=without_account(parties, email=None))
    request = parties.message(made)
    with parties.world.database.transaction() as session:
        session.get_one(Message, request.id).released_at = now() - timedelta(days=3)
    assert "post" in parties.asker.see(made)["actions"]
    for day in (today() - timedelta(days=4), today() + timedelta(days=1)):
        assert refused(posted(parties, made, day), 400, "invalid-input") == [("/postedOn", "not-then")]
    yesterday = today() - timedelta(days=1)
    seen = good(posted(parties, made, yesterday), 201)
    assert (seen["state"], seen["messages"][0]["state"]) == ("received", "delivered")
    assert seen["standing"] == f"Per brief verzonden op {written_date(yesterday)}"
    assert "post" not in seen["actions"]
    delivered = parties.message(made).delivered_at
    assert delivered is not None
    assert delivered.astimezone(AMSTERDAM).date() == yesterday
    steps = good(parties.asker.visitor.get(f"/referrals/{made}/history"), 200)
    assert [(one["action"], one["toState"], one["side"]) for one in steps][-1] == ("post", "received", "asker")
    refused(posted(parties, made, yesterday), 409, "state-conflict")
    parties.keep_promises()
    parties.release(request.id)
    assert parties.message(made).delivered_at == delivered


def test_a_letter_that_asks_no_answer_is_done_once_it_was_posted(parties: Parties) -> None:
    made = parties.sent(
        kind="treating-information",
        letter={"reason": LETTER["reason"], "summary": "Hersteld"},
        to=without_account(parties, email=None),
    )
    assert good(posted(parties, made, today()), 201)["state"] == "completed"


def test_what_arrived_or_was_taken_back_needs_no_letter(parties: Parties) -> None:
    arrived, withdrawn = parties.sent(), parties.sent(to=without_account(parties, email=None))
    parties.decide(withdrawn, "withdraw")
    for made in (arrived, withdrawn):
        assert "post" not in parties.asker.see(made)["actions"]
        refused(posted(parties, made, today()), 409, "state-conflict")


def test_what_did_not_arrive_by_the_agreed_day_can_go_by_letter(parties: Parties) -> None:
    made = parties.started(consent=ORAL)["id"]
    request = parties.message(made).id
    releasing.decide(parties.world.database, parties.vault, request)  # and then the way to it is down
    refused(posted(parties, made, today()), 409, "state-conflict")
    with parties.world.database.transaction() as session:
        session.get_one(Message, request).released_at = now() - timedelta(days=30)
    assert "post" in parties.asker.see(made)["actions"]
    assert good(posted(parties, made, today()), 201)["state"] == "received"
    assert parties.message(made).channel == "letter"


def test_who_does_not_answer_in_time_ends_the_asking_and_it_can_be_asked_again(parties: Parties) -> None:
    made = parties.started()["id"]
    with parties.world.database.transaction() as session:
        session.get_one(Consent, parties.consent_of(session, made).id).answer_by = now() - timedelta(days=1)
    sweep(parties.world.database, now())
    assert (parties.message(made).state, parties.message(made).closed_because) == ("stopped", "expired")
    assert told(parties, made) == [("asker", "not-sent")]
    assert parties.asker.see(made)["standing"].startswith("De werkende heeft niet geantwoord")
    again = parties.asker.did(made, "consent-request", {})
    assert again["consentLink"]
    parties.decide(made, "give")
    parties.keep_promises()
    seen = parties.asked.see(made)
    assert [one["letter"]["findings"] for one in seen["messages"]] == [FINDINGS]


def test_asking_again_gives_a_new_link_and_ends_the_old_one(parties: Parties) -> None:
    made = parties.started()
    again = parties.asker.did(made["id"], "consent-request", {})
    assert again["consentLink"] != made["consentLink"]
    with parties.world.database.reading() as session:
        request = parties.message(made["id"]).id
        assert len(session.exec(select(Consent).where(Consent.message_id == request)).all()) == 1
    recorded = parties.asker.did(made["id"], "consent-request", ORAL)
    assert recorded["consentLink"] is None
    parties.keep_promises()
    assert parties.asked.see(made["id"])["state"] == "received"


# A mail says nothing


def test_a_mail_to_a_practice_holds_a_link_and_a_reference_and_nothing_else(parties: Parties) -> None:
    made = parties.sent(to=without_account(parties))
    look(parties, Job.REMIND_ASKED, parties.message(made).id)
    parties.keep_promises()
    first, second = letters(parties, made)
    row = parties.row(made)
    for letter, still in ((first, ""), (second, "nog ")):
        assert letter["To"] == "praktijk@example.org"
        assert letter["Subject"] == f"Er staat {still}een bericht voor u klaar (kenmerk {row.reference})"
        said = str(letter).lower()
        assert [word for word in PRIVATE if word.lower() in said] == []
        assert str(row.id) not in said
    tokens = [part.split("/bericht/")[1].split()[0] for part in (first.get_content(), second.get_content())]
    assert tokens[0] != tokens[1]
    with parties.world.database.reading() as session:
        found = session.exec(select(PracticeLink).where(PracticeLink.referral_id == row.id)).all()
    assert len(found) == 2
    assert all(token not in str(link) for link in found for token in tokens)
    assert all(timedelta(days=20) < link.expires_at - now() < timedelta(days=22) for link in found)


def test_mailing_twice_gives_the_same_link(parties: Parties) -> None:
    made = parties.sent(to=without_account(parties))
    with parties.world.database.transaction() as session:
        notice = session.exec(select(Notice).where(Notice.referral_id == UUID(made))).one()
        notice.mailed_at = None
        session.flush()
        first, second = (notices.write_mail(session, parties.vault, notice.id) for _ in range(2))
    assert first is not None
    assert first == second
    assert "token" not in repr(first)


def test_a_doctor_who_signs_in_is_told_at_the_own_address(parties: Parties) -> None:
    made = parties.sent(
        recipient={"organisation": str(parties.asked.organisation), "practitioner": str(parties.asked.practitioner)}
    )
    (letter,) = letters(parties, made)
    assert letter["To"] == "arts@example.org"
    assert "/bericht/" not in letter.get_content()


def test_a_mail_that_comes_back_is_told_and_not_sent_there_again(parties: Parties, refusing: str) -> None:
    practice = without_account(parties)
    settings = parties.world.settings.model_copy(update={"smtp_url": refusing})
    made = parties.started(to=practice, consent=ORAL)["id"]
    parties.keep_promises(Job.DELIVER_MESSAGE)
    with parties.world.database.reading() as session:
        notice = session.exec(select(Notice).where(Notice.referral_id == UUID(made))).one()
    notices.mail_notice(parties.world.database, settings, parties.vault, notice.id)
    with parties.world.database.reading() as session:
        assert session.get_one(Address, practice).bounced_at is not None
    assert told(parties, made) == [("asked", "message"), ("asker", "bounced")]
    assert parties.asker.see(made)["standing"].startswith("Nog niet aangekomen")
    assert parties.message(parties.sent(to=practice)).channel == "letter"


# A doctor who moved


def moved(parties: Parties, side: Side, to: UUID) -> None:
    with parties.world.database.transaction() as session:
        addresses.move_doctor(session, session.get_one(Practitioner, side.practitioner), to)


def test_what_is_for_a_doctor_who_moved_comes_back(parties: Parties) -> None:
    recipient = {"organisation": str(parties.asked.organisation), "practitioner": str(parties.asked.practitioner)}
    made = parties.started(recipient=recipient)["id"]
    moved(parties, parties.asked, parties.organisation("gp-practice"))
    parties.decide(made, "give")
    parties.keep_promises()
    assert (parties.message(made).closed_because, parties.message(made).released_at) == ("moved", None)
    assert told(parties, made) == [("asker", "moved")]
    assert parties.asker.see(made)["standing"].startswith("De arts werkt daar niet meer")
    refused(parties.asked.visitor.get(f"/referrals/{made}"), 404, "not-found")


def test_it_follows_the_doctor_only_where_the_worker_allowed_it(parties: Parties) -> None:
    new_practice = parties.side("gp-practice")
    recipient = {"organisation": str(parties.asked.organisation), "practitioner": str(parties.asked.practitioner)}
    made = parties.started(recipient=recipient)["id"]
    moved(parties, parties.asked, new_practice.organisation)
    with parties.world.database.transaction() as session:
        given = parties.consent_of(session, made)
        general = given.model_dump(exclude={"id", "message_id"}) | {"to_organisation": new_practice.organisation}
        session.add(Consent(**general | {"state": "given"}))
    parties.decide(made, "give")
    parties.keep_promises()
    refused(parties.asked.visitor.get(f"/referrals/{made}"), 404, "not-found")
    assert new_practice.see(made)["messages"][0]["letter"]["findings"] == FINDINGS


def test_an_objection_stops_what_rested_on_a_general_yes(parties: Parties) -> None:
    made = parties.sent()
    with parties.world.database.transaction() as session:
        given = session.get_one(Consent, parties.consent_of(session, made).id)
        given.message_id = None
    assert FINDINGS in parties.asked.visitor.get(f"/referrals/{made}").text
    with parties.world.database.transaction() as session:
        worker = parties.worker(session, parties.row(made).person_id)
        deciding.object_to(session, parties.vault, worker, parties.asker.organisation, parties.asked.organisation)
    parties.keep_promises()
    seen = parties.asked.visitor.get(f"/referrals/{made}")
    assert FINDINGS not in seen.text
    assert [one["kind"] for one in seen.json()["messages"]] == ["request", "consent-withdrawn"]


def subscribed(side: Side) -> str:
    address: str = good(side.visitor.post("/referrals/calendar-address"), 201)["address"]
    return address


def test_the_calendar_holds_a_day_and_a_reference_and_nothing_else(parties: Parties) -> None:
    made, done = parties.sent(), parties.answered()
    for side in (parties.asker, parties.asked):
        answer = parties.world.http.get(subscribed(side))
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
        row = parties.row(made)
        assert str(event["SUMMARY"]) == f"Bericht {row.reference}"
        assert row.due_at is not None
        assert event["DTSTART"].to_ical() == f"{row.due_at:%Y%m%d}".encode()
        assert set(event) == {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"}
        assert done not in answer.text
    assert good(parties.asked.visitor.get("/referrals?state=received"), 200)
    parties.asked.did(made, "reply", ANSWER | {"consent": ORAL})


def test_a_calendar_has_one_address_which_its_doctor_ends(parties: Parties) -> None:
    get, own, other = parties.world.http.get, parties.asker, parties.asked
    first, others = subscribed(own), subscribed(other)
    second = subscribed(own)
    assert re.fullmatch(rf"{BASE}/verwijzingen/agenda/[\w-]{{32}}\.ics", second)
    assert [get(address).status_code for address in (first, second, others)] == [404, 200, 200]
    assert own.visitor.call("DELETE", "/referrals/calendar-address").status_code == 204
    assert own.visitor.call("DELETE", "/referrals/calendar-address").status_code == 204
    assert [get(address).status_code for address in (second, others)] == [404, 200]


def test_asking_for_an_address_twice_with_one_key_gives_one_address(parties: Parties) -> None:
    one, same = (
        good(parties.asker.visitor.post("/referrals/calendar-address", Idempotency_Key="k"), 201) for _ in range(2)
    )
    assert one == same
    assert parties.world.http.get(one["address"]).status_code == 200


def test_the_address_of_a_calendar_is_kept_as_a_hash_and_not_logged(parties: Parties) -> None:
    address = subscribed(parties.asker)
    assert parties.world.http.get(address).status_code == 200
    token = address.rsplit("/", 1)[1].removesuffix(".ics")
    with parties.world.database.reading() as session:
        kept = session.get_one(CalendarAddress, parties.asker.visitor.id)
    assert token not in str(kept)
    assert token not in parties.world.log.getvalue()


def test_who_may_no_longer_sign_in_has_no_calendar(parties: Parties) -> None:
    address = subscribed(parties.asker)
    for change in ({"active": False}, {"active": True, "role": "administrator"}):
        with parties.world.database.transaction() as session:
            session.get_one(Account, parties.asker.visitor.id).sqlmodel_update(change)
        assert parties.world.http.get(address).status_code == 404


def test_a_system_has_no_calendar(parties: Parties) -> None:
    system = parties.world.system(Role.HIS_SYSTEM)
    refused(system.post("/referrals/calendar-address"), 403, "forbidden")
