"""Made-up doctors and practices for the demo: one practice signs in, one has only an address."""

from sqlmodel import Session

from service.identity.access import Role
from service.identity.actions import add_organisation
from service.identity.tables import Account, Organisation, account_by_login, organisation_by_name
from service.parties import actions
from service.parties.tables import Address, doctor_of_account

_WITHOUT_ACCOUNT = "Demo Huisartsenpraktijk Zuid"
_CONNECTED = "Demo Huisartsenpraktijk"
_MAIL = "praktijk.zuid@demo.arbobrug.example"
# The BIG numbers are made up, in the form of real ones.
_DOCTORS = (
    ("bedrijfsarts.a", "99000000101"),
    ("bedrijfsarts.b", "99000000102"),
    ("verzekeringsarts", "99000000103"),
    ("huisarts", "99000000104"),
    ("specialist", "99000000105"),
)


def seed_parties(session: Session) -> None:
    """Let the demo parties take part; a second time changes nothing."""
    for login, big in _DOCTORS:
        account = account_by_login(session, login)
        if account is not None and doctor_of_account(session, account.id) is None:
            _enter(session, account, big)
    if organisation_by_name(session, _WITHOUT_ACCOUNT) is None:
        practice = add_organisation(
            session, _WITHOUT_ACCOUNT, "gp-practice", city="Demodorp", agb="98000004", ura="90000004", demo=True
        )
        actions.enter_party(session, practice, email=_MAIL, street="Dorpsstraat 1", postcode="1234 AB")
        actions.enter_doctor(session, practice, "Demo Huisarts Zuid", Role.HUISARTS.value, big="99000000106")


def connect_demo_practice(session: Session, base_url: str) -> None:
    """Pin the endpoint of the practice that has a system of its own: the stand-in at this address."""
    practice = organisation_by_name(session, _CONNECTED)
    address = session.get(Address, practice.id) if practice else None
    if address is not None:
        actions.connect_party(session, address, f"{base_url}/fhir/R4", f"{base_url}/oauth/token", "arbobrug")


def _enter(session: Session, account: Account, big: str) -> None:
    organisation = session.get_one(Organisation, account.organisation_id)
    if session.get(Address, organisation.id) is None:
        actions.enter_party(session, organisation, email=account.email)
    actions.enter_doctor(session, organisation, account.name, account.role, big=big, account=account)
