"""The commands of who keeps the service: help, serve, migrate, seed, users, clients and keys."""

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlmodel import select
from typer.testing import CliRunner

from service.cli import app
from service.cli.printing import Exit
from service.database import Database
from service.identity.access import Role
from service.identity.keys import KeyRing
from service.identity.tables import Account, OAuthClient, Organisation
from tests.command_line.conftest import Desk
from tests.house.places import ROOT
from tests.servers import free_port
from workflows.cli import app as workflows

ORGANISATION = ("--organisation", "Praktijk De Brug")


def rows(desk: Desk, kind: Any) -> list[Any]:
    """What the database holds of a kind."""
    database = Database(desk.url)
    with database.reading() as session:
        found = list(session.exec(select(kind)).all())
    database.close()
    return found


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
    expected = {"serve", "migrate", "seed", "file", "import", "export", "users", "clients", "keys", "parties", "audit"}
    assert {name for name, *_ in commands()} == expected


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_says_what_it_does_and_what_every_option_is_for(command: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert f"service {' '.join(command)}" in shown.stdout.replace("root ", "service ")
    docstring = [line for line in shown.stdout.splitlines() if line.strip().endswith(".")]
    assert docstring, "a command without a sentence"
    assert unexplained(app, command) == []


def unexplained(program: typer.Typer, command: tuple[str, ...]) -> list[str]:
    """The arguments and options of a command whose help is empty."""
    found: Any = typer.main.get_group(program)
    for word in command:
        found = found.commands[word]
    return [one.name for one in found.params if not one.help]


def test_the_help_says_how_a_command_ends() -> None:
    service, later = (CliRunner().invoke(one, ["--help"], env={"COLUMNS": "200"}).stdout for one in (app, workflows))
    assert [f" {code} als " in service for code in Exit] == [True] * len(Exit)
    assert "2 als het niet kan starten" in later


def test_the_workflows_say_what_they_do() -> None:
    assert "local" in CliRunner().invoke(workflows, ["--help"], env={"COLUMNS": "200"}).stdout
    shown = CliRunner().invoke(workflows, ["local", "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert all(option in shown.stdout for option in ("--port", "--data", "--no-example"))
    assert unexplained(workflows, ("local",)) == []


def test_a_command_that_does_not_exist_is_a_question_wrongly_asked(desk: Desk) -> None:
    assert "verwijder" in desk.refused(2, "verwijder")


def test_serving_what_cannot_be_served_is_a_sentence(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "")
    assert "PostgreSQL" in desk.sentence(2, "serve", "--workers", "2")
    assert "Poort 'abc' bestaat niet" in desk.sentence(2, "serve", "--port", "abc")


def unwrapped(shown: str) -> str:
    """What a box says, as one line."""
    return " ".join(shown.replace("│", " ").split())


@pytest.mark.parametrize(
    "who, roles",
    [
        ("users", set(Role) - {Role.ARBODIENST_SYSTEM, Role.HIS_SYSTEM, Role.INSPECTORATE_SYSTEM}),
        ("clients", {Role.ARBODIENST_SYSTEM, Role.HIS_SYSTEM, Role.INSPECTORATE_SYSTEM}),
    ],
)
def test_people_and_systems_have_roles_of_their_own(
    migrated_sqlite_url: str, tmp_path: Path, who: str, roles: set[Role]
) -> None:
    desk = Desk(tmp_path / "data", migrated_sqlite_url)
    names = ", ".join(role for role in Role if role in roles)
    assert f": {names}." in unwrapped(desk.done(who, "add", "--help"))
    for role in [*(set(Role) - roles), "koning"]:
        said = unwrapped(desk.refused(2, who, "add", "x", "--name", "X", *ORGANISATION, "--role", role))
        assert f"'--role': Kies uit: {names}." in said
    assert rows(desk, Organisation) == []


def test_migrating_twice_changes_nothing_the_second_time(new_desk: Desk) -> None:
    for words in (["users", "list"], ["clients", "list"], ["export"], ["users", "disable", "x"]):
        assert "python -m service migrate" in new_desk.sentence(3, *words)
    assert new_desk.done("migrate") == new_desk.done("migrate") == "De database is bij.\n"
    assert new_desk.asked("users", "list", "--json") == []
    assert new_desk.done("users", "list")


def test_without_an_address_the_database_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data", "")
    desk.done("migrate")
    assert (tmp_path / "data" / "arbobrug.db").exists()


def test_seeding_twice_keeps_the_credentials(new_desk: Desk) -> None:
    said = new_desk.done("seed")
    file = new_desk.data / "demo.json"
    assert str(file) in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first, users, people = file.read_bytes(), new_desk.asked("users", "list", "--json"), rows(new_desk, Account)
    document = new_desk.demo()
    assert {user["login"] for user in document["users"]} == {user["login"] for user in users}
    assert {client["role"] for client in document["clients"]} == {"arbodienst", "his", "inspectorate"}
    assert all(user["login"] and user["password"] for user in document["users"])
    assert all(person.demo for person in people)
    new_desk.done("seed")
    assert file.read_bytes() == first
    assert new_desk.asked("users", "list", "--json") == users
    assert [person.id for person in rows(new_desk, Account)] == [person.id for person in people]


def test_a_database_that_is_out_of_reach_is_a_sentence(tmp_path: Path) -> None:
    away = Desk(tmp_path, f"postgresql+psycopg://arbobrug@127.0.0.1:{free_port()}/arbobrug")
    for words in (["users", "list"], ["migrate"], ["seed"], ["export"]):
        away.sentence(3, *words)


def test_a_file_in_the_place_of_the_data_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("in the way")
    for folder in (tmp_path / "var", tmp_path / "var" / "data"):
        blocked = Desk(folder, f"sqlite:///{tmp_path / 'arbobrug.db'}")
        for words in (["users", "list"], ["migrate"], ["seed"], ["export"], ["keys", "rotate"]):
            sentence = blocked.sentence(2, *words)
            assert "kan niet worden geschreven" in sentence
            assert "ARBOBRUG_DATA" in sentence


def test_a_person_is_added_shown_and_shut_out(desk: Desk) -> None:
    words = ("users", "add", "j.jansen", "--name", "J. Jansen", "--role", "bedrijfsarts", *ORGANISATION)
    added = desk.asked(*words, "--email", "j@arbo.example", "--json")
    assert added["login"] == "j.jansen"
    assert len(added["password"]) >= 20
    person = {"login": "j.jansen", "name": "J. Jansen", "role": "bedrijfsarts", "active": True, "demo": False}
    assert desk.asked("users", "list", "--json") == [person]
    listed = desk.done("users", "list")
    assert "j.jansen" in listed
    assert "J. Jansen" in listed
    assert added["password"] not in listed
    assert "inlognaam" in desk.sentence(1, *words)
    assert len(rows(desk, Organisation)) == 1
    assert "j.jansen" in desk.done("users", "disable", "j.jansen")
    assert desk.asked("users", "list", "--json") == [person | {"active": False}]
    assert "j.jansen" in desk.done("users", "disable", "j.jansen")
    assert "niemand" in desk.sentence(1, "users", "disable", "p.pietersen")


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
    (kept,) = rows(desk, OAuthClient)
    assert "d" not in kept.jwks["keys"][0]

    system = {"client_id": "his-noord", "name": "HIS Noord", "role": "his", "active": True}
    assert desk.asked("clients", "list", "--json") == [system]
    assert "HIS Noord" in desk.done("clients", "list")
    assert private not in json.dumps(desk.asked("clients", "list", "--json"))
    assert "client_id" in desk.sentence(1, *words)
    assert "his-noord" in desk.done("clients", "disable", "his-noord")
    assert desk.asked("clients", "list", "--json") == [system | {"active": False}]
    assert "onbekend" in desk.sentence(1, "clients", "disable", "onbekend")


def test_rotating_keeps_the_key_before_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data", "")
    first, second = (desk.done("keys", "rotate").split()[-1] for _ in range(2))
    assert first != second
    file = desk.data / "signing-keys.json"
    assert {key["kid"] for key in KeyRing(file).published()["keys"]} >= {first, second}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
