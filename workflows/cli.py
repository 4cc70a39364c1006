"""The command line of the workflows."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Wat later gebeurt: bezorgen, herinneren, opruimen.",
)


@app.callback()
def workflows() -> None:
    """What happens later, and again if it failed."""


@app.command()
def local(
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535, help="Port on 127.0.0.1.")] = 8000,
    data: Annotated[Path, typer.Option(envvar="DATA", help="Folder for the database, keys and mail.")] = Path("var"),
    *,
    example: Annotated[bool, typer.Option(help="File the example case, once.")] = True,
) -> None:
    """Run everything in one process on SQLite, with demo parties. This is what `make run` starts."""
    from workflows.local import run  # noqa: PLC0415 - so that --help does not load the whole program

    raise typer.Exit(run(port, data, example=example))
