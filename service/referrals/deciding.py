"""What the worker decides, and what follows from it for the messages that wait for it or went out by it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from service.consent import actions as consents
from service.consent.rules import Act as ConsentAct
from service.consent.rules import Basis, Purpose, Reason
from service.consent.tables import Consent, given_for
from service.identity.access import Caller
from service.persons.actions import seal_of
from service.persons.tables import Person
from service.persons.vault import Vault
from service.problems import Conflict, NotFound
from service.referrals import asking, steps
from service.referrals.contents import Said
from service.referrals.rules import WAITING, About, Act, Closed, MessageKind, MessageState, Side, State, allows
from service.referrals.tables import (
    Message,
    Referral,
    live_between,
    message_of,
    messages_of,
    referral_of,
    referral_of_message,
)
from service.text import Language, Text

_NOT_NEEDED = Text(
    "Dit is niet meer nodig: de arts heeft het ingetrokken.", "No longer needed: the doctor withdrew it."
)


def give(session: Session, vault: Vault, worker: Caller, consent_id: UUID, shown_sha256: str) -> Consent:
    """Say yes: the message leaves once this transaction commits."""
    _, message = _waiting(session, consent_id)
    consent = consents.give(session, vault, worker, consent_id, shown_sha256)
    asking.ready(session, message)
    return consent


def record_on_behalf(
    session: Session, vault: Vault, caller: Caller, consent_id: UUID, basis: Basis, evidence: str | None
) -> Consent:
    """Record, as the doctor, that the worker said yes or signed; it is shown as just that."""
    _, message = _waiting(session, consent_id)
    consent = consents.record_on_behalf(session, vault, caller, consent_id, basis, evidence)
    asking.ready(session, message)
    return consent


def refuse(session: Session, vault: Vault, worker: Caller, consent_id: UUID, shown_sha256: str) -> Consent:
    """Say no: nothing leaves, and the doctor who asked is told."""
    row, message = _waiting(session, consent_id)
    consent = consents.refuse(session, vault, worker, consent_id, shown_sha256)
    _stop(session, message, Closed.REFUSED)
    steps.tell(session, row, steps.sender_of(row, message), About.NOT_SENT)
    if message.kind == MessageKind.REQUEST:
        steps.move(session, vault, worker, row, Act.REFUSE, State.CANCELLED, reason=Closed.REFUSED)
    return consent


def later(session: Session, vault: Vault, worker: Caller, consent_id: UUID) -> Consent:
    """Say nothing yet; it stays asked."""
    return consents.later(session, vault, worker, consent_id)


def withdraw(session: Session, vault: Vault, worker: Caller, consent_id: UUID) -> Consent:
    """Take a yes back: what was not sent stops, who has it is told, and access ends."""
    row, message = _locked(session, consent_id)
    consent = consents.withdraw(session, vault, worker, consent_id)
    if row is not None and message is not None:
        _undo(session, vault, worker, row, message)
    return consent


def withdraw_as_told(session: Session, vault: Vault, caller: Caller, referral_id: UUID) -> Referral:
    """End what the caller's organisation sent in one exchange: its system says that the worker took the yes back."""
    row, _ = steps.seen(session, caller, referral_id, lock=True)
    own = {one.id: one for one in messages_of(session, row.id) if one.from_organisation == caller.organisation}
    given = [one for one in given_for(session, list(own)) if one.message_id]
    if not given:
        raise Conflict
    for consent in given:
        consents.withdraw_as_told(session, vault, caller, consent.id)
        if consent.message_id:
            _undo(session, vault, caller, row, own[consent.message_id])
    return row


def object_to(
    session: Session, vault: Vault, worker: Caller, sender: UUID, recipient: UUID, language: Language = Language.NL
) -> Consent:
    """Object to everything between two organisations; what rested on a general yes goes no further."""
    ids = live_between(session, worker.subject, sender, recipient)
    rows = _lock_all(session, ids)
    consent = consents.object_to(session, vault, worker, sender, recipient, language)
    for message_id in ids:
        _undo_if_closed(session, vault, worker, rows[message_id], message_of(session, message_id))
    return consent


def take_back(session: Session, vault: Vault, worker: Caller, consent_id: UUID) -> Consent:
    """Take an objection back; what it stopped stays stopped."""
    return consents.take_back(session, vault, worker, consent_id)


def expire(session: Session, at: datetime) -> int:
    """End what was not answered in time: nothing leaves, and the doctor who asked is told. Gives how many."""
    found = consents.run_out(session, at)
    rows = _lock_all(session, [one.message_id for one in found if one.message_id])
    expired = consents.expire(session, found, at)
    for message_id in expired:
        row, message = rows[message_id], message_of(session, message_id)
        if message.state in WAITING:
            _stop(session, message, Closed.EXPIRED)
            steps.tell(session, row, steps.sender_of(row, message), About.NOT_SENT)
    return len(expired)


def _waiting(session: Session, consent_id: UUID) -> tuple[Referral, Message]:
    """What waits for this consent, with the exchange locked. Raises Conflict when it is no longer needed."""
    row, message = _locked(session, consent_id)
    if row is None or message is None:
        raise NotFound
    if message.state != MessageState.AWAITING_CONSENT:
        raise Conflict(_NOT_NEEDED)
    return row, message


def _locked(session: Session, consent_id: UUID) -> tuple[Referral | None, Message | None]:
    # The exchange first and the consent after it, as when a message is released: so neither waits for the other.
    consent = session.get(Consent, consent_id)
    if consent is None:
        raise NotFound
    if consent.message_id is None:
        return None, None
    row = referral_of(session, _referral(session, consent.message_id), lock=True)
    return row, message_of(session, consent.message_id)


def _lock_all(session: Session, message_ids: Iterable[UUID]) -> dict[UUID, Referral]:
    """The exchange of each message, all locked in order of their ids, before any worker or consent is."""
    ids = {one: _referral(session, one) for one in message_ids}
    rows = {one: referral_of(session, one, lock=True) for one in sorted(set(ids.values()))}
    return {message: row for message, one in ids.items() if (row := rows[one])}


def _referral(session: Session, message_id: UUID) -> UUID:
    found = referral_of_message(session, message_id)
    assert found is not None
    return found


def _undo_if_closed(session: Session, vault: Vault, worker: Caller, row: Referral, message: Message) -> None:
    sender = steps.in_name_of(row, steps.sender_of(row, message))
    data = asking.data_of(session, seal_of(vault, session.get_one(Person, row.person_id)), message)
    crossing = asking.crossing_of(row, message)
    decision = consents.gate(
        session, sender.role, sender.organisation, ConsentAct.RELEASE, crossing, Purpose.TREAT, data
    )
    if not decision.allowed and decision.reason is not Reason.NOT_ANSWERED:
        _undo(session, vault, worker, row, message)


def _undo(session: Session, vault: Vault, worker: Caller, row: Referral, message: Message) -> None:
    """Stop a message that may go no further: unsent it never leaves, and of what left the other side is told."""
    sender, unsent = steps.sender_of(row, message), message.released_at is None
    _stop(session, message, Closed.WITHDRAWN)
    # An answer or a supplement that never left takes nothing with it, and a supplement that did only itself.
    whole = message.kind == MessageKind.REQUEST or (message.kind == MessageKind.REPLY and not unsent)
    if whole and allows(Act.REVOKE, State(row.state), Side.WORKER):
        steps.move(session, vault, worker, row, Act.REVOKE, State.REVOKED, reason=Closed.WITHDRAWN)
    if not unsent:
        steps.post(session, vault, row, MessageKind.CONSENT_WITHDRAWN, sender, Said(reason=str(message.id)))
    steps.tell(session, row, sender, About.CONSENT_WITHDRAWN)


def _stop(session: Session, message: Message, because: Closed) -> None:
    message.state, message.closed_because = MessageState.STOPPED, because
    session.add(message)
