"""`python -m service file` against a real service, and `export` of what was filed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.world import World, case, opened, with_override
from tests.command_line.conftest import Desk
from tests.servers import free_port


@pytest.fixture
def credentials(serving: Desk) -> tuple[str, str]:
    return "--credentials", str(serving.data / "demo.json")


def file_of(folder: Path, document: Any) -> str:
    file = folder / "melding.json"
    file.write_text(json.dumps(document))
    return str(file)


def exported(desk: Desk, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in desk.done("export", *words).splitlines()]


Key = tuple[str, str]


def test_a_draft_is_kept_and_not_filed(serving: Desk, credentials: Key, tmp_path: Path) -> None:
    before = len(exported(serving, "--demo"))
    said = serving.done("file", file_of(tmp_path, case()), "--draft", *credentials)
    assert said.startswith("Concept bewaard: ")
    draft = serving.asked("file", "-", "--draft", "--json", *credentials, given='{"diagnosis": {"cas": "L621"}}')
    assert draft["state"] == "draft"
    assert len(exported(serving, "--demo")) == before


def test_a_refusal_tells_every_problem_and_where_it_is(serving: Desk, credentials: Key, tmp_path: Path) -> None:
    file = file_of(tmp_path, case(diagnosis=None, occupation=None))
    said = serving.refused(1, "file", file, *credentials)
    assert "/diagnosis: " in said
    assert "/occupation" in said
    answer = serving.type("file", file, *credentials, "--json")
    assert answer.exit_code == 1
    errors = json.loads(answer.stdout)["errors"]
    assert len(errors) == len(said.splitlines()) - 1
    assert all(f"{error['pointer'] or '/'}: {error['detail']}" in said for error in errors)


def test_what_is_not_json_is_refused_and_not_repeated(serving: Desk, credentials: Key) -> None:
    for given in ("", "Jan Jansen, rug", "[]", '"tekst"', "null", '{"diagnosis": '):
        assert "Jansen" not in serving.refused(1, "file", "-", *credentials, given=given)


def test_the_same_key_files_once(serving: Desk, credentials: Key, tmp_path: Path) -> None:
    words = ("file", file_of(tmp_path, case()), *credentials, "--key", "k-1")
    before = len(exported(serving, "--demo"))
    assert serving.done(*words) == serving.done(*words)
    assert len(exported(serving, "--demo")) == before + 1
    assert serving.refused(1, "file", file_of(tmp_path, case()), *credentials, "--key", "k-1")
    assert len(exported(serving, "--demo")) == before + 1


def test_another_system_files_by_its_role(serving: Desk, credentials: Key, tmp_path: Path) -> None:
    file = file_of(tmp_path, case())
    said = serving.refused(1, "file", file, *credentials, "--role", "inspectorate")
    assert said.strip()
    assert "'koning'" in serving.refused(2, "file", file, *credentials, "--role", "koning")


@pytest.mark.parametrize(
    "content", ["", "geen json", "[]", "{}", '"x"', "null", '{"clients": [{"role": "arbodienst"}]}']
)
def test_a_file_without_credentials_is_a_sentence(serving: Desk, tmp_path: Path, content: str) -> None:
    bad = tmp_path / "sleutel.json"
    bad.write_text(content)
    sentence = serving.refused(2, "file", file_of(tmp_path, case()), "--credentials", str(bad))
    assert str(bad) in sentence
    assert len(sentence.splitlines()) == 1


def test_a_key_that_is_no_key_is_a_sentence(serving: Desk, tmp_path: Path) -> None:
    document, bad = serving.demo(), tmp_path / "sleutel.json"
    document["clients"][0]["private_jwk"] = {"kty": "EC", "crv": "P-256"}
    bad.write_text(json.dumps(document))
    assert str(bad) in serving.refused(2, "file", file_of(tmp_path, case()), "--credentials", str(bad))


def test_a_key_of_somebody_else_is_refused(serving: Desk, tmp_path: Path) -> None:
    document, other = serving.demo(), tmp_path / "sleutel.json"
    first, second = document["clients"][:2]
    first["private_jwk"] = second["private_jwk"] | {"kid": first["kid"]}
    other.write_text(json.dumps(document))
    said = serving.refused(1, "file", file_of(tmp_path, case()), "--credentials", str(other))
    assert "invalid_client" in said


def test_what_cannot_be_read_is_a_sentence(serving: Desk, credentials: Key, tmp_path: Path) -> None:
    assert "er-niet.json" in serving.refused(2, "file", str(tmp_path / "er-niet.json"), *credentials)
    assert str(tmp_path) in serving.refused(2, "file", str(tmp_path), *credentials)
    nothing = ("--credentials", str(tmp_path / "geen-sleutel.json"))
    assert "geen-sleutel.json" in serving.refused(2, "file", file_of(tmp_path, case()), *nothing)


def test_a_service_that_is_not_there_is_out_of_reach(serving: Desk, tmp_path: Path) -> None:
    document, elsewhere = serving.demo(), tmp_path / "elders.json"
    document["base_url"] = f"http://127.0.0.1:{free_port()}"
    elsewhere.write_text(json.dumps(document))
    said = serving.refused(3, "file", file_of(tmp_path, case()), "--credentials", str(elsewhere))
    assert "niet bereikbaar" in said


def test_a_system_that_is_shut_out_files_no_more(serving: Desk, tmp_path: Path) -> None:
    words = ("clients", "add", "kort", "--name", "Kort", "--role", "arbodienst", "--organisation", "Kort BV")
    client, file = serving.asked(*words), tmp_path / "kort.json"
    file.write_text(json.dumps({"base_url": serving.demo()["base_url"], "clients": [client]}))
    filing = ("file", file_of(tmp_path, case()), "--credentials", str(file))
    assert serving.done(*filing).startswith("AB-")
    serving.done("clients", "disable", "kort")
    assert "invalid_client" in serving.refused(1, *filing)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with opened(database_url, tmp_path) as made:
        yield made


def test_export_holds_what_was_filed_and_not_by_whom(world: World, desk: Desk) -> None:
    doctor, trainee = world.person(), world.person(demo=True)
    receipts = [doctor.file(), doctor.file(with_override()), doctor.file()]
    practice = trainee.file()
    doctor.draft()
    real, demo = exported(desk), exported(desk, "--demo")
    assert [one["number"] for one in real] == sorted(one["number"] for one in receipts)
    assert [one["number"] for one in demo] == [practice["number"]]
    assert set(real[0]) == {
        "number", "memberNumbers", "state", "revision", "receivedAt", "guideline", "verdict", "flags", "content",
    }  # fmt: skip
    said = desk.done("export")
    account = doctor.row
    for secret in (
        str(doctor.id),
        doctor.id.hex,
        account.name,
        str(account.organisation_id),
        receipts[0]["notificationId"],
    ):
        assert secret not in said
    assert real[0]["content"]["worker"]["birthYear"] == 1974


def test_export_to_a_file_leaves_the_words_outside_it(world: World, desk: Desk, tmp_path: Path) -> None:
    world.person().file()
    output = tmp_path / "uit.jsonl"
    result = desk.type("export", "--output", str(output))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "1 meldingen geschreven" in result.stderr
    (line,) = output.read_text().splitlines()
    assert json.loads(line)["number"].startswith("AB-")
    assert str(tmp_path / "er" / "niet") in desk.refused(2, "export", "--output", str(tmp_path / "er" / "niet"))


def test_export_of_nothing_is_nothing(desk: Desk) -> None:
    assert desk.type("export").stdout == ""
    assert exported(desk, "--demo") == []
