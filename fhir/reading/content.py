"""The content of a notification: each resource by its profile, with the rules of nl-core and IHE ODH as ours."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final

from fhir import canonical
from fhir.canonical import LOINC, OBSERVATION_SYSTEM, SNOMED, TERMINOLOGY
from fhir.reading.answers import LINE, PARAGRAPH, Answers, bounded, month, own_value, value_of
from fhir.reading.bundle import Document
from fhir.reading.listed import checked
from fhir.reading.node import Complaints, Node
from fhir.report import (
    Accident,
    Assessment,
    Diagnosis,
    Exposure,
    NotificationReport,
    Occupation,
    PersonalQuestions,
    Sector,
    Worker,
)
from fhir.terminology import CodeList, Terminology, own_system, provinces

JOB: Final = (LOINC, "11341-5")
INDUSTRY: Final = (LOINC, "86188-0")
HAZARD: Final = (LOINC, "87729-0")
EXPOSURE: Final = (OBSERVATION_SYSTEM, "blootstelling")
CAUSALITY: Final = (OBSERVATION_SYSTEM, "causaliteit")
OTHER: Final = (OBSERVATION_SYSTEM, "melding-overig")
MAX_EXPOSURES: Final = 10
# The zib's codes for the status of a diagnosis: confirmed, probable, possible, suspected. Ruled out is no diagnosis.
CONFIRMED: Final = "410605003"
_PRESENT = frozenset({CONFIRMED, "410592001", "410590009", "415684004"})
_NO_DIAGNOSIS = frozenset({"refuted", "entered-in-error"})
PROBLEM_TYPE: Final = "282291009"
OCCUPATIONAL: Final = "115966001"
PERSONAL: Final[Mapping[str, str]] = {
    "own_view": "eigen-idee",
    "worse_at_work": "erger-op-werk",
    "started_after_exposure": "begonnen-na-blootstelling",
    "after_change_at_work": "na-verandering-werk",
    "better_when_off": "minder-bij-vrij",
    "worse_in_tasks": "erger-bij-taken",
    "colleagues_affected": "collegas",
}
# HL7's observation-category.
_CATEGORIES = frozenset("social-history vital-signs imaging laboratory procedure survey exam therapy activity".split())
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")


def check_problem(condition: Node, categories: AbstractSet[str], complaints: Complaints) -> None:
    """nl-core-Problem: two codings of the status that agree, and a disease that is there."""
    status = condition.node("verificationStatus")
    hl7, zib = status.code(f"{TERMINOLOGY}/condition-ver-status"), status.code(SNOMED)
    if hl7 is None or zib is None:
        complaints.add("AB-V033", status.path)
    elif zib not in _PRESENT or hl7 in _NO_DIAGNOSIS or (hl7 == "confirmed") is not (zib == CONFIRMED):
        complaints.add("AB-V026", status.path)
    if not categories <= {one.code(SNOMED) for one in condition.nodes("category")}:
        complaints.add("AB-V026", f"{condition.path}.category")
    if condition.node("clinicalStatus").code(f"{TERMINOLOGY}/condition-clinical") is None:
        complaints.add("AB-V005", f"{condition.path}.clinicalStatus")


@dataclass(slots=True)
class Content:
    """Reads the clinical resources of one document; what is wrong goes to `complaints`."""

    document: Document
    complaints: Complaints
    terminology: Terminology | None
    places: dict[str, str] = field(default_factory=dict)

    def read(self) -> NotificationReport | None:
        """The report; None when it cannot be made, and then there are complaints."""
        by_question = self._by_question()
        job = self._sole(by_question, JOB, "AB-V016")
        answers = Answers.of(job, self.complaints)
        worker = self._worker(answers)
        diagnosis = self._diagnosis()
        exposures = self._exposures(by_question.get(EXPOSURE, []))
        occupation = self._occupation(job)
        sector = self._sector(answers, job)
        work_nature = self._work_nature(answers, occupation, job)
        self._finish(answers)
        assessment = self._assessment(self._sole(by_question, CAUSALITY, "AB-V019"))
        other = self._other(self._sole(by_question, OTHER, None))
        if worker is None or diagnosis is None or not exposures or not work_nature or sector is None:
            return None
        return NotificationReport(diagnosis, worker, exposures, work_nature, occupation, sector, assessment, **other)

    def _by_question(self) -> dict[tuple[str, str], list[Node]]:
        """Every Observation by what it answers; one that we did not ask for is refused."""
        found: dict[tuple[str, str], list[Node]] = {key: [] for key in (JOB, EXPOSURE, CAUSALITY, OTHER)}
        for observation in self.document.all("Observation"):
            codings = [(one.text("system"), one.text("code")) for one in observation.node("code").nodes("coding")]
            key = next((one for one in found if one in codings), None)
            if key is None:
                self.complaints.add("AB-T001", f"{observation.path}.code")
                continue
            found[key].append(observation)
            if observation.value.get("status") != "final":
                self.complaints.add("AB-V026", f"{observation.path}.status")
            self._subject(observation)
            self._category(observation)
        return found

    def _category(self, observation: Node) -> None:
        for concept in observation.nodes("category"):
            coding = concept.coding(f"{TERMINOLOGY}/observation-category")
            if coding is not None and coding.text("code") not in _CATEGORIES:
                self.complaints.add("AB-T001", f"{coding.path}.code")

    def _subject(self, resource: Node) -> None:
        if not resource.node("subject").value:
            self.complaints.add("AB-V005", f"{resource.path}.subject")

    def _sole(self, found: Mapping[tuple[str, str], list[Node]], key: tuple[str, str], missing: str | None) -> Node:
        observations = found[key]
        for extra in observations[1:]:
            self.complaints.add("AB-V027", extra.path)
        if not observations and missing:
            self.complaints.add(missing, f"{self.document.bundle.path}.entry")
        return observations[0] if observations else Node({}, f"{self.document.bundle.path}.entry")

    def _finish(self, answers: Answers) -> None:
        # Into the same dictionary: whoever asked us to read looks there.
        for pointer, path in answers.finish().items():
            self.places.setdefault(pointer, path)

    def _checked(self, code: str | None, code_list: CodeList, path: str, edition: str | None = None) -> str | None:
        """A code of a list that lives elsewhere: its form here, whether it exists there."""
        return checked(code, code_list, path, self.complaints, self.terminology, edition)

    def _worker(self, job: Answers) -> Worker | None:
        patient = self.document.first("Patient")
        if not patient.value:
            self.complaints.add("AB-V014", f"{self.document.bundle.path}.entry")
        sex, born = patient.text("gender"), patient.text("birthDate")
        self.places |= {
            "/worker": patient.path,
            "/worker/sex": f"{patient.path}.gender",
            "/worker/birthYear": f"{patient.path}.birthDate",
        }
        kind = job.code("dienstverband", "/worker/employmentKind", own_system("dienstverband"))
        if patient.value and sex is None:
            self.complaints.add("AB-V014", f"{patient.path}.gender")
        if patient.value and born is None:
            self.complaints.add("AB-V014", f"{patient.path}.birthDate")
        if born is None or sex is None:
            return None
        if len(born) > 4:
            self.complaints.insist("AB-P002", f"{patient.path}.birthDate")
            return None
        if _YEAR.fullmatch(born) is None:
            self.complaints.add("AB-V029", f"{patient.path}.birthDate")
            return None
        return Worker(sex, int(born), kind)

    def _diagnosis(self) -> Diagnosis | None:
        condition = self.document.first("Condition")
        if not condition.value:
            self.complaints.add("AB-V013", f"{self.document.bundle.path}.entry")
            return None
        self._subject(condition)
        check_problem(condition, {PROBLEM_TYPE, OCCUPATIONAL}, self.complaints)
        concept = condition.node("code")
        self.places |= {"/diagnosis": concept.path, "/diagnosis/text": f"{concept.path}.text"}
        cas = self._listed(concept, canonical.CAS_SYSTEM, CodeList.CAS, "/diagnosis/cas")
        icd10 = self._listed(concept, canonical.ICD10_SYSTEM, CodeList.ICD10, "/diagnosis/icd10")
        text = bounded(concept.text("text"), LINE, f"{concept.path}.text", self.complaints)
        if cas is None and icd10 is None:
            self.complaints.add("AB-V013", concept.path)
            return None
        return Diagnosis(cas, icd10, text)

    def _listed(self, concept: Node, system: str, code_list: CodeList, pointer: str) -> str | None:
        coding = concept.coding(system)
        if coding is None:
            return None
        self.places[pointer] = f"{coding.path}.code"
        return self._checked(coding.text("code"), code_list, f"{coding.path}.code")

    def _exposures(self, observations: list[Node]) -> tuple[Exposure, ...]:
        if not observations:
            self.complaints.add("AB-V015", f"{self.document.bundle.path}.entry")
        else:
            self.places["/exposures"] = observations[0].path
        for extra in observations[MAX_EXPOSURES:]:
            self.complaints.add("AB-V027", extra.path)
        read = [self._exposure(one, f"/exposures/{position}") for position, one in enumerate(observations)]
        return tuple(one for one in read if one is not None)

    def _exposure(self, observation: Node, pointer: str) -> Exposure | None:
        concept, answers = self._concept(observation, "AB-V015"), Answers.of(observation, self.complaints)
        since, until = self._period(observation, pointer)
        self.places |= {pointer: observation.path, f"{pointer}/text": f"{concept.path}.text"}
        code = self._listed(concept, canonical.EXPOSURE_SYSTEM, CodeList.EXPOSURE, f"{pointer}/code")
        text = bounded(concept.text("text"), LINE, f"{concept.path}.text", self.complaints)
        degree = answers.degree("intensiteit", f"{pointer}/degree")
        evidence = answers.code("bron", f"{pointer}/evidence", own_system("bewijs"))
        self._finish(answers)
        if code is None and text is None:
            self.complaints.add("AB-V015", concept.path)
            return None
        return Exposure(code, text, since, until, degree, evidence)

    def _concept(self, observation: Node, missing: str) -> Node:
        """The value of an Observation, which must be a CodeableConcept."""
        kind, value = value_of(observation)
        path = f"{observation.path}.value"
        if kind not in {None, "valueCodeableConcept"}:
            self.complaints.add("AB-V036", path)
        elif kind is None and observation.value:
            self.complaints.add(missing, path)
        return Node(value if kind == "valueCodeableConcept" and type(value) is dict else {}, path)

    def _period(self, observation: Node, pointer: str) -> tuple[str | None, str | None]:
        period = observation.node("effectivePeriod")
        path = f"{observation.path}.effective"
        if "effectiveDateTime" in observation.value:
            return month(observation.text("effectiveDateTime"), path, self.complaints), None
        self.places |= {f"{pointer}/from": f"{path}.start", f"{pointer}/until": f"{path}.end"}
        since = month(period.text("start"), f"{path}.start", self.complaints)
        return since, month(period.text("end"), f"{path}.end", self.complaints)

    def _occupation(self, job: Node) -> Occupation:
        """IHE ODH: the occupation, in the period in which it was done."""
        concept = self._concept(job, "AB-V016")
        self.places |= {"/occupation": concept.path, "/occupation/text": f"{concept.path}.text"}
        if job.value and not job.node("effectivePeriod").value:
            self.complaints.add("AB-V035", f"{job.path}.effective")
        category = next((one.code(f"{TERMINOLOGY}/observation-category") for one in job.nodes("category")), None)
        if job.value and category != "social-history":
            self.complaints.add("AB-V026", f"{job.path}.category")
        isco = self._listed(concept, canonical.ISCO_SYSTEM, CodeList.ISCO, "/occupation/isco")
        text = bounded(concept.text("text"), LINE, f"{concept.path}.text", self.complaints)
        if job.value and isco is None and text is None:
            self.complaints.add("AB-V016", concept.path)
        return Occupation(isco, text)

    def _sector(self, answers: Answers, job: Node) -> Sector | None:
        concept = answers.concept(INDUSTRY[1], "/sector/sbi", INDUSTRY[0])
        coding = concept.coding(canonical.SBI_SYSTEM) if concept else None
        code = coding.text("code") if coding else None
        if coding is None or code is None:
            if job.value:
                self.complaints.add("AB-V017", concept.path if concept else f"{job.path}.component")
            return None
        self.places["/sector"] = self.places["/sector/sbi"] = f"{coding.path}.code"
        edition = coding.text("version") or "2008"
        if edition not in {"2008", "2025"}:
            self.complaints.add("AB-T006", f"{coding.path}.version")
        if len(code) <= 2:
            self.complaints.add("AB-T002", f"{coding.path}.code")
        self._checked(code, CodeList.SBI, f"{coding.path}.code", edition)
        return Sector(code, edition)

    def _work_nature(self, answers: Answers, occupation: Occupation, job: Node) -> str | None:
        answers.ignore(HAZARD)  # the exposure has an Observation of its own; this is ODH's echo of it
        told = answers.text("aard-werk", "/workNature", LINE)
        if told or not job.value:
            return told
        path = f"{job.path}.value.text"
        self.places.setdefault("/workNature", path)
        if occupation.text:
            self.complaints.add("AB-R201", f"{job.path}.component")
        else:
            self.complaints.add("AB-V016", f"{job.path}.component")
        return occupation.text

    def _assessment(self, causality: Node) -> Assessment:
        answers = Answers.of(causality, self.complaints)
        questions = {
            name: answers.boolean(code, f"/assessment/personalQuestions/{own_system('observatie').codes[code].value}")
            for name, code in PERSONAL.items()
        }
        self.places["/assessment"] = causality.path
        assessment = Assessment(
            PersonalQuestions(**questions),
            answers.boolean("gevoeligheid", "/assessment/susceptibility"),
            answers.code("andere-verklaringen", "/assessment/otherExplanations", own_system("andere-verklaringen")),
            self._work_relation(causality),
            self._guideline(answers),
            answers.findings(),
            answers.text("reden-afwijking", "/assessment/overrideReason", PARAGRAPH),
        )
        self._finish(answers)
        return assessment

    def _work_relation(self, causality: Node) -> str | None:
        kind, _ = value_of(causality)
        if kind is None:
            if causality.value and "dataAbsentReason" not in causality.value:
                self.complaints.add("AB-V005", f"{causality.path}.value")
            return None
        self.places["/assessment/workRelation"] = f"{causality.path}.value"
        return own_value(self._concept(causality, "AB-V005"), own_system("zekerheid"), self.complaints)

    def _guideline(self, answers: Answers) -> str | None:
        concept = answers.concept("registratierichtlijn", "/assessment/guideline")
        if concept is None:
            return None
        if concept.code(canonical.GUIDELINE_SYSTEM) is None:
            self.complaints.add("AB-T009", concept.path)
        return self._listed(concept, canonical.GUIDELINE_SYSTEM, CodeList.GUIDELINE, "/assessment/guideline")

    def _other(self, observation: Node) -> dict[str, Any]:
        answers = Answers.of(observation, self.complaints)
        other = {
            "accident": Accident(
                answers.boolean("ongeval", "/accident/isAccident"),
                answers.boolean("laat-gevolg", "/accident/lateEffect"),
            ),
            "detected_by": answers.code("aanleiding", "/detectedBy", own_system("aanleiding")),
            "advice": answers.several("advies", "/advice", own_system("advies-soort")),
            "incapacity": answers.code("arbeidsongeschiktheid", "/incapacity", own_system("arbeidsongeschiktheid")),
            "absence": answers.code("verzuimduur", "/absence", own_system("verzuimduur")),
            "province": answers.code("provincie", "/province", provinces()),
            "minutes_spent": answers.whole_number("minuten", "/minutesSpent", 600, "min"),
            "remarks": answers.text("opmerkingen", "/remarks", PARAGRAPH),
        }
        self._finish(answers)
        return other
