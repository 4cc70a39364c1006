"""Exchanges as the doctors see them in a list."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session

from service.agreement.rules import agreement
from service.clock import now, written
from service.identity.tables import Organisation
from service.referrals import asking, standing
from service.referrals.rules import CLINICAL, STATE_TEXT, MessageKind, Side, State
from service.referrals.schemas import PartyView, ReferralSummary, StepView
from service.referrals.tables import Message, Referral, ReferralEvent, messages_of
from service.text import Language, Text


def summary(session: Session, row: Referral, side: Side, language: Language = Language.NL) -> ReferralSummary:
    """One line of a list, without the worker."""
    return ReferralSummary(**fields(session, row, side, messages_of(session, row.id), language))


def fields(
    session: Session, row: Referral, side: Side, messages: Sequence[Message], language: Language
) -> dict[str, Any]:
    """What a list and a whole exchange both show."""
    state = State(row.state)
    return {
        "id": row.id,
        "reference": row.reference,
        "kind": row.kind,
        "kind_text": agreement().kinds[row.kind].title.in_(language),
        "state": row.state,
        "state_text": STATE_TEXT[state].in_(language),
        "asker": _party(session, row, Side.ASKER),
        "asked": _party(session, row, Side.ASKED),
        "due_at": written(row.due_at) if row.due_at else None,
        "changed_at": written(row.changed_at),
        "standing": _standing(row, side, messages).in_(language),
        "demo": row.demo,
    }


def step(event: ReferralEvent) -> StepView:
    """One step, without who it was: the side and the role say enough."""
    return StepView(
        position=event.position,
        at=written(event.at),
        action=event.act,
        from_state=event.from_state,
        to_state=event.to_state,
        side=event.side,
        role=event.role,
        reason=event.reason,
    )


def _party(session: Session, row: Referral, side: Side) -> PartyView:
    asks = side is Side.ASKER
    organisation = session.get_one(Organisation, row.from_organisation if asks else row.to_organisation)
    return PartyView(
        organisation=organisation.id,
        name=organisation.name,
        city=organisation.city,
        practitioner=asking.doctor_of(session, row, side),
        role=row.from_role if asks else row.to_role,
    )


def _standing(row: Referral, side: Side, messages: Sequence[Message]) -> Text:
    here = row.from_organisation if side is Side.ASKER else row.to_organisation
    clinical = [one for one in messages if one.kind in CLINICAL]
    request = [one for one in clinical if one.kind == MessageKind.REQUEST][-1]
    own = [one for one in clinical if one.from_organisation == here]
    last = _last(own[-1]) if own else None
    return standing.standing(State(row.state), side, row.to_role, row.due_at, _last(request), last, now())


def _last(message: Message) -> standing.Last:
    return standing.Last(
        message.kind,
        message.state,
        message.channel,
        message.closed_because,
        message.released_at,
        message.delivered_at,
        message.read_at,
    )
