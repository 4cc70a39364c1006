"""What can be done with a notification: one function per sentence of the product. None of them commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col

from service import idempotency, outbox
from service.audit.tables import Act as AuditAct
from service.audit.tables import record
from service.clock import AMSTERDAM, now
from service.database import append
from service.events import NOTIFICATION_SUBMITTED
from service.identity.access import Caller, Role
from service.ids import new_notification_number
from service.notifications import judgement, receipts
from service.notifications.rules import STATE_TEXT, TRANSITIONS, Act, Flag, State, Who, allows, judge
from service.notifications.schemas import AssessmentDecision, Decision, NotificationContent, Receipt
from service.notifications.tables import (
    Event,
    Member,
    Notice,
    Notification,
    Revision,
    Standing,
    alike_filed,
    assessable,
    expired_drafts,
    mark_seen,
    members,
    next_ordinal,
    owned,
    write,
)
from service.problems import Conflict, FieldError, InvalidInput, NotFound, Stale
from service.settings import Institution
from service.text import Language, Text

DRAFT_DAYS = 30
_LOOK_ALIKE_PERIOD = timedelta(days=366)
_UNFINISHED = (State.DRAFT, State.RETURNED)
_NO_QUESTIONS = Text("Er zijn geen vragen om te beantwoorden.", "There are no questions to answer.")


@dataclass(frozen=True, slots=True)
class Filing:
    """A body as it came: the content that was read from it, the bytes to keep, and the language to answer in.

    `answer` is what the notifier answers to the registry's questions; None when nothing was said of it.
    """

    content: NotificationContent
    body: bytes
    language: Language = Language.NL
    answer: str | None = None


def start(session: Session, caller: Caller, filing: Filing) -> Notification:
    """Start a draft; it is kept for thirty days after its last change."""
    judgement.refuse_identity(filing.content)
    row = Notification(**_beginning(caller, filing), ordinal=next_ordinal(session, caller.owner))
    _take_over(row, filing, row.created_at)
    row.expires_on = _last_day(row.created_at)
    write(session, row)
    record(session, caller, AuditAct.CREATE, "notification.start", "notification", row.id)
    return row


def save(session: Session, caller: Caller, notification_id: UUID, version: int, filing: Filing) -> Notification:
    """Keep the content of a draft, or of a notification that came back, as it is now."""
    row = _to_change(session, caller, notification_id, Act.SAVE, version)
    judgement.refuse_identity(filing.content)
    _take_answer(row, filing.answer)
    moment = now()
    _take_over(row, filing, moment)
    row.expires_on = _last_day(moment) if row.state == State.DRAFT else None
    row.version += 1
    record(session, caller, AuditAct.UPDATE, "notification.save", "notification", row.id)
    return row


def discard(session: Session, caller: Caller, notification_id: UUID, version: int) -> None:
    """Throw a draft away; nothing of it is kept."""
    row = _to_change(session, caller, notification_id, Act.DISCARD, version)
    record(session, caller, AuditAct.DELETE, "notification.discard", "notification", row.id)
    idempotency.forget_answers(session, f"/v1/notifications/{row.id}")
    session.delete(row)


def file(session: Session, caller: Caller, filing: Filing, institution: Institution) -> tuple[Standing, Receipt]:
    """Start and submit in one go."""
    row = Standing(**_beginning(caller, filing))
    return row, _receive(session, caller, row, filing, Act.SUBMIT, institution)


def submit(
    session: Session,
    caller: Caller,
    notification_id: UUID,
    version: int,
    institution: Institution,
    language: Language = Language.NL,
    answer: str | None = None,
) -> tuple[Notification, Receipt]:
    """Submit a draft, or again what came back: registered at once, or to the registry's queue."""
    row = _to_change(session, caller, notification_id, Act.SUBMIT, version)
    _take_answer(row, answer)
    filing = Filing(NotificationContent.model_validate_json(row.content), row.content, language)
    return row, _receive(session, caller, row, filing, Act.SUBMIT, institution)


def amend(
    session: Session, caller: Caller, notification_id: UUID, version: int, filing: Filing, institution: Institution
) -> tuple[Notification, Receipt]:
    """Replace what was notified by a new version; the old one stays in the history."""
    row = _to_change(session, caller, notification_id, Act.AMEND, version)
    return row, _receive(session, caller, row, filing, Act.AMEND, institution)


def replace(
    session: Session, caller: Caller, notification_id: UUID, version: int, filing: Filing, institution: Institution
) -> tuple[Notification, Receipt]:
    """Send the whole content anew: resubmit what came back, amend what was filed."""
    if mine(session, caller, notification_id).state == State.RETURNED:
        row = save(session, caller, notification_id, version, filing)
        return submit(session, caller, notification_id, row.version, institution, filing.language)
    return amend(session, caller, notification_id, version, filing, institution)


def withdraw(session: Session, caller: Caller, notification_id: UUID, version: int, reason: str) -> Notification:
    """Take a notification back, with a reason."""
    judgement.refuse_identifying_text("/reason", reason)
    row = _to_change(session, caller, notification_id, Act.WITHDRAW, version)
    append(session, Event, [_move(caller, row, Act.WITHDRAW, State.WITHDRAWN, reason=reason)])
    record(session, caller, AuditAct.UPDATE, "notification.withdraw", "notification", row.id)
    return row


_DECIDED: dict[Decision, tuple[Act, State]] = {
    Decision.REGISTER: (Act.REGISTER, State.REGISTERED),
    Decision.RETURN: (Act.RETURN, State.RETURNED),
    Decision.NOT_REGISTER: (Act.NOT_REGISTER, State.NOT_REGISTERED),
}


def assess(
    session: Session, caller: Caller, notification_id: UUID, version: int, decision: AssessmentDecision
) -> Notification:
    """Decide as the registry: register, return with questions, or not register with a reason."""
    _refuse_incomplete(decision)
    judgement.refuse_identity(decision)
    row = assessable(session, notification_id, lock=True)
    if row is None or row.demo != caller.demo:
        raise NotFound
    act, state = _DECIDED[decision.decision]
    _insist_on(row, act, Who.REGISTRY, version)
    row.questions, row.reason = list(decision.questions), decision.reason
    append(session, Event, [_move(caller, row, act, state, reason=decision.reason, questions=decision.questions)])
    if state is not State.REGISTERED:
        _tell_notifier(session, row)
    record(session, caller, AuditAct.UPDATE, f"notification.{act.value}", "notification", row.id)
    return row


def mine(session: Session, caller: Caller, notification_id: UUID) -> Notification:
    """The caller's notification. Raises NotFound when it is not there or not the caller's to see."""
    row = owned(session, notification_id, caller.owner)
    if row is None or not visible(caller, row):
        raise NotFound
    return row


def open_own(session: Session, caller: Caller, notification_id: UUID) -> Notification:
    """Open the caller's notification; what came back with it counts as seen once the notifier opens it."""
    row = mine(session, caller, notification_id)
    if caller.subject == row.owner:
        mark_seen(session, row.id)
    record(session, caller, AuditAct.READ, "notification.read", "notification", row.id)
    return row


def submitted(session: Session, caller: Caller, notification_id: UUID) -> Notification:
    """A notification as the registry may see it. Raises NotFound for drafts and across the demo border."""
    row = assessable(session, notification_id)
    if row is None or row.demo != caller.demo:
        raise NotFound
    return row


def open_for_assessment(session: Session, caller: Caller, notification_id: UUID) -> tuple[Notification, Revision]:
    """Open a submitted notification as the registry: what was submitted, not what the notifier is working on."""
    row = submitted(session, caller, notification_id)
    record(session, caller, AuditAct.READ, "notification.read", "notification", row.id)
    return row, session.get_one(Revision, (row.id, row.revision))


def visible(caller: Caller, row: Notification) -> bool:
    """An assistant sees what is being prepared, and not what became of it."""
    return caller.role is not Role.ASSISTANT or row.state in _UNFINISHED


def read_receipt(session: Session, caller: Caller, notification_id: UUID) -> Receipt:
    """The receipt of the last submitted version, with where things stand now."""
    row = mine(session, caller, notification_id)
    if row.revision == 0:
        raise Conflict(Text("Een concept heeft nog geen ontvangstbewijs.", "A draft has no receipt yet."))
    kept = session.get_one(Revision, (row.id, row.revision))
    record(session, caller, AuditAct.READ, "notification.receipt", "notification", row.id)
    return receipts.as_it_stands(kept.receipt, State(row.state))


def as_submitted(session: Session, caller: Caller, notification_id: UUID, revision: int | None) -> Revision:
    """The bytes as the notifier sent them; for the notifier only, and not for who prepared them."""
    row = mine(session, caller, notification_id)
    if caller.subject != row.owner:
        raise NotFound
    kept = session.get(Revision, (row.id, revision or row.revision))
    if kept is None:
        raise NotFound
    record(session, caller, AuditAct.READ, "notification.as-submitted", "notification", row.id)
    return kept


def expire_drafts(session: Session, at: datetime) -> int:
    """Throw away the drafts that nobody touched for thirty days. Gives how many."""
    rows = expired_drafts(session, at.astimezone(AMSTERDAM).date())
    for row in rows:
        session.execute(delete(Notice).where(col(Notice.notification_id) == row.id))
        session.delete(row)
    return len(rows)


def _to_change(session: Session, caller: Caller, notification_id: UUID, act: Act, version: int) -> Notification:
    row = owned(session, notification_id, caller.owner, lock=True)
    if row is None or not visible(caller, row):
        raise NotFound
    _insist_on(row, act, Who.NOTIFIER, version)
    return row


def _insist_on(row: Notification, act: Act, who: Who, version: int) -> None:
    if row.version != version:
        raise Stale
    if not allows(act, State(row.state), who):
        raise Conflict(_not_now(act, State(row.state)))


def _not_now(act: Act, state: State) -> Text:
    stands = STATE_TEXT[state]
    if state in TRANSITIONS[act].to:
        return Text(
            f"Dat is al gebeurd. De melding staat op: {stands.nl}.", f"Already done. It stands at: {stands.en}."
        )
    return Text(f"Dat kan niet bij een melding die staat op: {stands.nl}.", f"Not possible. It stands at: {stands.en}.")


def _last_day(moment: datetime) -> date:
    return (moment.astimezone(AMSTERDAM) + timedelta(days=DRAFT_DAYS)).date()


def _beginning(caller: Caller, filing: Filing) -> dict[str, Any]:
    """What is known of a notification before anybody has looked at its content."""
    moment = now()
    return {
        "state": State.DRAFT,
        "owner": caller.owner,
        "organisation": caller.organisation,
        "content": filing.body,
        "created_at": moment,
        "changed_at": moment,
        "demo": caller.demo,
    }


def _take_over(row: Standing, filing: Filing, moment: datetime) -> None:
    """Put the content in the row, with the columns that lists and the queue show."""
    content = filing.content
    row.content = filing.body
    row.diagnosis = judgement.diagnosis_in_words(content)
    row.occupation = judgement.occupation_in_words(content)
    row.sector = content.sector.sbi if content.sector else None
    row.birth_year = content.worker.birth_year if content.worker else None
    row.group_size = len(content.group)
    row.minutes_spent = content.minutes_spent
    row.changed_at = moment


def _take_answer(row: Notification, answer: str | None) -> None:
    """Keep what the notifier answers to the registry's questions, until it goes along with a new submission."""
    if answer is None:
        return
    if row.state != State.RETURNED:
        raise InvalidInput(errors=[FieldError("/answer", "no-questions", _NO_QUESTIONS)])
    judgement.refuse_identifying_text("/answer", answer)
    row.answer = answer or None


def _receive(
    session: Session, caller: Caller, row: Standing, filing: Filing, act: Act, institution: Institution
) -> Receipt:
    """Judge the content, keep it for good under the next revision, and answer with a receipt."""
    moment = now()
    judged = judgement.judge_content(filing.content, moment.astimezone(AMSTERDAM).date(), filing.language, row.answer)
    alike = alike_filed(session, row, judged.fingerprint, moment - _LOOK_ALIKE_PERIOD)
    state, flags = judge(
        judged.check.verdict,
        override=judged.overrides,
        duplicate=bool(alike),
        flagged_text=judged.points_at_somebody,
        resubmitted=_was_returned(row),
    )
    _take_over(row, filing, moment)
    row.number = row.number or new_notification_number(moment.year)
    row.revision, row.flags, row.expires_on = row.revision + 1, [flag.value for flag in flags], None
    row.fingerprint, row.submitted_at = judged.fingerprint, row.submitted_at or moment
    row.guideline, row.verdict = judged.guideline_code, judged.check.verdict
    step = _move(caller, row, act, state, answer=row.answer)
    row.questions, row.reason, row.answer = [], None, None
    write(session, row)  # the notification before what points at it, and whole, so that it is one statement
    numbered = _number_members(session, row, filing.content, moment.year)
    own = [number for number, owner in alike if owner == row.owner and number]
    receipt = receipts.write(row, filing.content, filing.body, judged, numbered, institution, own, filing.language)
    append(session, Event, [step])
    append(session, Revision, [_revision(row, filing, judged, receipt, moment)])
    record(session, caller, AuditAct.CREATE, f"notification.{act.value}", "notification", row.id)
    NOTIFICATION_SUBMITTED.log(state=row.state, verdict=row.verdict, flags=row.flags)
    return receipt


def _was_returned(row: Standing) -> bool:
    """Tell whether the registry asked questions and has not decided since; an amendment meanwhile changes nothing."""
    return row.state == State.RETURNED or (row.state == State.QUEUED and Flag.RESUBMITTED in row.flags)


def _revision(
    row: Standing, filing: Filing, judged: judgement.Judged, receipt: Receipt, moment: datetime
) -> dict[str, Any]:
    return {
        "notification_id": row.id,
        "revision": row.revision,
        "body": filing.body,
        "sha256": receipt.sha256,
        "guideline": judged.guideline_code,
        "guideline_version": judged.guideline_version,
        "receipt": receipt,
        "at": moment,
    }


def _number_members(session: Session, row: Standing, content: NotificationContent, year: int) -> list[str]:
    """Give each further worker a number; who had one at this place keeps it when the notification changes."""
    kept = {member.position: member.number for member in members(session, row.id)} if row.revision > 1 else {}
    if kept:
        session.execute(delete(Member).where(col(Member.notification_id) == row.id))
    numbered = [
        {
            "number": kept.get(position) or new_notification_number(year),
            "notification_id": row.id,
            "position": position,
            "sex": worker.sex,
            "birth_year": worker.birth_year,
            "onset": worker.onset,
        }
        for position, worker in enumerate(content.group)
    ]
    append(session, Member, numbered)
    return [str(member["number"]) for member in numbered]


def _move(
    caller: Caller,
    row: Standing,
    act: Act,
    to: State,
    *,
    reason: str | None = None,
    questions: Sequence[str] = (),
    answer: str | None = None,
) -> dict[str, Any]:
    """Take the notification to its next state; gives the step for its history, to be written once the row is."""
    moment = now()
    step = {
        "notification_id": row.id,
        "position": row.steps,
        "act": act.value,
        "from_state": row.state,
        "to_state": to.value,
        "revision": row.revision,
        "actor": caller.subject,
        "role": caller.role.value,
        "reason": reason,
        "questions": list(questions),
        "answer": answer,
        "at": moment,
    }
    row.state, row.changed_at = to, moment
    row.version, row.steps = row.version + 1, row.steps + 1
    return step


def _tell_notifier(session: Session, row: Notification) -> None:
    notice = Notice(owner=row.owner, notification_id=row.id, state=row.state, at=now())
    session.add(notice)
    outbox.promise(session, outbox.Job.MAIL_NOTICE, notice.id)


def _refuse_incomplete(decision: AssessmentDecision) -> None:
    problems = []
    if decision.decision is Decision.RETURN and not decision.questions:
        text = Text("Stel minstens één vraag aan de melder.", "Ask the notifier at least one question.")
        problems.append(FieldError("/questions", "missing", text))
    if decision.decision is Decision.NOT_REGISTER and not decision.reason:
        text = Text("Geef de reden; de melder krijgt die te zien.", "Give the reason; the notifier will see it.")
        problems.append(FieldError("/reason", "missing", text))
    if problems:
        raise InvalidInput(errors=problems)
