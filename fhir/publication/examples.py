"""The example documents that we publish; each is read by our own reader in a test."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


@cache
def examples() -> Mapping[str, dict[str, Any]]:
    """Every example document, by its name."""
    folder = files("fhir").joinpath("data/examples")
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".json")), key=lambda one: one.name)
    return MappingProxyType({one.name.removesuffix(".json"): json.loads(one.read_text("utf-8")) for one in found})
