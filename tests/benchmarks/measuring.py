"""Measuring in rounds: every work once in each round, so that whatever disturbs the machine disturbs all alike."""

import contextlib
import json
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.load import MOST, Sample
from tests.benchmarks.programs import ROOT, Form
from tests.benchmarks.works import Work, order


@dataclass(frozen=True)
class Plan:
    """How long to measure: rounds, seconds a measurement, numbers of connections, the most acts in each, and races.

    Of the distributed form: how many promises to keep, and how many cases to acknowledge while everything crashes.
    """

    rounds: int = 3
    seconds: float = 0.85
    connections: tuple[int, ...] = (1, 8, 32)
    most: int = MOST
    starts: int = 5
    races: int = 1000
    promises: int = 1_000
    cases: int = 1_000

    @property
    def measurements(self) -> int:
        """How many measurements there are on each form."""
        return self.rounds * len(self.connections) * len(Work)


USUAL = Plan()
QUICK = Plan(rounds=1, seconds=0.2, starts=1, races=10, promises=200, cases=50)


@dataclass(frozen=True)
class Place:
    """One cell of the table: which form, which work, over how many connections."""

    form: str
    work: Work
    connections: int


@dataclass(frozen=True)
class Figure:
    """The median over the rounds: acts per second, times in milliseconds, and the faults of all rounds together."""

    rate: float
    p50: float
    p95: float
    p99: float
    acts: int
    faults: Mapping[str, int]


Figures = Mapping[Place, Figure]


class Load:
    """The load generator, in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def measure(self, wanted: Mapping[str, Any]) -> Sample:
        """Have one order carried out."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        asked.write(json.dumps(wanted) + "\n")
        asked.flush()
        line = answers.readline()
        if not line:
            raise RuntimeError("the load generator stopped")
        found: Sample = json.loads(line)
        return found


@contextlib.contextmanager
def load() -> Iterator[Load]:
    """A load generator, stopped at the end of the block."""
    words = [sys.executable, "-m", "tests.benchmarks.load"]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Load(process)
        finally:
            process.terminate()


def measure(forms: Sequence[Form], plan: Plan, progress: Callable[[str], None]) -> Figures:
    """Measure every work at every form: a short warm-up, then the rounds."""
    samples: dict[Place, list[Sample]] = {}
    with load() as generator:
        _warm_up(generator, forms, plan)
        for number, connections in ((n, c) for n in range(plan.rounds) for c in plan.connections):
            for work in Work:
                # The forms take turns within a work, because one is held against the other.
                for form in forms if number % 2 else reversed(forms):
                    progress(f"round {number + 1} of {plan.rounds}: {work}, {form.name}, {connections}")
                    place = Place(form.name, work, connections)
                    found = generator.measure(order(work, form, connections, plan.seconds, plan.most))
                    samples.setdefault(place, []).append(found)
    return {place: _median(found) for place, found in samples.items()}


def _warm_up(generator: Load, forms: Sequence[Form], plan: Plan) -> None:
    for form in forms:
        for work in Work:
            generator.measure(order(work, form, 8, min(0.3, plan.seconds), plan.most))


def _median(samples: Sequence[Sample]) -> Figure:
    faults: Counter[str] = Counter()
    for each in samples:
        faults.update(each["faults"])
    return Figure(
        rate=statistics.median(each["rate"] for each in samples),
        p50=statistics.median(each["p50"] for each in samples),
        p95=statistics.median(each["p95"] for each in samples),
        p99=statistics.median(each["p99"] for each in samples),
        acts=sum(each["acts"] for each in samples),
        faults=faults,
    )
