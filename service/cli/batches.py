"""Importing a file of notifications."""

import hashlib
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import uuid4

import httpx2
import typer
from rich.table import Table

from service.batches.routes import CSV, XLSX
from service.batches.sheets import Form, form_of
from service.cli.printing import AsJson, Exit, fail, out, say, show_json
from service.client import Api, ApiProblem
from service.problems import Refusal
from service.text import Language

_ADDRESS = "/v1/notification-batches"
_AT_ONCE = 20
_TO_LOOK_AT = {"problem", "failed", "pending"}
_NOT_FOUND = 404
_LONGEST_SHOWN = 25


def import_file(
    file: Annotated[Path, typer.Argument(help="Een CSV- of XLSX-bestand, met één melding per rij.")],
    credentials: Annotated[Path, typer.Option(help="Bestand met de sleutel van het systeem.")] = Path("var/demo.json"),
    role: Annotated[str, typer.Option(help="Welk systeem uit dat bestand.")] = "arbodienst",
    batch: Annotated[str | None, typer.Option(help="Id van een eerder bestand dat dit bestand verbetert.")] = None,
    *,
    check_only: Annotated[
        bool, typer.Option("--check-only", help="Alleen nakijken; er wordt niets ingediend.")
    ] = False,
    duplicates: Annotated[bool, typer.Option("--duplicates", help="Dien ook in wat misschien dubbel is.")] = False,
    as_json: AsJson = False,
) -> None:
    """Dien een bestand met meldingen in. Nog een keer gaat verder waar het ophield en dient niets twee keer in."""
    content, kind = _content_of(file)
    try:
        with _api(credentials, role) as api:
            found = _sent(api, content, kind, batch)
            if not check_only:
                found = _submitted(api, found, content, duplicates=duplicates)
    except ApiProblem as problem:
        _refused(problem, as_json=as_json)
    except httpx2.TransportError:
        fail(
            "De dienst is niet bereikbaar. Doe het straks opnieuw: er wordt niets twee keer ingediend.",
            Exit.UNREACHABLE,
        )
    if as_json:
        show_json(found)
    else:
        _show(found, check_only=check_only)
    if any(row["status"] in _TO_LOOK_AT for row in found["rows"]):
        raise typer.Exit(Exit.REFUSED)


def _content_of(file: Path) -> tuple[bytes, str]:
    try:
        content = file.read_bytes()
    except OSError:
        fail(f"Het bestand {file} kan niet worden gelezen.")
    try:
        return content, XLSX if form_of(content) is Form.XLSX else CSV
    except Refusal as refusal:
        fail((refusal.errors[0].text if refusal.errors else refusal.detail).in_(Language.NL), Exit.REFUSED)


def _api(credentials: Path, role: str) -> Api:
    try:
        return Api.from_credentials(credentials, role)
    except (OSError, ValueError):
        fail(f"{credentials} kan niet worden gelezen. Geef met --credentials het bestand met de sleutel op.")
    except LookupError:
        fail(f"In {credentials} staat geen systeem met de rol '{role}'.")


def _sent(api: Api, content: bytes, kind: str, batch: str | None) -> dict[str, Any]:
    """The batch as it stands now. The key follows from the file, so the same file finds the same batch."""
    if batch:
        headers, _ = api.call("GET", f"{_ADDRESS}/{batch}")
        _, found = api.call("PUT", f"{_ADDRESS}/{batch}", content, Content_Type=kind, If_Match=headers["etag"])
        return dict(found)
    key = _key(api, "import", content)
    _, sent = api.call("POST", _ADDRESS, content, Content_Type=kind, Idempotency_Key=key)
    try:
        _, found = api.call("GET", f"{_ADDRESS}/{sent['id']}")
    except ApiProblem as problem:
        if problem.status != _NOT_FOUND:
            raise
        # It was thrown away since. Rows that were filed from it are known by what they say.
        _, found = api.call("POST", _ADDRESS, content, Content_Type=kind, Idempotency_Key=str(uuid4()))
    return dict(found)


def _key(api: Api, act: str, *parts: bytes) -> str:
    said = hashlib.sha256(b"\n".join((api.client["client_id"].encode(), *parts))).hexdigest()
    return f"{act}-{said}"


def _submitted(api: Api, found: dict[str, Any], content: bytes, *, duplicates: bool) -> dict[str, Any]:
    counts = found["counts"]
    waiting = counts["ready"] + (counts["pending"] if duplicates else 0)
    wish = "file" if duplicates else "skip"
    # Of this batch, of this file, with this wish: a key that has had its answer is not asked again.
    key = _key(api, "submit", found["id"].encode(), str(found["version"]).encode(), wish.encode(), content)
    address, if_match = f"{_ADDRESS}/{found['id']}/submission?limit={_AT_ONCE}", f'W/"{found["version"]}"'
    if not waiting:
        return found
    with typer.progressbar(length=waiting, label="Indienen", file=sys.stderr) as bar:
        left = waiting
        while left:
            _, found = api.call("POST", address, {"duplicates": wish}, Idempotency_Key=key, If_Match=if_match)
            bar.update(left - found["remaining"])
            left = found["remaining"]
    return dict(found)


def _show(found: dict[str, Any], *, check_only: bool) -> None:
    counts = found["counts"]
    to_look_at = [row for row in found["rows"] if row["status"] in _TO_LOOK_AT]
    if to_look_at:
        table = Table("rij", "kenmerk", "stand", "te doen", box=None, padding=(0, 2, 0, 0))
        for row in to_look_at[:_LONGEST_SHOWN]:
            table.add_row(str(row["row"]), row["reference"] or "", row["statusText"], _to_do(row))
        out.print(table, markup=False)
    if len(to_look_at) > _LONGEST_SHOWN:
        say(f"En nog {len(to_look_at) - _LONGEST_SHOWN} rijen; --json toont ze alle.")
    _show_numbers([row for row in found["rows"] if row["number"]])
    words = f"{counts['total']} rijen: {counts['filed']} ingediend, {counts['ready']} klaar, "
    words += f"{counts['pending']} misschien dubbel, {counts['problem'] + counts['failed']} te verbeteren."
    out.print(words, markup=False)
    if check_only:
        say("Alleen nagekeken: er is nu niets ingediend.")
    if to_look_at:
        say(f"Verbeter de rijen in het bestand en stuur het opnieuw met: --batch {found['id']}")


def _show_numbers(filed: list[dict[str, Any]]) -> None:
    if filed:
        table = Table("rij", "kenmerk", "nummer", box=None, padding=(0, 2, 0, 0))
        for row in filed:
            table.add_row(str(row["row"]), row["reference"] or "", row["number"])
        out.print(table, markup=False)


def _to_do(row: dict[str, Any]) -> str:
    lines = [f"{one['column']}: {one['detail']}" if one["column"] else one["detail"] for one in row["problems"]]
    return "\n".join([*lines, row["possibleDuplicate"]] if row["possibleDuplicate"] else lines)


def _refused(problem: ApiProblem, *, as_json: bool) -> NoReturn:
    if as_json:
        show_json(problem.document)
    else:
        say(str(problem.document.get("title") or problem))
        for error in problem.document.get("errors", []):
            say(f"  {error['detail']}")
    raise typer.Exit(Exit.REFUSED)
