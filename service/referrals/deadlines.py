"""What happens when nothing happens: reminders, an escalation to who asked, and the letter on paper.

Days are working days. Each promise is made when a message leaves, and looks again when its day comes.
"""

from uuid import UUID

from sqlmodel import Session

from service import outbox, working_days
from service.agreement.rules import agreement
from service.clock import now
from service.outbox import Job
from service.parties.actions import response_days
from service.parties.rules import Channel
from service.parties.tables import Address
from service.referrals import steps
from service.referrals.rules import About, MessageState, Side, State
from service.referrals.tables import Message, Referral, message_of, messages_of, referral_of, referral_of_message

_NOT_TAKEN = frozenset({State.REQUESTED, State.RECEIVED})
UNANSWERED = _NOT_TAKEN | {State.ACCEPTED, State.IN_PROGRESS}
_NOT_READ = frozenset({MessageState.RELEASED, MessageState.DELIVERED})


def plan(session: Session, row: Referral, message: Message) -> None:
    """Set the day by which an answer is due, and promise to look at what came of it."""
    terms, sent = agreement().kinds[row.kind], message.released_at or now()
    days = response_days(session, row.from_organisation, row.to_organisation, row.kind)
    row.due_at = working_days.after(sent, days) if terms.answer else None
    looks = [(Job.REMIND_ASKED, working_days.after(sent, terms.reminder_days))]
    looks.append((Job.OFFER_LETTER, working_days.after(sent, terms.letter_days)))
    if row.due_at:
        looks.append((Job.ESCALATE, row.due_at))
    for job, day in looks:
        outbox.promise(session, job, message.id, not_before=day)


def remind(session: Session, message_id: UUID) -> None:
    """Remind who was asked, once, when it was not taken over yet."""
    row, _ = _found(session, message_id)
    if row.state in _NOT_TAKEN:
        steps.tell(session, row, Side.ASKED, About.REMINDER)


def escalate(session: Session, message_id: UUID) -> None:
    """Tell who asked that the answer is late. After a supplement a later day holds."""
    row, _ = _found(session, message_id)
    if row.state in UNANSWERED and row.due_at is not None and row.due_at <= now():
        steps.tell(session, row, Side.ASKER, About.OVERDUE)


def offer_letter(session: Session, message_id: UUID) -> None:
    """Tell who asked that nobody has read it, so that a letter can be printed."""
    row, message = _found(session, message_id)
    if row.state in _NOT_TAKEN and message.state in _NOT_READ:
        steps.tell(session, row, Side.ASKER, About.LETTER)


def bounced(session: Session, row: Referral, side: Side) -> None:
    """The mail to one side came back: its address is not used again, and the other side is told."""
    organisation = row.to_organisation if side is Side.ASKED else row.from_organisation
    address = session.get(Address, organisation)
    if address is not None and address.bounced_at is None:
        address.bounced_at = now()
        session.add(address)
    for message in messages_of(session, row.id):
        if steps.sender_of(row, message) is not side and message.state == MessageState.DELIVERED:
            # Nobody was told of it, so it has not arrived; what was read, was.
            message.state, message.delivered_at = MessageState.RELEASED, None
            message.channel, message.failure = Channel.LETTER, "bounced"
            session.add(message)
    steps.tell(session, row, steps.other(side), About.BOUNCED)


def _found(session: Session, message_id: UUID) -> tuple[Referral, Message]:
    referral_id = referral_of_message(session, message_id)
    assert referral_id is not None
    row = referral_of(session, referral_id, lock=True)
    assert row is not None
    return row, message_of(session, message_id)
