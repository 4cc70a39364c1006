"""The knowledge pages: open, complete, and plain about where everything comes from."""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from shutil import copyfile

import pytest

from service.codes.entries import ListId
from service.criteria.catalogue import catalogue
from service.text import Language
from service.web.knowledge_guidelines import Condition, Conditions, branch_of
from tests.api.world import World, opened
from tests.web.visits import Browser, text_of

CODES = catalogue().codes


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    copyfile(sqlite_template, folder / "arbobrug.db")
    with opened(f"sqlite:///{folder / 'arbobrug.db'}", folder) as made:
        yield made


@pytest.fixture(scope="module")
def visitor(world: World) -> Browser:
    return Browser(world)


def test_every_guideline_is_in_the_list(visitor: Browser) -> None:
    assert len(CODES) == 38
    listed = re.findall(r'href="/kennis/richtlijnen/([^"]+)"', visitor.get("/kennis").text)
    assert sorted(listed) == sorted(CODES)


@pytest.mark.parametrize("lang", list(Language))
@pytest.mark.parametrize("code", CODES)
def test_a_guideline_shows_every_criterion_with_basis_and_source(visitor: Browser, code: str, lang: Language) -> None:
    entry = catalogue().latest(code)
    assert entry is not None
    page = visitor.get(f"/kennis/richtlijnen/{code}?lang={lang}")
    text = text_of(page)
    for criterion in entry.file.criteria:
        basis = {"official": ("officieel", "official"), "secondary": ("uit tweede hand", "second-hand")}
        words = basis[criterion.basis][lang is Language.EN]
        assert f"{' '.join(criterion.text.in_(lang).split())} {words}" in text
    for item in entry.file.inform:
        informs = ("alleen ter informatie", "for information only")[lang is Language.EN]
        assert f"{' '.join(item.text.in_(lang).split())} {informs}" in text
    for missing in entry.file.not_found:
        assert " ".join(missing.in_(lang).split()) in text
    for url in entry.file.sources:
        assert f'href="{escape(url)}"' in page.text
    assert entry.file.version in text
    visitor.http.cookies.clear()


def test_a_number_of_criteria_out_of_more_is_said_in_words() -> None:
    leaf = {"text": "Zo.", "kind": "exposure", "basis": "official", "sourceUrl": "https://www.bron.example/a"}
    tree = branch_of({"atLeast": 2, "of": [leaf, leaf, {"any": [leaf]}]}, Language.NL)
    assert isinstance(tree, Conditions)
    assert tree.needed == "Minstens 2 van deze 3 zijn nodig:"
    assert isinstance(tree.of[0], Condition)
    assert tree.of[0].source.site == "bron.example"
    assert isinstance(tree.of[2], Conditions)


def test_searching_finds_by_word_and_by_cas_code(visitor: Browser) -> None:
    for query in ("tenniselleboog", "L694", "tenis", "tenisarm"):
        assert re.findall(r'href="/kennis/richtlijnen/([^"]+)"', visitor.get(f"/kennis?q={query}").text) == ["D-LE"]
    assert "Geen richtlijn gevonden" in visitor.see("/kennis?q=bestaatniet")


def test_what_was_typed_stays_text(visitor: Browser) -> None:
    script = '"><script>alert(1)</script>'
    for path in ("/kennis", "/kennis/codes/cas"):
        page = visitor.http.get(path, params={"q": script})
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "alert(1)" in page.text


@pytest.mark.parametrize("name", list(ListId))
def test_every_list_says_where_it_comes_from(visitor: Browser, name: ListId) -> None:
    text = visitor.see(f"/kennis/codes/{name}")
    assert "eigen lijst van Arbobrug" in text or "officiële lijst" in text
    assert "Herkomst en licentie" in text
    assert "editie" in text


def test_our_own_lists_are_marked(visitor: Browser) -> None:
    assert "eigen lijst van Arbobrug" in visitor.see("/kennis/codes/exposure")
    assert "officiële lijst" in visitor.see("/kennis/codes/cas")


def test_a_complaint_is_marked_in_the_list(visitor: Browser) -> None:
    assert "Klacht die u wel kunt melden (richtlijn D004)." in visitor.see("/kennis/codes/cas?q=L101")


def test_a_long_list_can_be_read_to_the_end_once(visitor: Browser) -> None:
    seen: list[str] = []
    path = "/kennis/codes/isco"
    while path:
        page = visitor.get(path).text
        seen += re.findall(r'<li id="([^"]+)">', page)
        onward = re.search(r'class="button" href="(/kennis/codes/isco\?na=[^"]+)"', page)
        path = onward.group(1) if onward else ""
    assert len(seen) == len(set(seen)) == 619


def test_measures_come_in_the_order_of_the_hierarchy(visitor: Browser) -> None:
    text = visitor.see("/kennis/maatregelen?blootstelling=D-lifting&sector=F")
    levels = [
        "1. Bij de bron",
        "2. Techniek voor iedereen",
        "3. Organisatie van het werk",
        "4. Persoonlijke bescherming",
    ]
    assert sorted(levels, key=text.index) == levels
    assert "vooral in deze sector" in text
    assert "vooral in deze sector" not in visitor.see("/kennis/maatregelen?blootstelling=D-lifting")
    assert "1. Bij de bron" not in visitor.see("/kennis/maatregelen")


def test_the_six_steps_name_their_sources(visitor: Browser) -> None:
    page = visitor.get("/kennis/zesstappenplan")
    assert [f"Stap {number}." in text_of(page) for number in range(1, 7)] == [True] * 6
    assert page.text.count("zes-stappenplan-voor-beroepsziekten/stap-") == 6


def test_the_explanation_says_what_is_kept_and_what_is_not_claimed(visitor: Browser) -> None:
    text = visitor.see("/kennis/uitleg")
    assert "30 dagen na de laatste wijziging" in text
    assert "Een naam vinden wij alleen als iets ernaar wijst" in text
    assert "is niet het register van deze instelling" in text


def test_english_by_choice_and_it_stays(world: World) -> None:
    browser = Browser(world)
    chosen = browser.get("/kennis?lang=en")
    assert '<html lang="en">' in chosen.text
    assert chosen.headers["cache-control"] == "no-store"
    assert "Does this disease count" in browser.see("/kennis")


def test_a_page_may_be_kept_for_visitors_and_never_with_a_name_on_it(world: World, visitor: Browser) -> None:
    open_page = visitor.get("/kennis")
    assert open_page.headers["cache-control"] == "public, max-age=300"
    assert open_page.headers["vary"] == "Cookie"
    assert "set-cookie" not in open_page.headers
    mine = Browser(world, world.person()).get("/kennis")
    assert "Ietske" in mine.text
    assert mine.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/kennis/richtlijnen/ZZZ",
        "/kennis/richtlijnen/D023?versie=1900.1",
        "/kennis/codes/verzonnen",
        "/kennis/codes/cas?na=verzonnen",
        "/kennis/maatregelen?blootstelling=verzonnen",
        "/kennis/maatregelen?blootstelling=D-lifting&sector=verzonnen",
    ],
)
def test_what_is_not_there_is_not_found(visitor: Browser, path: str) -> None:
    assert "Deze bladzijde vinden we niet" in visitor.see(path, 404)
