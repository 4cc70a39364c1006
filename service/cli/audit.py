"""The audit trail about workers."""

from typing import Annotated

import typer

from service.audit.heads import Head, HeadKey, Heads
from service.audit.verifying import Fault, Finding, Report, verify
from service.audit.verifying import anchor as noted_before
from service.cli.printing import AsJson, Exit, database, fail, installation, out, say, show_json

audit = typer.Typer(no_args_is_help=True, help="Het logboek over werkenden.")

_WORDS = {
    Fault.CHANGED: "is gewijzigd, of wat ervoor stond is weg",
    Fault.MISSING: "ontbreekt",
    Fault.INSERTED: "is er later tussen gezet",
    Fault.REORDERED: "staat op een andere plaats dan toen zij werd verzegeld",
    Fault.CUT: "hoort er nog te zijn: het einde van het logboek is weg",
    Fault.REWRITTEN: "is niet wat buiten de database is vastgelegd: vanaf hier of eerder is de keten herschreven",
    Fault.UNSIGNED: "heeft geen handtekening van ons",
}


@audit.command("verify")
def verify_audit(
    from_anchor: Annotated[
        int | None,
        typer.Option(min=1, help="Alleen wat volgt op de laatste vastgelegde stand op of voor deze positie."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Kijk na of elke regel er nog staat zoals hij werd verzegeld; eindigt met 1 als dat niet zo is."""
    settings = installation()
    if not settings.audit_key_file.exists():
        fail(f"Er is geen sleutel in {settings.audit_key_file}; er is hier nog niets verzegeld.", Exit.UNREACHABLE)
    key, heads = HeadKey(settings.audit_key_file), Heads(settings.audit_heads_file)
    start = _anchor(heads, key, from_anchor) if from_anchor else None
    with database() as opened:
        report = verify(opened, key, heads, start, _say_progress)
    _show(report, as_json=as_json)
    if report.findings:
        raise typer.Exit(Exit.REFUSED)


def _anchor(heads: Heads, key: HeadKey, position: int) -> Head:
    found = noted_before(heads, key, position)
    if found is None:
        fail(f"Op of voor positie {position} is buiten de database geen stand van ons vastgelegd.")
    say(f"Vanaf positie {found.position}, zoals vastgelegd buiten de database.")
    return found


def _say_progress(done: int, total: int) -> None:
    say(f"{done} van {total} regels nagekeken")


def _show(report: Report, *, as_json: bool) -> None:
    if as_json:
        findings = [{"position": one.position, "fault": one.fault, "row": one.row} for one in report.findings]
        show_json({"links": report.links, "waiting": report.waiting, "findings": findings})
        return
    for one in report.findings:
        out.print(_sentence(one), markup=False)
    ending = f"{len(report.findings)} fouten" if report.findings else "Het logboek klopt"
    out.print(f"{ending}: {report.links} regels nagekeken, {report.waiting} wachten nog op hun zegel.", markup=False)


def _sentence(finding: Finding) -> str:
    place = f"Positie {finding.position}" if finding.position else "Zonder positie"
    row = f", regel {finding.row}" if finding.row else ""
    return f"{place}{row}: {_WORDS[finding.fault]}"
