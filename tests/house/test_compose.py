"""The distributed form as compose starts it: what is promised of each program, read without an engine."""

import re
from itertools import pairwise
from typing import Any

import pytest
import typer
import yaml

from service.cli import app as service
from service.settings import Settings
from tests.house.places import ROOT
from workflows.cli import app as workflows

FILE = ROOT / "deploy" / "compose.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = DOCUMENT["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"] == "arbobrug"}


def settings_of(words: list[str], marker: str) -> dict[str, str]:
    """What a server is told on its command line: pairs after a marker, as `--name value` or `-c name=value`."""
    if marker == "-c":
        return dict(word.split("=", 1) for word in words if "=" in word)
    return {name.removeprefix("--"): value for name, value in pairwise(words) if "--" in name}


def test_every_program_of_the_distributed_form_is_there() -> None:
    assert set(SERVICES) == {"keys", "prepare", "api", "worker", "relay", "beat", "db", "redis"}
    assert set(OURS) == set(SERVICES) - {"db", "redis"}


@pytest.mark.parametrize("name", OURS)
def test_a_program_is_started_by_a_command_that_exists(name: str) -> None:
    floor, *words = OURS[name]["command"]
    command: Any = typer.main.get_group({"service": service, "workflows": workflows}[floor])
    while words and not words[0].startswith("-"):
        command = command.commands[words.pop(0)]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options


def test_redis_forgets_nothing_and_postgresql_loses_nothing() -> None:
    told = settings_of(SERVICES["redis"]["command"], "--")
    assert (told["appendonly"], told["maxmemory-policy"]) == ("yes", "noeviction")
    told = settings_of(SERVICES["db"]["command"], "-c")
    assert told == {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
    assert all(any("/data" in volume for volume in SERVICES[name]["volumes"]) for name in ("redis", "db"))


@pytest.mark.parametrize("name", OURS)
def test_programs_share_keys_and_places_and_get_the_time_to_finish(name: str) -> None:
    one = OURS[name]
    assert {"DATABASE_URL", "REDIS_URL", "ARBOBRUG_BASE_URL"} <= set(one["environment"])
    assert [volume.split(":")[:2] for volume in one["volumes"]] == [["keys", "/data"]]
    assert int(one["stop_grace_period"].removesuffix("s")) >= Settings().lease_seconds
    assert one["read_only"]
    assert one["cap_drop"] == ["ALL"]


def test_what_stops_is_started_again_and_nothing_starts_before_the_database_is_ready() -> None:
    once = {"keys", "prepare"}
    assert {name: one["restart"] for name, one in SERVICES.items()} == {
        name: "no" if name in once else "unless-stopped" for name in SERVICES
    }
    assert all("prepare" in OURS[name]["depends_on"] for name in set(OURS) - once)


def test_it_names_no_secret_and_opens_no_port_to_the_world() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert [one for one in re.findall(r"\$\{[^}]*\}", text) if ":?" not in one] == [], "what is not set is said at once"
    assert re.findall(r"(?:PASSWORD|_AUTH): (?!\$\{)\S+", text) == []
    published = [port for one in SERVICES.values() for port in one.get("ports", [])]
    assert published == ["127.0.0.1:8000:8000"]


def test_the_image_holds_what_runs_and_nothing_else() -> None:
    words = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^COPY (\S+)", words, flags=re.MULTILINE) == [
        "requirements.lock",
        "fhir",
        "service",
        "workflows",
    ]
    assert "--require-hashes" in words
    assert "\nUSER arbobrug\n" in words
