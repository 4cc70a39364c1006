"""Criteria over HTTP."""

from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service import problems
from service.criteria.routes import router
from service.identity.access import Caller, Role, Scope

TOKENS = {"may": frozenset({Scope.CHECK}), "may-not": frozenset({Scope.SIGNAL})}
BODY: dict[str, Any] = {
    "diagnosis": {"cas": "L621"},
    "findings": {"radiates_below_knee_dermatomal": True, "load_kg": 12, "lifting_years": 22},
}


class KnownTokens:
    """Takes a word for a token."""

    def remembered(self, token: str) -> Caller | None:
        return None

    def caller(self, token: str) -> Caller:
        return Caller(UUID(int=1), Role.BEDRIJFSARTS, None, "test", TOKENS[token])


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    app.include_router(router, prefix="/v1")
    app.state.verifier = KnownTokens()
    problems.install(app)
    return TestClient(app)


def post(client: TestClient, body: Any, token: str = "may", **headers: str) -> Any:
    return client.post("/v1/criteria-checks", json=body, headers={"Authorization": f"Bearer {token}", **headers})


def test_a_check_answers_in_dutch_by_default(client: TestClient) -> None:
    answer = post(client, BODY)
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == "nl"
    assert (answer.json()["verdict"], answer.json()["guideline"]["code"]) == ("meets", "D023")
    assert answer.json()["explanation"].startswith("De bevindingen voldoen")


def test_a_check_answers_in_english_by_choice(client: TestClient) -> None:
    assert post(client, BODY, **{"Accept-Language": "en"}).json()["explanation"].startswith("The findings meet")


def test_a_check_tells_of_codes_that_cannot_be_notified(client: TestClient) -> None:
    notes = post(client, {"diagnosis": {"cas": "L111", "icd10": "?"}}).json()["notes"]
    assert ["klacht" in notes[0], "ICD-10-code" in notes[1], len(notes)] == [True, True, 2]
    assert post(client, {"diagnosis": {"cas": "L621", "icd10": "M51.1"}}).json()["notes"] == []


def test_a_check_needs_the_right_to_check(client: TestClient) -> None:
    assert client.post("/v1/criteria-checks", json=BODY).status_code == 401
    assert post(client, BODY, "may-not").status_code == 403


def test_wrong_findings_are_all_named(client: TestClient) -> None:
    answer = post(client, BODY | {"findings": {"load_kg": "twaalf", "loadkg": 3}})
    assert answer.status_code == 400
    assert {error["pointer"] for error in answer.json()["errors"]} == {"/findings/load_kg", "/findings/loadkg"}
    assert "twaalf" not in answer.text


@pytest.mark.parametrize(
    "body,pointer",
    [
        ({}, "/diagnosis"),
        (BODY | {"colour": "blue"}, "/colour"),
        (BODY | {"diagnosis": {"cas": 3}}, "/diagnosis/cas"),
        (BODY | {"assessment": {"workRelation": "surely"}}, "/assessment/workRelation"),
        (BODY | {"assessment": {"susceptibility": "yes"}}, "/assessment/susceptibility"),
        (BODY | {"guideline": "nothing-like-it"}, "/guideline"),
    ],
)
def test_a_body_that_is_not_right_is_refused_with_the_place(client: TestClient, body: Any, pointer: str) -> None:
    answer = post(client, body)
    assert answer.status_code == 400
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}


def test_guidelines_are_public_and_can_be_searched(client: TestClient) -> None:
    def codes(**query: str) -> list[str]:
        return [item["code"] for item in client.get("/v1/guidelines", params=query).json()["items"]]

    assert len(codes()) == 38
    assert codes(q="radiculair") == codes(q="RADICULAR lumbosacral") == ["D023"]
    assert codes(diagnosis="N613") == codes(diagnosis="G56.0") == ["D001"]
    assert codes(diagnosis="H83.3") == ["B001", "EU-503"]
    assert codes(q="nothing like it") == []


def test_one_guideline_shows_its_criteria_sources_and_questions(client: TestClient) -> None:
    answer = client.get("/v1/guidelines/D023", headers={"Accept-Language": "en"}).json()
    assert answer["decides"] is True
    assert answer["icd10Basis"] == {"M51.1": "general-knowledge"}
    assert answer["require"]["all"][0]["text"].startswith("Pain radiates")
    assert answer["require"]["all"][1]["any"][0]["all"][0]["sourceUrl"].startswith("https://")
    load = next(question for question in answer["questions"] if question["parameter"] == "load_kg")
    assert (load["input"], load["unit"], load["decides"]) == ("number", "kg", True)


@pytest.mark.parametrize("path", ["D023?version=2014.1", "B001", "TSB-SIL", "EU-503", "D006"])
def test_every_kind_of_guideline_can_be_read(client: TestClient, path: str) -> None:
    assert client.get(f"/v1/guidelines/{path}").status_code == 200


@pytest.mark.parametrize("path", ["D999", "D023?version=1999.1"])
def test_an_unknown_guideline_or_version_is_not_found(client: TestClient, path: str) -> None:
    answer = client.get(f"/v1/guidelines/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
