"""Authorization codes and the pages around them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import select

from service.clock import now
from service.identity import actions
from service.identity.tables import AuthorizationCode
from service.settings import Settings
from tests.identity.world import (
    BACK,
    BASE,
    CHECK,
    FILE,
    PASSWORD,
    World,
    authorization,
    bearer,
    build,
    encoded,
    query_of,
    submit,
)


def test_a_person_gives_a_program_access_without_script(stored: World) -> None:
    browser = stored.browser()
    asked = authorization()
    verifier = asked.pop("verifier")
    page = browser.get("/oauth/authorize", params=asked)
    assert page.status_code == 200
    assert "<script" not in page.text
    assert 'lang="nl"' in page.text
    consent = browser.get(submit(browser, page, login="arts", password=PASSWORD).headers["location"])
    assert "Programma" in consent.text
    assert "beroepsziekten melden namens u" in consent.text
    back = submit(browser, consent, decision="allow")
    assert back.status_code == 303
    answer = query_of(back.headers["location"])
    assert back.headers["location"].startswith(BACK + "?")
    assert answer["state"] == asked["state"]
    assert answer["iss"] == BASE
    token = stored.redeem(browser, {"code": answer["code"], "verifier": verifier})
    assert token.headers["cache-control"] == "no-store"
    assert token.json()["scope"] == FILE
    assert "refresh_token" not in token.json()
    who = browser.get("/v1/me", headers=bearer(token.json()["access_token"])).json()
    assert who == {
        "subject": str(stored.doctor.id),
        "name": "Arts Voorbeeld",
        "role": "bedrijfsarts",
        "organisation": "Arbodienst Voorbeeld",
        "clientId": "vendor",
        "actsFor": None,
        "scopes": [FILE],
        "demo": False,
    }


def test_who_says_no_is_sent_back_with_access_denied_and_the_issuer(world: World) -> None:
    browser = world.browser()
    asked = authorization()
    page = browser.get("/oauth/authorize", params={k: v for k, v in asked.items() if k != "verifier"})
    consent = browser.get(submit(browser, page, login="arts", password=PASSWORD).headers["location"])
    answer = query_of(submit(browser, consent, decision="deny").headers["location"])
    assert answer["error"] == "access_denied"
    assert answer["state"] == asked["state"]
    assert answer["iss"] == BASE


@pytest.mark.parametrize(
    "address",
    [
        BACK + "/",
        BACK + "?extra=1",
        BACK + "#piece",
        BACK.replace("terug", "Terug"),
        BACK.replace("vendor", "VENDOR"),
        "https://vendor.example.attacker.example/terug",
        "https://attacker.example/terug",
        "https://vendor.example@attacker.example/terug",
        'https://vendor.example/terug"onclick',
        "https://vendor.example/ter\u00fcg",
        "javascript:alert(1)",
        "",
    ],
)
def test_a01_a_redirect_address_that_differs_in_anything_goes_nowhere(world: World, address: str) -> None:
    answer = world.browser().get("/oauth/authorize", params=authorization(redirect_uri=address))
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert answer.headers["content-type"].startswith("text/html")
    assert "attacker" not in answer.text


@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": "token"},
        {"response_type": "code id_token"},
        {"response_type": "id_token token"},
        {"response_type": 'x"y'},
        {"scope": "everything"},
        {"client_id": "nobody"},
    ],
)
def test_a02_a_bad_request_with_a_foreign_address_is_no_open_redirect(world: World, changes: dict[str, str]) -> None:
    foreign = authorization(**changes, redirect_uri="https://attacker.example/")
    answer = world.browser().get("/oauth/authorize", params=foreign)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"scope": "arbobrug/beheer"}, "invalid_scope"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
        ({"state": "abc"}, "invalid_request"),
    ],
)
def test_a03_a04_a11_a13_without_pkce_s256_state_or_known_words_there_is_no_code(
    world: World, changes: dict[str, str], error: str
) -> None:
    asked = authorization(**changes)
    answer = world.browser().get("/oauth/authorize", params={name: value for name, value in asked.items() if value})
    assert answer.status_code == 303
    found = query_of(answer.headers["location"])
    assert (found["error"], found["iss"]) == (error, BASE)
    assert "code" not in found


def test_a03_a_confidential_client_needs_pkce_as_well(world: World) -> None:
    with world.database.transaction() as session:
        actions.add_client(
            session, client_id="geheim", name="G", grant_type="authorization_code", redirect_uris=[BACK], scopes=[CHECK]
        )
    asked = authorization(client_id="geheim", scope=CHECK)
    for name in ("code_challenge", "code_challenge_method", "verifier"):
        del asked[name]
    answer = world.browser().get("/oauth/authorize", params=asked)
    assert query_of(answer.headers["location"])["error"] == "invalid_request"


def test_a05_a_verifier_that_is_wrong_or_missing_gives_no_token(world: World) -> None:
    browser = world.browser()
    for wrong in ("", "a" * 43):
        answer = world.redeem(browser, world.code_flow(browser), code_verifier=wrong)
        assert answer.status_code == 400
        assert answer.json()["error"] in {"invalid_request", "invalid_grant"}


def test_a06_a_code_used_twice_is_refused_and_the_first_token_stops(stored: World) -> None:
    browser = stored.browser()
    got = stored.code_flow(browser)
    token = stored.redeem(browser, got).json()["access_token"]
    assert browser.get("/v1/me", headers=bearer(token)).status_code == 200
    again = stored.redeem(browser, got)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert browser.get("/v1/me", headers=bearer(token)).status_code == 401


def test_five_at_once_with_one_code_give_one_token(stored: World) -> None:
    got = stored.code_flow(stored.browser())
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: stored.redeem(stored.browser(), got), range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]


def test_a08_a_code_of_another_client_is_refused(world: World) -> None:
    with world.database.transaction() as session:
        actions.add_client(
            session,
            client_id="other",
            name="O",
            grant_type="authorization_code",
            redirect_uris=[BACK],
            scopes=[FILE],
            public=True,
        )
    browser = world.browser()
    got = world.code_flow(browser)
    answer = world.redeem(browser, got, client_id="other")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert world.redeem(browser, got).status_code == 200


def test_a09_a_code_older_than_a_minute_is_refused(stored: World) -> None:
    browser = stored.browser()
    got = stored.code_flow(browser)
    with stored.database.transaction() as session:
        row = session.connection().execute(update(AuthorizationCode).values(expires_at=now() - timedelta(seconds=1)))
        assert row.rowcount == 1
    assert stored.redeem(browser, got).json()["error"] == "invalid_grant"


def test_a_code_lives_a_minute_at_most(world: World) -> None:
    world.code_flow(world.browser())
    with world.database.reading() as session:
        row = session.exec(select(AuthorizationCode)).first()
    assert row is not None
    assert row.expires_at - now() <= timedelta(seconds=60)


def test_a_code_goes_with_the_address_it_was_sent_to(world: World) -> None:
    browser = world.browser()
    answer = world.redeem(browser, world.code_flow(browser), redirect_uri=BACK + "/")
    assert answer.json()["error"] == "invalid_grant"


def test_a12_a_parameter_given_twice_is_refused_without_redirect(world: World) -> None:
    asked = tuple((name, value) for name, value in authorization().items() if name != "verifier")
    for name, value in asked:
        answer = world.browser().get("/oauth/authorize?" + encoded(*asked, (name, value)))
        assert answer.status_code == 400
        assert "location" not in answer.headers
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    twice = encoded(("grant_type", "authorization_code"), ("client_id", "vendor"), ("client_id", "vendor"))
    answer = world.browser().post("/oauth/token", content=twice, headers=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("name", ["client_secret", "access_token", "token", "code_verifier", "client_assertion"])
def test_a19_a_secret_in_the_address_is_refused_and_not_logged(
    world: World, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = world.browser()
    page = browser.get("/oauth/authorize", params=authorization() | {name: "very-secret"})
    answer = browser.post(f"/oauth/token?{name}=very-secret", data={"grant_type": "client_credentials"})
    assert (page.status_code, answer.status_code) == (400, 400)
    assert answer.json()["error"] == "invalid_request"
    assert "very-secret" not in "".join(capsys.readouterr()) + page.text + answer.text


def test_a20_every_redirect_after_a_form_is_a_303(world: World) -> None:
    browser = world.browser()
    start = browser.get("/aanmelden")
    login = submit(browser, browser.get(start.headers["location"]), login="arts", password=PASSWORD)
    back = browser.get(login.headers["location"])
    assert {start.status_code, login.status_code, back.status_code} == {303}


def test_a21_nobody_frames_the_pages_and_a_form_ends_at_us_or_at_the_client_only(world: World) -> None:
    browser = world.browser()
    asked = authorization()
    page = browser.get("/oauth/authorize", params={k: v for k, v in asked.items() if k != "verifier"})
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].endswith("form-action 'self'")
    consent = browser.get(submit(browser, page, login="arts", password=PASSWORD).headers["location"])
    assert consent.headers["content-security-policy"].endswith("form-action 'self' https://vendor.example")


def test_a24_behind_a_tls_proxy_the_socket_may_see_http(tmp_path: Any) -> None:
    settings = Settings(data=tmp_path, base_url="https://arbobrug.example")
    world = build(settings, f"sqlite:///{tmp_path / 'a.db'}")
    inside = world.browser()
    inside.base_url = "http://10.0.0.7:8000"
    assert world.ask_token(inside).status_code == 200
    asked = {name: value for name, value in authorization().items() if name != "verifier"}
    page = inside.get("/oauth/authorize", params=asked)
    assert page.status_code == 200
    assert "__Host-arbobrug-form=" in page.headers["set-cookie"]
    assert "Secure" in page.headers["set-cookie"]
    world.database.close()


def test_a24_without_tls_on_a_public_address_it_says_so_and_does_not_break(tmp_path: Any) -> None:
    world = build(Settings(data=tmp_path, base_url="http://arbobrug.example"), f"sqlite:///{tmp_path / 'a.db'}")
    answer = world.ask_token(world.browser())
    assert (answer.status_code, answer.json()["error"]) == (400, "insecure_transport")
    asked = {name: value for name, value in authorization().items() if name != "verifier"}
    assert world.browser().get("/oauth/authorize", params=asked).status_code == 400
    world.database.close()


def test_the_login_form_of_another_browser_is_not_taken(world: World) -> None:
    asked = {name: value for name, value in authorization().items() if name != "verifier"}
    page = world.browser().get("/oauth/authorize", params=asked)
    answer = submit(world.browser(), page, login="arts", password=PASSWORD)
    assert answer.status_code == 400
    assert "verlopen" in answer.text


def test_the_consent_form_of_another_session_is_not_taken(world: World) -> None:
    asked = {name: value for name, value in authorization().items() if name != "verifier"}
    pages = []
    for browser in (one := world.browser(), two := world.browser()):
        page = browser.get("/oauth/authorize", params=asked)
        pages.append(browser.get(submit(browser, page, login="arts", password=PASSWORD).headers["location"]))
    assert submit(two, pages[0], decision="allow").status_code == 400
    assert submit(one, pages[0], decision="allow").status_code == 303


def test_words_from_outside_are_shown_as_text(world: World) -> None:
    browser = world.browser()
    asked = {name: value for name, value in authorization(state='"><b>' + "x" * 30).items() if name != "verifier"}
    page = browser.get("/oauth/authorize", params=asked)
    again = submit(browser, page, login='"><script>alert(1)</script>', password="wrong")
    assert "<script" not in again.text
    assert "<b>" not in again.text


def test_english_is_a_choice(world: World) -> None:
    asked = {name: value for name, value in authorization().items() if name != "verifier"}
    browser = world.browser()
    dutch = browser.get("/oauth/authorize", params=asked, headers={"Accept-Language": "en"})
    english = browser.get("/oauth/authorize", params=asked | {"ui_locales": "en"})
    assert 'lang="nl"' in dutch.text
    assert "<h1>Sign in</h1>" in english.text
