"""Any order, any number of times: the service and a dictionary agree.

Drafts, saves, submissions, amendments, withdrawals, discards and decisions of the registry, with stale versions and
messages that arrive twice. The model below is spelled out and shares nothing with service.notifications.rules.
"""

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from service.identity.access import Role
from service.ids import is_notification_number
from tests.api.world import Visitor, World, case, with_override

SAVE, SUBMIT, AMEND, WITHDRAW, DISCARD = "save", "submit", "amend", "withdraw", "discard"
POSSIBLE = {
    "draft": [SAVE, SUBMIT, DISCARD],
    "queued": [AMEND, WITHDRAW],
    "registered": [AMEND, WITHDRAW],
    "returned": [SAVE, SUBMIT, WITHDRAW],
    "not-registered": [],
    "withdrawn": [],
}
DECISIONS = {"register": "registered", "return": "returned", "not-register": "not-registered"}
DOORS = {
    SAVE: ("PUT", "", 200),
    SUBMIT: ("POST", "/submission", 201),
    AMEND: ("POST", "/amendments", 201),
    WITHDRAW: ("POST", "/withdrawal", 201),
    DISCARD: ("DELETE", "", 204),
}
# What is in a notification, as far as the model cares: where submitting it leads.
LEADS_TO = {"good": "registered", "doubtful": "queued", "incomplete": None}
contents = st.sampled_from(["good", "good", "doubtful", "doubtful", "incomplete"])


def document(kind: str) -> bytes:
    made = {"good": case, "doubtful": with_override, "incomplete": lambda: case(workNature=None)}[kind]()
    return json.dumps(made).encode()


@dataclass
class Modelled:
    """One notification as it should be."""

    id: str
    kind: str
    body: bytes
    state: str = "draft"
    version: int = 1
    number: str | None = None
    asked: bool = False  # the registry asked questions and has not decided since
    submitted: list[bytes] = field(default_factory=list)
    steps: list[tuple[str, str, str]] = field(default_factory=list)

    def move(self, act: str, to: str) -> None:
        self.steps.append((act, self.state, to))
        self.state, self.version = to, self.version + 1


@dataclass(frozen=True)
class Sent:
    """A request that was answered, to be sent again."""

    who: Visitor
    path: str
    body: bytes | None
    headers: dict[str, str]
    answer: Any


class Life(RuleBasedStateMachine):
    """The rules; `run` gives the world to play them in."""

    world: World
    registry: Visitor
    keys = count()  # not begun again with each story: the registry is the same one
    notifications = Bundle("notifications")
    requests = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        self.doctor = self.world.person()
        self.model: dict[str, Modelled] = {}
        self.touched: Modelled | None = None

    def send(self, who: Visitor, path: str, body: bytes | None, **headers: str) -> Sent:
        """Send a POST under a new key."""
        headers["Idempotency_Key"] = f"key-{next(self.keys)}"
        return Sent(who, path, body, headers, who.post(path, body, **headers))

    @rule(target=notifications, kind=contents)
    def start(self, kind: str) -> Any:
        body = document(kind)
        answer = self.send(self.doctor, "/notifications", body).answer
        assert answer.status_code == 201
        return self.known(Modelled(answer.json()["id"], kind, body))

    @rule(target=notifications, kind=contents)
    def file(self, kind: str) -> Any:
        body = document(kind)
        answer = self.send(self.doctor, "/notifications?submit=true", body).answer
        if LEADS_TO[kind] is None:
            assert answer.status_code == 400
            return multiple()
        made = Modelled(answer.json()["notificationId"], kind, body)
        self.received(made, SUBMIT, answer)
        return self.known(made)

    @rule(
        target=requests,
        which=notifications,
        act=st.sampled_from([SUBMIT, AMEND, WITHDRAW]),
        kind=contents,
        behind=st.sampled_from([0, 0, 0, 0, 0, 1]),
    )
    def act(self, which: str, act: str, kind: str, behind: int) -> Any:
        model = self.model[which]
        method, door, status = DOORS[act]
        assert method == "POST"
        body = {SUBMIT: None, AMEND: document(kind), WITHDRAW: b'{"reason": "Vergissing"}'}[act]
        sent = self.send(self.doctor, f"/notifications/{which}{door}", body, If_Match=f'W/"{model.version - behind}"')
        held = kind if act == AMEND else model.kind
        expected = self.expected(model, act, behind, status)
        if expected == status and act != WITHDRAW and LEADS_TO[held] is None:
            expected = 400
        assert sent.answer.status_code == expected, sent.answer.text
        if expected != status:
            return multiple()
        if act == WITHDRAW:
            model.move(WITHDRAW, "withdrawn")
        else:
            model.kind, model.body = held, body or model.body
            self.received(model, act, sent.answer)
        self.touched = model
        return sent

    @rule(which=notifications, kind=contents, behind=st.sampled_from([0, 0, 0, 0, 0, 1]))
    def save(self, which: str, kind: str, behind: int) -> None:
        model, body = self.model[which], document(kind)
        answer = self.doctor.put(f"/notifications/{which}", body, If_Match=f'W/"{model.version - behind}"')
        expected = self.expected(model, SAVE, behind, 200)
        assert answer.status_code == expected, answer.text
        if expected == 200:
            model.kind, model.body, model.version = kind, body, model.version + 1
        self.touched = model

    @rule(which=consumes(notifications), target=notifications, behind=st.sampled_from([0, 0, 1]))
    def discard(self, which: str, behind: int) -> Any:
        model = self.model[which]
        answer = self.doctor.call("DELETE", f"/notifications/{which}", If_Match=f'W/"{model.version - behind}"')
        expected = self.expected(model, DISCARD, behind, 204)
        assert answer.status_code == expected, answer.text
        if expected != 204:
            return which
        del self.model[which]
        assert self.doctor.get(f"/notifications/{which}").status_code == 404
        return multiple()

    @rule(
        target=requests,
        which=notifications,
        decision=st.sampled_from(sorted(DECISIONS)),
        behind=st.sampled_from([0, 0, 0, 0, 0, 1]),
    )
    def decide(self, which: str, decision: str, behind: int) -> Any:
        model = self.model[which]
        words: dict[str, Any] = {"return": {"questions": ["Hoe zwaar?"]}, "not-register": {"reason": "Nee"}}
        body = json.dumps({"decision": decision} | words.get(decision, {})).encode()
        sent = self.send(
            self.registry, f"/notifications/{which}/assessment", body, If_Match=f'W/"{model.version - behind}"'
        )
        expected = 404 if model.number is None else 412 if behind else 409 if model.state != "queued" else 201
        assert sent.answer.status_code == expected, sent.answer.text
        if expected != 201:
            return multiple()
        model.move(decision, DECISIONS[decision])
        model.asked = decision == "return"
        self.touched = model
        return sent

    @rule(sent=requests)
    def repeat(self, sent: Sent) -> None:
        """The same message once more: the same answer, and nothing happens."""
        again = sent.who.post(sent.path, sent.body, **sent.headers)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert (again.status_code, again.content) == (sent.answer.status_code, sent.answer.content)

    @rule(sent=requests)
    def reuse(self, sent: Sent) -> None:
        """The key of an earlier message on another one: refused, and nothing happens."""
        assert sent.who.post(sent.path, (sent.body or b"{}") + b" ", **sent.headers).status_code == 422

    @invariant()
    def the_list_agrees(self) -> None:
        listed = self.doctor.get("/notifications?limit=100").json()
        expected = [(one.id, one.state, one.version, one.number) for one in reversed(self.model.values())]
        assert [(one["id"], one["state"], one["version"], one["number"]) for one in listed] == expected

    @invariant()
    def what_was_touched_agrees(self) -> None:
        model, self.touched = self.touched, None
        if model is None:
            return
        path = f"/notifications/{model.id}"
        seen = self.doctor.get(path)
        assert seen.json()["actions"] == POSSIBLE[model.state]
        assert seen.json()["content"] == json.loads(model.body)
        assert seen.headers["ETag"] == f'W/"{model.version}"'
        steps = self.doctor.get(f"{path}/history").json()
        assert [(one["action"], one["fromState"], one["toState"]) for one in steps] == model.steps
        for number, body in enumerate(model.submitted, 1):
            assert self.doctor.get(f"{path}/as-submitted?revision={number}").content == body
        receipt = self.doctor.get(f"{path}/receipt")
        registry = self.registry.get(f"/assessments/{model.id}")
        assert (receipt.status_code, registry.status_code) == ((200, 200) if model.submitted else (409, 404))
        if model.submitted:
            found = receipt.json()
            assert (found["number"], found["revision"]) == (model.number, len(model.submitted))
            assert found["state"] == model.state
            assert registry.json()["content"] == json.loads(model.submitted[-1])

    def known(self, model: Modelled) -> str:
        self.model[model.id] = self.touched = model
        return model.id

    def received(self, model: Modelled, act: str, answer: Any) -> None:
        """A submission was taken: a number for good, the next revision, and the state it leads to."""
        receipt, to = answer.json(), LEADS_TO[model.kind]
        assert to is not None
        to = "queued" if model.asked else to
        assert is_notification_number(receipt["number"])
        assert receipt["number"] == (model.number or receipt["number"])
        model.number = receipt["number"]
        model.submitted.append(model.body)
        model.move(act, to)

    @staticmethod
    def expected(model: Modelled, act: str, behind: int, good: int) -> int:
        return 412 if behind else good if act in POSSIBLE[model.state] else 409


def test_the_service_and_a_dictionary_agree(world: World) -> None:
    class Here(Life):
        pass

    Here.world, Here.registry = world, world.person(Role.REGISTRY)
    examples = 16 if world.database.engine.dialect.name == "sqlite" else 6
    chosen = settings(
        max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Here, settings=chosen)
