"""The guidelines we know: read and checked once, found by code, by diagnosis and by date."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path

from service.criteria import rules
from service.criteria.documents import GuidelineFile, GuidelineKind

FOLDER = Path(__file__).parent / "guidelines"
_ICD10_CHAPTER = 3
_YEAR = "a"  # as UCUM writes it


class BrokenCatalogue(Exception):  # noqa: N818 - it reads as what is wrong
    """The guideline files contradict each other; the program does not start with them."""


# Compared by identity: there is one entry per version, and what is worked out for it is kept under it.
@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One version of a guideline: what the file says, and the rule in it."""

    file: GuidelineFile
    rule: rules.Guideline = field(init=False)

    def __post_init__(self) -> None:
        """Turn the file into its rule once."""
        require = self.file.require.as_rule() if self.file.require else None
        object.__setattr__(self, "rule", rules.Guideline(self.file.code, self.file.version, require))

    def in_force(self, on: date) -> bool:
        """Whether this version holds on a date; an unknown first or last day leaves that side open."""
        first, last = self.file.effective_from, self.file.effective_until
        return (first is None or first <= on) and (last is None or on <= last)

    def covers(self, cas: str | None, icd10: str | None) -> bool:
        """Whether the guideline is about this diagnosis: its CAS code, or an ICD-10 code at or under one of its own."""
        if cas and _plain(cas) in self.file.cas:
            return True
        wider = set(_wider_codes(icd10))
        return any(code.code in wider for code in self.file.icd10)


class Catalogue:
    """All guidelines together. Lookups are by index: a check must not read the whole catalogue."""

    def __init__(self, files: Iterable[GuidelineFile]) -> None:
        """Index the files. Raises BrokenCatalogue when two of them claim the same version or the same days."""
        self.entries = tuple(Entry(file) for file in sorted(files, key=_newest_last))
        self._by_code: Mapping[str, list[Entry]] = defaultdict(list)
        self._by_cas: Mapping[str, list[Entry]] = defaultdict(list)
        self._by_icd10: Mapping[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            self._index(entry)
        for versions in self._by_code.values():
            _refuse_overlap(versions)
        self.codes = tuple(self._by_code)
        self.finding_names = frozenset(name for entry in self.entries for name in _finding_names(entry.file))
        self.in_years = frozenset(name for entry in self.entries for name in _names_in_years(entry.file))

    def _index(self, entry: Entry) -> None:
        self._by_code[entry.file.code].append(entry)
        for cas in entry.file.cas:
            self._by_cas[cas].append(entry)
        for icd10 in entry.file.icd10:
            self._by_icd10[icd10.code].append(entry)

    def version(self, code: str, version: str) -> Entry | None:
        """One version of a guideline, in force or not: what a notification was judged by can always be read."""
        return next((entry for entry in self._versions(code) if entry.file.version == version), None)

    def in_force(self, code: str, on: date) -> Entry | None:
        """The version of a guideline that holds on a date."""
        return next((entry for entry in self._versions(code) if entry.in_force(on)), None)

    def latest(self, code: str) -> Entry | None:
        """The newest version of a guideline."""
        versions = self._versions(code)
        return versions[-1] if versions else None

    def for_diagnosis(self, cas: str | None, icd10: str | None, on: date) -> Entry | None:
        """The guideline for a diagnosis: exact CAS code first, then the most precise ICD-10 code, national first."""
        deciding = (entry for entry in self._about(cas, icd10, on) if entry.file.kind is not GuidelineKind.SCHEME)
        return next(deciding, None)

    def schemes_for(self, cas: str | None, icd10: str | None, on: date) -> tuple[Entry, ...]:
        """The entries that point to a compensation scheme for this diagnosis."""
        return tuple(dict.fromkeys(entry for entry in self._about(cas, icd10, on) if entry.file.scheme))

    def _versions(self, code: str) -> list[Entry]:
        return self._by_code.get(code, [])

    def _about(self, cas: str | None, icd10: str | None, on: date) -> Iterator[Entry]:
        found = [self._by_cas.get(_plain(cas), [])] if cas else []
        found += [self._by_icd10.get(code, []) for code in _wider_codes(icd10)]
        for entries in found:
            yield from sorted((entry for entry in entries if entry.in_force(on)), key=_national_first)


@cache
def catalogue() -> Catalogue:
    """The guidelines that come with the program."""
    return Catalogue(read(FOLDER))


def read(folder: Path) -> list[GuidelineFile]:
    """Every guideline file in a folder. Raises pydantic's ValidationError for a file that breaks a rule."""
    return [GuidelineFile.model_validate_json(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


def _refuse_overlap(versions: list[Entry]) -> None:
    for one, other in combinations(versions, 2):
        if one.file.version == other.file.version:
            raise BrokenCatalogue(f"{one.file.code} {one.file.version} is there twice")
        first = max(one.file.effective_from or date.min, other.file.effective_from or date.min)
        last = min(one.file.effective_until or date.max, other.file.effective_until or date.max)
        if first <= last:
            raise BrokenCatalogue(f"{one.file.code}: two versions hold on {first}")


def _finding_names(file: GuidelineFile) -> Iterator[str]:
    yield from file.questions
    yield from (item.parameter for item in file.inform if item.parameter)


def _names_in_years(file: GuidelineFile) -> Iterator[str]:
    return (name for name, question in file.questions.items() if question.unit == _YEAR)


def _newest_last(file: GuidelineFile) -> tuple[str, date]:
    return file.code, file.effective_from or date.min


def _national_first(entry: Entry) -> bool:
    # NCvB: a European information notice serves when there is no national guideline
    # (https://www.kiza.beroepsziekten.nl/registratierichtlijnen).
    return entry.file.kind is GuidelineKind.NOTICE


def _plain(code: str) -> str:
    return code.strip().upper()


def _wider_codes(icd10: str | None) -> list[str]:
    """An ICD-10 code and every wider one, most precise first. Some systems leave the dot out: M754 is M75.4."""
    digits = _plain(icd10 or "").replace(".", "")
    chapter, detail = digits[:_ICD10_CHAPTER], digits[_ICD10_CHAPTER:]
    if len(chapter) < _ICD10_CHAPTER:
        return []
    return [*(f"{chapter}.{detail[:length]}" for length in range(len(detail), 0, -1)), chapter]
