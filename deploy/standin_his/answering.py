"""What the practice sends back: an answer to a message, with the consent that its worker gave there."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fhir.canonical import POLICY, URI_SYSTEM
from fhir.referral import Answered, Event, Permission, ReferralMessage
from fhir.report import Identifier

_TEXT = "Ik vind het goed dat mijn huisarts deze antwoorden aan de bedrijfsarts stuurt."
_HOLDS = timedelta(days=90)


def answer_to(request: ReferralMessage, answers: list[Answered]) -> ReferralMessage:
    """The answer as a message of the practice; the worker said yes in the practice itself."""
    moment, message_id = datetime.now(UTC).replace(microsecond=0), str(uuid.uuid4())
    permission = Permission(
        identifier=str(uuid.uuid4()),
        given_at=_written(moment),
        start=_written(moment),
        end=_written(moment + _HOLDS),
        parts=("answer",),
        policy=POLICY,
        text=_TEXT,
    )
    return replace(
        request,
        event=Event.REPLY,
        message_id=message_id,
        bundle_identifier=Identifier(URI_SYSTEM, f"urn:uuid:{message_id}"),
        sent_at=_written(moment),
        sender=request.recipient,
        recipient=request.sender,
        status="completed",
        business_status=None,
        letter=None,
        answers=tuple(answers),
        files=(),
        permission=permission,
        from_asked=True,
        supplement=False,
    )


def status_of(request: ReferralMessage, status: str, text: str | None = None) -> ReferralMessage:
    """Word of how far the practice is with it."""
    answered = answer_to(request, [])
    return replace(answered, event=Event.STATUS, status=status, reason_text=text, patient=None, permission=None)


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
