"""A practice without an account: the link alone shows nothing, and a code from its own mailbox opens one exchange."""

import re
from datetime import timedelta

import pytest
from sqlmodel import select

from service.audit.tables import PersonEvent
from service.clock import now
from service.identity.tables import Organisation, hashed
from service.parties.tables import Address
from service.referrals import practice
from service.referrals.tables import PracticeLink
from tests.web.clinics import FINDINGS, NAME, ORAL, QUESTIONS, Clinics, clinics_in, errors_of, form_with, passed, press
from tests.web.site import Site, words_of


@pytest.fixture
def clinics(site: Site) -> Clinics:
    return clinics_in(site)


def change(clinics: Clinics, path: str, **columns: object) -> None:
    """Put something in the link that time would have put there."""
    with clinics.site.database.transaction() as session:
        row = session.get_one(PracticeLink, hashed(path.rpartition("/")[2]))
        for name, value in columns.items():
            setattr(row, name, value)
        session.add(row)


def test_the_link_alone_shows_nothing(clinics: Clinics) -> None:
    clinics.sent()
    path, there = clinics.link(), clinics.stranger()
    closed = there.get(path)
    assert closed.status_code == 200
    for hidden in (NAME, FINDINGS, QUESTIONS[0], clinics.practice_name, clinics.practice_mail, "Verzoek", "Arbodienst"):
        assert hidden not in closed.text
    for more in ("/brief", "/bijlagen/00000000-0000-0000-0000-000000000000"):
        assert there.get(path + more).status_code == 404
    assert there.client.post(path, data={"do": "accept", "version": "1", "csrf": "x"}).status_code == 403
    assert there.get("/bericht/een-andere").status_code == 404


def test_no_mail_says_what_it_is_about(clinics: Clinics) -> None:
    clinics.sent()
    passed(clinics, clinics.link())
    mails = clinics.mails()
    assert len(mails) == 2
    for hidden in (NAME, FINDINGS, QUESTIONS[0], clinics.practice_name, "arts"):
        assert not any(hidden in mail for mail in mails)


def test_the_code_opens_one_device_once(clinics: Clinics) -> None:
    clinics.sent()
    path = clinics.link()
    there = passed(clinics, path)
    assert NAME in words_of(there.get(path).text)
    again = clinics.stranger()
    assert again.client.post(f"{path}/controle", data={"code": clinics.code()}).status_code == 400
    assert NAME not in again.get(path).text
    with clinics.site.database.reading() as session:
        looks = session.exec(select(PersonEvent).where(PersonEvent.actor == clinics.practice)).all()
    assert {"referral.link-check", "referral.read"} <= {one.event for one in looks}


def test_five_wrong_codes_end_the_code(clinics: Clinics) -> None:
    clinics.sent()
    path, there = clinics.link(), clinics.stranger()
    there.client.post(f"{path}/code")
    clinics.relay()
    right = clinics.code()
    for _ in range(practice.TRIES):
        assert there.client.post(f"{path}/controle", data={"code": "abc"}).status_code == 400
    assert there.client.post(f"{path}/controle", data={"code": right}).status_code == 400
    there.client.post(f"{path}/code")
    clinics.relay()
    assert there.client.post(f"{path}/controle", data={"code": clinics.code()}).status_code == 303


def test_codes_cannot_be_asked_without_end(clinics: Clinics) -> None:
    clinics.sent()
    path, there = clinics.link(), clinics.stranger()
    answers = [there.client.post(f"{path}/code").status_code for _ in range(7)]
    assert answers[:5] == [303] * 5
    assert answers[-1] == 429


def test_an_old_code_an_old_device_and_an_old_link_are_no_good(clinics: Clinics) -> None:
    clinics.sent()
    path, late = clinics.link(), now() - timedelta(seconds=1)
    there = clinics.stranger()
    there.client.post(f"{path}/code")
    clinics.relay()
    change(clinics, path, code_until=late)
    assert there.client.post(f"{path}/controle", data={"code": clinics.code()}).status_code == 400
    known = passed(clinics, path)
    change(clinics, path, device_until=late)
    assert NAME not in known.get(path).text
    change(clinics, path, expires_at=late)
    assert known.get(path).status_code == 404


def test_a_code_goes_to_the_practice_and_not_to_an_address_that_bounced(clinics: Clinics) -> None:
    clinics.sent()
    path = clinics.link()
    with clinics.site.database.transaction() as session:
        session.get_one(Address, clinics.practice).bounced_at = now()
    clinics.stranger().client.post(f"{path}/code")
    clinics.relay()
    assert len(clinics.mails()) == 1


def test_an_exchange_that_moved_on_is_closed_to_the_old_practice(clinics: Clinics) -> None:
    back = clinics.sent()
    path = clinics.link()
    there = passed(clinics, path)
    with clinics.site.database.transaction() as session:
        other = Organisation(name="Een andere praktijk", kind="gp-practice")
        session.add(other)
        session.flush()
        row = session.merge(clinics.row(back))
        row.to_organisation = other.id
    assert there.get(path).status_code == 404


def test_not_my_patient_takes_the_letter_away(clinics: Clinics) -> None:
    back = clinics.sent()
    path = clinics.link()
    there = passed(clinics, path)
    assert press(there, path, "not-mine", text="Verhuisd").status_code == 303
    after = there.get(path).text
    assert FINDINGS not in after
    assert NAME not in after
    clinics.relay()
    assert "Teruggestuurd" in words_of(clinics.visitor().get(back).text)


def test_the_screen_is_there_in_english(clinics: Clinics) -> None:
    clinics.sent()
    path = clinics.link()
    closed = words_of(clinics.stranger().get(f"{path}?lang=en").text)
    assert "A message is waiting for you" in closed
    shown = words_of(passed(clinics, path).get(f"{path}?lang=en").text)
    for words in ("I take this over", "I have a question", "Not my patient", "Copy to GP system"):
        assert words in shown


def test_a_file_goes_along_with_the_answer(clinics: Clinics) -> None:
    back = clinics.sent()
    path = clinics.link()
    there = passed(clinics, path)
    hidden = {name: form_with(there.get(path).text, "reply")[name] for name in ("csrf", "version")}
    none = there.client.post(f"{path}/bijlagen", data=hidden, files={"file": ("", b"")})
    assert (none.status_code, errors_of(none)) == (400, ["Kies eerst een bestand."])
    lab = {"file": ("lab.txt", b"Hb 8,1 mmol/l\n", "text/plain")}
    assert there.client.post(f"{path}/bijlagen", data=hidden, files=lab).status_code == 303
    answer = {"answers.0.answer": "Naproxen", "none.1": "true"} | ORAL
    assert press(there, path, "reply", **answer).status_code == 303
    clinics.relay()
    mine = clinics.visitor()
    file = re.findall(rf"{back}/bijlagen/[0-9a-f-]+", mine.get(back).text)[0]
    assert mine.get(file).text == "Hb 8,1 mmol/l\n"
