"""`python -m workflows promises`: what waits for a person, and trying it again."""

from typing import Annotated
from uuid import UUID

import typer

from service import outbox
from service.cli.printing import AsJson, Exit, fail, out, show_rows, transaction
from service.clock import now

promises = typer.Typer(no_args_is_help=True, help="Werk dat is toegezegd en op een mens wacht.")


@promises.command("list")
def list_parked(*, as_json: AsJson = False) -> None:
    """Toon wat na de laatste poging op een mens wacht, en waardoor."""
    with transaction() as session:
        rows = [
            {"id": row.id, "job": row.job, "attempts": row.attempts, "failure": row.last_failure, "since": row.due_at}
            for row in outbox.parked(session)
        ]
        waited = outbox.oldest_due(session, now())
    show_rows(rows, as_json=as_json)
    if not as_json:
        out.print(f"Wat aan de beurt is wacht ten hoogste {waited.total_seconds():.0f} seconden.")


@promises.command("retry")
def retry(
    ids: Annotated[list[UUID] | None, typer.Argument(help="Nummers uit `promises list`.", metavar="[ID]...")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Alles wat op een mens wacht.")] = False,
) -> None:
    """Probeer het opnieuw, te beginnen nu. Wat al gedaan is wordt niet nog eens gedaan."""
    with transaction() as session:
        chosen = [row for row in outbox.parked(session) if every or row.id in (ids or [])]
        if missing := set(ids or []) - {row.id for row in chosen}:
            fail(f"Niets met dit nummer wacht op een mens: {', '.join(map(str, missing))}", Exit.REFUSED)
        outbox.retry(session, chosen, now())
    out.print(f"Opnieuw uitgedeeld: {len(chosen)}")
