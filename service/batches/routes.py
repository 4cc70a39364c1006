"""How the world reaches batches: /v1/notification-batches."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from service.batches import actions, reports, submitting, views
from service.batches.reading import ReadFile, read_file
from service.batches.schemas import BatchSummary, BatchView, ColumnView, Submission
from service.batches.sheets import Form, form_of
from service.batches.tables import counts, owned_page
from service.clock import today
from service.database import Database, Reading, Transaction
from service.idempotency import IdempotencyKey, once
from service.identity.access import MayFile
from service.paging import Cursor, PageSize, link_next, read_count_and_id
from service.preconditions import IfMatch, etag, expected_version
from service.problems import WrongMediaType
from service.strict_json import RawBody, StrictRoute
from service.strict_query import KnownQueryRoute
from service.text import Language, Text, language_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
_CHARSETS = {"": None, "utf-8": "utf-8", "utf8": "utf-8", "windows-1252": "windows-1252", "cp1252": "windows-1252"}
_FILE_BODY = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (CSV, XLSX)},
    }
}
_SEND_A_FILE = Text(
    "Stuur een CSV (text/csv) of een XLSX. Macro's en andere soorten bestanden nemen we niet aan.",
    "Send a CSV (text/csv) or an XLSX. Macros and other kinds of file are not taken.",
)

router = APIRouter(prefix="/notification-batches", tags=["notification-batches"], route_class=StrictRoute)
BatchId = Annotated[UUID, Path(alias="id", description="The id of the batch; random.")]


def _language(accept_language: Annotated[str | None, Header()] = None) -> Language:
    return language_of(accept_language)


InLanguage = Annotated[Language, Depends(_language)]


def read_body(
    body: RawBody, language: InLanguage, content_type: Annotated[str, Header(include_in_schema=False)] = ""
) -> ReadFile:
    """The file in the body, read and judged before a transaction begins: that takes seconds for a full file."""
    kind, _, parameters = content_type.partition(";")
    charset = dict(_CHARSETS).get(_charset(parameters), "unknown")
    expected = {CSV: Form.CSV, XLSX: Form.XLSX}.get(kind.strip().lower())
    if expected is None or charset == "unknown" or form_of(body) is not expected:
        raise WrongMediaType(_SEND_A_FILE)
    return read_file(body, today(), language, charset)


def _charset(parameters: str) -> str:
    for parameter in parameters.lower().split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            return value.strip().strip('"')
    return ""


FileBody = Annotated[ReadFile, Depends(read_body)]


def upload(
    request: Request, caller: MayFile, file: FileBody, body: RawBody, language: InLanguage, key: IdempotencyKey = None
) -> Response:
    """Keep a CSV or XLSX as a batch and answer with a preview per row; nothing is filed yet."""
    database: Database = request.app.state.database
    with database.transaction() as session:

        def act() -> Response:
            batch = actions.upload(session, caller, file)
            _, rows = actions.open_own(session, caller, batch.id)
            return _answer(201, views.view(batch, rows, language))

        return once(session, caller.subject, key, request, body, act)


def correct(
    request: Request,
    caller: MayFile,
    batch_id: BatchId,
    file: FileBody,
    language: InLanguage,
    if_match: IfMatch = None,
) -> Response:
    """Replace the rows that were not filed. Rows are recognised by reference; what was filed stays filed."""
    database: Database = request.app.state.database
    version = expected_version(if_match)
    with database.transaction() as session:
        batch = actions.correct(session, caller, batch_id, version, file)
        session.flush()
        _, rows = actions.open_own(session, caller, batch_id)
        return _answer(200, views.view(batch, rows, language))


@router.get("", summary="Your own batches, newest first")
def overview(
    request: Request,
    response: Response,
    session: Reading,
    caller: MayFile,
    limit: PageSize = 20,
    cursor: Cursor = None,
) -> list[BatchSummary]:
    """List the caller's own batches."""
    before = read_count_and_id(cursor) if cursor else None
    found = owned_page(session, caller.owner, before, limit + 1)
    link_next(request, response, views.own_cursor(found[limit - 1]) if len(found) > limit else None)
    by_batch = counts(session, [batch.id for batch in found[:limit]])
    return [views.summary(batch, by_batch[batch.id]) for batch in found[:limit]]


@router.get("/columns", summary="The columns that a file may have")
def columns(_: MayFile, language: InLanguage) -> list[ColumnView]:
    """List every column with its Dutch names."""
    return views.known_columns(language)


@router.get("/template", summary="A file to fill in", response_class=Response)
def template(
    _: MayFile,
    language: InLanguage,
    format: Annotated[Literal["csv", "xlsx"], Query()] = "csv",  # noqa: A002 - the name on the wire
) -> Response:
    """A CSV or XLSX with every column and one example row."""
    return template_file(Form(format), language)


@router.get("/{id}", summary="One batch, with the report per row")
def read(
    response: Response, session: Transaction, caller: MayFile, batch_id: BatchId, language: InLanguage
) -> BatchView:
    """Show a batch with every row and where it stands."""
    batch, rows = actions.open_own(session, caller, batch_id)
    response.headers["ETag"] = etag(batch.version)
    return views.view(batch, rows, language)


@router.get("/{id}/report", response_model=BatchView, summary="The report per row, as JSON or CSV")
def report(
    session: Transaction,
    caller: MayFile,
    batch_id: BatchId,
    language: InLanguage,
    format: Annotated[Literal["json", "csv"] | None, Query()] = None,  # noqa: A002 - the name on the wire
    accept: Annotated[str | None, Header()] = None,
) -> Response:
    """Give the report; `Accept: text/csv` or `?format=csv` gives a CSV for a spreadsheet."""
    batch, rows = actions.open_own(session, caller, batch_id)
    found = views.view(batch, rows, language)
    if format == "csv" or (format is None and CSV in (accept or "")):
        return report_file(found, language)
    return _answer(200, found)


@router.post("/{id}/submission", status_code=201, response_model=BatchView, summary="File the rows that are ready")
def submit(
    request: Request,
    caller: MayFile,
    batch_id: BatchId,
    body: RawBody,
    language: InLanguage,
    submission: Submission | None = None,
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
    limit: Annotated[int, Query(ge=1, le=submitting.MOST_ROWS)] = submitting.MOST_ROWS,
) -> Response:
    """File every row that is ready, each for itself. Repeat the same call until `remaining` is 0: it goes on.

    Once nothing remains, the Idempotency-Key is answered with the same report for good.
    """
    database: Database = request.app.state.database
    version, wish = expected_version(if_match), (submission or Submission()).duplicates
    # With If-Match: the same key for a later version of the file asks for something else.
    asked = f"If-Match: {version}\n".encode() + body

    def not_done() -> Response:
        raise _NotDoneError

    try:
        # The key is looked at before anything is filed, and claimed when all is filed: half way it means "go on".
        with database.transaction() as session:
            return once(session, caller.subject, key, request, asked, not_done)
    except _NotDoneError:
        pass
    institution = request.app.state.settings.institution
    submitting.submit(database, caller, batch_id, version, wish, institution, language, limit)
    with database.transaction() as session:
        batch, rows = actions.open_own(session, caller, batch_id)
        found = views.view(batch, rows, language, wish)
        if found.remaining:
            return _answer(201, found)
        return once(session, caller.subject, key, request, asked, lambda: _answer(201, found))


@router.delete("/{id}", status_code=204, summary="Throw a batch away")
def discard(session: Transaction, caller: MayFile, batch_id: BatchId, if_match: IfMatch = None) -> None:
    """Throw a batch away; the notifications that came of it stay."""
    actions.discard(session, caller, batch_id, expected_version(if_match))


class _NotDoneError(Exception):
    """The submission was not finished under this key."""


def template_file(form: Form, language: Language) -> Response:
    """The template as a file to save."""
    content = reports.template_csv() if form is Form.CSV else reports.template_xlsx(language)
    kind = f"{CSV}; charset=utf-8" if form is Form.CSV else XLSX
    return _file(content, kind, f"sjabloon-meldingen.{form.value}")


def report_file(found: BatchView, language: Language) -> Response:
    """The report as a file to save."""
    return _file(reports.report_csv(found, language), f"{CSV}; charset=utf-8", "verslag-meldingen.csv")


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _answer(status: int, found: BatchView) -> Response:
    headers = {"Location": f"/v1/notification-batches/{found.id}", "ETag": etag(found.version)}
    return Response(found.model_dump_json(by_alias=True), status, headers, media_type="application/json")


# A file is not JSON: these two read the body as it is.
router.add_api_route(
    "",
    upload,
    methods=["POST"],
    status_code=201,
    response_model=BatchView,
    openapi_extra=_FILE_BODY,
    summary="Send a file; see it first",
    route_class_override=KnownQueryRoute,
)
router.add_api_route(
    "/{id}",
    correct,
    methods=["PUT"],
    response_model=BatchView,
    openapi_extra=_FILE_BODY,
    summary="Send a better file",
    route_class_override=KnownQueryRoute,
)
