"""How the door answers: media types, every error as an OperationOutcome, and what is open to all."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from fhir.issues import catalogue
from service.wire import actions, publication, routes
from service.wire.messages import routes as messages
from service.wire.published import READABLE, shelf
from tests.api.doors import NOBODY
from tests.api.world import BASE, World
from tests.wire.documents import damaged, group, packed, part, place
from tests.wire.senders import FHIR, PROCESS, Sender, issues, rows, said

_YEAR = "/Task?_lastUpdated=ge2026-01-01&_lastUpdated=le2026-12-31"
_SMART = "/.well-known/smart-configuration"
_OPEN = ["/metadata", _SMART, *(f"/{kind}" for kind in READABLE), *(f"/{kind}/{name}" for kind, name in shelf())]


def doors() -> list[tuple[str, str]]:
    """Every operation of the door that asks who is calling."""
    every = [*routes.router.routes, *messages.router.routes]
    found = [one for one in every if isinstance(one, APIRoute)]
    return [(method, one.path.replace("{id}", NOBODY)) for one in found for method in sorted(one.methods or ())]


def test_there_are_doors_and_open_ones() -> None:
    assert len(doors()) == 9
    assert len([one for one in publication.router.routes if isinstance(one, APIRoute)]) == 2 + 2 * len(READABLE)
    assert len(_OPEN) > 40


@pytest.mark.parametrize("method, path", doors())
@pytest.mark.parametrize("token", ["", "Bearer onzin", "Basic abc"])
def test_no_door_opens_without_a_token(one_world: World, method: str, path: str, token: str) -> None:
    headers = {"Content-Type": FHIR} | ({"Authorization": token} if token else {})
    content = b"{}" if method == "POST" else None
    answer = one_world.http.request(method, f"/fhir/R4{path}", content=content, headers=headers)
    assert issues(answer, 401) == [("AB-A001", None)]
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("method, path", doors())
@pytest.mark.parametrize(
    "query, headers, content",
    [
        ("", {"Content-Type": "text/plain"}, b"{}"),
        ("", {"Content-Type": FHIR, "Accept": "application/fhir+xml"}, b"{}"),
        ("?naam=x&mode=onzin", {"Content-Type": FHIR}, b"{"),
        ("", {"Content-Type": FHIR}, b"a" * (3 * 1024 * 1024)),
    ],
)
def test_who_is_calling_comes_before_what_is_asked(
    one_world: World, method: str, path: str, query: str, headers: dict[str, str], content: bytes
) -> None:
    body = content if method == "POST" else None
    answer = one_world.http.request(method, f"/fhir/R4{path}{query}", content=body, headers=headers)
    assert issues(answer, 401) == [("AB-A001", None)]


@pytest.mark.parametrize("method, path", doors())
def test_no_door_opens_with_a_token_for_another_thing(visitor: Sender, method: str, path: str) -> None:
    caller = visitor.with_scopes("arbobrug/signaal.indienen")
    assert issues(caller.call(method, path, b"{}" if method == "POST" else None), 403) == [("AB-A002", None)]


@pytest.mark.parametrize("path", _OPEN)
def test_what_we_publish_can_be_read_by_all(one_world: World, path: str) -> None:
    answer = one_world.http.get(f"/fhir/R4{path}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json" if path == _SMART else FHIR)
    tag = answer.headers["ETag"]
    again = one_world.http.get(f"/fhir/R4{path}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    for other in (again, answer):
        assert other.headers["Cache-Control"] == "public, max-age=300"


def test_what_was_found_has_a_tag_of_its_own(one_world: World) -> None:
    every = one_world.http.get("/fhir/R4/ValueSet")
    url = every.json()["entry"][0]["resource"]["url"]
    headers = {"If-None-Match": every.headers["ETag"]}
    assert one_world.http.get("/fhir/R4/ValueSet", params={"url": url}, headers=headers).status_code == 200


def test_a_definition_is_found_by_its_canonical(one_world: World) -> None:
    for (kind, name), one in shelf().items():
        if url := one.resource.get("url"):
            bundle = one_world.http.get(f"/fhir/R4/{kind}", params={"url": url}).json()
            assert [entry["resource"]["id"] for entry in bundle["entry"]] == [name]


def test_the_smart_configuration_says_where_to_go(one_world: World) -> None:
    answer = one_world.http.get("/fhir/R4/.well-known/smart-configuration").json()
    assert answer["token_endpoint"] == f"{BASE}/oauth/token"
    assert "private_key_jwt" in answer["token_endpoint_auth_methods_supported"]
    assert answer["code_challenge_methods_supported"] == ["S256"]


def test_the_capability_statement_is_of_this_door(one_world: World) -> None:
    answer = one_world.http.get("/fhir/R4/metadata")
    statement = answer.json()
    assert (statement["resourceType"], statement["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
    named = {one["type"] for one in statement["rest"][0]["resource"]}
    assert named == {"Task", "Bundle", *READABLE}
    token = json.dumps(statement["rest"][0]["security"])
    assert f"{BASE}/oauth/token" in token


@pytest.mark.parametrize(
    "scope, resource_type", [(f"system/{name}.c", name) for name in ("Observation", "Condition", "Patient")]
)
def test_a_token_must_allow_every_entry(visitor: Sender, scope: str, resource_type: str) -> None:
    document = visitor.document()
    lesser = visitor.with_scopes(*(one for one in visitor.scopes if one != scope))
    expected = [
        ("AB-A002", f"Bundle.entry[{position}].resource")
        for position, entry in enumerate(document["entry"])
        if entry["resource"]["resourceType"] == resource_type
    ]
    assert expected
    before = rows(visitor.world)
    assert issues(lesser.send(document), 403) == expected
    inside = group(document, (1980, "female", "2019"))
    assert issues(lesser.send(inside), 403) == [
        (code, path.replace("Bundle", "Parameters.parameter[0].resource")) for code, path in expected
    ]
    assert rows(visitor.world) == before


def test_the_organisation_of_the_document_is_that_of_the_token(visitor: Sender) -> None:
    document = damaged(
        visitor.document(), lambda one: part(one, "Organization")["identifier"][0].update(value="90000009")
    )
    before = rows(visitor.world)
    assert issues(visitor.send(document), 403) == [("AB-A010", place(document, "Organization"))]
    assert said(visitor.call("POST", "/Bundle/$validate", document).json())[0][0] == "AB-A010"
    nameless = damaged(visitor.document(), lambda one: part(one, "Organization").pop("identifier"))
    assert issues(visitor.send(nameless), 403)[0][0] == "AB-A010"
    assert rows(visitor.world) == before


def test_a_person_may_not_send_documents(one_world: World, visitor: Sender) -> None:
    doctor = one_world.person()
    headers = {"Authorization": f"Bearer {doctor.token()}", "Content-Type": FHIR}
    answer = one_world.http.post(f"/fhir/R4{PROCESS}", content=packed(visitor.document()), headers=headers)
    assert issues(answer, 403)[0][0] == "AB-A002"


@pytest.mark.parametrize(
    "body, code",
    [
        (b"", "AB-V030"),
        (b"{", "AB-V030"),
        (b"NaN", "AB-V030"),
        (b"\xff\xfe", "AB-V032"),
        (b'{"a":1,"a":2}', "AB-V031"),
        (b'{"a":"\\ud800"}', "AB-V032"),
        (b"[" * 5000, "AB-V024"),
        (b"null", "AB-V001"),
        (b"[]", "AB-V001"),
        (b'{"resourceType":"Patient"}', "AB-V001"),
        (b'{"resourceType":["Bundle"]}', "AB-V001"),
    ],
)
@pytest.mark.parametrize("path", [PROCESS, "/Bundle/$validate"])
def test_what_is_no_document_is_refused(visitor: Sender, body: bytes, code: str, path: str) -> None:
    answer = visitor.call("POST", path, body)
    if path == PROCESS or answer.status_code == 400:
        assert issues(answer, 400)[0][0] == code
    else:
        assert [one for one, _ in said(answer.json())] == [code]


def test_too_large_is_said_as_fhir(visitor: Sender) -> None:
    for size in (2 * 1024 * 1024 + 1, 3 * 1024 * 1024):
        answer = visitor.send(b'"' + b"a" * size + b'"')
        assert issues(answer, 413) == [("AB-M001", None)]
        assert "1 MB" not in answer.text  # that is the limit of /v1


@pytest.mark.parametrize(
    "method, path, headers, status, code",
    [
        ("GET", "/Bestaatniet", {}, 404, "AB-L001"),
        ("GET", "", {}, 405, "AB-M003"),
        ("GET", "/StructureDefinition/bestaat-niet", {}, 404, "AB-L001"),
        ("GET", "/Task/geen-uuid", {}, 404, "AB-L001"),
        ("GET", f"/Bundle/{NOBODY}", {}, 404, "AB-L001"),
        ("DELETE", "/Task", {}, 405, "AB-M003"),
        ("PUT", "/metadata", {}, 405, "AB-M003"),
        ("GET", "/metadata", {"Accept": "application/fhir+xml"}, 406, "AB-M004"),
        ("GET", "/metadata?_format=xml", {}, 406, "AB-M004"),
        ("GET", "/Task", {"Accept": "application/fhir+json; fhirVersion=5.0"}, 406, "AB-M004"),
        ("GET", "/Task?naam=x", {}, 400, "AB-M005"),
        ("GET", "/metadata?naam=x", {}, 400, "AB-M005"),
        ("GET", "/Task?_count=veel", {}, 400, "AB-M006"),
        ("GET", "/Task?_count=-1", {}, 400, "AB-M006"),
        ("GET", "/Task?status=onzin", {}, 400, "AB-M006"),
        ("GET", "/Task?_lastUpdated=gisteren", {}, 400, "AB-M006"),
        ("GET", "/Task?_lastUpdated=ap2026", {}, 400, "AB-M006"),
        ("GET", "/Task?_cursor=onzin", {}, 400, "AB-M006"),
        ("GET", "/Task?_cursor=WzEsIngiXQ", {}, 400, "AB-M006"),
    ],
)
def test_every_refusal_is_an_outcome(
    visitor: Sender, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = visitor.call(method, path, None, **headers)
    told = issues(answer, status)
    assert [one for one, _ in told] == [code]
    assert answer.json()["issue"][0]["details"]["text"] == catalogue()[code].text
    if code in {"AB-M005", "AB-M006"}:
        assert (told[0][1] or "").startswith("http.")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/fhir+json; fhirVersion=3.0"])
def test_another_media_type_is_refused(visitor: Sender, kind: str) -> None:
    assert issues(visitor.send(visitor.document(), Content_Type=kind), 415) == [("AB-M002", None)]


@pytest.mark.parametrize(
    "kind", ["application/json", "application/fhir+json; fhirVersion=4.0", "application/fhir+json; charset=utf-8"]
)
def test_fhir_is_taken_by_each_of_its_names(visitor: Sender, kind: str) -> None:
    assert visitor.send(visitor.document(), Content_Type=kind).status_code == 201


def test_an_unknown_mode_is_refused(visitor: Sender) -> None:
    before = rows(visitor.world)
    assert issues(visitor.send(visitor.document(), "?mode=validat"), 400)[0][0] == "AB-M006"
    assert rows(visitor.world) == before


def test_who_does_not_mind_gets_an_answer(visitor: Sender) -> None:
    assert visitor.get("/Task?naam=x", Prefer="handling=lenient").status_code == 200
    assert issues(visitor.get("/Task?naam=x", Prefer="handling=strict"), 400)[0] == ("AB-M005", "http.naam")


@pytest.mark.parametrize(
    "asked, applied",
    [
        ("/Task", "/Task"),
        ("/Task?naam=x", "/Task"),
        ("/Task?naam=x&_count=1000&_pretty=true", "/Task?_count=100"),
        ("/Task?_count=7&_count=5&_format=json", "/Task?_count=5&_format=json"),
        (_YEAR, _YEAR),
        ("/Task?status=completed&identifier=a%7Cb%26c", "/Task?status=completed&identifier=a%7Cb%26c"),
        ("/ValueSet?naam=x", "/ValueSet"),
        ("/ValueSet?url=urn%3Ax", "/ValueSet?url=urn%3Ax"),
        ("/ValueSet?event=x", "/ValueSet"),
        ("/MessageDefinition?event=x&naam=y", "/MessageDefinition?event=x"),
    ],
)
def test_the_self_link_says_what_was_applied(visitor: Sender, asked: str, applied: str) -> None:
    bundle = visitor.get(asked, Prefer="handling=lenient").json()
    (link,) = (one["url"] for one in bundle["link"] if one["relation"] == "self")
    assert link == f"{BASE}/fhir/R4{applied}"


def test_what_is_passed_over_finds_no_less(visitor: Sender) -> None:
    every, lenient = (visitor.get(f"/ValueSet{query}", Prefer="handling=lenient") for query in ("", "?event=x"))
    assert lenient.content == every.content


def test_the_next_link_asks_the_same_again(visitor: Sender) -> None:
    for _ in range(2):
        visitor.filed()
    bundle = visitor.get("/Task?naam=x&_count=1&_format=json", Prefer="handling=lenient").json()
    onward = next(one["url"] for one in bundle["link"] if one["relation"] == "next")
    assert parse_qs(urlsplit(onward).query).keys() == {"_count", "_format", "_cursor"}
    assert len(visitor.get(onward.removeprefix(f"{BASE}/fhir/R4")).json()["entry"]) == 1


def test_an_answer_can_be_small(visitor: Sender) -> None:
    document = visitor.document()
    answer = visitor.send(document, Prefer="return=minimal")
    assert (answer.status_code, answer.content) == (201, b"")
    again = visitor.send(document)
    assert (again.status_code, again.headers["Location"]) == (200, answer.headers["Location"])
    assert again.json()["parameter"][0]["name"] == "receipt"


@pytest.mark.parametrize("mine", ["abc-123", "1", "x" * 128, "0b1d0000-0000-4000-8000-000000000000"])
def test_the_request_id_comes_back(visitor: Sender, mine: str) -> None:
    assert visitor.get("/Task", X_Request_Id=mine).headers["X-Request-Id"] == mine
    broken = visitor.get("/Task/geen-uuid", X_Request_Id=mine)
    assert broken.headers["X-Request-Id"] == mine
    assert broken.json()["issue"][0]["diagnostics"] == f"correlation {mine}"


@pytest.fixture
def quiet(one_world: World) -> TestClient:
    """A client that takes a 500 as an answer."""
    return TestClient(one_world.app, base_url=BASE, raise_server_exceptions=False)


def test_a_fault_of_ours_is_an_outcome_without_a_trace(
    visitor: Sender, quiet: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: Any) -> None:
        raise ValueError("geheim")

    monkeypatch.setattr(actions, "_answer", fault)
    before = rows(visitor.world)
    answer = visitor.over(quiet, "POST", PROCESS, visitor.document())
    assert issues(answer, 500) == [("AB-M009", None)]
    assert "geheim" not in answer.text
    assert rows(visitor.world) == before


def test_a_database_that_is_away_is_said_so(
    visitor: Sender, quiet: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("select", {}, Exception("geheim"))

    monkeypatch.setattr(actions, "search", away)
    answer = visitor.over(quiet, "GET", "/Task")
    assert issues(answer, 503) == [("AB-M008", None)]
    assert answer.headers["Retry-After"]
