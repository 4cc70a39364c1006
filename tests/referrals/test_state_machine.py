"""Any order, any number of times: the service and a dictionary agree.

Both doctors, the worker, the relay and stale versions. The model below is spelled out and shares nothing with
service.referrals.rules. What the asked doctor can read is looked at after every step.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import select

from service.problems import Conflict
from service.referrals.tables import Message
from tests.api.world import World
from tests.referrals.parties import ANSWER, FACTS, FINDINGS, ORAL, Parties

CLOSED = {"rejected", "cancelled", "failed", "revoked"}
SENT = {"received", "accepted", "in-progress", "on-hold"}
# Each step of the asked doctor: the states in which it is possible, the state after it, and the body.
ASKED: dict[str, tuple[set[str], str, Any]] = {
    "acceptance": ({"received"}, "accepted", None),
    "progress": ({"accepted"}, "in-progress", None),
    "question": ({"received", "accepted", "in-progress"}, "on-hold", {"text": "Wat is er gedaan?"}),
    "rejection": ({"received"}, "rejected", {"reason": "insufficient-information"}),
    "failure": ({"accepted", "in-progress", "on-hold"}, "failed", {"text": "Lukt niet"}),
}


@dataclass
class Modelled:
    """One exchange as it should be; a message is none, asked, ready, out or gone."""

    id: str
    state: str = "awaiting-consent"
    request: str = "asked"
    reply: str = "none"
    yes_to_request: bool = False
    yes_to_reply: bool = False

    def drop_what_waits(self) -> None:
        """Nothing leaves any more from an exchange that was broken off."""
        self.request = "gone" if self.request in {"asked", "ready"} else self.request
        self.reply = "gone" if self.reply in {"asked", "ready"} else self.reply

    @property
    def arrived(self) -> bool:
        return self.request in {"out", "ended"}


class Life(RuleBasedStateMachine):
    """The rules; the world to play them in comes with the class."""

    world: World
    parties: Parties
    exchanges = Bundle("exchanges")

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, Modelled] = {}
        self.touched: Modelled | None = None

    @rule(target=exchanges)
    def start(self) -> str:
        made = str(self.parties.started()["id"])
        self.model[made] = self.touched = Modelled(made)
        return made

    @rule(target=exchanges, answering=st.booleans())
    def start_further_on(self, answering: bool) -> str:
        """The same by the shortest way, so that what comes late in a life is met often enough."""
        made = self.start()
        self.decide_on_request(made, "give")
        self.relay()
        if answering:
            self.reply(made, at_once=True)
        return made

    @rule(which=exchanges, answer=st.sampled_from(["give", "give", "give", "refuse", "withdraw"]))
    def decide_on_request(self, which: str, answer: str) -> None:
        model = self.touched = self.model[which]
        # A message that its doctor took back is not decided on any more; a yes can always be taken back.
        possible = model.yes_to_request if answer == "withdraw" else model.request == "asked"
        assert self.decided(which, answer, "request") == possible
        if not possible:
            return
        model.yes_to_request = answer == "give"
        if answer == "give":
            model.request = "ready"
        elif answer == "refuse":
            model.request, model.state = "gone", "cancelled"
        else:
            model.request = "ended" if model.request == "out" else "gone"
            if model.state not in CLOSED:
                model.state = "revoked"
                model.drop_what_waits()

    @rule(which=exchanges, answer=st.sampled_from(["give", "give", "refuse", "withdraw"]))
    def decide_on_reply(self, which: str, answer: str) -> None:
        model = self.touched = self.model[which]
        if model.reply == "none":
            return
        possible = model.yes_to_reply if answer == "withdraw" else model.reply == "asked"
        assert self.decided(which, answer, "reply") == possible
        if not possible:
            return
        model.yes_to_reply = answer == "give"
        if answer == "give":
            model.reply = "ready"
        elif answer == "refuse" or model.reply != "out":
            model.reply = "gone"
        else:
            model.reply = "ended"
            model.state = "revoked" if model.state == "completed" else model.state

    @rule()
    def relay(self) -> None:
        """Whatever is ready leaves."""
        self.parties.keep_promises()
        for model in self.model.values():
            if model.request == "ready":
                model.request, model.state = "out", "received"
            if model.reply == "ready":
                model.reply = "out"
                model.state = "completed"

    @rule(which=exchanges, act=st.sampled_from(sorted(ASKED)), stale=st.sampled_from([False, False, False, True]))
    def act(self, which: str, act: str, stale: bool) -> None:
        model = self.touched = self.model[which]
        states, to, body = ASKED[act]
        headers = {"If_Match": 'W/"1"'} if stale else {}
        status = self.parties.asked.act(which, act, body, **headers).status_code
        expected = 404 if not model.arrived else 412 if stale else 201 if model.state in states else 409
        assert status == expected, (act, model)
        if status == 201:
            model.state = to
        if model.state in CLOSED:
            model.drop_what_waits()

    @rule(which=exchanges, at_once=st.booleans())
    def reply(self, which: str, at_once: bool) -> None:
        model = self.touched = self.model[which]
        body = ANSWER | ({"consent": ORAL} if at_once else {})
        status = self.parties.asked.act(which, "reply", body).status_code
        possible = model.state in SENT and model.reply not in {"asked", "ready"}
        assert status == (404 if not model.arrived else 201 if possible else 409), model
        if status == 201:
            model.state, model.reply, model.yes_to_reply = "in-progress", "ready" if at_once else "asked", at_once

    @rule(which=exchanges)
    def cancel(self, which: str) -> None:
        model = self.touched = self.model[which]
        status = self.parties.asker.act(which, "cancellation", {"text": "Niet meer nodig"}).status_code
        possible = model.state in SENT | {"awaiting-consent"}
        assert status == (201 if possible else 409), model
        if not possible:
            return
        model.state = "cancelled"
        model.drop_what_waits()

    @invariant()
    def what_was_touched_agrees(self) -> None:
        model, self.touched = self.touched, None
        if model is None:
            return
        asker = self.parties.asker.visitor.get(f"/referrals/{model.id}")
        asked = self.parties.asked.visitor.get(f"/referrals/{model.id}")
        assert asker.json()["state"] == model.state
        assert asked.status_code == (200 if model.arrived else 404)
        # The heart of it: read by consent, and by nothing else.
        assert (FINDINGS in asked.text) == (model.request == "out")
        assert (FACTS in asker.text) == (model.reply == "out")
        told = [one["kind"] for one in asked.json().get("messages", [])] if model.arrived else []
        assert told.count("request") == model.arrived
        ended = (model.request, model.reply).count("ended")
        assert len(self.words_of_withdrawal(model)) == ended

    def words_of_withdrawal(self, model: Modelled) -> list[str]:
        """The words to either side that a consent was taken back; of what never left there are none."""
        with self.world.database.reading() as session:
            found = select(Message.kind).where(
                Message.referral_id == UUID(model.id), Message.kind == "consent-withdrawn"
            )
            return list(session.exec(found))

    def decided(self, which: str, answer: str, kind: str) -> bool:
        try:
            self.parties.decide(which, answer, kind)
        except Conflict:
            return False
        return True


def test_the_service_and_a_dictionary_agree(world: World) -> None:
    class Here(Life):
        pass

    Here.world, Here.parties = world, Parties(world)
    examples = 14 if world.database.engine.dialect.name == "sqlite" else 5
    chosen = settings(
        max_examples=examples, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Here, settings=chosen)
