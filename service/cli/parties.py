"""The address book of those who take part in the agreement."""

import getpass
from typing import Annotated

import typer
from sqlmodel import Session

from service.cli.printing import AsJson, Exit, fail, out, show_rows, transaction
from service.identity.access import Role
from service.identity.actions import add_organisation
from service.identity.tables import Organisation, organisation_by_name
from service.parties import actions
from service.parties.tables import Address, every_party

parties = typer.Typer(no_args_is_help=True, help="Wie meedoet aan de samenwerking: praktijken en artsen.")

_Name = Annotated[str, typer.Argument(help="Naam van de praktijk of organisatie.")]
_Email = Annotated[str | None, typer.Option(help="Vast adres voor neutrale berichten.")]


@parties.command("list")
def list_parties(*, as_json: AsJson = False) -> None:
    """Toon wie meedoet en hoe een bericht er komt."""
    with transaction() as session:
        rows = [
            {
                "name": organisation.name,
                "city": organisation.city or "",
                "agb": organisation.agb or "",
                "ura": organisation.ura or "",
                "fhir": address.fhir_endpoint or "",
                "active": address.active,
            }
            for organisation, address in every_party(session)
        ]
    show_rows(rows, as_json=as_json)


@parties.command("add")
def add_party(
    name: _Name,
    kind: Annotated[str, typer.Option(help="arbodienst, independent, gp-practice, hospital of clinic.")],
    city: Annotated[str | None, typer.Option(help="Plaats.")] = None,
    agb: Annotated[str | None, typer.Option(help="Acht cijfers.")] = None,
    ura: Annotated[str | None, typer.Option(help="Acht cijfers.")] = None,
    email: _Email = None,
) -> None:
    """Laat een praktijk of organisatie meedoen."""
    with transaction() as session:
        known = organisation_by_name(session, name)
        organisation = known or add_organisation(session, name, kind, city=city, agb=agb, ura=ura)
        if session.get(Address, organisation.id) is not None:
            fail(f"{name} doet al mee.", Exit.REFUSED)
        actions.enter_party(session, organisation, email=email)
    out.print(f"Doet mee: {name}", markup=False)


@parties.command("doctor")
def add_doctor(
    practice: _Name,
    name: Annotated[str, typer.Option(help="Naam van de arts.")],
    role: Annotated[Role, typer.Option(help="Bijvoorbeeld huisarts of specialist.")],
    big: Annotated[str | None, typer.Option(help="BIG-nummer, elf cijfers.")] = None,
    agb: Annotated[str | None, typer.Option(help="AGB-code, acht cijfers.")] = None,
) -> None:
    """Zet een arts bij een praktijk die meedoet."""
    with transaction() as session:
        actions.enter_doctor(session, _organisation(session, practice), name, role.value, big=big, agb=agb)
    out.print(f"Toegevoegd: {name}", markup=False)


@parties.command("connect")
def connect(
    practice: _Name,
    endpoint: Annotated[str, typer.Option(help="Het FHIR-adres van de praktijk; alleen daarheen gaan berichten.")],
    token: Annotated[str, typer.Option(help="Waar een toegangsbewijs te halen is.")],
    client_id: Annotated[str, typer.Option(help="Hoe wij daar heten.")],
) -> None:
    """Leg vast langs welk FHIR-adres een praktijk berichten ontvangt."""
    with transaction() as session:
        address = session.get(Address, _organisation(session, practice).id)
        if address is None:
            fail(f"{practice} doet nog niet mee. Doe eerst: python -m service parties add", Exit.REFUSED)
        actions.connect_party(session, address, endpoint, token, client_id)
    out.print(f"Verbonden: {practice}", markup=False)


@parties.command("settle")
def settle(
    asker: Annotated[str, typer.Argument(help="Wie vraagt.")],
    asked: Annotated[str, typer.Argument(help="Wie antwoordt.")],
    kind: Annotated[str, typer.Option(help="Soort bericht, bijvoorbeeld referral.")],
    days: Annotated[int, typer.Option(help="Antwoord binnen zoveel werkdagen.")],
) -> None:
    """Leg een andere antwoordtijd vast tussen twee partijen dan de standaard."""
    with transaction() as session:
        sides = _organisation(session, asker), _organisation(session, asked)
        actions.settle_response_time(session, getpass.getuser(), *sides, kind, days)
    out.print(f"Vastgelegd: {asker} aan {asked}, {kind}: {days} werkdagen", markup=False)


def _organisation(session: Session, name: str) -> Organisation:
    found = organisation_by_name(session, name)
    if found is None or session.get(Address, found.id) is None:
        fail(f"{name} doet nog niet mee. Doe eerst: python -m service parties add", Exit.REFUSED)
    return found
