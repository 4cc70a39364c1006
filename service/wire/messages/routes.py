"""How a message reaches the FHIR door: as a message Bundle, or as a transaction with the same content."""

from typing import Any

from fastapi import APIRouter, Request, Response

from fhir.issues import Issue
from fhir.reading.message import read_message, read_transaction
from fhir.writing.transaction import write_transaction_response
from service.identity.access import MaySendMessages
from service.preconditions import etag
from service.referrals.attachments import MOST_BYTES
from service.referrals.tables import Referral
from service.wire.answers import answer, encoded, insist_on_fhir, outcome
from service.wire.asking import insist_on_known
from service.wire.incoming import MAX_MESSAGE_BYTES, Body, receive
from service.wire.lists import LISTS
from service.wire.messages.acknowledging import Head, NotTaken, acknowledged, head_of, told
from service.wire.messages.actions import Done, Incoming, take
from service.wire.messages.outgoing import base_of
from service.wire.sender import insist_on_scopes
from service.wire.values import written_identifier

router = APIRouter()


@router.post("/$process-message")
def process_message(request: Request, caller: MaySendMessages, body: Body) -> Response:
    """Take in a message; the answer is a message too, also when it is refused."""
    state, head = request.app.state, None
    try:
        with told():
            _insist(request)
            received = receive(body, MAX_MESSAGE_BYTES)
            head = head_of(received.document)
            insist_on_scopes(caller, received.document)
            message = read_message(received.document, LISTS, largest_file=MOST_BYTES)
            incoming = Incoming(message, message.message_id, received.sha256)
            kept = head or Head(message.message_id, message.event)
            done = take(
                state.database,
                state.vault,
                caller,
                incoming,
                lambda _, issues: acknowledged(state.settings, kept, issues),
            )
    except NotTaken as refused:
        return _refused(request, head, refused)
    return answer(done.answer, 200, _location(request, done))


@router.post("/")
def transaction(request: Request, caller: MaySendMessages, body: Body) -> Response:
    """Take in a transaction with the same content."""
    state = request.app.state
    try:
        with told():
            _insist(request)
            received = receive(body, MAX_MESSAGE_BYTES)
            insist_on_scopes(caller, received.document)
            message = read_transaction(received.document, LISTS, largest_file=MOST_BYTES)
            types = [one["resource"]["resourceType"] for one in received.document["entry"]]
            incoming = Incoming(message, written_identifier(message.bundle_identifier), received.sha256)
            done = take(
                state.database, state.vault, caller, incoming, lambda row, issues: _response(types, row, issues)
            )
    except NotTaken as refused:
        return _refused(request, None, refused)
    return answer(done.answer, 200, _location(request, done))


def _response(types: list[str], row: Referral, issues: list[Issue]) -> bytes:
    location = f"Task/{row.id}/_history/{row.version}"
    return encoded(write_transaction_response(types, location, etag(row.version), issues))


def _insist(request: Request) -> None:
    insist_on_known(request)
    insist_on_fhir(request)


def _location(request: Request, done: Done) -> dict[str, Any]:
    return {"Location": f"{base_of(request.app.state.settings)}/Task/{done.referral_id}"}


def _refused(request: Request, head: Head | None, refused: NotTaken) -> Response:
    if head is None:
        return outcome(request, refused.issues, refused.status)
    body = acknowledged(request.app.state.settings, head, refused.issues, refused.status)
    headers = {"Retry-After": "5"} if refused.status == 503 else {}
    return answer(body, refused.status, headers)
