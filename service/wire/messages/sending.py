"""Handing a released message to the system of who it is for, at the address pinned in the address book.

No address comes from a message, no redirect is followed, no proxy is used, and an answer is read up to a size and a
time. Nothing here runs inside a transaction: what is sent was read and closed before.
"""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
from joserfc import jwt

from fhir.issues import Unreadable
from fhir.reading.acknowledgement import read_acknowledgement
from fhir.referral import Acknowledgement, Answer
from service.database import Database
from service.identity.assertions import ASSERTION_TYPE
from service.identity.keys import ALGORITHM, KeyRing
from service.parties.rules import is_endpoint
from service.parties.tables import Address
from service.persons.actions import seal_of
from service.persons.tables import Person
from service.persons.vault import Vault
from service.problems import InvalidInput
from service.referrals.channels import Refused, Transport
from service.referrals.contents import opened
from service.referrals.tables import attachments_of, message_of, referral_of, referral_of_message
from service.settings import Settings
from service.strict_json import read_json
from service.wire.answers import FHIR_JSON
from service.wire.messages.outgoing import message_bytes

_TIMEOUT = httpx2.Timeout(10, connect=4)
_WHOLE_SECONDS = 20
_MOST_BYTES = 256 * 1024
_ASSERTION_SECONDS = 60
_SCOPE = "arbobrug/bericht.verzenden"
# What another system says for good about a message, and not about this moment.
_FINAL = frozenset({400, 403, 404, 405, 406, 409, 410, 413, 415, 422})
_UNREADABLE = "Het antwoord van het andere systeem was niet te lezen."


class NotNow(Exception):  # noqa: N818 - the outbox tries again
    """The other system did not take it at this moment."""


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A message ready to go, and where to."""

    message_id: UUID
    endpoint: str
    token_endpoint: str
    client_id: str
    body: bytes = field(repr=False)


def transport(database: Database, settings: Settings, vault: Vault) -> Transport:
    """The way by FHIR, for who starts the work."""

    def carry(message_id: UUID) -> None:
        parcel = _parcel(database, settings, vault, message_id)
        # trust_env off: a proxy or a .netrc of this machine would see what crosses between two doctors.
        with httpx2.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as http:
            token = _token(http, settings, parcel)
            status, body = _post(
                http,
                f"{parcel.endpoint.rstrip('/')}/$process-message",
                content=parcel.body,
                headers={
                    "Authorization": f"Bearer {token}",
                    "Content-Type": f"{FHIR_JSON}; fhirVersion=4.0",
                    "Accept": FHIR_JSON,
                },
            )
        _judge(parcel.message_id, status, body)

    return carry


def _parcel(database: Database, settings: Settings, vault: Vault, message_id: UUID) -> _Parcel:
    with database.reading() as session:
        message = message_of(session, message_id)
        referral_id = referral_of_message(session, message_id)
        row = referral_of(session, referral_id) if referral_id else None
        address = session.get(Address, message.to_organisation)
        assert row is not None
        pinned = [address.fhir_endpoint, address.token_endpoint, address.fhir_client_id] if address else []
        endpoint, token_endpoint, client_id = (one or "" for one in pinned or ("", "", ""))
        if not (is_endpoint(endpoint) and is_endpoint(token_endpoint)):
            raise NotNow
        content = opened(seal_of(vault, session.get_one(Person, row.person_id)), message)
        files = [one for one in attachments_of(session, row.id) if one.message_id == message.id]
        body = message_bytes(session, settings, vault, row, message, content, files)
        return _Parcel(message.id, endpoint, token_endpoint, client_id, body)


def _token(http: httpx2.Client, settings: Settings, parcel: _Parcel) -> str:
    form = {
        "grant_type": "client_credentials",
        "scope": _SCOPE,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": _assertion(settings, parcel),
    }
    status, body = _post(http, parcel.token_endpoint, data=form, headers={"Accept": "application/json"})
    document = _document(body)
    token = document.get("access_token") if isinstance(document, dict) else None
    # However it refuses: an agreement on keys that is broken is mended by people, and the message may go then.
    if status != httpx2.codes.OK or not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise NotNow
    return token


def _assertion(settings: Settings, parcel: _Parcel) -> str:
    """Who we are, signed with the key that we publish at /oauth/jwks."""
    moment, keys = int(time.time()), KeyRing(settings.key_file).signing
    claims = {
        "iss": parcel.client_id,
        "sub": parcel.client_id,
        "aud": parcel.token_endpoint,
        "jti": str(uuid.uuid4()),
        "iat": moment,
        "exp": moment + _ASSERTION_SECONDS,
    }
    return jwt.encode({"alg": ALGORITHM, "kid": keys.keys[0].kid}, claims, keys)


def _post(http: httpx2.Client, url: str, **what: Any) -> tuple[int, bytes]:
    """Send, and read the answer up to its size and time. Raises NotNow when either is passed, or nothing answers."""
    until, body = time.monotonic() + _WHOLE_SECONDS, b""
    try:
        with http.stream("POST", url, **what) as answer:
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > _MOST_BYTES or time.monotonic() > until:
                    raise NotNow
            return answer.status_code, body
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise NotNow(type(error).__name__) from None  # the cause holds the request, and so the message


def _judge(message_id: UUID, status: int, body: bytes) -> None:
    """What the answer means. An answer to another message is none."""
    acknowledgement = _read(body)
    if acknowledgement is not None and acknowledgement.answers == str(message_id):
        if acknowledgement.code is Acknowledgement.OK and status < 300:
            return
        if acknowledgement.code is Acknowledgement.FATAL_ERROR:
            raise Refused(_words(acknowledgement))
        raise NotNow
    if status in _FINAL:
        raise Refused(_UNREADABLE)
    raise NotNow


def _read(body: bytes) -> Answer | None:
    try:
        return read_acknowledgement(_document(body))
    except Unreadable:
        return None


def _document(body: bytes) -> Any:
    try:
        return read_json(body)
    except InvalidInput:
        return None


def _words(answer: Answer) -> str:
    """What the other system said, by its codes: its words may repeat what was in the message."""
    codes = dict.fromkeys(one.code or one.type for one in answer.remarks if one.code or one.type)
    return f"Het andere systeem weigerde dit bericht ({', '.join(codes) or 'zonder reden'})."
