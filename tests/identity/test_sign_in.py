"""Signing in: passwords, one-time codes, guessing, and our own pages."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from service.clock import now
from service.identity import actions, passwords
from service.identity.access import Role
from service.identity.tables import Account, WebSession
from service.identity.totp import current_code, matching_step, new_totp_secret, totp
from service.identity.web_session import safe_next
from service.problems import InvalidInput, TooMany
from service.settings import Settings
from tests.identity.world import PASSWORD, World, build, query_of, submit


def test_a_person_signs_in_to_our_pages_and_out_again(stored: World) -> None:
    browser = stored.browser()
    first = browser.get("/bladzijde?a=b")
    assert first.status_code == 303
    assert first.headers["location"] == "/aanmelden?next=%2Fbladzijde%3Fa%3Db"
    home = stored.enter(browser, onward="/bladzijde?a=b")
    assert home.headers["location"] == "/bladzijde?a=b"
    page = browser.get("/bladzijde").json()
    assert (page["name"], page["role"]) == ("Arts Voorbeeld", "bedrijfsarts")
    assert browser.post("/afmelden", data={"csrf": "wrong"}).status_code == 403
    assert browser.post("/afmelden", data={"csrf": page["csrf"]}).status_code == 303
    assert browser.get("/bladzijde").status_code == 303


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    browser = world.browser()
    cookie = world.enter(browser).headers["set-cookie"]
    assert "arbobrug=" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


def test_with_https_every_cookie_is_secure_and_bound_to_the_host(tmp_path: Any) -> None:
    world = build(Settings(data=tmp_path, base_url="https://arbobrug.example"), f"sqlite:///{tmp_path / 'a.db'}")
    browser = world.browser()
    cookies = world.enter(browser).headers.get_list("set-cookie")
    assert all("Secure" in cookie and cookie.startswith("__Host-arbobrug") for cookie in cookies)
    assert browser.get("/bladzijde").status_code == 200
    world.database.close()


def test_signing_in_gives_a_new_session_and_ends_the_old_one(world: World) -> None:
    browser = world.browser()
    world.enter(browser)
    before = browser.cookies["arbobrug"]
    browser.get(browser.get(browser.get("/aanmelden").headers["location"]).headers["location"])
    assert browser.cookies["arbobrug"] != before
    assert world.browser().get("/bladzijde", headers={"Cookie": f"arbobrug={before}"}).status_code == 303


def test_c16_a_page_knows_the_new_role_at_the_next_request(world: World) -> None:
    browser = world.browser()
    world.enter(browser)
    with world.database.transaction() as session:
        actions.change_role(session, session.merge(world.doctor), Role.HUISARTS)
    assert browser.get("/bladzijde").json()["role"] == "huisarts"


@pytest.mark.parametrize("column", ["expires_at", "last_seen_at"])
def test_a_session_ends_after_its_time_and_when_it_is_not_used(stored: World, column: str) -> None:
    browser = stored.browser()
    stored.enter(browser)
    past = now() - timedelta(minutes=stored.settings.session_minutes + 1)
    with stored.database.transaction() as session:
        session.connection().execute(update(WebSession).values({column: past}))
    assert browser.get("/bladzijde").status_code == 303


def test_a_session_in_use_stays_alive(stored: World) -> None:
    browser = stored.browser()
    stored.enter(browser)
    with stored.database.transaction() as session:
        session.connection().execute(update(WebSession).values(last_seen_at=now() - timedelta(minutes=30)))
    assert browser.get("/bladzijde").status_code == 200
    with stored.database.reading() as session:
        seen = session.connection().exec_driver_sql("SELECT max(last_seen_at) FROM identity_web_session").scalar()
    assert seen is not None
    assert str(seen)[:16] >= str(now() - timedelta(minutes=1))[:16]


@pytest.mark.parametrize(
    "change",
    [
        {"state": "x" * 40},
        {"state": ""},
        {"iss": "https://attacker.example"},
        {"iss": ""},
        {"code": ""},
        {"code": "foreign"},
    ],
)
def test_a10_an_answer_with_another_state_issuer_or_code_is_not_taken(world: World, change: dict[str, str]) -> None:
    browser = world.browser()
    answer = query_of(world.sign_in(browser).headers["location"])
    wrong = {name: value for name, value in (answer | change).items() if value}
    before = browser.cookies["arbobrug"]
    assert browser.get("/aanmelden/terug", params=wrong).status_code == 400
    assert browser.cookies["arbobrug"] == before


def test_an_answer_without_a_question_is_not_taken(world: World) -> None:
    answer = query_of(world.sign_in(world.browser()).headers["location"])
    victim = world.browser()
    assert victim.get("/aanmelden/terug", params=answer).status_code == 400
    assert "arbobrug" not in victim.cookies


@pytest.mark.parametrize(
    "onward",
    [
        "https://attacker.example", "//attacker.example", "/\\attacker.example", "javascript:alert(1)", "",
        "/a\nb", "/a\tb", "///x", "/ /x",
        "\\\\attacker.example", "/aanmelden", "/oauth/authorize", "meldingen", "/" + "a" * 2000, "/\u00e9",
    ],
)  # fmt: skip
def test_one_is_never_sent_on_to_another_site(onward: str) -> None:
    assert safe_next(onward) is None


@pytest.mark.parametrize(
    "role, home",
    [
        (Role.BEDRIJFSARTS, "/meldingen"),
        (Role.REGISTRY, "/beheer"),
        (Role.HUISARTS, "/kennis"),
        (Role.INSPECTORATE, "/kennis"),
    ],
)
def test_who_asked_for_no_page_begins_at_that_of_the_role(world: World, role: Role, home: str) -> None:
    with world.database.transaction() as session:
        organisation = actions.add_organisation(session, f"Praktijk {role}", "arbodienst")
        actions.add_account(
            session, login=f"eerst.{role}", name="Iemand", role=role, organisation=organisation, password=PASSWORD
        )
    for onward in ("", "https://attacker.example"):
        assert world.enter(world.browser(), f"eerst.{role}", onward).headers["location"] == home


def test_one_is_sent_on_within_the_service() -> None:
    assert safe_next("/verwijzingen/1?tab=a#b") == "/verwijzingen/1?tab=a#b"


def test_a_wrong_password_and_an_unknown_name_get_the_same_page(world: World) -> None:
    wrong = world.sign_in(world.browser(), password="wrong")
    unknown = world.sign_in(world.browser(), login="xrts", password="wrong")
    assert (wrong.status_code, unknown.status_code) == (400, 400)
    assert 'role="alert"' in wrong.text
    hidden = [line for line in wrong.text.splitlines() if "hidden" not in line and "hreflang" not in line]
    other = [
        line
        for line in unknown.text.replace("xrts", "arts").splitlines()
        if "hidden" not in line and "hreflang" not in line
    ]
    assert hidden == other


def test_an_unknown_name_takes_as_long_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher())
    passwords._nobody.cache_clear()
    kept = passwords.hash_password(PASSWORD)
    assert passwords.is_password(kept, PASSWORD)
    spent = {}
    for name, known in (("unknown", None), ("known", kept)):
        started = time.perf_counter()
        assert not passwords.is_password(known, "wrong")
        spent[name] = time.perf_counter() - started
    assert 0.2 < spent["unknown"] / spent["known"] < 5
    passwords._nobody.cache_clear()


def test_h11_a_crowd_hashes_two_at_a_time_and_the_rest_is_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, most = [0], [0]

    class Slow:
        def verify(self, *_: str) -> bool:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
            time.sleep(0.05)
            busy[0] -= 1
            return True

        def hash(self, _: str) -> str:
            return "hash"

    monkeypatch.setattr(passwords, "_hasher", Slow())

    def one(_: int) -> str:
        try:
            return str(passwords.is_password("kept", "word"))
        except TooMany:
            return "wait"

    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(one, range(30)))
    assert most[0] <= 2
    assert set(answers) == {"True", "wait"}


def test_a27_after_five_failures_a_guesser_waits_and_the_real_person_does_not(stored: World) -> None:
    guesser = stored.browser()
    for _ in range(5):
        assert stored.sign_in(guesser, password="wrong").status_code == 400
    blocked = stored.sign_in(guesser)
    assert blocked.status_code == 429
    assert int(blocked.headers["retry-after"]) > 0
    assert stored.sign_in(guesser, login="somebody.else", password="wrong").status_code == 400
    elsewhere = _authenticate(stored, "arts", PASSWORD, "", "192.0.2.7")
    assert elsewhere == stored.doctor.id


def test_a27_the_wait_grows_and_ends(stored: World, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = now()
    monkeypatch.setattr(actions, "now", lambda: moment)
    waits = []
    for _ in range(9):
        try:
            _authenticate(stored, "arts", "wrong")
        except actions.WrongSignIn:
            continue
        except TooMany as wait:
            waits.append(int(wait.headers["Retry-After"]))
            moment += timedelta(seconds=waits[-1])
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]
    moment += timedelta(minutes=15)
    assert _authenticate(stored, "arts", PASSWORD) == stored.doctor.id
    with pytest.raises(actions.WrongSignIn):
        _authenticate(stored, "arts", "wrong")


def test_a27_guesses_at_the_same_moment_count_too(stored: World) -> None:
    def guess(_: int) -> str:
        try:
            _authenticate(stored, "arts", "wrong")
        except (actions.WrongSignIn, TooMany) as refused:
            return type(refused).__name__
        return "in"

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(guess, range(12)))
    assert answers.count("WrongSignIn") <= 5
    assert "in" not in answers


def _authenticate(world: World, login: str, password: str, code: str = "", address: str = "198.51.100.1") -> Any:
    secret = world.verifier.keys.secret
    return actions.authenticate(world.database, world.settings, secret, login, password, code, address)


@pytest.mark.parametrize(
    "moment, code",
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
        (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_the_codes_are_those_of_rfc_6238(moment: int, code: str) -> None:
    assert totp(b"12345678901234567890", moment // 30, digits=8) == code


def test_a_code_is_good_for_its_own_time_and_its_neighbours() -> None:
    secret, moment = new_totp_secret(), 1_800_000_000
    assert len(base64.b32decode(secret)) == 20
    for seconds, good in ((0, True), (30, True), (-30, True), (90, False), (-90, False)):
        assert (matching_step(secret, current_code(secret, moment + seconds), moment) is not None) is good
    for rubbish in ("", "12345", "\u0661\u0662\u0663\u0664\u0665\u0666", "1" * 100):
        assert matching_step(secret, rubbish, moment) is None


def test_an_account_with_a_second_factor_needs_it_and_each_code_counts_once(stored: World) -> None:
    secret = new_totp_secret()
    with stored.database.transaction() as session:
        session.connection().execute(update(Account).values(totp_secret=secret))
    assert stored.sign_in(stored.browser()).status_code == 400
    browser = stored.browser()
    page = browser.get(browser.get("/aanmelden").headers["location"])
    code = current_code(secret, time.time())
    assert submit(browser, page, login="arts", password=PASSWORD, totp=code).status_code == 303
    with pytest.raises(actions.WrongSignIn):
        _authenticate(stored, "arts", PASSWORD, code)


def test_a_short_password_is_not_set(world: World) -> None:
    with world.database.transaction() as session, pytest.raises(InvalidInput):
        actions.set_password(session, session.merge(world.doctor), "kort")


def test_a_demo_account_does_not_sign_in_where_there_is_no_demo(world: World) -> None:
    with world.database.transaction() as session:
        session.merge(world.doctor).demo = True
    assert world.sign_in(world.browser()).status_code == 303
    world.settings.demo = False
    assert world.sign_in(world.browser()).status_code == 400


def test_an_assistant_acts_for_the_doctor_until_the_last_day(world: World) -> None:
    with world.database.transaction() as session:
        actions.add_account(
            session,
            login="assistent",
            name="Assistent",
            role=Role.ASSISTANT,
            organisation=world.organisation,
            password=PASSWORD,
            acts_for=world.doctor,
            acts_until=(now() - timedelta(days=2)).date(),
        )
    from service.identity.clients import Person
    from service.identity.tables import account_by_login

    with world.database.transaction() as session:
        account = account_by_login(session, "Assistent ")
        assert account is not None
        assert Person(account).acts_for is None
        account.acts_until = None
        assert Person(account).claims()["acts_for"] == str(world.doctor.id)
