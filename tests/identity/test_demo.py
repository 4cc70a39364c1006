"""The made-up parties."""

import json
from typing import Any

from joserfc.jwk import ECKey
from sqlmodel import delete, select

from service.identity.demo import demo_file, seed_demo
from service.identity.tables import Account, OAuthClient
from service.identity.totp import current_code
from tests.identity.world import World, submit


def _seed(world: World) -> dict[str, Any]:
    with world.database.transaction() as session:
        return seed_demo(session, world.settings)


def test_a_second_seed_changes_nothing(stored: World) -> None:
    first = _seed(stored)
    written = demo_file(stored.settings).read_bytes()
    assert _seed(stored) == first
    assert demo_file(stored.settings).read_bytes() == written
    with stored.database.reading() as session:
        accounts = session.exec(select(Account).where(Account.demo)).all()
        clients = session.exec(select(OAuthClient).where(OAuthClient.demo)).all()
    assert (len(accounts), len(clients)) == (len(first["users"]), 3)


def test_the_file_has_the_agreed_shape_and_is_for_our_eyes_only(world: World) -> None:
    _seed(world)
    path = demo_file(world.settings)
    assert path.stat().st_mode & 0o777 == 0o600
    found = json.loads(path.read_text())
    assert set(found) == {"base_url", "users", "clients", "web_client"}
    assert all({"role", "name", "login", "password"} <= set(user) for user in found["users"])
    assert [user["login"] for user in found["users"] if "totp_secret" in user] == ["beheer"]
    assert [client["role"] for client in found["clients"]] == ["arbodienst", "his", "inspectorate"]
    assert all(set(c) == {"role", "client_id", "scopes", "kid", "alg", "private_jwk"} for c in found["clients"])
    assert all(user["name"].startswith("Demo ") for user in found["users"])


def test_every_demo_party_gets_in(world: World) -> None:
    import time

    found = _seed(world)
    for user in found["users"]:
        browser = world.browser()
        page = browser.get(browser.get("/aanmelden").headers["location"])
        code = current_code(user["totp_secret"], time.time()) if "totp_secret" in user else ""
        answer = submit(browser, page, login=user["login"], password=user["password"], totp=code)
        assert answer.status_code == 303, user["login"]
        browser.get(answer.headers["location"])
        assert browser.get("/bladzijde").json()["role"] == user["role"]
    for client in found["clients"]:
        assertion = world.assertion(
            iss=client["client_id"],
            sub=client["client_id"],
            key=ECKey.import_key(client["private_jwk"]),
            header={"kid": client["kid"]},
        )
        answer = world.ask_token(world.browser(), assertion, scope=" ".join(client["scopes"]))
        assert answer.status_code == 200, answer.text


def test_a_lost_file_gives_new_credentials_that_work(world: World) -> None:
    before = _seed(world)
    demo_file(world.settings).unlink()
    after = _seed(world)
    assert before["users"][0]["password"] != after["users"][0]["password"]
    assert world.sign_in(world.browser(), after["users"][0]["login"], after["users"][0]["password"]).status_code == 303
    assert (
        world.sign_in(world.browser(), before["users"][0]["login"], before["users"][0]["password"]).status_code == 400
    )


def test_an_emptied_database_gets_the_credentials_of_the_file(world: World) -> None:
    before = _seed(world)
    with world.database.transaction() as session:
        session.exec(delete(OAuthClient))
        for account in session.exec(select(Account).where(Account.acts_for != None)).all():  # noqa: E711
            session.delete(account)
        session.flush()
        session.exec(delete(Account))
    assert _seed(world) == before
    assert (
        world.sign_in(world.browser(), before["users"][0]["login"], before["users"][0]["password"]).status_code == 303
    )
