"""The figures for people (a table) and for programs (JSON)."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.goals import FORMS, Goal
from tests.benchmarks.measuring import Figures, Place, Plan
from tests.benchmarks.racing import Races
from tests.benchmarks.starting import Start
from tests.benchmarks.works import Work

_PACKAGES = (
    "fastapi", "starlette", "uvicorn", "uvloop", "httptools", "sqlalchemy", "sqlmodel", "psycopg", "pydantic",
    "authlib", "joserfc", "celery", "typst", "structlog",
)  # fmt: skip


def show(console: Console, figures: Figures, goals: Sequence[Goal]) -> None:
    """Print the rates and times, then the ratios with what we promised."""
    console.print(_figures(figures), _goals(goals), sep="\n")


def _figures(figures: Figures) -> Table:
    connections = sorted({place.connections for place in figures})
    table = Table(title="Requests per second, and p50 / p95 / p99 in ms, by number of connections")
    table.add_column("work")
    for number in connections:
        table.add_column(f"{number}: per s", justify="right")
        table.add_column("p50 / p95 / p99", justify="right")
    rows = [(form, work) for form in FORMS for work in Work]
    for form, work in rows:
        cells = []
        for number in connections:
            figure = figures[Place(form, work, number)]
            cells += [f"{figure.rate:,.0f}", f"{figure.p50:.1f} / {figure.p95:.1f} / {figure.p99:.1f}"]
        table.add_row(f"{form}: {work}", *cells, end_section=work is list(Work)[-1])
    return table


def _goals(goals: Sequence[Goal]) -> Table:
    table = Table(title="Ratios within this run, 8 connections")
    for name in ("what", "against", "measured", "promised", "kept"):
        table.add_column(name, justify="right" if name in {"measured", "promised"} else "left")
    for goal in goals:
        kept = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}[goal.reached]
        table.add_row(goal.what, goal.against, f"{goal.value:.2f} {goal.unit}", goal.promise, kept)
    return table


def write(path: Path, figures: Figures, goals: Sequence[Goal], start: Start, plan: Plan, races: Races) -> None:
    """Write everything down, with the machine and the versions it was measured on; no paths and no names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps(_document(figures, goals, start, plan) | {"races": asdict(races)}, indent=1) + "\n", encoding="utf-8"
    )


def _document(figures: Figures, goals: Sequence[Goal], start: Start, plan: Plan) -> dict[str, Any]:
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cpus": os.cpu_count(), "architecture": platform.machine(), "system": platform.system()},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
        "plan": asdict(plan),
        "units": {"rate": "acts per second", "p50": "ms", "p95": "ms", "p99": "ms", "start": "s"},
        "start": asdict(start),
        "figures": [asdict(place) | asdict(figure) for place, figure in figures.items()],
        "goals": [asdict(goal) | {"reached": goal.reached} for goal in goals],
    }
