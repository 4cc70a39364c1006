"""Made-up parties to try the service with. Their passwords and keys are in one file, for our eyes only."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import Session

from service.identity import actions, tables
from service.identity.access import SCOPES_OF, Role
from service.identity.clients import WEB_CLIENT_ID
from service.identity.files import write_private
from service.identity.passwords import is_password
from service.identity.tables import Account, GrantType, OAuthClient, Organisation
from service.identity.totp import new_totp_secret
from service.settings import Settings

_ARBODIENST, _PRACTICE = "Demo Arbodienst Noord", "Demo Praktijk Zelfstandig"
# The URA and AGB of the parties that connect by FHIR; made up, in the form of the real ones.
_NUMBERS: Mapping[str, tuple[str, str]] = {
    _ARBODIENST: ("90000001", "98000001"),
    _PRACTICE: ("90000002", "98000002"),
    "Demo Huisartsenpraktijk": ("90000003", "98000003"),
}
_ORGANISATIONS: Mapping[str, tuple[str, str]] = {
    _ARBODIENST: ("arbodienst", "Demostad"),
    _PRACTICE: ("independent", "Demodorp"),
    "Demo Verzekeraar": ("insurer", "Demostad"),
    "Demo Huisartsenpraktijk": ("gp-practice", "Demodorp"),
    "Demo Ziekenhuis": ("hospital", "Demostad"),
    "Demo Kliniek Arbeidsgeneeskunde": ("clinic", "Demostad"),
    "Demo Registratiebureau": ("registry", "Demostad"),
    "Demo Arbeidsinspectie": ("inspectorate", "Demostad"),
    "Demo Beheer": ("operator", "Demostad"),
}


@dataclass(frozen=True, slots=True)
class _User:
    login: str
    name: str
    role: Role
    organisation: str
    acts_for: str | None = None
    totp: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)


_NO_SERVICE: Mapping[str, Any] = {"arbodienst": None}
_USERS = (
    _User(
        "bedrijfsarts.a",
        "Demo Bedrijfsarts A",
        Role.BEDRIJFSARTS,
        _ARBODIENST,
        None,
        False,
        {"arbodienst": _ARBODIENST},
    ),
    _User("bedrijfsarts.b", "Demo Bedrijfsarts B", Role.BEDRIJFSARTS, _PRACTICE, None, False, _NO_SERVICE),
    _User(
        "assistent", "Demo Assistent", Role.ASSISTANT, _ARBODIENST, "bedrijfsarts.a", False, {"arbodienst": _ARBODIENST}
    ),
    _User("verzekeringsarts", "Demo Verzekeringsarts", Role.VERZEKERINGSARTS, "Demo Verzekeraar"),
    _User("huisarts", "Demo Huisarts", Role.HUISARTS, "Demo Huisartsenpraktijk"),
    _User("specialist", "Demo Specialist", Role.SPECIALIST, "Demo Ziekenhuis"),
    _User("team", "Demo Klinisch Team", Role.CLINICAL_TEAM, "Demo Kliniek Arbeidsgeneeskunde"),
    _User("registratie", "Demo Registratie", Role.REGISTRY, "Demo Registratiebureau"),
    _User("inspectie", "Demo Inspectie", Role.INSPECTORATE, "Demo Arbeidsinspectie"),
    _User("beheer", "Demo Beheerder", Role.ADMINISTRATOR, "Demo Beheer", totp=True),
)


@dataclass(frozen=True, slots=True)
class _System:
    word: str
    client_id: str
    name: str
    role: Role
    organisation: str


_SYSTEMS = (
    _System("arbodienst", "demo-arbodienst", "Demo Arbodienstsysteem", Role.ARBODIENST_SYSTEM, _ARBODIENST),
    _System("his", "demo-his", "Demo Huisartsinformatiesysteem", Role.HIS_SYSTEM, "Demo Huisartsenpraktijk"),
    _System(
        "inspectorate", "demo-inspectie", "Demo Inspectiesysteem", Role.INSPECTORATE_SYSTEM, "Demo Arbeidsinspectie"
    ),
)


def demo_file(settings: Settings) -> Path:
    """Where the demo credentials are."""
    return settings.data / "demo.json"


def seed_demo(session: Session, settings: Settings) -> dict[str, Any]:
    """Add the demo parties and write down how they sign in; a second time keeps both as they are.

    The file is the only place with the passwords. If it is lost or belongs to another database, new ones are made.
    """
    kept = _kept(settings)
    organisations = {name: _organisation(session, name) for name in _ORGANISATIONS}
    if not _still_true(session, kept):
        kept = {}
    known_users = {user["login"]: user for user in kept.get("users", [])}
    known_clients = {client["client_id"]: client for client in kept.get("clients", [])}
    scopes = {str(scope) for user in _USERS for scope in SCOPES_OF[user.role]}
    document = {
        "base_url": settings.base_url,
        "users": [_user(session, user, organisations, known_users.get(user.login)) for user in _USERS],
        "clients": [_client(session, each, organisations, known_clients.get(each.client_id)) for each in _SYSTEMS],
        "web_client": {
            "client_id": WEB_CLIENT_ID,
            "redirect_uri": f"{settings.base_url}/aanmelden/terug",
            "scopes": sorted(scopes),
        },
    }
    if document != kept:
        write_private(demo_file(settings), json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return document


def _kept(settings: Settings) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(demo_file(settings).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found


def _still_true(session: Session, kept: Mapping[str, Any]) -> bool:
    # File and database are written together, so one password stands for all: each costs a tenth of a second.
    first = next(iter(kept.get("users", [])), None)
    account = tables.account_by_login(session, first["login"]) if first else None
    return first is not None and (account is None or is_password(account.password_hash, first["password"]))


def _organisation(session: Session, name: str) -> Organisation:
    kind, city = _ORGANISATIONS[name]
    found = tables.organisation_by_name(session, name)
    ura, agb = _NUMBERS.get(name, (None, None))
    return found or actions.add_organisation(session, name, kind, city=city, ura=ura, agb=agb, demo=True)


def _user(
    session: Session, user: _User, organisations: Mapping[str, Organisation], known: Mapping[str, Any] | None
) -> dict[str, Any]:
    account = tables.account_by_login(session, user.login)
    password = known["password"] if known else secrets.token_urlsafe(18)
    totp_secret = (known["totp_secret"] if known else new_totp_secret()) if user.totp else None
    if account is None:
        account = _add(session, user, organisations[user.organisation], password, totp_secret)
    elif known is None:
        actions.set_password(session, account, password)
        account.totp_secret = totp_secret
    entry = {"role": user.role.value, "name": user.name, "login": user.login, "password": password}
    return entry | ({"totp_secret": totp_secret} if totp_secret else {})


def _add(session: Session, user: _User, organisation: Organisation, password: str, totp_secret: str | None) -> Account:
    return actions.add_account(
        session,
        login=user.login,
        name=user.name,
        role=user.role,
        organisation=organisation,
        password=password,
        totp_secret=totp_secret,
        email=f"{user.login}@demo.arbobrug.example",
        acts_for=tables.account_by_login(session, user.acts_for) if user.acts_for else None,
        defaults=user.defaults,
        demo=True,
    )


def _client(
    session: Session, system: _System, organisations: Mapping[str, Organisation], known: Mapping[str, Any] | None
) -> dict[str, Any]:
    key = known["private_jwk"] if known else actions.new_client_key()
    client = tables.client_by_id(session, system.client_id)
    if client is None:
        client = _add_system(session, system, organisations[system.organisation], key)
    else:
        actions.set_client_key(client, key)
    return {
        "role": system.word,
        "client_id": client.client_id,
        "scopes": list(client.scopes),
        "kid": key["kid"],
        "alg": "ES256",
        "private_jwk": key,
    }


def _add_system(session: Session, system: _System, organisation: Organisation, key: Mapping[str, Any]) -> OAuthClient:
    client, _ = actions.add_client(
        session,
        client_id=system.client_id,
        name=system.name,
        grant_type=GrantType.CLIENT,
        role=system.role,
        organisation=organisation,
        public_jwk=key,
        demo=True,
    )
    return client
