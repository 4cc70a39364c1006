"""Measure, and compare with what we promised: `make bench`, or `python -m tests.benchmarks --quick`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.benchmarks import report
from tests.benchmarks.goals import faults, goals
from tests.benchmarks.measuring import QUICK, USUAL, Plan, measure
from tests.benchmarks.programs import ROOT, forms
from tests.benchmarks.racing import measure_races
from tests.benchmarks.starting import measure_start
from tests.servers import POSTGRES_LACKS

_WIDTH = 130
RESULT = ROOT / "var" / "bench.json"


def main(words: Sequence[str]) -> int:
    """Measure and report; 1 when a request failed or a race was lost. A promise not kept is only shown."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="half a minute, rough figures; otherwise seven minutes")
    parser.add_argument("--json", type=Path, default=RESULT, help="where to write the figures (var/bench.json)")
    asked = parser.parse_args(words)
    if POSTGRES_LACKS:
        print(f"The benchmark {POSTGRES_LACKS}.", file=sys.stderr)
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
    settled = goals(figures, start)
    report.show(console, figures, settled)
    console.print(f"Start to ready {start.ready:.2f} s, imports {start.imports:.2f} s. Median of {plan.rounds} rounds.")
    first = f"withdrawn first {races.withdrawn_first} times, released first {races.released_first} times"
    console.print(f"A withdrawal against a release, {races.rounds} rounds: {races.fault or first}.")
    report.write(result, figures, settled, start, plan, races)
    for fault in (found := [*faults(figures), *filter(None, [races.fault])]):
        print(f"Failed: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
