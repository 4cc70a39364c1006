"""What can be done with a worker's details: enter them, open them, and erase them."""

from datetime import date
from uuid import UUID

from sqlmodel import Session

from service.audit.tables import Act, record_person
from service.clock import now
from service.codes.folding import words_of
from service.database import insert
from service.identity.access import Caller
from service.ids import ordered_id
from service.persons.schemas import PersonDetails, PersonView
from service.persons.tables import Person, entered_by, person_of
from service.persons.vault import CannotOpen, Seal, Vault
from service.problems import Forbidden, NotFound

_MOST_SEARCHED = 1000
_MOST_FOUND = 8


def enter(session: Session, vault: Vault, caller: Caller, details: PersonDetails) -> Person:
    """Enter a worker for the caller's organisation. Raises Forbidden when the caller has none."""
    if caller.organisation is None:
        raise Forbidden
    person_id = ordered_id()
    sealed_key = vault.new_key(person_id)
    seal = vault.open_key(person_id, sealed_key)
    row = Person(
        id=person_id,
        organisation_id=caller.organisation,
        entered_by=caller.owner,
        sealed_key=sealed_key,
        demo=caller.demo,
        entered_at=now(),
    )
    _fill(row, seal, details)
    insert(session, row)
    record_person(
        session, caller, Act.CREATE, "person.enter", subject_of(vault, row.id), "person", row.id, basis="Wgbo"
    )
    return row


def _fill(row: Person, seal: Seal, details: PersonDetails) -> None:
    texts = {
        "name": details.name,
        "birth_date": details.birth_date.isoformat(),
        "sex": details.sex,
        "email": details.email,
        "phone": details.phone,
        "bsn": details.bsn.number if details.bsn else None,
    }
    for column, text in texts.items():
        setattr(row, column, seal.seal_text(place(row.id, column), text) if text else None)
    row.bsn_basis = details.bsn.basis if details.bsn else None


def find(session: Session, vault: Vault, caller: Caller, typed: str) -> list[PersonView]:
    """The workers whom the caller entered and in whose name every typed word occurs, newest first.

    Names are sealed, so each is opened to look; who is shown is written down.
    """
    words = words_of(typed)
    rows = (
        entered_by(session, caller.owner, caller.organisation, _MOST_SEARCHED) if words and caller.organisation else ()
    )
    opened = (details_of(vault, row) for row in rows if row.demo == caller.demo)
    found = [
        one for one in opened if all(any(known.startswith(word) for known in words_of(one.name)) for word in words)
    ]
    for one in found[:_MOST_FOUND]:
        about = subject_of(vault, one.id)
        record_person(session, caller, Act.READ, "person.find", about, "person", one.id, basis="Wgbo")
    return found[:_MOST_FOUND]


def own(session: Session, caller: Caller, person_id: UUID) -> Person:
    """The worker's row, if the caller's organisation entered it. Raises NotFound."""
    row = person_of(session, person_id, caller.organisation) if caller.organisation else None
    if row is None or row.erased_at is not None or row.demo != caller.demo:
        raise NotFound
    return row


def seal_of(vault: Vault, row: Person) -> Seal:
    """The worker's own key. Raises CannotOpen when it was taken away."""
    if row.sealed_key is None:
        raise CannotOpen
    return vault.open_key(row.id, row.sealed_key)


def details_of(vault: Vault, row: Person) -> PersonView:
    """The worker's details in the clear; whoever calls this has decided that it may, and audits it."""
    seal = seal_of(vault, row)

    def clear(column: str) -> str | None:
        sealed = getattr(row, column)
        return seal.open_text(place(row.id, column), sealed) if sealed else None

    return PersonView(
        id=row.id,
        name=clear("name") or "",
        birth_date=clear("birth_date") or "",
        sex=clear("sex") or "unknown",
        email=clear("email"),
        phone=clear("phone"),
        has_bsn=row.bsn is not None,
    )


def birth_date_of(vault: Vault, row: Person) -> date:
    """The day of birth. Raises CannotOpen."""
    return date.fromisoformat(seal_of(vault, row).open_text(place(row.id, "birth_date"), row.birth_date or b""))


def birth_year_of(vault: Vault, row: Person) -> int:
    """The year of birth; what a worker who follows a link is asked."""
    return birth_date_of(vault, row).year


def bsn_of(vault: Vault, row: Person) -> str | None:
    """The citizen service number, for a message whose legal basis was recorded with it."""
    return seal_of(vault, row).open_text(place(row.id, "bsn"), row.bsn) if row.bsn else None


def subject_of(vault: Vault, person_id: UUID) -> str:
    """Who an audit row is about: a pseudonym."""
    return vault.pseudonym("audit", person_id)


def place(person_id: UUID, column: str) -> str:
    """Where a value stands, sealed along with it."""
    return f"person/{person_id}/{column}"
