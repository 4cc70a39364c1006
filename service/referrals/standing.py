"""Where an exchange stands, in one line for the doctor who looks at it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.clock import AMSTERDAM, written_date
from service.identity.access import Role
from service.referrals.rules import STATE_TEXT, Closed, MessageKind, MessageState, Side, State
from service.text import Text

_DONE = frozenset({State.COMPLETED, State.REJECTED, State.CANCELLED, State.FAILED, State.REVOKED})
_STOPPED: Mapping[str, Text] = {
    Closed.EXPIRED: Text(
        "De werkende heeft niet geantwoord. Vraag het opnieuw of trek het in",
        "The worker did not answer. Ask again or withdraw it",
    ),
    Closed.MOVED: Text(
        "De arts werkt daar niet meer. Kies een ander adres of trek het in",
        "The doctor no longer works there. Choose another address or withdraw it",
    ),
    Closed.NOT_ALLOWED: Text(
        "Niet verzonden: de toestemming geldt niet meer. Vraag het opnieuw of trek het in",
        "Not sent: the consent no longer holds. Ask again or withdraw it",
    ),
}
_DOCTOR: Mapping[str, Text] = {
    Role.BEDRIJFSARTS: Text("Bedrijfsarts", "Occupational physician"),
    Role.VERZEKERINGSARTS: Text("Verzekeringsarts", "Insurance physician"),
    Role.HUISARTS: Text("Huisarts", "GP"),
    Role.SPECIALIST: Text("Specialist", "Specialist"),
}
_REPLY_WAITS = Text("Het antwoord wacht op toestemming van de werkende", "The answer waits for the worker's consent")
_LEAVING = Text("De toestemming is er. Het wordt verzonden", "There is consent. It is being sent")
_PRINT = Text("Druk de brief af", "Print the letter")


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


def standing(
    state: State, side: Side, asked: str, due_at: datetime | None, request: Last, own: Last | None, at: datetime
) -> Text:
    """The line: `asked` is the role of who was asked, `request` what was asked, `own` the last that this side made."""
    if state in _DONE or state is State.DRAFT:
        return STATE_TEXT[state]
    if own is not None and own.state in {MessageState.AWAITING_CONSENT, MessageState.STOPPED}:
        return _not_sent(own)
    if side is Side.ASKER and request.read_at is None and state in {State.REQUESTED, State.RECEIVED}:
        return _on_its_way(request, _DOCTOR[asked], at)
    if due_at is not None and due_at < at:
        return _since(Text("Het antwoord is te laat", "The answer is late"), due_at, at)
    if due_at is not None and state is not State.ON_HOLD:
        nl, en = _day(due_at)
        stand = STATE_TEXT[state]
        return Text(f"{stand.nl}; antwoord verwacht op {nl}", f"{stand.en}; answer expected on {en}")
    return STATE_TEXT[state]


def _not_sent(own: Last) -> Text:
    if own.state == MessageState.STOPPED:
        return _STOPPED.get(own.closed_because or "", STATE_TEXT[State.AWAITING_CONSENT])
    return _REPLY_WAITS if own.kind == MessageKind.REPLY else STATE_TEXT[State.AWAITING_CONSENT]


def _on_its_way(request: Last, doctor: Text, at: datetime) -> Text:
    if request.released_at is None:
        return _LEAVING
    if request.delivered_at is None:
        line = _since(Text("Nog niet aangekomen", "Not arrived yet"), request.released_at, at)
        printed = request.channel == "letter"
        return Text(f"{line.nl}. {_PRINT.nl}", f"{line.en}. {_PRINT.en}") if printed else line
    if request.channel == "letter":
        nl, en = _day(request.delivered_at)
        return Text(f"Per brief verzonden op {nl}", f"Sent by letter on {en}")
    looked = Text(f"{doctor.nl} heeft nog niet gekeken", f"{doctor.en} has not looked yet")
    return _since(looked, request.delivered_at, at)


def _since(line: Text, moment: datetime, at: datetime) -> Text:
    days = (at.astimezone(AMSTERDAM).date() - moment.astimezone(AMSTERDAM).date()).days
    if days <= 0:
        return line
    one = days == 1
    return Text(f"{line.nl}: {days} {'dag' if one else 'dagen'}", f"{line.en}: {days} {'day' if one else 'days'}")


def _day(moment: datetime) -> tuple[str, str]:
    day = moment.astimezone(AMSTERDAM).date()
    return written_date(day), written_date(day, english=True)
