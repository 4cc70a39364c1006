"""Handing over to the system of a practice: every way in which it answers, or does not, and what is left behind."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import select

from fhir.issues import Issue, issue
from fhir.referral import Acknowledgement, Event
from fhir.writing.message import write_acknowledgement
from service.parties.rules import Channel, is_endpoint
from service.referrals import releasing
from service.referrals.channels import BY_ITSELF
from service.referrals.tables import Notice
from service.wire.messages import sending
from service.wire.messages.sending import NotNow
from tests.api.world import World
from tests.servers import free_port
from tests.web.site import serving
from tests.wire.correspondents import Pair

TOKEN = {"access_token": "geheim", "token_type": "Bearer", "expires_in": 300}
Answering = Callable[[bytes], Response]


@pytest.fixture
def pair(world: World) -> Pair:
    return Pair(world)


@dataclass
class Peer:
    """A system that answers as a test says, and remembers what came."""

    answering: Answering
    came: list[bytes] = field(default_factory=list)
    assertions: list[str] = field(default_factory=list)
    token: Any = field(default_factory=lambda: TOKEN)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/oauth/token")
        async def token(request: Request) -> Any:
            form = await request.form()
            self.assertions.append(str(form["client_assertion"]))
            return self.token

        @app.post("/fhir/R4/$process-message")
        async def process(request: Request) -> Response:
            body = await request.body()
            self.came.append(body)
            return await run_in_threadpool(self.answering, body)

        return app


def acknowledging(
    code: Acknowledgement, status: int = 200, issues: list[Issue] | None = None, answers: str | None = None
) -> Answering:
    def answer(body: bytes) -> Response:
        header = json.loads(body)["entry"][0]["resource"]
        event, told = header["eventCoding"]["code"], answers or header["id"]
        bundle = write_acknowledgement(
            str(uuid4()), told, event, code, issues or [], "https://his.example/fhir", "2026-11-22T10:00:00Z"
        )
        return Response(json.dumps(bundle), status, media_type="application/fhir+json")

    return answer


TAKEN = acknowledging(Acknowledgement.OK)


@contextmanager
def peer(pair: Pair, answering: Answering) -> Iterator[Peer]:
    made, port = Peer(answering), free_port()
    pair.connect(port)
    with serving(made.app(), port):
        yield made


def deliver(pair: Pair, task: str, place: int = 0) -> None:
    """What the outbox does for one message, once."""
    by_fhir = sending.transport(pair.world.database, pair.world.settings, pair.parties.vault)
    message = pair.messages(task)[place]
    ways = {**BY_ITSELF, Channel.FHIR: by_fhir}
    releasing.release(pair.world.database, pair.parties.vault, message.id, ways)


def told_sides(pair: Pair, task: str) -> list[tuple[str, str]]:
    with pair.world.database.reading() as session:
        rows = session.exec(select(Notice).order_by(Notice.id)).all()  # type: ignore[arg-type]
        return [(one.side, one.about) for one in rows if str(one.referral_id) == task]


def test_each_attempt_sends_the_same_bytes_until_it_is_taken(pair: Pair) -> None:
    answers = [acknowledging(Acknowledgement.TRANSIENT_ERROR, 503, [issue("AB-M008")]), TAKEN]

    def in_turn(body: bytes) -> Response:
        return answers.pop(0)(body)

    with peer(pair, in_turn) as his:
        task = pair.asked()
        with pytest.raises(NotNow):
            deliver(pair, task)
        assert (pair.row(task).state, pair.messages(task)[0].state) == ("requested", "released")
        deliver(pair, task)
        deliver(pair, task)  # it has arrived, so nothing is sent
    first, second = his.came
    assert first == second
    assert len(set(his.assertions)) == 2
    assert (pair.row(task).state, pair.messages(task)[0].state) == ("received", "delivered")
    assert [one for one in pair.decisions(pair.messages(task)[0]) if one[0] == "release"] == [
        ("release", True, "consent")
    ] * 2


def test_what_is_refused_for_good_is_told_with_the_other_way(pair: Pair) -> None:
    with peer(pair, acknowledging(Acknowledgement.FATAL_ERROR, 422, [issue("AB-V046")])):
        task = pair.asked()
        deliver(pair, task)
    message = pair.messages(task)[0]
    assert message.failure == "Het andere systeem weigerde dit bericht (AB-V046)."
    assert (message.channel, message.state) == ("inbox", "delivered")
    assert ("asker", "letter") in told_sides(pair, task)
    assert ("asked", "message") in told_sides(pair, task)


def garbled(_: bytes) -> Response:
    return Response(b'{"resourceType":"Bundle"', 200)


def too_much(_: bytes) -> Response:
    return Response(b"x" * (sending._MOST_BYTES + 1), 200)


def elsewhere(_: bytes) -> Response:
    return Response(status_code=307, headers={"Location": "http://169.254.169.254/latest/meta-data"})


def unauthorized(_: bytes) -> Response:
    return Response(status_code=401)


@pytest.mark.parametrize(
    "answering",
    [garbled, too_much, elsewhere, unauthorized, acknowledging(Acknowledgement.OK, answers=str(uuid4()))],
)
def test_an_answer_that_says_nothing_is_asked_again(pair: Pair, answering: Answering) -> None:
    with peer(pair, answering):
        task = pair.asked()
        with pytest.raises(NotNow):
            deliver(pair, task)
    message = pair.messages(task)[0]
    assert (message.state, message.delivered_at, message.failure) == ("released", None, None)


@pytest.mark.parametrize("token", [None, [], {"access_token": "a\r\nb"}, {"access_token": 7}, {"error": "nee"}])
def test_without_a_token_nothing_is_sent(pair: Pair, token: Any) -> None:
    with peer(pair, TAKEN) as his:
        his.token = token
        task = pair.asked()
        with pytest.raises(NotNow):
            deliver(pair, task)
    assert his.came == []


def test_a_system_that_is_away_is_tried_again(pair: Pair) -> None:
    pair.connect(free_port())
    task = pair.asked()
    with pytest.raises(NotNow) as why:
        deliver(pair, task)
    assert pair.messages(task)[0].state == "released"
    assert why.value.__cause__ is None
    assert "Truus" not in repr(why.value.__context__)


def test_a_system_that_drips_is_cut_off(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_WHOLE_SECONDS", -1)  # the time is up with the first piece
    with peer(pair, TAKEN):
        task = pair.asked()
        with pytest.raises(NotNow):
            deliver(pair, task)


def test_withdrawn_while_it_is_under_way_it_ends_and_the_other_side_is_told(pair: Pair) -> None:
    """The worker changes the mind while the practice is still reading: no lock holds that up."""
    tasks: list[str] = []

    def withdraw_first(body: bytes) -> Response:
        if len(his.came) == 1:
            pair.worker_withdraws(tasks[0])
        return TAKEN(body)

    with peer(pair, withdraw_first) as his:
        tasks.append(pair.asked())
        deliver(pair, tasks[0])
        message = pair.messages(tasks[0])[0]
        assert (pair.row(tasks[0]).state, message.state, message.closed_because) == ("revoked", "stopped", "withdrawn")
        assert message.delivered_at is not None
        deliver(pair, tasks[0], 1)
    assert [json.loads(one)["entry"][0]["resource"]["eventCoding"]["code"] for one in his.came] == [
        Event.REQUEST.value,
        Event.CONSENT_WITHDRAWN.value,
    ]
    assert b"Truus" not in his.came[1]


def test_withdrawn_while_it_could_not_arrive_it_is_not_tried_again(pair: Pair) -> None:
    pair.connect(free_port())
    task = pair.asked()
    with pytest.raises(NotNow):
        deliver(pair, task)
    pair.worker_withdraws(task)
    with peer(pair, TAKEN) as his:
        deliver(pair, task)
    assert his.came == []


# Addresses


def test_no_address_of_a_message_is_ever_asked(pair: Pair) -> None:
    """Pinned addresses are all that is used; those in a message are text."""
    with peer(pair, TAKEN) as trap:
        inside = f"http://127.0.0.1:{free_port()}/fhir"
        sides = {
            "sender": replace(pair.arbodienst.party, endpoint=inside),
            "recipient": replace(pair.practice.party, endpoint="http://169.254.169.254/"),
        }
        task = pair.asked(**sides)
        deliver(pair, task)
    assert len(trap.came) == 1
    header = json.loads(trap.came[0])["entry"][0]["resource"]
    assert "169.254" not in json.dumps(header)
    assert inside not in json.dumps(header)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/",
        "http://2130706433/",
        "http://[::ffff:127.0.0.1]/",
        "http://0x7f.1/",
        "file:///etc/passwd",
        "ldap://127.0.0.1/",
        "https://user:pass@his.example/",
        "https://his.example/#x",
        "https://his.example/?x",
        "//his.example",
        "",
    ],
)
def test_only_plain_addresses_can_be_pinned(url: str) -> None:
    assert not is_endpoint(url)
