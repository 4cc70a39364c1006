"""The JSON of exchanges: what a doctor sends, and what comes back."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from service.consent.rules import Basis
from service.notifications.schemas import Code, Diagnosis, Line
from service.persons.schemas import PersonDetails
from service.referrals.rules import Kind, RejectReason
from service.validation import Answer, Moment, Strict

Prose = Annotated[str, StringConstraints(min_length=1, max_length=4000)]


class Work(Strict):
    """The work situation as the other doctor needs it: what is done, and what it demands."""

    occupation: Line | None = None
    isco: Code | None = None
    sector: Code | None = None
    demands: Prose | None = None
    hours: Line | None = None


class Letter(Strict):
    """The letter: fixed sections, none of them free to choose. Each is a part that a consent names."""

    reason: Prose | None = None
    findings: Prose | None = None
    diagnosis: Diagnosis | None = None
    work: Work | None = None
    exposures: Annotated[list[Line], Field(max_length=20)] = []
    question: Prose | None = None
    agreed: Prose | None = None
    summary: Prose | None = None

    def parts(self) -> frozenset[str]:
        """The sections that hold something, by the names that a consent uses."""
        given = self.model_dump(by_alias=False, exclude_none=True)
        return frozenset(name for name, value in given.items() if value)


class Recipient(Strict):
    """Who is asked: an organisation from the address book, and if known the doctor there."""

    organisation: UUID
    practitioner: UUID | None = None


class ConsentAsked(Strict):
    """How the worker is asked. For oral and paper the doctor says how the worker gave it; that is kept as evidence."""

    basis: Basis = Basis.LINK
    evidence: Prose | None = None
    language: Literal["nl", "en"] = "nl"


class NewReferral(Strict):
    """A new exchange. The worker is one entered before (`personId`) or entered now (`person`)."""

    kind: Kind
    person_id: UUID | None = None
    person: PersonDetails | None = None
    recipient: Recipient
    letter: Letter
    consent: ConsentAsked = ConsentAsked()
    urgent: bool = False
    came_from: UUID | None = None
    notification_id: UUID | None = Field(default=None, description="Known to you alone; never sent.")

    @model_validator(mode="after")
    def _one_worker(self) -> "NewReferral":
        if (self.person_id is None) == (self.person is None):
            raise ValueError("one of personId and person")
        return self


class QuestionAnswered(Strict):
    """One question of the asking doctor with the facts that answer it, or that it is not answered."""

    question: Prose
    answer: Prose | None = None


class Reply(Strict):
    """The answer: facts and findings that were asked for, and nothing else."""

    answers: Annotated[list[QuestionAnswered], Field(min_length=1, max_length=20)]
    diagnosis: Diagnosis | None = None
    consent: ConsentAsked = ConsentAsked()


class Rejection(Strict):
    """Why it goes back."""

    reason: RejectReason
    text: Annotated[str, StringConstraints(min_length=1, max_length=280)] | None = None


class PartyView(Answer):
    """A party as the other one sees it."""

    organisation: UUID
    name: str
    city: str | None
    practitioner: str | None
    role: str


class MessageView(Answer):
    """One thing that crossed, as far as the viewer may read it. `letter` and `reply` are null when it may not."""

    id: UUID
    kind: str
    state: str
    from_organisation: UUID
    released_at: Moment | None
    delivered_at: Moment | None
    read_at: Moment | None
    letter: Letter | None = None
    reply: Reply | None = None
    attachments: list["AttachmentView"] = []
    closed_because: str | None = None


class AttachmentView(Answer):
    """A file with a message."""

    id: UUID
    title: str
    media_type: str
    size: int


class ReferralSummary(Answer):
    """One exchange in a list. Without the worker's name: a list is read over a shoulder."""

    id: UUID
    reference: str
    kind: str
    kind_text: str
    state: str
    state_text: str
    asker: PartyView
    asked: PartyView
    due_at: Moment | None
    changed_at: Moment
    standing: str
    demo: bool


class ReferralView(ReferralSummary):
    """One exchange whole: the worker, what crossed, and what can be done with it now."""

    trajectory: UUID
    version: int
    person: dict[str, str | None] | None
    messages: list[MessageView]
    consents: list[dict[str, str | None]]
    actions: list[str]
