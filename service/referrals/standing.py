"""Where an exchange stands, in one line for the doctor who looks at it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.clock import AMSTERDAM, written_date
from service.referrals.rules import STATE_TEXT, Closed, MessageKind, MessageState, Side, State

_DONE = frozenset({State.COMPLETED, State.REJECTED, State.CANCELLED, State.FAILED, State.REVOKED})
_STOPPED: Mapping[str, str] = {
    Closed.EXPIRED: "De werkende heeft niet geantwoord. Vraag het opnieuw of trek het in",
    Closed.MOVED: "De arts werkt daar niet meer. Kies een ander adres of trek het in",
    Closed.NOT_ALLOWED: "Niet verzonden: de toestemming geldt niet meer. Vraag het opnieuw of trek het in",
}


@dataclass(frozen=True, slots=True)
class Last:
    """The last message of a kind, as far as the line looks at it."""

    kind: str
    state: str
    channel: str | None
    closed_because: str | None
    released_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None


def standing(state: State, side: Side, due_at: datetime | None, request: Last, own: Last | None, at: datetime) -> str:
    """The line: `request` is what was asked, `own` the last clinical message that this side made."""
    if state in _DONE or state is State.DRAFT:
        return STATE_TEXT[state].nl
    if own is not None and own.state in {MessageState.AWAITING_CONSENT, MessageState.STOPPED}:
        return _not_sent(own)
    if side is Side.ASKER and request.read_at is None and state in {State.REQUESTED, State.RECEIVED}:
        return _on_its_way(request, at)
    if due_at is not None and due_at < at:
        return f"Het antwoord is te laat{_since(due_at, at)}"
    if due_at is not None and state is not State.ON_HOLD:
        return f"{STATE_TEXT[state].nl}; antwoord verwacht op {_day(due_at)}"
    return STATE_TEXT[state].nl


def _not_sent(own: Last) -> str:
    if own.state == MessageState.STOPPED:
        return _STOPPED.get(own.closed_because or "", STATE_TEXT[State.AWAITING_CONSENT].nl)
    answer = " Het antwoord wacht op toestemming van de werkende"
    return answer.strip() if own.kind == MessageKind.REPLY else STATE_TEXT[State.AWAITING_CONSENT].nl


def _on_its_way(request: Last, at: datetime) -> str:
    if request.released_at is None:
        return "De toestemming is er. Het wordt verzonden"
    if request.delivered_at is None:
        printed = ". Druk de brief af" if request.channel == "letter" else ""
        return f"Nog niet aangekomen{_since(request.released_at, at)}{printed}"
    if request.channel == "letter":
        return f"Per brief verzonden op {_day(request.delivered_at)}"
    return f"Aangekomen, nog niet gelezen{_since(request.delivered_at, at)}"


def _since(moment: datetime, at: datetime) -> str:
    days = (at.astimezone(AMSTERDAM).date() - moment.astimezone(AMSTERDAM).date()).days
    return f" — {days} {'dag' if days == 1 else 'dagen'}" if days > 0 else ""


def _day(moment: datetime) -> str:
    return written_date(moment.astimezone(AMSTERDAM).date())
