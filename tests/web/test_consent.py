"""The worker's pages without script: the check, the answer, stopping, and the own file."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import segno
from httpx2 import Response
from starlette.testclient import TestClient

from service.clock import today
from service.consent import actions
from service.consent.links import Factor, Link
from service.consent.rules import Basis, Reason, State
from service.identity.access import Role
from service.identity.server import mint
from service.identity.tables import Account
from service.text import Language
from service.web.consent_views import link_shown
from service.web.pages import environment, translator
from tests.consent.care import BIRTH_YEAR, NAME, Care, care_in
from tests.web.site import Site, Visitor, fields_of, words_of

YEAR = str(BIRTH_YEAR)
SAID = "Zei aan de telefoon dat het mag."


@dataclass
class Phone(Visitor):
    """A worker's phone, with the address of the link."""

    path: str

    def here(self) -> Response:
        return self.get(self.path)

    def check(self, answer: str = YEAR) -> Response:
        return self.send(self.here(), f"{self.path}/controle", answer=answer)

    def say(self, answer: str) -> Response:
        return self.send(self.here(), f"{self.path}/antwoord", answer=answer)


def phone(site: Site, path: str = "/") -> Phone:
    client = TestClient(site.app, base_url=site.settings.base_url, follow_redirects=False)
    return Phone(client, path.partition("?")[0])


@pytest.fixture
def care(site: Site) -> Care:
    return care_in(site.database, site.app.state.vault)


def asked(site: Site, care: Care, **changes: Any) -> tuple[Phone, actions.Asked]:
    found = care.ask(**changes)
    assert found.link
    return phone(site, found.link.path), found


def test_a_worker_opens_checks_and_says_yes(site: Site, care: Care) -> None:
    crossing = care.crossing()
    mine, found = asked(site, care, crossing=crossing)
    first = mine.here()
    assert first.status_code == 200
    assert "geboortejaar" in words_of(first.text)
    for hidden in (NAME, "Jansen", "uw ziekte", "Praktijk"):
        assert hidden not in first.text
    checked = mine.check()
    assert (checked.status_code, checked.headers["Location"]) == (303, mine.path)
    question = words_of(mine.here().text)
    assert "Uw werkgever krijgt dit niet te zien." in question
    assert "Ja, dat mag" in question
    assert "Nee, liever niet" in question
    assert mine.say("yes").status_code == 303
    after = words_of(mine.here().text)
    assert "U zei ja" in after
    assert "halen we niet terug" in after
    assert care.gate(crossing).allowed
    assert care.consent(found.consent.id).basis == Basis.LINK


def test_no_is_as_easy_as_yes(site: Site, care: Care) -> None:
    crossing = care.crossing()
    mine, _ = asked(site, care, crossing=crossing)
    mine.check()
    assert mine.say("no").status_code == 303
    assert "U zei nee" in words_of(mine.here().text)
    assert care.gate(crossing).reason is Reason.REFUSED


def test_later_answers_nothing_and_says_until_when(site: Site, care: Care) -> None:
    mine, found = asked(site, care)
    mine.check()
    later = mine.say("later")
    said = words_of(mine.get(later.headers["Location"]).text)
    assert "U hoeft nu niets te doen." in said
    assert care.consent(found.consent.id).state == State.REQUESTED
    assert mine.say("yes").status_code == 303


@pytest.mark.parametrize("posted", ["", "maybe", "true", "given"])
def test_only_a_button_that_was_pressed_is_an_answer(site: Site, care: Care, posted: str) -> None:
    mine, found = asked(site, care)
    mine.check()
    mine.say(posted)
    assert care.consent(found.consent.id).state == State.REQUESTED


def test_the_two_answers_are_equal_and_nothing_is_chosen_beforehand(site: Site, care: Care) -> None:
    mine, _ = asked(site, care)
    mine.check()
    html = mine.here().text
    buttons = re.findall(r'<button class="([^"]*)"[^>]*name="answer" value="(\w+)"', html)
    shapes = {value: shape for shape, value in buttons}
    assert set(shapes) == {"yes", "no", "later"}
    assert shapes["yes"] == shapes["no"]
    main = html[html.index("<main") : html.index("</main>")]
    assert not re.search(r"checkbox|radio|checked|selected|autofocus", main)
    assert set(fields_of(html)) == {"csrf", "sha256"}, "sending the form without a button answers nothing"


def test_stopping_says_what_it_cannot_undo_and_takes_two_taps(site: Site, care: Care) -> None:
    crossing = care.crossing()
    mine, _ = asked(site, care, crossing=crossing)
    mine.check()
    mine.say("yes")
    page = mine.here()
    assert f'href="{mine.path}/intrekken"' in page.text
    confirm = mine.get(f"{mine.path}/intrekken")
    assert "halen we niet terug" in words_of(confirm.text)
    assert care.gate(crossing).allowed, "looking is not stopping"
    assert mine.send(confirm, f"{mine.path}/intrekken").status_code == 303
    assert "U bent gestopt" in words_of(mine.here().text)
    assert care.gate(crossing).reason is Reason.WITHDRAWN


def test_a_forwarded_link_shows_and_does_nothing(site: Site, care: Care) -> None:
    mine, found = asked(site, care)
    mine.check()
    form = fields_of(mine.here().text)
    other = phone(site, mine.path)
    assert "Mag dit?" not in other.here().text
    for door in ("antwoord", "intrekken"):
        refused = other.client.post(f"{mine.path}/{door}", data=form | {"answer": "yes"})
        assert refused.status_code == 404, door
    assert other.get(f"{mine.path}/intrekken").headers["Location"] == mine.path
    assert other.get("/dossier").status_code == 401
    assert care.consent(found.consent.id).state == State.REQUESTED


def test_guessing_ends_and_says_how_long_to_wait(site: Site, care: Care) -> None:
    mine, _ = asked(site, care)
    answers = [mine.check("1981") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [400] * 4 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) > 800
    assert mine.check().status_code == 429
    assert "te vaak" in words_of(answers[-1].text)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _care, _asked: "/toestemming/" + "x" * 32,
        lambda _care, asked: asked.link.path[:-1],
        lambda care, asked: care.act(actions.new_link, care.doctor, asked.consent.id, Factor.CODE) and asked.link.path,
    ],
)
def test_a_link_that_is_not_good_says_only_that(site: Site, care: Care, spoil: Callable[[Care, Any], str]) -> None:
    found = care.ask()
    stranger = phone(site, spoil(care, found))
    answer = stranger.here()
    assert answer.status_code == 404
    assert "Vraag uw dokter om een nieuwe link." in words_of(answer.text)
    assert stranger.client.post(f"{stranger.path}/controle", data={"answer": YEAR}).status_code == 404


def test_an_answer_needs_the_form_of_this_device_and_the_text_that_was_shown(site: Site, care: Care) -> None:
    mine, found = asked(site, care)
    mine.check()
    form = fields_of(mine.here().text)
    for change, status in (({"csrf": ""}, 403), ({"csrf": "0" * 64}, 403), ({"sha256": "0" * 64}, 409)):
        answer = mine.client.post(f"{mine.path}/antwoord", data=form | {"answer": "yes"} | change)
        assert answer.status_code == status, change
    assert care.consent(found.consent.id).state == State.REQUESTED
    json_body = mine.client.post(f"{mine.path}/antwoord", json={"given": True})
    assert json_body.status_code == 415


def test_a_consent_is_answered_once_also_from_two_tabs(site: Site, care: Care) -> None:
    mine, found = asked(site, care)
    mine.check()
    form = fields_of(mine.here().text)
    assert mine.client.post(f"{mine.path}/antwoord", data=form | {"answer": "no"}).status_code == 303
    assert mine.client.post(f"{mine.path}/antwoord", data=form | {"answer": "yes"}).status_code == 409
    assert care.consent(found.consent.id).state == State.REFUSED


def test_another_worker_on_the_same_phone_sees_only_the_own_consent(site: Site, care: Care) -> None:
    mine, _ = asked(site, care)
    mine.check()
    neighbour = care_in(site.database, site.app.state.vault)
    theirs = neighbour.ask()
    assert theirs.link
    borrowed = Phone(mine.client, theirs.link.path)
    assert "Mag dit?" not in borrowed.here().text
    borrowed.check()
    assert "Mag dit?" in borrowed.here().text
    assert "Mag dit?" not in mine.here().text, "the phone is the other worker's now"


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(site: Site, care: Care) -> None:
    mine, _ = asked(site, care)
    cookie = mine.check().headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert re.search(r"Max-Age=\d+", cookie)
    assert mine.here().headers["Cache-Control"] == "no-store"
    assert mine.here().headers["Referrer-Policy"] == "no-referrer"


def test_a_link_is_no_token_and_a_token_no_link(site: Site, care: Care) -> None:
    mine, _ = asked(site, care)
    mine.check()
    token = mine.path.rpartition("/")[2]
    device = next(cookie.value for cookie in mine.client.cookies.jar if "werkende" in cookie.name)
    for secret in (token, device):
        answer = phone(site).client.get("/v1/me", headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 401
    worker = site.person(Role.WORKER)
    with site.database.transaction() as session:
        access = mint(session, site.app.state.verifier, session.get_one(Account, worker))
    bearer = {"Authorization": f"Bearer {access}"}
    client = phone(site).client
    assert client.get("/v1/me", headers=bearer).status_code == 200
    assert client.get("/dossier", headers=bearer).status_code == 401
    assert client.get(mine.path, headers=bearer).text.count("geboortejaar")
    assert client.get(f"/toestemming/{access[:60]}", headers=bearer).status_code == 404
    client.cookies.set("arbobrug-werkende", access)
    assert client.get("/dossier").status_code == 401


def test_on_the_doctors_screen_nothing_of_the_worker_stays_behind(site: Site, care: Care) -> None:
    screen, found = asked(site, care, basis=Basis.SCREEN)
    screen.check()
    done = screen.say("yes")
    assert done.status_code == 200
    assert "Geef het scherm nu terug" in words_of(done.text)
    assert care.consent(found.consent.id).basis == Basis.SCREEN
    assert screen.get("/dossier").status_code == 401
    assert "geboortejaar" in screen.here().text


def test_who_decides_for_somebody_else_is_named(site: Site, care: Care) -> None:
    mine, _ = asked(site, care, representative="Mieke Ouder, moeder")
    assert "Mieke" not in mine.here().text
    assert "Beslist u voor iemand anders?" in mine.here().text
    mine.check()
    assert "U bent: Mieke Ouder, moeder." in words_of(mine.here().text)


def test_everything_works_in_english(site: Site, care: Care) -> None:
    found = care.ask(language=Language.EN)
    assert found.link
    mine = phone(site)
    assert "What is your year of birth?" in mine.get(found.link.path).text
    mine.path = found.link.path.partition("?")[0]
    mine.check()
    page = mine.here()
    assert '<html lang="en">' in page.text
    assert "Your employer does not get to see this." in page.text
    assert "Yes, you may" in page.text


def test_what_names_hold_is_shown_as_text(site: Site, care: Care) -> None:
    mine, _ = asked(site, care, sender="<b>{{ 7*7 }}</b>", recipient="</p><script>x</script>")
    mine.check()
    html = mine.here().text
    assert "<script>x" not in html
    assert "{{ 7*7 }}" in words_of(html)


# The own file


def test_the_own_file_shows_everything_and_who_looked(site: Site, care: Care) -> None:
    mine, found = asked(site, care)
    assert mine.get("/dossier").status_code == 401
    care.ask(basis=Basis.ORAL, evidence=SAID)
    mine.check()
    mine.say("yes")
    mine.get("/dossier")
    file = mine.get("/dossier")
    assert file.status_code == 200
    said = words_of(file.text)
    assert "De dokter schreef dit op:" in said
    assert SAID in said
    assert "Dokter bedrijfsarts" in said
    assert "Verwijzing om uw werk" in said
    assert "niet gestuurd" in said
    assert "Autoriteit Persoonsgegevens" in said
    assert re.search(r"U zelf bekeek uw dossier \(2.\)", said), "the same on one day is one line"
    assert re.search(r"Dokter bedrijfsarts maakte uw gegevens", said)
    assert f"/dossier/toestemming/{found.consent.id}/intrekken" in file.text


def test_who_looked_can_be_narrowed_to_a_period(site: Site, care: Care) -> None:
    mine, _ = asked(site, care)
    mine.check()
    before = (today() - timedelta(days=1)).isoformat()
    narrowed = words_of(mine.get(f"/dossier?since={before}&until={before}").text)
    assert "In deze tijd keek niemand." in narrowed
    assert mine.get(f"/dossier?since={today()}&until={before}").status_code == 400
    assert mine.get("/dossier?since=gisteren").status_code == 400


def test_the_worker_stops_from_the_own_file_in_two_taps(site: Site, care: Care) -> None:
    crossing = care.crossing()
    mine, found = asked(site, care, crossing=crossing)
    mine.check()
    mine.say("yes")
    door = f"/dossier/toestemming/{found.consent.id}/intrekken"
    confirm = mine.get(door)
    assert mine.send(confirm, door).headers["Location"] == "/dossier"
    assert care.gate(crossing).reason is Reason.WITHDRAWN
    assert mine.get(door).status_code == 303


def test_the_worker_objects_and_takes_it_back(site: Site, care: Care) -> None:
    mine, _ = asked(site, care)
    mine.check()
    form = fields_of(mine.get("/dossier").text.replace('<form class="filter"', "</main><form "))
    assert mine.client.post("/dossier/bezwaar", data=form).status_code == 303
    crossing = care.crossing()
    assert care.gate(crossing).reason is Reason.OBJECTION
    page = mine.get("/dossier").text
    assert "U wilt niets meer sturen" in page
    (stop,) = re.findall(r'action="(/dossier/bezwaar/[^"]+/stoppen)"', page)
    assert mine.client.post(stop, data=form).status_code == 303
    assert care.gate(crossing).reason is Reason.NO_CONSENT
    assert mine.client.post("/dossier/bezwaar", data=form | {"sender": str(uuid4())}).status_code == 404
    assert mine.client.post("/dossier/bezwaar", data=form | {"sender": "x"}).status_code == 404
    assert mine.client.post("/dossier/bezwaar", data=form | {"csrf": "x"}).status_code == 403


def test_the_own_file_of_another_stays_closed(site: Site, care: Care) -> None:
    mine, _ = asked(site, care)
    mine.check()
    neighbour = care_in(site.database, site.app.state.vault)
    theirs = neighbour.give(neighbour.ask().consent)
    door = f"/dossier/toestemming/{theirs.id}/intrekken"
    form = fields_of(mine.get("/dossier").text.replace('<form class="filter"', "</main><form "))
    assert mine.get(door).status_code == 404
    assert mine.client.post(door, data=form).status_code == 404
    assert neighbour.consent(theirs.id).state == State.GIVEN
    organisation = neighbour.doctor.organisation
    assert organisation
    assert str(organisation) not in mine.get("/dossier").text


def test_the_download_holds_what_the_page_shows(site: Site, care: Care) -> None:
    mine, found = asked(site, care)
    mine.check()
    mine.say("yes")
    answer = mine.get("/dossier/download")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="dossier.json"'
    whole = json.loads(answer.text)
    assert whole["name"] == NAME
    assert whole["consents"][0]["sha256"] == found.consent.text_sha256
    assert whole["consents"][0]["state"] == "given"
    assert {look["what"] for look in whole["looks"]} >= {"maakte uw gegevens", "bekeek uw dossier"}
    assert len(whole["exchanges"]) == 1


def test_every_visit_is_in_the_audit(site: Site, care: Care) -> None:
    mine, _ = asked(site, care)
    mine.check()
    mine.here()
    mine.get("/dossier")
    mine.get("/dossier/download")
    seen = [(event.event, event.actor_role) for event in care.events() if event.act == "read"]
    assert seen == [(name, "worker") for name in ("consent.read", "dossier.read", "dossier.download")]


# The link on the doctor's screen


def test_the_doctor_sees_the_whole_address_as_a_code_and_in_letters(site: Site) -> None:
    link = Link("/toestemming/abc-DEF_123", "042137")
    shown = link_shown(site.settings, link, Language.NL)
    assert shown.address == f"{site.settings.base_url}/toestemming/abc-DEF_123"
    drawn = re.search(r' d="([^"]+)"', str(shown.svg))
    expected = segno.make_qr(shown.address, error="m").svg_inline(border=4)
    assert drawn
    assert drawn[1] in expected
    assert "style=" not in shown.svg, "the page's policy allows no style in a tag"
    html = environment.get_template("toestemming/_link.html").render(link=shown, t=translator(Language.NL))
    assert "042137" in html
    assert "<title>QR-code" in html
