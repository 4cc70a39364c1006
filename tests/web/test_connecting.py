"""The guide for who connects a system: it says what the door does, in two languages, and nothing is a dead end."""

import re
from html import unescape
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from fhir.issues import catalogue
from fhir.publication import examples
from service.identity.access import SCOPES_OF, Role
from service.web.connecting import FOLDER, PROGRAMS
from tests.web.site import Site

FHIR = "application/fhir+json"
PAGES = ("", "/inhoud", "/fouten")


def read(site: Site, page: str, language: str = "nl") -> str:
    answer = TestClient(site.app, base_url=site.settings.base_url).get(f"/kennis/koppelen{page}?lang={language}")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_page_can_be_read_in_both_languages(site: Site, page: str, language: str) -> None:
    text = read(site, page, language)
    assert f'<html lang="{language}"' in text
    assert "style=" not in text
    assert "<script>" not in text
    assert ("Connect a system" if language == "en" else "koppelen") in text


def test_the_menu_of_the_knowledge_pages_leads_here(site: Site) -> None:
    home = TestClient(site.app, base_url=site.settings.base_url).get("/kennis").text
    assert 'href="/kennis/koppelen"' in home


def test_every_error_has_a_line_with_an_anchor_and_a_remedy(site: Site) -> None:
    for language in ("nl", "en"):
        text = unescape(read(site, "/fouten", language))
        for one in catalogue().values():
            assert f'id="{one.code}"' in text
            assert (one.remedy_en if language == "en" else one.remedy) in text


def test_the_code_shown_is_the_code_that_is_run(site: Site) -> None:
    text = read(site, "")
    shown = [unescape(block) for block in re.findall(r"<pre><code>(.*?)</code></pre>", text, re.DOTALL)]
    assert shown == [(FOLDER / name).read_text(encoding="utf-8") for name in PROGRAMS]


def test_every_file_of_the_example_can_be_fetched(site: Site) -> None:
    http = TestClient(site.app, base_url=site.settings.base_url)
    for name in (*PROGRAMS, "melding.json", "bericht.json"):
        assert http.get(f"/kennis/koppelen/bestanden/{name}").content == (FOLDER / name).read_bytes()
    assert http.get("/kennis/koppelen/bestanden/guide.json").status_code == 404


def test_the_titles_of_what_is_published_are_marked_as_dutch(site: Site) -> None:
    page = TestClient(site.app, base_url=site.settings.base_url).get("/kennis/koppelen/inhoud?lang=en").text
    titles = re.findall(r'<a href="/fhir/R4/\w+/[^"]+">[^<]+</a>: (<span lang="nl">)?', page)
    assert titles
    assert all(titles)


def test_every_example_document_can_be_fetched_and_kept(site: Site) -> None:
    http, linked = TestClient(site.app, base_url=site.settings.base_url), read(site, "/inhoud")
    assert len(examples()) == 10
    for name, document in examples().items():
        path = f"/kennis/koppelen/voorbeelden/{name}.json"
        assert f'href="{path}"' in linked
        answer = http.get(path)
        assert answer.json() == document
        assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == (FHIR, "public, max-age=300")
        again = http.get(path, headers={"If-None-Match": f'"x", {answer.headers["ETag"]}'})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])
    assert http.get("/kennis/koppelen/voorbeelden/onzin.json").status_code == 404


@pytest.mark.parametrize("name", examples())
def test_the_examples_name_themselves_as_the_guide_recommends(name: str) -> None:
    document = examples()[name]
    bundle = document if document["resourceType"] == "Bundle" else document["parameter"][0]["resource"]
    named = [bundle, bundle["entry"][0]["resource"]] if bundle["type"] == "document" else [bundle]
    for identifier in (one["identifier"] for one in named):
        assert identifier["system"] == "urn:ietf:rfc:3986"
        assert identifier["value"] == UUID(identifier["value"].removeprefix("urn:uuid:")).urn


def test_no_link_of_the_guide_is_dead(site: Site) -> None:
    http = TestClient(site.app, base_url=site.settings.base_url)
    links = {link for page in PAGES for link in re.findall(r'href="(/(?:fhir|v1|kennis)[^"#]*)"', read(site, page))}
    assert len(links) > 40
    assert [link for link in sorted(links) if http.get(unescape(link)).status_code != 200] == []


def test_the_scopes_on_the_page_are_those_of_a_sending_system(site: Site) -> None:
    told = set(re.findall(r"<dt><code>((?:arbobrug|system)/[^<]*)</code>", unescape(read(site, ""))))
    given = SCOPES_OF[Role.ARBODIENST_SYSTEM]
    assert {one for one in told if "<" not in one and not one.endswith(">.c")} <= {str(scope) for scope in given}
    assert "arbobrug/melding.indienen" in told
