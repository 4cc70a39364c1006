"""Access tokens: what opens a door, and everything that looks like it and does not."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, RSAKey

from service.identity import actions
from service.identity.access import Role
from service.identity.keys import KeyRing
from service.identity.server import mint
from service.problems import NotAuthenticated
from service.settings import Settings
from tests.identity.world import BASE, CHECK, FILE, World, bearer


def _token(world: World, header: dict[str, Any] | None = None, key: Key | None = None, **changes: Any) -> str:
    signer = key or world.verifier.keys.signing.keys[0]
    moment = int(time.time())
    claims = {
        "iss": BASE,
        "aud": BASE,
        "sub": str(world.doctor.id),
        "client_id": "vendor",
        "scope": f"{FILE} {CHECK}",
        "jti": "one",
        "iat": moment,
        "exp": moment + 60,
        "role": "bedrijfsarts",
    } | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    full = {"alg": "ES256", "typ": "at+jwt", "kid": world.verifier.keys.signing.keys[0].kid} | (header or {})
    return jwt.encode(
        {name: value for name, value in full.items() if value is not None}, kept, signer, list(_ALGORITHMS)
    )


_ALGORITHMS = ("ES256", "RS256", "HS256", "none")


def _unsigned(world: World) -> str:
    header = {"alg": "none", "typ": "at+jwt", "kid": world.verifier.keys.signing.keys[0].kid}
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{encoded}.{_token(world).split('.')[1]}."


def _confused(world: World) -> str:
    public = ECKey.import_key(world.verifier.keys.signing.keys[0].as_dict(private=False)).as_pem(private=False)
    return _token(world, {"alg": "HS256"}, OctKey.import_key(base64.b64encode(public)))


def _own_key(world: World, name: str) -> str:
    key = ECKey.generate_key("P-256", auto_kid=True)
    value = key.as_dict(private=False) if name == "jwk" else "https://attacker.example/jwks"
    return _token(world, {name: value, "kid": key.kid}, key)


def _soon(seconds: int) -> int:
    return int(time.time()) + seconds


_BAD: dict[str, Callable[[World], str]] = {
    "b01 an ID token": lambda w: _token(w, {"typ": "JWT"}),
    "b01 no typ": lambda w: _token(w, {"typ": ""}),
    "b02 other audience": lambda w: _token(w, aud="https://elsewhere.example"),
    "b02 other issuer": lambda w: _token(w, iss="https://elsewhere.example"),
    "b02 issuer with a slash": lambda w: _token(w, iss=BASE + "/"),
    "b03 alg none": _unsigned,
    "b04 HS256 with the public key": _confused,
    "b04 RS256 with another key": lambda w: _token(w, {"alg": "RS256"}, RSAKey.generate_key(2048)),
    "b05 its own jwk": lambda w: _own_key(w, "jwk"),
    "b05 its own jku": lambda w: _own_key(w, "jku"),
    "b05 its own x5u": lambda w: _own_key(w, "x5u"),
    "b05 our key and a jku": lambda w: _token(w, {"jku": "https://attacker.example/jwks"}),
    "b06 unknown kid": lambda w: _token(w, {"kid": "unknown"}),
    "b06 our kid, other key": lambda w: _token(w, key=ECKey.generate_key("P-256")),
    "b07 expired": lambda w: _token(w, exp=_soon(-1)),
    "b07 no exp": lambda w: _token(w, exp=None),
    "b08 made later": lambda w: _token(w, iat=_soon(30), exp=_soon(60)),
    "b08 not yet": lambda w: _token(w, nbf=_soon(30)),
    "scope is a list": lambda w: _token(w, scope=[FILE]),
    "no scope": lambda w: _token(w, scope=None),
    "no jti": lambda w: _token(w, jti=None),
    "subject is no id": lambda w: _token(w, sub="arts"),
    "unknown role": lambda w: _token(w, role="king"),
    "exp is text": lambda w: _token(w, exp="never"),
    "exp is true": lambda w: _token(w, exp=True),
    "claims are a list": lambda w: _signed_raw(w, b"[]"),
    "claims are deep": lambda w: _signed_raw(w, b"[" * 20_000 + b"]" * 20_000),
    "claims are no JSON": lambda w: _signed_raw(w, b"{"),
    "rubbish": lambda _: "rubbish",
    "dots": lambda _: "..",
    "not ASCII": lambda _: "\u00e9.\u00e9.\u00e9",
    "endless": lambda _: "a" * 100_000,
}


def _signed_raw(world: World, payload: bytes) -> str:
    from joserfc import jws

    key = world.verifier.keys.signing.keys[0]
    assert isinstance(key, ECKey)
    return jws.serialize_compact({"alg": "ES256", "typ": "at+jwt", "kid": key.kid}, payload, key)


@pytest.mark.parametrize("name", _BAD)
def test_what_is_not_our_token_is_a_401(world: World, name: str) -> None:
    with pytest.raises(NotAuthenticated):
        world.verifier.caller(_BAD[name](world))
    token = _BAD[name](world)
    if token.isascii():
        answer = world.browser().get("/v1/me", headers=bearer(token))
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_good_token_is_good_the_first_and_the_second_time(world: World) -> None:
    token = _token(world)
    assert world.verifier.caller(token) is world.verifier.caller(token)


def test_b07_a_remembered_token_still_runs_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    token = _token(world)
    world.verifier.caller(token)
    later = time.time() + 61
    monkeypatch.setattr("service.identity.tokens.time.time", lambda: later)
    with pytest.raises(NotAuthenticated):
        world.verifier.caller(token)


def test_a_clock_a_moment_ahead_opens_the_door(world: World) -> None:
    assert world.verifier.caller(_token(world, iat=_soon(3))).subject == world.doctor.id


def test_a_token_gives_no_more_than_its_role_has(world: World) -> None:
    caller = world.verifier.caller(_token(world, scope=f"{FILE} arbobrug/beheer", role="assistant"))
    assert caller.scopes == frozenset()


def test_b11_a_demo_token_opens_nothing_where_there_is_no_demo(world: World) -> None:
    token = _token(world, demo=True)
    assert world.verifier.caller(token).demo
    world.verifier.settings.demo = False
    world.verifier._known.clear()
    with pytest.raises(NotAuthenticated):
        world.verifier.caller(token)


def test_the_memory_of_tokens_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.identity.tokens._REMEMBERED", 3)
    for number in range(10):
        world.verifier.caller(_token(world, jti=str(number)))
    assert len(world.verifier._known) == 3


def test_c16_a_new_role_stops_the_tokens_of_the_old_one(stored: World) -> None:
    with stored.database.transaction() as session:
        token = mint(session, stored.verifier, stored.doctor)
    browser = stored.browser()
    assert browser.post("/v1/filing", headers=bearer(token)).status_code == 200
    with stored.database.transaction() as session:
        actions.change_role(session, session.merge(stored.doctor), Role.HUISARTS)
    assert browser.post("/v1/filing", headers=bearer(token)).status_code == 401


def test_a_disabled_account_stops_at_once(stored: World) -> None:
    with stored.database.transaction() as session:
        token = mint(session, stored.verifier, stored.doctor)
    browser = stored.browser()
    stored.enter(browser)
    assert browser.get("/bladzijde").status_code == 200
    with stored.database.transaction() as session:
        actions.disable_account(session, session.merge(stored.doctor))
    assert browser.get("/v1/me", headers=bearer(token)).status_code == 401
    assert browser.get("/bladzijde").status_code == 303
    assert stored.sign_in(stored.browser()).status_code == 400


def test_b10_a_cookie_is_no_bearer_and_a_bearer_opens_no_page(world: World) -> None:
    browser = world.browser()
    world.enter(browser)
    cookie = browser.cookies["arbobrug"]
    assert world.browser().get("/v1/me", headers=bearer(cookie)).status_code == 401
    assert browser.get("/v1/me").status_code == 401
    with world.database.transaction() as session:
        token = mint(session, world.verifier, world.doctor)
    other = world.browser()
    assert other.get("/bladzijde", headers=bearer(token)).status_code == 303
    assert other.get("/bladzijde", headers={"Cookie": f"arbobrug={token}"}).status_code == 303


def test_a_rotation_keeps_the_tokens_of_the_key_before_it(world: World) -> None:
    old = _token(world)
    first = world.browser().get("/oauth/jwks").json()["keys"][0]["kid"]
    kid = actions.rotate_keys(world.verifier.keys)
    assert [key["kid"] for key in world.browser().get("/oauth/jwks").json()["keys"]] == [kid, first]
    assert world.verifier.caller(old).subject == world.doctor.id
    assert world.verifier.caller(_token(world)).subject == world.doctor.id
    actions.rotate_keys(world.verifier.keys)
    world.verifier._known.clear()
    with pytest.raises(NotAuthenticated):
        world.verifier.caller(old)


def test_a_rotation_by_another_process_is_seen_at_the_first_new_token(world: World, settings: Settings) -> None:
    KeyRing(settings.key_file).rotate()
    fresh = KeyRing(settings.key_file).signing.keys[0]
    assert world.verifier.caller(_token(world, {"kid": fresh.kid}, fresh)).subject == world.doctor.id


def test_the_key_file_is_for_our_eyes_only_and_shows_itself_nowhere(world: World, settings: Settings) -> None:
    assert settings.key_file.stat().st_mode & 0o777 == 0o600
    content = json.loads(settings.key_file.read_text())
    assert content["current"]["d"] not in repr(world.verifier.keys) + repr(vars(world.verifier))


def test_every_token_is_signed_with_the_present_key(world: World) -> None:
    kid = actions.rotate_keys(world.verifier.keys)
    for _ in range(10):
        with world.database.transaction() as session:
            token = mint(session, world.verifier, world.doctor)
        header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
        assert header["kid"] == kid
