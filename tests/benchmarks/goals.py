"""What we promised, as ratios within one run, and whether it was kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.measuring import Figure, Figures, Place
from tests.benchmarks.reading import milliseconds_to_read
from tests.benchmarks.starting import Start
from tests.benchmarks.works import Work

POSTGRESQL, SQLITE = "PostgreSQL", "SQLite"
FORMS = (POSTGRESQL, SQLITE)


@dataclass(frozen=True)
class Goal:
    """A promise: the measured value, and the least (or, for a time, the most) that it may be; none just informs."""

    what: str
    against: str
    value: float
    least: float | None = None
    most: float | None = None
    unit: str = "x"

    @property
    def reached(self) -> bool | None:
        """Tell whether the promise was kept; nothing when there was none."""
        if self.least is not None:
            return self.value >= self.least
        return self.value <= self.most if self.most is not None else None

    @property
    def promise(self) -> str:
        """The promise in a few characters."""
        if self.least is not None:
            return f">= {self.least:g} {self.unit}"
        return f"<= {self.most:g} {self.unit}" if self.most is not None else "-"


_LEAST = {Work.FILE: 0.30, Work.CHECK: 0.5, Work.CODES: 0.4, Work.TOKEN: 0.25}
_REFERENCES = {Work.EMPTY, Work.NAIVE, Work.NAIVE_FHIR, Work.NAIVE_MESSAGE, Work.BARE, Work.BARE_MESSAGE}
_FHIR_AGAINST_NAIVE = 15
_MESSAGE_AGAINST_BARE = 0.10


def goals(figures: Figures, start: Start) -> list[Goal]:
    """Every promise that one run can settle, and the other ratios that are good to know."""
    many = _usual_connections(figures)
    found = [
        Goal(f"{work}, {form}", Work.EMPTY, _ratio(figures, form, work, Work.EMPTY, many), _least(form, work))
        for form in FORMS
        for work in Work
        if work not in _REFERENCES
    ]
    for form in FORMS:
        found += [
            Goal(f"{Work.FILE}, {form}", Work.NAIVE, _ratio(figures, form, Work.FILE, Work.NAIVE, many)),
            Goal(f"{Work.FILE}, {form}", Work.BARE, _ratio(figures, form, Work.FILE, Work.BARE, many)),
            Goal(f"{Work.FHIR}, {form}", Work.FILE, _ratio(figures, form, Work.FHIR, Work.FILE, many)),
            Goal(f"{Work.FHIR}, {form}", Work.NAIVE_FHIR, *_against_naive(figures, form, many, Work.FHIR)),
            Goal(f"{Work.MESSAGE}, {form}", Work.NAIVE_MESSAGE, *_against_naive(figures, form, many, Work.MESSAGE)),
            Goal(f"{Work.MESSAGE}, {form}", Work.BARE_MESSAGE, *_against_bare(figures, form, many)),
        ]
    embedded, large = (figures[Place(form, Work.FILE, many)] for form in (SQLITE, POSTGRESQL))
    alone = figures[Place(POSTGRESQL, Work.CODES, min(place.connections for place in figures))]
    return [
        *found,
        Goal(f"{Work.FILE}, {SQLITE}", f"{Work.FILE}, {POSTGRESQL}", _divided(embedded.rate, large.rate), 0.5),
        Goal(f"{Work.CODES}, p99 alone", "-", alone.p99, most=10, unit="ms"),
        Goal("reading and checking a FHIR document", "one filing by FHIR, alone", _validation_share(figures)),
        Goal("start to ready", "imports", round(start.ready / start.imports, 2), most=3),
    ]


_NAIVE = {Work.FHIR: Work.NAIVE_FHIR, Work.MESSAGE: Work.NAIVE_MESSAGE}


def _against_naive(figures: Figures, form: str, connections: int, work: Work) -> tuple[float, float | None]:
    least = _FHIR_AGAINST_NAIVE if form == POSTGRESQL else None
    return _ratio(figures, form, work, _NAIVE[work], connections), least


def _against_bare(figures: Figures, form: str, connections: int) -> tuple[float, float | None]:
    least = _MESSAGE_AGAINST_BARE if form == POSTGRESQL else None
    return _ratio(figures, form, Work.MESSAGE, Work.BARE_MESSAGE, connections), least


def faults(figures: Figures) -> Sequence[str]:
    """Every measurement in which a request was refused or lost, in words."""
    return [
        f"{place.work}, {place.form}, {place.connections} connections: {dict(figure.faults)}"
        for place, figure in figures.items()
        if figure.faults
    ]


def _validation_share(figures: Figures) -> float:
    """The part of the time of a filing by FHIR that goes to JSON, structure, profiles, references and privacy."""
    fewest = min(place.connections for place in figures)
    whole = figures[Place(POSTGRESQL, Work.FHIR, fewest)].p50
    return _divided(milliseconds_to_read(), whole)


def _least(form: str, work: Work) -> float | None:
    return _LEAST.get(work) if form == POSTGRESQL else None


def _usual_connections(figures: Figures) -> int:
    """Eight, as the promises say, or the nearest that was measured."""
    return min({place.connections for place in figures}, key=lambda number: abs(number - 8))


def _ratio(figures: Figures, form: str, work: Work, reference: Work, connections: int) -> float:
    one, other = (figures[Place(form, each, connections)] for each in (work, reference))
    return _divided(one.rate, other.rate)


def _divided(one: float, other: float) -> float:
    return round(one / other, 3) if other else 0.0


__all__ = ["FORMS", "Figure", "Goal", "faults", "goals"]
