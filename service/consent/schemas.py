"""The JSON of a consent."""

from uuid import UUID

from service.validation import Answer, Moment


class ConsentView(Answer):
    """One consent or objection, and where it stands. The text itself is for the worker; its hash says which it was."""

    id: UUID
    person_id: UUID
    message_id: UUID | None
    provision: str
    state: str
    version: int
    purpose: str
    data: list[str]
    from_organisation: UUID
    to_organisation: UUID
    basis: str | None
    recorded_by: UUID | None
    asked_at: Moment
    answer_by: Moment
    answered_at: Moment | None
    valid_from: Moment
    valid_until: Moment
    withdrawn_at: Moment | None
    text_version: str
    text_sha256: str
    language: str
    demo: bool
