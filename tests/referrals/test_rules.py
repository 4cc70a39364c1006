"""The state machine as a table, written out once more: which act, from which state, by which side, leads where."""

import pytest

from service.referrals.rules import TRANSITIONS, Act, Side, State, allows, leads, possible

# From each state what each side can do, and where it leads; "=" stays where it is. What is not here cannot be done.
TABLE = """
draft            asker   ask-consent  awaiting-consent
draft            asker   cancel       cancelled
awaiting-consent asker   ask-consent  awaiting-consent
awaiting-consent asker   cancel       cancelled
awaiting-consent worker  refuse       cancelled
awaiting-consent worker  revoke       revoked
awaiting-consent clock   stop         =
awaiting-consent clock   readdress    =
awaiting-consent clock   release      requested
requested        clock   arrive       received
requested        clock   complete     completed
requested        asked   accept       accepted
requested        asked   ask-back     on-hold
requested        asked   reply        in-progress
requested        asked   reject       rejected
requested        asker   post         received
requested        asker   cancel       cancelled
requested        asker   convert      =
requested        worker  revoke       revoked
received         clock   complete     completed
received         asked   accept       accepted
received         asked   ask-back     on-hold
received         asked   reply        in-progress
received         asked   reject       rejected
received         asker   post         received
received         asker   cancel       cancelled
received         asker   convert      =
received         worker  revoke       revoked
accepted         clock   complete     completed
accepted         asked   begin        in-progress
accepted         asked   ask-back     on-hold
accepted         asked   reply        in-progress
accepted         asked   fail         failed
accepted         asker   post         received
accepted         asker   cancel       cancelled
accepted         asker   convert      =
accepted         worker  revoke       revoked
in-progress      clock   complete     completed
in-progress      asked   ask-back     on-hold
in-progress      asked   reply        in-progress
in-progress      asked   fail         failed
in-progress      asker   post         received
in-progress      asker   cancel       cancelled
in-progress      asker   convert      =
in-progress      worker  revoke       revoked
on-hold          clock   complete     completed
on-hold          clock   resume       requested received accepted in-progress
on-hold          asked   reply        in-progress
on-hold          asked   fail         failed
on-hold          asker   supplement   =
on-hold          asker   post         received
on-hold          asker   cancel       cancelled
on-hold          asker   convert      =
on-hold          worker  revoke       revoked
completed        asker   convert      =
completed        worker  revoke       revoked
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]
POSSIBLE = {(Act(act), State(state), Side(side)) for state, side, act, *_ in ROWS}
LEADS = {(Act(act), State(to)) for _, _, act, *goals in ROWS for to in goals if to != "="} | {(Act.START, State.DRAFT)}


@pytest.mark.parametrize("act", list(Act))
def test_an_act_is_possible_exactly_where_the_table_says(act: Act) -> None:
    for state in State:
        for side in Side:
            assert allows(act, state, side) == ((act, state, side) in POSSIBLE), (act, state, side)


@pytest.mark.parametrize("act", list(Act))
def test_an_act_leads_exactly_where_the_table_says(act: Act) -> None:
    for to in State:
        assert leads(act, to) == ((act, to) in LEADS), (act, to)


def test_what_is_possible_is_all_that_is_allowed() -> None:
    for state in State:
        for side in Side:
            assert set(possible(state, side)) == {act for act, at, by in POSSIBLE if (at, by) == (state, side)}


def test_every_act_belongs_to_one_side_and_every_state_can_be_reached() -> None:
    assert {transition.side for transition in TRANSITIONS.values()} == set(Side)
    assert {to for _, to in LEADS} == set(State)


@pytest.mark.parametrize("state", [State.REJECTED, State.CANCELLED, State.FAILED, State.REVOKED])
def test_what_has_ended_stays_ended(state: State) -> None:
    assert [(state, act) for side in Side for act in possible(state, side)] == []
