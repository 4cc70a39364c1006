"""The JSON of the address book."""

from uuid import UUID

from service.validation import Answer


class DoctorShown(Answer):
    """A doctor one can write to."""

    id: UUID
    name: str
    role: str
    big: str | None
    agb: str | None


class PartyShown(Answer):
    """An organisation one can write to. `channel` is how a message reaches it: fhir, inbox or letter."""

    id: UUID
    name: str
    kind: str
    city: str | None
    agb: str | None
    ura: str | None
    channel: str
    moved_to: UUID | None
    doctors: list[DoctorShown]
