"""What a doctor knows to belong together: a notification and an exchange. Opened by that doctor's own request alone."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from service.identity.access import Caller
from service.ids import ordered_id
from service.notifications import actions as notifications
from service.persons.vault import Vault
from service.referrals import steps
from service.referrals.schemas import LinkView
from service.referrals.tables import DoctorsLink

_PURPOSE = "doctors-link"


def link(session: Session, vault: Vault, caller: Caller, notification_id: UUID, referral_id: UUID) -> LinkView:
    """Remember that the caller's own notification and exchange belong together; twice is once. Raises NotFound."""
    notifications.mine(session, caller, notification_id)
    row, _ = steps.seen(session, caller, referral_id)
    found = LinkView(notification_id=notification_id, referral_id=row.id)
    if found in links(session, vault, caller):
        return found
    seal, link_id = vault.own_seal(_PURPOSE, caller.subject), ordered_id()
    text = found.model_dump_json()
    session.add(
        DoctorsLink(
            id=link_id,
            doctor=vault.pseudonym(_PURPOSE, caller.subject),
            sealed=seal.seal_text(_place(link_id), text),
        )
    )
    session.flush()
    return found


def links(session: Session, vault: Vault, caller: Caller) -> list[LinkView]:
    """Everything that the caller linked, oldest first."""
    doctor, seal = vault.pseudonym(_PURPOSE, caller.subject), vault.own_seal(_PURPOSE, caller.subject)
    rows = session.scalars(select(DoctorsLink).where(col(DoctorsLink.doctor) == doctor).order_by(col(DoctorsLink.id)))
    return [LinkView.model_validate_json(seal.open_text(_place(row.id), row.sealed)) for row in rows]


def _place(link_id: UUID) -> str:
    return f"doctors_link/{link_id}/sealed"
