"""The registry's desk in a browser without script."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from service.criteria.catalogue import catalogue
from service.identity.access import Role
from service.identity.tables import Account
from service.notifications.schemas import NotificationContent
from service.notifications.tables import unseen_notices
from service.text import Language
from service.web.registry_content import parts_of
from service.web.units import in_words
from tests.api.world import Visitor, World, case, good, opened, with_override
from tests.web.visits import Browser, text_of

QUESTION = "Hoe zwaar was de last die de werkende tilde?"


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    copyfile(sqlite_template, folder / "arbobrug.db")
    with opened(f"sqlite:///{folder / 'arbobrug.db'}", folder) as made:
        yield made


@pytest.fixture
def doctor(world: World) -> Visitor:
    return world.person()


@pytest.fixture
def desk(world: World) -> Browser:
    return Browser(world, world.person(Role.REGISTRY))


def queued(doctor: Visitor, **changes: Any) -> tuple[str, str]:
    """File what goes to the queue; gives the address at the desk and the number."""
    receipt = doctor.file(with_override(**changes))
    assert receipt["state"] == "queued"
    return f"/beheer/meldingen/{receipt['notificationId']}", receipt["number"]


def test_a_notification_goes_back_with_questions_and_is_registered_when_it_returns(
    world: World, doctor: Visitor, desk: Browser
) -> None:
    address, number = queued(doctor)
    notification = address.rpartition("/")[2]
    assert number in desk.see("/beheer")
    shown = desk.get(address)
    assert "De arts wijkt af met een reden" in text_of(shown)
    assert "niet vervuld De werkende tilt of draagt dagelijks herhaald lasten" in text_of(shown)

    sent = desk.send(address, shown, act="return", question_1=QUESTION, question_2="Sinds wanneer?")
    assert "teruggestuurd. De melder krijgt bericht." in desk.see(sent.headers["location"])
    assert number in desk.see("/beheer?state=returned")
    with world.database.reading() as session:
        assert [notice.state for notice in unseen_notices(session, doctor.id)] == ["returned"]
    assert "1 kwamen terug van het registratiebureau" in Browser(world, doctor).see("/")
    assert doctor.see(notification)["questions"] == [QUESTION, "Sinds wanneer?"]

    good(doctor.change("POST", notification, "/submission"), 201)
    again = desk.get(address)
    assert QUESTION in text_of(again)
    desk.send(address, again, act="register")
    assert doctor.see(notification)["state"] == "registered"
    assert number in desk.see("/beheer?state=registered")


def test_what_the_notifier_changes_after_a_return_is_not_shown_before_it_comes_back(
    doctor: Visitor, desk: Browser
) -> None:
    address, number = queued(doctor)
    desk.send(address, desk.get(address), act="return", question_1=QUESTION)
    good(doctor.change("PUT", address.rpartition("/")[2], "", case(diagnosis={"text": "Nog in bewerking"})), 200)
    assert "Nog in bewerking" not in desk.see(address)
    returned = desk.see("/beheer?state=returned")
    assert number in returned
    assert "Nog in bewerking" not in returned


def test_not_registering_needs_a_reason_and_what_was_typed_stays(doctor: Visitor, desk: Browser) -> None:
    address, _ = queued(doctor)
    refused = desk.send(address, desk.get(address), 400, act="not-register", reason="  ")
    assert '<a href="#reason">Geef de reden; de melder krijgt die te zien.</a>' in refused.text
    assert 'role="alert"' in refused.text
    desk.send(address, refused, act="not-register", reason="Dit is een ongeval.")
    assert "Dit is een ongeval." in desk.see(address)


def test_returning_needs_a_question(doctor: Visitor, desk: Browser) -> None:
    address, _ = queued(doctor)
    refused = desk.send(address, desk.get(address), 400, act="return")
    assert '<a href="#question-1">' in refused.text


def test_a_question_that_identifies_somebody_is_refused(doctor: Visitor, desk: Browser) -> None:
    address, _ = queued(doctor)
    refused = desk.send(address, desk.get(address), 400, act="return", question_1="Goed?", question_2="a@b.nl?")
    assert '<a href="#question-2">' in refused.text


def test_a_row_can_be_added_without_script_up_to_ten(doctor: Visitor, desk: Browser) -> None:
    address, _ = queued(doctor)
    more = desk.send(address, desk.get(address), 200, act="add-question", question_1=QUESTION)
    assert QUESTION in more.text
    assert 'name="question-2"' in more.text
    assert 'name="question-3"' not in more.text
    nine = {f"question_{number}": "Vraag" for number in range(1, 10)}
    full = desk.send(address, more, 200, act="add-question", **nine)
    assert 'name="question-10"' in full.text
    assert "add-question" not in full.text


def test_two_assessors_at_once_the_second_is_told_and_keeps_what_was_typed(
    world: World, doctor: Visitor, desk: Browser
) -> None:
    address, _ = queued(doctor)
    seen = desk.get(address)
    good(doctor.change("POST", address.rpartition("/")[2], "/amendments", with_override()), 201)
    late = desk.send(address, seen, 412, act="return", question_1=QUESTION)
    assert "Iemand anders heeft dit intussen gewijzigd." in text_of(late)
    assert QUESTION in late.text
    desk.send(address, late, act="return", question_1=QUESTION)
    decided = Browser(world, world.person(Role.REGISTRY))
    gone = decided.get(address)
    assert "U wacht op het antwoord van de melder." in text_of(gone)
    answer = decided.send(address, seen, 403, act="register")
    assert "verlopen" in text_of(answer)


def test_a_decision_that_is_no_longer_possible_says_so(doctor: Visitor, desk: Browser) -> None:
    address, _ = queued(doctor)
    desk.send(address, desk.get(address), act="register")
    version = doctor.see(address.rpartition("/")[2])["version"]
    token = desk.get("/beheer").text.partition('name="csrf" value="')[2].partition('"')[0]
    answer = desk.http.post(address, data={"csrf": token, "version": version, "act": "register"})
    assert answer.status_code == 409
    assert "Dit besluit kan niet meer." in text_of(answer)


@pytest.mark.parametrize("path", ["/beheer", "/beheer/signalen"])
@pytest.mark.parametrize("role", [Role.BEDRIJFSARTS, Role.ASSISTANT, Role.HUISARTS, Role.INSPECTORATE])
def test_the_desk_is_closed_to_other_roles(world: World, role: Role, path: str) -> None:
    acts_for = world.person() if role is Role.ASSISTANT else None
    visitor = Browser(world, world.person(role, acts_for=acts_for))
    text = visitor.see(path, 403)
    assert "Deze bladzijde is niet voor uw rol" in text
    assert "toegangsbewijs" not in text


def test_nobody_signed_in_is_sent_to_the_sign_in_page(world: World) -> None:
    answer = Browser(world).get("/beheer?state=returned", 303)
    assert answer.headers["location"] == "/aanmelden?next=%2Fbeheer%3Fstate%3Dreturned"


@pytest.mark.parametrize("token", ["", "van een ander"])
def test_a_form_from_elsewhere_is_refused_and_changes_nothing(doctor: Visitor, desk: Browser, token: str) -> None:
    address, _ = queued(doctor)
    answer = desk.http.post(address, data={"csrf": token, "version": 2, "act": "register"})
    assert answer.status_code == 403
    assert "Dit formulier is verlopen" in text_of(answer)
    assert doctor.see(address.rpartition("/")[2])["state"] == "queued"


def test_the_registry_sees_no_notifier_and_script_stays_text(world: World, desk: Browser) -> None:
    notifier = world.person()
    script = "<script>alert(1)</script>"
    independent = {"kind": "independent", "name": "Praktijk Onbekend"}
    address, _ = queued(notifier, workNature=script, arbodienst=independent)
    shown = desk.get(address)
    assert script not in shown.text
    assert script in text_of(shown)
    assert isinstance(notifier.row, Account)
    for secret in ("Praktijk Onbekend", str(notifier.id), notifier.row.login):
        assert secret not in shown.text
    assert "zelfstandig bedrijfsarts" in shown.text


def test_a_finding_is_named_by_its_question_when_the_document_names_no_guideline() -> None:
    found = {"radiates_below_knee_dermatomal": False}
    document = {"diagnosis": {"cas": "L621"}, "assessment": {"findings": found}}
    parts = parts_of(NotificationContent.model_validate(document), Language.NL)
    lines = [(line.label, line.value) for part in parts for line in part.lines]
    assert ("Uitstraling tot onder de knie", "nee") in lines


def test_a_person_reads_no_annotation_of_a_unit() -> None:
    findings = {"strain_index": 7.5}
    document = {"diagnosis": {"cas": "L694"}, "assessment": {"findings": findings, "guideline": "D-LE"}}
    parts = parts_of(NotificationContent.model_validate(document), Language.NL)
    assert "7,5" in [line.value for part in parts for line in part.lines]
    asked = [question for entry in catalogue().entries for question in entry.file.questions.values()]
    assert any("{" in (question.unit or "") for question in asked)
    for question in asked:
        assert not set("{}") & set(in_words(question.unit, Language.NL)), question.unit


def test_a_possible_duplicate_is_shown_with_a_link(doctor: Visitor, desk: Browser) -> None:
    document = with_override()
    first = doctor.file(document)
    second = doctor.file(document)
    shown = desk.get(f"/beheer/meldingen/{second['notificationId']}")
    assert f'<a href="/beheer/meldingen/{first["notificationId"]}">{first["number"]}</a>' in shown.text
    assert "Lijkt op een eerdere melding" in text_of(shown)


def test_the_queue_comes_in_pages_oldest_first(world: World, doctor: Visitor) -> None:
    demo = Browser(world, world.person(Role.REGISTRY, demo=True))
    notifier = world.person(demo=True)
    numbers = {notifier.file(with_override())["number"] for _ in range(22)}
    assert doctor.file(with_override())["number"] not in numbers
    first = demo.get("/beheer")
    onward = first.text.rpartition('href="/beheer?state=queued&amp;cursor=')[2].partition('"')[0]
    second = demo.get(f"/beheer?state=queued&cursor={onward}")
    shown = [sum(number in page.text for number in numbers) for page in (first, second)]
    assert shown == [20, 2]
    demo.get("/beheer?cursor=zelf-bedacht", 400)
    demo.get("/beheer?state=draft", 404)


def test_the_desk_speaks_english_by_choice(doctor: Visitor, desk: Browser) -> None:
    address, _ = queued(doctor)
    text = desk.see(f"{address}?lang=en")
    assert "Return with questions" in text
    assert "not met" in text
    assert "Your decision" in desk.see(address)


def test_a_signal_is_judged_with_a_reason(world: World, doctor: Visitor, desk: Browser) -> None:
    why = "Drie werkenden met dezelfde klachten na een nieuwe lijm."
    sent = {"case": {"diagnosis": {"text": "Onbekende longziekte"}}, "why": why}
    signal = good(doctor.post("/signals", sent), 201)["id"]
    address = f"/beheer/signalen/{signal}"
    assert why in desk.see("/beheer/signalen?state=received")
    empty = desk.send(address, desk.get(address), 400)
    assert '<a href="#verdict">' in empty.text
    assert '<a href="#reason">' in empty.text
    stale = desk.get(address)
    desk.send(address, stale, verdict="watch", reason="Wachten op meer gevallen.")
    assert "Iemand anders heeft dit" in text_of(desk.send(address, stale, 412, verdict="alert", reason="Toch wel."))
    desk.send(address, desk.get(address), verdict="alert", reason="Nog twee gevallen.")
    assert "Dit signaal is beoordeeld." in desk.see(address)
    assert signal not in desk.get("/beheer/signalen?state=received").text
    Browser(world, doctor).get(address, 403)


def test_an_address_that_leads_nowhere_is_not_found(desk: Browser) -> None:
    for path in ("/beheer/meldingen/abc", "/beheer/meldingen/00000000-0000-4000-8000-000000000000"):
        assert "Deze bladzijde vinden we niet" in desk.see(path, 404)
    desk.get("/beheer/signalen?state=verzonnen", 404)
