"""Systems that prove who they are with a signature, and the endpoints beside the token endpoint."""

import base64
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from sqlmodel import select

from service.identity import actions
from service.identity.access import SCOPES_OF, Role
from service.identity.assertions import ASSERTION_TYPE
from service.identity.tables import UsedAssertion
from service.problems import Conflict, InvalidInput
from tests.identity.world import BACK, BASE, FILE, World, bearer


def test_a_system_gets_a_token_for_its_whole_role(stored: World) -> None:
    browser = stored.browser()
    answer = stored.ask_token(browser)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["expires_in"] <= 300
    header, claims = (json.loads(base64.urlsafe_b64decode(p + "==")) for p in body["access_token"].split(".")[:2])
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    assert (claims["iss"], claims["aud"], claims["role"]) == (BASE, BASE, "arbodienst")
    assert claims["sub"] == str(stored.system.id)
    assert claims["client_id"] == "systeem"
    assert claims["exp"] - claims["iat"] <= 300
    assert browser.get("/v1/me", headers=bearer(body["access_token"])).json()["scopes"] == sorted(stored.system.scopes)


def test_a_system_gets_no_more_than_it_asks(world: World) -> None:
    assert world.ask_token(world.browser(), scope=FILE).json()["scope"] == FILE


def test_more_than_the_client_has_is_refused(world: World) -> None:
    answer = world.ask_token(world.browser(), scope="arbobrug/beheer")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize("scope", [None, "", "  "])
def test_a_system_that_names_no_scope_gets_no_token(world: World, scope: str | None) -> None:
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    form |= {"client_assertion": world.assertion()} | ({} if scope is None else {"scope": scope})
    answer = world.browser().post("/oauth/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert answer.json()["error_description"].startswith("Give the scopes that you need")


@pytest.mark.parametrize("grant", ["password", "implicit", "refresh_token", "", "client_credentials x"])
def test_a11_other_grants_do_not_exist(world: World, grant: str) -> None:
    answer = world.ask_token(world.browser(), grant_type=grant)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_a16_a_system_gets_no_refresh_token(world: World) -> None:
    assert "refresh_token" not in world.ask_token(world.browser(), scope=FILE, access_type="offline").json()


def test_a17_a_client_has_one_grant_type(world: World) -> None:
    with world.database.transaction() as session, pytest.raises(InvalidInput):
        actions.add_client(session, client_id="two", name="T", grant_type="authorization_code client_credentials")
    with world.database.transaction() as session, pytest.raises(Conflict):
        actions.add_client(
            session, client_id="systeem", name="T", grant_type="authorization_code", redirect_uris=[BACK]
        )
    answer = world.ask_token(world.browser(), grant_type="authorization_code", code="x")
    assert answer.json()["error"] == "unauthorized_client"
    public = world.browser().post("/oauth/token", data={"grant_type": "client_credentials", "client_id": "vendor"})
    assert public.json()["error"] == "invalid_client"


def _none_assertion(world: World) -> str:
    parts = world.assertion().split(".")
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return f"{header}.{parts[1]}."


def _hmac_assertion(world: World) -> str:
    public = json.dumps(ECKey.import_key(world.system_key).as_dict(private=False))
    claims = {"iss": "systeem", "sub": "systeem", "aud": BASE, "jti": "x" * 20, "exp": int(time.time()) + 60}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(public))


_BAD: dict[str, Callable[[World], str]] = {
    "too far ahead": lambda w: w.assertion(exp=int(time.time()) + 3600),
    "just too far ahead": lambda w: w.assertion(exp=int(time.time()) + 310),
    "expired": lambda w: w.assertion(exp=int(time.time()) - 60),
    "no exp": lambda w: w.assertion(exp=None),
    "exp is text": lambda w: w.assertion(exp="soon"),
    "exp is not a number": lambda w: w.assertion(exp=float("nan")),
    "wrong audience": lambda w: w.assertion(aud="https://elsewhere.example"),
    "no audience": lambda w: w.assertion(aud=None),
    "no jti": lambda w: w.assertion(jti=None),
    "jti is a list": lambda w: w.assertion(jti=["a"]),
    "endless jti": lambda w: w.assertion(jti="a" * 10_000),
    "other issuer": lambda w: w.assertion(iss="vendor"),
    "unknown client": lambda w: w.assertion(iss="nobody", sub="nobody"),
    "public client": lambda w: w.assertion(iss="vendor", sub="vendor"),
    "subject is a list": lambda w: w.assertion(sub=["systeem"]),
    "issued later": lambda w: w.assertion(iat=int(time.time()) + 200),
    "other key": lambda w: w.assertion(key=ECKey.generate_key("P-256")),
    "key in the header": lambda w: w.assertion(
        key=(k := ECKey.generate_key("P-256")), header={"jwk": k.as_dict(private=False)}
    ),
    "unknown kid, with a quote": lambda w: w.assertion(header={"kid": 'x"y'}),
    "alg none": _none_assertion,
    "alg HS256 with the public key": _hmac_assertion,
    "no JWT": lambda _: "rubbish",
    "deep JSON": lambda _: f"{base64.urlsafe_b64encode(b'[' * 300 + b']' * 300).decode()}.e30.x",
    "alg HS256": lambda w: w.assertion(key=OctKey.generate_key(256), header={"alg": "HS256"}),
}


@pytest.mark.parametrize("name", _BAD)
def test_a18_an_assertion_that_is_not_right_is_refused(world: World, name: str) -> None:
    answer = world.ask_token(world.browser(), _BAD[name](world))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client"), answer.text


def test_a18_an_assertion_counts_once(stored: World) -> None:
    assertion = stored.assertion()
    assert stored.ask_token(stored.browser(), assertion).status_code == 200
    assert stored.ask_token(stored.browser(), assertion).json()["error"] == "invalid_client"


def test_a18_an_assertion_counts_once_when_five_come_together(stored: World) -> None:
    assertion = stored.assertion()
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: stored.ask_token(stored.browser(), assertion), range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]


def test_a18_an_assertion_counts_once_even_if_the_request_was_refused(stored: World) -> None:
    assertion = stored.assertion()
    assert stored.ask_token(stored.browser(), assertion, scope="everything").json()["error"] == "invalid_scope"
    assert stored.ask_token(stored.browser(), assertion).json()["error"] == "invalid_client"


def test_a_used_assertion_is_remembered_longer_than_it_can_live(world: World) -> None:
    expires = int(time.time()) + 120
    world.ask_token(world.browser(), world.assertion(exp=expires))
    with world.database.reading() as session:
        assert session.exec(select(UsedAssertion)).one().expires_at.timestamp() > expires + 30


@pytest.mark.parametrize("audience", [BASE, f"{BASE}/oauth/token", [BASE, "https://elsewhere.example"]])
def test_the_audience_may_be_us_or_the_token_endpoint(world: World, audience: Any) -> None:
    assert world.ask_token(world.browser(), world.assertion(aud=audience)).status_code == 200


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
def test_rsa_keys_are_taken_as_well(world: World, algorithm: str) -> None:
    key = RSAKey.generate_key(2048, auto_kid=True)
    with world.database.transaction() as session:
        actions.add_client(
            session,
            client_id="rsa",
            name="R",
            grant_type="client_credentials",
            role=Role.HIS_SYSTEM,
            public_jwk=key.as_dict(private=True),
        )
    header = {"alg": algorithm, "kid": key.kid}
    assertion = world.assertion(header=header, key=key, iss="rsa", sub="rsa")
    answer = world.ask_token(world.browser(), assertion, scope=" ".join(SCOPES_OF[Role.HIS_SYSTEM]))
    assert answer.status_code == 200


def test_only_public_halves_of_keys_are_kept(world: World) -> None:
    assert world.system.jwks is not None
    assert set(world.system.jwks["keys"][0]) & {"d", "p", "q"} == set()


@pytest.mark.parametrize("jwk", [{"kty": "oct", "k": "c2VjcmV0"}, {}, {"kty": "EC"}])
def test_a_symmetric_or_broken_key_is_not_registered(world: World, jwk: dict[str, str]) -> None:
    with world.database.transaction() as session, pytest.raises(InvalidInput):
        actions.add_client(
            session,
            client_id="k",
            name="K",
            grant_type="client_credentials",
            role=Role.HIS_SYSTEM,
            public_jwk=jwk or {"x": "y"},
        )


@pytest.mark.parametrize(
    "address",
    ["http://vendor.example/cb", "https://v.example/cb#x", "//v.example", "/cb", "javascript:alert(1)", "https://*.x/"],
)
def test_an_unsafe_redirect_address_is_not_registered(world: World, address: str) -> None:
    with world.database.transaction() as session, pytest.raises(InvalidInput):
        actions.add_client(session, client_id="k", name="K", grant_type="authorization_code", redirect_uris=[address])


def test_a_system_that_is_disabled_stops(stored: World) -> None:
    browser = stored.browser()
    token = stored.ask_token(browser).json()["access_token"]
    assert browser.get("/v1/me", headers=bearer(token)).status_code == 200
    with stored.database.transaction() as session:
        actions.disable_client(session, session.merge(stored.system))
    assert browser.get("/v1/me", headers=bearer(token)).status_code == 401
    assert stored.ask_token(browser).json()["error"] == "invalid_client"


def _assert_form(world: World, **form: str) -> dict[str, str]:
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": world.assertion(), **form}


def test_a_client_revokes_its_token_at_once(stored: World) -> None:
    browser = stored.browser()
    token = stored.ask_token(browser).json()["access_token"]
    assert browser.get("/v1/me", headers=bearer(token)).status_code == 200
    assert browser.post("/oauth/revoke", data=_assert_form(stored, token=token)).status_code == 200
    assert browser.get("/v1/me", headers=bearer(token)).status_code == 401
    assert browser.post("/oauth/revoke", data=_assert_form(stored, token=token)).status_code == 200


def test_a_revocation_by_another_process_is_seen_within_two_seconds(world: World) -> None:
    from service.identity import revocations

    browser = world.browser()
    token = world.ask_token(browser).json()["access_token"]
    assert browser.get("/v1/me", headers=bearer(token)).status_code == 200
    claims = world.verifier.claims(token)
    assert claims is not None
    elsewhere, revocations._copies = revocations._copies, type(revocations._copies)()
    try:
        with world.database.transaction() as session:
            revocations.revoke_token(session, claims.jti)
    finally:
        revocations._copies = elsewhere
    assert browser.get("/v1/me", headers=bearer(token)).status_code == 200
    world.verifier.revocations._due -= revocations.REFRESH_SECONDS
    assert browser.get("/v1/me", headers=bearer(token)).status_code == 401


def test_a_client_does_not_revoke_or_see_the_token_of_another(world: World) -> None:
    browser = world.browser()
    got = world.redeem(browser, world.code_flow(browser)).json()["access_token"]
    assert browser.post("/oauth/revoke", data=_assert_form(world, token=got)).json()["error"] == "invalid_grant"
    assert browser.post("/oauth/introspect", data=_assert_form(world, token=got)).json() == {"active": False}
    assert browser.get("/v1/me", headers=bearer(got)).status_code == 200


def test_introspection_is_for_the_owner_and_for_systems_that_administer(world: World) -> None:
    browser = world.browser()
    token = world.ask_token(browser).json()["access_token"]
    own = browser.post("/oauth/introspect", data=_assert_form(world, token=token)).json()
    assert (own["active"], own["client_id"], own["role"]) == (True, "systeem", "arbodienst")
    with world.database.transaction() as session:
        _, key = actions.add_client(
            session, client_id="beheer", name="B", grant_type="client_credentials", role=Role.ADMINISTRATOR
        )
    assert key is not None
    assertion = world.assertion(iss="beheer", sub="beheer", key=ECKey.import_key(key), header={"kid": key["kid"]})
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion, "token": token}
    assert browser.post("/oauth/introspect", data=form).json()["active"] is True
    assert browser.post("/oauth/introspect", data=_assert_form(world, token="rubbish")).json() == {"active": False}
    anonymous = browser.post("/oauth/introspect", data={"token": token, "client_id": "vendor"})
    assert anonymous.json()["error"] == "invalid_client"


def test_discovery_says_what_is_true(world: World) -> None:
    browser = world.browser()
    found = browser.get("/.well-known/oauth-authorization-server").json()
    assert found == browser.get("/.well-known/openid-configuration").json()
    assert found["issuer"] == BASE
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["grant_types_supported"] == ["authorization_code", "client_credentials"]
    assert "pushed_authorization_request_endpoint" not in found
    assert "registration_endpoint" not in found
    for name in ("token_endpoint", "revocation_endpoint", "introspection_endpoint"):
        assert browser.post(found[name]).status_code == 400
    keys = browser.get(found["jwks_uri"]).json()["keys"]
    assert len(keys) == 1
    assert "d" not in keys[0]


def test_a22_nobody_registers_a_client_over_the_network(world: World) -> None:
    assert world.browser().post("/oauth/register", json={}).status_code == 404


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"a=%ff", b"a=\x00", b"&".join([b"a=b"] * 100), b"a=" + b"b" * 70_000]
)
def test_a_form_that_cannot_be_read_is_refused(world: World, content: bytes) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = world.browser().post("/oauth/token", content=content, headers=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_json_is_no_form(world: World) -> None:
    answer = world.browser().post("/oauth/token", json={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
