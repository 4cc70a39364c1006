"""The pull side: a system without an endpoint of its own follows its Tasks and fetches the messages they name."""

from uuid import UUID

from sqlmodel import Session

from service.identity.access import Caller
from service.persons.vault import Vault
from service.referrals.reading import open_message
from service.referrals.rules import CLINICAL
from service.settings import Settings
from service.wire.messages.outgoing import message_bytes


def bundle(session: Session, settings: Settings, vault: Vault, caller: Caller, message_id: UUID) -> bytes | None:
    """The message Bundle, as far as its reader may read it at this moment; none when consent does not allow it.

    Raises NotFound to strangers. A refusal is written down too, so it must be committed: hence no exception.
    """
    crossed = open_message(session, vault, caller, message_id)
    if crossed.message.kind in CLINICAL and crossed.content is None:
        return None
    return message_bytes(session, settings, vault, crossed.row, crossed.message, crossed.content, crossed.files)
