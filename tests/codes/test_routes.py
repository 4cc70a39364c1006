"""Code lists over HTTP."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service import problems
from service.codes.catalogue import catalogue
from service.codes.entries import ListId
from service.codes.routes import router


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    app.include_router(router)
    problems.install(app)
    return TestClient(app)


def test_the_lists_are_listed_with_where_they_come_from(client: TestClient) -> None:
    items = client.get("/codes").json()["items"]
    assert [item["id"] for item in items] == [list_id.value for list_id in ListId]
    cas = items[0]
    assert cas["count"] == 37
    assert cas["basis"] == "official"
    assert {"edition", "source", "licence", "note", "title", "synonymsBasis"} <= set(cas)


def test_search_answers_in_dutch_and_says_why(client: TestClient) -> None:
    answer = client.get("/codes/diagnosis", params={"q": "tenni", "limit": 3})
    first = answer.json()["items"][0]
    assert (first["code"], first["system"], first["label"]) == ("L694", "cas", "epicondylitis lateralis")
    assert (first["matched"], first["how"], first["letter"]) == ("tennisarm", "phrase-begins", "D")
    assert (first["complaint"], first["registrable"]) == (False, True)
    assert answer.headers["content-language"] == "nl"


def test_english_on_request(client: TestClient) -> None:
    answer = client.get("/codes/isco/7112", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert answer.json()["item"]["label"] == "Bricklayers and Related Workers"
    assert answer.headers["content-language"] == "en"
    assert answer.headers["vary"] == "Accept-Language"
    assert answer.headers["etag"] != client.get("/codes/isco/7112").headers["etag"]


@pytest.mark.parametrize("path", ["/codes", "/codes/isco?q=kok", "/codes/sbi", "/codes/cas/L621"])
def test_what_has_not_changed_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    assert first.headers["cache-control"] == "public, max-age=3600"
    again = client.get(path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_following_the_links_reads_the_whole_list_in_order(client: TestClient) -> None:
    codes: list[str] = []
    path: str | None = "/codes/isco?limit=50"
    while path:
        answer = client.get(path)
        codes += [item["code"] for item in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else None
    assert codes == [entry.code for entry in catalogue().lists[ListId.ISCO].entries]


@pytest.mark.parametrize(
    "path, status",
    [
        ("/codes/nonsense", 404),
        ("/codes/cas/X999", 404),
        ("/codes/cas?limit=0", 400),
        ("/codes/cas?limit=51", 400),
        ("/codes/cas?limit=x", 400),
        ("/codes/cas?after=X999", 400),
        ("/codes/cas?q=" + "x" * 101, 400),
    ],
)
def test_what_cannot_be_answered_is_refused_as_a_problem(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_sector_finer_than_the_list_is_told_with_its_division(client: TestClient) -> None:
    detail = client.get("/codes/sbi/4120").json()["detail"]
    division = catalogue().entry(ListId.SBI, "41")
    assert division is not None
    assert f"4120 valt onder 41 ({division.label.nl})" in detail
    assert "valt onder" not in client.get("/codes/sbi/0000").json()["detail"]


@pytest.mark.parametrize("list_id", list(ListId))
def test_every_list_can_be_read_and_its_first_code_opened(client: TestClient, list_id: ListId) -> None:
    page: dict[str, Any] = client.get(f"/codes/{list_id.value}?limit=1").json()
    code = page["items"][0]["code"]
    item = client.get(f"/codes/{list_id.value}/{code}").json()["item"]
    assert item["code"] == code
