"""The steps in the life of a notification, in words."""

from collections.abc import Mapping

from service.notifications.rules import Act, State
from service.notifications.tables import Event
from service.text import Text

_DONE: Mapping[str, Text] = {
    Act.SUBMIT: Text("Ingediend", "Submitted"),
    Act.AMEND: Text("Vervangen door een nieuwe versie", "Replaced by a new version"),
    Act.WITHDRAW: Text("Ingetrokken", "Withdrawn"),
    Act.REGISTER: Text("Geregistreerd", "Registered"),
    Act.RETURN: Text("Teruggestuurd met vragen", "Returned with questions"),
    Act.NOT_REGISTER: Text("Niet geregistreerd", "Not registered"),
}
_AGAIN = Text("Opnieuw ingediend", "Submitted again")


def done(event: Event) -> Text:
    """What was done in this step."""
    return _AGAIN if event.act == Act.SUBMIT and event.from_state == State.RETURNED else _DONE[event.act]
