"""The registry's desk: /beheer with its queue, one notification at a time, and the signals."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from sqlmodel import Session

from service.database import Reading, Transaction
from service.identity.access import Scope, insist
from service.identity.web_session import Page, PageCaller, check_csrf
from service.notifications import actions as notifications
from service.notifications.rules import State
from service.notifications.schemas import Decision
from service.paging import Cursor
from service.problems import Conflict, InvalidInput, NotFound, Refusal, Stale
from service.signals import actions as signal_desk
from service.signals.rules import State as SignalState
from service.signals.tables import signals
from service.web.incoming import Posted, value
from service.web.pages import language_of, render, see_other
from service.web.registry_forms import (
    MOST_QUESTIONS,
    DecisionForm,
    JudgementForm,
    complaints,
)
from service.web.registry_views import SHOWN_STATES, assessable, queue, signal_choices, signal_lines, signal_page

_MOST_SIGNALS = 100

router = APIRouter(prefix="/beheer", include_in_schema=False)
RecordId = Annotated[UUID, Path(alias="id")]
# What to say after a decision; only these words can be put in the address.
_Done = Annotated[Decision | None, Query(alias="gedaan")]
_Refused = (InvalidInput, Stale, Conflict)


@router.get("")
def read_queue(
    request: Request, session: Reading, page: PageCaller, state: State = State.QUEUED, cursor: Cursor = None
) -> Response:
    """What waits for the registry, oldest first."""
    insist(page.caller, [Scope.ASSESS])
    if state not in SHOWN_STATES:
        raise NotFound
    found = queue(session, state, cursor, language_of(request, page), demo=page.caller.demo)
    return render(request, "beheer/werkvoorraad.html", page, queue=found, first_page=cursor is None)


@router.get("/meldingen/{id}")
def read_notification(
    request: Request, session: Transaction, page: PageCaller, notification_id: RecordId, done: _Done = None
) -> Response:
    """One notification, with the forms to decide on it."""
    insist(page.caller, [Scope.ASSESS])
    return _notification(request, session, page, notification_id, DecisionForm(), done=done)


@router.post("/meldingen/{id}")
def decide(
    request: Request, session: Transaction, page: PageCaller, notification_id: RecordId, posted: Posted
) -> Response:
    """Register, return with questions, or do not register; or give one more row for a question."""
    insist(page.caller, [Scope.ASSESS])
    check_csrf(page, value(posted, "csrf"))
    form = DecisionForm.read(posted)
    if form.act == "add-question":
        return _notification(request, session, page, notification_id, form)
    try:
        notifications.assess(session, page.caller, notification_id, form.version, form.decision())
    except _Refused as refusal:
        return _notification(request, session, page, notification_id, form, refusal)
    return see_other(f"/beheer/meldingen/{notification_id}?gedaan={form.act}")


@router.get("/signalen")
def read_signals(request: Request, session: Reading, page: PageCaller, state: str = "") -> Response:
    """The signals, newest first."""
    insist(page.caller, [Scope.JUDGE_SIGNAL])
    chosen = _signal_state(state)
    rows = signals(
        session,
        owner=signal_desk.whose(page.caller),
        state=chosen.value if chosen else None,
        demo=page.caller.demo,
        limit=_MOST_SIGNALS + 1,
    )
    language = language_of(request, page)
    return render(
        request,
        "beheer/signalen.html",
        page,
        lines=signal_lines(rows[:_MOST_SIGNALS], language),
        choices=signal_choices(chosen, language),
        most=_MOST_SIGNALS if len(rows) > _MOST_SIGNALS else None,
    )


@router.get("/signalen/{id}")
def read_signal(
    request: Request,
    session: Transaction,
    page: PageCaller,
    signal_id: RecordId,
    done: Annotated[bool, Query(alias="gedaan")] = False,
) -> Response:
    """One signal, with the form to judge it."""
    insist(page.caller, [Scope.JUDGE_SIGNAL])
    return _signal(request, session, page, signal_id, JudgementForm(), done=done)


@router.post("/signalen/{id}")
def judge(request: Request, session: Transaction, page: PageCaller, signal_id: RecordId, posted: Posted) -> Response:
    """Conclude: no signal, watch, or alert."""
    insist(page.caller, [Scope.JUDGE_SIGNAL])
    check_csrf(page, value(posted, "csrf"))
    form = JudgementForm.read(posted)
    try:
        signal_desk.judge(session, page.caller, signal_id, form.version, form.judgement())
    except _Refused as refusal:
        return _signal(request, session, page, signal_id, form, refusal)
    return see_other(f"/beheer/signalen/{signal_id}?gedaan=true")


def _notification(
    request: Request,
    session: Session,
    page: Page,
    notification_id: UUID,
    form: DecisionForm,
    refusal: Refusal | None = None,
    *,
    done: Decision | None = None,
) -> Response:
    row, kept = notifications.open_for_assessment(session, page.caller, notification_id)
    language = language_of(request, page)
    return render(
        request,
        "beheer/melding.html",
        page,
        refusal.status if refusal else 200,
        case=assessable(session, row, kept, language),
        form=form,
        problems=complaints(refusal, language) if refusal else (),
        done=done.value if done else None,
        most_questions=MOST_QUESTIONS,
    )


def _signal(
    request: Request,
    session: Session,
    page: Page,
    signal_id: UUID,
    form: JudgementForm,
    refusal: Refusal | None = None,
    *,
    done: bool = False,
) -> Response:
    row = signal_desk.open_signal(session, page.caller, signal_id)
    language = language_of(request, page)
    return render(
        request,
        "beheer/signaal.html",
        page,
        refusal.status if refusal else 200,
        signal=signal_page(row, language),
        form=form,
        problems=complaints(refusal, language) if refusal else (),
        done=done,
    )


def _signal_state(asked: str) -> SignalState | None:
    """The state to filter on; a form without script sends an empty one for all."""
    if not asked:
        return None
    try:
        return SignalState(asked)
    except ValueError:
        raise NotFound from None
