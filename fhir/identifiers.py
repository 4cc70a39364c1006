"""Dutch identifiers as values: one that exists has the right form. None of them shows itself in a repr or a log."""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from stdnum.nl import bsn

BSN_SYSTEM: Final = "http://fhir.nl/fhir/NamingSystem/bsn"
BIG_SYSTEM: Final = "http://fhir.nl/fhir/NamingSystem/big"
AGB_SYSTEM: Final = "http://fhir.nl/fhir/NamingSystem/agb-z"
URA_SYSTEM: Final = "http://fhir.nl/fhir/NamingSystem/ura"
UZI_SYSTEM: Final = "http://fhir.nl/fhir/NamingSystem/uzi-nr-pers"
# GF's examples use the first, its prose the second; we accept both and write the first.
KVK_SYSTEM: Final = "http://fhir.nl/fhir/NamingSystem/kvk"
KVK_SYSTEM_IN_PROSE: Final = "http://www.kvk.nl/"
ROLE_SYSTEM: Final = "http://fhir.nl/fhir/NamingSystem/uzi-rolcode"


def is_bsn(digits: str) -> bool:
    """Tell whether nine digits pass the eleven test of the burgerservicenummer (Besluit BSN, art. 1)."""
    return len(digits) == 9 and digits.isascii() and digits.isdigit() and bsn.is_valid(digits)


@dataclass(frozen=True, slots=True)
class Bsn:
    """Burgerservicenummer: nine digits that pass the eleven test. Raises ValueError otherwise, without the value."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        if not is_bsn(self.value):
            raise ValueError("a BSN has nine digits and passes the eleven test")


@dataclass(frozen=True, slots=True)
class _Digits:
    value: str = field(repr=False)
    length: ClassVar[int]

    def __post_init__(self) -> None:
        if not (len(self.value) == self.length and self.value.isascii() and self.value.isdigit()):
            raise ValueError(f"{type(self).__name__} has {self.length} digits")


class Big(_Digits):
    """Number in the BIG register of care professionals: eleven digits. Raises ValueError otherwise."""

    __slots__ = ()
    length = 11


class Agb(_Digits):
    """AGB code of a care provider (Vektis): eight digits. Raises ValueError otherwise."""

    __slots__ = ()
    length = 8


class Ura(_Digits):
    """Number of an organisation in the UZI register: eight digits. Raises ValueError otherwise."""

    __slots__ = ()
    length = 8


class Uzi(_Digits):
    """Number of a person in the UZI register: nine digits. Raises ValueError otherwise."""

    __slots__ = ()
    length = 9
