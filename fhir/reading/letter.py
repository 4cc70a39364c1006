"""A letter or a reply: the Composition, and the resources its sections refer to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from fhir import canonical
from fhir.canonical import SNOMED
from fhir.reading.answers import LINE, bounded
from fhir.reading.bundle import Document
from fhir.reading.content import EXPOSURE, INDUSTRY, JOB, PROBLEM_TYPE, check_problem
from fhir.reading.listed import checked
from fhir.reading.narrative import paragraphs
from fhir.reading.node import Complaints, Node
from fhir.referral import Answered, Letter
from fhir.report import Diagnosis, Occupation
from fhir.terminology import CodeList, Terminology, own_system

HOURS: Final = (canonical.OBSERVATION_SYSTEM, "werktijd")
PROSE: Final = 4000
MAX_EXPOSURES: Final = 20
MAX_ANSWERS: Final = 50
# What the referral letter of the general practitioners calls its core, and the reason in it.
_ELSEWHERE: Mapping[str, str] = {"406550009": "summary", "440378000": "reason"}
# What the entries of a section are; the others have words only.
_ENTRIES: Mapping[str, tuple[str, tuple[str, str] | None]] = {
    "diagnosis": ("Condition", None),
    "work": ("Observation", JOB),
    "exposures": ("Observation", EXPOSURE),
    "reason": ("Condition", None),
}


@dataclass(slots=True)
class LetterReader:
    """Reads the Composition of one message; what is wrong goes to `complaints`."""

    document: Document
    complaints: Complaints
    terminology: Terminology | None
    words: dict[str, str] = field(default_factory=dict)
    entries: dict[str, list[Node]] = field(default_factory=dict)
    answers: list[Answered] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def read(self, composition: Node) -> "LetterReader":
        """Gather what the sections hold."""
        for section in _flat(composition):
            self._section(section)
        return self

    def letter(self) -> Letter:
        """The letter of a request."""
        job = self._sole("work")
        return Letter(
            **{name: self.words.get(name) for name in ("reason", "findings", "question", "agreed", "summary")},
            diagnosis=self.diagnosis(),
            occupation=self._occupation(job),
            demands=self.words.get("work"),
            hours=self._hours(job),
            sector=self._sector(job),
            exposures=tuple(self._exposures()),
        )

    def diagnosis(self) -> Diagnosis | None:
        """The diagnosis, on nl-core-Problem."""
        condition = self._sole("diagnosis")
        if not condition.value:
            return None
        check_problem(condition, {PROBLEM_TYPE}, self.complaints)
        concept = condition.node("code")
        cas = self._listed(concept, canonical.CAS_SYSTEM, CodeList.CAS)
        icd10 = self._listed(concept, canonical.ICD10_SYSTEM, CodeList.ICD10)
        text = self._text(concept)
        if cas is None and icd10 is None and text is None:
            self.complaints.add("AB-V013", concept.path)
        return Diagnosis(cas, icd10, text)

    def parts(self) -> tuple[str, ...]:
        """The parts that hold something, in the order of the code system."""
        held = self.words.keys() | {part for part, nodes in self.entries.items() if nodes}
        held |= {"answer"} if self.answers else set()
        return tuple(part for part in own_system("brief-sectie").values if part in held)

    def _section(self, section: Node) -> None:
        part = _part(section.node("code"))
        if part is None:
            self.complaints.add("AB-T001", f"{section.path}.code")
            return
        text = self._words(section)
        entries = list(section.nodes("entry"))
        if text is None and not entries and "section" not in section.value:
            self.complaints.add("AB-V008", section.path)
        if part == "answer":
            self._answer(section, text, entries)
            return
        if part in self.seen:
            self.complaints.add("AB-V027", section.path)
        self.seen.add(part)
        if text is not None:
            self.words[part] = text
        if entries:
            self._entries(part, entries)

    def _entries(self, part: str, entries: list[Node]) -> None:
        kind, question = _ENTRIES.get(part, (None, None))
        # The core of a letter may name the diagnosis beside its reason; it is the same one.
        place = self.entries.setdefault("diagnosis" if kind == "Condition" else part, [])
        for entry in entries:
            target = self.document.target(entry)
            if target is None:
                continue  # said where references are followed
            if target.value.get("resourceType") != kind:
                self.complaints.add("AB-V019", entry.path)
            elif question is not None and target.node("code").code(question[0]) != question[1]:
                self.complaints.add("AB-T001", f"{target.path}.code")
            elif all(target is not one for one in place):
                place.append(target)

    def _answer(self, section: Node, text: str | None, entries: list[Node]) -> None:
        for entry in entries:
            self.complaints.add("AB-V019", entry.path)
        question = bounded(section.text("title"), PROSE, f"{section.path}.title", self.complaints)
        if question is None or len(self.answers) >= MAX_ANSWERS:
            self.complaints.add("AB-V028", f"{section.path}.title")
        self.answers.append(Answered(question or "", None if "emptyReason" in section.value else text))

    def _words(self, section: Node) -> str | None:
        div = section.node("text").text("div")
        told = paragraphs(div) if div is not None else None
        return None if told is None else bounded("\n".join(told), PROSE, f"{section.path}.text", self.complaints)

    def _sole(self, part: str) -> Node:
        found = self.entries.get(part, [])
        for extra in found[1:]:
            self.complaints.add("AB-V027", extra.path)
        return found[0] if found else Node({}, self.document.bundle.path)

    def _listed(self, concept: Node, system: str, code_list: CodeList) -> str | None:
        coding = concept.coding(system)
        if coding is None:
            return None
        edition = (coding.text("version") or "2008") if code_list is CodeList.SBI else None
        return checked(
            coding.text("code"), code_list, f"{coding.path}.code", self.complaints, self.terminology, edition
        )

    def _text(self, concept: Node) -> str | None:
        return bounded(concept.text("text"), LINE, f"{concept.path}.text", self.complaints)

    def _occupation(self, job: Node) -> Occupation | None:
        concept = _at_value(job)
        isco, text = self._listed(concept, canonical.ISCO_SYSTEM, CodeList.ISCO), self._text(concept)
        return Occupation(isco, text) if isco or text else None

    def _hours(self, job: Node) -> str | None:
        component = _component(job, HOURS)
        path = f"{component.path}.value"
        return bounded(component.text("valueString"), LINE, path, self.complaints)

    def _sector(self, job: Node) -> str | None:
        return self._listed(_at_value(_component(job, INDUSTRY)), canonical.SBI_SYSTEM, CodeList.SBI)

    def _exposures(self) -> Iterator[str]:
        found = self.entries.get("exposures", [])
        for extra in found[MAX_EXPOSURES:]:
            self.complaints.add("AB-V027", extra.path)
        for observation in found:
            concept = _at_value(observation)
            shown = next((one.text("display") for one in concept.nodes("coding") if one.text("display")), None)
            text = self._text(concept) or bounded(shown, LINE, concept.path, self.complaints)
            if text is None:
                self.complaints.add("AB-V015", concept.path)
            yield text or ""


def _flat(composition: Node) -> Iterator[Node]:
    """Every section, also those inside another."""
    for section in composition.nodes("section"):
        yield section
        yield from _flat(section)


def _part(concept: Node) -> str | None:
    system = own_system("brief-sectie")
    known = system.codes.get(concept.code(system.url) or "")
    return known.value if known else _ELSEWHERE.get(concept.code(SNOMED) or "")


def _component(observation: Node, question: tuple[str, str]) -> Node:
    for component in observation.nodes("component"):
        if component.node("code").code(question[0]) == question[1]:
            return component
    return Node({}, observation.path)


def _at_value(node: Node) -> Node:
    return Node(node.node("valueCodeableConcept").value, f"{node.path}.value")
