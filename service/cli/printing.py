"""What the commands share: where words go, how they end, and how they reach the database."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlmodel import Session

from service.database import Database
from service.problems import Refusal
from service.settings import Settings
from service.text import Language

out = Console(highlight=False, soft_wrap=True)
# For tables: a narrow window wraps the line itself, and a number that was cut off cannot be used.
_wide = Console(highlight=False, soft_wrap=True, width=240)
_err = Console(stderr=True, highlight=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="Eén JSON-document in plaats van woorden.")]


class Exit(IntEnum):
    """How a command ends: done, refused by a rule, asked wrongly, or something is out of reach."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3


def say(sentence: str) -> None:
    """Say something beside the output, so that a pipe stays clean."""
    _err.print(sentence, markup=False)


def fail(sentence: str, code: Exit = Exit.USAGE) -> NoReturn:
    """Say why it cannot be done, and end."""
    _err.print(sentence, style="bold red", markup=False)
    raise typer.Exit(code)


def show_json(document: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def show_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print rows as a table, or as JSON."""
    if as_json:
        show_json(rows)
        return
    table = Table(*(rows[0] if rows else ("niets",)), box=None, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    _wide.print(table, crop=False)


def installation() -> Settings:
    """The settings, with a data folder; a clear sentence when there can be none."""
    settings = Settings()
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError:
        fail(f"In de map '{settings.data}' kan niet worden geschreven. Zet ARBOBRUG_DATA op een andere map.")
    return settings


@contextmanager
def database() -> Iterator[Database]:
    """The database of the settings; a clear sentence when it is not there."""
    settings = installation()
    opened = Database(settings.storage_url)
    try:
        yield opened
    except (
        OperationalError,
        ProgrammingError,
    ):  # a table that is not there is the one on SQLite, the other on PostgreSQL
        fail("De database is er niet of is nog niet bij. Doe eerst: python -m service migrate", Exit.UNREACHABLE)
    finally:
        opened.close()


@contextmanager
def transaction() -> Iterator[Session]:
    """A transaction on that database; a refusal ends the command with its own words."""
    with database() as opened:
        try:
            with opened.transaction() as session:
                yield session
        except Refusal as refusal:
            lines = [refusal.detail.in_(Language.NL), *(error.text.in_(Language.NL) for error in refusal.errors)]
            fail("\n".join(lines), Exit.REFUSED)
