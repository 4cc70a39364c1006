"""A new exchange, put together whole before any of it is written: its first message, its files and its steps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import Session

from service.agreement.rules import agreement
from service.audit.tables import Act as AuditAct
from service.clock import now
from service.database import insert
from service.identity.access import Caller
from service.ids import new_reference, ordered_id
from service.persons.actions import seal_of
from service.persons.tables import Person
from service.persons.vault import Seal, Vault
from service.referrals import agreeing, asking, attachments, steps
from service.referrals.asking import Carried
from service.referrals.attachments import File
from service.referrals.contents import named
from service.referrals.rules import Act, MessageKind, MessageState, Side, State
from service.referrals.schemas import NewReferral
from service.referrals.tables import Attachment, Message, Referral


@dataclass(frozen=True, slots=True)
class Told:
    """What the system of the asking side says of its exchange: its name there, trajectory, doctor, and files."""

    name: str | None = None
    trajectory: UUID | None = None
    practitioner: UUID | None = None
    files: Sequence[File] = field(default=(), repr=False)


def begin(
    session: Session,
    vault: Vault,
    caller: Caller,
    person: Person,
    new: NewReferral,
    addressee: agreeing.Addressee,
    came_from: Referral | None,
    told: Told,
) -> tuple[Referral, asking.Link | None]:
    """Write an exchange, and ask the worker if that is to be done at once."""
    seal = seal_of(vault, person)
    row = _exchange(caller, person, new, addressee, came_from, told)
    taken = [steps.step(caller, row, Act.START, State.DRAFT)]
    message, files = _request(seal, row, new), attachments.attached(seal, row, told.files)
    if new.consent:
        taken.append(steps.step(caller, row, Act.ASK_CONSENT, State.AWAITING_CONSENT))
        for file in files:
            file.message_id = message.id
    insert(session, row, message, *files, *taken)
    _audit(session, vault, caller, row, files, asked=new.consent is not None)
    if new.consent is None:
        return row, None
    carried, entered = Carried(new.letter.parts(), files), person if new.person else None
    return row, asking.ask_first(session, vault, caller, row, message, carried, new.consent, entered)


def _exchange(
    caller: Caller,
    person: Person,
    new: NewReferral,
    addressee: agreeing.Addressee,
    came_from: Referral | None,
    told: Told,
) -> Referral:
    moment = now()
    return Referral(
        id=ordered_id(),
        trajectory=told.trajectory or (came_from.trajectory if came_from else ordered_id()),
        reference=new_reference(),
        kind=new.kind,
        state=State.DRAFT,
        version=0,
        person_id=person.id,
        from_organisation=person.organisation_id,
        # What a system started is the organisation's; what a doctor started is this doctor's.
        from_account=None if caller.role in steps.SYSTEMS else caller.subject,
        from_practitioner=told.practitioner,
        from_role=agreeing.profession_of(caller),
        to_organisation=addressee.organisation,
        to_practitioner=addressee.practitioner,
        to_role=addressee.role,
        came_from=came_from.id if came_from else None,
        agreement_version=agreement().version,
        urgent=new.urgent,
        requested_by_worker=new.requested_by_worker,
        client_identifier=told.name,
        demo=caller.demo,
        created_at=moment,
        changed_at=moment,
    )


def _request(seal: Seal, row: Referral, new: NewReferral) -> Message:
    known = new.consent is not None and new.consent.basis in asking.KNOWN
    state = MessageState.READY if known else MessageState.AWAITING_CONSENT
    return steps.new_message(seal, row, 1, MessageKind.REQUEST, Side.ASKER, new.letter, state)


def _audit(
    session: Session, vault: Vault, caller: Caller, row: Referral, files: Sequence[Attachment], *, asked: bool
) -> None:
    steps.audit(session, vault, caller, row, AuditAct.UPDATE, "referral.start")
    for file in files:
        steps.audit(session, vault, caller, row, AuditAct.CREATE, "referral.attach", data=frozenset({named(file)}))
    if asked:
        steps.audit(session, vault, caller, row, AuditAct.UPDATE, "referral.ask-consent")
