"""The JSON of exchanges: what a doctor sends, and what comes back."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from service.consent.links import Factor
from service.consent.rules import Basis
from service.notifications.schemas import Code, Diagnosis, Line
from service.persons.schemas import PersonDetails
from service.referrals.rules import Kind, RejectReason
from service.validation import Answer, Day, Moment, Strict

Prose = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=280)]


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
    representative: Line | None = Field(
        default=None, description="Who decides for a worker who cannot, such as a child."
    )
    factor: Factor = Factor.BIRTH_YEAR
    language: Literal["nl", "en"] = "nl"


class ConsentTold(ConsentAsked):
    """What a system says that the worker gave there. No door takes this from a body: it follows from a FHIR Consent."""

    basis: Basis = Basis.SYSTEM
    until: datetime


class NewReferral(Strict):
    """A new exchange. The worker is one entered before (`personId`) or entered now (`person`)."""

    kind: Kind
    person_id: UUID | None = None
    person: PersonDetails | None = None
    recipient: Recipient
    letter: Letter
    consent: ConsentAsked | None = Field(
        default=ConsentAsked(), description="null keeps a draft, to add files to before the worker is asked."
    )
    urgent: bool = False
    requested_by_worker: bool = Field(default=False, description="Only a worker can ask for a second opinion.")
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
    text: Short | None = None


class Supplement(Strict):
    """What was asked back, in the sections of a letter."""

    letter: Letter
    consent: ConsentAsked = ConsentAsked()


class Remark(Strict):
    """A short word to the other doctor. No clinical content: that goes in a letter or an answer, with consent."""

    text: Short


class Posted(Strict):
    """The day on which the printed letter went to the post."""

    posted_on: date


class Conversion(Strict):
    """Make a referral of a request for advice; without a letter the old one goes along."""

    kind: Literal[Kind.REFERRAL, Kind.WORK_REFERRAL] = Kind.REFERRAL
    letter: Letter | None = None
    consent: ConsentAsked | None = ConsentAsked()


class Link(Strict):
    """A notification and an exchange that you know to belong together. Readable by you alone, and never sent."""

    notification_id: UUID
    referral_id: UUID


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
    reply: "ReplyView | None" = None
    text: str | None = None
    attachments: list["AttachmentView"] = []
    closed_because: str | None = None
    failure: str | None = Field(default=None, description="Why the other system refused it; for its sender.")


class ReplyView(Answer):
    """The answer as it is read: per question the facts, or that it is not answered."""

    answers: list[QuestionAnswered]
    diagnosis: Diagnosis | None = None


class AttachmentView(Answer):
    """A file with a message."""

    id: UUID
    title: str
    media_type: str
    size: int


class WorkerView(Answer):
    """Who it is about, as the other doctor sees it: enough to know the worker by."""

    name: str
    birth_date: Day
    sex: str


class ConsentView(Answer):
    """How the worker decided about one message, and until when that holds."""

    id: UUID
    message_id: UUID | None
    state: str
    basis: str | None
    data: list[str]
    valid_until: Moment


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
    requested_by_worker: bool
    came_from: UUID | None
    person: WorkerView | None
    messages: list[MessageView]
    attachments: list[AttachmentView] = Field(description="Your own files that go with the next message.")
    consents: list[ConsentView]
    consent_link: str | None = Field(default=None, description="For the worker; given once, when it was made.")
    consent_code: str | None = Field(default=None, description="For the worker, beside the link, if one was asked for.")
    actions: list[str]


class StepView(Answer):
    """One step in the life of an exchange."""

    position: int
    at: Moment
    action: str
    from_state: str | None
    to_state: str
    side: str
    role: str
    reason: str | None


class CalendarAddressView(Answer):
    """Where a calendar program reads the days to answer by. Given once: we keep only a hash."""

    address: str


class LinkView(Answer):
    """What you know to belong together."""

    notification_id: UUID
    referral_id: UUID
