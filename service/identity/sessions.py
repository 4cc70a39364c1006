"""Sessions of people in browsers: the browser keeps a random id in a cookie, the database keeps its hash."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request, Response
from sqlmodel import Session

from service.clock import now
from service.identity import tables
from service.identity.clients import may_sign_in
from service.identity.tables import Account, WebSession
from service.settings import Settings

LONGEST = timedelta(hours=12)
_SEEN_EVERY = timedelta(minutes=1)
_SESSION, _FORM = "arbobrug", "arbobrug-form"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that is good now, and whose it is."""

    session: WebSession
    account: Account


def cookie_name(name: str, settings: Settings) -> str:
    """The name of a cookie. __Host- binds it to this host and to https; browsers refuse it without https."""
    return f"__Host-{name}" if _secure(settings) else name


def set_cookie(response: Response, name: str, value: str, settings: Settings, max_age: int | None = None) -> None:
    """Give the browser a cookie that scripts cannot read and other sites cannot send along with a form."""
    response.set_cookie(
        cookie_name(name, settings), value, max_age, httponly=True, samesite="lax", secure=_secure(settings)
    )


def drop_cookie(response: Response, name: str, settings: Settings) -> None:
    """Take a cookie back."""
    response.delete_cookie(cookie_name(name, settings), httponly=True, samesite="lax", secure=_secure(settings))


def session_id(cookies: Mapping[str, str], settings: Settings) -> str | None:
    """The session id that the browser sends."""
    return cookies.get(cookie_name(_SESSION, settings))


def begin(session: Session, account: Account) -> str:
    """A new session; gives its id. Always a new one at sign-in, so that nobody can be handed a known id."""
    fresh, moment = secrets.token_urlsafe(32), now()
    session.add(
        WebSession(
            id_hash=tables.hashed(fresh),
            account_id=account.id,
            csrf_secret=secrets.token_urlsafe(32),
            created_at=moment,
            last_seen_at=moment,
            expires_at=moment + LONGEST,
        )
    )
    return fresh


def keep_in_browser(response: Response, fresh: str, settings: Settings) -> None:
    """Hand the id of a session to the browser, until it closes."""
    set_cookie(response, _SESSION, fresh, settings)


def find(session: Session, settings: Settings, known: str | None, at: datetime) -> SignedIn | None:
    """The session with this id, if it is not over and its account may still be used. Role and rights are fresh."""
    row = session.get(WebSession, tables.hashed(known)) if known else None
    if row is None or row.expires_at <= at or row.last_seen_at + timedelta(minutes=settings.session_minutes) <= at:
        return None
    account = session.get(Account, row.account_id)
    return SignedIn(row, account) if account and may_sign_in(account, settings) else None


def seen_long_ago(row: WebSession, at: datetime) -> bool:
    """Tell whether it is time to note that the session is in use; not at every page."""
    return at - row.last_seen_at > _SEEN_EVERY


def end(session: Session, known: str | None) -> None:
    """End the session with this id, if there is one."""
    row = session.get(WebSession, tables.hashed(known)) if known else None
    if row:
        session.delete(row)


def leave_browser(response: Response, settings: Settings) -> None:
    """Take the session id out of the browser."""
    drop_cookie(response, _SESSION, settings)


def form_cookie(request: Request, settings: Settings) -> str:
    """The random value that ties a form to this browser before anyone has signed in."""
    return request.cookies.get(cookie_name(_FORM, settings)) or secrets.token_urlsafe(32)


def keep_form_cookie(response: Response, value: str, settings: Settings) -> None:
    """Hand that value to the browser."""
    set_cookie(response, _FORM, value, settings)


def form_token(secret: bytes, value: str) -> str:
    """What a form must carry to come from the browser with this cookie."""
    return hmac.new(secret, f"form\n{value}".encode(), hashlib.sha256).hexdigest()


def is_own_form(request: Request, settings: Settings, secret: bytes, token: str) -> bool:
    """Tell whether the form was made for this browser."""
    value = request.cookies.get(cookie_name(_FORM, settings))
    return value is not None and same(form_token(secret, value), token)


def same(one: str, other: str) -> bool:
    """Compare two secrets without telling by the time it takes how much of them agrees."""
    return hmac.compare_digest(one.encode(), other.encode())


def _secure(settings: Settings) -> bool:
    return settings.base_url.startswith("https://")
