"""The Task of an exchange: read and found by both sides, and changed by the one whose step it is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_
from sqlmodel import Session, col

from fhir import canonical
from fhir.issues import Unreadable, issue
from fhir.referral import Event, ReferralMessage
from fhir.report import Identifier
from fhir.terminology import own_system
from fhir.writing.message import write_referral_task
from fhir.writing.pieces import concept
from service.audit.tables import Act as AuditAct
from service.clock import written
from service.identity.access import Caller
from service.persons.vault import Vault
from service.problems import Conflict
from service.referrals import actions as referrals
from service.referrals import steps
from service.referrals.reading import acts_of
from service.referrals.rules import MessageKind, Side, State
from service.referrals.schemas import Rejection, Remark
from service.referrals.steps import Change
from service.referrals.tables import Message, Referral, messages_of
from service.settings import Settings
from service.wire.asking import TaskSearch
from service.wire.messages import tables
from service.wire.messages.outgoing import EVENTS, party_of
from service.wire.values import read_identifier

_STATUS: Mapping[str, str] = {State.AWAITING_CONSENT: "draft", State.REVOKED: "cancelled"}
# What a client that changes the status may send otherwise than it read it; everything else must be the same.
_MAY_DIFFER = frozenset({"status", "statusReason", "businessStatus", "lastModified", "meta", "text", "extension"})
_NO_WORDS = "Zonder toelichting."


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change of status that was asked for."""

    status: str
    reason: str | None = None
    text: str | None = None


def read(session: Session, settings: Settings, vault: Vault, caller: Caller, referral_id: UUID) -> tuple[Any, int]:
    """The Task of an exchange, and its version. Raises NotFound to everybody else than its two sides."""
    row, side = steps.seen(session, caller, referral_id)
    steps.audit(session, vault, caller, row, AuditAct.READ, "referral.task")
    return task_of(session, settings, row, side), row.version


def search(
    session: Session, settings: Settings, vault: Vault, caller: Caller, asked: TaskSearch, limit: int
) -> list[dict[str, Any]]:
    """One page of the Tasks on either side of which the caller stands, newest first."""
    if not steps.PROFESSION.get(caller.role):
        return []
    found = []
    for row in tables.page(session, _conditions(caller, asked), asked.after, limit):
        side = steps.side_of(caller, row)
        assert side is not None
        steps.audit(session, vault, caller, row, AuditAct.READ, "referral.list")
        found.append(task_of(session, settings, row, side))
    return found


def how_many(session: Session, caller: Caller, asked: TaskSearch) -> int:
    """How many there are."""
    return tables.how_many(session, _conditions(caller, asked)) if steps.PROFESSION.get(caller.role) else 0


def change(
    session: Session, settings: Settings, vault: Vault, caller: Caller, at: Change, document: Any
) -> tuple[Any, int]:
    """Take the exchange where the sent Task says, if that is this caller's step now. Gives the Task and its version.

    Raises NotFound, Stale, Conflict, or Unreadable for a Task that changes more than its status.
    """
    row, side = steps.seen(session, caller, at.referral_id, lock=True)
    steps.insist_version(row, at.version)
    wanted = _wanted(document, task_of(session, settings, row, side))
    if wanted.status != _STATUS.get(row.state, row.state):
        act = _CHANGES.get((side, wanted.status))
        if act is None:
            raise Conflict
        act(session, vault, caller, at, wanted)
    return task_of(session, settings, row, side), row.version


def task_of(session: Session, settings: Settings, row: Referral, side: Side) -> dict[str, Any]:
    """An exchange as its Task: where it stands, what the reader can do, and the messages there are to fetch."""
    task = write_referral_task(_value(session, settings, row), row.version, written(row.changed_at))
    messages = messages_of(session, row.id)
    url, acts = canonical.extension("beschikbare-actie"), acts_of(row, side, messages)
    actions = [{"url": url, "valueCode": act.value} for act in acts]
    lists = {"input": Side.ASKER, "output": Side.ASKED}
    said = {name: [_link(one) for one in _released(row, messages, whose)] for name, whose in lists.items()}
    return {**task, **{name: value for name, value in {"extension": actions, **said}.items() if value}}


def _value(session: Session, settings: Settings, row: Referral) -> ReferralMessage:
    return ReferralMessage(
        event=Event.STATUS,
        message_id=str(row.id),
        bundle_identifier=Identifier(canonical.TASK_SYSTEM, str(row.id)),
        sent_at=written(row.created_at),
        sender=party_of(session, settings, row, Side.ASKER),
        recipient=party_of(session, settings, row, Side.ASKED),
        task_id=str(row.id),
        task_identifier=read_identifier(row.client_identifier) if row.client_identifier else None,
        trajectory=str(row.trajectory),
        kind=row.kind,
        status=_STATUS.get(row.state, row.state),
        business_status=row.state,
        status_reason=row.reject_reason,
        due=written(row.due_at) if row.due_at else None,
        urgent=row.urgent,
    )


def _released(row: Referral, messages: Any, whose: Side) -> Iterator[Message]:
    """What one side sent; what waits or was stopped before it left is for nobody to fetch."""
    return (one for one in messages if one.released_at and steps.sender_of(row, one) is whose)


def _link(message: Message) -> dict[str, Any]:
    event = EVENTS[MessageKind(message.kind)].value
    kind = concept({"system": canonical.MESSAGE_SYSTEM, "code": event})
    return {"type": kind, "valueReference": {"reference": f"Bundle/{message.id}", "type": "Bundle"}}


def _conditions(caller: Caller, asked: TaskSearch) -> list[ColumnElement[bool]]:
    found = [referrals.every(caller)]
    if asked.ids:
        found.append(col(Referral.id).in_(_uuids(asked.ids)))
    if asked.identifier is not None:
        found.append(_called(asked.identifier))
    if asked.group is not None:
        found.append(col(Referral.trajectory).in_(_uuids((_bare(asked.group, canonical.TRAJECTORY_SYSTEM),))))
    if asked.statuses:
        states = [state.value for state in State if _STATUS.get(state, state.value) in asked.statuses]
        found.append(col(Referral.state).in_(states))
    if asked.since is not None:
        found.append(col(Referral.changed_at) >= asked.since)
    if asked.until is not None:
        found.append(col(Referral.changed_at) <= asked.until)
    return found


def _called(name: str) -> ColumnElement[bool]:
    ours = col(Referral.id).in_(_uuids((_bare(name, canonical.TASK_SYSTEM),)))
    if "|" in name:
        return or_(ours, col(Referral.client_identifier) == name)
    return or_(ours, col(Referral.client_identifier).endswith(f"|{name}", autoescape=True), false())


def _bare(name: str, system: str) -> str:
    told, separator, value = name.partition("|")
    return value if separator and told == system else "" if separator else name


def _uuids(texts: tuple[str, ...]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _wanted(document: Any, current: Mapping[str, Any]) -> Wanted:
    if not isinstance(document, dict) or document.get("resourceType") != "Task":
        raise Unreadable([issue("AB-V009", "Task")])
    names = (document.keys() | current.keys()) - _MAY_DIFFER
    if changed := sorted(name for name in names if document.get(name) != current.get(name)):
        raise Unreadable([issue("AB-L011", f"Task.{name}") for name in changed if name.isalpha()])
    status, told = document.get("status"), document.get("statusReason")
    if not isinstance(status, str):
        raise Unreadable([issue("AB-V005", "Task.status")])
    reason = told if isinstance(told, dict) else {}
    text = reason.get("text")
    return Wanted(status, _code(reason.get("coding")), text[:280] if isinstance(text, str) and text.strip() else None)


def _code(codings: Any) -> str | None:
    system = own_system("afwijsreden")
    for one in codings if isinstance(codings, list) else []:
        code = one.get("code") if isinstance(one, dict) and one.get("system") == system.url else None
        if isinstance(code, str) and code in system.codes:
            return next(value for value, known in system.values.items() if known.code == code)
    return None


def _accept(session: Session, vault: Vault, caller: Caller, at: Change, _: Wanted) -> object:
    return referrals.accept(session, vault, caller, at)


def _begin(session: Session, vault: Vault, caller: Caller, at: Change, _: Wanted) -> object:
    return referrals.begin(session, vault, caller, at)


def _ask_back(session: Session, vault: Vault, caller: Caller, at: Change, wanted: Wanted) -> object:
    return referrals.ask_back(session, vault, caller, at, _remark(wanted))


def _reject(session: Session, vault: Vault, caller: Caller, at: Change, wanted: Wanted) -> object:
    if wanted.reason is None:
        raise Unreadable([issue("AB-L009", "Task.statusReason")])
    rejection = Rejection.model_validate({"reason": wanted.reason, "text": wanted.text})
    return referrals.reject(session, vault, caller, at, rejection)


def _fail(session: Session, vault: Vault, caller: Caller, at: Change, wanted: Wanted) -> object:
    return referrals.fail(session, vault, caller, at, _remark(wanted))


def _cancel(session: Session, vault: Vault, caller: Caller, at: Change, wanted: Wanted) -> object:
    return referrals.cancel(session, vault, caller, at, _remark(wanted))


def _remark(wanted: Wanted) -> Remark:
    return Remark(text=wanted.text or _NO_WORDS)


# An answer is no change of status: it is sent as a message, with a consent of its own.
_CHANGES: Mapping[tuple[Side, str], Callable[[Session, Vault, Caller, Change, Wanted], object]] = {
    (Side.ASKED, "accepted"): _accept,
    (Side.ASKED, "in-progress"): _begin,
    (Side.ASKED, "on-hold"): _ask_back,
    (Side.ASKED, "rejected"): _reject,
    (Side.ASKED, "failed"): _fail,
    (Side.ASKER, "cancelled"): _cancel,
}
