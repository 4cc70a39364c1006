"""The ways by which a released message leaves, each after the commit that released it. Any may be tried again.

The inbox and the letter need no sending: what is released stands in the inbox of who it is for, with a neutral notice
by mail, and a letter is printed by the doctor. The way to another system is put beside them by who starts the work.
"""

from collections.abc import Callable, Mapping
from uuid import UUID

from sqlmodel import Session

from service.parties.rules import Channel, channel_of
from service.parties.tables import Address, accounts_at

# Hands over one released message, under its id as the key by which a repeat is told; raises when it did not arrive.
Transport = Callable[[UUID], None]


def _stands_ready(_: UUID) -> None:
    """Nothing has to be carried."""


BY_ITSELF: Mapping[Channel, Transport] = {Channel.INBOX: _stands_ready, Channel.LETTER: _stands_ready}


def channel_to(session: Session, organisation_id: UUID) -> Channel:
    """How a message reaches this organisation now."""
    address = session.get(Address, organisation_id)
    staffed = organisation_id in accounts_at(session, [organisation_id])
    if address is None:
        return Channel.INBOX if staffed else Channel.LETTER
    bounced = address.bounced_at is not None
    return channel_of(address.fhir_endpoint, address.email, bounced=bounced, has_accounts=staffed)
