"""Codes: those we fix ourselves, told in fhir/data/codes.json, and the lists that live elsewhere and are asked for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final, Protocol

from fhir import canonical
from fhir.canonical import PROVINCE_SYSTEM, code_system


class CodeList(StrEnum):
    """The lists that this floor does not hold."""

    CAS = "cas"
    ICD10 = "icd10"
    ISCO = "isco"
    SBI = "sbi"
    EXPOSURE = "exposure"
    GUIDELINE = "guideline"


class Terminology(Protocol):
    """Whoever knows the lists. `edition` is given for SBI only."""

    def knows(self, code_list: CodeList, code: str, edition: str | None = None) -> bool:
        """Tell whether the list has the code."""


@dataclass(frozen=True, slots=True)
class OwnCode:
    """A code of ours: as the wire has it, the value /v1 has for it, and its words."""

    code: str
    value: str
    text: str
    text_en: str


@dataclass(frozen=True, slots=True)
class OwnSystem:
    """A code system of ours, found by either name."""

    name: str
    url: str
    title: str
    title_en: str
    codes: Mapping[str, OwnCode]
    values: Mapping[str, OwnCode]


@cache
def own_systems() -> Mapping[str, OwnSystem]:
    """Every code system of ours, by name."""
    told = json.loads(files("fhir").joinpath("data/codes.json").read_text("utf-8"))
    return MappingProxyType({name: _system(name, part) for name, part in told.items()})


def own_system(name: str) -> OwnSystem:
    """A code system of ours."""
    return own_systems()[name]


def _system(name: str, part: Mapping[str, object]) -> OwnSystem:
    lines = part["codes"]
    assert isinstance(lines, list)
    codes = [OwnCode(one["code"], one.get("value", one["code"]), one["nl"], one["en"]) for one in lines]
    return OwnSystem(
        name,
        code_system(name),
        str(part["nl"]),
        str(part["en"]),
        {one.code: one for one in codes},
        {one.value: one for one in codes},
    )


# ISO 3166-2:NL. Its codes are those of /v1.
PROVINCES = MappingProxyType(
    {
        code: OwnCode(code, code, name, name)
        for code, name in {
            "NL-DR": "Drenthe",
            "NL-FL": "Flevoland",
            "NL-FR": "Fryslân",
            "NL-GE": "Gelderland",
            "NL-GR": "Groningen",
            "NL-LI": "Limburg",
            "NL-NB": "Noord-Brabant",
            "NL-NH": "Noord-Holland",
            "NL-OV": "Overijssel",
            "NL-UT": "Utrecht",
            "NL-ZE": "Zeeland",
            "NL-ZH": "Zuid-Holland",
        }.items()
    }
)


@cache
def provinces() -> OwnSystem:
    """The twelve provinces, as if they were a system of ours."""
    return OwnSystem("provincie", PROVINCE_SYSTEM, "Provincie", "Province", PROVINCES, PROVINCES)


# Every code system that has a place in a notification.
SYSTEMS: Final = frozenset(
    {
        canonical.LOINC,
        canonical.SNOMED,
        canonical.ICD10_SYSTEM,
        canonical.SBI_SYSTEM,
        canonical.ISCO_SYSTEM,
        canonical.PROVINCE_SYSTEM,
        f"{canonical.ODH}/CodeSystem/ISICRev4",
        "http://hl7.org/fhir/sid/icpc-1-nl",
        "http://hl7.org/fhir/sid/icd-10",
        canonical.CAS_SYSTEM,
        canonical.EXPOSURE_SYSTEM,
        canonical.GUIDELINE_SYSTEM,
        canonical.FINDING_SYSTEM,
        canonical.FINDING_VALUE_SYSTEM,
        *(system.url for system in own_systems().values()),
        *(
            f"{canonical.TERMINOLOGY}/{name}"
            for name in "condition-clinical condition-ver-status observation-category data-absent-reason "
            "v3-Confidentiality v3-ActReason v3-ObservationValue".split()
        ),
    }
)


def known_system(system: str) -> bool:
    """Tell whether a code system has a place in a notification. Any other may be a text in disguise."""
    return system in SYSTEMS
