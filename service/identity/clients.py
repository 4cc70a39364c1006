"""Clients and people as Authlib asks about them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from service.clock import now, today
from service.identity import tables
from service.identity.access import Role, Scope
from service.identity.tables import Account, GrantType, OAuthClient
from service.settings import Settings

WEB_CLIENT_ID = "arbobrug-web"


@dataclass(frozen=True, slots=True)
class Client:
    """A client, and the questions Authlib has about it."""

    row: OAuthClient
    first_party: bool = False

    @property
    def client_id(self) -> str:
        """The name it goes by."""
        return self.row.client_id

    @property
    def auth_method(self) -> str:
        """How it proves who it is: by a signature, or, without keys, not at all."""
        return "private_key_jwt" if self.row.jwks else "none"

    def get_client_id(self) -> str:
        """The client_id."""
        return self.row.client_id

    def get_default_redirect_uri(self) -> None:
        """None: a client always says where to go back to."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scope asked for, all of the client's when it asks for none, nothing when it asks for more than it has."""
        if scope is None:
            return " ".join(self.row.scopes)
        return scope if set(scope.split()) <= set(self.row.scopes) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Compare to the letter: no slash, case, query or sub-domain of difference."""
        return redirect_uri in self.row.redirect_uris

    def check_endpoint_auth_method(self, method: str, _: str) -> bool:
        """One method, at every endpoint."""
        return method == self.auth_method

    def check_response_type(self, response_type: str) -> bool:
        """Codes only, and only for clients with people behind them."""
        return response_type == "code" and self.row.grant_type == GrantType.CODE

    def check_grant_type(self, grant_type: str) -> bool:
        """One grant type per client."""
        return grant_type == self.row.grant_type

    def check_client_secret(self, _: str) -> bool:
        """No client has a secret."""
        return False

    def claims(self) -> dict[str, Any]:
        """What a token says of this client when it acts for itself."""
        return _claims(self.row.id, self.role, self.row.organisation_id, demo=self.row.demo)

    @property
    def role(self) -> Role:
        """The role of a client that acts for itself; only those have one."""
        assert self.row.role is not None
        return Role(self.row.role)


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in person, and what a token says of them."""

    account: Account

    @property
    def role(self) -> Role:
        """The role as it is now."""
        return Role(self.account.role)

    @property
    def acts_for(self) -> UUID | None:
        """For whom the person works today."""
        until = self.account.acts_until
        return self.account.acts_for if until is None or today() <= until else None

    def get_user_id(self) -> str:
        """The subject of the person's tokens."""
        return str(self.account.id)

    def claims(self) -> dict[str, Any]:
        """What a token says of this person. No name: a token travels."""
        account = self.account
        return _claims(account.id, self.role, account.organisation_id, self.acts_for, demo=account.demo)


def _claims(
    subject: UUID, role: Role, organisation: UUID | None, acts_for: UUID | None = None, *, demo: bool
) -> dict[str, Any]:
    found = {"sub": str(subject), "role": role.value}
    found |= {"org": str(organisation)} if organisation else {}
    found |= {"acts_for": str(acts_for)} if acts_for else {}
    return {**found, "demo": True} if demo else found


def find_client(session: Session, settings: Settings, client_id: str) -> Client | None:
    """The active client of this name; demo clients only where demo parties are welcome."""
    if client_id == WEB_CLIENT_ID:
        return Client(web_client(settings), first_party=True)
    row = tables.client_by_id(session, client_id)
    return Client(row) if row and row.active and (settings.demo or not row.demo) else None


def find_person(session: Session, settings: Settings, account_id: UUID) -> Person | None:
    """The person behind an account that may be used now."""
    account = session.get(Account, account_id)
    return Person(account) if account and may_sign_in(account, settings) else None


def may_sign_in(account: Account, settings: Settings) -> bool:
    """Tell whether the account may be used: not disabled, and no demo account where there is no demo."""
    return account.active and (settings.demo or not account.demo)


def web_client(settings: Settings) -> OAuthClient:
    """Our own pages as a client. No row: its address follows the settings and can never be out of date."""
    return OAuthClient(
        client_id=WEB_CLIENT_ID,
        name="Arbobrug",
        grant_type=GrantType.CODE,
        redirect_uris=[f"{settings.base_url}/aanmelden/terug"],
        scopes=[scope.value for scope in Scope],
        created_at=_BUILT_IN,
    )


_BUILT_IN: datetime = now()
