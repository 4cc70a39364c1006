"""A message between two doctors as a value: all that `/v1` and FHIR both hold. What identifies is not shown.

One model for the message Bundle and the transaction Bundle; `fhir/data/codes.json` tells the codes on the wire.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from fhir.issues import Issue
from fhir.report import Author, Diagnosis, Identifier, Occupation, Organisation


class Event(StrEnum):
    """What a message is about; the codes of CodeSystem/bericht."""

    REQUEST = "verwijzing-verzoek"
    REPLY = "verwijzing-antwoord"
    STATUS = "verwijzing-status"
    WITHDRAWAL = "verwijzing-intrekking"
    CONSENT_WITHDRAWN = "toestemming-ingetrokken"


class Acknowledgement(StrEnum):
    """How a message was taken (MessageHeader.response.code)."""

    OK = "ok"
    TRANSIENT_ERROR = "transient-error"
    FATAL_ERROR = "fatal-error"


@dataclass(frozen=True, slots=True)
class Patient:
    """The worker, by name. `sex` is an administrative gender; `birth_date` a whole date."""

    name: str = field(repr=False)
    birth_date: str = field(repr=False)
    sex: str = "unknown"
    bsn: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Party:
    """One side: the doctor, as far as known, and the organisation."""

    organisation: Organisation
    doctor: Author | None = None
    endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """An attachment: title, media type and the bytes."""

    title: str = field(repr=False)
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """The fixed sections of a letter; None or empty is not given."""

    reason: str | None = field(default=None, repr=False)
    findings: str | None = field(default=None, repr=False)
    diagnosis: Diagnosis | None = None
    occupation: Occupation | None = None
    demands: str | None = field(default=None, repr=False)
    hours: str | None = field(default=None, repr=False)
    sector: str | None = None
    exposures: tuple[str, ...] = field(default=(), repr=False)
    question: str | None = field(default=None, repr=False)
    agreed: str | None = field(default=None, repr=False)
    summary: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """One question with its answer; None is not answered."""

    question: str = field(repr=False)
    answer: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Permission:
    """The consent that travels along: what, from whom, to whom, until when, and the text as it was shown.

    `parts` are the parts of the letter or the answer that the message holds: each of them, and each file, was found
    to be named in the consent.
    """

    identifier: str
    given_at: str
    start: str
    end: str
    parts: tuple[str, ...]
    policy: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReferralMessage:
    """One message that has been read, or is to be written.

    `kind` is a kind of exchange of /v1; `status` and `business_status` those of the Task, where None follows from the
    event and the status; times are RFC 3339. A request has a `letter`, a reply has `answers`; status, withdrawal and
    consent-withdrawn have neither. `from_asked` tells that the sender is the doctor who was asked (the Task's owner)
    and not the one who asks (its requester); `supplement` that a request adds to an earlier one.
    """

    event: Event
    message_id: str
    bundle_identifier: Identifier
    sent_at: str
    sender: Party
    recipient: Party
    task_id: str
    task_identifier: Identifier | None
    trajectory: str
    kind: str
    status: str
    business_status: str | None = None
    status_reason: str | None = None
    reason_text: str | None = field(default=None, repr=False)
    due: str | None = None
    urgent: bool = False
    patient: Patient | None = None
    letter: Letter | None = None
    answers: tuple[Answered, ...] = ()
    reply_diagnosis: Diagnosis | None = None
    files: tuple[File, ...] = ()
    permission: Permission | None = None
    from_asked: bool = False
    supplement: bool = False
    warnings: tuple[Issue, ...] = field(default=(), compare=False)

    @property
    def asker(self) -> Party:
        """Who asks: the requester of the Task."""
        return self.recipient if self.from_asked else self.sender

    @property
    def asked(self) -> Party:
        """Who was asked: the owner of the Task."""
        return self.sender if self.from_asked else self.recipient


def usual_phase(event: Event, status: str) -> str:
    """The business status that goes with an event and a status, unless another is told."""
    return "revoked" if event is Event.CONSENT_WITHDRAWN else status


@dataclass(frozen=True, slots=True)
class Remark:
    """One issue in the answer of another system; `code` is its own code, `text` its words."""

    severity: str
    type: str
    code: str | None = None
    text: str | None = field(default=None, repr=False)
    expression: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a message: how it was taken, the id of its MessageHeader, and what was remarked."""

    code: Acknowledgement
    answers: str
    remarks: tuple[Remark, ...] = ()
