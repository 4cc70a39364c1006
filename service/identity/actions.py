"""What can be done with identities: add organisations, people and systems, let people in, keep them out."""

import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from sqlmodel import Session

from service.clock import now
from service.database import Database
from service.events import SIGN_IN_FAILED
from service.identity import tables
from service.identity.access import SCOPES_OF, Role, Scope
from service.identity.clients import WEB_CLIENT_ID, may_sign_in
from service.identity.keys import KeyRing
from service.identity.passwords import MAX_PASSWORD, hash_password, is_password
from service.identity.revocations import revoke_subject
from service.identity.tables import Account, GrantType, OAuthClient, Organisation
from service.identity.throttle import count_attempt, throttle_key
from service.identity.totp import matching_step
from service.problems import Conflict, FieldError, InvalidInput
from service.settings import Settings
from service.text import Language, Text

MIN_PASSWORD = 12
_LOOPBACK = {"127.0.0.1", "[::1]", "localhost"}
_PRIVATE_PARTS = {"d", "p", "q", "dp", "dq", "qi", "k"}


class WrongSignIn(Exception):  # noqa: N818 - an answer to a person, not a fault of the program
    """The login name, the password or the code is not right. Which one, we do not say."""


def add_organisation(
    session: Session,
    name: str,
    kind: str,
    *,
    city: str | None = None,
    agb: str | None = None,
    ura: str | None = None,
    demo: bool = False,
) -> Organisation:
    """Add an organisation. Raises Conflict when the name is taken."""
    if tables.organisation_by_name(session, name):
        raise Conflict(Text("Er is al een organisatie met deze naam.", "There is an organisation of this name."))
    organisation = Organisation(name=name, kind=kind, city=city, agb=agb, ura=ura, demo=demo)
    session.add(organisation)
    session.flush()
    return organisation


def add_account(
    session: Session,
    *,
    login: str,
    name: str,
    role: Role,
    organisation: Organisation,
    password: str,
    totp_secret: str | None = None,
    big: str | None = None,
    email: str | None = None,
    acts_for: Account | None = None,
    acts_until: date | None = None,
    language: Language = Language.NL,
    defaults: Mapping[str, Any] | None = None,
    demo: bool = False,
) -> Account:
    """Add a person who can sign in. Raises Conflict when the login name is taken."""
    _check_password(password)
    if tables.account_by_login(session, login):
        raise Conflict(Text("Deze inlognaam is al in gebruik.", "This login name is in use."))
    account = Account(
        login=login.strip().lower(),
        name=name,
        role=role.value,
        organisation_id=organisation.id,
        password_hash=hash_password(password),
        totp_secret=totp_secret,
        big=big,
        email=email,
        acts_for=acts_for.id if acts_for else None,
        acts_until=acts_until,
        language=language.value,
        defaults=dict(defaults or {}),
        demo=demo,
        created_at=now(),
    )
    session.add(account)
    session.flush()
    return account


def add_client(
    session: Session,
    *,
    client_id: str,
    name: str,
    grant_type: str,
    role: Role | None = None,
    organisation: Organisation | None = None,
    scopes: Sequence[str] | None = None,
    redirect_uris: Sequence[str] = (),
    public_jwk: Mapping[str, Any] | None = None,
    public: bool = False,
    demo: bool = False,
) -> tuple[OAuthClient, dict[str, Any] | None]:
    """Add a program. Without a public key one is made, and its private half is given this once and kept nowhere."""
    held = _scopes(grant_type, role, scopes)
    if client_id == WEB_CLIENT_ID or tables.client_by_id(session, client_id):
        raise Conflict(Text("Dit client_id is al in gebruik.", "This client_id is in use."))
    private = None if public or public_jwk else new_client_key()
    client = OAuthClient(
        client_id=client_id,
        name=name,
        role=role.value if role else None,
        organisation_id=organisation.id if organisation else None,
        grant_type=grant_type,
        redirect_uris=_redirect_uris(grant_type, redirect_uris),
        scopes=held,
        jwks=None if public else _jwks(public_jwk or private or {}),
        demo=demo,
        created_at=now(),
    )
    if client.jwks is None and grant_type == GrantType.CLIENT:
        raise _invalid("/public", "Een systeem heeft een sleutel nodig.", "A system needs a key.")
    session.add(client)
    session.flush()
    return client, private


def new_client_key() -> dict[str, Any]:
    """A key pair for a client, as a private JWK."""
    return dict(ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True).as_dict(private=True))


def set_client_key(client: OAuthClient, public_jwk: Mapping[str, Any]) -> None:
    """Believe this key from now on, and the earlier one no longer."""
    client.jwks = _jwks(public_jwk)


def set_password(session: Session, account: Account, password: str) -> None:
    """Change the password and sign the person out everywhere."""
    _check_password(password)
    account.password_hash = hash_password(password)
    _stop(session, account)


def change_role(session: Session, account: Account, role: Role) -> None:
    """Give a person another role. Pages know at the next request; tokens with the old role stop."""
    account.role = role.value
    session.add(account)
    revoke_subject(session, account.id)


def disable_account(session: Session, account: Account) -> None:
    """Keep a person out: sessions end now, tokens within seconds."""
    account.active = False
    _stop(session, account)


def disable_client(session: Session, client: OAuthClient) -> None:
    """Keep a program out: no new tokens, and the old ones stop within seconds."""
    client.active = False
    session.add(client)
    revoke_subject(session, client.id)


def rotate_keys(keys: KeyRing) -> str:
    """Sign with a new key from now on; gives its id."""
    return keys.rotate()


def authenticate(
    database: Database, settings: Settings, secret: bytes, login: str, password: str, code: str, address: str
) -> UUID:
    """The account of who knows the password and the code. Raises WrongSignIn, or TooMany when it was tried too often.

    The slow hash is computed outside any transaction; the attempt is counted before it, so that it counts even if a
    hundred come at the same moment.
    """
    key = throttle_key(secret, login, address)
    with database.transaction() as session:
        count_attempt(session, key, now())
    with database.reading() as session:
        account = tables.account_by_login(session, login)
    known = is_password(account.password_hash if account else None, password)
    if account is None or not known or not may_sign_in(account, settings):
        raise _wrong("password")
    with database.transaction() as session:
        if account.totp_secret and not _is_fresh_code(session, account, code):
            raise _wrong("code")
        tables.forget_attempts(session, key)
    return account.id


def _is_fresh_code(session: Session, account: Account, code: str) -> bool:
    step = matching_step(account.totp_secret or "", code, time.time())
    return step is not None and tables.use_totp_step(session, account.id, step)


def _wrong(reason: str) -> WrongSignIn:
    SIGN_IN_FAILED.log(reason=reason)
    return WrongSignIn()


def _stop(session: Session, account: Account) -> None:
    session.add(account)
    tables.end_sessions(session, account.id)
    revoke_subject(session, account.id)


def _check_password(password: str) -> None:
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise _invalid(
            "/password",
            f"Neem een wachtwoord van {MIN_PASSWORD} tot {MAX_PASSWORD} tekens.",
            f"Use a password of {MIN_PASSWORD} to {MAX_PASSWORD} characters.",
        )


def _scopes(grant_type: str, role: Role | None, scopes: Sequence[str] | None) -> list[str]:
    # The column has room for more words than one; this is where a second grant type is refused.
    if grant_type not in set(GrantType):
        raise _invalid("/grantType", "Kies precies één grant type.", "Choose exactly one grant type.")
    if grant_type == GrantType.CLIENT and role is None:
        raise _invalid("/role", "Een systeem heeft een rol nodig.", "A system needs a role.")
    most = SCOPES_OF[role] if role and grant_type == GrantType.CLIENT else frozenset(Scope)
    held = sorted(most) if scopes is None else list(scopes)
    if not set(held) <= most:
        raise _invalid("/scopes", "Een recht past niet bij de rol.", "A scope does not fit the role.")
    return [str(scope) for scope in held]


def _redirect_uris(grant_type: str, addresses: Sequence[str]) -> list[str]:
    if (grant_type == GrantType.CODE) != bool(addresses) or not all(_is_redirect_uri(each) for each in addresses):
        raise _invalid(
            "/redirectUris",
            "Geef volledige adressen (https, of http op deze machine), zonder #; alleen voor authorization_code.",
            "Give full addresses (https, or http on this machine), without #; for authorization_code only.",
        )
    return list(addresses)


def _is_redirect_uri(address: str) -> bool:
    parts = urlsplit(address)
    plain = address.isascii() and address.isprintable() and not set(address) & set(' "\\#*<>')
    local = parts.scheme == "http" and parts.netloc.rsplit(":", 1)[0] in _LOOPBACK
    own = "." in parts.scheme  # a native app's own scheme, named after a domain (RFC 8252)
    return plain and ((parts.scheme == "https" and bool(parts.netloc)) or local or own)


def _jwks(jwk: Mapping[str, Any]) -> dict[str, Any]:
    public = {name: value for name, value in jwk.items() if name not in _PRIVATE_PARTS}
    try:
        key_set = KeySet.import_key_set({"keys": [public]})
    except (JoseError, ValueError, TypeError, KeyError):
        raise _invalid("/publicJwk", "Dit is geen publieke sleutel.", "This is not a public key.") from None
    if key_set.keys[0].key_type not in {"EC", "RSA"}:
        raise _invalid("/publicJwk", "Neem een EC- of RSA-sleutel.", "Use an EC or RSA key.")
    return {"keys": [dict(key_set.keys[0].as_dict(private=False))]}


def _invalid(pointer: str, nl: str, en: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError(pointer, pointer.strip("/").lower(), Text(nl, en))])
