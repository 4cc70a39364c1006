"""The JSON of a signal."""

from uuid import UUID

from pydantic import JsonValue

from service.notifications.schemas import NotificationContent, Paragraph
from service.signals.rules import Verdict
from service.validation import Answer, Moment, Strict


class SignalContent(Strict):
    """A suspicion for the signal desk: the case as far as it is known, and why it deserves a look."""

    case: NotificationContent
    why: Paragraph


class Judgement(Strict):
    """What the signal desk concludes, and why."""

    verdict: Verdict
    reason: Paragraph


class SignalView(Answer):
    """One signal, and where it stands."""

    id: UUID
    state: str
    state_text: str
    version: int
    why: str
    content: dict[str, JsonValue]
    reason: str | None
    received_at: Moment
    demo: bool
