"""A message between two doctors as FHIR: a message Bundle, the same as a transaction, and the answer to one."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field

from fhir import canonical
from fhir.canonical import (
    CONSENT_PROFILE,
    LOINC,
    MESSAGE_SYSTEM,
    NL_CORE,
    SNOMED,
    TASK_SYSTEM,
    TERMINOLOGY,
    TRAJECTORY_SYSTEM,
    message_definition,
    profile,
)
from fhir.issues import Issue
from fhir.referral import Acknowledgement, Event, File, Party, Permission, ReferralMessage, usual_phase
from fhir.report import Identifier
from fhir.terminology import own_system
from fhir.writing.letter import parts_of, write_letter
from fhir.writing.outcome import write_outcome
from fhir.writing.people import write_organisation, write_patient, write_practitioner, write_role
from fhir.writing.pieces import Json, coding, concept, filled, identified, own, reference, url_for, valued

REFERRING = (SNOMED, "3457005", "verwijzen van patiënt")
_LETTER = ("urn:oid:2.16.840.1.113883.2.4.4.30.69", "1", "Verwijsbrief")
_FULFIL = ("http://hl7.org/fhir/CodeSystem/task-code", "fulfill")
_RELEASE = ("64292-6", "Release of information consent")
_REASONS = {Event.WITHDRAWAL: "intrekking", Event.CONSENT_WITHDRAWN: "intrekking"}


@dataclass(frozen=True, slots=True)
class _Names:
    """What the resources of one message call each other."""

    message: ReferralMessage
    made: dict[str, str] = field(default_factory=dict)

    def of(self, part: str) -> str:
        if part not in self.made:
            self.made[part] = url_for(self.message.bundle_identifier, part)
        return self.made[part]

    def to(self, part: str) -> Json:
        # Without a type: the entry that it points at is in the same Bundle and says what it is.
        return {"reference": self.of(part)}

    @property
    def asker(self) -> str:
        return "recipient" if self.message.from_asked else "sender"

    @property
    def asked(self) -> str:
        return "sender" if self.message.from_asked else "recipient"


def write_message(message: ReferralMessage) -> Json:
    """The message Bundle, for `$process-message`. Its first entry is the MessageHeader, whose id is the message's."""
    names = _Names(message)
    header = {"fullUrl": f"urn:uuid:{message.message_id}", "resource": _header(message, names)}
    entries = [_entry(names, part, resource) for part, resource in _resources(message, names)]
    return _bundle(message, "message", profile("BerichtBundle"), [header, *entries])


def write_transaction(message: ReferralMessage) -> Json:
    """The same content as a transaction, for the base of a server: every resource is created, and no header."""
    names = _Names(message)
    entries = [
        {**_entry(names, part, resource), "request": {"method": "POST", "url": resource["resourceType"]}}
        for part, resource in _resources(message, names)
    ]
    return _bundle(message, "transaction", None, entries)


def write_acknowledgement(
    message_id: str, answers: str, event: str, code: Acknowledgement, issues: list[Issue], endpoint: str, sent_at: str
) -> Json:
    """The answer to a message: `answers` is the id of its MessageHeader, and the OperationOutcome says the rest."""
    own_identifier = Identifier(canonical.URI_SYSTEM, f"urn:uuid:{message_id}")
    outcome = url_for(own_identifier, "outcome")
    header = {
        "resourceType": "MessageHeader",
        "id": message_id,
        "eventCoding": coding(MESSAGE_SYSTEM, event),
        "source": {"endpoint": endpoint},
        "response": {
            "identifier": answers,
            "code": code.value,
            "details": reference(outcome, "OperationOutcome"),
        },
    }
    return {
        "resourceType": "Bundle",
        "identifier": identified(own_identifier),
        "type": "message",
        "timestamp": sent_at,
        "entry": [
            {"fullUrl": f"urn:uuid:{message_id}", "resource": header},
            {"fullUrl": outcome, "resource": {**write_outcome(issues), "id": outcome.removeprefix("urn:uuid:")}},
        ],
    }


def write_referral_task(message: ReferralMessage, version: int, changed_at: str) -> Json:
    """The Task of an exchange by itself, as a read or a search gives it: references become identifiers."""
    task = _task(message, _Names(message))
    for name in ("focus", "for", "input", "output"):
        task.pop(name, None)
    sides = {"requester": message.asker, "owner": message.asked}
    return {
        **task,
        "id": message.task_id,
        "meta": {**task["meta"], "versionId": str(version), "lastUpdated": changed_at},
        "lastModified": changed_at,
        **{side: _logical(party) for side, party in sides.items()},
    }


def _logical(party: Party) -> Json:
    organisation = write_organisation(party.organisation)
    first = next(iter(organisation.get("identifier", [])), None)
    return filled({"type": "Organization", "identifier": first, "display": party.organisation.name})


def _bundle(message: ReferralMessage, kind: str, bundle_profile: str | None, entries: list[Json]) -> Json:
    return filled(
        {
            "resourceType": "Bundle",
            "meta": {"profile": [bundle_profile]} if bundle_profile else None,
            "identifier": identified(message.bundle_identifier),
            "type": kind,
            "timestamp": message.sent_at,
            "entry": entries,
        }
    )


def _entry(names: _Names, part: str, resource: Json) -> Json:
    # Without an id: R4 lets the receiver choose, and what a resource is called here is its fullUrl.
    return {"fullUrl": names.of(part), "resource": resource}


def _resources(message: ReferralMessage, names: _Names) -> Iterator[tuple[str, Json]]:
    yield "task", _task(message, names)
    yield "request", _service_request(message, names)
    if message.letter or message.answers:
        yield "letter", write_letter(message, names.to)
        yield from parts_of(message, names.to)
    for position, file in enumerate(message.files):
        yield f"file-{position}", _document(file, names)
    if message.permission:
        yield "consent", _consent(message, message.permission, names)
        yield "consent-text", _consent_text(message.permission, names)
    if message.patient:
        yield "patient", write_patient(message.patient)
    yield from _party("sender", message.sender, names)
    yield from _party("recipient", message.recipient, names)


def _party(side: str, party: Party, names: _Names) -> Iterator[tuple[str, Json]]:
    person = names.to(f"{side}-practitioner") if party.doctor else None
    yield f"{side}-role", write_role(party, person, names.to(f"{side}-organisation"))
    if party.doctor:
        yield f"{side}-practitioner", write_practitioner(party.doctor)
    yield f"{side}-organisation", write_organisation(party.organisation)


def _header(message: ReferralMessage, names: _Names) -> Json:
    return {
        "resourceType": "MessageHeader",
        "id": message.message_id,
        "meta": {"profile": [profile("BerichtKop")]},
        "eventCoding": coding(MESSAGE_SYSTEM, message.event.value),
        "destination": [
            filled(
                {
                    "endpoint": message.recipient.endpoint or canonical.BASE,
                    "receiver": names.to("recipient-organisation"),
                }
            )
        ],
        "sender": names.to("sender-organisation"),
        "source": {"name": "Arbobrug", "endpoint": message.sender.endpoint or canonical.BASE},
        "reason": own("bericht-reden", _REASONS.get(message.event, "aanvulling" if message.supplement else "nieuw")),
        "focus": [names.to("task")],
        "definition": f"{message_definition(message.event.value)}|{canonical.PROFILE_VERSION}",
    }


def _task(message: ReferralMessage, names: _Names) -> Json:
    ours = Identifier(TASK_SYSTEM, message.task_id)
    return filled(
        {
            "resourceType": "Task",
            "meta": {"profile": [profile("Verwijstaak"), f"{NL_CORE}/hg-ReferralTask"]},
            "identifier": [identified(one) for one in (ours, message.task_identifier) if one],
            "groupIdentifier": {"system": TRAJECTORY_SYSTEM, "value": message.trajectory},
            "status": message.status,
            "statusReason": _status_reason(message),
            "businessStatus": valued(
                own_system("verwijzing-fase"), message.business_status or usual_phase(message.event, message.status)
            ),
            "intent": "order",
            "priority": "urgent" if message.urgent else "routine",
            "code": concept(coding(*REFERRING), coding(*_FULFIL)),
            "focus": names.to("request"),
            "for": names.to("patient") if message.patient else None,
            "authoredOn": message.sent_at,
            "requester": names.to(f"{names.asker}-role"),
            "owner": names.to(f"{names.asked}-organisation"),
            "restriction": {"period": {"end": message.due}} if message.due else None,
            "input": _input(message, names),
            "output": _output(message, names),
        }
    )


def _status_reason(message: ReferralMessage) -> Json | None:
    if message.status_reason:
        return {**valued(own_system("afwijsreden"), message.status_reason), **filled({"text": message.reason_text})}
    return concept(text=message.reason_text) if message.reason_text else None


def _input(message: ReferralMessage, names: _Names) -> list[Json]:
    if not message.permission:
        return []
    kind = own("taak-invoer", "authorization-base")
    return [{"type": kind, "valueReference": names.to("consent")}]


def _output(message: ReferralMessage, names: _Names) -> list[Json]:
    if not message.answers:
        return []
    kind = own("brief-sectie", own_system("brief-sectie").values["answer"].code)
    return [{"type": kind, "valueReference": names.to("letter")}]


def _service_request(message: ReferralMessage, names: _Names) -> Json:
    letter = message.letter
    supporting = [names.to("letter")] if letter else []
    supporting += [names.to(f"file-{position}") for position in range(len(message.files))]
    supporting += [names.to("consent")] if message.permission else []
    return filled(
        {
            "resourceType": "ServiceRequest",
            "meta": {"profile": [profile("Verwijzing"), f"{NL_CORE}/hg-ReferralServiceRequest"]},
            "identifier": [{"system": TASK_SYSTEM, "value": message.task_id}],
            # The Task carries how far it is; this stays active until the Task ends.
            "status": "revoked" if message.status in _ENDED_EARLY else "completed" if message.answers else "active",
            "intent": "order",
            "category": [concept(coding(*_LETTER)), concept(coding(*REFERRING))],
            "priority": "urgent" if message.urgent else "routine",
            "code": valued(own_system("verwijzing-soort"), message.kind),
            "subject": names.to("patient") if message.patient else {"display": "niet meegezonden"},
            "authoredOn": message.sent_at,
            "requester": names.to(f"{names.asker}-role"),
            "performer": [names.to(f"{names.asked}-role")],
            "reasonCode": [{"text": letter.reason}] if letter and letter.reason else None,
            "reasonReference": [names.to("condition")] if letter and letter.diagnosis else None,
            "supportingInfo": supporting,
        }
    )


_ENDED_EARLY = frozenset({"cancelled", "rejected", "failed"})


def _document(file: File, names: _Names) -> Json:
    attachment = {
        "contentType": file.media_type,
        "data": base64.b64encode(file.content).decode("ascii"),
        "title": file.title,
    }
    return {
        "resourceType": "DocumentReference",
        "meta": {"profile": [profile("Bijlage")]},
        "status": "current",
        "subject": names.to("patient"),
        "content": [{"attachment": attachment}],
    }


def _consent_text(permission: Permission, names: _Names) -> Json:
    data = base64.b64encode(permission.text.encode()).decode("ascii")
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": concept(coding(LOINC, *_RELEASE)),
        "subject": names.to("patient"),
        "content": [{"attachment": {"contentType": "text/plain", "data": data, "title": "Toestemming zoals getoond"}}],
    }


def _consent(message: ReferralMessage, permission: Permission, names: _Names) -> Json:
    recipient = {
        "role": concept(coding(f"{TERMINOLOGY}/v3-ParticipationType", "IRCP")),
        "reference": names.to("recipient-organisation"),
    }
    provision = {
        "type": "permit",
        "period": {"start": permission.start, "end": permission.end},
        "actor": [recipient],
        "purpose": [coding(f"{TERMINOLOGY}/v3-ActReason", "TREAT")],
        "data": [{"meaning": "instance", "reference": one} for one in _consented(message, names)],
    }
    return {
        "resourceType": "Consent",
        "meta": {"profile": [CONSENT_PROFILE]},
        "identifier": [{"system": canonical.CONSENT_SYSTEM, "value": permission.identifier}],
        "status": "active",
        "scope": concept(coding(f"{TERMINOLOGY}/consentscope", "patient-privacy")),
        "category": [concept(coding(LOINC, "59284-0", "Consent"))],
        "patient": names.to("patient"),
        "dateTime": permission.given_at,
        "performer": [names.to("patient")],
        "organization": [names.to("sender-organisation")],
        "sourceReference": names.to("consent-text"),
        "policy": [{"uri": permission.policy}],
        "provision": provision,
    }


def _consented(message: ReferralMessage, names: _Names) -> Iterator[Json]:
    """Everything clinical in the message, by name: what is not named here may not go."""
    yield names.to("request")
    if message.letter or message.answers:
        yield names.to("letter")
        for part, _ in parts_of(message, names.to):
            yield names.to(part)
    for position in range(len(message.files)):
        yield names.to(f"file-{position}")
    yield names.to("consent-text")
