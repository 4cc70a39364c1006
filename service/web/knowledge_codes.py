"""Code lists and preventive measures as a person reads them, with where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.codes.catalogue import catalogue, system_of
from service.codes.entries import Basis, CasEntry, CodeList, Entry, Icd10Entry, Level, ListId, MeasureEntry
from service.codes.measures import measures_for
from service.codes.search import search
from service.problems import NotFound
from service.text import Language, Text
from service.web.knowledge_guidelines import Source, source

PAGE = 50
_HITS = 30
_ALL_MEASURES = 300

_BASIS: Mapping[Basis, Text] = {
    Basis.OFFICIAL: Text("officiële lijst", "official list"),
    Basis.OURS: Text("eigen lijst van Arbobrug", "Arbobrug's own list"),
}
LEVELS: Mapping[Level, Text] = {
    Level.SOURCE: Text("Bij de bron", "At the source"),
    Level.COLLECTIVE_TECHNICAL: Text("Techniek voor iedereen", "Technical, for everybody"),
    Level.ORGANISATIONAL: Text("Organisatie van het werk", "Organisation of the work"),
    Level.PPE: Text("Persoonlijke bescherming", "Personal protection"),
}
_ABOUT_LEVEL: Mapping[Level, Text] = {
    Level.SOURCE: Text("Neem het gevaar weg. Dit werkt het best.", "Take the hazard away. This works best."),
    Level.COLLECTIVE_TECHNICAL: Text(
        "Scherm het gevaar af, zodat iedereen beschermd is.", "Shield the hazard, so that everybody is protected."
    ),
    Level.ORGANISATIONAL: Text(
        "Laat mensen korter of minder vaak aan het gevaar blootstaan.", "Let people be exposed for less time."
    ),
    Level.PPE: Text("Pas als de rest niet genoeg is.", "Only when the rest is not enough."),
}


@dataclass(frozen=True, slots=True)
class ListLine:
    """A list among the lists."""

    id: str
    title: str
    edition: str
    licence: str
    basis: str
    ours: bool
    note: str
    count: int
    source: Source


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One code with what its list says about it."""

    code: str
    label: str
    system: str | None
    remarks: tuple[str, ...]
    synonyms: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class CodesPage:
    """One list with what was found in it, or a page of it."""

    list: ListLine
    query: str
    lines: tuple[CodeLine, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class Option:
    """A choice in a form."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """Choices under one name."""

    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """One measure, and whether it was written for the sector that was chosen."""

    code: str
    label: str
    for_sector: bool


@dataclass(frozen=True, slots=True)
class LevelOfMeasures:
    """The measures of one step of the hierarchy."""

    title: str
    about: str
    measures: tuple[MeasureLine, ...]


def all_lists(language: Language) -> tuple[ListLine, ...]:
    """Every list there is."""
    return tuple(list_line(each, language) for each in catalogue().lists.values())


def codes_page(name: str, query: str, after: str | None, language: Language) -> CodesPage:
    """One list: the best hits for the query, or without one a page in its own order. Raises NotFound."""
    if name not in {list_id.value for list_id in ListId}:
        raise NotFound
    list_id = ListId(name)
    code_list = catalogue().lists[list_id]
    if query.strip():
        lines = tuple(_code_line(hit.entry, list_id, language) for hit in search(list_id, query, _HITS))
        return CodesPage(list_line(code_list, language), query, lines, None)
    entries = _after(code_list, after)
    lines = tuple(_code_line(entry, list_id, language) for entry in entries[:PAGE])
    return CodesPage(list_line(code_list, language), "", lines, lines[-1].code if len(entries) > PAGE else None)


def list_line(code_list: CodeList, language: Language) -> ListLine:
    """A list without its codes."""
    english = language is Language.EN
    return ListLine(
        id=code_list.id.value,
        title=code_list.title.en if english else code_list.title.nl,
        edition=code_list.edition,
        licence=code_list.licence,
        basis=_BASIS[code_list.basis].in_(language),
        ours=code_list.basis is Basis.OURS,
        note=code_list.note.en if english else code_list.note.nl,
        count=len(code_list.entries),
        source=source(code_list.source),
    )


def exposure_choice(chosen: str, language: Language) -> tuple[OptionGroup, ...]:
    """Every exposure by its group."""
    exposures = catalogue().exposure
    return tuple(
        OptionGroup(
            words.en if language is Language.EN else words.nl,
            tuple(_option(entry, chosen, language) for entry in exposures.entries if entry.group == letter),
        )
        for letter, words in exposures.groups.items()
    )


def sector_choice(chosen: str, language: Language) -> tuple[Option, ...]:
    """Every section of the SBI; measures go no finer."""
    return tuple(
        _option(entry, chosen, language) for entry in catalogue().lists[ListId.SBI].entries if len(entry.code) == 1
    )


def measures_page(exposure: str, sector: str, language: Language) -> tuple[LevelOfMeasures, ...]:
    """The measures for an exposure, best level first. Raises NotFound for an exposure or sector outside our lists."""
    known = catalogue().by_code
    if exposure not in known[ListId.EXPOSURE] or (sector and sector not in known[ListId.SBI]):
        raise NotFound
    found = measures_for([exposure], sector or None, limit=_ALL_MEASURES)
    return tuple(
        LevelOfMeasures(
            LEVELS[level].in_(language),
            _ABOUT_LEVEL[level].in_(language),
            tuple(_measure(each, sector, language) for each in found if each.level is level),
        )
        for level in Level
    )


def _measure(measure: MeasureEntry, sector: str, language: Language) -> MeasureLine:
    return MeasureLine(measure.code, measure.label.in_(language), bool(sector) and sector in measure.sections)


def _option(entry: Entry, chosen: str, language: Language) -> Option:
    return Option(entry.code, entry.label.in_(language), entry.code == chosen)


def _after(code_list: CodeList, after: str | None) -> tuple[Entry, ...]:
    if after is None:
        return code_list.entries
    for place, entry in enumerate(code_list.entries):
        if entry.code == after:
            return code_list.entries[place + 1 :]
    raise NotFound


def _code_line(entry: Entry, list_id: ListId, language: Language) -> CodeLine:
    system = system_of(list_id, entry)
    return CodeLine(
        code=entry.code,
        label=entry.label.in_(language),
        system={ListId.CAS: "CAS", ListId.ICD10: "ICD-10"}.get(system) if list_id is ListId.DIAGNOSIS else None,
        remarks=tuple(remark.in_(language) for remark in _remarks(entry)),
        synonyms=", ".join(entry.synonyms),
        source=source(entry.source_url) if isinstance(entry, CasEntry) else None,
    )


def _remarks(entry: Entry) -> list[Text]:
    match entry:
        case CasEntry():
            return _of_cas(entry)
        case Icd10Entry(cas=str(cas)):
            return [Text(f"Lijkt het meest op CAS {cas}.", f"Nearest to CAS {cas}.")]
        case MeasureEntry():
            return [LEVELS[entry.level]]
        case _:
            return []


def _of_cas(entry: CasEntry) -> list[Text]:
    if not entry.registrable:
        return [Text("Klacht: deze code kunt u niet melden.", "A complaint: this code cannot be notified.")]
    if entry.complaint:
        return [
            Text(
                f"Klacht die u wel kunt melden (richtlijn {entry.exception_guideline}).",
                f"A complaint that can be notified all the same (guideline {entry.exception_guideline}).",
            )
        ]
    return []
