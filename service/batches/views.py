"""Batches as the world sees them."""

from collections.abc import Mapping, Sequence
from typing import Any

from service.batches.columns import columns
from service.batches.rules import Alike, Duplicates, Status, to_file
from service.batches.schemas import BatchSummary, BatchView, ColumnView, Counts, RowProblem, RowView
from service.batches.tables import Batch, BatchRow
from service.clock import written
from service.criteria.explanation import VERDICT_WORDS
from service.criteria.rules import Verdict
from service.paging import write_cursor
from service.text import Language, Text

STATUS_WORDS: Mapping[Status, Text] = {
    Status.PENDING: Text("misschien dubbel", "perhaps a duplicate"),
    Status.READY: Text("klaar om in te dienen", "ready to file"),
    Status.PROBLEM: Text("te verbeteren", "to be corrected"),
    Status.FILED: Text("ingediend", "filed"),
    Status.FAILED: Text("niet gelukt", "not filed"),
}
_GUESSED = Text(
    "We lazen dit bestand als Windows-1252. Controleer de letters met een accent.",
    "We read this file as Windows-1252. Check the letters with an accent.",
)


def summary(batch: Batch, by_status: Mapping[str, int]) -> BatchSummary:
    """One line of the overview."""
    return BatchSummary(**_summary(batch, by_status))


def view(batch: Batch, rows: Sequence[BatchRow], language: Language, submitted: Duplicates | None = None) -> BatchView:
    """A batch with every row; after a submission with how many rows are left for the next call."""
    by_status: dict[str, int] = {}
    for row in rows:
        by_status[row.status] = by_status.get(row.status, 0) + 1
    waiting = None if submitted is None else sum(by_status.get(status, 0) for status in to_file(submitted))
    return BatchView(
        **_summary(batch, by_status),
        warnings=[_GUESSED.in_(language)] if batch.guessed_encoding else [],
        remaining=waiting,
        rows=[row_view(row, language) for row in rows],
    )


def row_view(row: BatchRow, language: Language) -> RowView:
    """One row and where it stands."""
    return RowView(
        row=row.number,
        reference=row.reference,
        status=row.status,
        status_text=STATUS_WORDS[Status(row.status)].in_(language),
        what=row.what,
        guideline=row.guideline,
        verdict=row.verdict,
        problems=[_problem(one, language) for one in row.problems],
        warnings=[_problem(one, language) for one in row.warnings],
        possible_duplicate=_likeness(row, language),
        notification_id=row.notification_id,
        number=row.notification_number,
        state=row.state,
    )


def own_cursor(batch: Batch) -> str:
    """The place in the sender's own list after this batch."""
    return write_cursor(batch.ordinal, str(batch.id))


def verdict_in_words(row: RowView, language: Language) -> str:
    """The verdict for a person."""
    return VERDICT_WORDS[Verdict(row.verdict)].in_(language) if row.verdict else ""


def known_columns(language: Language) -> list[ColumnView]:
    """Every column that a file may have."""
    return [
        ColumnView(
            name=one.name,
            aliases=list(one.aliases),
            about=one.about.in_(language),
            example=one.example,
            required=one.required,
        )
        for one in columns()
    ]


def _summary(batch: Batch, by_status: Mapping[str, int]) -> dict[str, Any]:
    counted = {status.value: by_status.get(status, 0) for status in Status}
    return {
        "id": batch.id,
        "version": batch.version,
        "form": batch.form,
        "changed_at": written(batch.changed_at),
        "expires_on": batch.expires_on.isoformat(),
        "demo": batch.demo,
        "counts": Counts(total=sum(counted.values()), **counted),
    }


def _problem(kept: Mapping[str, Any], language: Language) -> RowProblem:
    return RowProblem(
        pointer=kept["pointer"],
        code=kept["code"],
        detail=kept[language.value],
        source=kept.get("source"),
        column=kept.get("column"),
    )


def _likeness(row: BatchRow, language: Language) -> str | None:
    if row.alike is None:
        return None
    to = row.alike_to
    words = {
        Alike.EARLIER_ROW: Text(f"Rij {to} zegt precies hetzelfde.", f"Row {to} says exactly the same."),
        Alike.FILED_BEFORE: Text(f"U diende precies dit al in, als {to}.", f"You filed exactly this before, as {to}."),
        Alike.FILED_HERE: Text(
            f"Op deze rij stond een andere melding, ingediend als {to}. Is dit een nieuwe zaak?",
            f"This row held another notification, filed as {to}. Is this a new case?",
        ),
        Alike.RESEMBLES: Text(f"Lijkt op uw melding {to}.", f"Resembles your notification {to}."),
    }
    return words[Alike(row.alike)].in_(language)
