"""What we keep of the parties that take part. An organisation itself, with its numbers, is kept by identity."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from service.database import UtcDateTime
from service.ids import ordered_id


class Address(SQLModel, table=True):
    """How a message reaches an organisation: its own FHIR endpoint, or else the inbox with a notice by mail."""

    __tablename__ = "party_address"

    organisation_id: UUID = Field(foreign_key="identity_organisation.id", primary_key=True)
    email: str | None = Field(default=None, max_length=254)
    street: str | None = Field(default=None, max_length=240)
    postcode: str | None = Field(default=None, max_length=10)
    fhir_endpoint: str | None = Field(default=None, max_length=500)
    token_endpoint: str | None = Field(default=None, max_length=500)
    fhir_client_id: str | None = Field(default=None, max_length=120)
    bounced_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    moved_to: UUID | None = Field(default=None, foreign_key="identity_organisation.id")
    active: bool = True


class Practitioner(SQLModel, table=True):
    """A doctor at an organisation, with or without an account here."""

    __tablename__ = "party_practitioner"

    id: UUID = Field(default_factory=ordered_id, primary_key=True)
    organisation_id: UUID = Field(foreign_key="identity_organisation.id", index=True)
    account_id: UUID | None = Field(default=None, foreign_key="identity_account.id", unique=True)
    name: str = Field(max_length=240)
    role: str = Field(max_length=32)
    big: str | None = Field(default=None, max_length=11, unique=True)
    uzi: str | None = Field(default=None, max_length=9)
    agb: str | None = Field(default=None, max_length=8)
    moved_to: UUID | None = Field(default=None, foreign_key="identity_organisation.id")
    active: bool = True
    demo: bool = False


class ResponseTime(SQLModel, table=True):
    """Another response time than the agreement's default, settled between two organisations."""

    __tablename__ = "party_response_time"

    from_organisation: UUID = Field(foreign_key="identity_organisation.id", primary_key=True)
    to_organisation: UUID = Field(foreign_key="identity_organisation.id", primary_key=True)
    kind: str = Field(primary_key=True, max_length=32)
    working_days: int
    settled_by: UUID
    settled_at: datetime = Field(sa_type=UtcDateTime)
