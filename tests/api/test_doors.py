"""No door is open by accident: a promise about every route, kept by a test over every route."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from sqlmodel import SQLModel

from service.identity.access import SCOPES_OF, Role, Scope
from service.problems import all_refusals
from service.strict_query import KnownQueryRoute
from tests.api.doors import Door, bodies, documented, real, routes
from tests.api.world import BASE, Visitor, World, good, refused

# Public on purpose: what is published, and the way in.
PUBLIC_API = {
    "GET /agreement",
    "GET /guidelines",
    "GET /guidelines/{code}",
    "GET /codes",
    "GET /codes/{list}",
    "GET /codes/{list}/{code}",
    "GET /problems",
    "GET /problems/{type}",
}
FOR_ANY_TOKEN = {"GET /me"}
PUBLIC = {f"GET /v1{name.removeprefix('GET ')}" for name in PUBLIC_API} | {
    "GET /v1",
    "GET /v1/openapi.json",
    "GET /",
    "GET /.well-known/oauth-authorization-server",
    "GET /.well-known/openid-configuration",
    "GET /.well-known/security.txt",
    "GET /aanmelden",
    "GET /aanmelden/terug",
    "GET /health/live",
    "GET /health/ready",
    "GET /oauth/authorize",
    "GET /oauth/jwks",
    "POST /oauth/authorize",
    "POST /oauth/introspect",
    "POST /oauth/revoke",
    "POST /oauth/token",
    "GET /fhir/R4/metadata",
    "GET /fhir/R4/.well-known/smart-configuration",
}
KNOWLEDGE = "GET /kennis"  # every page below it explains, and holds nobody's case
BY_LINK = ("/toestemming/", "/bericht/", "/verwijzingen/agenda/")  # who holds no link finds nothing there
PUBLISHED_AS_FHIR = (
    "MessageDefinition StructureDefinition CodeSystem ValueSet OperationDefinition Questionnaire NamingSystem".split()
)
PUBLIC |= {f"GET /fhir/R4/{kind}{which}" for kind in PUBLISHED_AS_FHIR for which in ("", "/{id}")}


@pytest.fixture(scope="module")
def document(world: World) -> dict[str, Any]:
    found: dict[str, Any] = good(world.http.get("/v1/openapi.json"), 200)
    return found


@pytest.fixture(scope="module")
def doors(document: dict[str, Any]) -> list[Door]:
    found = documented(document)
    assert len(found) > 25, "hardly any door found: these tests would otherwise pass by looking at nothing"
    return found


def test_the_document_names_every_door_that_is_there(world: World, doors: list[Door]) -> None:
    there = {door.name for door in real(world.app) if door.path.startswith("/v1/")} - {"GET /v1/openapi.json"}
    assert there == {f"{door.method} /v1{door.path}" for door in doors}


def test_only_what_is_public_on_purpose_has_no_scopes(doors: list[Door]) -> None:
    assert {door.name for door in doors if not door.ways} == PUBLIC_API
    assert {door.name for door in doors if any(not way for way in door.ways)} == FOR_ANY_TOKEN
    assert {scope for door in doors for way in door.ways for scope in way} <= {scope.value for scope in Scope}


def test_no_door_opens_without_a_token(world: World, doors: list[Door]) -> None:
    for door in doors:
        answer = world.http.request(door.method, f"/v1{door.address}")
        if door.name in PUBLIC_API:
            assert answer.status_code in {200, 404}, door.name
            continue
        refused(answer, 401, "not-authenticated")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer"), door.name


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic YTpi", "Bearer {token}x", "{token}", "Token {token}"],
)
def test_no_door_opens_for_what_is_no_token(
    world: World, doctor: Visitor, doors: list[Door], authorization: str
) -> None:
    headers = {"Authorization": authorization.format(token=doctor.token())}
    for door in doors:
        if door.name not in PUBLIC_API:
            refused(world.http.request(door.method, f"/v1{door.address}", headers=headers), 401, "not-authenticated")


def test_a_token_in_the_address_opens_nothing(world: World, doctor: Visitor) -> None:
    for name in ("access_token", "token"):
        answer = world.http.get("/v1/notifications", params={name: doctor.token()})
        refused(answer, 401, "not-authenticated")


def test_who_is_calling_comes_before_a_parameter_that_we_do_not_know(world: World, doors: list[Door]) -> None:
    for door in doors:
        answer = world.http.request(door.method, f"/v1{door.address}?onzin=1")
        assert answer.status_code == (401 if door.ways else 400), door.name


def test_every_route_of_the_api_takes_only_the_parameters_that_it_declares(world: World) -> None:
    found = [(path, route) for path, route in routes(world.app) if path.startswith("/v1")]
    assert len(found) > 25
    assert [path for path, route in found if not isinstance(route, KnownQueryRoute)] == []


def test_every_route_of_the_whole_program_is_public_on_purpose_or_closed(world: World) -> None:
    there = real(world.app)
    assert len(there) > 60, "hardly any route found: this test would otherwise pass by looking at nothing"
    assert {door.name for door in there} >= PUBLIC - {name for name in PUBLIC if "/fhir/" in name}
    for door in there:
        if door.name in PUBLIC or door.name.startswith(KNOWLEDGE):
            continue
        spoken = {"Content-Type": "application/fhir+json"} if door.path.startswith("/fhir/") else {}
        answer = world.http.request(door.method, door.address, headers=spoken, follow_redirects=False)
        if door.path.startswith(BY_LINK):
            assert answer.status_code in {404, 415}, door.name
        elif answer.status_code == 303:
            assert answer.headers["Location"].startswith("/aanmelden"), door.name
        else:
            assert answer.status_code == 401, f"{door.name} answers {answer.status_code} to a stranger"


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_exactly_the_doors_of_its_scopes(world: World, doors: list[Door], role: Role) -> None:
    visitor, scopes = world.anyone(role), SCOPES_OF[role]
    for door in doors:
        status = visitor.call(door.method, door.address).status_code
        if door.opens_for(scopes):
            assert status not in {401, 403}, f"{door.name} is closed to {role}: {status}"
        else:
            assert status == 403, f"{door.name} answers {status} to {role}"


def test_a_worker_opens_the_own_file_and_what_any_token_opens(world: World, doors: list[Door]) -> None:
    worker = world.person(Role.WORKER)
    assert worker.get("/me").json()["scopes"] == [Scope.OWN_FILE]
    for door in doors:
        if door.name not in PUBLIC_API | FOR_ANY_TOKEN and not door.opens_for(SCOPES_OF[Role.WORKER]):
            refused(worker.call(door.method, door.address), 403, "forbidden")


# Said once more in words, so that a slip in SCOPES_OF shows.
CASE_SCOPES = {Scope.FILE, Scope.PREPARE, Scope.READ_OWN, Scope.ASSESS, Scope.SIGNAL, Scope.JUDGE_SIGNAL}


@pytest.mark.parametrize("role", [Role.INSPECTORATE, Role.INSPECTORATE_SYSTEM, Role.ADMINISTRATOR, Role.WORKER])
def test_the_inspectorate_and_the_administrator_open_no_case(role: Role) -> None:
    assert not CASE_SCOPES & SCOPES_OF[role]


def test_only_physicians_and_their_systems_file_and_only_the_registry_assesses() -> None:
    assert {role for role in Role if Scope.FILE in SCOPES_OF[role]} == {
        Role.BEDRIJFSARTS,
        Role.VERZEKERINGSARTS,
        Role.ARBODIENST_SYSTEM,
    }
    assert {role for role in Role if Scope.ASSESS in SCOPES_OF[role]} == {Role.REGISTRY}
    assert {role for role in Role if Scope.JUDGE_SIGNAL in SCOPES_OF[role]} == {Role.REGISTRY}
    assert not SCOPES_OF[Role.REGISTRY] & {Scope.FILE, Scope.PREPARE, Scope.READ_OWN}


@pytest.mark.parametrize("role", list(Role))
def test_no_role_may_submit_and_decide(role: Role) -> None:
    assert not {Scope.FILE, Scope.ASSESS} <= SCOPES_OF[role]


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_cannot_be_overridden(doctor: Visitor, header: str) -> None:
    draft = doctor.draft()["id"]
    assert doctor.get(f"/notifications/{draft}", **{header: "DELETE", "If-Match": 'W/"1"'}).is_success
    assert doctor.get(f"/notifications/{draft}?_method=DELETE").status_code == 400
    assert doctor.see(draft)["state"] == "draft"


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("PUT", "/notifications", {"GET", "POST"}),
        ("PATCH", "/notifications/{id}", {"GET", "PUT", "DELETE"}),
        ("PUT", "/notifications/{id}/receipt", {"GET"}),
        ("DELETE", "/notifications/{id}/history", {"GET"}),
        ("POST", "/codes", {"GET"}),
        ("PATCH", "/notifications/{id}/assessment", {"POST"}),
    ],
)
def test_a_method_that_is_not_there_says_which_are(doctor: Visitor, method: str, path: str, allowed: set[str]) -> None:
    answer = doctor.call(method, path.replace("{id}", doctor.draft()["id"]))
    refused(answer, 405, "method-not-allowed")
    assert set(answer.headers["Allow"].split(", ")) <= allowed
    assert answer.headers["Allow"]


def tables() -> set[type]:
    waiting, found = list(SQLModel.__subclasses__()), set()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if hasattr(kind, "__table__"):
            found.add(kind)
    return found


def parts(annotation: Any, seen: set[Any]) -> Iterator[Any]:
    """A type and every type inside it."""
    if annotation in seen:
        return
    seen.add(annotation)
    yield annotation
    for part in get_args(annotation):
        if isinstance(part, type) or get_args(part):
            yield from parts(part, seen)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for field in annotation.model_fields.values():
            yield from parts(field.annotation, seen)


def test_no_table_is_ever_a_body_or_an_answer(world: World) -> None:
    assert len(tables()) > 10
    read = [kind for _, route in routes(world.app) for kind in bodies(route)]
    answered = [route.response_model for _, route in routes(world.app) if route.response_model]
    assert len(read) > 4
    assert len(answered) > 15
    for kind in read + answered:
        assert not tables() & {part for part in parts(kind, set()) if isinstance(part, type)}


def test_every_body_refuses_fields_that_it_does_not_know(world: World) -> None:
    models = {
        part
        for _, route in routes(world.app)
        for kind in bodies(route)
        for part in parts(kind, set())
        if isinstance(part, type) and issubclass(part, BaseModel)
    }
    assert len(models) > 10
    assert {model.__name__ for model in models if model.model_config.get("extra") != "forbid"} == set()


def test_every_refusal_has_its_own_slug_and_is_explained(world: World, document: dict[str, Any]) -> None:
    kinds = all_refusals()
    assert len(kinds) > 10
    assert len({kind.slug for kind in kinds}) == len(kinds)
    listed = {one["slug"]: one for one in good(world.http.get("/v1/problems"), 200)}
    named = document["components"]["schemas"]["ProblemDocument"]["properties"]["type"]["examples"]
    for kind in kinds:
        page = good(world.http.get(f"/v1/problems/{kind.slug}"), 200)
        assert page == listed[kind.slug]
        assert all(page[word] for word in ("title", "detail", "titleEn", "detailEn")), kind.slug
        assert page["status"] == kind.status
        assert f"{BASE}/v1/problems/{kind.slug}" in named
        if kind.status not in {405, 406}:  # the document names each path's methods, and 406 is FHIR's
            operations = [operation for path in document["paths"].values() for operation in path.values()]
            assert all(str(int(kind.status)) in operation["responses"] for operation in operations), kind.slug
