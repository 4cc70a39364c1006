"""The JSON of a batch: what can be asked, and what comes back."""

from uuid import UUID

from pydantic import Field

from service.batches.rules import Duplicates
from service.notifications.schemas import Problem
from service.validation import Answer, Day, Moment, Strict


class Submission(Strict):
    """How to file a batch."""

    duplicates: Duplicates = Duplicates.SKIP


class RowProblem(Problem):
    """A problem or a warning, with the column of the file that it is about."""

    column: str | None


class RowView(Answer):
    """One row of the file and where it stands."""

    row: int = Field(description="The row in the file, as a spreadsheet counts: the header is row 1.")
    reference: str | None
    status: str
    status_text: str
    what: str | None
    guideline: str | None
    verdict: str | None
    problems: list[RowProblem]
    warnings: list[RowProblem]
    possible_duplicate: str | None = Field(description="Why this row may have been filed before, in words.")
    notification_id: UUID | None
    number: str | None
    state: str | None


class Counts(Answer):
    """How many rows stand where."""

    total: int
    ready: int
    pending: int
    problem: int
    filed: int
    failed: int


class BatchSummary(Answer):
    """One line of the overview."""

    id: UUID
    version: int
    form: str
    changed_at: Moment
    expires_on: Day
    demo: bool
    counts: Counts


class BatchView(BatchSummary):
    """A batch with the report per row. `remaining` is how many rows the last submission left to file."""

    warnings: list[str]
    remaining: int | None = None
    rows: list[RowView]


class ColumnView(Answer):
    """One column that a file may have."""

    name: str
    aliases: list[str]
    about: str
    example: str
    required: bool
