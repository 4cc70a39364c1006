"""The import contracts know every capability: one that is not named in them is bound by nothing."""

import re
import tomllib

from tests.house.places import ROOT

ROOMS = ("routes.py", "actions.py", "tables.py", "rules.py")


def test_every_capability_is_in_the_contracts() -> None:
    capabilities = {room.parent.name for name in ROOMS for room in (ROOT / "service").glob(f"*/{name}")}
    assert capabilities, "no capability found: this test would otherwise pass by looking at nothing"
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = " ".join(layer for contract in contracts for layer in contract.get("layers", []))
    assert capabilities - set(re.findall(r"service\.(\w+)", layers)) == set()
