"""The JSON of a notification: what a notifier sends, and what comes back."""

from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, JsonValue, StrictBool, StringConstraints

from service.text import Language
from service.validation import Answer, Day, Moment, Strict

# Free text stays small on purpose: the less room, the less chance that it names somebody.
Line = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Paragraph = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Reply = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Year = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
Month = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2]))?$")]
YesNo = StrictBool  # nothing is guessed: "no" and 0 are not false
Finding = bool | int | float | Code | list[Code] | None


class WorkRelation(StrEnum):
    """The conclusion of step 5; the first three are notified, the last goes to the signal desk."""

    VERY_LIKELY = "very-likely"
    LIKELY = "likely"
    SUSPECTED = "suspected"
    TOO_UNCERTAIN = "too-uncertain"


class Arbodienst(Strict):
    """The arbodienst, or that the notifier works independently."""

    kind: Literal["arbodienst", "independent"] | None = None
    name: Line | None = None


class Diagnosis(Strict):
    """The diagnosis: a CAS code, an ICD-10 code, or both, and its name."""

    cas: Code | None = None
    icd10: Code | None = None
    text: Line | None = None


class Worker(Strict):
    """All that a notification may hold of the worker."""

    sex: Literal["male", "female", "other", "unknown"] | None = None
    birth_year: Annotated[int, Field(strict=True, ge=1900, le=2100)] | None = None
    employment_kind: (
        Literal["permanent", "temporary", "agency", "on-call", "self-employed", "other", "unknown"] | None
    ) = None


class Exposure(Strict):
    """Nature and degree of one load in the work."""

    code: Code | None = None
    text: Line | None = None
    since: Month | None = Field(default=None, alias="from")
    until: Month | None = None
    degree: Line | None = None
    evidence: Literal["history", "measurement", "rie", "observation", "unknown"] | None = None


class Occupation(Strict):
    """The occupation at the time of the exposure."""

    isco: Code | None = None
    text: Line | None = None


class Sector(Strict):
    """The economic activity of the employer at the time of the exposure."""

    sbi: Code | None = None
    edition: Literal["2008", "2025"] = "2008"


class PersonalQuestions(Strict):
    """The seven questions to the person of step 2."""

    own_view: YesNo | None = None
    worse_at_work: YesNo | None = None
    started_after_exposure: YesNo | None = None
    after_change_at_work: YesNo | None = None
    better_when_off: YesNo | None = None
    worse_in_tasks: YesNo | None = None
    colleagues_affected: YesNo | None = None


class Assessment(Strict):
    """The physician's way through the six steps."""

    personal_questions: PersonalQuestions | None = None
    susceptibility: YesNo | None = None
    other_explanations: Literal["hardly", "somewhat", "reasonable", "large"] | None = None
    work_relation: WorkRelation | None = None
    guideline: Code | None = None
    findings: Annotated[dict[Code, Finding], Field(max_length=60)] = {}
    override_reason: Paragraph | None = None


class Accident(Strict):
    """Accidents are not notified here; late effects of an accident are."""

    is_accident: YesNo | None = None
    late_effect: YesNo | None = None


class Member(Strict):
    """One more worker with the same disease, cause and picture."""

    birth_year: Annotated[int, Field(strict=True, ge=1900, le=2100)]
    sex: Literal["male", "female", "other", "unknown"]
    onset: Month | None = None


class NotificationContent(Strict):
    """The body of a notification. A draft may be incomplete; submission says what is missing."""

    arbodienst: Arbodienst | None = None
    diagnosis: Diagnosis | None = None
    worker: Worker | None = None
    exposures: Annotated[tuple[Exposure, ...], Field(max_length=10)] = ()
    work_nature: Line | None = None
    occupation: Occupation | None = None
    sector: Sector | None = None
    assessment: Assessment | None = None
    accident: Accident | None = None
    detected_by: Literal["absence-guidance", "consultation", "medical-examination"] | None = None
    advice: Annotated[
        tuple[
            Literal[
                "treatment",
                "organisational",
                "behavioural",
                "further-examination",
                "workplace-investigation",
                "ppe",
                "technical",
            ],
            ...,
        ],
        Field(max_length=7),
    ] = ()
    incapacity: Literal["temporary", "permanent", "none", "unknown", "death"] | None = None
    absence: Literal["under-1-month", "1-3-months", "3-6-months", "over-6-months", "unknown"] | None = None
    province: (
        Literal[
            "NL-DR", "NL-FL", "NL-FR", "NL-GE", "NL-GR", "NL-LI", "NL-NB", "NL-NH", "NL-OV", "NL-UT", "NL-ZE", "NL-ZH"
        ]
        | None
    ) = None
    minutes_spent: Annotated[int, Field(strict=True, ge=0, le=600)] | None = None
    remarks: Paragraph | None = None
    group: Annotated[tuple[Member, ...], Field(max_length=200)] = ()


class Submission(Strict):
    """What goes along when a notification that came back is submitted again."""

    answer: Reply | None = Field(default=None, description="The answer to the questions of the registry.")


class Withdrawal(Strict):
    """Why a notification is taken back."""

    reason: Paragraph


class Decision(StrEnum):
    """What the registry can decide."""

    REGISTER = "register"
    RETURN = "return"
    NOT_REGISTER = "not-register"


class AssessmentDecision(Strict):
    """A decision of the registry: returning needs questions, not registering a reason."""

    decision: Decision
    reason: Paragraph | None = None
    questions: Annotated[tuple[Paragraph, ...], Field(max_length=10)] = ()


class Problem(Answer):
    """A warning or an open point, with the place it is about, and the address of the rule when others made it."""

    pointer: str
    code: str
    detail: str
    source: str | None = None


class NotificationSummary(Answer):
    """One line of the overview."""

    id: UUID
    number: str | None
    state: str
    version: int
    diagnosis: str | None
    occupation: str | None
    sector: str | None
    birth_year: int | None
    guideline: str | None
    verdict: str | None
    group_size: int
    flags: list[str]
    changed_at: Moment
    submitted_at: Moment | None
    expires_on: Day | None
    demo: bool


class NotificationView(NotificationSummary):
    """One notification with its content and what can be done with it now."""

    content: dict[str, JsonValue]
    actions: list[str]
    missing: list[Problem] = []
    warnings: list[Problem] = []
    questions: list[str] = []
    reason: str | None = None


class HistoryLine(Answer):
    """One step in the life of a notification."""

    position: int
    at: Moment
    action: str
    from_state: str | None
    to_state: str
    role: str
    revision: int
    reason: str | None = None
    questions: list[str] = []
    answer: str | None = Field(default=None, description="What the notifier answered, with a new submission.")


class FiledLine(Answer):
    """One line of what was filed, in words."""

    label: str
    value: str


class MemberNumber(Answer):
    """The number that one worker of a notification got."""

    number: str
    sex: str
    birth_year: int


class InstitutionLine(Answer):
    """For whom the notification was received."""

    name: str
    contact: str
    legal_basis: str
    receives_here: bool
    passed_on_at: Moment | None
    text: str


class Measure(Answer):
    """A preventive measure of step 6."""

    code: str
    label: str
    level: str


class QueueReason(Answer):
    """Why somebody of the registry looks at a notification before it is registered."""

    code: str
    text: str


class Receipt(Answer):
    """The answer to a filing: proof, judgement, and what to do next."""

    number: str
    notification_id: UUID
    revision: int
    language: Language = Field(description="The language of its texts: the one in which was filed.")
    received_at: Moment = Field(description="To the hour, in UTC (RFC 3339): finer times could betray a person.")
    state: str
    state_text: str
    queue_reasons: list[QueueReason] = Field(default=[], description="Why the registry looks first; empty otherwise.")
    demo: bool
    numbers: list[MemberNumber]
    filed: list[FiledLine]
    check: dict[str, Any] = Field(description="The criteria check as it was judged; see criteria-checks.")
    override_reason: str | None
    institution: InstitutionLine
    minutes_spent: int | None
    billing_line: str | None
    file_text: str
    next_steps: list[str]
    measures: list[Measure]
    tsb: str | None
    diagnostics: str | None
    warnings: list[Problem]
    possible_duplicates: list[str] = Field(description="Numbers of your own earlier notifications that look alike.")
    sha256: str = Field(description="Of the bytes as submitted.")
