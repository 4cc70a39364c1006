"""What stands in a code list: frozen values, checked when they are read, never changed after."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass

from service.text import Language

_STRICT = ConfigDict(alias_generator=to_camel, extra="forbid", str_strip_whitespace=True, validate_by_name=True)

Filled = Annotated[str, Field(min_length=1)]


class ListId(StrEnum):
    """Every list there is; DIAGNOSIS is CAS and ICD-10 together."""

    CAS = "cas"
    ICD10 = "icd10"
    DIAGNOSIS = "diagnosis"
    ISCO = "isco"
    SBI = "sbi"
    EXPOSURE = "exposure"
    MEASURE = "measure"
    ADVICE = "advice"
    INCAPACITY = "incapacity"
    ABSENCE = "absence"
    DETECTION = "detection"
    PROVINCE = "province"
    CERTAINTY = "certainty"
    EMPLOYMENT_KIND = "employment-kind"
    SEX = "sex"
    EVIDENCE = "evidence"
    ARBODIENST_KIND = "arbodienst-kind"
    OTHER_EXPLANATIONS = "other-explanations"


class Basis(StrEnum):
    """Whether words come from a published source or are our own."""

    OFFICIAL = "official"
    OURS = "ours"


class Letter(StrEnum):
    """The letters by which the registration guidelines are grouped."""

    CHEMICAL = "A"
    PHYSICAL_AGENT = "B"
    BIOLOGICAL = "C"
    PHYSICAL_LOAD = "D"
    PSYCHOLOGICAL = "E"
    SKIN = "F"
    LUNG = "G"
    NERVOUS = "H"
    NOSE_EYES_VOICE = "J"
    REST = "K"


class Level(StrEnum):
    """The hierarchy of control of step 6 of the six-step plan, best first."""

    SOURCE = "source"
    COLLECTIVE_TECHNICAL = "collective-technical"
    ORGANISATIONAL = "organisational"
    PPE = "ppe"


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Label:
    """A label in English and, where we have one, in Dutch."""

    en: Filled
    nl: Filled | None = None

    def in_(self, language: Language) -> str:
        """The label in the language asked for; the English one where there is no Dutch one."""
        return self.en if language is Language.EN else self.nl or self.en


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Words:
    """A title or a note, always in both languages."""

    nl: Filled
    en: Filled


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Entry:
    """One code with its labels; the synonyms are lay words of our own."""

    code: Filled
    label: Label
    label_basis: Basis
    synonyms: tuple[Filled, ...] = ()
    parent: Filled | None = None
    group: Filled | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class CasEntry(Entry):
    """A CAS diagnosis, with the source it was published in."""

    letter: Letter
    complaint: bool
    registrable: bool
    source_url: Filled
    exception_guideline: Filled | None = None
    icd10: Filled | None = None
    valid_from: Filled | None = None
    remark: Filled | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Icd10Entry(Entry):
    """An ICD-10 category of our starter list, with the CAS code it comes nearest to."""

    letter: Letter
    cas: Filled | None = None


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class MeasureEntry(Entry):
    """A preventive measure: its level, the exposures or letters it fits, the SBI sections where it matters most."""

    level: Level
    exposures: tuple[Filled, ...] = ()
    letters: tuple[Letter, ...] = ()
    sections: tuple[Filled, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class CodeList:
    """One list with where it comes from, by which licence, and in which edition."""

    id: ListId
    title: Words
    edition: Filled
    source: Filled
    licence: Filled
    basis: Basis
    synonyms_basis: Basis
    note: Words
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class ComplaintRule:
    """Which CAS codes are complaints and which complaints are notified all the same (NCvB, meldingscriteria)."""

    pattern: Filled
    digit: Filled
    exceptions: tuple[Filled, ...]
    source_url: Filled


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class CasList(CodeList):
    """The CAS list carries the complaint rule as data."""

    entries: tuple[CasEntry, ...]
    complaint_rule: ComplaintRule


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Icd10List(CodeList):
    """Our starter list of ICD-10 categories."""

    entries: tuple[Icd10Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class ExposureList(CodeList):
    """The list of exposures carries the names of its groups."""

    groups: Mapping[Letter, Words]


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class MeasureList(CodeList):
    """The preventive measures."""

    entries: tuple[MeasureEntry, ...]
