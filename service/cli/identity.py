"""People, systems and keys."""

import secrets
from collections.abc import Container
from typing import Annotated, Any

import typer
from sqlmodel import Session, select

from service.cli.printing import AsJson, Exit, fail, installation, out, show_json, show_rows, transaction
from service.identity import actions, tables
from service.identity.access import SYSTEM_ROLES, Role
from service.identity.keys import KeyRing
from service.identity.tables import Account, GrantType, OAuthClient, Organisation
from service.persons.vault import Vault

users = typer.Typer(no_args_is_help=True, help="Mensen die zich kunnen aanmelden.")
clients = typer.Typer(no_args_is_help=True, help="Systemen die door de API werken.")
keys = typer.Typer(no_args_is_help=True, help="De sleutels die ondertekenen en verzegelen.")

_NUMBER_LENGTH = 8


def _one_of(roles: Container[Role], what_for: str) -> Any:
    """An option that takes one of these roles, and lists them in its help."""
    names = ", ".join(role.value for role in Role if role in roles)

    def read(word: str) -> Role:
        if word not in names.split(", "):
            raise typer.BadParameter(f"Kies uit: {names}.")
        return Role(word)

    return typer.Option(parser=read, metavar="rol", help=f"{what_for}: {names}.")


OrganisationName = Annotated[str, typer.Option("--organisation", help="Naam van de organisatie; nieuw mag.")]


@users.command("list")
def list_users(*, as_json: AsJson = False) -> None:
    """Toon wie zich kan aanmelden."""
    with transaction() as session:
        rows = [
            {"login": one.login, "name": one.name, "role": one.role, "active": one.active, "demo": one.demo}
            for one in session.exec(select(Account).order_by(Account.login))
        ]
    show_rows(rows, as_json=as_json)


@users.command("add")
def add_user(
    login: Annotated[str, typer.Argument(help="Inlognaam.")],
    name: Annotated[str, typer.Option(help="Naam van de persoon.")],
    role: Annotated[Role, _one_of(set(Role) - SYSTEM_ROLES, "Wat iemand mag")],
    organisation: OrganisationName,
    email: Annotated[str | None, typer.Option(help="Voor neutrale berichten.")] = None,
    big: Annotated[str | None, typer.Option(help="BIG-nummer, elf cijfers.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Voeg iemand toe; het wachtwoord wordt gemaakt en één keer getoond."""
    password = secrets.token_urlsafe(18)
    with transaction() as session:
        actions.add_account(
            session,
            login=login,
            name=name,
            role=role,
            organisation=_organisation(session, organisation),
            password=password,
            email=email,
            big=big,
        )
    if as_json:
        show_json({"login": login, "password": password})
    else:
        out.print(f"Toegevoegd: {login}\nWachtwoord (nu voor het laatst te zien): {password}", markup=False)


@users.command("disable")
def disable_user(login: Annotated[str, typer.Argument(help="Inlognaam.")]) -> None:
    """Sluit iemand af; openstaande sessies en toegangsbewijzen stoppen meteen."""
    with transaction() as session:
        account = tables.account_by_login(session, login)
        if account is None:
            fail(f"Er is niemand met de inlognaam {login}.", Exit.REFUSED)
        actions.disable_account(session, account)
    out.print(f"Afgesloten: {login}", markup=False)


@clients.command("list")
def list_clients(*, as_json: AsJson = False) -> None:
    """Toon welke systemen mogen verbinden."""
    with transaction() as session:
        rows = [
            {"client_id": one.client_id, "name": one.name, "role": one.role or "", "active": one.active}
            for one in session.exec(select(OAuthClient).order_by(OAuthClient.client_id))
        ]
    show_rows(rows, as_json=as_json)


@clients.command("add")
def add_client(
    client_id: Annotated[str, typer.Argument(help="Naam waarmee het systeem zich meldt.")],
    name: Annotated[str, typer.Option(help="Naam van het systeem.")],
    role: Annotated[Role, _one_of(SYSTEM_ROLES, "Wat het systeem mag")],
    organisation: OrganisationName,
    ura: Annotated[str | None, typer.Option(help="URA van de organisatie, acht cijfers; nodig voor FHIR.")] = None,
    agb: Annotated[str | None, typer.Option(help="AGB van de organisatie, acht cijfers.")] = None,
) -> None:
    """Voeg een systeem toe; de private sleutel wordt gemaakt en één keer getoond, als JSON."""
    with transaction() as session:
        client, private = actions.add_client(
            session,
            client_id=client_id,
            name=name,
            grant_type=GrantType.CLIENT,
            role=role,
            organisation=_numbered(_organisation(session, organisation), ura, agb),
        )
        scopes = list(client.scopes)
    show_json(
        {
            "role": role.value,
            "client_id": client_id,
            "scopes": scopes,
            "kid": (private or {}).get("kid"),
            "alg": "ES256",
            "private_jwk": private,
        }
    )


@clients.command("disable")
def disable_client(client_id: Annotated[str, typer.Argument(help="Naam waarmee het systeem zich meldt.")]) -> None:
    """Sluit een systeem af; zijn toegangsbewijzen stoppen meteen."""
    with transaction() as session:
        client = tables.client_by_id(session, client_id)
        if client is None:
            fail(f"Er is geen systeem met client_id {client_id}.", Exit.REFUSED)
        actions.disable_client(session, client)
    out.print(f"Afgesloten: {client_id}", markup=False)


@keys.command("make")
def make_keys() -> None:
    """Maak de sleutelbestanden die er nog niet zijn; geef elk proces van deze installatie dezelfde."""
    settings = installation()
    KeyRing(settings.key_file)
    Vault(settings.vault_file)
    out.print(f"De sleutels staan in {settings.key_file} en {settings.vault_file}", markup=False)


@keys.command("rotate")
def rotate() -> None:
    """Neem een nieuwe ondertekeningssleutel; de vorige blijft gelden tot zijn toegangsbewijzen verlopen."""
    kid = actions.rotate_keys(KeyRing(installation().key_file))
    out.print(f"Nieuwe sleutel: {kid}", markup=False)


def _organisation(session: Session, name: str) -> Organisation:
    return tables.organisation_by_name(session, name) or actions.add_organisation(session, name, "organisation")


def _numbered(organisation: Organisation, ura: str | None, agb: str | None) -> Organisation:
    """The organisation with the numbers by which a document names it; one that has a number keeps it."""
    for number, name in ((ura, "URA"), (agb, "AGB-code")):
        if number is not None and not (len(number) == _NUMBER_LENGTH and number.isascii() and number.isdigit()):
            fail(f"Een {name} heeft acht cijfers.")
    organisation.ura, organisation.agb = organisation.ura or ura, organisation.agb or agb
    return organisation
