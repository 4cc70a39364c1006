"""`fhir` is ours and `fhir.resources` is not, however a program starts (see fhir/__init__.py)."""

import json
import subprocess
import sys
from pathlib import Path

import fhir.resources
import pytest

import fhir.identifiers
from tests.house.places import ROOT

BIN = Path(sys.executable).parent
PROBE = "tests.house.probe"

WAYS = {
    "python -m": [sys.executable, "-m", PROBE],
    "uvicorn": [str(BIN / "uvicorn"), f"{PROBE}:app"],
    "python -m uvicorn": [sys.executable, "-m", "uvicorn", f"{PROBE}:app"],
    "celery": [str(BIN / "celery"), "-A", PROBE, "report"],
}


@pytest.mark.parametrize("way", WAYS)
def test_both_packages_named_fhir_are_found(way: str) -> None:
    run = subprocess.run(WAYS[way], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
    found = json.loads(run.stdout.splitlines()[-1])
    assert Path(found["ours"]).is_relative_to(ROOT / "fhir")
    assert "site-packages" in found["theirs"]
    assert found["bundle"] == "fhir.resources.R4B.bundle"


def test_both_packages_named_fhir_are_found_by_pytest() -> None:
    assert Path(fhir.identifiers.__file__).is_relative_to(ROOT / "fhir")
    assert "site-packages" in str(fhir.resources.__file__)


@pytest.mark.parametrize("program", ["service", "workflows"])
def test_the_programs_say_what_they_can_do(program: str) -> None:
    words = [sys.executable, "-m", program, "--help"]
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    assert "Usage" in run.stdout
