"""The answer to a message: a message Bundle that says how it was taken."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from fhir.issues import Issue, Unreadable, issue
from fhir.referral import Acknowledgement, Event
from fhir.writing.message import write_acknowledgement
from service import events
from service.clock import now, written
from service.ids import ordered_id
from service.problems import Refusal, Unavailable
from service.referrals.agreeing import OutsideAgreement
from service.settings import Settings
from service.wire.answers import encoded, issues_of
from service.wire.messages.outgoing import base_of

# What may go well when it is sent again just so.
_PASSING = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Head:
    """By what a message is known to its sender, as far as it can be told without reading it."""

    message_id: str
    event: Event


class NotTaken(Exception):  # noqa: N818 - an answer and no fault
    """A message that we do not take, with everything that is wrong."""

    def __init__(self, status: int, issues: Sequence[Issue]) -> None:
        super().__init__("not taken")
        self.status, self.issues = status, list(issues)


def head_of(document: Any) -> Head | None:
    """The head of a message, or none for what has none that could be answered."""
    entries = document.get("entry") if isinstance(document, dict) else None
    first = entries[0] if isinstance(entries, list) and entries else None
    header = first.get("resource") if isinstance(first, dict) else None
    if not isinstance(header, dict) or header.get("resourceType") != "MessageHeader":
        return None
    coding, told = header.get("eventCoding"), header.get("id")
    event = coding.get("code") if isinstance(coding, dict) else None
    if not isinstance(event, str) or event not in set(Event) or not _is_uuid(told):
        return None
    return Head(str(told), Event(event))


@contextmanager
def told() -> Iterator[None]:
    """Turn every refusal inside the block into NotTaken, with its issues in the words of the error catalogue."""
    try:
        yield
    except Unreadable as unreadable:
        raise NotTaken(unreadable.status, unreadable.issues) from None
    except Refusal as refusal:
        raise NotTaken(int(refusal.status), _issues(refusal)) from None
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        events.STORAGE_UNAVAILABLE.log(kind=type(error).__name__)
        refused = Unavailable()
        raise NotTaken(int(refused.status), issues_of(refused)) from None


def acknowledged(settings: Settings, head: Head, issues: Sequence[Issue], status: int = HTTPStatus.OK) -> bytes:
    """The answer to a message that was taken, or was not."""
    code = Acknowledgement.OK
    if status != HTTPStatus.OK:
        code = Acknowledgement.TRANSIENT_ERROR if status in _PASSING else Acknowledgement.FATAL_ERROR
    return encoded(
        write_acknowledgement(
            str(ordered_id()), head.message_id, head.event.value, code, list(issues), base_of(settings), written(now())
        )
    )


def _issues(refusal: Refusal) -> list[Issue]:
    if not refusal.errors:
        return issues_of(refusal)
    code = "AB-R010" if isinstance(refusal, OutsideAgreement) else "AB-R007"
    return [issue(code, "Bundle", text=one.text.nl, text_en=one.text.en) for one in refusal.errors]


def _is_uuid(text: object) -> bool:
    try:
        return isinstance(text, str) and bool(UUID(text))
    except ValueError:
        return False
