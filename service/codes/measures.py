"""Which preventive measures fit an exposure, best first (hierarchy of control, step 6 of the six-step plan). Pure."""

from collections.abc import Iterable
from functools import lru_cache

from service.codes.catalogue import catalogue
from service.codes.entries import Level, ListId, MeasureEntry
from service.codes.rules import sbi_section

_LEVEL_ORDER = {level: place for place, level in enumerate(Level)}


def measures_for(exposure_codes: Iterable[str], sbi: str | None = None, *, limit: int = 12) -> tuple[MeasureEntry, ...]:
    """The measures that fit these exposures: by level; in a level those of the sector, then those for every sector.

    An exposure outside our list brings the general measures of its letter, and nothing if it has none.
    """
    return _fitting(frozenset(exposure_codes), sbi_section(sbi) if sbi else None)[: max(limit, 0)]


@lru_cache(maxsize=1024)
def _fitting(exposures: frozenset[str], section: str | None) -> tuple[MeasureEntry, ...]:
    known = catalogue().by_code[ListId.EXPOSURE]
    letters = {code[:1] for code in exposures if code in known or code[1:2] == "-"}

    def place(measure: MeasureEntry) -> tuple[int, bool, bool, bool]:
        elsewhere = bool(measure.sections) and section not in measure.sections
        return (
            _LEVEL_ORDER[measure.level],
            section is None or section not in measure.sections,
            elsewhere,
            exposures.isdisjoint(measure.exposures),
        )

    fitting = [m for m in catalogue().measure.entries if _fits(m, exposures, letters)]
    return tuple(sorted(fitting, key=place))


def _fits(measure: MeasureEntry, exposures: frozenset[str], letters: set[str]) -> bool:
    return not exposures.isdisjoint(measure.exposures) or not letters.isdisjoint(measure.letters)
