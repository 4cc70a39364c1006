"""Good documents and good values, for the tests to start from."""

import json
from pathlib import Path
from typing import Any

from fhir.issues import issue
from fhir.publication import examples
from fhir.report import Identifier
from fhir.terminology import CodeList
from fhir.writing import (
    write_outcome,
    write_parameters_answer,
    write_receipt,
    write_searchset,
    write_task,
)
from fhir.writing.values import (
    BusinessStatus,
    CriteriaResult,
    Determination,
    Found,
    MemberReceipt,
    Missing,
    Page,
    ReceiptValue,
    Receiver,
    TaskStatus,
    TaskValue,
)

SHARED = Path(__file__).resolve().parents[3] / "shared"
NUMBER = "AB-2026-K7M4-9TQX"
_BASE = "https://arbobrug.example/fhir/R4"
_ID = "3af25cf0-edd8-59e9-b386-0cecf8d524b4"


KNOWN = {
    CodeList.CAS: {"L621", "H620"},
    CodeList.ICD10: {"M51.1", "H83.3"},
    CodeList.ISCO: {"7112", "7223", "7214"},
    CodeList.SBI: {"4120", "2511", "25110"},
    CodeList.EXPOSURE: {"D-lifting", "B-noise"},
    CodeList.GUIDELINE: {"D023", "B001"},
}


class Lists:
    """A terminology that knows the codes of the examples."""

    def knows(self, code_list: CodeList, code: str, edition: str | None = None) -> bool:
        return code in KNOWN[code_list] and (edition is None or code_list is CodeList.SBI)


def copy_of(name: str) -> dict[str, Any]:
    """An example to be damaged."""
    document: dict[str, Any] = json.loads(json.dumps(examples()[name]))
    return document


def receipt(criteria: CriteriaResult, *, group: bool = False) -> dict[str, Any]:
    numbers = (MemberReceipt(NUMBER, "male", 1974), MemberReceipt("AB-2026-Q2W3-E4R5", "female", 1980))
    return write_receipt(
        ReceiptValue(
            base=_BASE,
            receipt_id=f"{_ID}-receipt",
            task_id=_ID,
            number=NUMBER,
            received_at="2026-03-02T10:00:00Z",
            client_identifier=Identifier("https://arbodienst.example/melding", "2026-000121"),
            sha256="ab" * 32,
            software_version="0.1.0",
            rule_set_version="2026.1",
            desk_name="Meldpunt",
            desk_contact="meldpunt@register.example",
            desk_identifier=Identifier("http://fhir.nl/fhir/NamingSystem/ura", "90009999") if group else None,
            criteria=criteria,
            receivers=(
                Receiver("Register", "ontvangen", "register.example", "Arbowet art. 9", "2026-03-02T11:00:00Z"),
            ),
            status=BusinessStatus.ASSESSMENT,
            numbers=numbers if group else (),
            next_steps=("Bespreek het met de werknemer <en> noteer het.",),
            replaces_number=group,
        )
    )


def task(status: TaskStatus, phase: BusinessStatus, *, bare: bool = False) -> dict[str, Any]:
    return write_task(
        TaskValue(
            task_id=_ID,
            version=2,
            status=status,
            business_status=phase,
            number=None if bare else NUMBER,
            client_identifier=Identifier("https://arbodienst.example/melding", "2026-000121"),
            bundle_identifier=Identifier("urn:ietf:rfc:3986", f"urn:uuid:{_ID}"),
            authored_on="2026-03-02T10:00:00Z",
            last_modified="2026-03-02T10:00:00Z",
            owner_name="Meldpunt",
            bundle_id=None if bare else _ID,
            receipt_id=None if bare else f"{_ID}-receipt",
            reason="Te weinig gegevens" if phase is BusinessStatus.NOT_REGISTERED else None,
            questions=("Sinds wanneer?",) if phase is BusinessStatus.QUESTION else (),
            requester=None if bare else Identifier("http://fhir.nl/fhir/NamingSystem/ura", "90000001"),
        )
    )


def answers() -> dict[str, dict[str, Any]]:
    """One of every kind of answer that we write."""
    lacking = CriteriaResult(
        Determination.INSUFFICIENT,
        "Te weinig gegevens voor een oordeel.",
        "D023",
        "seen-2026.1",
        "NCvB",
        (Missing("load_kg", "Gewicht", "Bundle.entry[8].resource.component"), Missing("lifting_years", "Jaren")),
        ("https://www.beroepsziekten.nl/",),
    )
    bare = CriteriaResult(Determination.NO_PUBLIC_CRITERIA, "Geen openbare criteria.")
    outcome = write_outcome([issue("AB-V013", "Bundle.entry[5].resource.code"), issue("AB-T002")], correlation="0b1d")
    done = task(TaskStatus.COMPLETED, BusinessStatus.REGISTERED)
    found = (Found(f"{_BASE}/Task/{_ID}", done),)
    return {
        "receipt": receipt(lacking),
        "receipt of a group": receipt(bare, group=True),
        "outcome": outcome,
        "outcome in English": write_outcome([issue("AB-P001", "Bundle.entry[1].resource.name")], english=True),
        "outcome of nothing wrong": write_outcome([]),
        "answer": write_parameters_answer(receipt(lacking), outcome),
        "answer to a dry run": write_parameters_answer(None, outcome),
        **{f"task {phase}": task(TaskStatus.IN_PROGRESS, phase) for phase in BusinessStatus},
        **{f"task {status}": task(status, BusinessStatus.RECEIVED, bare=True) for status in TaskStatus},
        "list": write_searchset(Page(f"{_BASE}/Task?_count=1", found, f"{_BASE}/Task?_cursor=x", 7)),
        "list with a warning": write_searchset(Page(f"{_BASE}/Task", found, None, None, (issue("AB-M005"),))),
        "list of nothing": write_searchset(Page(f"{_BASE}/Task", (), None, 0)),
    }
