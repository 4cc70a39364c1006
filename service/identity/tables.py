"""What we keep of who may do what, and the questions asked of it. Secrets are kept as hashes only."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Date, Executable, Index, UniqueConstraint, bindparam, delete, inspect, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel, col, select

from service.database import UtcDateTime, is_sqlite
from service.ids import ordered_id


class GrantType(StrEnum):
    """The two ways to get a token. A client has exactly one (NL GOV profile), so the column holds one word."""

    CODE = "authorization_code"
    CLIENT = "client_credentials"


class RevocationKind(StrEnum):
    """What is revoked: one token by its jti, or every token of a subject made before a moment."""

    TOKEN = "token"  # noqa: S105 - a kind, not a secret
    SUBJECT = "subject"


class Organisation(SQLModel, table=True):
    """An organisation that people and systems work for."""

    __tablename__ = "identity_organisation"

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    name: str = Field(max_length=240, unique=True)
    kind: str = Field(max_length=32)
    city: str | None = Field(default=None, max_length=120)
    agb: str | None = Field(default=None, max_length=8, unique=True)
    ura: str | None = Field(default=None, max_length=8, unique=True)
    demo: bool = False


class Account(SQLModel, table=True):
    """A person who can sign in."""

    __tablename__ = "identity_account"

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    login: str = Field(max_length=120, unique=True)
    name: str = Field(max_length=240)
    role: str = Field(max_length=32, index=True)
    organisation_id: UUID = Field(foreign_key="identity_organisation.id", index=True)
    password_hash: str = Field(max_length=255)
    totp_secret: str | None = Field(default=None, max_length=64)
    totp_last_step: int = 0
    big: str | None = Field(default=None, max_length=11, unique=True)
    email: str | None = Field(default=None, max_length=254)
    acts_for: UUID | None = Field(default=None, foreign_key="identity_account.id", index=True)
    acts_until: date | None = Field(default=None, sa_type=Date)
    active: bool = True
    demo: bool = False
    language: str = Field(default="nl", max_length=2)
    defaults: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime = Field(sa_type=UtcDateTime)


class OAuthClient(SQLModel, table=True):
    """A program that may ask for tokens. Without public keys it is a public client."""

    __tablename__ = "identity_oauth_client"

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    client_id: str = Field(max_length=120, unique=True)
    name: str = Field(max_length=240)
    role: str | None = Field(default=None, max_length=32)
    organisation_id: UUID | None = Field(default=None, foreign_key="identity_organisation.id", index=True)
    grant_type: str = Field(max_length=32)
    redirect_uris: list[str] = Field(default_factory=list, sa_type=JSON)
    scopes: list[str] = Field(default_factory=list, sa_type=JSON)
    jwks: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    active: bool = True
    demo: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)


class AuthorizationCode(SQLModel, table=True):
    """One authorization code: used once, within a minute, and it remembers which token came of it."""

    __tablename__ = "identity_authorization_code"

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    code_hash: str = Field(max_length=64, unique=True)
    client_id: str = Field(max_length=120)
    account_id: UUID = Field(foreign_key="identity_account.id", index=True)
    redirect_uri: str = Field(max_length=2000)
    scope: str = Field(max_length=2000)
    code_challenge: str = Field(max_length=43)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    token_jti: str | None = Field(default=None, max_length=64)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)

    def get_redirect_uri(self) -> str:
        """Where the code was sent, as Authlib asks."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What was asked for, as Authlib asks."""
        return self.scope


class UsedAssertion(SQLModel, table=True):
    """A client assertion that was seen. Kept as long as the assertion could still be accepted."""

    __tablename__ = "identity_used_assertion"

    jti_hash: str = Field(primary_key=True, max_length=64)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class WebSession(SQLModel, table=True):
    """One person signed in in one browser; the browser holds the id, we hold its hash."""

    __tablename__ = "identity_web_session"

    id_hash: str = Field(primary_key=True, max_length=64)
    account_id: UUID = Field(foreign_key="identity_account.id", index=True)
    csrf_secret: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class SignInAttempt(SQLModel, table=True):
    """Failed sign-ins of one account from one address, under a keyed hash of the two."""

    __tablename__ = "identity_sign_in_attempt"

    key: str = Field(primary_key=True, max_length=64)
    failures: int = 0
    last_at: datetime = Field(sa_type=UtcDateTime, index=True)
    blocked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Revocation(SQLModel, table=True):
    """Tokens that stop before their time. A row is needed only as long as such a token could still live."""

    __tablename__ = "identity_revocation"
    __table_args__ = (
        UniqueConstraint("kind", "value", "since", name="uq_identity_revocation"),
        Index("ix_identity_revocation_expires", "expires_at"),
    )

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    kind: str = Field(max_length=16)
    value: str = Field(max_length=64)
    since: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


# Built once: a token is asked for so often that putting its question together would take longer than the answer.
_CLIENT = select(OAuthClient).where(OAuthClient.client_id == bindparam("client_id"))


def hashed(secret: str) -> str:
    """The hash under which a random secret is kept. Plain SHA-256 will do: nobody guesses 128 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def account_by_login(session: Session, login: str) -> Account | None:
    """The account with this login, in any case."""
    return session.exec(select(Account).where(Account.login == login.strip().lower())).first()


def client_by_id(session: Session, client_id: str) -> OAuthClient | None:
    """The client with this client_id, active or not."""
    return session.exec(_CLIENT, params={"client_id": client_id}).first()


def organisation_by_name(session: Session, name: str) -> Organisation | None:
    """The organisation with this name."""
    return session.exec(select(Organisation).where(Organisation.name == name)).first()


def insert_new(session: Session, table: type[SQLModel], row: Mapping[str, Any]) -> bool:
    """Insert the row unless its key is there already; tells whether it was new. The unique key decides."""
    insert = _insert_new(table, embedded=is_sqlite(session))
    return session.connection().execute(insert, dict(row)).first() is not None


@cache
def _insert_new(kind: type[SQLModel], *, embedded: bool) -> Executable:
    table = inspect(kind).local_table
    insert = sqlite.insert(table) if embedded else postgresql.insert(table)
    return insert.on_conflict_do_nothing().returning(*table.primary_key)


def use_code(session: Session, code_hash: str, client_id: str, jti: str, at: datetime) -> AuthorizationCode | None:
    """Take the code, if nobody did before and it still lives. Of any number at once, exactly one gets it."""
    taken = session.exec(
        update(AuthorizationCode)
        .where(
            col(AuthorizationCode.code_hash) == code_hash,
            col(AuthorizationCode.client_id) == client_id,
            col(AuthorizationCode.used_at).is_(None),
            col(AuthorizationCode.expires_at) > at,
        )
        .values(used_at=at, token_jti=jti)
        .returning(col(AuthorizationCode.id))
    ).first()
    return session.get_one(AuthorizationCode, taken[0]) if taken else None


def code_by_hash(session: Session, code_hash: str) -> AuthorizationCode | None:
    """The code as it stands, used or not."""
    return session.exec(select(AuthorizationCode).where(AuthorizationCode.code_hash == code_hash)).first()


def use_totp_step(session: Session, account_id: UUID, step: int) -> bool:
    """Note that the one-time code of this time step was used; false when it or a later one was used before."""
    used = update(Account).where(col(Account.id) == account_id, col(Account.totp_last_step) < step)
    taken = session.exec(used.values(totp_last_step=step).returning(col(Account.id)))
    return taken.first() is not None


def locked_attempts(session: Session, key: str, at: datetime) -> SignInAttempt:
    """The count for this key, made when absent, and locked until the end of the transaction."""
    insert_new(session, SignInAttempt, {"key": key, "failures": 0, "last_at": at})
    return session.exec(select(SignInAttempt).where(SignInAttempt.key == key).with_for_update()).one()


def forget_attempts(session: Session, key: str) -> None:
    """Start counting afresh."""
    session.exec(delete(SignInAttempt).where(col(SignInAttempt.key) == key))


def end_sessions(session: Session, account_id: UUID) -> None:
    """Sign this person out everywhere."""
    session.exec(delete(WebSession).where(col(WebSession.account_id) == account_id))


def live_revocations(session: Session, at: datetime) -> Sequence[Revocation]:
    """Every revocation that a living token could still run into."""
    return session.exec(select(Revocation).where(Revocation.expires_at > at)).all()


def forget_expired(session: Session, at: datetime) -> None:
    """Drop what has run out: codes, assertions, sessions, revocations, and counts nobody waits for."""
    for table in (AuthorizationCode, UsedAssertion, WebSession, Revocation):
        session.exec(delete(table).where(col(table.expires_at) < at))
    session.exec(delete(SignInAttempt).where(col(SignInAttempt.last_at) < at - timedelta(days=1)))
