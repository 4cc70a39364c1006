"""What can be done with a signal."""

from uuid import UUID

from sqlmodel import Session

from service.audit.tables import Act, record
from service.clock import now
from service.identity.access import Caller, Scope
from service.notifications import judgement
from service.problems import Conflict, NotFound, Stale
from service.signals.rules import JUDGEABLE, State
from service.signals.schemas import Judgement, SignalContent
from service.signals.tables import Signal


def send(session: Session, caller: Caller, content: SignalContent, body: bytes) -> Signal:
    """Send a suspicion to the signal desk. It may be incomplete, but it may identify nobody."""
    judgement.refuse_identity(content)
    row = Signal(state=State.RECEIVED, owner=caller.owner, body=body, demo=caller.demo, received_at=now())
    session.add(row)
    record(session, caller, Act.CREATE, "signal.send", "signal", row.id)
    return row


def open_signal(session: Session, caller: Caller, signal_id: UUID) -> Signal:
    """Open a signal: one's own, or any for the signal desk. Raises NotFound otherwise."""
    row = session.get(Signal, signal_id)
    if row is None or row.demo != caller.demo or not (_at_desk(caller) or row.owner == caller.owner):
        raise NotFound
    record(session, caller, Act.READ, "signal.read", "signal", row.id)
    return row


def judge(session: Session, caller: Caller, signal_id: UUID, version: int, judged: Judgement) -> Signal:
    """Judge a signal as the desk: no signal, watch, or alert, with the reason."""
    judgement.refuse_identifying_text("/reason", judged.reason)
    row = session.get(Signal, signal_id, with_for_update=True)
    if row is None or row.demo != caller.demo:
        raise NotFound
    if row.version != version:
        raise Stale
    if State(row.state) not in JUDGEABLE:
        raise Conflict
    row.state, row.reason, row.version = State(judged.verdict.value), judged.reason, row.version + 1
    record(session, caller, Act.UPDATE, "signal.judge", "signal", row.id)
    return row


def whose(caller: Caller) -> UUID | None:
    """Whose signals the caller may list: everybody's for the desk, otherwise the caller's own."""
    return None if _at_desk(caller) else caller.owner


def _at_desk(caller: Caller) -> bool:
    return Scope.JUDGE_SIGNAL in caller.scopes
