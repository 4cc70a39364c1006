"""Damaged documents at the door itself: each is refused as FHIR, none breaks us, and none is half stored."""

import json

from tests.api.world import World
from tests.fhir.damage import BSN, SECRET, Damaged, mutants
from tests.wire.senders import Sender, issues, new_sender, rows

_EACH = 2


def sample(sender: Sender) -> list[Damaged]:
    """Some of every kind of damage; the reader meets all of them in tests of its own."""
    kinds: dict[str, list[Damaged]] = {}
    for one in mutants(sender.document()):
        kinds.setdefault(one.name, []).append(one)
    kinds.pop("deep")  # json itself cannot write it; as bytes it stands among the manners
    return [one for found in kinds.values() for one in (*found[:: max(1, len(found) // _EACH)],)[:_EACH]]


def test_no_damaged_document_gets_in(world: World) -> None:
    sender = new_sender(world)
    damaged = sample(sender)
    assert len(damaged) >= 60
    before = rows(world)
    for one in damaged:
        answer = sender.send(json.dumps(one.document).encode())
        assert answer.status_code in {400, 403, 413, 422}, (one, answer.text)
        told = issues(answer, answer.status_code)
        assert all(place for _, place in told), (one, told)
        assert BSN not in answer.text
        assert SECRET not in answer.text
    assert rows(world) == before
    assert BSN not in world.log.getvalue()
    assert SECRET not in world.log.getvalue()
