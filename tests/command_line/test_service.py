"""`python -m service`: every command does what it says, and says what is wrong in one sentence."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select
from typer.testing import CliRunner, Result

from service.cli import app
from service.database import Database
from service.identity.access import Role
from service.identity.keys import KeyRing
from service.identity.tables import Account, OAuthClient, Organisation
from service.settings import Settings
from tests.api.world import World, case, good, on_sqlite, with_override

REFUSED, USAGE, UNREACHABLE = 1, 2, 3


def run(*words: str, sent: bytes | None = None) -> Result:
    return CliRunner().invoke(app, words, input=sent, catch_exceptions=False)


def one_sentence(result: Result, code: int) -> str:
    """Insist that the command ended with this code and a sentence, and not with a traceback."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    return result.stderr


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own, by the environment, as a person would set it."""
    monkeypatch.setenv("ARBOBRUG_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path / "data"


@pytest.fixture
def world(data: Path, sqlite_template: Path) -> Iterator[World]:
    data.mkdir()
    with on_sqlite(sqlite_template, data) as made:
        yield made


def rows(kind: Any) -> list[Any]:
    database = Database(Settings().storage_url)
    with Session(database.engine) as session:
        found = list(session.exec(select(kind)).all())
    database.close()
    return found


def test_without_words_it_says_what_it_can_do() -> None:
    told = run("--help").stdout
    for name in ("serve", "migrate", "seed", "file", "export", "users", "clients", "keys"):
        assert name in told
        assert run(name, "--help").exit_code == 0
    assert run("onzin").exit_code == USAGE
    assert "Traceback" not in run("onzin").output


def test_migrate_makes_the_database_and_again_changes_nothing(data: Path) -> None:
    for _ in range(2):
        result = run("migrate")
        assert (result.exit_code, result.stdout) == (0, "De database is bij.\n")
    assert (data / "arbobrug.db").exists()


@pytest.mark.parametrize("words", [("users", "list"), ("clients", "list"), ("export",), ("users", "disable", "x")])
def test_before_migrating_it_says_to_migrate(
    words: tuple[str, ...], empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    assert "python -m service migrate" in one_sentence(run(*words), UNREACHABLE)


def test_a_database_that_is_away_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    one_sentence(run("users", "list"), UNREACHABLE)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("ARBOBRUG_DATA", str(tmp_path / "file" / "data"))
    for words in (("migrate",), ("users", "list"), ("seed",), ("keys", "rotate")):
        assert "kan niet worden geschreven" in one_sentence(run(*words), USAGE)


def test_seed_makes_the_demo_parties_once_and_hides_their_passwords(data: Path) -> None:
    assert run("seed").exit_code == 0
    file = data / "demo.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first, people = file.read_text(), rows(Account)
    document = json.loads(first)
    assert {client["role"] for client in document["clients"]} == {"arbodienst", "his", "inspectorate"}
    assert all(user["login"] and user["password"] for user in document["users"])
    assert all(person.demo for person in people)
    assert run("seed").exit_code == 0
    assert file.read_text() == first
    assert [person.id for person in rows(Account)] == [person.id for person in people]


def add_user(*more: str) -> Result:
    return run(
        *("users", "add", "jansen", "--name", "J. Jansen", "--role", "bedrijfsarts", "--organisation", "Arbo Een"),
        *more,
    )


def test_a_user_is_added_once_shown_and_closed_off() -> None:
    run("migrate")
    added = json.loads(add_user("--json", "--email", "j@arbo.example").stdout)
    assert len(added["password"]) >= 20
    assert "inlognaam" in one_sentence(add_user(), REFUSED)
    assert len(rows(Organisation)) == 1
    (listed,) = json.loads(run("users", "list", "--json").stdout)
    assert listed == {"login": "jansen", "name": "J. Jansen", "role": "bedrijfsarts", "active": True, "demo": False}
    assert "jansen" in run("users", "list").stdout
    assert added["password"] not in run("users", "list").stdout
    assert run("users", "disable", "jansen").exit_code == 0
    assert [person.active for person in rows(Account)] == [False]
    one_sentence(run("users", "disable", "niemand"), REFUSED)


def test_a_role_that_is_none_is_a_usage_error() -> None:
    result = run("users", "add", "x", "--name", "x", "--role", "directeur", "--organisation", "x")
    assert result.exit_code == USAGE
    assert "Traceback" not in result.output


def test_an_empty_list_is_an_empty_list() -> None:
    run("migrate")
    assert json.loads(run("users", "list", "--json").stdout) == []
    assert run("users", "list").exit_code == 0


def test_a_system_gets_a_key_that_is_shown_once() -> None:
    run("migrate")
    words = ("clients", "add", "arbo-1", "--name", "Arbosysteem", "--role", "arbodienst", "--organisation", "Arbo Een")
    shown = json.loads(run(*words).stdout)
    assert shown["private_jwk"]["d"]
    assert shown["scopes"]
    (kept,) = rows(OAuthClient)
    assert "d" not in kept.jwks["keys"][0]
    one_sentence(run(*words), REFUSED)
    (listed,) = json.loads(run("clients", "list", "--json").stdout)
    assert listed["client_id"] == "arbo-1"
    assert run("clients", "disable", "arbo-1").exit_code == 0
    assert [client.active for client in rows(OAuthClient)] == [False]
    one_sentence(run("clients", "disable", "arbo-2"), REFUSED)


def test_rotating_keeps_the_key_before_it(data: Path) -> None:
    first = run("keys", "rotate").stdout.split()[-1]
    second = run("keys", "rotate").stdout.split()[-1]
    ring = KeyRing(data / "signing-keys.json")
    assert first != second
    assert {key["kid"] for key in ring.published()["keys"]} >= {first, second}
    assert stat.S_IMODE((data / "signing-keys.json").stat().st_mode) == 0o600


def test_export_writes_what_was_submitted_and_not_by_whom(world: World, tmp_path: Path) -> None:
    doctor, registry = world.person(email="arts@praktijk.example"), world.person(Role.REGISTRY)
    first, group = doctor.file(case()), doctor.file(case(group=[{"birthYear": 1980, "sex": "male"}]))
    doctor.draft()
    demo = world.person(demo=True).file()
    back = doctor.file(with_override())
    good(registry.decide(back["notificationId"], "return", questions=["Hoe zwaar?"]), 201)
    good(doctor.change("PUT", back["notificationId"], "", with_override("Nog niet af")), 200)
    result = run("export")
    assert result.exit_code == 0
    lines = {line["number"]: line for line in map(json.loads, result.stdout.splitlines())}
    assert set(lines) == {first["number"], group["number"], back["number"]}
    assert lines[group["number"]]["memberNumbers"] == [group["numbers"][1]["number"]]
    assert lines[back["number"]]["content"]["assessment"]["overrideReason"] != "Nog niet af"
    for secret in (str(doctor.id), "arts@praktijk", "Ietske", world.organisation.name, first["notificationId"]):
        assert secret not in result.stdout
    assert "3 meldingen geschreven." in result.stderr
    target = tmp_path / "uit.jsonl"
    assert run("export", "--demo", "--output", str(target)).exit_code == 0
    assert [json.loads(line)["number"] for line in target.read_text().splitlines()] == [demo["number"]]
    unwritable = run("export", "--output", str(tmp_path / "nergens" / "uit.jsonl"))
    assert "kan niet worden geschreven" in one_sentence(unwritable, USAGE)


@pytest.mark.parametrize(
    "words, sentence",
    [
        (("file", "nergens.json", "--credentials", "{demo}"), "kan niet worden gelezen"),
        (("file", "-", "--credentials", "nergens.json"), "kan niet worden gelezen"),
        (("file", "-", "--credentials", "{broken}"), "kan niet worden gelezen"),
        (("file", "-", "--credentials", "{demo}", "--role", "onzin"), "geen systeem met de rol 'onzin'"),
    ],
)
def test_filing_without_what_it_needs_is_one_sentence(tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    places = {"demo": tmp_path / "demo.json", "broken": tmp_path / "broken.json"}
    places["demo"].write_text('{"base_url": "http://127.0.0.1:1", "clients": []}')
    places["broken"].write_text("{")
    filled = [word.format(**places) for word in words]
    assert sentence in one_sentence(run(*filled, sent=b"{}"), USAGE)


def test_more_processes_on_sqlite_is_refused() -> None:
    assert "PostgreSQL" in one_sentence(run("serve", "--workers", "2"), USAGE)
