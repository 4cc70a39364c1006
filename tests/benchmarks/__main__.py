"""Measure, and compare with what we promised: `make bench`, or `python -m tests.benchmarks --quick`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.benchmarks import distributed, report
from tests.benchmarks.goals import faults, goals
from tests.benchmarks.measuring import QUICK, USUAL, Plan, measure
from tests.benchmarks.programs import ROOT, forms
from tests.benchmarks.racing import measure_races
from tests.benchmarks.starting import measure_start
from tests.servers import POSTGRES_LACKS, REDIS_LACKS

_WIDTH = 130
RESULT = ROOT / "var" / "bench.json"


def main(words: Sequence[str]) -> int:
    """Measure and report; 1 when a request failed or a race was lost. A promise not kept is only shown."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="half a minute, rough figures; otherwise thirteen minutes")
    parser.add_argument("--json", type=Path, default=RESULT, help="where to write the figures (var/bench.json)")
    asked = parser.parse_args(words)
    if lacks := POSTGRES_LACKS or REDIS_LACKS:
        print(f"The benchmark {lacks}.", file=sys.stderr)
        return 2
    return run(QUICK if asked.quick else USUAL, asked.json)


def run(plan: Plan, result: Path) -> int:
    """Carry out a plan."""
    # In a file or a pipe there is no width to keep to, and a folded table cannot be read.
    console, progress = Console(width=None if sys.stdout.isatty() else _WIDTH), Console(stderr=True)
    with progress.status("starting PostgreSQL, the service and the naive version") as status:
        start = measure_start(plan.starts)
        with forms() as running:
            figures = measure(running, plan, status.update)
        status.update(f"a withdrawal against a release, {plan.races} times")
        races = measure_races(plan.races)
        status.update("the distributed form beside bare Celery")
        beside = distributed.measure(plan.promises)
        status.update("crashes of workers, relays and Redis")
        chaos = distributed.crash(plan.cases)
    settled = [*goals(figures, start), *distributed.goals(beside, chaos)]
    report.show(console, figures, settled)
    console.print(f"Start to ready {start.ready:.2f} s, imports {start.imports:.2f} s. Median of {plan.rounds} rounds.")
    first = f"withdrawn first {races.withdrawn_first} times, released first {races.released_first} times"
    console.print(f"A withdrawal against a release, {races.rounds} rounds: {races.fault or first}.")
    console.print(
        f"Promise to done {beside.idle:.1f} ms, bare Celery {beside.bare_idle:.1f} ms. "
        f"By two workers {beside.rate:.0f} a second, bare Celery with a row each {beside.bare_rate:.0f}."
    )
    report.write(result, figures, settled, start, plan, races)
    for fault in (found := [*faults(figures), *filter(None, [races.fault])]):
        print(f"Failed: {fault}", file=sys.stderr)
    return 1 if found or chaos.lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
