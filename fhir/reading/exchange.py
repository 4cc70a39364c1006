"""The Task and the ServiceRequest of a message: which exchange it is about, and how far that is."""

from collections.abc import Mapping
from typing import Any

from fhir.canonical import SNOMED, TASK_SYSTEM, TRAJECTORY_SYSTEM
from fhir.reading.answers import LINE, bounded, own_value
from fhir.reading.bundle import Document
from fhir.reading.letter import PROSE
from fhir.reading.node import Complaints, Node
from fhir.reading.sender import read_identifier
from fhir.referral import Event, usual_phase
from fhir.terminology import own_system

_OPEN = frozenset("requested received accepted in-progress on-hold".split())
_STATUSES: Mapping[Event, frozenset[str]] = {
    Event.REQUEST: frozenset({"requested"}),
    Event.REPLY: frozenset({"completed"}),
    Event.STATUS: frozenset("received accepted in-progress on-hold completed rejected failed".split()),
    Event.WITHDRAWAL: frozenset({"cancelled"}),
    Event.CONSENT_WITHDRAWN: frozenset({"cancelled"}),
}
# The kinds of exchange as other systems call them.
_ELSEWHERE: Mapping[str, str] = {"183561008": "referral"}


def read_exchange(document: Document, event: Event, complaints: Complaints) -> dict[str, Any]:
    """The part of a message that its Task and its ServiceRequest tell, by the names of ReferralMessage."""
    task, request = document.first("Task"), document.first("ServiceRequest")
    if not (task.value and request.value):
        complaints.add("AB-V044", f"{document.bundle.path}.entry")
        return {"task_id": "", "task_identifier": None, "trajectory": "", "kind": "", "status": ""}
    _check_focus(document, task, complaints)
    supplement = _supplements(document.first("MessageHeader"), task, event, complaints)
    return {
        **_names(document, task, complaints),
        **_state(task, event, _OPEN if supplement else _STATUSES[event], complaints),
        "kind": _kind(request, complaints),
        "due": task.node("restriction").node("period").text("end"),
        "urgent": task.text("priority") not in {None, "routine"},
        "supplement": supplement,
    }


def _check_focus(document: Document, task: Node, complaints: Complaints) -> None:
    header, performers = document.first("MessageHeader"), list(document.first("ServiceRequest").nodes("performer"))
    if header.value and len(list(header.nodes("focus"))) != 1:
        complaints.add("AB-V044", f"{header.path}.focus")
    if not task.node("focus").value:
        complaints.add("AB-V044", f"{task.path}.focus")
    if len(performers) != 1:
        complaints.add("AB-V045", f"{document.first('ServiceRequest').path}.performer")


def _names(document: Document, task: Node, complaints: Complaints) -> dict[str, Any]:
    """Our own name of the Task, or that of the Bundle; what its sender calls it; and the trajectory."""
    identifiers = {one.text("system"): one for one in reversed(list(task.nodes("identifier")))}
    ours = identifiers.pop(TASK_SYSTEM, None)
    theirs = next(reversed(identifiers.values()), None)
    group = task.node("groupIdentifier")
    trajectory = group.text("value") if group.text("system") == TRAJECTORY_SYSTEM else None
    if trajectory is None:
        complaints.add("AB-V038", group.path)
    told = ours.text("value") if ours else (document.url_of(task) or "").removeprefix("urn:uuid:")
    if not told:
        complaints.add("AB-V038", f"{task.path}.identifier")
    return {
        "task_id": bounded(told or None, LINE, f"{task.path}.identifier", complaints) or "",
        "task_identifier": read_identifier(theirs, complaints) if theirs else None,
        "trajectory": bounded(trajectory, LINE, f"{group.path}.value", complaints) or "",
    }


def _supplements(header: Node, task: Node, event: Event, complaints: Complaints) -> bool:
    """Whether a request adds to an earlier one: its header says so, or else its Task is past the beginning."""
    if not header.value:
        return event is Event.REQUEST and task.text("status") != "requested"
    reason, system = header.node("reason"), own_system("bericht-reden")
    value = own_value(reason, system, complaints) if reason.value else None
    return value == "aanvulling" and event is Event.REQUEST


def _state(task: Node, event: Event, fitting: frozenset[str], complaints: Complaints) -> dict[str, Any]:
    status, reason = task.text("status") or "", task.node("statusReason")
    phase_node, reasons = task.node("businessStatus"), own_system("afwijsreden")
    phase = own_value(phase_node, own_system("verwijzing-fase"), complaints) if phase_node.value else None
    why = own_value(reason, reasons, complaints) if reason.coding(reasons.url) else None
    if status not in fitting or (event is Event.CONSENT_WITHDRAWN and phase not in {None, "revoked"}):
        complaints.add("AB-L009", f"{task.path}.status" if status not in fitting else phase_node.path)
    text = bounded(reason.text("text"), PROSE, f"{reason.path}.text", complaints)
    if status == "rejected" and why is None and text is None:
        complaints.add("AB-L009", reason.path)
    return {
        "status": status,
        "business_status": None if phase == usual_phase(event, status) else phase,
        "status_reason": why,
        "reason_text": text,
    }


def _kind(request: Node, complaints: Complaints) -> str:
    concept, system = request.node("code"), own_system("verwijzing-soort")
    if concept.coding(system.url) is None and (known := _ELSEWHERE.get(concept.code(SNOMED) or "")):
        return known
    return own_value(concept, system, complaints) or ""
