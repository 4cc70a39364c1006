"""What a stranger needs to connect: definitions, code systems, the questionnaire and the capability statement."""

from collections.abc import Sequence
from typing import Any

from fhir.publication.values import Capability, CodeRow, QuestionGroup


def definitions() -> dict[str, dict[str, Any]]:
    """Everything we publish that does not depend on lists elsewhere: canonical -> resource."""
    raise NotImplementedError


def definition(resource_type: str, name: str) -> dict[str, Any] | None:
    """One of them by type and id, such as StructureDefinition and arbobrug-Melding."""
    raise NotImplementedError


def code_system_of(name: str, title: str, version: str, rows: Sequence[CodeRow], **texts: str) -> dict[str, Any]:
    """A CodeSystem from plain rows."""
    raise NotImplementedError


def questionnaire_of(groups: Sequence[QuestionGroup], version: str) -> dict[str, Any]:
    """A Questionnaire of the notification form and the questions of the guidelines."""
    raise NotImplementedError


def capability_statement(capability: Capability) -> dict[str, Any]:
    """What this service does, as far as it is tested, and on which packages it stands."""
    raise NotImplementedError
