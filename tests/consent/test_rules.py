"""The decision as a table: who wants what, what the worker said, and what follows. Then promises over everything."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.consent.rules import (
    CLINICAL,
    Act,
    Crossing,
    Decision,
    Provision,
    Purpose,
    Question,
    Reason,
    State,
    Terms,
    decide,
)
from service.identity.access import Role

SENDER, RECEIVER, STRANGER = (UUID(int=number) for number in (1, 2, 3))
MESSAGE, OTHER_MESSAGE, WORKER, OTHER_WORKER = (UUID(int=number) for number in (11, 12, 21, 22))
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
PARTS = frozenset({"reason", "question"})

READ, RELEASE = Act.READ, Act.RELEASE
REQUESTED, GIVEN, REFUSED, WITHDRAWN, EXPIRED = State


def question(**changes: Any) -> Question:
    """The huisarts at the receiving practice reads what was consented, unless said otherwise."""
    usual: dict[str, Any] = {
        "act": READ,
        "role": Role.HUISARTS,
        "organisation": RECEIVER,
        "purpose": Purpose.TREAT,
        "crossing": Crossing(MESSAGE, WORKER, SENDER, RECEIVER),
        "data": PARTS,
        "at": NOON,
    }
    return Question(**usual | changes)


def term(provision: Provision, message: UUID | None, **changes: Any) -> Terms:
    usual: dict[str, Any] = {
        "id": UUID(int=99),
        "message_id": message,
        "provision": provision,
        "state": GIVEN,
        "purpose": Purpose.TREAT,
        "data": PARTS,
        "from_organisation": SENDER,
        "to_organisation": RECEIVER,
        "valid_from": NOON - DAY,
        "valid_until": NOON + DAY,
    }
    return Terms(**usual | changes)


def yes(**changes: Any) -> Terms:
    """The worker's permission for this message, given."""
    return term(Provision.PERMIT, MESSAGE, **changes)


def always(**changes: Any) -> Terms:
    """A general permission between the two organisations."""
    return term(Provision.PERMIT, None, **{"data": frozenset()} | changes)


def no(**changes: Any) -> Terms:
    """An objection against this message."""
    return term(Provision.DENY, MESSAGE, **{"data": frozenset()} | changes)


def never(**changes: Any) -> Terms:
    """A general objection between the two organisations."""
    return term(Provision.DENY, None, **{"data": frozenset()} | changes)


def one(name: str) -> frozenset[str]:
    return frozenset({name})


CONSENT, OWN = Reason.CONSENT, Reason.OWN
RELEASES = {"act": RELEASE, "organisation": SENDER, "role": Role.BEDRIJFSARTS}
SENDS = {"organisation": SENDER, "role": Role.BEDRIJFSARTS}
SELF = {"role": Role.WORKER, "organisation": None, "worker": WORKER}

# Who asks (nothing said: the receiving huisarts reads), what the worker said, and the reason for yes or no.
TABLE: list[tuple[dict[str, Any], list[Terms], Reason]] = [
    # The receiving side, by role
    ({}, [yes()], CONSENT),
    ({"role": Role.BEDRIJFSARTS}, [yes()], CONSENT),
    ({"role": Role.VERZEKERINGSARTS}, [yes()], CONSENT),
    ({"role": Role.SPECIALIST}, [yes()], CONSENT),
    ({"role": Role.HIS_SYSTEM}, [yes()], CONSENT),
    ({"role": Role.ARBODIENST_SYSTEM}, [yes()], CONSENT),
    ({"role": Role.ASSISTANT}, [yes()], Reason.ROLE),
    ({"role": Role.CLINICAL_TEAM}, [yes()], Reason.ROLE),
    ({"role": Role.REGISTRY}, [yes()], Reason.ROLE),
    ({"role": Role.INSPECTORATE}, [yes()], Reason.ROLE),
    ({"role": Role.INSPECTORATE_SYSTEM}, [yes()], Reason.ROLE),
    ({"role": Role.ADMINISTRATOR}, [yes()], Reason.ROLE),
    ({"role": Role.ADMINISTRATOR}, [always()], Reason.ROLE),
    # The sending side
    (SENDS, [], OWN),
    (SENDS, [yes(state=REFUSED)], OWN),
    (SENDS, [yes(state=WITHDRAWN)], OWN),
    (SENDS, [no()], OWN),
    (SENDS | {"role": Role.ASSISTANT}, [yes()], Reason.ROLE),
    (SENDS | {"role": Role.ADMINISTRATOR}, [yes()], Reason.ROLE),
    (SENDS | {"role": Role.REGISTRY}, [], Reason.ROLE),
    # Strangers
    ({"organisation": STRANGER}, [yes()], Reason.NOT_A_PARTY),
    ({"organisation": STRANGER}, [always()], Reason.NOT_A_PARTY),
    ({"organisation": None}, [yes()], Reason.NOT_A_PARTY),
    ({"organisation": STRANGER}, [yes(to_organisation=STRANGER)], Reason.NOT_A_PARTY),
    ({"organisation": STRANGER, "role": Role.INSPECTORATE}, [yes()], Reason.ROLE),
    # The worker
    (SELF, [], OWN),
    (SELF, [yes(state=REFUSED)], OWN),
    (SELF | {"worker": OTHER_WORKER}, [yes()], Reason.NOT_A_PARTY),
    (SELF | {"worker": None}, [yes()], Reason.NOT_A_PARTY),
    (SELF | {"act": RELEASE}, [yes()], Reason.ROLE),
    # Releasing is for the sender, and only with consent
    (RELEASES, [yes()], CONSENT),
    (RELEASES | {"role": Role.ARBODIENST_SYSTEM}, [yes()], CONSENT),
    (RELEASES | {"role": Role.ASSISTANT}, [yes()], Reason.ROLE),
    (RELEASES, [], Reason.NO_CONSENT),
    (RELEASES, [yes(state=REQUESTED)], Reason.NOT_ANSWERED),
    (RELEASES, [yes(state=REFUSED)], Reason.REFUSED),
    (RELEASES, [yes(state=WITHDRAWN)], Reason.WITHDRAWN),
    (RELEASES, [yes(state=EXPIRED)], Reason.EXPIRED),
    (RELEASES, [yes(), never()], CONSENT),
    (RELEASES, [yes(), no()], Reason.OBJECTION),
    (RELEASES | {"organisation": RECEIVER}, [yes()], Reason.NOT_A_PARTY),
    (RELEASES | {"organisation": STRANGER}, [yes()], Reason.NOT_A_PARTY),
    # The state of the consent
    ({}, [], Reason.NO_CONSENT),
    ({}, [yes(state=REQUESTED)], Reason.NOT_ANSWERED),
    ({}, [yes(state=REFUSED)], Reason.REFUSED),
    ({}, [yes(state=WITHDRAWN)], Reason.WITHDRAWN),
    ({}, [yes(state=EXPIRED)], Reason.EXPIRED),
    ({}, [yes(state=REFUSED), yes()], CONSENT),
    ({}, [yes(state=REFUSED), yes(state=WITHDRAWN)], Reason.WITHDRAWN),
    ({}, [yes(state=WITHDRAWN), yes(state=REQUESTED)], Reason.NOT_ANSWERED),
    # Its period, to the second; a state that nobody changed yet opens nothing
    ({"at": NOON - DAY}, [yes()], CONSENT),
    ({"at": NOON - DAY - SECOND}, [yes()], Reason.NOT_YET),
    ({"at": NOON + DAY - SECOND}, [yes()], CONSENT),
    ({"at": NOON + DAY}, [yes()], Reason.EXPIRED),
    ({"at": NOON + 400 * DAY}, [yes()], Reason.EXPIRED),
    ({"at": NOON + DAY}, [always()], Reason.EXPIRED),
    # Its purpose
    ({"purpose": Purpose.RESEARCH}, [yes()], Reason.OTHER_PURPOSE),
    ({"purpose": Purpose.RESEARCH}, [always()], Reason.OTHER_PURPOSE),
    ({}, [yes(purpose=Purpose.RESEARCH)], Reason.OTHER_PURPOSE),
    ({"purpose": Purpose.RESEARCH}, [yes(purpose=Purpose.RESEARCH), no()], CONSENT),
    # Its data: all that is asked must be in it
    ({"data": one("reason")}, [yes()], CONSENT),
    ({"data": PARTS | {"diagnosis"}}, [yes()], Reason.NOT_IN_DATA),
    ({"data": one("diagnosis")}, [yes()], Reason.NOT_IN_DATA),
    ({"data": one("attachment:a")}, [yes(data=one("attachment:b"))], Reason.NOT_IN_DATA),
    ({"data": one("attachment:a")}, [yes(data=one("attachment:a"))], CONSENT),
    ({"data": PARTS}, [yes(data=one("reason")), yes(data=one("question"))], Reason.NOT_IN_DATA),
    ({"data": frozenset()}, [yes()], CONSENT),
    ({"data": frozenset()}, [], Reason.NO_CONSENT),
    # Another message, another recipient, another sender, the way back
    ({}, [yes(message_id=OTHER_MESSAGE)], Reason.NO_CONSENT),
    ({}, [yes(to_organisation=STRANGER)], Reason.NO_CONSENT),
    ({}, [yes(from_organisation=STRANGER)], Reason.NO_CONSENT),
    ({}, [yes(from_organisation=RECEIVER, to_organisation=SENDER)], Reason.NO_CONSENT),
    ({}, [always(from_organisation=RECEIVER, to_organisation=SENDER)], Reason.NO_CONSENT),
    # Specific goes over general
    ({}, [always()], CONSENT),
    ({}, [always(data=PARTS)], CONSENT),
    ({}, [always(data=one("reason"))], Reason.NOT_IN_DATA),
    ({}, [always(), yes(state=REFUSED)], Reason.REFUSED),
    ({}, [always(), yes(state=WITHDRAWN)], Reason.WITHDRAWN),
    ({}, [always(), yes(state=REQUESTED)], Reason.NOT_ANSWERED),
    ({}, [always(), yes(data=one("reason"))], Reason.NOT_IN_DATA),
    ({}, [always(state=WITHDRAWN)], Reason.WITHDRAWN),
    ({}, [never(), yes()], CONSENT),
    ({}, [never()], Reason.OBJECTION),
    ({}, [always(), no()], Reason.OBJECTION),
    # Within a level the objection wins, as long as it holds, for what it names
    ({}, [yes(), no()], Reason.OBJECTION),
    ({}, [no(), yes()], Reason.OBJECTION),
    ({}, [always(), never()], Reason.OBJECTION),
    ({}, [yes(), no(state=WITHDRAWN)], CONSENT),
    ({}, [always(), never(state=WITHDRAWN)], CONSENT),
    ({}, [yes(), no(data=one("diagnosis"))], CONSENT),
    ({}, [yes(), no(data=one("question"))], Reason.OBJECTION),
    ({}, [yes(), no(purpose=Purpose.RESEARCH)], CONSENT),
    ({}, [yes(), no(message_id=OTHER_MESSAGE)], CONSENT),
    ({}, [always(), never(to_organisation=STRANGER)], CONSENT),
    ({}, [yes(), no(valid_until=NOON)], CONSENT),
    ({"data": frozenset()}, [yes(), no(data=one("diagnosis"))], Reason.OBJECTION),
    # Erased: nothing, for nobody
    ({"erased": True}, [yes()], Reason.ERASED),
    (SENDS | {"erased": True}, [yes()], Reason.ERASED),
    (SELF | {"erased": True}, [yes()], Reason.ERASED),
    (RELEASES | {"erased": True}, [yes()], Reason.ERASED),
]


def test_the_table_is_long_enough_and_shows_every_reason() -> None:
    assert len(TABLE) >= 60
    assert {reason for _, _, reason in TABLE} == set(Reason)


@pytest.mark.parametrize("asks, said, reason", TABLE)
def test_the_decision_is_as_the_table_says(asks: dict[str, Any], said: list[Terms], reason: Reason) -> None:
    found = decide(question(**asks), said)
    assert (found.allowed, found.reason) == (reason in {CONSENT, OWN}, reason)


def test_a_decision_names_the_consent_it_was_made_by() -> None:
    first, second = yes(id=UUID(int=31), state=REFUSED), yes(id=UUID(int=32))
    assert decide(question(), [first, second]) == Decision(True, CONSENT, second.id)
    assert decide(question(), [first]) == Decision(False, Reason.REFUSED, first.id)
    assert decide(question(**SENDS), [first, second]).consent_id is None


organisations = st.sampled_from([SENDER, RECEIVER, STRANGER])
parts = st.frozensets(st.sampled_from(["reason", "question", "diagnosis"]))
moments = st.integers(-3, 3).map(lambda days: NOON + days * DAY)
terms = st.builds(
    Terms,
    id=st.uuids(),
    message_id=st.sampled_from([MESSAGE, OTHER_MESSAGE, None]),
    provision=st.sampled_from(Provision),
    state=st.sampled_from(State),
    purpose=st.sampled_from(Purpose),
    data=parts,
    from_organisation=organisations,
    to_organisation=organisations,
    valid_from=moments,
    valid_until=moments,
)
questions = st.builds(
    Question,
    act=st.sampled_from(Act),
    role=st.sampled_from(Role),
    organisation=st.none() | organisations,
    purpose=st.sampled_from(Purpose),
    crossing=st.just(Crossing(MESSAGE, WORKER, SENDER, RECEIVER)),
    data=parts,
    at=moments,
    worker=st.sampled_from([None, WORKER, OTHER_WORKER]),
    erased=st.booleans(),
)


@given(questions, st.lists(terms, max_size=5))
def test_nothing_is_allowed_without_a_given_permit_that_covers_it(asked: Question, said: list[Terms]) -> None:
    found = decide(asked, said)
    if not found.allowed:
        return
    if found.reason is OWN:
        own = asked.worker == WORKER if asked.role is Role.WORKER else asked.organisation == SENDER
        assert own
        assert asked.act is READ
        return
    by = next(term for term in said if term.id == found.consent_id)
    assert (by.provision, by.state, by.purpose) == (Provision.PERMIT, GIVEN, asked.purpose)
    assert (by.from_organisation, by.to_organisation) == (SENDER, RECEIVER)
    assert by.message_id in {MESSAGE, None}
    assert by.valid_from <= asked.at < by.valid_until
    assert not by.data or asked.data <= by.data
    assert asked.role in CLINICAL
    assert not asked.erased


@given(questions, st.lists(terms, max_size=4), terms.filter(lambda term: term.provision is Provision.DENY))
def test_one_more_objection_never_opens_anything(asked: Question, said: list[Terms], objection: Terms) -> None:
    if not decide(asked, said).allowed:
        assert not decide(asked, [*said, objection]).allowed
        assert not decide(asked, [objection, *said]).allowed


@given(questions, st.lists(terms, max_size=4))
def test_withdrawing_every_permit_closes_what_consent_opened(asked: Question, said: list[Terms]) -> None:
    found = decide(asked, said)
    if found.reason is CONSENT:
        withdrawn = [replace(term, state=WITHDRAWN) if term.provision is Provision.PERMIT else term for term in said]
        assert not decide(asked, withdrawn).allowed
