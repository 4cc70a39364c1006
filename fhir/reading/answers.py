"""Answers: the components of an Observation, each a question with a value of one kind."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fhir.canonical import FINDING_SYSTEM, FINDING_VALUE_SYSTEM, OBSERVATION_SYSTEM
from fhir.reading.node import Complaints, Node
from fhir.report import Finding, FindingValue
from fhir.terminology import OwnSystem

LINE: Final = 200
PARAGRAPH: Final = 1000
CODE: Final = 64
NONE_CHOSEN: Final = "geen"
_MONTH = re.compile(r"[0-9]{4}(?:-(?:0[1-9]|1[0-2]))?")
_VALUES = ("valueCodeableConcept", "valueString", "valueBoolean", "valueInteger", "valueQuantity")


def value_of(node: Node) -> tuple[str | None, Any]:
    """The kind of value an Observation or component has, and the value."""
    for kind in _VALUES:
        if kind in node.value:
            return kind, node.value[kind]
    return None, None


def bounded(text: str | None, limit: int, path: str, complaints: Complaints) -> str | None:
    """A text that is not too long and not blank."""
    if text is None:
        return None
    if not text.strip() or len(text) > limit:
        complaints.add("AB-V028", path)
        return None
    return text


def month(text: str | None, path: str, complaints: Complaints) -> str | None:
    """A year or a month; a full date says more than we want to know."""
    if text is None:
        return None
    if _MONTH.fullmatch(text) is None:
        complaints.add("AB-P008" if len(text) >= 10 else "AB-V029", path)
        return None
    return text


def own_value(concept: Node, system: OwnSystem, complaints: Complaints) -> str | None:
    """The value of /v1 for a code of ours; complains when there is none."""
    coding = concept.coding(system.url)
    code = coding.text("code") if coding else None
    known = system.codes.get(code) if code else None
    if known is None:
        complaints.add("AB-T001", f"{coding.path}.code" if coding else concept.path)
        return None
    return known.value


@dataclass(slots=True)
class Answers:
    """The answers in the components of one Observation. What nobody takes is complained about at the end."""

    complaints: Complaints
    found: dict[tuple[str, str], list[Node]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, observation: Node, complaints: Complaints) -> "Answers":
        """The components of an Observation, by their question."""
        answers = cls(complaints)
        for component in observation.nodes("component"):
            key = _question(component)
            if key is None:
                complaints.add("AB-T001", f"{component.path}.code")
            else:
                answers.found.setdefault(key, []).append(component)
        return answers

    def _take(self, code: str, pointer: str, system: str = OBSERVATION_SYSTEM) -> Node | None:
        components = self.found.pop((system, code), [])
        for extra in components[1:]:
            self.complaints.add("AB-V041", extra.path)
        if components:
            self.places[pointer] = f"{components[0].path}.value"
        return components[0] if components else None

    def _answer(self, code: str, pointer: str, kind: str) -> Any:
        component = self._take(code, pointer)
        return None if component is None else self._value(component, kind)

    def _value(self, component: Node, *kinds: str) -> Any:
        found, value = value_of(component)
        if found in kinds:
            return value
        if found is not None or "dataAbsentReason" not in component.value:
            self.complaints.add("AB-V036", f"{component.path}.value")
        return None

    def boolean(self, code: str, pointer: str) -> bool | None:
        """A yes or no."""
        value = self._answer(code, pointer, "valueBoolean")
        return value if type(value) is bool else None

    def text(self, code: str, pointer: str, limit: int) -> str | None:
        """A text within its limit."""
        value = self._answer(code, pointer, "valueString")
        return bounded(value if type(value) is str else None, limit, self.places.get(pointer, ""), self.complaints)

    def code(self, code: str, pointer: str, system: OwnSystem) -> str | None:
        """A code of one of our systems, as the value /v1 has for it."""
        component = self._take(code, pointer)
        if component is None or not self._concept(component):
            return None
        return own_value(_at_value(component), system, self.complaints)

    def _concept(self, component: Node) -> bool:
        return type(self._value(component, "valueCodeableConcept")) is dict

    def concept(self, code: str, pointer: str, system: str | None = None) -> Node | None:
        """A CodeableConcept as it stands."""
        component = self._take(code, pointer, system or OBSERVATION_SYSTEM)
        if component is None or not self._concept(component):
            return None
        return _at_value(component)

    def several(self, code: str, pointer: str, system: OwnSystem) -> tuple[str, ...]:
        """Codes of one of our systems, one in each component, each once."""
        components = self.found.pop((OBSERVATION_SYSTEM, code), [])
        values = [own_value(_at_value(one), system, self.complaints) for one in components if self._concept(one)]
        if components:
            self.places[pointer] = f"{components[0].path}.value"
        return tuple(dict.fromkeys(value for value in values if value))

    def degree(self, code: str, pointer: str) -> str | None:
        """A text, or a quantity written out."""
        component = self._take(code, pointer)
        value = self._value(component, "valueString", "valueQuantity") if component else None
        if type(value) is dict:
            value = _written(value)
        return bounded(value if type(value) is str else None, LINE, self.places.get(pointer, ""), self.complaints)

    def whole_number(self, code: str, pointer: str, high: int, unit: str) -> int | None:
        """A whole number from zero to a limit, in a unit if it has one."""
        component = self._take(code, pointer)
        value = self._value(component, "valueInteger", "valueQuantity") if component else None
        if component is None or value is None:
            return None
        right_unit = type(value) is not dict or value.get("code", unit) == unit
        number = value.get("value") if type(value) is dict else value
        # The limits first: infinity is no whole number, and int() would raise on it.
        if right_unit and isinstance(number, int | float) and 0 <= number <= high and number == int(number):
            return int(number)
        self.complaints.add("AB-V036", f"{component.path}.value")
        return None

    def findings(self) -> tuple[Finding, ...]:
        """Every answer to a question of a guideline; chosen values may repeat."""
        read: list[Finding] = []
        for system, name in list(self.found):
            if system == FINDING_SYSTEM:
                components = self.found.pop((system, name))
                self.places[f"/assessment/findings/{name}"] = f"{components[0].path}.value"
                value = self._finding(components)
                if len(name) > CODE or len(read) >= 60:
                    self.complaints.add("AB-V028", components[0].path)
                elif value is not None:
                    read.append(Finding(name, value))
        return tuple(read)

    def _finding(self, components: list[Node]) -> FindingValue | None:
        values = [self._one_finding(one) for one in components]
        if len(values) == 1:
            return () if values[0] == NONE_CHOSEN else values[0]
        for component, value in zip(components, values, strict=True):
            if not isinstance(value, str) or value == NONE_CHOSEN:
                self.complaints.add("AB-V041", component.path)
        chosen = tuple(dict.fromkeys(value for value in values if isinstance(value, str)))
        return chosen[0] if len(chosen) == 1 else chosen

    def _one_finding(self, component: Node) -> bool | float | str | None:
        value = self._value(component, "valueBoolean", "valueInteger", "valueQuantity", "valueCodeableConcept")
        if type(value) is dict and "valueQuantity" in component.value:
            value = value.get("value")
            if value is None:
                self.complaints.add("AB-V036", f"{component.path}.value")
        elif type(value) is dict:
            return self._chosen(_at_value(component))
        return value if type(value) in {bool, int, float} else None

    def _chosen(self, concept: Node) -> str | None:
        code = concept.code(FINDING_VALUE_SYSTEM)
        if code is None or len(code) > CODE:
            self.complaints.add("AB-T010", concept.path)
            return None
        return code

    def ignore(self, *questions: tuple[str, str]) -> None:
        """Let answers be that others ask for and a notification does not."""
        for question in questions:
            self.found.pop(question, None)

    def finish(self) -> dict[str, str]:
        """Complain about every answer nobody asked for; gives where the others were found."""
        for components in self.found.values():
            for component in components:
                self.complaints.add("AB-T001", f"{component.path}.code")
        return self.places


def _at_value(component: Node) -> Node:
    inner = component.value.get("valueCodeableConcept")
    return Node(inner if type(inner) is dict else {}, f"{component.path}.value")


def _question(component: Node) -> tuple[str, str] | None:
    for coding in component.node("code").nodes("coding"):
        system, code = coding.text("system"), coding.text("code")
        if system and code:
            return system, code
    return None


def _written(quantity: Mapping[str, Any]) -> str | None:
    value = quantity.get("value")
    if type(value) not in {int, float}:
        return None
    unit = quantity.get("unit") or quantity.get("code")
    sign = quantity.get("comparator")
    return " ".join(part for part in (sign, f"{value:g}", unit) if type(part) is str)
