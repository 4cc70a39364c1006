"""A place in a document: what stands there, and its FHIRPath. Asking for what is not there is no error."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fhir.issues import Issue, Severity, issue


@dataclass(slots=True)
class Node:
    """An object in a document; an empty one where there is none."""

    value: Mapping[str, Any] = field(repr=False)
    path: str

    def node(self, key: str) -> "Node":
        """The object under a name."""
        inner = self.value.get(key)
        return Node(inner if type(inner) is dict else {}, f"{self.path}.{key}")

    def nodes(self, key: str) -> Iterator["Node"]:
        """The objects in the list under a name."""
        inner = self.value.get(key)
        if type(inner) is list:
            for position, one in enumerate(inner):
                yield Node(one if type(one) is dict else {}, f"{self.path}.{key}[{position}]")

    def text(self, key: str) -> str | None:
        """The text under a name."""
        inner = self.value.get(key)
        return inner if type(inner) is str else None

    def coding(self, system: str) -> "Node | None":
        """The coding of a CodeableConcept in a system."""
        return next((one for one in self.nodes("coding") if one.value.get("system") == system), None)

    def code(self, system: str) -> str | None:
        """The code of a CodeableConcept in a system."""
        found = self.coding(system)
        return found.text("code") if found else None


@dataclass(slots=True)
class Complaints:
    """Everything wrong so far. What the structure already says of a place is not said again in other words."""

    issues: list[Issue]
    damaged: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for one in self.issues:
            if one.severity is not Severity.WARNING and one.expression:
                self.damaged.add(one.expression)

    def add(self, error: str, path: str, text: str | None = None, text_en: str | None = None) -> None:
        """Complain about a place, unless the structure already does so there or inside it."""
        if not self.known(path):
            self.issues.append(issue(error, path, text=text, text_en=text_en))

    def insist(self, error: str, path: str) -> None:
        """Complain about a place, whatever the structure says of it."""
        self.issues.append(issue(error, path))

    def known(self, path: str) -> bool:
        """Tell whether the structure complained about a place or something inside it."""
        return any(one == path or one.startswith((f"{path}.", f"{path}[")) for one in self.damaged)

    @property
    def refused(self) -> bool:
        """Whether there is anything worse than a warning."""
        return any(one.severity is not Severity.WARNING for one in self.issues)

    def distinct(self) -> list[Issue]:
        """The same complaint about the same place once, errors first."""
        return sorted(dict.fromkeys(self.issues), key=lambda one: one.severity is Severity.WARNING)
