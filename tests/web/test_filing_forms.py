"""Filing without script: every step is a form, and nothing that was typed is ever lost."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service import demo
from service.codes.catalogue import catalogue
from service.codes.entries import ListId
from service.identity.access import Role
from service.text import Language
from service.validation import ANONYMITY_URL
from service.web import forms
from service.web.boxes import settle
from service.web.filing import form_of
from tests.web.site import Site, Visitor, fields_of, words_of

NEW = "/meldingen/nieuw"
CASE = {
    "diagnosis__q": "L694",
    "exposures__0__q": "till",
    "workNature": "Metselen in de woningbouw",
    "occupation__q": "7112",
    "sector__q": "4120",
    "worker__birthYear": "1974",
    "worker__sex": "male",
    "assessment__workRelation": "likely",
}
ATTACK = "<script>alert(1)</script>{{7*7}}'\";DROP TABLE notification;--"


@pytest.fixture
def doctor(site: Site) -> Visitor:
    return site.visitor(site.person(defaults={"arbodienst": "Arbodienst van de test"}))


def draft_of(doctor: Visitor, **filled: Any) -> str:
    answer = doctor.send(doctor.get(NEW), NEW, "save", **(CASE | filled))
    assert answer.status_code == 303, words_of(answer.text)
    return str(answer.headers["location"]).partition("?")[0]


def filed_by(doctor: Visitor, **filled: Any) -> str:
    answer = doctor.send(doctor.get(NEW), NEW, "file", **(CASE | filled))
    assert answer.status_code == 303, words_of(answer.text)
    return str(answer.headers["location"])


def test_a_whole_filing_through_forms_only(doctor: Visitor) -> None:
    empty = doctor.get(NEW)
    assert fields_of(empty.text)["arbodienst.name"] == "Arbodienst van de test"

    searched = doctor.send(empty, NEW, "search", **(CASE | {"diagnosis__q": "tennis"}))
    assert 'value="L694"' in searched.text
    chosen = doctor.send(searched, NEW, "check", diagnosis__code="L694")
    assert "Nog niet genoeg bekend" in words_of(chosen.text)
    assert 'name="assessment.findings.strain_index"' in chosen.text

    filed = doctor.send(chosen, NEW, "file", assessment__findings__strain_index="7,5")
    assert filed.status_code == 303
    receipt = doctor.get(filed.headers["location"])
    assert re.search(r"AB-\d{4}-", receipt.text)
    assert "epicondylitis lateralis" in words_of(receipt.text)

    kept = doctor.get(filed.headers["location"].replace("ontvangst", "zoals-ingediend"))
    document = json.loads(kept.content)
    assert document["assessment"]["findings"] == {"strain_index": 7.5}
    assert document["worker"] == {"sex": "male", "birthYear": 1974}
    assert doctor.get(filed.headers["location"] + "?vorm=pdf").content.startswith(b"%PDF")


def test_errors_are_said_at_their_field_and_keep_what_was_typed(doctor: Visitor) -> None:
    answer = doctor.send(
        doctor.get(NEW), NEW, "file", diagnosis__q="iets vaags xyz", worker__birthYear="12a", workNature="Metselen"
    )
    assert answer.status_code == 400
    fields = fields_of(answer.text)
    assert (fields["worker.birthYear"], fields["diagnosis.q"], fields["workNature"]) == (
        "12a",
        "iets vaags xyz",
        "Metselen",
    )
    for name in ("worker.birthYear", "diagnosis.q", "exposures.0.q", "worker.sex", "sector.q"):
        assert f'href="#{name}"' in answer.text
        assert re.search(rf'id="{re.escape(name)}.error"[^>]*>[^<]+<', answer.text), name


def test_a_failed_filing_keeps_the_draft_and_goes_on_from_there(doctor: Visitor) -> None:
    failed = doctor.send(doctor.get(NEW), NEW, "file", diagnosis__q="L694")
    action = re.search(r'action="(/meldingen/[0-9a-f-]{36}/bewerken)"', failed.text)
    assert action
    answer = doctor.send(failed, action[1], "file", **CASE)
    assert answer.headers["location"].endswith("/ontvangst")


def test_a_bsn_is_kept_nowhere(doctor: Visitor) -> None:
    live = doctor.send(doctor.get(NEW), NEW, "live", workNature="Kent 123456782 goed", diagnosis__q="L694").json()
    assert "BSN" in live["errors"]["workNature"]
    page = doctor.get(live["address"])
    assert "123456782" not in page.text
    refused = doctor.send(page, live["address"], "save", workNature="Kent 123456782 goed")
    assert refused.status_code == 400
    assert fields_of(refused.text)["workNature"] == "Kent 123456782 goed"


def test_what_is_not_kept_is_named(doctor: Visitor) -> None:
    typed = CASE | {"exposures__0__degree": "Kent 123456782"}
    live = doctor.send(doctor.get(NEW), NEW, "live", **typed).json()
    assert live["saved"] == "Bewaard, behalve: Mate."
    page = doctor.get(live["address"])
    assert "123456782" not in page.text
    assert doctor.send(page, live["address"], "live").json()["saved"] == "Concept bewaard."


def test_every_message_away_from_its_field_names_the_field(doctor: Visitor) -> None:
    wrong = CASE | {"worker__birthYear": "1800", "group__1__birthYear": "1990", "sector__q": ""}
    page = doctor.send(doctor.get(NEW), NEW, "file", **wrong).text
    lines = dict(re.findall(r'<li><a href="#([^"]+)">([^<]+)</a></li>', page))
    assert lines["worker.birthYear"] == "Geboortejaar: Geef 1900 of hoger."
    assert lines["group.0.sex"].startswith("Werkende 2, Geslacht: ")
    assert lines["sector.q"].startswith("Sector van de werkgever")


def test_a_field_is_called_elsewhere_what_it_is_called_on_the_form(doctor: Visitor) -> None:
    page = doctor.send(doctor.get(NEW), NEW, "add group", **CASE).text
    form = form_of({}, Language.NL)
    labels = re.findall(r'<label class="form-field__label" for="([^"]+)">([^<:]+?)\s*[<:]', page)
    labels += re.findall(r'<fieldset class="form-field[^"]*" id="([^"]+)"[^>]*>\s*<legend>([^<]+?)\s*<', page)
    assert len(labels) > 30
    for name, label in labels:
        if not name.startswith("assessment.findings."):
            assert form.label(name).removeprefix("Werkende 2, ") == label, name


def test_text_that_may_point_at_somebody_is_asked_about(doctor: Visitor) -> None:
    shown = doctor.send(doctor.get(NEW), NEW, "file", **(CASE | {"workNature": "Werkt met mevr. Jansen"}))
    assert shown.status_code == 400
    address = re.search(r'action="([^"]+)"', shown.text[shown.text.index('id="melding"') :])
    mark = re.search(r'name="confirm" value="([^"]+)"', shown.text)
    assert address
    assert mark
    other = doctor.send(shown, address[1], "file", confirm=mark[1], workNature="Werkt met mevr. Pieters")
    assert other.status_code == 400, "another name was not confirmed"
    sure = doctor.send(other, address[1], "file", confirm=mark[1], workNature="Werkt met mevr. Jansen")
    assert sure.status_code == 303
    words = words_of(doctor.get(sure.headers["location"]).text)
    assert "Waarom het registratiebureau eerst kijkt" in words
    assert "Tekst lijkt iemand aan te wijzen." in words


def test_a_rule_that_others_made_is_one_click_away(doctor: Visitor) -> None:
    criteria = catalogue().cas.complaint_rule.source_url

    def source_at(page: str, name: str) -> str | None:
        link = re.search(rf'<a [^>]*data-source="{re.escape(name)}"[^>]*>bron</a>', page)
        assert link, name
        address = re.search(r'href="([^"]+)"', link[0])
        assert bool(address) != (" hidden>" in link[0])
        return address[1] if address else None

    filled = CASE | {"workNature": "", "remarks": "jan@bedrijf.nl", "worker__birthYear": "12a"}
    empty = doctor.get(NEW)
    assert source_at(empty.text, "workNature") is None, "nothing is said there yet"
    live = doctor.send(empty, NEW, "live", **filled).json()
    assert {name: url for name, url in live["sources"].items() if url} == {"remarks": ANONYMITY_URL}
    refused = doctor.send(doctor.get(NEW), NEW, "file", **filled).text
    assert source_at(refused, "workNature") == criteria
    assert source_at(refused, "remarks") == ANONYMITY_URL
    assert source_at(refused, "worker.birthYear") is None
    assert source_at(refused, "occupation.q") is None
    doubted = doctor.send(doctor.get(NEW), NEW, "live", **(CASE | {"workNature": "Met mevr. Jansen"})).json()
    assert f'href="{ANONYMITY_URL}"' in doubted["doubts"]["workNature"]


def test_a_row_that_cannot_be_read_does_not_move_what_is_said_of_the_next(doctor: Visitor) -> None:
    rows = {"group__0__birthYear": "12a", "group__0__sex": "male"}
    rows |= {"group__1__birthYear": "2099", "group__1__sex": "male"}
    live = doctor.send(doctor.get(NEW), NEW, "live", **(CASE | rows)).json()
    assert live["errors"]["group.0.birthYear"].startswith("Dit is geen heel getal")
    assert live["errors"]["group.1.birthYear"].startswith("Dit jaar ligt in de toekomst")


def test_sending_twice_files_once(doctor: Visitor) -> None:
    page = doctor.get(NEW)
    first, second = (doctor.send(page, NEW, "file", **CASE) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert doctor.get("/meldingen").text.count('class="card item"') == 1


def test_two_windows_do_not_overwrite_each_other(doctor: Visitor) -> None:
    address = draft_of(doctor)
    one, other = doctor.get(address), doctor.get(address)
    assert doctor.send(one, address, "save", workNature="Van het ene venster").status_code == 303
    late = doctor.send(other, address, "save", workNature="Van het andere venster")
    assert late.status_code == 412
    assert "Concept bewaard" not in words_of(late.text)
    assert "Van het andere venster" in late.text
    assert "Van het ene venster" in doctor.get(address).text
    assert doctor.send(other, address, "live", workNature="Later").status_code == 412


def test_a_form_of_another_session_is_refused(doctor: Visitor) -> None:
    assert doctor.send(doctor.get(NEW), NEW, "file", **(CASE | {"csrf": "x"})).status_code == 403
    address = draft_of(doctor)
    for end in ("bewerken", "weggooien"):
        answer = doctor.client.post(address.replace("bewerken", end), data={"do": "save", "version": "1"})
        assert answer.status_code == 403


def test_what_is_typed_is_shown_as_text(doctor: Visitor) -> None:
    texts = {"workNature": ATTACK, "remarks": ATTACK, "exposures__0__degree": ATTACK, "occupation__q": ATTACK}
    address = draft_of(doctor, **texts)
    filed = filed_by(doctor, **texts)
    base = filed.removesuffix("/ontvangst")
    for page in (
        address,
        filed,
        base,
        f"{base}/wijzigen",
        f"{base}/intrekken",
        "/meldingen",
        f"{NEW}?kopie={base[-36:]}",
    ):
        html = doctor.get(page).text
        assert "<script>alert" not in html, page
        assert "49'" not in html, page
    assert ATTACK in words_of(doctor.get(filed).text)
    live = doctor.send(doctor.get(address), address, "live", diagnosis__q=ATTACK, exposures__0__degree=ATTACK).json()
    shown = [
        live["panel"],
        live["criteria"],
        *live["doubts"].values(),
        *(box["chosen"] for box in live["boxes"].values()),
    ]
    assert "<script>alert" not in "".join(shown)


def test_an_assistant_prepares_and_the_doctor_submits(site: Site) -> None:
    person = site.person()
    doctor, assistant = site.visitor(person), site.visitor(site.person(Role.ASSISTANT, acts_for=person))
    page = assistant.get(NEW)
    assert 'value="file"' not in page.text
    assert "groep-bestand" not in assistant.get("/meldingen").text
    assert "groep-bestand" in doctor.get("/meldingen").text
    assert "<h1>Meldingen van Arts van de test</h1>" in assistant.get("/meldingen").text
    assert "<h1>Uw meldingen</h1>" in doctor.get("/meldingen").text
    assert assistant.send(page, NEW, "file", **CASE, arbodienst__kind="independent").status_code == 403
    address = draft_of(assistant, arbodienst__kind="independent")
    filed = doctor.send(doctor.get(address), address, "file")
    assert filed.headers["location"].endswith("/ontvangst")
    assert assistant.get(filed.headers["location"]).status_code == 404
    assert "1974" not in assistant.get("/meldingen").text


@pytest.mark.parametrize("end", ["", "/bewerken", "/wijzigen", "/ontvangst", "/intrekken", "/zoals-ingediend"])
def test_another_doctors_notification_is_not_there(site: Site, doctor: Visitor, end: str) -> None:
    base = filed_by(doctor).removesuffix("/ontvangst")
    stranger = site.visitor(site.person())
    assert stranger.get(base + end).status_code == 404


@pytest.mark.parametrize("role", [Role.HUISARTS, Role.REGISTRY, Role.INSPECTORATE, Role.ADMINISTRATOR, Role.WORKER])
def test_other_roles_are_refused_politely(site: Site, role: Role) -> None:
    visitor = site.visitor(site.person(role))
    for page in ("/meldingen", NEW):
        answer = visitor.get(page)
        assert answer.status_code == 403
        assert "rol" in words_of(answer.text)


def test_who_is_not_signed_in_signs_in_first_and_comes_back(site: Site) -> None:
    answer = TestClient(site.app, base_url=site.settings.base_url, follow_redirects=False).get(NEW)
    assert answer.headers["location"] == "/aanmelden?next=%2Fmeldingen%2Fnieuw"


def test_too_uncertain_goes_to_the_signal_desk_with_the_reason_why(doctor: Visitor) -> None:
    address = draft_of(doctor, assessment__workRelation="too-uncertain")
    page = doctor.get(address)
    refused = doctor.send(page, address, "file")
    assert refused.status_code == 400
    for unfit in ("", "  ", "Kent 123456782", "Net als mevr. Jansen", "x" * 1001):
        unsent = doctor.send(doctor.get(address), address, "signal", why=unfit)
        assert unsent.status_code == 400, unfit
        assert 'href="#why"' in unsent.text
        assert fields_of(unsent.text)["why"] == unfit
    sent = doctor.send(doctor.get(address), address, "signal", why="Twee collega's hebben hetzelfde")
    assert sent.headers["location"].startswith("/meldingen/signalen/")
    shown = words_of(doctor.get(sent.headers["location"]).text)
    assert "signaalloket" in shown
    assert "Twee collega's hebben hetzelfde" in shown
    assert doctor.get(address).status_code == 404, "the draft became the signal"


def test_amending_and_withdrawing(doctor: Visitor) -> None:
    base = filed_by(doctor, minutesSpent="9").removesuffix("/ontvangst")
    page = doctor.get(f"{base}/wijzigen")
    amended = doctor.send(page, f"{base}/wijzigen", "file", workNature="Stukadoren")
    assert amended.status_code == 303
    assert doctor.send(page, f"{base}/wijzigen", "file", workNature="Stukadoren").status_code == 303, "sent twice"
    assert doctor.send(page, f"{base}/wijzigen", "file", workNature="Anders").status_code == 412
    assert "Stukadoren" in doctor.get(base).text

    asked = doctor.get(f"{base}/intrekken")
    assert doctor.send(asked, f"{base}/intrekken", reason="  ").status_code == 400
    assert doctor.send(asked, f"{base}/intrekken", reason="BSN 123456782").status_code == 400
    assert doctor.send(asked, f"{base}/intrekken", reason="Dubbel gemeld").status_code == 303
    assert "Ingetrokken" in words_of(doctor.get(base).text)
    receipt = doctor.get(f"{base}/ontvangst").text
    assert "<h1>De melding is ingetrokken</h1>" in receipt
    assert re.search(r'id="dossiertekst"[^>]*>Ingetrokken melding\. Beroepsziekte gemeld op ', receipt)
    assert re.search(r'id="declaratie"[^>]*>Melding beroepsziekte AB-', receipt)


def test_a_draft_is_thrown_away_in_two_steps(doctor: Visitor) -> None:
    address = draft_of(doctor)
    asked = doctor.get(address.replace("bewerken", "weggooien"))
    gone = doctor.send(asked, address.replace("bewerken", "weggooien"))
    assert gone.headers["location"] == "/meldingen"
    assert doctor.get(address).status_code == 404


def test_the_next_case_takes_the_work_and_not_the_worker(doctor: Visitor) -> None:
    filed_by(doctor, assessment__susceptibility="true", remarks="Alleen voor deze", province="NL-UT")
    fields = fields_of(doctor.get(f"{NEW}?als=laatste").text)
    assert fields["diagnosis.code"] == "L694"
    assert fields["sector.code"] == "4120"
    assert fields["province"] == "NL-UT"
    assert not fields["worker.birthYear"]
    assert "worker.sex" not in fields
    assert not fields["remarks"]
    plain = fields_of(doctor.get(NEW).text)
    assert (plain["province"], plain["diagnosis.q"]) == ("NL-UT", "")


def test_a_group_is_filled_in_row_by_row(doctor: Visitor) -> None:
    page = doctor.send(doctor.get(NEW), NEW, "add group", **CASE)
    page = doctor.send(page, NEW, "add group", group__0__birthYear="1980", group__0__sex="female")
    assert 'name="group.1.birthYear"' in page.text
    bad = doctor.send(page, NEW, "file", group__1__birthYear="1990")
    assert bad.status_code == 400
    assert 'href="#group.1.sex"' in bad.text
    address = re.search(r'action="(/meldingen/[0-9a-f-]{36}/bewerken)"', bad.text)
    assert address
    filed = doctor.send(bad, address[1], "file", group__1__birthYear="", group__1__sex="")
    receipt = words_of(doctor.get(filed.headers["location"]).text)
    assert re.search(r"(AB-\S+) man 1974 (AB-\S+) vrouw 1980", receipt)
    assert re.search(r"nummers AB-\S+, AB-\S+\. Diagnose", receipt)


def test_why_it_is_a_signal_says_nothing_of_a_notification(doctor: Visitor) -> None:
    page = doctor.get(NEW)
    assert doctor.send(page, NEW, "file", **CASE, why="Kent 123456782").headers["location"].endswith("/ontvangst")


def test_a_row_is_taken_away_and_the_others_close_up(doctor: Visitor) -> None:
    rows = {"exposures__1__q": "lawaai", "exposures__1__degree": "85 dB", "exposures__2__q": "trilli"}
    page = doctor.send(doctor.get(NEW), NEW, "add exposures", **CASE, **rows)
    assert 'name="exposures.3.q"' in page.text
    left = fields_of(doctor.send(page, NEW, "remove exposures.1").text)
    assert (left["exposures.0.q"], left["exposures.1.q"]) == (fields_of(page.text)["exposures.0.q"], "trilli")
    assert "exposures.2.q" not in left
    assert left["exposures.1.degree"] == ""
    assert left["workNature"] == CASE["workNature"]


def test_a_receipt_is_marked_with_the_language_in_which_was_filed(site: Site) -> None:
    doctor = site.visitor(site.person(defaults={"arbodienst": None}, language="en"))
    receipt = filed_by(doctor)
    for language in ("nl", "en"):
        shown = doctor.get(f"{receipt}?lang={language}").text
        assert f'<html lang="{language}"' in shown
        assert re.search(r'id="dossiertekst" lang="en">Occupational disease notified', shown)
        assert re.search(r'<ul lang="en"><li>The registry looks', shown)
        whole = doctor.get(f"{receipt.removesuffix('/ontvangst')}?lang={language}").text
        assert '<dd lang="en">independent occupational physician' in whole


def test_a_month_that_cannot_be_read_says_which_field_and_how(doctor: Visitor) -> None:
    page = doctor.send(doctor.get(NEW), NEW, "add group", **CASE)
    bad = doctor.send(page, NEW, "file", group__0__birthYear="1980", group__0__sex="female", group__0__onset="nov 25")
    assert bad.status_code == 400
    assert "Begin van de klachten: schrijf 2025 of 2025-11." in words_of(bad.text)
    assert "De vorm klopt niet" not in words_of(bad.text)


@pytest.mark.parametrize("code", ["P101", "L111", "P109"])
def test_a_complaint_is_said_while_typing_and_is_never_done(doctor: Visitor, code: str) -> None:
    live = doctor.send(doctor.get(NEW), NEW, "live", **(CASE | {"diagnosis__q": code})).json()
    assert "nee, dit is een klacht" in live["boxes"]["diagnosis"]["chosen"]
    assert "verplicht is, is ingevuld" not in live["panel"]
    assert 'href="#diagnosis.q"' in live["panel"]


def test_a_disease_with_everything_filled_in_is_done(doctor: Visitor) -> None:
    live = doctor.send(doctor.get(NEW), NEW, "live", **CASE).json()
    assert "ja, als het werk de oorzaak is" in live["boxes"]["diagnosis"]["chosen"]
    assert "verplicht is, is ingevuld" in live["panel"]


def test_the_receipt_says_why_the_registry_looks_first(doctor: Visitor) -> None:
    assert "Te weinig gegevens voor de criteria" in words_of(doctor.get(filed_by(doctor)).text)


def test_pages_come_in_english_by_choice_and_stay_so(doctor: Visitor) -> None:
    assert 'lang="en"' in doctor.get(f"{NEW}?lang=en").text
    assert "Year of birth" in doctor.get(NEW).text
    assert "Geboortejaar" in doctor.get(f"{NEW}?lang=nl").text


def test_a_form_that_was_only_opened_makes_no_draft(doctor: Visitor) -> None:
    answer = doctor.send(doctor.get(NEW), NEW, "live")
    assert answer.json()["address"] == NEW
    for do in ("file", "save", "signal"):
        refused = doctor.send(doctor.get(NEW), NEW, do)
        assert refused.status_code == 400
        assert f'action="{NEW}"' in refused.text
    assert 'class="card item"' not in doctor.get("/meldingen").text


def test_the_overview_searches_filters_and_pages(site: Site) -> None:
    doctor = site.visitor(site.person())
    for number in range(22):
        draft_of(doctor, diagnosis__q="L694" if number else "N613")
    first = doctor.get("/meldingen")
    assert first.text.count('class="card item"') == 20
    older = re.search(r'href="(/meldingen\?cursor=[^"]+)"', first.text)
    assert older
    assert doctor.get(older[1]).text.count('class="card item"') == 2
    assert doctor.get("/meldingen?zoek=carpale").text.count('class="card item"') == 1
    assert "Niets gevonden" in doctor.get("/meldingen?stand=registered").text
    assert doctor.get("/meldingen?stand=onzin").status_code == 200


def test_a_document_survives_the_form() -> None:
    document = json.loads((Path(demo.__file__).parent / "example.json").read_bytes())
    fields = forms.write(document, Language.NL)
    again = forms.tidy([(name, value) for name, values in fields.items() for value in values])
    form = form_of(again, Language.NL)
    assert json.loads(form.read.body) == document
    assert not form.read.errors


@pytest.mark.parametrize("list_id", [ListId.DIAGNOSIS, ListId.ISCO, ListId.SBI, ListId.EXPOSURE])
def test_every_code_that_is_typed_is_the_code_that_is_read(list_id: ListId) -> None:
    for entry in catalogue().lists[list_id].entries:
        assert settle(list_id, entry.code, "", "", "").code in {entry.code, ""}, entry.code
        assert settle(list_id, "iets anders", "wat er stond", entry.code, "").code != entry.code


def test_static_files_are_kept_by_browsers_and_change_address_with_their_content(doctor: Visitor) -> None:
    page = doctor.get(NEW)
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert len(addresses) == 3
    weight = len(page.content)
    for address in addresses:
        answer = doctor.get(address)
        assert "immutable" in answer.headers["cache-control"]
        weight += len(answer.content)
    assert weight < 150_000
