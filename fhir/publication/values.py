"""What publications are made of: plain rows and questions, passed in by whoever keeps the lists."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code with its labels."""

    code: str
    display: str
    display_en: str | None = None
    definition: str | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One value to choose."""

    code: str
    display: str
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """How a form asks for one thing. `kind`: number, whole-number, boolean, choice, multi-choice, text, year, month."""

    link_id: str
    text: str
    kind: str
    options: tuple[Option, ...] = ()
    value_set: str | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    help: str | None = None
    max_length: int | None = None
    definition: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """Questions that belong together. `only_for` shows the group when a question has an answer (guideline, D023)."""

    link_id: str
    text: str
    questions: tuple[Question, ...]
    repeats: bool = False
    only_for: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class SearchParam:
    """A search parameter and its FHIR type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class ResourceCapability:
    """What can be done with one resource type."""

    type: str
    interactions: tuple[str, ...]
    search: tuple[SearchParam, ...] = ()
    profiles: tuple[str, ...] = ()
    operations: tuple[tuple[str, str], ...] = ()
    versioning: str | None = None


@dataclass(frozen=True, slots=True)
class Capability:
    """The service as it runs: its address, its versions, its token endpoint and its doors."""

    base: str
    software_version: str
    date: str
    publisher: str
    token_url: str
    authorize_url: str | None
    resources: tuple[ResourceCapability, ...]
    operations: tuple[tuple[str, str], ...] = ()
    revoke_url: str | None = None
    register_url: str | None = None
    interactions: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
