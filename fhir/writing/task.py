"""The status object of a notification."""

from fhir.canonical import NUMBER_SYSTEM, profile
from fhir.report import Identifier
from fhir.writing.pieces import Json, concept, filled, identified, own
from fhir.writing.values import TaskValue


def write_task(task: TaskValue) -> Json:
    """The Task that a sender reads, searches and polls."""
    return filled(
        {
            "resourceType": "Task",
            "id": task.task_id,
            "meta": {
                "versionId": str(task.version),
                "lastUpdated": task.last_modified,
                "profile": [profile("Verwerking")],
            },
            "identifier": [identified(one) for one in _identifiers(task)],
            "status": task.status.value,
            "statusReason": concept(text=task.reason) if task.reason else None,
            "businessStatus": own("melding-fase", task.business_status),
            "intent": "order",
            "code": own("taak", "verwerk-melding"),
            "focus": {"reference": f"Bundle/{task.bundle_id}", "type": "Bundle"} if task.bundle_id else None,
            "authoredOn": task.authored_on,
            "lastModified": task.last_modified,
            "requester": {"type": "Organization", "identifier": identified(task.requester)} if task.requester else None,
            "owner": {"type": "Organization", "display": task.owner_name},
            "note": [{"text": question} for question in task.questions],
            "output": _output(task),
        }
    )


def _identifiers(task: TaskValue) -> list[Identifier]:
    number = Identifier(NUMBER_SYSTEM, task.number) if task.number else None
    return [one for one in (number, task.client_identifier, task.bundle_identifier) if one is not None]


def _output(task: TaskValue) -> list[Json] | None:
    if task.receipt_id is None:
        return None
    kind = own("taak", "ontvangstbevestiging")
    return [{"type": kind, "valueReference": {"reference": f"Bundle/{task.receipt_id}", "type": "Bundle"}}]
