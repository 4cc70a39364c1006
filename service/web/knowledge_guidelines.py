"""Guidelines as a person reads them: what decides, where each criterion comes from, and what is not public."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from service.clock import written_date
from service.codes.catalogue import catalogue as code_lists
from service.codes.entries import ListId
from service.codes.search import Match, search
from service.criteria import actions as criteria
from service.criteria.documents import GuidelineKind
from service.criteria.rules import Basis, Kind
from service.criteria.schemas import GuidelineResult, GuidelineSummary, InformResult
from service.text import Language, Text

KIND_WORDS: Mapping[GuidelineKind, Text] = {
    GuidelineKind.REGISTRATION: Text("Registratierichtlijnen", "Registration guidelines"),
    GuidelineKind.NOTICE: Text("Europese informatiebladen", "European information notices"),
    GuidelineKind.SCHEME: Text("Regelingen (alleen een aanwijzing)", "Compensation schemes (a hint only)"),
}
_ABOUT_KIND: Mapping[GuidelineKind, Text] = {
    GuidelineKind.REGISTRATION: Text(
        "Hiermee bepaalt u of een ziekte als beroepsziekte telt.",
        "With these you decide whether a disease counts as occupational.",
    ),
    GuidelineKind.NOTICE: Text(
        "Deze gelden als er geen Nederlandse richtlijn is.", "These serve when there is no Dutch guideline."
    ),
    GuidelineKind.SCHEME: Text(
        "Een regeling betaalt een tegemoetkoming. Zij beslist niet over de melding.",
        "A scheme pays compensation. It does not decide about the notification.",
    ),
}
# Three tags are all that a reader has to learn: the first two may decide, the third never does.
_DECIDING_BASIS: Mapping[Basis, Text] = {
    Basis.OFFICIAL: Text("officieel", "official"),
    Basis.SECONDARY: Text("uit tweede hand", "second-hand"),
}
_ONLY_INFORMS = Text("alleen ter informatie", "for information only")
_INFORMING_ORIGIN: Mapping[Basis, Text] = {
    Basis.OFFICIAL: Text("officiële bron", "official source"),
    Basis.SECONDARY: Text("bron uit tweede hand", "second-hand source"),
    Basis.EVIDENCE: Text("onderzoek", "research"),
    Basis.SCHEME: Text("regeling voor een tegemoetkoming", "compensation scheme"),
    Basis.OURS: Text("eigen tekst van Arbobrug", "Arbobrug's own words"),
}
_ABOUT: Mapping[Kind, Text] = {
    Kind.DIAGNOSIS: Text("diagnose", "diagnosis"),
    Kind.EXPOSURE: Text("blootstelling", "exposure"),
    Kind.DURATION: Text("duur", "duration"),
    Kind.LATENCY: Text("tijd tot de klachten", "time to onset"),
    Kind.OTHER_CAUSE: Text("andere oorzaak", "other cause"),
}
_ALL = Text("Alles hieronder is nodig:", "All of these are needed:")
_ANY = Text("Eén van deze is genoeg:", "One of these is enough:")


@dataclass(frozen=True, slots=True)
class Source:
    """Where something was read: the address, and the site to show for it."""

    url: str
    site: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One criterion in words, with its basis."""

    text: str
    about: str
    basis: str
    basis_words: str
    source: Source


@dataclass(frozen=True, slots=True)
class Conditions:
    """A group of criteria under the words that say how many are needed."""

    needed: str
    of: tuple["Branch", ...]


Branch: TypeAlias = Condition | Conditions


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to know that does not decide."""

    text: str
    basis_words: str
    origin: str
    source: Source


@dataclass(frozen=True, slots=True)
class Code:
    """A code with its name, where we have one."""

    code: str
    label: str | None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A guideline in the list."""

    code: str
    title: str
    version: str
    decides: bool
    cas: tuple[str, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Section:
    """The guidelines of one kind."""

    kind: str
    title: str
    about: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class GuidelinePage:
    """One guideline as a page shows it."""

    code: str
    title: str
    kind: str
    version: str
    version_remark: str
    period: str
    decides: bool
    reading: str
    tree: Branch | None
    remarks: tuple[Remark, ...]
    not_public: tuple[str, ...]
    questions: tuple[str, ...]
    cas: tuple[Code, ...]
    icd10: tuple[Code, ...]
    scheme: str | None
    source: Source
    sources: tuple[Source, ...]
    versions: tuple[str, ...]


def sections(query: str | None, on: date, language: Language) -> tuple[Section, ...]:
    """The guidelines that hold every word of the query, or else those meant by it; a kind without any is left out."""
    found = criteria.find_guidelines(query, None, on, language).items or _meant(query or "", on, language)
    return tuple(
        Section(
            kind=kind.value,
            title=KIND_WORDS[kind].in_(language),
            about=_ABOUT_KIND[kind].in_(language),
            rows=tuple(_row(item) for item in found if item.kind is kind),
        )
        for kind in GuidelineKind
        if any(item.kind is kind for item in found)
    )


def _meant(query: str, on: date, language: Language) -> tuple[GuidelineSummary, ...]:
    """The guidelines about the diagnoses that were probably meant, found as the box of a diagnosis finds them."""
    hits = [hit for hit in search(ListId.DIAGNOSIS, query) if hit.how <= Match.FUZZY]
    about = (criteria.find_guidelines(None, hit.entry.code, on, language).items for hit in hits)
    return tuple({item.code: item for items in about for item in items}.values())


def guideline_page(code: str, version: str | None, on: date, language: Language) -> GuidelinePage:
    """One guideline for its page. Raises NotFound."""
    found = criteria.guideline(code, version, on, language)
    return GuidelinePage(
        code=found.code,
        title=found.title,
        kind=found.kind.value,
        version=found.version,
        version_remark=_version_remark(found, language),
        period=_period(found, language),
        decides=found.decides,
        reading=found.reading,
        tree=branch_of(found.require, language) if found.require else None,
        remarks=tuple(_remark(item, language) for item in found.inform),
        not_public=found.not_public,
        questions=tuple(question.question for question in found.questions),
        cas=tuple(Code(each, _label(ListId.CAS, each, language)) for each in found.cas),
        icd10=tuple(_icd10(each, found.icd10_basis[each], language) for each in found.icd10),
        scheme=found.scheme,
        source=source(found.source_url),
        sources=tuple(source(url) for url in found.sources),
        versions=tuple(each for each in found.versions if each != found.version),
    )


def branch_of(node: Mapping[str, Any], language: Language) -> Branch:
    """A node of the criteria tree in words."""
    if "all" in node:
        return Conditions(_ALL.in_(language), _branches(node["all"], language))
    if "any" in node:
        return Conditions(_ANY.in_(language), _branches(node["any"], language))
    if "atLeast" in node:
        return Conditions(_at_least(node["atLeast"], len(node["of"])).in_(language), _branches(node["of"], language))
    return Condition(
        text=node["text"],
        about=_ABOUT[Kind(node["kind"])].in_(language),
        basis=node["basis"],
        basis_words=_DECIDING_BASIS[Basis(node["basis"])].in_(language),
        source=source(node["sourceUrl"]),
    )


def source(url: str) -> Source:
    """An address with the site it is on."""
    return Source(url, (urlsplit(url).hostname or url).removeprefix("www."))


def _branches(nodes: list[Mapping[str, Any]], language: Language) -> tuple[Branch, ...]:
    return tuple(branch_of(node, language) for node in nodes)


def _at_least(needed: int, of: int) -> Text:
    return Text(f"Minstens {needed} van deze {of} zijn nodig:", f"At least {needed} of these {of} are needed:")


def _row(item: GuidelineSummary) -> Row:
    return Row(item.code, item.title, item.version, item.decides, item.cas, source(item.source_url))


def _remark(item: InformResult, language: Language) -> Remark:
    origin = _INFORMING_ORIGIN[item.basis].in_(language)
    return Remark(item.text, _ONLY_INFORMS.in_(language), origin, source(item.source_url))


def _icd10(code: str, basis: str, language: Language) -> Code:
    ours = Text("koppeling van Arbobrug", "joined by Arbobrug")
    return Code(code, _label(ListId.ICD10, code, language), None if basis == "seen" else ours.in_(language))


def _label(list_id: ListId, code: str, language: Language) -> str | None:
    entry = code_lists().entry(list_id, code)
    return entry.label.in_(language) if entry else None


def _version_remark(found: GuidelineResult, language: Language) -> str:
    if not found.version.startswith("seen-"):
        return ""
    return Text(
        "De bron noemt geen versie. Dit nummer gaven wij toen wij haar lazen.",
        "The source names no version. We gave this number when we read it.",
    ).in_(language)


def _period(found: GuidelineResult, language: Language) -> str:
    first, last = (_day(each, language) for each in (found.effective_from, found.effective_until))
    if first and last:
        return Text(f"Geldt van {first} tot en met {last}.", f"In force from {first} to {last}.").in_(language)
    if first:
        return Text(f"Geldt sinds {first}.", f"In force since {first}.").in_(language)
    if last:
        return Text(f"Geldt tot en met {last}.", f"In force until {last}.").in_(language)
    return Text("De ingangsdatum is niet openbaar gezien.", "The first day was not seen in public.").in_(language)


def _day(written: str | None, language: Language) -> str | None:
    return written_date(date.fromisoformat(written), english=language is Language.EN) if written else None
