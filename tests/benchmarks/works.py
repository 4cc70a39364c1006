"""The work that is measured: each kind as the requests that a client would send."""

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import product
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import import_key

from service.codes.catalogue import catalogue
from service.codes.entries import ListId
from tests.benchmarks.app import EMPTY
from tests.benchmarks.load import ETAG, HOST, KEY, MOST, PLACE, Order
from tests.benchmarks.programs import ROOT, Form

_EXAMPLE = ROOT / "service" / "demo" / "example.json"
_BUNDLE = ROOT / "service" / "web" / "connecting" / "melding.json"
_MESSAGE = ROOT / "service" / "web" / "connecting" / "bericht.json"
_YEAR, _OCCUPATION, _TYPED, _ASSERTION = "@@YR", "@@OC", "@@TYPED", "@@ASSERTION"
_SEARCHED = (ListId.CAS, ListId.ICD10, ListId.ISCO, ListId.SBI, ListId.EXPOSURE)
_TYPED_LENGTHS = (3, 4, 6, 9)
_MOST_TOKENS_PER_SECOND = 2_000
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Work(StrEnum):
    """What a client asks, and the references (EMPTY, NAIVE, BARE and their like) to hold it against."""

    EMPTY = "empty authenticated route"
    CHECK = "criteria check"
    FILE = "filing"
    FHIR = "filing by FHIR"
    MESSAGE = "message by FHIR"
    DRAFT = "draft, then submission"
    LIST = "list of 20"
    RECEIPT = "receipt, JSON"
    PDF = "receipt, PDF"
    CODES = "code search"
    TOKEN = "token by private_key_jwt"
    NAIVE = "naive create"
    NAIVE_FHIR = "naive create by FHIR"
    NAIVE_MESSAGE = "naive create of the message"
    BARE = "bare durable insert"
    BARE_MESSAGE = "bare durable insert of the message"


@dataclass(frozen=True)
class Asked:
    """The requests of one act, and the words in them that vary."""

    requests: Sequence[str]
    vary: Mapping[str, Sequence[str]] = field(default_factory=dict)
    spend: Mapping[str, Sequence[str]] = field(default_factory=dict)
    naive: bool = False


def order(work: Work, form: Form, connections: int, seconds: float, most: int = MOST) -> Mapping[str, Any]:
    """The order for the load: this work at this form, over so many connections, for so many seconds."""
    if work in {Work.BARE, Work.BARE_MESSAGE}:
        size = len(_notification() if work is Work.BARE else _varied_message())
        return {"insert": form.url, "connections": connections, "seconds": seconds, "bytes": size}
    asked = _ASKED[work](form, seconds)
    port = form.naive_port if asked.naive else form.port
    return Order(
        port=port,
        connections=connections,
        seconds=seconds,
        most=most,
        requests=asked.requests,
        vary=asked.vary,
        spend=asked.spend,
    )


def _written(method: str, path: str, *headers: str, body: str = "", kind: str = "application/json") -> str:
    length = [f"Content-Type: {kind}", f"Content-Length: {len(body.encode())}"] if method != "GET" else []
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {HOST}", *headers, *length, "", body])


def _bearer(form: Form) -> str:
    return f"Authorization: Bearer {form.token()}"


def _empty(form: Form, _: float) -> Asked:
    return Asked([_written("GET", EMPTY, _bearer(form))])


def _check(form: Form, _: float) -> Asked:
    content = json.loads(_EXAMPLE.read_text(encoding="utf-8"))
    body = {"diagnosis": {"cas": content["diagnosis"]["cas"]}, "findings": content["assessment"]["findings"]}
    return Asked([_written("POST", "/v1/criteria-checks", _bearer(form), body=json.dumps(body))])


def _notification() -> str:
    """The example with another worker every time: the register looks for notifications that are alike."""
    content = json.loads(_EXAMPLE.read_text(encoding="utf-8"))
    content["worker"]["birthYear"], content["occupation"]["isco"] = _YEAR, _OCCUPATION
    return json.dumps(content, ensure_ascii=False).replace(f'"{_YEAR}"', _YEAR)


def _workers() -> dict[str, list[str]]:
    """Birth years and occupations, each four characters. Their numbers share no factor, so that all pairs come by."""
    codes = [entry.code for entry in catalogue().lists[ListId.ISCO].entries]
    occupations = [code for code in codes if len(code) == len(_OCCUPATION)]
    years = [str(year) for year in range(1950, 1997)]
    return {_YEAR: years, _OCCUPATION: occupations[: len(occupations) - (len(occupations) % len(years) == 0)]}


def _file(form: Form, _: float) -> Asked:
    headers = (_bearer(form), f"Idempotency-Key: {KEY}")
    return Asked([_written("POST", "/v1/notifications?submit=true", *headers, body=_notification())], _workers())


def fhir_document() -> str:
    """The same case as a document Bundle, as the guide for vendors shows it."""
    return json.dumps(json.loads(_BUNDLE.read_text(encoding="utf-8")), ensure_ascii=False, separators=(",", ":"))


def _varied_bundle() -> str:
    """The document with an identifier and a worker of its own; both keep their length."""
    document = json.loads(fhir_document())
    document["identifier"]["value"] = f"urn:uuid:{KEY}"
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.replace('"birthDate":"1974"', f'"birthDate":"{_YEAR}"')


def _varied_message() -> str:
    """A referral message with a name, a Task and a trajectory of its own, and a consent that holds today."""
    document = json.loads(_MESSAGE.read_text(encoding="utf-8"))
    found = {one["resource"]["resourceType"]: one["resource"] for one in document["entry"]}
    document["entry"][0]["fullUrl"] = document["identifier"]["value"] = f"urn:uuid:{KEY}"
    found["MessageHeader"]["id"] = KEY
    found["Task"]["identifier"][0]["value"] = found["Task"]["groupIdentifier"]["value"] = KEY
    today = datetime.now(UTC).date()
    period = {"start": today.isoformat(), "end": (today + timedelta(days=30)).isoformat()}
    found["Consent"]["dateTime"], found["Consent"]["provision"]["period"] = today.isoformat(), period
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _fhir_request(path: str, body: str, *headers: str) -> str:
    request = _written("POST", path, *headers, body=body, kind="application/fhir+json")
    # What stands for an identifier is shorter than a UUID.
    length, each = len(body.encode()), len(str(uuid.UUID(int=0))) - len(KEY)
    return request.replace(f"Content-Length: {length}", f"Content-Length: {length + each * body.count(KEY)}")


def _by_fhir(form: Form, _: float) -> Asked:
    return Asked([_fhir_request("/fhir/R4/$process-notification", _varied_bundle(), _bearer(form))], _workers())


def _message(form: Form, _: float) -> Asked:
    return Asked([_fhir_request("/fhir/R4/$process-message", _varied_message(), _bearer(form))])


def _naive_message(_: Form, __: float) -> Asked:
    return Asked([_fhir_request("/fhir", _varied_message())], naive=True)


def _naive_fhir(_: Form, __: float) -> Asked:
    return Asked([_fhir_request("/fhir", _varied_bundle())], _workers(), naive=True)


def _draft(form: Form, _: float) -> Asked:
    headers = (_bearer(form), f"Idempotency-Key: {KEY}")
    first = _written("POST", "/v1/notifications", *headers, body=_notification())
    second = _written("POST", f"{PLACE}/submission", *headers, f"If-Match: {ETAG}")
    return Asked([first, second], _workers())


def _naive(_: Form, __: float) -> Asked:
    request = _written("POST", "/notifications", f"Idempotency-Key: {KEY}", body=_notification())
    return Asked([request], _workers(), naive=True)


def _list(form: Form, _: float) -> Asked:
    return Asked([_written("GET", "/v1/notifications?limit=20", _bearer(form))])


def _receipt(form: Form, kind: str) -> Asked:
    _, lines = form.api.call("GET", "/v1/notifications?limit=50")
    if not lines:
        _, filed = form.api.call("POST", "/v1/notifications?submit=true", json.loads(_EXAMPLE.read_text("utf-8")))
        lines = [{"id": filed["notificationId"], "number": filed["number"]}]
    request = _written("GET", f"/v1/notifications/{PLACE}ID/receipt?format={kind}", _bearer(form))
    return Asked([request], {f"{PLACE}ID": [line["id"] for line in lines if line["number"]]})


def _codes(form: Form, _: float) -> Asked:
    return Asked([_written("GET", f"/v1/codes/{_TYPED}", _bearer(form))], {_TYPED: _typed()})


def _typed() -> list[str]:
    """What people type: beginnings of labels, one letter wrong in every fourth; mixed over all large lists."""
    lists = catalogue().lists
    labels = {one: [entry.label.nl or entry.code for entry in lists[one].entries[:300]] for one in _SEARCHED}
    found = []
    for length, place in product(_TYPED_LENGTHS, range(300)):
        for one in _SEARCHED:
            words = "".join(c for c in labels[one][place % len(labels[one])][:length] if c.isascii() and c.isalpha())
            typed = words[:2] + "x" + words[3:] if place % 4 == 0 and length > 4 else words
            found.append(f"{one.value}?q={typed}")
    return list(dict.fromkeys(found))


def _token(form: Form, seconds: float) -> Asked:
    """Asks for tokens with assertions signed beforehand: each may be used once."""
    client, moment = form.api.client, int(time.time())
    key, name = import_key(client["private_jwk"]), client["client_id"]
    header = {"alg": client["alg"], "kid": client["kid"]}
    claims = {"iss": name, "sub": name, "aud": form.api.base_url, "iat": moment, "exp": moment + 240}
    assertions = [
        jwt.encode(header, claims | {"jti": uuid.uuid4().hex}, key)
        for _ in range(int(_MOST_TOKENS_PER_SECOND * seconds))
    ]
    form_body = urlencode(
        {
            "grant_type": "client_credentials",
            "scope": " ".join(client["scopes"]),
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": "",
        }
    )
    # The length is that of the assertion and not of the word that stands for it; all assertions are equally long.
    request = _written(
        "POST", "/oauth/token", body=form_body + assertions[0], kind="application/x-www-form-urlencoded"
    ).replace(assertions[0], _ASSERTION)
    return Asked([request], spend={_ASSERTION: assertions})


_ASKED: Mapping[Work, Callable[[Form, float], Asked]] = {
    Work.EMPTY: _empty,
    Work.CHECK: _check,
    Work.FILE: _file,
    Work.FHIR: _by_fhir,
    Work.MESSAGE: _message,
    Work.NAIVE_FHIR: _naive_fhir,
    Work.NAIVE_MESSAGE: _naive_message,
    Work.DRAFT: _draft,
    Work.LIST: _list,
    Work.RECEIPT: lambda form, _: _receipt(form, "json"),
    Work.PDF: lambda form, _: _receipt(form, "pdf"),
    Work.CODES: _codes,
    Work.TOKEN: _token,
    Work.NAIVE: _naive,
}
