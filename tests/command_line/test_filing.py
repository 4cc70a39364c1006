"""`python -m service file` against a real service, and `export` of what was filed."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.identity.access import Role
from service.ids import is_notification_number
from tests.api.world import World, case, good, opened, with_override
from tests.command_line.conftest import Desk
from tests.house.places import ROOT
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


def test_a_case_is_filed_from_a_file_and_from_standard_input(serving: Desk, credentials: Key, tmp_path: Path) -> None:
    by_file = serving.type("file", file_of(tmp_path, case()), *credentials)
    by_pipe = serving.type("file", "-", *credentials, given=json.dumps(case()))
    for result in (by_file, by_pipe):
        assert (result.exit_code, result.stderr) == (0, "")
        number, _, state = result.stdout.splitlines()[0].partition(": ")
        assert is_notification_number(number)
        assert state == "Geregistreerd"
        assert "Het registratiebureau" not in result.stdout
        assert "Let op:" not in result.stdout


def test_the_line_in_the_readme_files_the_example(
    serving: Desk, credentials: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    (line,) = [one for one in (ROOT / "README.md").read_text().splitlines() if one.startswith("python -m service file")]
    _, _, _, *words = shlex.split(line)
    assert words[-2:] == ["--credentials", "var/demo.json"]
    monkeypatch.chdir(ROOT)
    assert serving.done(*words[:-2], *credentials).startswith("AB-")


def test_it_says_why_the_registry_looks_first_and_what_to_beware_of(
    serving: Desk, credentials: Key, tmp_path: Path
) -> None:
    document = with_override(remarks="Gesproken met mevrouw Jansen")
    first, file = serving.done("file", file_of(tmp_path, document), *credentials), file_of(tmp_path, document)
    assert ": Bij het registratiebureau ter beoordeling\n" in first
    reasons = (
        "Te weinig gegevens voor de criteria",
        "De arts wijkt af met een reden",
        "Tekst lijkt iemand aan te wijzen",
    )
    assert "\n  ".join(["\nHet registratiebureau kijkt eerst:", *reasons]) + "\nLet op:\n  /remarks: " in first
    again = serving.done("file", file, *credentials)
    assert "  Lijkt op een eerdere melding\n" in again
    assert f"Lijkt op uw eerdere melding:\n  {first.partition(': ')[0]}\n" in again
    answer = serving.asked("file", file, *credentials, "--json")
    codes = [reason["code"] for reason in answer["queueReasons"]]
    assert codes == ["insufficient-information", "override", "possible-duplicate", "flagged-text"]
    assert [warning["pointer"] for warning in answer["warnings"]] == ["/remarks"]


def test_a_draft_is_kept_and_not_filed(serving: Desk, credentials: Key, tmp_path: Path) -> None:
    before = len(exported(serving, "--demo"))
    said = serving.done("file", file_of(tmp_path, case()), "--draft", *credentials)
    assert said.startswith("Concept bewaard: ")
    assert "Nog nodig" not in said
    assert "Let op:\n  /sector/sbi: " in said
    said = serving.done("file", "-", "--draft", *credentials, given="{}")
    assert said.startswith("Concept bewaard: ")
    assert "\nNog nodig om te melden:\n" in said
    assert "  /diagnosis: " in said
    draft = serving.asked("file", "-", "--draft", "--json", *credentials, given='{"diagnosis": {"cas": "L621"}}')
    assert draft["state"] == "draft"
    assert len(exported(serving, "--demo")) == before


def test_a_refusal_tells_every_problem_and_where_it_is(serving: Desk, credentials: Key, tmp_path: Path) -> None:
    file = file_of(tmp_path, case(diagnosis=None, occupation=None, remarks="Werknemer 111222333"))
    said = serving.refused(1, "file", file, *credentials)
    assert "/diagnosis: " in said
    assert "/occupation" in said
    assert "/remarks: " in said
    assert "111222333" not in said
    answer = serving.type("file", file, *credentials, "--json")
    assert answer.exit_code == 1
    assert "111222333" not in answer.output
    errors = json.loads(answer.stdout)["errors"]
    assert {"/diagnosis", "/occupation", "/remarks"} <= {error["pointer"] for error in errors}
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


def test_as_json_it_is_the_receipt_and_the_same_key_gives_the_same_one(serving: Desk, credentials: Key) -> None:
    words, body = ("file", "-", "--json", "--key", "sleutel-1", *credentials), json.dumps(case())
    first, again = (serving.done(*words, given=body) for _ in range(2))
    assert first == again
    receipt = json.loads(first)
    assert receipt["demo"] is True
    assert is_notification_number(receipt["number"])


def test_another_system_files_by_its_role(serving: Desk, credentials: Key, tmp_path: Path) -> None:
    file = file_of(tmp_path, case())
    said = serving.refused(1, "file", file, *credentials, "--role", "inspectorate")
    assert said.strip()
    assert "geen systeem met de rol 'koning'" in serving.sentence(2, "file", file, *credentials, "--role", "koning")
    nobody = tmp_path / "leeg.json"
    nobody.write_text('{"base_url": "http://127.0.0.1:1", "clients": []}')
    words = ("file", "-", "--credentials", str(nobody), "--role", "onzin")
    assert "geen systeem met de rol 'onzin'" in serving.sentence(2, *words, given="{}")


@pytest.mark.parametrize(
    "content", ["", "geen json", "{", "[]", "{}", '"x"', "null", '{"clients": [{"role": "arbodienst"}]}']
)
def test_a_file_without_credentials_is_a_sentence(serving: Desk, tmp_path: Path, content: str) -> None:
    bad = tmp_path / "sleutel.json"
    bad.write_text(content)
    sentence = serving.sentence(2, "file", file_of(tmp_path, case()), "--credentials", str(bad))
    assert f"{bad} kan niet worden gelezen" in sentence


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
    assert "er-niet.json kan niet" in serving.sentence(2, "file", str(tmp_path / "er-niet.json"), *credentials)
    assert f"{tmp_path} kan niet" in serving.sentence(2, "file", str(tmp_path), *credentials)
    nothing = ("--credentials", str(tmp_path / "geen-sleutel.json"))
    assert "geen-sleutel.json kan niet" in serving.sentence(2, "file", file_of(tmp_path, case()), *nothing)


def test_a_service_that_is_not_there_is_out_of_reach(serving: Desk, tmp_path: Path) -> None:
    document, elsewhere = serving.demo(), tmp_path / "elders.json"
    document["base_url"] = f"http://127.0.0.1:{free_port()}"
    elsewhere.write_text(json.dumps(document))
    said = serving.sentence(3, "file", file_of(tmp_path, case()), "--credentials", str(elsewhere))
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
    doctor, registry = world.person(email="arts@praktijk.example"), world.person(Role.REGISTRY)
    first, group = doctor.file(), doctor.file(case(group=[{"birthYear": 1980, "sex": "male"}]))
    back, practice = doctor.file(with_override()), world.person(demo=True).file()
    doctor.draft()
    good(registry.decide(back["notificationId"], "return", questions=["Hoe zwaar?"]), 201)
    good(doctor.change("PUT", back["notificationId"], "", with_override("Nog niet af")), 200)
    result = desk.type("export")
    assert "3 meldingen geschreven." in result.stderr
    real = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["number"] for one in real] == sorted(one["number"] for one in (first, group, back))
    assert [one["number"] for one in exported(desk, "--demo")] == [practice["number"]]
    assert set(real[0]) == {
        "number", "memberNumbers", "state", "revision", "receivedAt", "guideline", "verdict", "flags", "content",
    }  # fmt: skip
    assert real[0]["content"]["worker"]["birthYear"] == 1974
    lines = {one["number"]: one for one in real}
    assert lines[group["number"]]["memberNumbers"] == [group["numbers"][1]["number"]]
    assert lines[back["number"]]["content"]["assessment"]["overrideReason"] != "Nog niet af"
    account = doctor.row
    organisation = (str(account.organisation_id), world.organisation.name)
    person = (str(doctor.id), doctor.id.hex, account.name, "arts@praktijk")
    for secret in (*person, *organisation, first["notificationId"]):
        assert secret not in result.stdout


def test_export_to_a_file_leaves_the_words_outside_it(world: World, desk: Desk, tmp_path: Path) -> None:
    real, practice = world.person().file(), world.person(demo=True).file()
    output = tmp_path / "uit.jsonl"
    for words, receipt in (((), real), (("--demo",), practice)):
        result = desk.type("export", *words, "--output", str(output))
        assert (result.exit_code, result.stdout) == (0, "")
        assert "1 meldingen geschreven" in result.stderr
        (line,) = output.read_text().splitlines()
        assert json.loads(line)["number"] == receipt["number"]
    nowhere = str(tmp_path / "er" / "niet")
    assert f"{nowhere} kan niet worden geschreven" in desk.sentence(2, "export", "--output", nowhere)


def test_export_of_nothing_is_nothing(desk: Desk) -> None:
    assert desk.type("export").stdout == ""
    assert exported(desk, "--demo") == []
