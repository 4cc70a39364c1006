"""The example case: filed once through the public API, as an arbodienst's system would, with every step shown."""

import json
import time
import uuid
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import service.demo
from service.client import Api
from service.criteria.explanation import VERDICT_WORDS
from service.criteria.rules import Verdict
from service.settings import Settings

_EXAMPLE = Path(service.demo.__file__).parent / "example.json"
_BASIS = {"official": "officieel", "secondary": "uit tweede hand"}
_OUTCOME = {"met": "voldaan", "not-met": "niet voldaan", "unknown": "onbekend"}


def file_example(settings: Settings, console: Console) -> None:
    """File the example, unless it was filed before; prints what was sent, the verdict, the receipt and the time."""
    marker = settings.data / "example.json"
    known = json.loads(marker.read_text(encoding="utf-8")) if marker.exists() else {}
    if "number" in known:
        console.print(f"De voorbeeldzaak staat er al: {known['number']}")
        return
    # The key is kept before the case is filed: after a crash in between, the same key gives the same receipt.
    key = known.get("key") or str(uuid.uuid4())
    marker.write_text(json.dumps({"key": key}), encoding="utf-8")
    with Api.from_credentials(settings.data / "demo.json", "arbodienst") as api:
        number = _file(api, key, console)
    marker.write_text(json.dumps({"key": key, "number": number}), encoding="utf-8")


def _file(api: Api, key: str, console: Console) -> str:
    case = json.loads(_EXAMPLE.read_text(encoding="utf-8"))
    console.print("[bold]Voorbeeldzaak, ingediend door de openbare API[/]")
    console.print("1. Toegangsbewijs gehaald met private_key_jwt bij /oauth/token")
    check = _check(api, case)
    _show_check(check, console)
    started = time.perf_counter()
    _, receipt = api.call("POST", "/v1/notifications?submit=true", case, Idempotency_Key=key)
    milliseconds = (time.perf_counter() - started) * 1000
    _show_sent(receipt, console)
    console.print(f"4. Ontvangstbewijs [bold]{receipt['number']}[/]: {receipt['stateText']} ({milliseconds:.0f} ms)")
    return str(receipt["number"])


def _check(api: Api, case: dict[str, Any]) -> dict[str, Any]:
    assessment = dict(case["assessment"])
    body = {
        "diagnosis": case["diagnosis"],
        "findings": assessment.pop("findings"),
        "guideline": assessment.pop("guideline"),
        "assessment": assessment,
    }
    _, check = api.call("POST", "/v1/criteria-checks", body)
    return dict(check)


def _show_check(check: dict[str, Any], console: Console) -> None:
    guideline = check["guideline"]
    console.print(f"2. Getoetst aan {guideline['code']} {guideline['version']}, {guideline['title']}:")
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 3))
    for line in check["criteria"]:
        table.add_row(line["text"], _in_words(line["given"]), _OUTCOME[line["outcome"]], _BASIS[line["basis"]])
    console.print(table)
    console.print(f"   Uitkomst: {VERDICT_WORDS[Verdict(check['verdict'])].nl}")


def _in_words(given: Any) -> str:
    if given is None:
        return "-"
    return ("ja" if given else "nee") if isinstance(given, bool) else str(given)


def _show_sent(receipt: dict[str, Any], console: Console) -> None:
    console.print("3. Ingediend:")
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 3))
    for line in receipt["filed"]:
        table.add_row(line["label"], line["value"])
    console.print(table)
