"""The worker's own file: /dossier. What was asked and said, what went where, who looked, and how to stop it."""

import json
from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from sqlmodel import Session

from service.audit.tables import Act, record_person
from service.clock import today
from service.consent import actions as consent
from service.consent.links import Opened
from service.consent.rules import State
from service.database import Transaction
from service.persons.actions import subject_of
from service.persons.vault import Vault
from service.problems import InvalidInput, NotFound
from service.referrals import deciding
from service.web.dossier_views import OwnFile, Period, own_file
from service.web.incoming import Posted, value
from service.web.pages import language_of, render, see_other
from service.web.worker import Keys, WorkerVisitor, check_device_form, csrf_of

router = APIRouter(prefix="/dossier", include_in_schema=False)
ConsentId = Annotated[UUID, Path(alias="id")]
Day = Annotated[date | None, Query()]

_LOOKS_BACK = timedelta(days=365)


@router.get("")
def read(
    request: Request, session: Transaction, found: WorkerVisitor, keys: Keys, since: Day = None, until: Day = None
) -> Response:
    """Everything, with who looked in a period."""
    _audit(session, keys, found, "dossier.read")
    return render(
        request, "dossier/dossier.html", None, file=_file(request, session, keys, found, since, until),
        csrf=csrf_of(request), latest=today().isoformat(),
    )  # fmt: skip


@router.get("/download")
def download(
    request: Request, session: Transaction, found: WorkerVisitor, keys: Keys, since: Day = None, until: Day = None
) -> Response:
    """The same as JSON, to keep or to give to another (AVG art. 20)."""
    _audit(session, keys, found, "dossier.download")
    whole = asdict(_file(request, session, keys, found, since, until))
    headers = {"Content-Disposition": 'attachment; filename="dossier.json"'}
    body = json.dumps(whole, ensure_ascii=False, indent=1, default=str)
    return Response(body, headers=headers, media_type="application/json")


@router.get("/toestemming/{id}/intrekken")
def ask_withdrawal(request: Request, session: Transaction, found: WorkerVisitor, consent_id: ConsentId) -> Response:
    """Say once what stopping does, and what it cannot undo."""
    row = consent.own(session, found.worker, consent_id)
    if row.state != State.GIVEN:
        return see_other("/dossier")
    action = f"/dossier/toestemming/{row.id}/intrekken"
    return render(request, "toestemming/intrekken.html", None, action=action, back="/dossier", csrf=csrf_of(request))


@router.post("/toestemming/{id}/intrekken")
def withdraw(
    request: Request, session: Transaction, found: WorkerVisitor, keys: Keys, consent_id: ConsentId, posted: Posted
) -> Response:
    """Stop."""
    check_device_form(request, value(posted, "csrf"))
    deciding.withdraw(session, keys, found.worker, consent_id)
    return see_other("/dossier")


@router.post("/bezwaar")
def object_to(request: Request, session: Transaction, found: WorkerVisitor, keys: Keys, posted: Posted) -> Response:
    """Let nothing more go one way, unless it is allowed apart."""
    check_device_form(request, value(posted, "csrf"))
    try:
        sender, recipient = UUID(value(posted, "sender")), UUID(value(posted, "recipient"))
    except ValueError:
        raise NotFound from None
    deciding.object_to(session, keys, found.worker, sender, recipient, language_of(request, None))
    return see_other("/dossier#bezwaar")


@router.post("/bezwaar/{id}/stoppen")
def take_back(
    request: Request, session: Transaction, found: WorkerVisitor, keys: Keys, consent_id: ConsentId, posted: Posted
) -> Response:
    """Take an objection back."""
    check_device_form(request, value(posted, "csrf"))
    deciding.take_back(session, keys, found.worker, consent_id)
    return see_other("/dossier#bezwaar")


def _file(
    request: Request, session: Session, keys: Vault, found: Opened, since: date | None, until: date | None
) -> OwnFile:
    until = min(until or today(), today())
    period = Period(since or until - _LOOKS_BACK, until)
    if period.since > period.until:
        raise InvalidInput
    return own_file(session, keys, found.person, period, language_of(request, None))


def _audit(session: Session, keys: Vault, found: Opened, event: str) -> None:
    subject = subject_of(keys, found.person.id)
    record_person(session, found.worker, Act.READ, event, subject, "dossier", None, basis="AVG art. 15")
