"""What a consent says, sealed with the worker's key: the text as it was shown, the evidence, and who represents."""

from uuid import UUID

from service.consent.tables import Consent
from service.consent.texts import sha256_of
from service.persons.actions import seal_of
from service.persons.tables import Person
from service.persons.vault import CannotOpen, Vault


def seal_words(vault: Vault, person: Person, row: Consent, column: str, words: str) -> None:
    """Put words in a column of this consent, where only the worker's key opens them."""
    setattr(row, column, seal_of(vault, person).seal_text(_place(row.id, column), words))


def words_of(vault: Vault, person: Person, row: Consent, column: str) -> str | None:
    """The evidence of a consent that a doctor recorded, or the name of who represents the worker, if there is one."""
    sealed: bytes | None = getattr(row, column)
    return seal_of(vault, person).open_text(_place(row.id, column), sealed) if sealed else None


def text_of(vault: Vault, person: Person, row: Consent) -> str:
    """The text as it was shown. Raises CannotOpen when it is not what its hash says."""
    text = seal_of(vault, person).open_text(_place(row.id, "text"), row.text)
    if sha256_of(text) != row.text_sha256:
        raise CannotOpen
    return text


def _place(consent_id: UUID, column: str) -> str:
    return f"consent/{consent_id}/{column}"
