"""What a worker reads is short and plain: measured over the texts, the pages and every sentence in the code of them.

Flesch-Douma: 206.84 - 0.93 x words per sentence - 77 x syllables per word; 60 is plain, and we ask for 70.
"""

import ast
import re
from itertools import combinations
from typing import Any

import pytest

from service.clock import today
from service.consent.texts import consent_text, data_words, sha256_of, texts, unknown_parts
from service.referrals.rules import Item, Kind
from service.text import Language
from tests.consent.care import PARTS
from tests.house.places import ROOT

MOST_WORDS_A_SENTENCE = 12
PLAINEST = 70.0
FORBIDDEN = (
    "middels derhalve betreffende inzake desalniettemin teneinde alsmede conform ingevolge aangaande omtrent reeds "
    "dientengevolge jegens desgewenst voornoemd geschieden verstrekken verwerken persoonsgegevens gegevensverwerking "
    "verwerkingsverantwoordelijke arbeidsongeschikt participatie tevens onderhavige hetgeen indien thans"
).split()

NAMES = {"sender": "dokter De Vries", "recipient": "dokter Jansen"}


def consent(language: Language = Language.NL, **changes: Any) -> str:
    usual: dict[str, Any] = NAMES | {"why": "work-referral", "data": PARTS, "titles": {}, "last_day": today()}
    return consent_text(language, **usual | changes).text


def sentences(text: str) -> list[str]:
    """The sentences, and each part of a list as one of its own."""
    pieces = re.split(r"[.?!:](?:\s|$)|\n", text)
    return [piece.strip(" -") for piece in pieces if re.search(r"[^\W\d_]", piece)]


def words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+(?:[-'][^\W\d_]+)*", text)


def syllables(word: str) -> int:
    """Groups of vowels, with the Dutch ones that are one sound together."""
    groups = re.findall(r"aai|ooi|oei|eeu|ieu|aa|ee|oo|uu|ie|oe|eu|ui|ei|ij|ou|au|ai|oi|[aeiouyéèëïöüáó]", word.lower())
    return max(1, len(groups))


def flesch_douma(text: str) -> float:
    every = words(text)
    return 206.84 - 0.93 * len(every) / len(sentences(text)) - 77 * sum(map(syllables, every)) / len(every)


def mean_length(text: str) -> float:
    return len(words(text)) / len(sentences(text))


def pages() -> dict[str, str]:
    """What the worker's pages say in Dutch, template by template."""
    found = {}
    for folder in ("toestemming", "dossier"):
        for path in (ROOT / "service/web/templates" / folder).glob("*.html"):
            said = re.findall(r't\("([^"]+)",\s*"', path.read_text(encoding="utf-8"))
            if said:
                found[path.name] = "\n".join(said)
    return found


def said_in_code() -> str:
    """The first, Dutch half of every Text in the code of the worker's pages."""
    web = [ROOT / f"service/web/{name}.py" for name in "consent consent_views dossier dossier_views worker".split()]
    nodes = [
        node
        for path in [*(ROOT / "service/consent").glob("*.py"), *web]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    ]
    calls = [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Text"]
    return "\n".join(str(call.args[0].value) for call in calls if isinstance(call.args[0], ast.Constant))


ALL = {
    **pages(),
    "in code": said_in_code(),
    "consent": "\n".join(consent(why=why) for why in texts()["nl"]["why"]),
    "represented": consent(representative="Mieke Ouder"),
    "objection": texts()["nl"]["objection"].format(**NAMES),
    "data": "\n".join(data_words(Language.NL, set(Item), {})),
}


def test_there_is_something_to_measure() -> None:
    assert {"controle.html", "vraag.html", "stand.html", "intrekken.html", "dossier.html"} <= set(ALL)
    assert len(sentences(ALL["in code"])) > 30


@pytest.mark.parametrize("name", ALL)
def test_sentences_are_short(name: str) -> None:
    assert mean_length(ALL[name]) <= MOST_WORDS_A_SENTENCE
    assert max(len(words(sentence)) for sentence in sentences(ALL[name])) <= 20


@pytest.mark.parametrize("name", ALL)
def test_no_word_is_one_that_people_do_not_use(name: str) -> None:
    assert {word.lower() for word in words(ALL[name])} & set(FORBIDDEN) == set()


@pytest.mark.parametrize("name", [name for name in ALL if name != "data"])
def test_it_reads_as_plain_dutch(name: str) -> None:
    assert flesch_douma(ALL[name]) >= PLAINEST


def test_the_measure_tells_plain_from_official() -> None:
    official = (
        "Ingevolge de toepasselijke privacywetgeving geschiedt de verstrekking van persoonsgegevens betreffende uw "
        "gezondheidstoestand uitsluitend middels voorafgaande ondubbelzinnige toestemming uwerzijds."
    )
    assert flesch_douma(official) < 30
    assert mean_length(official) > MOST_WORDS_A_SENTENCE
    assert flesch_douma("Jan loopt naar huis. Hij eet een boterham.") > 80
    assert [syllables(word) for word in ("huis", "werkgever", "toestemming", "dokter", "zei")] == [1, 3, 3, 2, 1]


# What the text says


@pytest.mark.parametrize("language", list(Language))
def test_the_first_sentence_is_about_the_employer_and_everything_needed_follows(language: Language) -> None:
    lines = consent(language, data=PARTS | {"attachment:1"}, titles={"attachment:1": "audiogram"}).splitlines()
    first = {
        Language.NL: "Uw werkgever krijgt dit niet te zien.",
        Language.EN: "Your employer does not get to see this.",
    }
    assert lines[0] == first[language]
    assert all(name in lines[1] for name in NAMES.values())
    assert len([line for line in lines if line.startswith("- ")]) == len(PARTS) + 1
    assert any("audiogram" in line for line in lines)
    assert str(today().year) in " ".join(lines)
    said = texts()[language]
    assert {said["why"]["work-referral"], said["stop"], said["undone"], said["refusing"]} <= set(lines)


@pytest.mark.parametrize("why", [*Kind, "reply"])
def test_the_core_is_at_most_ninety_words_with_names_as_they_are(why: str) -> None:
    text = consent(
        why=why, sender="Bedrijfsarts A. de Vries (Arbodienst Zuid)", recipient="huisarts B. Jansen (De Linde)"
    )
    assert len(words(text)) <= 90


def test_every_part_of_a_letter_or_answer_has_its_own_plain_words_in_both_languages() -> None:
    for language in Language:
        said = data_words(language, set(Item), {})
        assert len(set(said)) == len(Item)
    assert unknown_parts(set(Item) | {"attachment:1"}) == []
    assert unknown_parts({"employer"}) == ["employer"]


def test_both_languages_say_the_same_things() -> None:
    def shape(document: Any) -> Any:
        return {key: shape(value) for key, value in document.items()} if isinstance(document, dict) else None

    assert shape(texts()["nl"]) == shape(texts()["en"])


def test_any_difference_in_what_is_asked_is_another_text() -> None:
    every = [
        consent(),
        consent(Language.EN),
        consent(recipient="dokter Anders"),
        consent(why="reply"),
        consent(data=PARTS - {"work"}),
        consent(representative="Mieke Ouder"),
    ]
    assert all(sha256_of(one) != sha256_of(other) for one, other in combinations(every, 2))
