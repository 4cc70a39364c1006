"""The command line of the workflows."""

from pathlib import Path
from typing import Annotated

import typer

from service.ports import read_port
from workflows.promises import promises

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Wat later gebeurt: bezorgen, herinneren, opruimen.",
    epilog="Eindigt met 0 als het klaar is, 1 als het mislukte, 2 als het niet kan starten, 130 na een vroege Ctrl-C.",
)
app.add_typer(promises, name="promises")


@app.callback()
def workflows() -> None:
    """What happens later, and again if it failed."""


@app.command()
def local(
    port: Annotated[
        int, typer.Option(envvar="PORT", parser=read_port, metavar="1-65535", help="Poort op 127.0.0.1.")
    ] = 8000,
    data: Annotated[Path, typer.Option(envvar="DATA", help="Map voor de database, sleutels en mail.")] = Path("var"),
    *,
    example: Annotated[bool, typer.Option(help="Dien de voorbeeldzaak in, één keer.")] = True,
) -> None:
    """Draai alles in één proces op SQLite, met demopartijen. Dit is wat `make run` start."""
    from workflows.local import run  # noqa: PLC0415 - so that --help does not load the whole program

    raise typer.Exit(run(port, data, example=example))


@app.command()
def worker(
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Processen die tegelijk werken.")] = 2,
) -> None:
    """Doe wat een relay uitdeelt; zoveel werkers als nodig. SIGTERM maakt af wat onder handen is."""
    from workflows.programs import run_worker  # noqa: PLC0415 - as above

    raise typer.Exit(run_worker(concurrency))


@app.command()
def relay() -> None:
    """Deel uit wat aan de beurt is, aan de werkers; één of meer."""
    from workflows.programs import run_relay  # noqa: PLC0415 - as above

    raise typer.Exit(run_relay())


@app.command()
def beat() -> None:
    """Bel op tijd voor opruimen en nalopen. Mag stilstaan of dubbel draaien."""
    from workflows.programs import run_beat  # noqa: PLC0415 - as above

    raise typer.Exit(run_beat())
