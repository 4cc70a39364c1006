"""Who can decide on the own data: a worker alone from sixteen, else a named representative; after death nobody."""

from datetime import date

from service.clock import today
from service.persons.actions import birth_date_of
from service.persons.tables import Person
from service.persons.vault import Vault
from service.problems import Conflict
from service.text import Text

# BW 7:447.
DECIDES_ALONE_AT = 16


class CannotDecide(Conflict):
    """This worker cannot decide alone, or no longer."""

    slug = "cannot-decide"
    title = Text("Deze persoon kan hier niet zelf over beslissen", "This person cannot decide on this")


_DECEASED = Text(
    "Deze persoon is overleden. Toestemming vragen kan niet meer.",
    "This person has died. Consent can no longer be asked.",
)
_TOO_YOUNG = Text(
    "Deze persoon is jonger dan 16 jaar. Noem de wettelijk vertegenwoordiger die beslist.",
    "This person is younger than 16. Name the legal representative who decides.",
)


def insist_on_living(person: Person) -> None:
    """Let nothing be asked or answered for who died. Raises CannotDecide."""
    if person.deceased_at is not None:
        raise CannotDecide(_DECEASED)


def insist_on_who_decides(vault: Vault, person: Person, representative: str | None) -> None:
    """Insist that who is asked can decide. Raises CannotDecide."""
    insist_on_living(person)
    if representative is None and _age(birth_date_of(vault, person)) < DECIDES_ALONE_AT:
        raise CannotDecide(_TOO_YOUNG)


def _age(birth: date) -> int:
    day = today()
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
