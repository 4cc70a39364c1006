"""Two doctors and a worker, from page to page, without script."""

import re
from typing import Any

import pytest

from service.clock import today
from service.parties.tables import Address
from service.referrals import attachments
from tests.web.clinics import (
    FACTS,
    FINDINGS,
    LETTER,
    NAME,
    ORAL,
    QUESTIONS,
    WORKER,
    Clinics,
    ask,
    clinics_in,
    errors_of,
    form_with,
    passed,
    press,
)
from tests.web.site import Site, Visitor, fields_of, words_of

ANSWER = {"answers.0.answer": FACTS, "none.1": "true"}


@pytest.fixture
def clinics(site: Site) -> Clinics:
    return clinics_in(site)


def consented(clinics: Clinics, path: str, answer: str = "yes") -> Visitor:
    """The worker's phone: the check, and a button."""
    phone = clinics.stranger()
    phone.client.post(f"{path}/controle", data={"answer": "1971"})
    shown = phone.get(path)
    assert phone.send(shown, f"{path}/antwoord", answer=answer).status_code in {200, 303}
    clinics.relay()
    return phone


def link_on(html: str) -> str:
    return str(re.findall(r"(/toestemming/[\w-]+)", html)[0])


def test_a_doctor_asks_a_worker_consents_a_practice_answers_and_the_doctor_reads(clinics: Clinics) -> None:
    mine = clinics.visitor()
    asked = ask(mine, clinics)
    assert asked.status_code == 200
    assert "<svg" in asked.text, "the QR code of the link"
    back = re.findall(r'href="(/verwijzingen/[0-9a-f-]{36})"', asked.text)[0]
    assert "Wacht op toestemming van de werkende" in words_of(mine.get(back).text)
    clinics.relay()
    assert clinics.mails() == [], "nothing leaves before the worker says yes"

    consented(clinics, link_on(asked.text))
    assert "Huisarts heeft nog niet gekeken" in words_of(mine.get("/verwijzingen").text)

    path = clinics.link()
    there = passed(clinics, path)
    screen = there.get(path)
    seen = words_of(screen.text)
    for known in (NAME, FINDINGS, *QUESTIONS):
        assert known in seen
    assert seen.index(QUESTIONS[0]) < seen.index(FINDINGS), "the question comes first"
    assert press(there, path, "accept", text="Wij kijken ernaar").status_code == 303
    clinics.relay()
    assert "Wij kijken ernaar" in words_of(mine.get(back).text)

    answered = press(there, path, "reply", **ANSWER)
    assert answered.status_code == 200, errors_of(answered)
    assert FACTS not in mine.get(back).text, "the way back has a consent of its own"
    consented(clinics, link_on(answered.text))
    read = words_of(mine.get(back).text)
    assert FACTS in read
    assert f"{QUESTIONS[1]} Niet gevraagd of niet bekend." in read
    assert "Beantwoord" in read


def test_a_list_names_no_worker_and_says_what_to_do(clinics: Clinics) -> None:
    clinics.sent()
    mine, gp = clinics.visitor(), clinics.site.visitor(clinics.huisarts())
    sent, inbox = mine.get("/verwijzingen"), gp.get("/verwijzingen")
    for page in (sent, inbox):
        assert NAME not in page.text
        assert FINDINGS not in page.text
    assert "Lees het bericht" in words_of(inbox.text)
    assert clinics.practice_name in words_of(sent.text)
    assert "Er wacht niets" not in words_of(gp.get("/").text)
    assert "1 nieuw van een andere arts" in words_of(gp.get("/").text)
    assert "Niets gevonden" in words_of(mine.get("/verwijzingen?bak=verstuurd&stand=klaar").text)
    assert "Verzoek om informatie" in words_of(mine.get("/verwijzingen?bak=verstuurd&stand=open").text)


def test_a_calendar_gets_an_address_that_is_shown_once_and_can_be_ended(clinics: Clinics) -> None:
    clinics.sent()
    mine = clinics.visitor()
    shown = mine.send(mine.get("/verwijzingen/agenda"), "/verwijzingen/agenda", "make")
    address = re.search(r'value="http://[^/]*(/verwijzingen/agenda/[^"]*)"', shown.text)
    assert address
    assert "BEGIN:VCALENDAR" in mine.get(address[1]).text
    assert address[1] not in mine.get("/verwijzingen/agenda").text
    ended = mine.send(mine.get("/verwijzingen/agenda"), "/verwijzingen/agenda", "end")
    assert "werkt niet meer" in words_of(ended.text)
    assert mine.get(address[1]).status_code == 404


def test_everything_wrong_is_said_at_once_and_nothing_typed_is_lost(clinics: Clinics) -> None:
    mine = clinics.visitor()
    before = clinics.persons()
    wrong = ask(
        mine, clinics, **{
            "recipient.code": "", "recipient.q": "bestaat niet", "letter.question": "", "person.birthDate": "31-2-1970",
            "person.email": "geen adres", "consent.basis": "oral", "letter.reason": "Blijft staan",
        },
    )  # fmt: skip
    assert wrong.status_code == 400
    told = errors_of(wrong)
    assert len(told) == 5, told
    assert any("precies welke gegevens" in one for one in told), "the rule of the agreement"
    kept = fields_of(wrong.text)
    assert kept["letter.reason"] == "Blijft staan"
    assert kept["letter.findings"] == FINDINGS
    assert kept["person.name"] == NAME
    assert clinics.persons() == before


def test_what_the_service_refuses_later_leaves_nothing_behind(clinics: Clinics) -> None:
    before = clinics.persons()
    child = ask(clinics.visitor(), clinics, **{"person.birthDate": "1-2-2020"})
    assert child.status_code == 400
    assert any("wettelijk vertegenwoordiger" in one for one in errors_of(child))
    assert clinics.persons() == before
    assert (
        ask(
            clinics.visitor(), clinics, **{"person.birthDate": "1-2-2020", "consent.representative": "De moeder"}
        ).status_code
        == 200
    )


def test_required_parts_are_marked_with_the_rule_and_its_source(clinics: Clinics) -> None:
    page = clinics.visitor().get("/verwijzingen/nieuw?soort=information-request").text
    assert "Regel AO-03" in words_of(page)
    assert 'href="https://www.lhv.nl/' in page
    choose = words_of(clinics.visitor().get("/verwijzingen/nieuw").text)
    assert "Second opinion" in choose
    assert "Verwijzing om het werk" not in choose, "only the huisarts and the specialist send those"


def test_a_click_twice_makes_one_exchange(clinics: Clinics) -> None:
    mine = clinics.visitor()
    form = fields_of(mine.get("/verwijzingen/nieuw?soort=information-request").text)
    data = (
        form
        | WORKER
        | LETTER
        | {"recipient.q": clinics.practice_name, "recipient.code": str(clinics.practice), "do": "ask"}
    )
    first, second = (mine.client.post("/verwijzingen/nieuw", data=data) for _ in range(2))
    assert first.status_code == 200
    assert second.status_code == 303
    assert second.headers["Location"] in first.text


def test_without_script_the_practice_and_an_earlier_worker_are_found_by_a_search(clinics: Clinics) -> None:
    clinics.sent()
    mine, before = clinics.visitor(), clinics.persons()
    form = fields_of(mine.get("/verwijzingen/nieuw?soort=information-request").text)
    typed = {"recipient.q": clinics.practice_name.split()[1], "known.q": "truus", "do": "search"}
    found = mine.client.post("/verwijzingen/nieuw", data=form | typed)
    assert f'name="recipient.code" value="{clinics.practice}"' in found.text, "the practice, or its doctor: one chooses"
    kept = fields_of(found.text)
    assert kept["known.q"] == NAME
    chosen = {"recipient.code": str(clinics.practice), "do": "ask"}
    answer = mine.client.post("/verwijzingen/nieuw", data=kept | LETTER | ORAL | chosen)
    assert answer.status_code == 303, errors_of(answer)
    assert clinics.persons() == before
    by_script = mine.get(f"/verwijzingen/adresboek?q={clinics.practice_name}").json()["items"]
    assert by_script[0]["code"] == str(clinics.practice)
    assert mine.get("/verwijzingen/werkenden?q=truus").json()["items"][0]["label"] == NAME


def test_another_doctors_workers_are_not_found(clinics: Clinics) -> None:
    clinics.sent()
    other = clinics_in(clinics.site).visitor()
    assert other.get("/verwijzingen/werkenden?q=truus").json() == {"items": []}


def test_from_a_notification_nothing_is_typed_twice_and_only_the_doctor_knows(clinics: Clinics) -> None:
    mine = clinics.visitor()
    notification = _filed(mine)
    assert "Verwijs of vraag" in mine.get(f"/meldingen/{notification}").text
    shown = mine.get(f"/verwijzingen/nieuw?soort=referral&melding={notification}")
    form = fields_of(shown.text)
    assert form["diagnosis.code"] == "L694"
    assert form["letter.work.demands"] == "Metselen in de woningbouw"
    assert "till" in form["letter.exposures"].lower()
    recipient = {"recipient.q": clinics.practice_name, "recipient.code": str(clinics.practice)}
    sent = mine.client.post(
        "/verwijzingen/nieuw",
        data=form | recipient | WORKER | LETTER | ORAL | {"letter.reason": "Graag behandelen", "do": "ask"},
    )
    assert sent.status_code == 303, errors_of(sent)
    back = sent.headers["Location"]
    assert back in mine.get(f"/meldingen/{notification}").text
    assert f"/meldingen/{notification}" in mine.get(back).text
    clinics.relay()
    path = clinics.link()
    there = passed(clinics, path).get(path)
    assert "L694" in there.text
    assert notification not in there.text
    assert clinics.stranger().get(f"/verwijzingen/nieuw?melding={notification}").status_code == 303


def _filed(mine: Visitor) -> str:
    case = {
        "diagnosis__q": "L694", "exposures__0__q": "till", "workNature": "Metselen in de woningbouw",
        "occupation__q": "7112", "sector__q": "4120", "worker__birthYear": "1971", "worker__sex": "female",
        "assessment__workRelation": "likely", "arbodienst__kind": "independent",
    }  # fmt: skip
    found = mine.send(mine.get("/meldingen/nieuw"), "/meldingen/nieuw", "search", **case)
    code = re.findall(r'name="exposures.0.code" value="([^"]+)"', found.text)[0]
    filed = mine.send(found, "/meldingen/nieuw", "file", **case | {"exposures__0__code": code})
    assert filed.status_code == 303, errors_of(filed)
    return filed.headers["Location"].split("/")[2]


def test_files_go_along_and_come_out_safely(clinics: Clinics) -> None:
    mine = clinics.visitor()
    draft = ask(mine, clinics, do="draft").headers["Location"].partition("#")[0]
    page = mine.get(draft)
    hidden = {name: form_with(page.text, "consent")[name] for name in ("csrf", "version")}
    odd = mine.client.post(f"{draft}/bijlagen", data=hidden, files={"file": ("a.pdf", b"MZ\x00", "application/pdf")})
    assert odd.status_code == 400
    assert errors_of(odd) == ["Stuur een pdf, png, jpeg of gewone tekst in UTF-8."]
    for size, status in ((attachments.MOST_BYTES, 303), (attachments.MOST_BYTES + 1, 400)):
        large = {"file": ("groot.txt", b"a" * size, "text/plain")}
        hidden["version"] = form_with(mine.get(draft).text, "consent")["version"]
        assert mine.client.post(f"{draft}/bijlagen", data=hidden, files=large).status_code == status
    hidden["version"] = form_with(mine.get(draft).text, "consent")["version"]
    title = 'gehoor"; x=\r\n.pdf'
    added = mine.client.post(f"{draft}/bijlagen", data=hidden, files={"file": (title, b"%PDF-1.4 audio", "text/html")})
    assert added.status_code == 303
    asked = press(mine, draft, "consent", **ORAL)
    assert asked.status_code == 303, errors_of(asked)
    clinics.relay()
    path = clinics.link()
    there = passed(clinics, path)
    file = re.findall(rf"{path}/bijlagen/[0-9a-f-]+", there.get(path).text)[-1]
    got = there.get(file)
    assert got.content == b"%PDF-1.4 audio"
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["content-disposition"].startswith('attachment; filename="bijlage"; ')
    assert clinics.stranger().get(file).status_code == 404


def test_a_question_back_is_answered_with_a_supplement(clinics: Clinics) -> None:
    back = clinics.sent()
    mine, gp = clinics.visitor(), clinics.site.visitor(clinics.huisarts())
    assert press(gp, back, "ask-back").status_code == 400, "a question has words"
    assert press(gp, back, "ask-back", text="Sinds wanneer?").status_code == 303
    clinics.relay()
    assert "Sinds wanneer?" in words_of(mine.get(back).text)
    form = mine.get(f"{back}/aanvulling")
    empty = mine.client.post(f"{back}/aanvulling", data=fields_of(form.text) | ORAL | {"do": "ask"})
    assert (empty.status_code, len(errors_of(empty))) == (400, 1)
    sent = mine.client.post(
        f"{back}/aanvulling", data=fields_of(form.text) | ORAL | {"letter.findings": "Sinds mei", "do": "ask"}
    )
    assert sent.status_code == 303, errors_of(sent)
    clinics.relay()
    assert "Sinds mei" in words_of(gp.get(back).text)


def test_the_answer_form_takes_only_what_was_asked(clinics: Clinics) -> None:
    back = clinics.sent()
    gp = clinics.site.visitor(clinics.huisarts())
    shown = gp.get(back)
    assert "Regel AO-04" in words_of(shown.text)
    both = press(gp, back, "reply", shown, **{"answers.0.answer": FACTS, "none.0": "true"} | ORAL)
    assert both.status_code == 400
    assert len(errors_of(both)) == 2, "one question has two answers, and the other none"
    assert FACTS in both.text
    assert press(gp, back, "reply", shown, **ANSWER | ORAL).status_code == 303
    clinics.relay()
    assert FACTS in clinics.visitor().get(back).text


@pytest.mark.parametrize(
    "do, filled, state",
    [
        ("not-mine", {}, "rejected"),
        ("reject", {"back.reason": "not-competent"}, "rejected"),
        ("accept", {}, "accepted"),
    ],
)
def test_the_asked_doctor_decides_and_the_asker_hears(clinics: Clinics, do: str, filled: Any, state: str) -> None:
    back = clinics.sent()
    gp = clinics.site.visitor(clinics.huisarts())
    assert press(gp, back, do, **filled).status_code == 303
    assert clinics.row(back).state == state
    assert (FINDINGS in gp.get(back).text) == (do != "not-mine")


def test_a_reason_is_needed_to_send_back_and_to_withdraw(clinics: Clinics) -> None:
    back = clinics.sent()
    gp, mine = clinics.site.visitor(clinics.huisarts()), clinics.visitor()
    assert press(gp, back, "reject").status_code == 400
    assert press(mine, back, "cancel").status_code == 400
    assert press(mine, back, "cancel", **{"cancel.text": "Niet meer nodig"}).status_code == 303
    clinics.relay()
    assert "Niet meer nodig" in words_of(gp.get(back).text)


def test_two_windows_do_not_undo_each_other(clinics: Clinics) -> None:
    back = clinics.sent()
    gp = clinics.site.visitor(clinics.huisarts())
    gp.get(back)
    shown = gp.get(back)
    assert press(gp, back, "accept", shown).status_code == 303
    assert press(gp, back, "not-mine", shown).status_code == 412


def test_advice_becomes_a_referral_with_the_same_letter(clinics: Clinics) -> None:
    back = clinics.sent(kind="advice-request")
    mine = clinics.visitor()
    form = mine.get(f"{back}/omzetten")
    assert fields_of(form.text)["letter.findings"] == FINDINGS
    made = mine.client.post(
        f"{back}/omzetten", data=fields_of(form.text) | ORAL | {"letter.reason": "Graag behandelen", "do": "ask"}
    )
    assert made.status_code == 303, errors_of(made)
    assert clinics.row(made.headers["Location"]).kind == "referral"
    assert back in mine.get(made.headers["Location"]).text


def test_a_huisarts_makes_a_work_referral_of_advice(clinics: Clinics) -> None:
    gp = clinics.site.visitor(clinics.huisarts())
    recipient = {"recipient.q": clinics.arbodienst_name, "recipient.code": str(clinics.arbodienst)}
    asked = ask(gp, clinics, "advice-request", **ORAL | recipient)
    assert asked.status_code == 303, errors_of(asked)
    clinics.relay()
    back = asked.headers["Location"]
    form = fields_of(gp.get(f"{back}/omzetten").text)
    lacking = gp.client.post(f"{back}/omzetten", data=form | ORAL | {"do": "ask"})
    assert len(errors_of(lacking)) == 2, "the reason, and the work"
    more = {"letter.reason": "Past het werk nog?", "letter.work.demands": "Tillen"}
    made = gp.client.post(f"{back}/omzetten", data=form | ORAL | more | {"do": "ask"})
    assert made.status_code == 303, errors_of(made)
    assert clinics.row(made.headers["Location"]).kind == "work-referral"


def test_the_letter_is_a_page_and_a_pdf_once_it_went_out(clinics: Clinics) -> None:
    mine = clinics.visitor()
    waiting = re.findall(r'href="(/verwijzingen/[0-9a-f-]{36})"', ask(mine, clinics).text)[0]
    assert mine.get(f"{waiting}/brief").status_code == 404
    back = clinics.sent()
    assert FINDINGS in words_of(mine.get(f"{back}/brief").text)
    pdf = mine.get(f"{back}/brief?vorm=pdf")
    assert pdf.content.startswith(b"%PDF")
    assert "attachment" in pdf.headers["content-disposition"]


def test_who_withdrew_ends_it_for_both(clinics: Clinics) -> None:
    mine = clinics.visitor()
    asked = ask(mine, clinics)
    phone = consented(clinics, link_on(asked.text))
    path = clinics.link()
    there = passed(clinics, path)
    assert FINDINGS in there.get(path).text
    stop = f"{link_on(asked.text)}/intrekken"
    assert phone.send(phone.get(stop), stop).status_code == 303
    clinics.relay()
    after = there.get(path)
    assert FINDINGS not in after.text
    assert NAME not in after.text
    assert "trok de toestemming in" in words_of(after.text)
    assert there.get(f"{path}/brief").status_code == 404


def test_strangers_find_nothing(clinics: Clinics) -> None:
    back = clinics.sent()
    other = clinics_in(clinics.site)
    for who in (other.visitor(), clinics.site.visitor(other.huisarts())):
        assert who.get(back).status_code == 404
        assert who.get(f"{back}/brief").status_code == 404
    assert clinics.stranger().get(back).status_code == 303


def test_on_this_screen_the_doctor_hands_it_over(clinics: Clinics) -> None:
    mine = clinics.visitor()
    handed = ask(mine, clinics, **{"consent.basis": "screen"})
    assert "Geef het scherm aan de werkende" in words_of(handed.text)
    consented(clinics, link_on(handed.text))
    clinics.relay()
    assert clinics.mails()


def test_a_new_link_ends_the_old_one(clinics: Clinics) -> None:
    mine = clinics.visitor()
    asked = ask(mine, clinics)
    back = re.findall(r'href="(/verwijzingen/[0-9a-f-]{36})"', asked.text)[0]
    again = press(mine, back, "consent")
    assert again.status_code == 200
    assert clinics.stranger().get(link_on(asked.text)).status_code == 404
    assert clinics.stranger().get(link_on(again.text)).status_code == 200


@pytest.mark.parametrize("page", ["", "/nieuw", "/nieuw?soort=referral", "/nieuw?soort=second-opinion"])
def test_every_page_is_there_in_english(clinics: Clinics, page: str) -> None:
    text = words_of(clinics.visitor().get(f"/verwijzingen{page}{'&' if '?' in page else '?'}lang=en").text)
    assert not re.search(r"\b(de|het|een|niet|werkende|vraag)\b", text), text


def test_a_letter_that_arrives_nowhere_is_posted_and_said_to_be(clinics: Clinics) -> None:
    with clinics.site.database.transaction() as session:
        session.get_one(Address, clinics.practice).email = None
    address, mine = clinics.sent(), clinics.visitor()
    assert "Op papier" in words_of(mine.get(address).text)
    refused = press(mine, address, "post", postedOn="")
    assert "Vul de dag in" in words_of(refused.text)
    assert press(mine, address, "post", postedOn=today().isoformat()).status_code == 303
    shown = words_of(mine.get(address).text)
    assert "Per brief verzonden op" in shown
    assert "Brief op de post gedaan" in shown
    assert "Op papier" not in shown
