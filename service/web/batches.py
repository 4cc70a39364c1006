"""Many notifications from one file: /meldingen/groep-bestand. Send it, see it row by row, file it, keep the report."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Path, Request, Response
from sqlmodel import Session

from service.batches import actions, submitting, views
from service.batches.reading import ReadFile, read_file
from service.batches.routes import report_file, template_file
from service.batches.rules import Duplicates, Status
from service.batches.schemas import BatchView, RowView
from service.batches.sheets import Form
from service.batches.tables import counts, owned_page
from service.clock import today
from service.database import Database, Reading, Transaction
from service.idempotency import once
from service.identity.access import Caller, Scope, insist
from service.identity.incoming import Read
from service.identity.web_session import Page, PageCaller, check_csrf
from service.problems import Conflict, FieldError, InvalidInput, Refusal, Stale, TooLarge, Unavailable
from service.text import Language, Text
from service.web.incoming import Upload
from service.web.pages import language_of, render, see_other

_HOME = "/meldingen/groep-bestand"
_MOST_LISTED = 20
_NO_FILE = Text("Kies eerst een bestand.", "Choose a file first.")
_REFUSED = (InvalidInput, TooLarge, Conflict, Unavailable)
_STALE = Text(
    "U stuurde intussen een ander bestand. Hieronder staat de laatste stand. Kijk die na en probeer het opnieuw.",
    "You sent another file in the meantime. Below is the latest state. Check it and try again.",
)
_TONES = {
    Status.PENDING: "warn",
    Status.READY: "info",
    Status.PROBLEM: "bad",
    Status.FILED: "good",
    Status.FAILED: "bad",
}

router = APIRouter(prefix=_HOME, include_in_schema=False)
BatchId = Annotated[UUID, Path(alias="id")]


def _filer(page: PageCaller) -> Page:
    insist(page.caller, [Scope.FILE])
    return page


Filer = Annotated[Page, Depends(_filer)]


@dataclass(frozen=True, slots=True)
class Sent:
    """A form with a file, as it was posted."""

    csrf: str
    key: str
    version: int
    content: bytes


def _sent(upload: Upload) -> Sent:
    values = upload.values
    return Sent(values.get("csrf", ""), values.get("key", ""), _version(values.get("version", "")), upload.content)


SentHere = Annotated[Sent, Depends(_sent)]


@router.get("")
def start(request: Request, session: Reading, page: Filer) -> Response:
    """How it works, the form to send a file, and the files that were sent before."""
    return _start(request, session, page)


@router.post("")
def upload(request: Request, page: Filer, sent: SentHere) -> Response:
    """Keep a file and go on to its rows."""
    check_csrf(page, sent.csrf)
    database: Database = request.app.state.database
    try:
        file = _read(sent, language_of(request, page))
        with database.transaction() as session:

            def act() -> Response:
                return see_other(f"{_HOME}/{actions.upload(session, page.caller, file).id}")

            return once(session, page.caller.subject, sent.key or None, request, sent.content, act)
    except _REFUSED as refusal:
        with database.reading() as session:
            return _start(request, session, page, refusal)


@router.get("/sjabloon.{form}")
def template(request: Request, page: Filer, form: Form) -> Response:
    """The template to fill in."""
    return template_file(form, language_of(request, page))


@router.get("/{id}")
def show(request: Request, session: Transaction, page: Filer, batch_id: BatchId) -> Response:
    """Every row of a file: what it is, the verdict, and what is to be done."""
    return _show(request, session, page, batch_id)


@router.post("/{id}")
def correct(request: Request, page: Filer, batch_id: BatchId, sent: SentHere) -> Response:
    """Put a better file in the place of the rows that were not filed."""
    check_csrf(page, sent.csrf)
    database: Database = request.app.state.database
    try:
        file = _read(sent, language_of(request, page))
        with database.transaction() as session:
            actions.correct(session, page.caller, batch_id, sent.version, file)
    except (*_REFUSED, Stale) as refusal:
        with database.transaction() as session:
            return _show(request, session, page, batch_id, refusal)
    return see_other(f"{_HOME}/{batch_id}")


@router.post("/{id}/indienen")
def submit(request: Request, page: Filer, batch_id: BatchId, incoming: Read) -> Response:
    """File the rows that are ready; a second click finds nothing left to file."""
    check_csrf(page, incoming.value("csrf"))
    database: Database = request.app.state.database
    duplicates = Duplicates.FILE if incoming.value("duplicates") == Duplicates.FILE else Duplicates.SKIP
    institution = request.app.state.settings.institution
    version, language = _version(incoming.value("version")), language_of(request, page)
    try:
        submitting.submit(database, page.caller, batch_id, version, duplicates, institution, language)
    except Stale as refusal:
        with database.transaction() as session:
            return _show(request, session, page, batch_id, refusal)
    return see_other(f"{_HOME}/{batch_id}")


@router.post("/{id}/weggooien")
def discard(session: Transaction, page: Filer, batch_id: BatchId, incoming: Read) -> Response:
    """Throw the file away; what was filed stays filed."""
    check_csrf(page, incoming.value("csrf"))
    actions.discard(session, page.caller, batch_id, _version(incoming.value("version")))
    return see_other(_HOME)


@router.get("/{id}/verslag.csv")
def report(request: Request, session: Transaction, page: Filer, batch_id: BatchId) -> Response:
    """The report per row, for a spreadsheet."""
    return report_file(_view(session, page.caller, batch_id, language_of(request, page)), language_of(request, page))


def _read(sent: Sent, language: Language) -> ReadFile:
    if not sent.content:
        raise InvalidInput(errors=[FieldError("", "missing", _NO_FILE)])
    return read_file(sent.content, today(), language)


def _version(typed: str) -> int:
    """The version that the person looked at; zero, which no batch has, when the form does not say."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def _view(session: Session, caller: Caller, batch_id: UUID, language: Language) -> BatchView:
    batch, rows = actions.open_own(session, caller, batch_id)
    return views.view(batch, rows, language)


def _start(request: Request, session: Session, page: Page, refusal: Refusal | None = None) -> Response:
    language = language_of(request, page)
    found = owned_page(session, page.caller.owner, None, _MOST_LISTED)
    by_batch = counts(session, [batch.id for batch in found])
    return render(
        request,
        "meldingen/batch_start.html",
        page,
        _status(refusal),
        batches=[views.summary(batch, by_batch[batch.id]) for batch in found],
        columns=views.known_columns(language),
        complaints=_complaints(refusal, language),
        key=str(uuid4()),
    )


def _show(request: Request, session: Session, page: Page, batch_id: UUID, refusal: Refusal | None = None) -> Response:
    language = language_of(request, page)
    found = _view(session, page.caller, batch_id, language)
    return render(
        request,
        "meldingen/batch.html",
        page,
        _status(refusal),
        batch=found,
        lines=[_line(row, language) for row in found.rows],
        complaints=_complaints(refusal, language),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One row as the page shows it."""

    row: RowView
    verdict: str
    tone: str


def _line(row: RowView, language: Language) -> Line:
    return Line(row, views.verdict_in_words(row, language), _TONES[Status(row.status)])


def _status(refusal: Refusal | None) -> int:
    return int(refusal.status) if refusal else 200


def _complaints(refusal: Refusal | None, language: Language) -> list[str]:
    if refusal is None:
        return []
    if isinstance(refusal, Stale):
        return [_STALE.in_(language)]
    return [error.text.in_(language) for error in refusal.errors] or [refusal.detail.in_(language)]
