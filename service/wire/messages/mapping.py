"""From a message on the wire to what the pages of the doctors send."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from fhir.issues import Unreadable, issue
from fhir.referral import Patient, Permission, ReferralMessage
from fhir.report import Diagnosis
from service.clock import AMSTERDAM, now
from service.problems import InvalidInput
from service.referrals.attachments import File
from service.referrals.rules import Kind
from service.referrals.schemas import (
    ConsentTold,
    Letter,
    NewReferral,
    Recipient,
    Rejection,
    Remark,
    Reply,
    Supplement,
)
from service.validation import field_errors

_Model = TypeVar("_Model", bound=BaseModel)
_LONGEST_TEXT = 4000
_NO_WORDS = {
    "on-hold": "Er is een vraag terug.",
    "failed": "Het is niet gelukt.",
    "cancelled": "Ingetrokken door de afzender.",
}


def request_of(message: ReferralMessage, recipient: Recipient) -> NewReferral:
    """A request as a new exchange."""
    assert message.patient is not None
    consent = consent_of(message.permission)
    made = _made(
        NewReferral,
        {
            "kind": message.kind,
            "person": _person(message.patient),
            "recipient": recipient.model_dump(mode="json", by_alias=True, exclude_none=True),
            "letter": _letter(message),
            "consent": None,
            "urgent": message.urgent,
            # On the wire a second opinion is one that the worker asks for; there is no other.
            "requestedByWorker": message.kind == Kind.SECOND_OPINION,
        },
    )
    return made.model_copy(update={"consent": consent})


def supplement_of(message: ReferralMessage) -> Supplement:
    """What was asked back."""
    return Supplement(letter=_made(Letter, _letter(message)), consent=consent_of(message.permission))


def reply_of(message: ReferralMessage) -> Reply:
    """An answer."""
    answers = [_said({"question": one.question, "answer": one.answer}) for one in message.answers]
    made = _made(Reply, _said({"answers": answers, "diagnosis": _diagnosis(message.reply_diagnosis)}))
    return made.model_copy(update={"consent": consent_of(message.permission)})


def rejection_of(message: ReferralMessage) -> Rejection:
    """Why it goes back."""
    return _made(Rejection, _said({"reason": message.status_reason or "other", "text": message.reason_text}))


def remark_of(message: ReferralMessage) -> Remark:
    """The word that goes with a status, or ours when there is none."""
    return _made(Remark, {"text": message.reason_text or _NO_WORDS[message.status]})


def files_of(message: ReferralMessage) -> list[File]:
    """The files that came along."""
    return [File(one.title, one.media_type, one.content) for one in message.files]


def consent_of(permission: Permission | None) -> ConsentTold:
    """What the worker gave there, if it holds now. Raises Unreadable when it does not."""
    if permission is None:
        raise Unreadable([issue("AB-C003", "Bundle.entry")])
    moment, start, end = now(), _moment(permission.start), _moment(permission.end, ends=True)
    given = _moment(permission.given_at)
    if end is None or end <= moment or (start and start > moment) or (given and given > moment + timedelta(days=1)):
        raise Unreadable([issue("AB-C001", "Bundle.entry")])
    return ConsentTold(evidence=permission.text[:_LONGEST_TEXT], until=end)


def trajectory_of(message: ReferralMessage) -> UUID | None:
    """The trajectory, when it has the form of ours."""
    try:
        return UUID(message.trajectory.removeprefix("urn:uuid:"))
    except ValueError:
        return None


def _moment(text: str, *, ends: bool = False) -> datetime | None:
    """A FHIR dateTime; a date alone is the begin of that day here, or its end."""
    try:
        if len(text) == len("2026-11-22"):
            day = date.fromisoformat(text) + timedelta(days=1 if ends else 0)
            return datetime.combine(day, time(), AMSTERDAM) - timedelta(seconds=1 if ends else 0)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=AMSTERDAM)


def _person(patient: Patient) -> dict[str, Any]:
    return {"name": patient.name, "birthDate": patient.birth_date, "sex": patient.sex}


def _letter(message: ReferralMessage) -> dict[str, Any]:
    letter = message.letter
    assert letter is not None
    occupation = letter.occupation
    work = {
        "occupation": occupation.text if occupation else None,
        "isco": occupation.isco if occupation else None,
        "sector": letter.sector,
        "demands": letter.demands,
        "hours": letter.hours,
    }
    return _said(
        {
            "reason": letter.reason,
            "findings": letter.findings,
            "diagnosis": _diagnosis(letter.diagnosis),
            "work": _said(work),
            "exposures": list(letter.exposures),
            "question": letter.question,
            "agreed": letter.agreed,
            "summary": letter.summary,
        }
    )


def _diagnosis(diagnosis: Diagnosis | None) -> dict[str, Any] | None:
    if diagnosis is None:
        return None
    return _said({"cas": diagnosis.cas, "icd10": diagnosis.icd10, "text": diagnosis.text})


def _said(value: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in value.items() if one not in (None, {}, [])}


def _made(model: type[_Model], document: dict[str, Any]) -> _Model:
    try:
        return model.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise InvalidInput(errors=field_errors(error.errors(), model)) from None
