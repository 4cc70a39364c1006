"""Everything that a vendor can read without signing in, made once: definitions, lists, the form, what we can do."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from fhir.canonical import BASE, message_definition, profile
from fhir.publication import capability_statement, code_system_of, definitions, questionnaire_of
from fhir.publication.values import Capability, CodeRow, ResourceCapability, SearchParam
from fhir.referral import Event
from service import __version__
from service.codes.catalogue import catalogue
from service.codes.entries import ListId
from service.criteria.catalogue import catalogue as guidelines
from service.identity.access import Scope
from service.text import Language
from service.wire.answers import encoded
from service.wire.questions import question_groups

READABLE = (
    "StructureDefinition",
    "CodeSystem",
    "ValueSet",
    "OperationDefinition",
    "MessageDefinition",
    "Questionnaire",
    "NamingSystem",
)
SEARCHED: Mapping[str, str] = {"url": "uri", "event": "token"}
_SINCE = "2026-11-22"


@dataclass(frozen=True, slots=True)
class Published:
    """One document as the bytes we send, with its entity tag."""

    resource: Mapping[str, Any]
    body: bytes
    etag: str


def publish(resource: Mapping[str, Any]) -> Published:
    """A document ready to be sent."""
    body = encoded(resource)
    return Published(resource, body, f'W/"{hashlib.sha256(body).hexdigest()[:16]}"')


@cache
def shelf() -> Mapping[tuple[str, str], Published]:
    """Everything published, by type and id."""
    resources = [*definitions().values(), *_lists(), questionnaire_of(question_groups(), __version__)]
    return MappingProxyType({(one["resourceType"], one["id"]): publish(one) for one in resources})


def _lists() -> list[dict[str, Any]]:
    """Our own lists as CodeSystems; the lists of others are named, not copied."""
    cas, exposures = catalogue().cas, catalogue().exposure
    rules = [CodeRow(entry.file.code, entry.file.title.nl, entry.file.title.en) for entry in guidelines().entries]
    return [
        code_system_of("cas", cas.title.nl, cas.edition, _rows(ListId.CAS), note=cas.note.nl),
        code_system_of(
            "oorzaak", exposures.title.nl, exposures.edition, _rows(ListId.EXPOSURE), note=exposures.note.nl
        ),
        code_system_of("registratierichtlijn", "Registratierichtlijnen", __version__, list(dict.fromkeys(rules))),
    ]


def _rows(list_id: ListId) -> list[CodeRow]:
    entries = catalogue().lists[list_id].entries
    return [CodeRow(one.code, one.label.in_(Language.NL), one.label.en) for one in entries]


def searched(kind: str) -> tuple[str, ...]:
    """By what definitions of this type can be found."""
    return ("url", "event") if kind == "MessageDefinition" else ("url",)


@cache
def metadata(base_url: str) -> Published:
    """What this service can do, at its address."""
    task = ResourceCapability(
        "Task",
        ("read", "update", "search-type"),
        tuple(
            SearchParam(name, kind)
            for name, kind in (
                ("_id", "token"),
                ("_lastUpdated", "date"),
                ("status", "token"),
                ("identifier", "token"),
                ("group-identifier", "token"),
            )
        ),
        versioning="versioned",
    )
    bundle = ResourceCapability(
        "Bundle",
        ("read",),
        profiles=(profile("MeldingBundle"), profile("BerichtBundle")),
        operations=(("validate", "http://hl7.org/fhir/OperationDefinition/Resource-validate"),),
    )
    readable = tuple(
        ResourceCapability(
            kind, ("read", "search-type"), tuple(SearchParam(name, SEARCHED[name]) for name in searched(kind))
        )
        for kind in READABLE
    )
    operations = ("process-notification", "submission-history")
    process_message = ("process-message", "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message")
    return publish(
        capability_statement(
            Capability(
                base=f"{base_url}/fhir/R4",
                software_version=__version__,
                date=_SINCE,
                publisher="Arbobrug",
                token_url=f"{base_url}/oauth/token",
                authorize_url=f"{base_url}/oauth/authorize",
                revoke_url=f"{base_url}/oauth/revoke",
                resources=(task, bundle, *readable),
                operations=(
                    *((name, f"{BASE}/OperationDefinition/{name}") for name in operations),
                    process_message,
                ),
                interactions=("transaction",),
                messages=tuple(message_definition(event.value) for event in Event),
            )
        )
    )


@cache
def smart_configuration(base_url: str) -> Published:
    """The SMART configuration (SMART App Launch 2.2, backend services)."""
    configuration = {
        "issuer": base_url,
        "jwks_uri": f"{base_url}/oauth/jwks",
        "authorization_endpoint": f"{base_url}/oauth/authorize",
        "token_endpoint": f"{base_url}/oauth/token",
        "revocation_endpoint": f"{base_url}/oauth/revoke",
        "introspection_endpoint": f"{base_url}/oauth/introspect",
        "grant_types_supported": ["client_credentials", "authorization_code"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256", "PS256", "RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": [scope.value for scope in Scope],
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["client-confidential-asymmetric", "permission-v2"],
    }
    return publish(configuration)
