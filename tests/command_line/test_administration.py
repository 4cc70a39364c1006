"""The commands of who keeps the service: help, migrate, seed, users, clients and keys."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from service.cli import app
from tests.command_line.conftest import Desk
from tests.house.places import ROOT
from tests.servers import free_port
from workflows.cli import app as workflows

ORGANISATION = ("--organisation", "Praktijk De Brug")


def commands() -> list[tuple[str, ...]]:
    """Every command and every group of commands, as one types it."""
    group = typer.main.get_group(app)
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        found += [(name,), *((name, inner) for inner in getattr(command, "commands", {}))]
    return found


def test_help_names_every_command() -> None:
    words = [sys.executable, "-m", "service", "--help"]
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (run.returncode, run.stderr) == (0, "")
    assert "python -m service" in run.stdout
    missing = [name for name, *_ in commands() if name not in run.stdout]
    assert missing == []
    expected = {"serve", "migrate", "seed", "file", "import", "export", "users", "clients", "keys"}
    assert {name for name, *_ in commands()} == expected


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_says_what_it_does_and_what_every_option_is_for(command: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert f"service {' '.join(command)}" in shown.stdout.replace("root ", "service ")
    docstring = [line for line in shown.stdout.splitlines() if line.strip().endswith(".")]
    assert docstring, "a command without a sentence"


def test_the_workflows_say_what_they_do() -> None:
    assert "local" in CliRunner().invoke(workflows, ["--help"], env={"COLUMNS": "200"}).stdout
    shown = CliRunner().invoke(workflows, ["local", "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert all(option in shown.stdout for option in ("--port", "--data", "--no-example"))


def test_a_command_that_does_not_exist_is_a_question_wrongly_asked(desk: Desk) -> None:
    assert "verwijder" in desk.refused(2, "verwijder")
    assert "--role" in desk.refused(2, "users", "add", "x", "--name", "X", *ORGANISATION, "--role", "koning")


def test_migrating_twice_changes_nothing_the_second_time(new_desk: Desk) -> None:
    assert "python -m service migrate" in new_desk.refused(3, "users", "list")
    assert new_desk.done("migrate") == new_desk.done("migrate") == "De database is bij.\n"
    assert new_desk.asked("users", "list", "--json") == []


def test_seeding_twice_keeps_the_credentials(new_desk: Desk) -> None:
    said = new_desk.done("seed")
    file = new_desk.data / "demo.json"
    assert str(file) in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first, users = file.read_bytes(), new_desk.asked("users", "list", "--json")
    assert {user["login"] for user in new_desk.demo()["users"]} == {user["login"] for user in users}
    new_desk.done("seed")
    assert file.read_bytes() == first
    assert new_desk.asked("users", "list", "--json") == users


def test_a_database_that_is_out_of_reach_is_a_sentence(tmp_path: Path) -> None:
    away = Desk(tmp_path, f"postgresql+psycopg://arbobrug@127.0.0.1:{free_port()}/arbobrug")
    for words in (["users", "list"], ["migrate"], ["seed"], ["export"]):
        assert len(away.refused(3, *words).splitlines()) == 1


def test_a_file_in_the_place_of_the_data_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("in the way")
    blocked = Desk(tmp_path / "var", f"sqlite:///{tmp_path / 'arbobrug.db'}")
    for words in (["users", "list"], ["migrate"], ["seed"], ["export"], ["keys", "rotate"]):
        sentence = blocked.refused(2, *words)
        assert "ARBOBRUG_DATA" in sentence
        assert len(sentence.splitlines()) == 1


def test_a_person_is_added_shown_and_shut_out(desk: Desk) -> None:
    words = ("users", "add", "j.jansen", "--name", "J. Jansen", "--role", "bedrijfsarts", *ORGANISATION)
    added = desk.asked(*words, "--json")
    assert added["login"] == "j.jansen"
    assert len(added["password"]) >= 20
    person = {"login": "j.jansen", "name": "J. Jansen", "role": "bedrijfsarts", "active": True, "demo": False}
    assert desk.asked("users", "list", "--json") == [person]
    assert "J. Jansen" in desk.done("users", "list")
    assert added["password"] not in desk.done("users", "list")
    assert "inlognaam" in desk.refused(1, *words)
    assert "j.jansen" in desk.done("users", "disable", "j.jansen")
    assert desk.asked("users", "list", "--json") == [person | {"active": False}]
    assert "j.jansen" in desk.done("users", "disable", "j.jansen")
    assert "niemand" in desk.refused(1, "users", "disable", "p.pietersen")


def test_the_password_is_shown_once_in_words_too(desk: Desk) -> None:
    words = ("--name", "A", "--role", "registry", *ORGANISATION)
    said = [desk.done("users", "add", login, *words) for login in ("a", "b")]
    passwords = {lines.split(": ")[-1].strip() for lines in said}
    assert len(passwords) == 2
    assert min(map(len, passwords)) >= 20


def test_a_system_is_added_shown_and_shut_out(desk: Desk) -> None:
    words = ("clients", "add", "his-noord", "--name", "HIS Noord", "--role", "his", *ORGANISATION)
    added = desk.asked(*words)
    assert (added["role"], added["client_id"], added["alg"]) == ("his", "his-noord", "ES256")
    assert added["scopes"]
    private = added["private_jwk"]["d"]

    def shown() -> list[dict[str, object]]:
        return [one for one in desk.asked("clients", "list", "--json") if one["client_id"] == "his-noord"]

    assert shown() == [{"client_id": "his-noord", "name": "HIS Noord", "role": "his", "active": True}]
    assert "HIS Noord" in desk.done("clients", "list")
    assert private not in json.dumps(desk.asked("clients", "list", "--json"))
    assert "client_id" in desk.refused(1, *words)
    desk.done("clients", "disable", "his-noord")
    assert [one["active"] for one in shown()] == [False]
    assert "onbekend" in desk.refused(1, "clients", "disable", "onbekend")
