"""What somebody types and what must come first."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.codes.catalogue import catalogue
from service.codes.entries import ListId
from service.codes.search import Match, _search, nearest, search, warm

EVERYWHERE = [(list_id, entry.code) for list_id in ListId for entry in catalogue().lists[list_id].entries]


@pytest.mark.parametrize(
    "list_id, typed, code, within",
    [
        ("diagnosis", "tenni", "L694", 1),
        ("diagnosis", "tenis", "L694", 1),
        ("cas", "tenis", "L694", 1),
        ("diagnosis", "copd", "J44", 1),
        ("diagnosis", "asma", "R612", 1),
        ("diagnosis", "verlies", "H91", 1),
        ("diagnosis", "tennisarm", "L694", 1),
        ("diagnosis", "tenisarm", "L694", 1),
        ("diagnosis", "tennisellenboog", "L694", 1),
        ("diagnosis", "tennis elbow", "L694", 1),
        ("diagnosis", "golfarm", "L695", 1),
        ("diagnosis", "epicondylitis lat", "L694", 1),
        ("diagnosis", "lateralis epicondylitis", "L694", 1),
        ("diagnosis", "burnout", "P611", 1),
        ("diagnosis", "burn out", "P611", 1),
        ("diagnosis", "Burn-Out", "P611", 1),
        ("diagnosis", "bunrout", "P611", 1),
        ("diagnosis", "ruis in oren", "H102", 1),
        ("diagnosis", "oorsuizen", "H102", 1),
        ("diagnosis", "oorsuisen", "H102", 1),
        ("diagnosis", "tinitus", "H102", 1),
        ("diagnosis", "gehoor", "H83.3", 1),
        ("diagnosis", "gehoorverlies", "H83.3", 1),
        ("diagnosis", "gehoorverlis", "H83.3", 2),
        ("diagnosis", "lawaaislechthorendheid", "H83.3", 1),
        ("diagnosis", "hearing loss", "H83.3", 1),
        ("diagnosis", "eczeem", "D611", 1),
        ("diagnosis", "exceem", "D611", 3),
        ("diagnosis", "hand eczeem", "D611", 1),
        ("diagnosis", "hernia", "L621", 1),
        ("diagnosis", "herina", "L621", 1),
        ("diagnosis", "carpale", "N613", 1),
        ("diagnosis", "carpale tunel", "N613", 1),
        ("diagnosis", "cts", "N613", 1),
        ("diagnosis", "l621", "L621", 1),
        ("diagnosis", "M51.1", "M51.1", 1),
        ("diagnosis", "m511", "M51.1", 1),
        ("diagnosis", "ptss", "P620", 1),
        ("diagnosis", "overspannen", "P619", 1),
        ("diagnosis", "astma", "R612", 1),
        ("diagnosis", "bakkersastma", "R612", 1),
        ("diagnosis", "long covid", "R606", 1),
        ("diagnosis", "corona", "R605", 1),
        ("diagnosis", "hees", "R102", 1),
        ("diagnosis", "mesothelioom", "C45", 1),
        ("diagnosis", "asbestkanker", "C45", 2),
        ("diagnosis", "schildersziekte", "G92", 1),
        ("diagnosis", "kienbock", "M93.1", 1),
        ("diagnosis", "Kienböck", "M93.1", 1),
        ("diagnosis", "witte vingers", "I73.0", 1),
        ("diagnosis", "lyme", "A69.2", 1),
        ("diagnosis", "qkoorts", "A78", 1),
        ("diagnosis", "q koorts", "A78", 1),
        ("diagnosis", "ziekte van weil", "A27", 1),
        ("diagnosis", "slijmbeursontsteking schouder", "M75.5", 1),
        ("diagnosis", "stoflong", "J60", 3),
        ("diagnosis", "hielspoor", "L122", 1),
        ("diagnosis", "lead", "T56.0", 3),
        ("cas", "rugpijn", "L101", 1),
        ("icd10", "schurft", "B86", 1),
        ("isco", "metselaar", "7112", 1),
        ("isco", "metselar", "7112", 1),
        ("isco", "bricklayer", "7112", 1),
        ("isco", "verpleeg", "2221", 1),
        ("isco", "verpleger", "2221", 1),
        ("isco", "7112", "7112", 1),
        ("isco", "kapster", "5141", 1),
        ("isco", "vrachtwagenchauffer", "8332", 1),
        ("isco", "chauffeur vrachtwagen", "8332", 1),
        ("isco", "stratenmaker", "7112", 2),
        ("isco", "call center", "4222", 2),
        ("isco", "diëtist", "2265", 1),
        ("isco", "dietist", "2265", 1),
        ("isco", "docent", "2330", 3),
        ("isco", "ambulance", "3258", 1),
        ("isco", "productiemedewerker", "9329", 3),
        ("isco", "soldaat", "0310", 1),
        ("sbi", "bouw", "F", 1),
        ("sbi", "zorg", "Q", 1),
        ("sbi", "4120", "41", 1),
        ("sbi", "41.20", "41", 1),
        ("sbi", "kapsalon", "S", 2),
        ("sbi", "schoonmaakbedrijf", "81", 2),
        ("exposure", "lawaai", "B-noise", 1),
        ("exposure", "lawai", "B-noise", 2),
        ("exposure", "noise", "B-noise", 1),
        ("exposure", "tillen", "D-lifting", 1),
        ("exposure", "zwaar tillen", "D-lifting", 1),
        ("exposure", "natte handen", "F-wet-work", 1),
        ("exposure", "kwarts", "G-silica", 1),
        ("exposure", "werkdruk", "E-work-pressure", 1),
        ("exposure", "haarverf", "F-hairdressing", 1),
        ("exposure", "d-lifting", "D-lifting", 1),
        ("measure", "kniebeschermers", "M-kneel-ppe-pads", 1),
        ("province", "friesland", "NL-FR", 1),
        ("province", "fryslan", "NL-FR", 1),
        ("advice", "pbm", "ppe", 1),
    ],
)
def test_what_is_typed_finds_what_is_meant(list_id: str, typed: str, code: str, within: int) -> None:
    assert code in [hit.entry.code for hit in search(ListId(list_id), typed, within)]


@pytest.mark.parametrize("list_id, code", EVERYWHERE)
def test_every_code_finds_itself_first(list_id: ListId, code: str) -> None:
    first = search(list_id, code)[0]
    assert (first.entry.code, first.how) == (code, Match.CODE)


@given(st.sampled_from(list(ListId)), st.text(max_size=300), st.integers(-2, 60))
@settings(deadline=None)
def test_search_never_raises_and_never_gives_more_than_asked(list_id: ListId, typed: str, limit: int) -> None:
    hits = search(list_id, typed, limit)
    assert len(hits) <= max(limit, 0)
    codes = [hit.entry.code for hit in hits]
    assert len(codes) == len(set(codes))
    assert [hit.how for hit in hits] == sorted(hit.how for hit in hits)


@given(st.data())
@settings(deadline=None)
def test_a_beginning_of_a_label_is_found(data: st.DataObject) -> None:
    list_id = data.draw(st.sampled_from(list(ListId)))
    entry = data.draw(st.sampled_from(catalogue().lists[list_id].entries))
    label = entry.label.nl or entry.label.en
    typed = label[: data.draw(st.integers(1, len(label)))]
    if any(char.isalnum() for char in typed):
        assert entry.code in {hit.entry.code for hit in search(list_id, typed, 1000)}


def test_diagnoses_say_their_system() -> None:
    systems = {hit.entry.code: hit.system for hit in search(ListId.DIAGNOSIS, "tinnitus")}
    assert systems["H102"] is ListId.CAS
    assert systems["H93.1"] is ListId.ICD10


def test_nothing_is_found_for_nothing() -> None:
    assert search(ListId.CAS, "") == ()
    assert search(ListId.CAS, "--- ") == ()
    assert search(ListId.CAS, "qqqxxxzzz") == ()


@pytest.mark.parametrize("abbreviation", ["COPD", "ARDS", "ADHD", "MRSA"])
def test_an_abbreviation_that_the_list_does_not_have_finds_no_other_word(abbreviation: str) -> None:
    assert search(ListId.CAS, abbreviation) == ()


def test_nearest_names_the_code_that_was_meant() -> None:
    assert nearest(ListId.EXPOSURE, "D-liftin") == "D-lifting"
    assert nearest(ListId.SEX, "vrouw") == "female"


def test_search_stays_quick_on_every_list() -> None:
    warm()
    words = ["a", "tenisarm", "qzxw vbnm plok", "aaaa " * 20, "verpleegkundige zeikenhuis", "overige", "x" * 100]
    took = []
    for list_id in ListId:
        for word in words:
            _search.cache_clear()
            start = time.perf_counter()
            search(list_id, word, 50)
            took.append(time.perf_counter() - start)
    # The promise is 10 ms alone; the median bears a busy machine, the worst gets five times the room.
    assert sorted(took)[len(took) // 2] < 0.01
    assert max(took) < 0.05
