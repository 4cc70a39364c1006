"""The benchmark runs, and says something of every work it promises to measure. How fast is for `make bench`."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks.__main__ import main, run
from tests.benchmarks.goals import FORMS, Goal
from tests.benchmarks.load import sample
from tests.benchmarks.measuring import QUICK
from tests.benchmarks.works import Work
from tests.servers import needs_postgres, needs_redis

FEW = replace(QUICK, seconds=0.15, most=5, connections=(4,), promises=3, cases=3)


@needs_postgres
@needs_redis
def test_a_short_run_measures_every_work_on_both_forms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = tmp_path / "var" / "bench.json"
    assert run(FEW, result) == 0
    document = json.loads(result.read_text())
    cells = {(figure["form"], figure["work"], figure["connections"]) for figure in document["figures"]}
    assert cells == {(form, work, number) for form in FORMS for work in Work for number in FEW.connections}
    assert all(figure["acts"] > 0 and not figure["faults"] for figure in document["figures"])
    assert document["start"]["ready"] > 0
    assert document["races"]["released_first"] + document["races"]["withdrawn_first"] == FEW.races
    assert [goal["value"] for goal in document["goals"] if goal["what"].startswith("lost of 3 cases")] == [0]
    shown = capsys.readouterr().out
    assert all(str(work) in " ".join(shown.split()) for work in (Work.FILE, Work.CHECK, Work.CODES))
    assert str(tmp_path) not in result.read_text()


def test_a_word_it_does_not_know_is_refused() -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--slow"])


def test_percentiles_are_in_milliseconds() -> None:
    found = sample([number / 1000 for number in range(1, 101)], 2.0, {})
    assert (found["acts"], found["rate"]) == (100, 50.0)
    assert (found["p50"], found["p95"], found["p99"]) == (51.0, 96.0, 100.0)
    assert sample([], 1.0, {"500": 3})["faults"] == {"500": 3}


@pytest.mark.parametrize("value, reached", [(0.30, True), (0.29, False)])
def test_a_promise_of_at_least(value: float, reached: bool) -> None:
    assert Goal("filing", "empty", value, least=0.30).reached is reached


@pytest.mark.parametrize("value, reached", [(3.0, True), (3.1, False)])
def test_a_promise_of_at_most(value: float, reached: bool) -> None:
    assert Goal("start", "imports", value, most=3).reached is reached


def test_a_ratio_without_a_promise_is_neither_kept_nor_broken() -> None:
    assert Goal("list", "empty", 0.2).reached is None
