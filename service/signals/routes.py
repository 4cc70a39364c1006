"""How the world reaches the signal desk: /v1/signals."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel

from service.clock import to_the_hour, written
from service.database import Reading, Transaction
from service.idempotency import IdempotencyKey, once
from service.identity.access import MayJudgeSignal, MaySignal, MaySignalOrJudge, Scope
from service.notifications.judgement import refuse_identity
from service.paging import Cursor, PageSize, link_next, read_moment_and_id, write_cursor
from service.partly import JudgedBy
from service.preconditions import IfMatch, etag, expected_version
from service.signals import actions
from service.signals.rules import STATE_TEXT, State
from service.signals.schemas import Judgement, SignalContent, SignalView
from service.signals.tables import Signal, signals
from service.strict_json import RawBody, StrictRoute
from service.text import Language

router = APIRouter(prefix="/signals", tags=["signals"], route_class=StrictRoute)
# One scope or the other opens these; the dependency decides, and the document says both.
_EITHER = {"security": [{"arbobrug": [Scope.SIGNAL.value]}, {"arbobrug": [Scope.JUDGE_SIGNAL.value]}]}
SignalId = Annotated[UUID, Path(alias="id", description="The id of the signal; random.")]


def _names_nobody(_: Request, content: BaseModel) -> None:
    refuse_identity(content)


@router.post("", status_code=201, response_model=SignalView, summary="Send a suspicion to the signal desk")
def send(
    request: Request,
    session: Transaction,
    caller: MaySignal,
    content: Annotated[SignalContent, JudgedBy(_names_nobody)],
    body: RawBody,
    key: IdempotencyKey = None,
) -> Response:
    """Send what is plausible but too uncertain to notify, or a new combination."""

    def act() -> Response:
        return _answer(actions.send(session, caller, content, body))

    return once(session, caller.subject, key, request, body, act)


@router.get("", summary="Your own signals, or all of them for the desk", openapi_extra=_EITHER)
def overview(
    request: Request,
    response: Response,
    session: Reading,
    caller: MaySignalOrJudge,
    state: State | None = None,
    limit: PageSize = 20,
    cursor: Cursor = None,
) -> list[SignalView]:
    """List signals, newest first."""
    after, whose = read_moment_and_id(cursor) if cursor else None, actions.whose(caller)
    rows = signals(session, owner=whose, state=state, demo=caller.demo, limit=limit + 1, after=after)
    link_next(request, response, _place(rows[limit - 1]) if len(rows) > limit else None)
    return [view(row) for row in rows[:limit]]


@router.get("/{id}", summary="One signal", openapi_extra=_EITHER)
def read(response: Response, session: Transaction, caller: MaySignalOrJudge, signal_id: SignalId) -> SignalView:
    """Show one signal."""
    row = actions.open_signal(session, caller, signal_id)
    response.headers["ETag"] = etag(row.version)
    return view(row)


@router.post("/{id}/judgement", status_code=201, response_model=SignalView, summary="Judge, as the signal desk")
def judge(
    request: Request,
    session: Transaction,
    caller: MayJudgeSignal,
    signal_id: SignalId,
    judgement: Annotated[Judgement, JudgedBy(_names_nobody)],
    body: RawBody,
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """Conclude: no signal, watch, or alert."""

    def act() -> Response:
        return _answer(actions.judge(session, caller, signal_id, expected_version(if_match), judgement))

    return once(session, caller.subject, key, request, body, act)


def _place(row: Signal) -> str:
    return write_cursor(written(row.received_at), str(row.id))


def view(row: Signal, language: Language = Language.NL) -> SignalView:
    """A signal as the world sees it."""
    document = json.loads(row.body)
    return SignalView(
        id=row.id,
        state=row.state,
        state_text=STATE_TEXT[State(row.state)].in_(language),
        version=row.version,
        why=document["why"],
        content=document["case"],
        reason=row.reason,
        received_at=written(to_the_hour(row.received_at)),
        demo=row.demo,
    )


def _answer(row: Signal) -> Response:
    headers = {"Location": f"/v1/signals/{row.id}", "ETag": etag(row.version)}
    return Response(view(row).model_dump_json(by_alias=True), 201, headers, media_type="application/json")
