"""What goes on paper: a doctor prints it, puts it in the post, and says on which day."""

from collections.abc import Sequence
from datetime import date, datetime, time

from sqlmodel import Session

from service import working_days
from service.agreement.rules import agreement
from service.clock import AMSTERDAM, now
from service.identity.access import Caller
from service.parties.rules import Channel
from service.persons.vault import Vault
from service.problems import Conflict, FieldError, InvalidInput
from service.referrals import agreeing, steps
from service.referrals.rules import CLINICAL, Act, MessageState, Side, State
from service.referrals.schemas import Posted
from service.referrals.steps import Change
from service.referrals.tables import Message, Referral, messages_of
from service.text import Text

_NOTHING = Text(
    "Er is geen brief die op de post kan: alles is aangekomen, of er is nog tijd om aan te komen.",
    "There is no letter to post: everything has arrived, or still has time to arrive.",
)
_NOT_THEN = Text(
    "Vul een dag in vanaf de verzending tot en met vandaag.", "Give a day from the sending up to and including today."
)


def on_paper(row: Referral, messages: Sequence[Message]) -> list[Message]:
    """What the asking doctor may send by post: what goes by letter, and what did not arrive by the agreed day."""
    return [one for one in messages if steps.sender_of(row, one) is Side.ASKER and _is_to_post(row, one)]


def post(session: Session, vault: Vault, caller: Caller, change: Change, posted: Posted) -> Referral:
    """Say that the letter is in the post: it counts as delivered on that day, and goes no other way any more."""
    row = steps.to_change(session, caller, change, Act.POST)
    found = on_paper(row, messages_of(session, row.id))
    if not found:
        raise Conflict(_NOTHING)
    for message in found:
        message.delivered_at = _moment(message, posted.posted_on)
        message.state, message.channel = MessageState.DELIVERED, Channel.LETTER
        session.add(message)
    steps.move(session, vault, caller, row, Act.POST, State.RECEIVED if row.state == State.REQUESTED else None)
    if not agreeing.asks_answer(row.kind):
        steps.move(session, vault, steps.in_name_of(row, Side.ASKER), row, Act.COMPLETE, State.COMPLETED)
    return row


def _is_to_post(row: Referral, message: Message) -> bool:
    if message.kind not in CLINICAL or message.state != MessageState.RELEASED or message.delivered_at is not None:
        return False
    assert message.released_at is not None
    offered_at = working_days.after(message.released_at, agreement().kinds[row.kind].letter_days)
    return message.channel == Channel.LETTER or offered_at <= now()


def _moment(message: Message, day: date) -> datetime:
    """The middle of that day, as far as it lies between the sending and now. Raises InvalidInput for another day."""
    assert message.released_at is not None
    first, last = message.released_at, now()
    if not first.astimezone(AMSTERDAM).date() <= day <= last.astimezone(AMSTERDAM).date():
        raise InvalidInput(errors=[FieldError("/postedOn", "not-then", _NOT_THEN)])
    return min(max(first, datetime.combine(day, time(12), AMSTERDAM)), last)
