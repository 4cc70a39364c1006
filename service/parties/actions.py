"""What can be done with the address book: enter parties and doctors, find them, and settle response times."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from service.agreement.rules import agreement
from service.clock import now
from service.codes.folding import words_of
from service.identity.access import Caller
from service.identity.tables import Account, Organisation
from service.parties.rules import channel_of, is_endpoint, number_errors
from service.parties.schemas import DoctorShown, PartyShown
from service.parties.tables import (
    Address,
    Party,
    Practitioner,
    ResponseTime,
    accounts_at,
    doctors_at,
    find_parties,
    party,
)
from service.problems import FieldError, InvalidInput, NotFound
from service.text import Text

_MOST_SHOWN = 20
_MOST_DAYS = 60
_NO_KIND = Text("Deze soort kennen we niet. Kijk bij /v1/agreement.", "Unknown kind. See /v1/agreement.")
_NO_DAYS = Text("Geef 1 tot 60 werkdagen.", "Give 1 to 60 working days.")
_ODD = Text(
    "Geef een volledig https-adres, zonder gebruiker, vraagteken of hekje.",
    "Give a whole https address, without user, query or fragment.",
)


def enter_party(
    session: Session,
    organisation: Organisation,
    *,
    email: str | None = None,
    street: str | None = None,
    postcode: str | None = None,
) -> Address:
    """Let an organisation take part. Raises InvalidInput when one of its numbers has not the right form."""
    _insist(agb=organisation.agb, ura=organisation.ura)
    row = Address(organisation_id=organisation.id, email=email, street=street, postcode=postcode)
    session.add(row)
    session.flush()
    _index(session, organisation, row)
    return row


def connect_party(session: Session, address: Address, endpoint: str, token_endpoint: str, client_id: str) -> None:
    """Pin the FHIR endpoint of a party: messages go there and nowhere else. Raises InvalidInput for an odd address."""
    fields = {"fhirEndpoint": endpoint, "tokenEndpoint": token_endpoint}
    odd = [FieldError(f"/{name}", "address", _ODD) for name, url in fields.items() if not is_endpoint(url)]
    if odd:
        raise InvalidInput(errors=odd)
    address.fhir_endpoint, address.token_endpoint, address.fhir_client_id = endpoint, token_endpoint, client_id
    session.add(address)


def enter_doctor(
    session: Session,
    organisation: Organisation,
    name: str,
    role: str,
    *,
    big: str | None = None,
    uzi: str | None = None,
    agb: str | None = None,
    account: Account | None = None,
) -> Practitioner:
    """Enter a doctor at an organisation that takes part. Raises InvalidInput for a number of the wrong form."""
    _insist(big=big, uzi=uzi, agb=agb)
    row = Practitioner(
        organisation_id=organisation.id,
        account_id=account.id if account else None,
        name=name,
        role=role,
        big=big,
        uzi=uzi,
        agb=agb,
        demo=organisation.demo,
    )
    session.add(row)
    session.flush()
    _index(session, organisation, session.get_one(Address, organisation.id))
    return row


def move_doctor(session: Session, doctor: Practitioner, to_organisation: UUID) -> None:
    """The doctor works elsewhere from now on; what is on its way to the old place is not sent after."""
    old = session.get_one(Organisation, doctor.organisation_id)
    doctor.moved_to, doctor.active = to_organisation, False
    session.add(doctor)
    session.flush()
    _index(session, old, session.get_one(Address, old.id))


def settle_response_time(
    session: Session, settled_by: str, asker: Organisation, asked: Organisation, kind: str, working_days: int
) -> None:
    """Settle another response time between two parties than the default of the agreement.

    Raises InvalidInput for a kind that is not there, or no days.
    """
    errors = [] if kind in agreement().kinds else [FieldError("/kind", "unknown-kind", _NO_KIND)]
    if not 1 <= working_days <= _MOST_DAYS:
        errors.append(FieldError("/workingDays", "range", _NO_DAYS))
    if errors:
        raise InvalidInput(errors=errors)
    row = ResponseTime(
        from_organisation=asker.id,
        to_organisation=asked.id,
        kind=kind,
        working_days=working_days,
        settled_by=settled_by,
        settled_at=now(),
    )
    session.merge(row)


def response_days(session: Session, from_organisation: UUID, to_organisation: UUID, kind: str) -> int:
    """Within how many working days an answer is due: as these two settled, or else as the agreement says."""
    settled = session.get(ResponseTime, (from_organisation, to_organisation, kind))
    return settled.working_days if settled else agreement().kinds[kind].answer_days


def find(session: Session, caller: Caller, typed: str) -> list[PartyShown]:
    """The parties in whose name, place, numbers or doctors every typed word occurs; none when no word was typed."""
    words = words_of(typed)
    return _shown(session, find_parties(session, words, _MOST_SHOWN, demo=caller.demo)) if words else []


def show(session: Session, caller: Caller, organisation_id: UUID) -> PartyShown:
    """One party. Raises NotFound."""
    found = party(session, organisation_id, demo=caller.demo)
    if found is None:
        raise NotFound
    return _shown(session, [found])[0]


def _shown(session: Session, found: Sequence[Party]) -> list[PartyShown]:
    ids = [organisation.id for organisation, _ in found]
    doctors, staffed = doctors_at(session, ids), accounts_at(session, ids)
    return [_one(organisation, address, doctors, staffed) for organisation, address in found]


def _one(
    organisation: Organisation, address: Address, doctors: Sequence[Practitioner], staffed: frozenset[UUID]
) -> PartyShown:
    bounced, has_accounts = address.bounced_at is not None, organisation.id in staffed
    here = [one for one in doctors if one.organisation_id == organisation.id]
    return PartyShown(
        id=organisation.id,
        name=organisation.name,
        kind=organisation.kind,
        city=organisation.city,
        agb=organisation.agb,
        ura=organisation.ura,
        channel=channel_of(address.fhir_endpoint, address.email, bounced=bounced, has_accounts=has_accounts).value,
        moved_to=address.moved_to,
        doctors=[DoctorShown(id=one.id, name=one.name, role=one.role, big=one.big, agb=one.agb) for one in here],
    )


def _insist(**numbers: str | None) -> None:
    if errors := number_errors(numbers):
        raise InvalidInput(errors=errors)


def _index(session: Session, organisation: Organisation, address: Address) -> None:
    """Write down what a search looks through: every word of names, place and numbers, folded."""
    doctors = doctors_at(session, [organisation.id])
    texts = [organisation.name, organisation.city, organisation.agb, organisation.ura]
    texts += [text for one in doctors for text in (one.name, one.agb, one.big)]
    address.words = " ".join(word for text in texts if text for word in words_of(text))[:4000]
    session.add(address)
    session.flush()
