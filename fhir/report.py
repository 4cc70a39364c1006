"""A notification as a value: all that /v1 and FHIR both hold, in the words of the work. What identifies is not shown.

Codes carry the values of /v1 (`likely`, `history`); the Dutch codes on the wire are told in `fhir/data/codes.json`.
A report that exists holds what every notification must hold; whether its codes exist is for the code lists to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fhir.issues import Issue

FindingValue = bool | int | float | str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier as the sender gave it; `value` never shows itself."""

    system: str | None
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Author:
    """The physician who notifies."""

    big: str | None = field(default=None, repr=False)
    uzi: str | None = field(default=None, repr=False)
    agb: str | None = field(default=None, repr=False)
    family: str | None = field(default=None, repr=False)
    initials: str | None = field(default=None, repr=False)
    specialty: str | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation that notifies. `kind` is arbodienst or independent, as in /v1."""

    name: str | None = field(default=None, repr=False)
    kind: str | None = None
    ura: str | None = field(default=None, repr=False)
    agb: str | None = field(default=None, repr=False)
    kvk: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A CAS code, an ICD-10 code, or both, and the name."""

    cas: str | None = None
    icd10: str | None = None
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Worker:
    """All that a notification may hold of the worker."""

    sex: str
    birth_year: int = field(repr=False)
    employment_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Exposure:
    """Nature and degree of one load in the work; `since` and `until` are a year or a month."""

    code: str | None = None
    text: str | None = field(default=None, repr=False)
    since: str | None = None
    until: str | None = None
    degree: str | None = field(default=None, repr=False)
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Occupation:
    """The occupation at the time of the exposure."""

    isco: str | None = None
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Sector:
    """The economic activity of the employer, by the SBI of an edition."""

    sbi: str
    edition: str = "2008"


@dataclass(frozen=True, slots=True)
class PersonalQuestions:
    """The seven questions to the person of step 2; None is not asked."""

    own_view: bool | None = None
    worse_at_work: bool | None = None
    started_after_exposure: bool | None = None
    after_change_at_work: bool | None = None
    better_when_off: bool | None = None
    worse_in_tasks: bool | None = None
    colleagues_affected: bool | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer to a question of a guideline. Chosen values are a tuple, but one alone is a plain string."""

    name: str
    value: FindingValue = field(repr=False)


@dataclass(frozen=True, slots=True)
class Assessment:
    """The physician's way through the six steps."""

    personal_questions: PersonalQuestions = PersonalQuestions()
    susceptibility: bool | None = None
    other_explanations: str | None = None
    work_relation: str | None = None
    guideline: str | None = None
    findings: tuple[Finding, ...] = ()
    override_reason: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Accident:
    """Whether it was an accident, or a late effect of one."""

    is_accident: bool | None = None
    late_effect: bool | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One more worker with the same disease, cause and picture."""

    birth_year: int = field(repr=False)
    sex: str
    onset: str | None = None


@dataclass(frozen=True, slots=True)
class NotificationReport:
    """The content of a notification."""

    diagnosis: Diagnosis
    worker: Worker
    exposures: tuple[Exposure, ...]
    work_nature: str = field(repr=False)
    occupation: Occupation
    sector: Sector
    assessment: Assessment = Assessment()
    accident: Accident = Accident()
    detected_by: str | None = None
    advice: tuple[str, ...] = ()
    incapacity: str | None = None
    absence: str | None = None
    province: str | None = None
    minutes_spent: int | None = None
    remarks: str | None = field(default=None, repr=False)
    group: tuple[Member, ...] = ()


class Kind(StrEnum):
    """What a submission does: a first notification, or a follow-up on one that has a number."""

    NEW = "new"
    REPLACES = "replaces"
    APPENDS = "appends"
    WITHDRAWS = "withdraws"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The notification number that a follow-up is about and, for a withdrawal, why."""

    number: str
    reason: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Submission:
    """A document that has been read: who says what, about which notification, and what struck us on the way.

    `report` is None exactly when the kind is WITHDRAWS; `follow_up` is None exactly when the kind is NEW.
    `places` tells for a JSON pointer of /v1 which element of the document it came from; see `expression_of`.
    """

    kind: Kind
    identifier: Identifier
    client_identifier: Identifier
    written_at: str
    author: Author
    custodian: Organisation
    report: NotificationReport | None
    follow_up: FollowUp | None = None
    warnings: tuple[Issue, ...] = field(default=(), compare=False)
    places: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def expression_of(self, pointer: str) -> str:
        """The FHIRPath of the element that a /v1 pointer (`/worker/birthYear`) means, or of the nearest above it."""
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        return self.places.get(pointer, "Bundle")
