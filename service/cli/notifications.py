"""Filing and exporting notifications."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import uuid4

import httpx2
import typer

from service.cli.printing import AsJson, Exit, database, fail, out, say, show_json
from service.client import Api, ApiProblem
from service.notifications.export import export_lines, how_many

_STDIN = Path("-")


def file(
    notification: Annotated[Path, typer.Argument(help="Een JSON-bestand, of - voor standaardinvoer.")],
    credentials: Annotated[Path, typer.Option(help="Bestand met de sleutel van het systeem.")] = Path("var/demo.json"),
    role: Annotated[str, typer.Option(help="Welk systeem uit dat bestand.")] = "arbodienst",
    key: Annotated[str | None, typer.Option(help="Idempotency-Key; dezelfde sleutel meldt nooit twee keer.")] = None,
    *,
    draft: Annotated[bool, typer.Option("--draft", help="Alleen als concept bewaren.")] = False,
    as_json: AsJson = False,
) -> None:
    """Doe een melding door de API en toon het ontvangstbewijs."""
    body = sys.stdin.buffer.read() if notification == _STDIN else _bytes_of(notification)
    path = "/v1/notifications" if draft else "/v1/notifications?submit=true"
    try:
        with _api(credentials, role) as api:
            _, answer = api.call("POST", path, body, Idempotency_Key=key or str(uuid4()))
    except ApiProblem as problem:
        _refused(problem, as_json=as_json)
    except httpx2.TransportError:
        fail("De dienst is niet bereikbaar. Draait hij? Start hem met: make run", Exit.UNREACHABLE)
    if as_json:
        show_json(answer)
    elif draft:
        _show_draft(answer)
    else:
        _show_receipt(answer)


def export(
    output: Annotated[Path, typer.Option(help="Bestand om te schrijven, of - voor standaarduitvoer.")] = _STDIN,
    *,
    demo: Annotated[bool, typer.Option("--demo", help="De demozaken in plaats van de echte.")] = False,
) -> None:
    """Schrijf de ingediende meldingen als JSON-regels, voor de instelling of om te bewaren."""
    with database() as opened, opened.reading() as session, _writer(output) as write:
        total = how_many(session, demo=demo)
        lines = export_lines(session, demo=demo)
        with typer.progressbar(lines, length=total, label="Exporteren", file=sys.stderr) as shown:
            for line in shown:
                write(line)
    say(f"{total} meldingen geschreven.")


def _show_draft(draft: dict[str, Any]) -> None:
    out.print(f"Concept bewaard: {draft['id']}", markup=False)
    _show_list("Nog nodig om te melden:", map(_problem, draft["missing"]))
    _show_list("Let op:", map(_problem, draft["warnings"]))


def _show_receipt(receipt: dict[str, Any]) -> None:
    out.print(f"{receipt['number']}: {receipt['stateText']}\n{receipt['check']['explanation']}", markup=False)
    _show_list("Het registratiebureau kijkt eerst:", (reason["text"] for reason in receipt["queueReasons"]))
    _show_list("Lijkt op uw eerdere melding:", receipt["possibleDuplicates"])
    _show_list("Let op:", map(_problem, receipt["warnings"]))


def _show_list(title: str, lines: Iterable[str]) -> None:
    """A title with its lines, or nothing when there are none."""
    shown = [f"  {line}" for line in lines]
    if shown:
        out.print("\n".join([title, *shown]), markup=False)


def _problem(error: dict[str, Any]) -> str:
    return f"{error['pointer'] or '/'}: {error['detail']}"


def _api(credentials: Path, role: str) -> Api:
    try:
        return Api.from_credentials(credentials, role)
    except (OSError, ValueError):
        fail(f"{credentials} kan niet worden gelezen. Geef met --credentials het bestand met de sleutel op.")
    except LookupError:
        fail(f"In {credentials} staat geen systeem met de rol '{role}'.")


def _refused(problem: ApiProblem, *, as_json: bool) -> NoReturn:
    if as_json:
        show_json(problem.document)
    else:
        errors: list[dict[str, Any]] = problem.document.get("errors", [])
        say(str(problem.document.get("title") or problem))
        for error in errors:
            say(f"  {_problem(error)}")
    raise typer.Exit(Exit.REFUSED)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        fail(f"Het bestand {path} kan niet worden gelezen.")


@contextmanager
def _writer(output: Path) -> Iterator[Callable[[str], object]]:
    if output == _STDIN:
        yield sys.stdout.write
        return
    try:
        opened = output.open("w", encoding="utf-8")
    except OSError:
        fail(f"Het bestand {output} kan niet worden geschreven.")
    with opened:
        yield opened.write
