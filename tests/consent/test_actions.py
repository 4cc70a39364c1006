"""Asking, answering, withdrawing and deciding, on the real database and with real keys."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, col, select

from service.clock import AMSTERDAM, now, today
from service.consent import actions
from service.consent.actions import NotShown
from service.consent.capacity import CannotDecide
from service.consent.links import Factor
from service.consent.rules import RULES_VERSION, Act, Basis, Provision, Purpose, Reason, State
from service.consent.sealed import text_of, words_of
from service.consent.tables import Consent, ConsentDecision
from service.consent.texts import sha256_of, texts
from service.database import Database
from service.identity.access import Role
from service.persons.tables import Person
from service.persons.vault import CannotOpen, Vault
from service.problems import Conflict, Forbidden, InvalidInput, NotFound
from tests.consent.care import NAME, PARTS, Care, asking, care_in

SAID = "Zei aan de telefoon dat het mag; terugverteld wat erin staat."


def test_what_is_asked_is_kept_as_it_was_shown(care: Care) -> None:
    asked = care.ask()
    row, link = asked.consent, asked.link
    assert (row.state, row.basis, row.answered_at) == (State.REQUESTED, Basis.LINK, None)
    assert link is not None
    assert link.path.startswith("/toestemming/")
    assert len(link.path.removeprefix("/toestemming/")) >= 22, "128 random bits need 22 characters"
    with care.database.reading() as session:
        text = text_of(care.vault, session.get_one(Person, care.person_id), care.consent(row.id))
    assert text.startswith("Uw werkgever krijgt dit niet te zien.\n")
    assert (row.text_sha256, row.text_version) == (sha256_of(text), texts()["version"])
    assert b"werkgever" not in row.text
    assert link.path not in repr(asked)


def test_the_text_counts_whole_days_in_the_netherlands(care: Care) -> None:
    row = care.ask(valid_until=now() + timedelta(days=90)).consent
    local = row.valid_until.astimezone(AMSTERDAM)
    assert (local.hour, local.minute, local.microsecond) == (0, 0, 0)
    assert row.valid_until > now() + timedelta(days=90)
    with care.database.reading() as session:
        text = text_of(care.vault, session.get_one(Person, care.person_id), care.consent(row.id))
    last = (local - timedelta(days=1)).date()
    assert f"tot en met {last.day} " in text


@pytest.mark.parametrize("state, act", [(State.GIVEN, actions.give), (State.REFUSED, actions.refuse)])
def test_a_worker_answers_once(care: Care, state: State, act: Callable[..., Consent]) -> None:
    row = care.ask().consent
    answered = care.act(act, care.worker, row.id, row.text_sha256)
    assert (answered.state, answered.version) == (state, 2)
    assert answered.answered_at is not None
    for again in (actions.give, actions.refuse):
        with pytest.raises(Conflict):
            care.act(again, care.worker, row.id, row.text_sha256)
    assert care.consent(row.id).state == state


def test_only_yes_opens_and_withdrawing_closes_again(care: Care) -> None:
    crossing = care.crossing()
    assert care.gate(crossing).reason is Reason.NO_CONSENT
    row = care.ask(crossing).consent
    assert care.gate(crossing).reason is Reason.NOT_ANSWERED
    care.act(actions.later, care.worker, row.id)
    assert care.gate(crossing).reason is Reason.NOT_ANSWERED
    care.give(row)
    assert care.gate(crossing).allowed
    assert care.gate(crossing, Act.READ).allowed
    assert care.gate(crossing, data=PARTS | {"diagnosis"}).reason is Reason.NOT_IN_DATA
    assert care.gate(care.crossing()).reason is Reason.NO_CONSENT, "another message to the same practice"
    assert care.gate(care.crossing(back=True)).reason is Reason.NOT_A_PARTY, "the way back is its own"
    care.act(actions.withdraw, care.worker, row.id)
    assert care.gate(crossing).reason is Reason.WITHDRAWN
    assert care.gate(crossing, Act.READ).reason is Reason.WITHDRAWN
    with pytest.raises(Conflict):
        care.act(actions.withdraw, care.worker, row.id)


def test_every_decision_is_written_down_with_its_consent_and_the_version_of_the_rules(care: Care) -> None:
    crossing = care.crossing()
    row = care.give(care.ask(crossing).consent)
    care.gate(crossing)
    care.gate(crossing, Act.READ, PARTS | {"diagnosis"})
    with care.database.reading() as session:
        asked = select(ConsentDecision).where(ConsentDecision.message_id == crossing.message_id)
        made = session.exec(asked.order_by(col(ConsentDecision.id))).all()
    assert [(one.act, one.allowed, one.reason, one.consent_id) for one in made] == [
        ("release", True, "consent", row.id),
        ("read", False, "not-in-data", row.id),
    ]
    assert [one.rules_version for one in made] == [RULES_VERSION] * 2
    assert made[0].data == sorted(PARTS)
    assert (made[1].role, made[1].organisation) == (Role.HUISARTS, care.gp.organisation)


def test_an_answer_names_the_very_text_that_was_shown(care: Care) -> None:
    one, other = care.ask().consent, care.ask(recipient="huisarts C. Anders (Elders)").consent
    for wrong in ("", "0" * 64, other.text_sha256):
        for answer in (actions.give, actions.refuse):
            with pytest.raises(NotShown):
                care.act(answer, care.worker, one.id, wrong)
    assert care.consent(one.id).state == State.REQUESTED


def test_a_text_that_is_no_longer_the_sealed_one_cannot_be_agreed_to(care: Care) -> None:
    one, other = care.ask().consent, care.ask(why="advice-request").consent
    care.change(one.id, text=other.text)
    with pytest.raises(CannotOpen):
        care.give(one)
    care.change(other.id, text_sha256="0" * 64)
    with pytest.raises(CannotOpen):
        care.act(actions.give, care.worker, other.id, "0" * 64)


def test_nobody_answers_for_another_worker(care: Care, storage: tuple[Database, Vault]) -> None:
    row, stranger = care.ask().consent, care_in(*storage).worker
    for act in (actions.give, actions.refuse):
        with pytest.raises(NotFound):
            care.act(act, stranger, row.id, row.text_sha256)
    for other in (actions.later, actions.withdraw, actions.take_back):
        with pytest.raises(NotFound):
            care.act(other, stranger, row.id)
    with pytest.raises(NotFound):
        care.act(actions.give, care.doctor, row.id, row.text_sha256)
    with pytest.raises(NotFound):
        care.act(actions.give, care.worker, uuid4(), row.text_sha256)


def expired(session: Session) -> list[UUID]:
    return actions.expire(session, actions.run_out(session, now()), now())


def test_what_is_not_answered_in_time_goes_nowhere(care: Care) -> None:
    crossing = care.crossing()
    row = care.ask(crossing).consent
    care.change(row.id, answer_by=now() - timedelta(seconds=1))
    with pytest.raises(Conflict):
        care.give(row)
    with care.database.transaction() as session:
        assert crossing.message_id in expired(session)
    with care.database.transaction() as session:
        assert crossing.message_id not in expired(session), "twice is once"
    assert care.gate(crossing).reason is Reason.EXPIRED


def test_what_held_until_now_holds_no_longer_also_before_anybody_swept(care: Care) -> None:
    crossing = care.crossing()
    row = care.give(care.ask(crossing).consent)
    care.change(row.id, valid_until=now())
    assert care.consent(row.id).state == State.GIVEN
    assert care.gate(crossing).reason is Reason.EXPIRED
    with care.database.transaction() as session:
        assert crossing.message_id in expired(session)
    assert care.consent(row.id).state == State.EXPIRED


@pytest.mark.parametrize("basis", [Basis.ORAL, Basis.PAPER])
def test_a_doctor_records_what_the_worker_said_and_it_shows_as_that(care: Care, basis: Basis) -> None:
    crossing = care.crossing()
    asked = care.ask(crossing, basis=basis, evidence=SAID)
    row = asked.consent
    assert asked.link is None
    assert (row.state, row.basis, row.recorded_by) == (State.GIVEN, basis, care.doctor.subject)
    assert care.gate(crossing).allowed
    with care.database.reading() as session:
        person = session.get_one(Person, care.person_id)
        assert words_of(care.vault, person, row, "evidence") == SAID
    assert row.evidence is not None
    assert SAID.encode() not in row.evidence
    care.act(actions.withdraw, care.worker, row.id)
    assert care.gate(crossing).reason is Reason.WITHDRAWN


def test_what_was_asked_by_link_can_still_be_said_aloud(care: Care) -> None:
    row = care.ask().consent
    recorded = care.act(actions.record_on_behalf, care.doctor, row.id, Basis.ORAL, SAID)
    assert (recorded.state, recorded.basis) == (State.GIVEN, Basis.ORAL)
    with pytest.raises(Conflict):
        care.act(actions.record_on_behalf, care.doctor, row.id, Basis.ORAL, SAID)


@pytest.mark.parametrize(
    "basis, evidence", [(Basis.ORAL, None), (Basis.ORAL, "  "), (Basis.PAPER, ""), (Basis.LINK, SAID)]
)
def test_nothing_is_recorded_without_evidence_or_as_if_the_worker_did_it(
    care: Care, basis: Basis, evidence: str | None
) -> None:
    row = care.ask().consent
    with pytest.raises(InvalidInput):
        care.act(actions.record_on_behalf, care.doctor, row.id, basis, evidence)
    assert care.consent(row.id).state == State.REQUESTED


def test_only_a_doctor_of_the_sending_organisation_asks_and_records(
    care: Care, storage: tuple[Database, Vault]
) -> None:
    stranger, assistant = care_in(*storage).doctor, replace(care.doctor, role=Role.ASSISTANT)
    crossing, row = care.crossing(), care.ask().consent
    for caller, refusal in ((care.gp, NotFound), (stranger, NotFound), (assistant, Forbidden)):
        with pytest.raises(refusal):
            care.act(actions.ask, caller, asking(crossing))
        with pytest.raises(refusal):
            care.act(actions.record_on_behalf, caller, row.id, Basis.ORAL, SAID)
        with pytest.raises(refusal):
            care.act(actions.new_link, caller, row.id, Factor.CODE)


@pytest.mark.parametrize("data", [frozenset(), frozenset({"employer"}), PARTS | {"everything"}])
def test_nothing_is_asked_for_what_has_no_plain_words(care: Care, data: frozenset[str]) -> None:
    with pytest.raises(InvalidInput):
        care.ask(data=data)


def test_a_general_objection_closes_and_can_be_taken_back(care: Care) -> None:
    crossing, sides = care.crossing(), (care.doctor.organisation, care.gp.organisation)
    with pytest.raises(NotFound):
        care.act(actions.object_to, care.worker, *sides)
    specific = care.crossing()
    care.give(care.ask(specific).consent)
    objection = care.act(actions.object_to, care.worker, *sides)
    assert care.act(actions.object_to, care.worker, *sides).id == objection.id, "twice is once"
    assert (objection.provision, objection.message_id) == (Provision.DENY, None)
    assert care.gate(crossing).reason is Reason.OBJECTION
    assert care.gate(specific).allowed, "specific goes over general"
    with pytest.raises(NotFound):
        care.act(actions.object_to, care.worker, sides[0], uuid4())
    with pytest.raises(Conflict):
        care.act(actions.withdraw, care.worker, objection.id)
    care.act(actions.take_back, care.worker, objection.id)
    assert care.gate(crossing).reason is Reason.NO_CONSENT


# Who cannot decide alone


def years_ago(years: int, days: int = 0) -> str:
    day = today()
    return (date(day.year - years, day.month, min(day.day, 28)) + timedelta(days=days)).isoformat()


def test_a_worker_under_sixteen_needs_a_representative_who_is_named(storage: tuple[Database, Vault]) -> None:
    young = care_in(*storage, birthDate=years_ago(15))
    with pytest.raises(CannotDecide) as refused:
        young.ask()
    assert "jonger dan 16" in refused.value.detail.nl
    asked = young.ask(representative="Mieke Ouder, moeder")
    with young.database.reading() as session:
        person = session.get_one(Person, young.person_id)
        text = text_of(young.vault, person, asked.consent)
        assert words_of(young.vault, person, asked.consent, "representative") == "Mieke Ouder, moeder"
    assert "U beslist voor iemand anders. U bent: Mieke Ouder, moeder." in text
    assert young.give(asked.consent).state == State.GIVEN


def test_from_sixteen_a_worker_decides_alone(storage: tuple[Database, Vault]) -> None:
    sixteen = care_in(*storage, birthDate=years_ago(16, -1))
    assert sixteen.give(sixteen.ask().consent).state == State.GIVEN
    with pytest.raises(CannotDecide):
        care_in(*storage, birthDate=years_ago(16, 5)).ask()


def test_an_adult_may_be_represented_too(care: Care) -> None:
    assert care.ask(representative="P. Curator").consent.representative is not None


def test_after_a_death_nothing_is_asked_or_answered(care: Care) -> None:
    waiting, given = care.crossing(), care.crossing()
    row = care.ask(waiting).consent
    care.give(care.ask(given).consent)
    for caller, refusal in ((care.gp, NotFound), (replace(care.doctor, role=Role.ASSISTANT), Forbidden)):
        with pytest.raises(refusal):
            care.act(actions.note_death, caller, care.person_id)
    for _ in range(2):
        care.act(actions.note_death, care.doctor, care.person_id)
    with care.database.transaction() as session:
        assert waiting.message_id in expired(session)
    assert care.consent(row.id).state == State.EXPIRED
    for late in (
        care.ask,
        lambda: care.give(row),
        lambda: care.act(actions.record_on_behalf, care.doctor, row.id, Basis.ORAL, SAID),
    ):
        with pytest.raises(CannotDecide):
            late()
    assert care.gate(given).allowed, "what was allowed in life stays allowed until its own end"


def test_an_erased_worker_is_not_there(care: Care) -> None:
    crossing = care.crossing()
    row = care.give(care.ask(crossing).consent)
    with care.database.transaction() as session:
        person = session.get_one(Person, care.person_id)
        person.sealed_key, person.erased_at = None, now()
    assert care.gate(crossing).reason is Reason.ERASED
    for late in (partial(care.ask, crossing), lambda: care.act(actions.withdraw, care.worker, row.id)):
        with pytest.raises(NotFound):
            late()


def test_the_audit_knows_every_act_and_no_word_of_it(care: Care) -> None:
    row = care.ask(evidence=None).consent
    care.act(actions.later, care.worker, row.id)
    care.give(row)
    care.act(actions.withdraw, care.worker, row.id)
    spoken = care.ask(basis=Basis.ORAL, evidence=SAID).consent
    sides = (care.doctor.organisation, care.gp.organisation)
    objection = care.act(actions.object_to, care.worker, *sides)
    care.act(actions.take_back, care.worker, objection.id)
    seen = [event for event in care.events() if event.event.startswith("consent.")]
    assert [(event.event.removeprefix("consent."), event.object_id) for event in seen] == [
        ("ask", row.id),
        ("later", row.id),
        ("give", row.id),
        ("withdraw", row.id),
        ("ask", spoken.id),
        ("record", spoken.id),
        ("object", objection.id),
        ("take-back", objection.id),
    ]
    assert {event.actor_role for event in seen} == {Role.WORKER, Role.BEDRIJFSARTS}
    for event in seen:
        whole = event.model_dump_json()
        assert NAME not in whole
        assert SAID not in whole


def test_no_repr_shows_what_is_sealed(care: Care) -> None:
    shown: list[Any] = [care.ask(basis=Basis.ORAL, evidence=SAID, representative="Mieke Ouder")]
    shown.append(asking(care.crossing(), evidence=SAID, representative="Mieke Ouder"))
    for one in shown:
        assert SAID not in repr(one)
        assert "Mieke" not in repr(one)


def test_a_purpose_that_was_not_asked_is_refused(care: Care) -> None:
    crossing = care.crossing()
    care.give(care.ask(crossing).consent)
    with care.database.transaction() as session:
        decision = actions.gate(
            session, Role.HUISARTS, care.gp.organisation, Act.READ, crossing, Purpose.RESEARCH, PARTS
        )
    assert decision.reason is Reason.OTHER_PURPOSE
