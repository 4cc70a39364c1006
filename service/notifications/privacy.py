"""What in a notification could identify a worker or an employer (Arboregeling art. 1.11 lid 2).

We claim no more than this: numbers and dates of a known form are found, a name only when something points at it.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from fhir.identifiers import is_bsn
from service.codes.catalogue import catalogue
from service.criteria import catalogue as guidelines
from service.problems import FieldError
from service.text import Language, Text
from service.validation import ANONYMITY_URL, pointer

_DIGIT = re.compile(r"\d")
# Looks ahead, so that a number that stands before a BSN does not swallow half of it. \s is every kind of space.
_NINE_DIGITS = re.compile(r"(?<!\d)(?=(\d(?:[\s.\-]?\d){8})(?!\d))")
_EIGHT_DIGITS = re.compile(r"(?<!\d)\d{8}(?!\d)")
_MONTH = (
    r"jan(?:uari|uary)?|feb(?:ruari|ruary)?|maart|mrt|mar(?:ch)?|apr(?:il)?|mei|may|jun[ie]?|jul[iy]?|aug(?:ustus|ust)?"
    r"|sep(?:t(?:ember)?)?|o[kc]t(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_FULL_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d{2}|(?:19|20)\d{2}[-/.]\d{1,2}[-/.]\d{1,2}"
    rf"|\d{{1,2}} (?:{_MONTH})\.? (?:19|20)\d{{2}})(?!\d)",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.\w")
_BETWEEN = r"(?:van |de |der |den |ten |ter |te |het |'t |el |al )*"
_CAPITAL = r"[A-ZÀ-ÖØ-Þ][a-zà-ÿ]+(?:-[A-ZÀ-ÖØ-Þ]?[a-zà-ÿ]+)?"
_NAME_LIKE = re.compile(
    r"\b(?i:dhr|mevr|mw|de heer|mevrouw|meneer|patiënte?|cliënte?|collega|mr|mrs|ms)\b\.?,? +" + _BETWEEN + _CAPITAL
)
# Two words with a capital in the middle of a sentence: mostly a person or a company, and asking costs little.
_TWO_NAMES = re.compile(rf"(?<=[a-zà-ÿ,;:] ){_CAPITAL} {_BETWEEN}{_CAPITAL}")
# At the start of a sentence any word has a capital; a small word there is no first name (In Nederland, Bij Defensie).
_SMALL = (
    "Aan|Als|Alle|Bij|Dat|De|Deze|Die|Dit|Een|En|Er|Geen|Het|Hij|In|Is|Met|Na|Naar|Of|Om|Ook|Op|Over|Per|Sinds|Te|Tijdens"
    "|Tot|Tussen|Uit|Van|Via|Volgens|Voor|Werkt|Werkte|Wij|Zie|Zij|Zonder|A|An|At|By|For|From|On|Since|The|With"
)
_NAMES_FIRST = re.compile(rf"(?:^|(?<=[.!?] ))(?!(?:{_SMALL}) ){_CAPITAL} {_BETWEEN}{_CAPITAL}", re.MULTILINE)
_COMPANY_LIKE = re.compile(r"\b[A-Z][\w&.\-]{1,40} (?:B\.?V\.?|N\.?V\.?|V\.?O\.?F\.?|Holding|GmbH|Ltd)(?!\w)")

_BSN = Text("Dit lijkt een BSN. Haal het weg: een melding is anoniem.", "This looks like a BSN. Remove it.")
_DATE = Text("Hier staat een volledige datum. Noem alleen het jaar.", "This holds a full date. Give the year only.")
_MAIL = Text("Hier staat een e-mailadres. Haal het weg.", "This holds an e-mail address. Remove it.")
_NUMBER = Text(
    "Een nummer van acht cijfers kan een KvK-nummer zijn. Klopt het dat dit niemand aanwijst?",
    "Eight digits may be a company number. Are you sure this points at nobody?",
)
_NAME = Text(
    "Dit lijkt een naam. Een melding noemt geen personen of bedrijven. Klopt het dat dit niemand aanwijst?",
    "This looks like a name. A notification names no persons or companies. Are you sure this points at nobody?",
)
# The name of the arbodienst is asked for, and it is not the employer.
_DIAGNOSIS = ("diagnosis", "text")
_OCCUPATION = ("occupation", "text")
_NAMED_ON_PURPOSE = ("arbodienst", "name")

_Path = tuple[int | str, ...]


def identifying(content: Any) -> list[FieldError]:
    """Every place that holds a BSN, a full date or an e-mail address; such content is refused."""
    found = []
    for path, text in _texts(content):
        # Nearly every text is short and plain: a look at its characters settles it before the patterns are tried.
        if _DIGIT.search(text):
            if any(is_bsn(re.sub(r"\D", "", hit.group(1))) for hit in _NINE_DIGITS.finditer(text)):
                found.append(FieldError(pointer(path), "bsn", _BSN, ANONYMITY_URL))
            if _FULL_DATE.search(text):
                found.append(FieldError(pointer(path), "full-date", _DATE, ANONYMITY_URL))
        if "@" in text and _EMAIL.search(text):
            found.append(FieldError(pointer(path), "e-mail", _MAIL, ANONYMITY_URL))
    return found


def suspicious(content: Any) -> list[FieldError]:
    """Every place that may point at somebody; such content is asked about, and looked at by the registry."""
    found = []
    for path, text in _texts(content):
        if path == _NAMED_ON_PURPOSE:
            continue
        if _EIGHT_DIGITS.search(text):
            found.append(FieldError(pointer(path), "eight-digits", _NUMBER, ANONYMITY_URL))
        if " " in text and _is_name_like(path, text):
            found.append(FieldError(pointer(path), "name-like", _NAME, ANONYMITY_URL))
    return found


def _is_name_like(path: _Path, text: str) -> bool:
    if _NAME_LIKE.search(text) or _COMPANY_LIKE.search(text):
        return True
    # Diseases are named after people (syndroom van Guillain-Barré); elsewhere two names in a row are asked about.
    return path != _DIAGNOSIS and any(hit not in _own_terms() for hit in _two_names(path, text))


def _two_names(path: _Path, text: str) -> Iterator[str]:
    yield from _TWO_NAMES.findall(text)
    if path != _OCCUPATION:  # a job title is often written with capitals (Project Manager)
        yield from _NAMES_FIRST.findall(text)


@cache
def _own_terms() -> frozenset[str]:
    """The words with capitals in our own lists and guidelines, which point at nobody (Contractuur van Dupuytren)."""
    labels = (entry.label for listed in catalogue().lists.values() for entry in listed.entries)
    files = [entry.file for entry in guidelines.catalogue().entries]
    titles = [file.title for file in files]
    asked = [question.label for file in files for question in file.questions.values()]
    texts = {label.in_(language) for label in labels for language in Language}
    texts |= {words.in_(language) for words in (*titles, *asked) for language in Language}
    return frozenset(hit for text in texts for hit in _two_names((), text))


def _texts(content: Any) -> list[tuple[_Path, str]]:
    """Every text with its place: also numbers, and the names that a sender chose, which stand at their object."""
    found: list[tuple[_Path, str]] = []
    _gather(content, (), found)
    return found


def _gather(value: Any, path: _Path, found: list[tuple[_Path, str]]) -> None:
    if isinstance(value, str):
        found.append((path, value))
    elif isinstance(value, dict):
        for key, item in value.items():
            found.append((path, key))
            _gather(item, (*path, key), found)
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            _gather(item, (*path, position), found)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found.append((path, f"{value:.0f}"))
