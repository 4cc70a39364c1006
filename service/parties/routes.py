"""How the world reaches the address book: /v1/parties, and the agreement itself: /v1/agreement."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Response

from service.agreement.rules import agreement
from service.agreement.schemas import AgreementShown, shown
from service.database import Reading
from service.identity.access import MayExchange
from service.parties import actions
from service.parties.schemas import PartyShown
from service.strict_json import StrictRoute
from service.text import language_of

router = APIRouter(prefix="/parties", tags=["parties"], route_class=StrictRoute)
PartyId = Annotated[UUID, Path(alias="id", description="The id of the organisation.")]
Typed = Annotated[str, Query(min_length=1, max_length=100, pattern=r"^[^\x00]*$", description="Name, place or AGB.")]


@router.get("", summary="Find a practice or a doctor by name, place or AGB code")
def find(session: Reading, caller: MayExchange, q: Typed) -> list[PartyShown]:
    """At most twenty parties, by name, each with its doctors and how a message reaches it."""
    return actions.find(session, caller, q)


@router.get("/{id}", summary="One party")
def read(session: Reading, caller: MayExchange, party_id: PartyId) -> PartyShown:
    """Show one party with its doctors."""
    return actions.show(session, caller, party_id)


agreement_router = APIRouter(prefix="/agreement", tags=["parties"], route_class=StrictRoute)


@agreement_router.get("", summary="The agreement: kinds, directions, sections, rules and response times")
def read_agreement(response: Response, accept_language: Annotated[str | None, Header()] = None) -> AgreementShown:
    """The agreement as data, each rule with its source; open to all."""
    language = language_of(accept_language)
    response.headers["ETag"] = f'"{agreement().version}-{language.value}"'
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Vary"] = "Accept-Language"
    return shown(agreement(), language)
