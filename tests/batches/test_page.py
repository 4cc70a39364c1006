"""Many notifications from one file on the page, without script: send, see, file, put right, keep the report."""

import re

import pytest

from service.identity.access import Role
from tests.api.world import World
from tests.batches.files import XLSX, csv_of, row, xlsx_of
from tests.batches.test_routes import filed
from tests.web.visits import Browser, text_of

HOME = "/meldingen/groep-bestand"


def hidden(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(csrf|version|key)" value="([^"]*)">', html))


def send(browser: Browser, address: str, content: bytes, name: str = "groep.csv", **changed: str) -> str:
    """Send a file with the form that is on the page; gives the address that follows."""
    fields = hidden(browser.get(address).text) | changed
    answer = browser.http.post(address, data=fields, files={"file": (name, content)} if name else {"file": ("", b"")})
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["location"]


def test_a_group_of_twenty_takes_a_handful_of_clicks(world: World) -> None:
    doctor = world.person()
    browser = Browser(world, doctor)
    assert "Meldingen uit een bestand" in browser.see(HOME)
    preview = send(browser, HOME, csv_of([row(kenmerk=f"g-{number}") for number in range(20)]))
    shown = browser.get(preview)
    assert "Dien 20 meldingen in" in text_of(shown)
    assert text_of(shown).count("D023") == 20
    assert filed(doctor) == 0
    done = browser.send(f"{preview}/indienen", shown).headers["location"]
    assert filed(doctor) == 20
    report = browser.see(done)
    assert "20 rijen : 20 ingediend" in report
    assert len(re.findall(r"AB-2\d{3}-", report)) == 20
    browser.send(f"{preview}/indienen", shown)
    assert filed(doctor) == 20
    saved = browser.get(f"{preview}/verslag.csv")
    assert saved.headers["content-type"] == "text/csv; charset=utf-8"


def test_rows_are_put_right_with_a_better_file(world: World) -> None:
    doctor = world.person()
    browser = Browser(world, doctor)
    one, two = row(kenmerk="b-1"), row(kenmerk="b-2", geslacht="")
    preview = send(browser, HOME, csv_of([one, two, one | {"kenmerk": "b-3"}]))
    shown = browser.get(preview)
    assert "geslacht : Vul het geslacht in." in text_of(shown)
    assert "Rij 2 zegt precies hetzelfde." in text_of(shown)
    browser.send(f"{preview}/indienen", shown)
    assert filed(doctor) == 1
    send(browser, preview, xlsx_of([one, two | {"geslacht": "v"}]), "beter.xlsx")
    browser.send(f"{preview}/indienen", browser.get(preview))
    assert filed(doctor) == 2


def test_a_double_click_on_send_is_one_batch(world: World) -> None:
    browser = Browser(world, world.person())
    content, key = csv_of([row()]), hidden(browser.get(HOME).text)["key"]
    assert send(browser, HOME, content, key=key) == send(browser, HOME, content, key=key)


def test_what_may_be_a_duplicate_is_filed_when_the_doctor_says_so(world: World) -> None:
    doctor = world.person()
    browser, same = Browser(world, doctor), row()
    preview = send(browser, HOME, csv_of([same, same]))
    browser.send(f"{preview}/indienen", browser.get(preview), duplicates="file")
    assert filed(doctor) == 2


@pytest.mark.parametrize(
    "content,words",
    [
        (b"", "Kies eerst een bestand."),
        (b"naam;geslacht\nJan;m", "Kolom 'naam'"),
        (b"\xd0\xcf\x11\xe0rest", "oud Excel-bestand"),
        (b"x" * 900_001, "900 kB"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(world: World, content: bytes, words: str) -> None:
    browser = Browser(world, world.person())
    fields = hidden(browser.get(HOME).text)
    answer = browser.http.post(HOME, data=fields, files={"file": ("groep.csv", content)})
    assert answer.status_code in {400, 413}
    assert words in text_of(answer)


def test_an_old_version_of_the_page_files_nothing(world: World) -> None:
    doctor = world.person()
    browser = Browser(world, doctor)
    preview = send(browser, HOME, csv_of([row(geslacht="")]))
    old = browser.get(preview)
    send(browser, preview, csv_of([row()]))
    answer = browser.send(f"{preview}/indienen", old, 412)
    assert "laatste stand" in text_of(answer)
    assert filed(doctor) == 0


def test_a_form_of_another_session_is_refused(world: World) -> None:
    browser = Browser(world, world.person())
    preview = send(browser, HOME, csv_of([row()]))
    for door in ("/indienen", "/weggooien"):
        assert browser.http.post(preview + door, data={"csrf": "x", "version": "1"}).status_code == 403
    for address in (HOME, preview):
        answer = browser.http.post(address, data={"csrf": "x"}, files={"file": ("a.csv", csv_of([row()]))})
        assert answer.status_code == 403


def test_a_batch_is_thrown_away(world: World) -> None:
    browser = Browser(world, world.person())
    preview = send(browser, HOME, csv_of([row()]))
    assert browser.send(f"{preview}/weggooien", browser.get(preview)).headers["location"] == HOME
    browser.get(preview, 404)


def test_somebody_else_and_other_roles_find_nothing(world: World) -> None:
    preview = send(Browser(world, world.person()), HOME, csv_of([row()]))
    other = Browser(world, world.person())
    for address in (preview, f"{preview}/verslag.csv"):
        other.get(address, 404)
    for role in (Role.ASSISTANT, Role.REGISTRY, Role.INSPECTORATE):
        Browser(world, world.person(role)).get(HOME, 403)
    assert Browser(world).get(HOME, 303).headers["location"].startswith("/aanmelden")


def test_the_templates_can_be_sent_as_they_are(world: World) -> None:
    browser = Browser(world, world.person())
    book = browser.get(f"{HOME}/sjabloon.xlsx")
    assert book.headers["content-type"] == XLSX
    assert "Dien 1 melding in" in browser.see(send(browser, HOME, book.content))
    text = browser.get(f"{HOME}/sjabloon.csv")
    assert "1 klaar om in te dienen" in browser.see(send(browser, HOME, text.content))


def test_what_stands_in_a_cell_is_shown_as_text(world: World) -> None:
    browser = Browser(world, world.person())
    preview = send(browser, HOME, csv_of([row(diagnose="<script>alert(1)</script>{{7*7}}")]))
    html = browser.get(preview).text
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html
    assert "{{7*7}}" in html


def test_the_pages_are_there_in_english(world: World) -> None:
    browser = Browser(world, world.person())
    preview = send(browser, HOME, csv_of([row()]))
    assert "File 1 notification" in browser.see(f"{preview}?lang=en")
    assert "Send a file" in browser.see(f"{HOME}?lang=en")
