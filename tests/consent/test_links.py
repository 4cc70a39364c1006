"""The worker's way in: a link that is no proof, a check that cannot be guessed, and one device at a time."""

from datetime import timedelta

import pytest

from service.clock import now
from service.consent import actions, links
from service.consent.links import FREE_FAILURES, MOST_FAILURES, Checked, Factor, LinkOver
from service.consent.tables import ConsentLink
from service.database import Database
from service.identity.tables import hashed
from service.persons.vault import Vault
from service.text import Language
from tests.consent.care import BIRTH_YEAR, Care, care_in

YEAR = str(BIRTH_YEAR)


def token_of(asked: actions.Asked) -> str:
    assert asked.link
    return asked.link.path.removeprefix("/toestemming/").partition("?")[0]


def check(care: Care, token: str, answer: str, device: str | None = None) -> Checked:
    with care.database.transaction() as session:
        return links.check(session, care.vault, token, answer, device)


def sees(care: Care, token: str, device: str | None) -> bool:
    with care.database.transaction() as session:
        return links.opened(session, token, device) is not None


def change(care: Care, token: str, **columns: object) -> None:
    with care.database.transaction() as session:
        row = session.get_one(ConsentLink, hashed(token))
        for name, value in columns.items():
            setattr(row, name, value)


def device(care: Care, token: str, answer: str = YEAR, known: str | None = None) -> str:
    found = check(care, token, answer, known).device
    assert found
    return found


def test_the_link_alone_shows_nothing_and_only_its_hash_is_kept(care: Care) -> None:
    token = token_of(care.ask())
    assert not sees(care, token, None)
    assert not sees(care, token, "guessed")
    with care.database.reading() as session:
        row = session.get_one(ConsentLink, hashed(token))
    assert token not in row.model_dump_json()


def test_the_right_year_lets_one_device_in(care: Care) -> None:
    token = token_of(care.ask())
    mine = device(care, token)
    assert sees(care, token, mine)
    assert not sees(care, token, "another device")
    with care.database.transaction() as session:
        found = links.opened_by_device(session, mine)
    assert found
    assert found.worker.subject == care.person_id
    assert found.worker.scopes == {"arbobrug/dossier.eigen"}


def test_another_device_checks_anew_and_takes_over(care: Care) -> None:
    token = token_of(care.ask())
    first = device(care, token)
    second = device(care, token)
    assert first != second
    assert sees(care, token, second)
    assert not sees(care, token, first)


def test_five_failures_block_also_the_right_answer_and_a_tenth_ends_it(care: Care) -> None:
    token = token_of(care.ask())
    for _ in range(FREE_FAILURES - 1):
        assert check(care, token, "1981") == Checked()
    waits = [check(care, token, "1981").retry_after]
    assert check(care, token, YEAR).device is None
    for _ in range(MOST_FAILURES - FREE_FAILURES):
        change(care, token, blocked_until=now() - timedelta(seconds=1))
        waits.append(check(care, token, "1981").retry_after)
    numbers = [wait for wait in waits if wait]
    assert numbers == sorted(set(numbers)), "each wait is longer"
    assert numbers[0] >= 15 * 60
    change(care, token, blocked_until=None)
    with pytest.raises(LinkOver):
        check(care, token, YEAR)


def test_after_a_block_the_right_answer_still_works(care: Care) -> None:
    token = token_of(care.ask())
    for _ in range(FREE_FAILURES):
        check(care, token, "1900")
    change(care, token, blocked_until=now() - timedelta(seconds=1))
    assert check(care, token, YEAR).device


@pytest.mark.parametrize("answer", ["", " ", "80", "1980-05-17", "١٩٨٠", "19800", "é"])
def test_only_the_whole_year_counts(care: Care, answer: str) -> None:
    assert check(care, token_of(care.ask()), answer).device is None


def test_a_code_works_once_and_the_year_does_not_replace_it(care: Care) -> None:
    asked = care.ask(factor=Factor.CODE)
    token = token_of(asked)
    assert asked.link
    code = asked.link.code
    assert code
    assert len(code) == 6
    assert check(care, token, YEAR).device is None
    assert check(care, token, f" {code} ").device
    assert check(care, token, code).device is None


def test_after_fourteen_days_nobody_comes_in_any_more(care: Care) -> None:
    asked = care.ask()
    token = token_of(asked)
    with care.database.reading() as session:
        left = session.get_one(ConsentLink, hashed(token)).expires_at - now()
    assert timedelta(days=13) < left <= timedelta(days=14)
    change(care, token, expires_at=now())
    with pytest.raises(LinkOver):
        check(care, token, YEAR)


def test_who_said_yes_can_still_withdraw_after_those_days(care: Care) -> None:
    asked = care.ask()
    token = token_of(asked)
    mine = device(care, token)
    care.give(asked.consent)
    change(care, token, expires_at=now())
    assert sees(care, token, mine)
    care.act(actions.withdraw, care.worker, asked.consent.id)
    with pytest.raises(LinkOver):
        sees(care, token, mine)


def test_a_new_link_ends_the_old_one_and_its_device(care: Care) -> None:
    asked = care.ask()
    old = token_of(asked)
    mine = device(care, old)
    link = care.act(actions.new_link, care.doctor, asked.consent.id, Factor.BIRTH_YEAR)
    with pytest.raises(LinkOver):
        sees(care, old, mine)
    assert device(care, link.path.removeprefix("/toestemming/"))


def test_one_device_keeps_all_links_of_one_worker_and_none_of_another(
    care: Care, storage: tuple[Database, Vault]
) -> None:
    one, two = token_of(care.ask()), token_of(care.ask())
    mine = device(care, one)
    assert device(care, two, known=mine) == mine
    assert sees(care, one, mine)
    neighbour = care_in(*storage)
    theirs = device(neighbour, token_of(neighbour.ask()), known=mine)
    assert theirs != mine
    assert not sees(care, one, theirs)


def test_a_device_that_we_did_not_name_is_not_taken_over(care: Care) -> None:
    assert device(care, token_of(care.ask()), known="planted") != "planted"


def test_every_check_leaves_a_trace(care: Care) -> None:
    token = token_of(care.ask())
    check(care, token, "1900")
    device(care, token)
    outcomes = [event.outcome for event in care.events() if event.event == "consent.check"]
    assert outcomes == ["refused", "success"]


def test_an_english_link_opens_in_english(care: Care) -> None:
    asked = care.ask(language=Language.EN)
    assert asked.link
    assert asked.link.path.endswith("?lang=en")
