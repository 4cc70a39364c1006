"""The life of a signal: received, then judged by the signal desk."""

from collections.abc import Mapping
from enum import StrEnum

from service.text import Text


class State(StrEnum):
    """Where a signal stands."""

    RECEIVED = "received"
    NO_SIGNAL = "no-signal"
    WATCH = "watch"
    ALERT = "alert"


class Verdict(StrEnum):
    """What the signal desk can conclude; a watched signal can be judged again."""

    NO_SIGNAL = "no-signal"
    WATCH = "watch"
    ALERT = "alert"


JUDGEABLE = frozenset({State.RECEIVED, State.WATCH})

STATE_TEXT: Mapping[State, Text] = {
    State.RECEIVED: Text("Ontvangen door het signaalloket", "Received by the signal desk"),
    State.NO_SIGNAL: Text("Geen signaal", "No signal"),
    State.WATCH: Text("Wordt gevolgd", "Being watched"),
    State.ALERT: Text("Waarschuwing uitgegeven", "Alert issued"),
}
