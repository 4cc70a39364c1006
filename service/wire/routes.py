"""How the world reaches the FHIR door: /fhir/R4. Notifications in, receipts and Tasks out."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Header, Path, Request, Response

from fhir.issues import issue
from fhir.writing import write_parameters_answer, write_searchset
from fhir.writing.values import Found, Page
from service.database import Reading, Transaction
from service.identity.access import (
    Caller,
    MayCheckCriteria,
    MayKnowMe,
    MayReadBundles,
    MayReadTasks,
    MayUpdateTasks,
    Scope,
    insist,
)
from service.paging import write_cursor
from service.preconditions import IfMatch, etag, expected_version
from service.problems import NotFound
from service.referrals.steps import Change
from service.referrals.tables import referral_of, referral_of_message
from service.wire import actions, history
from service.wire.answers import answer, insist_on_fhir, outcome, versioned
from service.wire.asking import (
    SEARCH,
    applied,
    insist_on_known,
    insist_on_known_mode,
    is_dry_run,
    prefers,
    read_search,
)
from service.wire.incoming import Body, Received, receive
from service.wire.messages import fetching
from service.wire.messages import tasks as exchange_tasks

router = APIRouter()
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match")]
ResourceId = Annotated[str, Path(alias="id")]
_RECEIPT = "-receipt"


@router.post("/$process-notification")
def process_notification(request: Request, caller: MayKnowMe, body: Body) -> Response:
    """File, amend or withdraw a notification; `?mode=validate` says everything about it and keeps nothing."""
    state = request.app.state
    if is_dry_run(request):
        received = _document(request, caller, body)
        with state.database.reading() as session:
            return answer(write_parameters_answer(None, actions.check(session, caller, received)))
    with actions.attempt(state.database, caller, body) as walk:
        received = _document(request, caller, body)
        answered = actions.process(state.database, state.settings, caller, received, walk)
    headers = {"Location": f"{state.settings.base_url}/fhir/R4/Task/{answered.task_id}"}
    if not answered.replayed:
        headers["ETag"] = etag(answered.version)
    status = 200 if answered.replayed else 201
    if prefers(request).get("return") == "minimal":
        return Response(status_code=status, headers=headers)
    return answer(answered.body, status, headers)


def _document(request: Request, caller: Caller, body: bytes | None) -> Received:
    """What was offered, once caller, question and media type are in order: here, so that a refusal is an attempt."""
    insist(caller, [Scope.FILE])
    insist_on_known(request, "mode")
    insist_on_known_mode(request)
    insist_on_fhir(request)
    return receive(body)


@router.post("/Bundle/$validate")
def validate(request: Request, session: Reading, caller: MayCheckCriteria, body: Body) -> Response:
    """Say everything about a document, and keep nothing."""
    insist_on_known(request)
    insist_on_fhir(request)
    return answer(actions.check(session, caller, receive(body)))


@router.get("/Task")
def search_tasks(request: Request, session: Transaction, caller: MayReadTasks) -> Response:
    """Search the Tasks of the caller's exchanges and own notifications, in this order, each newest first."""
    search = read_search(request)
    state = request.app.state
    found = actions.search(session, state.settings, state.vault, caller, search)
    base: str = request.app.state.settings.base_url + "/fhir/R4/Task"
    asked = applied(request, SEARCH)
    anew = [(name, value) for name, value in asked if name != "_cursor"]
    place = (found.last[0], str(found.last[1])) if found.last else None
    page = Page(
        self_url=f"{base}?{urlencode(asked)}".rstrip("?"),
        found=tuple(Found(f"{base}/{task['id']}", task) for task in found.tasks),
        next_url=f"{base}?{urlencode([*anew, ('_cursor', write_cursor(*place))])}" if place else None,
        total=found.total,
    )
    return answer(write_searchset(page))


@router.get("/Task/{id}")
def read_task(
    request: Request, session: Transaction, caller: MayReadTasks, task_id: ResourceId, if_none_match: IfNoneMatch = None
) -> Response:
    """Read the Task of a submission or of an exchange: where it stands now."""
    insist_on_known(request)
    wanted, state = _uuid(task_id), request.app.state
    if referral_of(session, wanted) is not None:
        task, version = exchange_tasks.read(session, state.settings, state.vault, caller, wanted)
    else:
        task, version = actions.task(session, caller, wanted)
    return versioned(task, version, if_none_match)


@router.put("/Task/{id}")
def change_task(
    request: Request,
    session: Transaction,
    caller: MayUpdateTasks,
    body: Body,
    task_id: ResourceId,
    if_match: IfMatch = None,
) -> Response:
    """Take an exchange to another status, when that is the caller's step now."""
    insist_on_known(request)
    insist_on_fhir(request)
    state, change = request.app.state, Change(_uuid(task_id), expected_version(if_match))
    sent = receive(body).document
    task, version = exchange_tasks.change(session, state.settings, state.vault, caller, change, sent)
    return versioned(task, version, None)


@router.get("/Bundle/{id}")
def read_bundle(request: Request, session: Transaction, caller: MayReadBundles, bundle_id: ResourceId) -> Response:
    """Read a document as it was submitted, or its receipt; for the submitter only. Or a message, for who it is for."""
    insist_on_known(request)
    if bundle_id.endswith(_RECEIPT):
        return answer(actions.receipt_bundle(session, caller, _uuid(bundle_id.removesuffix(_RECEIPT))))
    wanted, state = _uuid(bundle_id), request.app.state
    if referral_of_message(session, wanted) is None:
        return answer(actions.bundle(session, caller, wanted))
    message = fetching.bundle(session, state.settings, state.vault, caller, wanted)
    return answer(message) if message else outcome(request, [issue("AB-C001")], 403)


@router.get("/$submission-history")
def submission_history(
    request: Request, session: Transaction, caller: MayReadTasks, identifier: str | None = None
) -> Response:
    """Tell how each document that the caller offered came out, step by step; the refused ones too."""
    insist_on_known(request, "identifier")
    return answer(history.written(session, caller, identifier))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None
