"""Boxes to search a code in: what was typed becomes a code, or words with codes to choose from. Pure, no I/O.

A box is four fields: what stands in it (q), what stood in it when it was shown (q0), the code that was chosen, and
words of the notifier's own. So a text that was changed after a code was chosen is never sent with the old code.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.codes.catalogue import catalogue
from service.codes.entries import Entry, ListId
from service.codes.rules import Ruling, Standing, check_cas, check_icd10, check_isco, check_listed, check_sbi
from service.codes.search import Hit, Match, search
from service.text import Language

CANDIDATES = 8
_CAS = re.compile(r"[A-Za-z]\d{3}")
_CODE_WITH_WORDS = re.compile(r"(\S{1,12})(?:\s+(.+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Box:
    """What one box holds: a code (for a diagnosis perhaps both a CAS and an ICD-10 code), words, or both."""

    code: str = ""
    words: str = ""
    candidates: tuple[Hit, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it."""
        return not self.code and not self.words


def settle(list_id: ListId, typed: str, shown: str, code: str, words: str) -> Box:
    """Decide what a box holds from its four fields."""
    typed = typed.strip()
    if not typed:
        return Box()
    if typed == shown.strip() and code:
        return Box(code, words)
    return _found(list_id, typed)


def _found(list_id: ListId, typed: str) -> Box:
    if box := _as_code(list_id, typed):
        return box
    hits = search(list_id, typed[:100], CANDIDATES)
    meant = [hit for hit in hits if hit.how <= Match.PHRASE and hit.how is not Match.CODE_BEGINS]
    if len(meant) == 1:
        return Box(meant[0].entry.code)
    return Box("", typed, hits)


def _as_code(list_id: ListId, typed: str) -> Box | None:
    """What was typed as a code, with words behind it if the notifier wrote any."""
    match = _CODE_WITH_WORDS.fullmatch(typed)
    if match is None:
        return None
    code, words = match[1], match[2] or ""
    ruling = ruling_on(list_id, code, words)
    # A word in letters can have the form of an SBI section; a code that people type holds a digit or is known.
    if ruling.standing in {Standing.MALFORMED, Standing.UNKNOWN} or (words and list_id is not ListId.DIAGNOSIS):
        return None
    return Box(ruling.code, words)


def ruling_on(list_id: ListId, code: str, words: str = "") -> Ruling:
    """What the list says of one code."""
    if list_id is ListId.DIAGNOSIS:
        return check_cas(code) if _CAS.fullmatch(code) else check_icd10(code, words)
    judges: Mapping[ListId, Callable[[str], Ruling]] = {ListId.ISCO: check_isco, ListId.SBI: check_sbi}
    judge = judges.get(list_id)
    return judge(code) if judge else check_listed(list_id, code)


def codes_of(code: str) -> tuple[str | None, str | None]:
    """The CAS code and the ICD-10 code in the code of a diagnosis box."""
    parts = code.split()
    cas = next((part for part in parts if _CAS.fullmatch(part)), None)
    return cas, next((part for part in parts if part != cas), None)


def shown_text(list_id: ListId, box: Box, language: Language) -> str:
    """What stands in the box when it is shown: the notifier's own words, or else the name of the code."""
    return box.words or name_of(list_id, box.code, language)


def name_of(list_id: ListId, code: str, language: Language) -> str:
    """The name of the first code that the list knows, or the codes themselves."""
    if list_id is ListId.SBI and code:
        ruling = check_sbi(code)
        # The division's name would hide the finer code that was typed.
        return ruling.entry.label.in_(language) if ruling.entry and ruling.entry.code == code else code
    entry = entry_of(list_id, code)
    return entry.label.in_(language) if entry else code


def entry_of(list_id: ListId, code: str) -> Entry | None:
    """The entry of the first code that the list knows."""
    known = (catalogue().entry(list_id, part) for part in code.split())
    return next((entry for entry in known if entry), None)


def counts(code: str) -> str:
    """Whether the code of a diagnosis is of a disease that is registered: yes, perhaps, or no (a complaint)."""
    cas, _ = codes_of(code)
    standing = check_cas(cas).standing if cas else Standing.UNLISTED
    return {Standing.KNOWN: "yes", Standing.COMPLAINT: "no"}.get(standing, "perhaps")
