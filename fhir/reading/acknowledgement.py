"""The answer of another system to a message of ours."""

from itertools import islice

from fhir.canonical import ERROR_SYSTEM
from fhir.issues import Unreadable, issue
from fhir.reading.answers import CODE, PARAGRAPH
from fhir.reading.node import Complaints, Node
from fhir.reading.structure import MAX_ENTRIES, too_deep
from fhir.referral import Acknowledgement, Answer, Remark


def read_acknowledgement(document: object) -> Answer:
    """Read a message Bundle with a response, and the OperationOutcome it details. Raises Unreadable and nothing else.

    Only the response must be right: that a system answers with more than we ask for, or in another manner, does not
    undo that it took the message. Its words are cut to a length.
    """
    if type(document) is not dict or document.get("resourceType") != "Bundle" or too_deep(document):
        raise Unreadable([issue("AB-V042", "Bundle")])
    bundle, complaints = Node(document, "Bundle"), Complaints([])
    header = next(bundle.nodes("entry"), Node({}, "Bundle.entry")).node("resource")
    response = header.node("response")
    code, answers = response.text("code"), response.text("identifier")
    if bundle.text("type") != "message":
        complaints.add("AB-V042", "Bundle.type")
    if header.text("resourceType") != "MessageHeader":
        complaints.add("AB-V043", header.path)
    elif answers is None:
        complaints.add("AB-V005", f"{response.path}.identifier")
    if code not in set(Acknowledgement):
        complaints.add("AB-V007", f"{response.path}.code")
    if complaints.refused or code is None or answers is None:
        raise Unreadable(complaints.distinct())
    return Answer(Acknowledgement(code), answers.removeprefix("urn:uuid:"), _remarks(bundle, response))


def _remarks(bundle: Node, response: Node) -> tuple[Remark, ...]:
    wanted = response.node("details").text("reference")
    for entry in islice(bundle.nodes("entry"), MAX_ENTRIES):
        if wanted is not None and entry.text("fullUrl") == wanted:
            return tuple(_remark(one) for one in islice(entry.node("resource").nodes("issue"), MAX_ENTRIES))
    return ()


def _remark(found: Node) -> Remark:
    details, expressions = found.node("details"), found.value.get("expression")
    codings = list(details.nodes("coding"))
    chosen = next((one for one in codings if one.text("system") == ERROR_SYSTEM), codings[0] if codings else None)
    first = expressions[0] if type(expressions) is list and expressions else None
    return Remark(
        _cut(found.text("severity"), CODE) or "",
        _cut(found.text("code"), CODE) or "",
        _cut(chosen.text("code") if chosen else None, CODE),
        _cut(details.text("text") or found.text("diagnostics"), PARAGRAPH),
        _cut(first if type(first) is str else None, PARAGRAPH),
    )


def _cut(text: str | None, limit: int) -> str | None:
    return text if text is None else text[:limit]
