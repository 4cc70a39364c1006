"""A fault of ours: answered like everything else, and one line in the log that says where and holds no value."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from service import health
from service.faults import place_of
from service.manners import Manners
from service.notifications import actions as notifications
from service.web import knowledge
from service.wire import actions as wire
from tests.api.doors import NOBODY
from tests.api.world import Visitor, World

SECRET = "Ietske Onbekend 123456782"


def fault(*_: Any, **__: Any) -> None:
    try:
        int(SECRET)
    except ValueError as error:
        raise RuntimeError(SECRET) from error


def lines(log: io.StringIO, event: str) -> list[dict[str, Any]]:
    return [one for one in map(json.loads, log.getvalue().splitlines()) if one["event"] == event]


@pytest.mark.parametrize(
    "broken, name, path, route",
    [
        (notifications, "open_own", f"/v1/notifications/{NOBODY}", "/v1/notifications/{id}"),
        (wire, "task", f"/fhir/R4/Task/{NOBODY}", "/fhir/R4/Task/{id}"),
        (knowledge, "all_lists", "/kennis/codes?q=Onbekend", "/kennis/codes"),
        (health, "_keys", "/health/ready", "/health/ready"),
    ],
)
def test_a_fault_is_answered_in_full_dress_and_told_once_without_a_value(
    world: World, monkeypatch: pytest.MonkeyPatch, broken: Any, name: str, path: str, route: str
) -> None:
    monkeypatch.setattr(broken, name, fault)
    world.log.truncate(world.log.seek(0))
    answer = world.http.get(path, headers={"Authorization": f"Bearer {world.system().token()}"})
    assert answer.status_code == 500
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    (told,) = lines(world.log, "http.internal-error")
    assert (told["kind"], told["route"]) == ("RuntimeError", route)
    assert told["request_id"] == answer.headers["X-Request-Id"]
    way, _, before = told["place"].partition(", after ValueError at ")
    assert way.startswith("service.manners:")
    for end in (way, before):
        assert end.rpartition(" > ")[2].startswith(f"{__name__}:")
    assert SECRET not in answer.text
    for value in (SECRET, "Onbekend", NOBODY):
        assert value not in world.log.getvalue()


def test_a_fault_in_the_log_of_a_request_that_went_well_is_none(world: World, doctor: Visitor) -> None:
    world.log.truncate(world.log.seek(0))
    doctor.get(f"/notifications/{NOBODY}")
    assert lines(world.log, "http.internal-error") == []
    assert [one["route"] for one in lines(world.log, "http.request")] == ["/v1/notifications/{id}"]


def test_a_fault_halfway_an_answer_is_told_too(world: World) -> None:
    app = FastAPI()
    world.log.truncate(world.log.seek(0))

    @app.get("/half/{name}")
    def half(name: str) -> StreamingResponse:
        def parts() -> Iterator[bytes]:
            yield name.encode()
            fault()

        return StreamingResponse(parts())

    app.add_middleware(Manners, https=False)
    TestClient(app, raise_server_exceptions=False).get("/half/Onbekend")
    (told,) = lines(world.log, "http.internal-error")
    assert (told["kind"], told["route"]) == ("RuntimeError", "/half/{name}")
    assert "Onbekend" not in world.log.getvalue()


def test_the_place_of_a_fault_without_a_trace_is_unknown() -> None:
    assert place_of(ValueError(SECRET)) == "?"
