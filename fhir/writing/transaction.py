"""The answer to a transaction."""

from fhir.issues import Issue
from fhir.writing.outcome import write_outcome
from fhir.writing.pieces import Json


def write_transaction_response(types: list[str], task_location: str, etag: str, issues: list[Issue]) -> Json:
    """One line for each entry in its order: all were taken up; the Task is where the whole can be read."""
    return {
        "resourceType": "Bundle",
        "type": "transaction-response",
        "entry": [{"response": _response(one, task_location, etag, issues)} for one in types],
    }


def _response(resource_type: str, location: str, etag: str, issues: list[Issue]) -> Json:
    if resource_type != "Task":
        return {"status": "201 Created"}
    return {"status": "201 Created", "location": location, "etag": etag, "outcome": write_outcome(issues)}
