"""The JSON of a worker by name."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from service.validation import Answer, Day, Strict

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
EmailAddress = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}$", max_length=254)
]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ()-]{5,24}$")]


class Bsn(Strict):
    """A citizen service number, only with the law that allows it here."""

    number: Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")]
    basis: Annotated[str, StringConstraints(min_length=3, max_length=240)]


class PersonDetails(Strict):
    """What a doctor enters of a worker: enough for the other doctor to know who it is, and to reach the worker."""

    name: Name
    birth_date: date
    sex: Literal["male", "female", "other", "unknown"] = "unknown"
    email: EmailAddress | None = None
    phone: Phone | None = None
    bsn: Bsn | None = Field(default=None, repr=False)


class PersonView(Answer):
    """A worker, as the organisation that entered the row may see it. The BSN is never given back."""

    id: UUID
    name: str
    birth_date: Day
    sex: str
    email: str | None
    phone: str | None
    has_bsn: bool
