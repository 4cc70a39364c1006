"""The Dutch API Design Rules (Logius, 18 May 2026) as tests over our OpenAPI document and over real answers."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from service import __version__
from service.identity.access import Role
from tests.api.world import BASE, Visitor, World, case, good, with_override

METHODS = {"get", "put", "post", "delete", "patch", "options", "head", "trace"}
KEBAB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:\.json)?")
CAMEL = re.compile(r"[a-z][a-zA-Z0-9]*")


@pytest.fixture(scope="module")
def document(world: World) -> dict[str, Any]:
    found: dict[str, Any] = good(world.http.get("/v1/openapi.json"), 200)
    assert len(found["paths"]) > 15
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield f"{method.upper()} {path}", operation


def parameters(document: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == place:
                yield name, parameter


def properties(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in document["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            yield f"{name}.{field}", described


# /core/no-trailing-slash, /core/path-segments-kebab-case, /core/query-keys-camel-case, /core/uri-version


def test_paths_have_no_trailing_slash_and_are_kebab_case(document: dict[str, Any]) -> None:
    for path in document["paths"]:
        assert not path.endswith("/")
        for segment in path.strip("/").split("/"):
            assert KEBAB.fullmatch(segment) or re.fullmatch(r"\{[a-z][a-zA-Z]*\}", segment), path


def test_a_trailing_slash_is_not_found_and_not_redirected(doctor: Visitor) -> None:
    for path in ("/", "/notifications/", "/codes/", "/me/"):
        answer = doctor.world.http.get(
            f"/v1{path}", headers={"Authorization": f"Bearer {doctor.token()}"}, follow_redirects=False
        )
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_bare_address_says_where_to_begin_and_does_not_redirect(world: World) -> None:
    answer = world.http.get("/v1", follow_redirects=False)
    for address in good(answer, 200).values():
        assert world.http.get(address).status_code == 200, address


def test_query_keys_and_fields_are_camel_case(document: dict[str, Any]) -> None:
    keys = [parameter["name"] for _, parameter in parameters(document, "query")]
    assert keys
    for name in keys + [name.split(".")[1] for name, _ in properties(document)]:
        assert CAMEL.fullmatch(name), name


def test_the_version_is_in_the_address_and_nowhere_else(document: dict[str, Any]) -> None:
    assert [server["url"] for server in document["servers"]] == [f"{BASE}/v1"]
    assert not [path for path in document["paths"] if re.search(r"/v\d", path)]


# /core/date-time/*


def test_moments_are_rfc_3339_in_utc_and_days_are_days(doctor: Visitor) -> None:
    receipt = doctor.file(case())
    seen = doctor.see(receipt["notificationId"])
    step = good(doctor.get(f"/notifications/{receipt['notificationId']}/history"), 200)[0]
    for moment in (receipt["receivedAt"], seen["changedAt"], seen["submittedAt"], step["at"]):
        assert moment.endswith("Z")
        assert datetime.fromisoformat(moment).tzinfo == UTC
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", doctor.draft()["expiresOn"])


def test_a_moment_or_a_day_says_so_in_the_document(document: dict[str, Any]) -> None:
    """A field named `...At` holds a moment and one named `...On` a day."""
    checked = 0
    for name, described in properties(document):
        field = name.split(".")[1]
        wanted = "date-time" if re.search(r"[a-z]At$", field) else "date" if re.search(r"[a-z]On$", field) else None
        if wanted:
            shapes = [one for one in [described, *described.get("anyOf", ())] if one.get("type") == "string"]
            assert [one.get("format") for one in shapes] == [wanted], name
            checked += 1
    assert checked > 5


# /core/error-handling/*, /core/http-response-code


def test_every_operation_declares_invalid_input_as_a_problem_with_status_400(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, response in operation["responses"].items():
            if status[0] in "45":
                schema = response["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ProblemDocument"}, name
                assert response["description"], name
        assert {"400", "401", "403", "404", "500"} <= operation["responses"].keys(), name
    validation = [name for name in document["components"]["schemas"] if "ValidationError" in name]
    assert validation == []


def test_a_problem_has_the_members_of_rfc_9457(document: dict[str, Any]) -> None:
    problem = document["components"]["schemas"]["ProblemDocument"]
    assert {"type", "title", "status", "detail"} <= set(problem["required"])
    assert {"pointer", "code", "detail"} == set(document["components"]["schemas"]["FieldProblem"]["required"])


def test_what_422_means_is_said(document: dict[str, Any]) -> None:
    """422 is for a key that was used before, never for input."""
    for _, operation in operations(document):
        assert "Idempotency-Key" in operation["responses"]["422"]["description"]


# /core/doc-openapi, /core/doc-openapi-contact, /core/publish-openapi, /core/semver, /core/version-header


def test_the_document_is_whole_and_has_a_contact(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.")
    assert document["info"]["version"] == __version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    contact = document["info"]["contact"]
    assert contact["name"]
    assert contact["url"].startswith("https://")
    assert "@" in contact["email"]
    named = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(named)) == len(named)
    for name, operation in operations(document):
        assert operation.get("summary"), name
        assert operation.get("tags"), name


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for inner in part.values():
                yield from references(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from references(inner)

    found = set(references(document))
    assert found
    for reference in found:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]


def test_the_document_is_published_without_a_login_for_any_origin(world: World) -> None:
    answer = world.http.get("/v1/openapi.json", headers={"Origin": "https://elders.example"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_no_other_door_lets_every_origin_in(world: World, doctor: Visitor) -> None:
    answer = doctor.get("/notifications", Origin="https://elders.example")
    assert "Access-Control-Allow-Origin" not in answer.headers
    preflight = world.http.options(
        "/v1/notifications", headers={"Origin": "https://elders.example", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 405
    assert "Access-Control-Allow-Origin" not in preflight.headers


def test_every_success_declares_the_version_header(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        successes = [status for status in operation["responses"] if status[0] in "23"]
        assert successes, name
        for status in successes:
            assert "API-Version" in operation["responses"][status]["headers"], name


# /core/transport/security-headers, /core/transport/tls


def answers(world: World, doctor: Visitor) -> Iterator[Any]:
    registry = world.person(Role.REGISTRY)
    mine = doctor.file(with_override())["notificationId"]
    yield doctor.get("/notifications")
    yield doctor.get(f"/notifications/{mine}")
    yield doctor.get(f"/notifications/{mine}/receipt?format=pdf")
    yield doctor.get(f"/notifications/{mine}/as-submitted")
    yield doctor.post("/notifications", {})
    yield doctor.change("DELETE", doctor.draft()["id"])
    yield registry.get("/assessments")
    yield doctor.get("/assessments")
    yield doctor.get("/nergens")
    yield doctor.call("PATCH", "/notifications")
    yield doctor.post("/notifications", b"{")
    yield doctor.post("/notifications", b"x", Content_Type="text/plain")
    yield doctor.post("/notifications", b" " * 1_000_001)
    yield doctor.get(f"/notifications?cursor={'x' * 300}")
    yield world.http.get("/v1/me")
    yield world.http.get("/v1/openapi.json")


def test_every_answer_carries_the_version_and_the_security_headers(world: World, doctor: Visitor) -> None:
    seen = set()
    for answer in answers(world, doctor):
        seen.add(int(answer.status_code))
        headers = answer.headers
        assert headers["API-Version"] == __version__
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Request-Id"]
        assert "Strict-Transport-Security" not in headers  # over plain http it means nothing
        assert "Server" not in headers
        if answer.status_code != 204:
            assert headers["Content-Type"]
        if answer.is_error:
            assert headers["Content-Type"] == "application/problem+json"
            assert headers["Content-Language"] == "nl"
    assert seen == {200, 201, 204, 400, 401, 403, 404, 405, 413, 415}


def test_a_request_id_of_ones_own_comes_back_when_it_is_plain(doctor: Visitor) -> None:
    for plain in ("1", "abc-123", "client-0001", "x" * 128, "Root=1-67891233-abcdef012345678912345678"):
        assert doctor.get("/me", X_Request_Id=plain).headers["X-Request-Id"] == plain
    for odd in (
        "",
        "a b c d e f g",
        "x" * 129,
        "<script>alert(1)",
        "a;b",
        "a,b",
        'a"b',
        "a\\b",
        "a{b}",
        "a(b)",
        "a\tb",
    ):
        assert doctor.get("/me", X_Request_Id=odd).headers["X-Request-Id"] != odd


def test_problems_speak_dutch_and_english_on_request(world: World) -> None:
    assert world.http.get("/v1/me").json()["title"] == "U bent niet aangemeld"
    english = world.http.get("/v1/me", headers={"Accept-Language": "en-GB,en;q=0.8"})
    assert english.json()["title"] == "You are not signed in"
    assert english.headers["Content-Language"] == "en"


def test_a_created_thing_says_where_it_is_and_in_which_version(doctor: Visitor) -> None:
    answer = doctor.post("/notifications", {})
    assert answer.headers["Location"] == f"/v1/notifications/{answer.json()['id']}"
    assert answer.headers["ETag"] == 'W/"1"'


def test_every_create_takes_a_key_and_every_change_a_version(document: dict[str, Any]) -> None:
    keyed = {name for name, parameter in parameters(document, "header") if parameter["name"] == "Idempotency-Key"}
    versioned = {name for name, parameter in parameters(document, "header") if parameter["name"] == "If-Match"}
    # What comes once, or is there or not, has no version.
    versioned |= {"POST /persons/{id}/death", "DELETE /referrals/calendar-address"}
    named = {name for name, _ in operations(document)}
    without_effect = {"POST /criteria-checks"}
    assert {name for name in named if name.startswith("POST")} - without_effect == keyed
    creates = {"POST /notifications", "POST /signals", "POST /notification-batches"} | without_effect
    creates |= {"POST /referrals", "POST /referrals/links", "POST /referrals/calendar-address"}
    assert {name for name in named if not name.startswith("GET")} - creates == versioned


def test_lists_are_paged_by_a_cursor(document: dict[str, Any]) -> None:
    sizes = [(name, one) for name, one in parameters(document, "query") if one["name"] == "limit"]
    limits = {name: one for name, one in sizes if name.startswith("GET")}
    lists = {"GET /notifications", "GET /notification-batches", "GET /assessments", "GET /signals"}
    assert lists <= limits.keys()
    assert all(parameter["schema"]["maximum"] <= 100 for parameter in limits.values())
    cursors = {name for name, parameter in parameters(document, "query") if parameter["name"] == "cursor"}
    assert lists <= cursors
