"""Everything said about the content of a notification: what blocks it, what warns, and the verdict on its criteria.

Part of the actions: here notifications, code lists and criteria meet. No I/O.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from pydantic import BaseModel

from service.codes.catalogue import catalogue
from service.codes.entries import ListId
from service.codes.rules import Ruling, check_cas, check_icd10, check_isco, check_listed, check_sbi
from service.criteria import actions as criteria
from service.criteria.rules import Verdict
from service.criteria.schemas import CriteriaCheckRequest, CriteriaCheckResult
from service.notifications import completeness, privacy
from service.notifications.schemas import NotificationContent
from service.problems import FieldError, InvalidInput
from service.text import Language, Text
from service.validation import pointer

# What a rule looks at beside the place that it speaks of: when that cannot be read, the rule has nothing to say.
LOOKS_AT = {
    "/accident/isAccident": ("/accident/lateEffect",),
    "/assessment/findings/*": ("/assessment/guideline",),
    "/diagnosis": ("/diagnosis/cas", "/diagnosis/icd10"),
    "/diagnosis/icd10": ("/diagnosis/text",),
    "/exposures": ("/exposures/*/code", "/exposures/*/text"),
    "/occupation": ("/occupation/isco", "/occupation/text"),
    "/sector/sbi": ("/sector/edition",),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """Content that may be notified: its verdict, what to warn of, and the mark by which look-alikes are found."""

    check: CriteriaCheckResult
    warnings: list[FieldError]
    points_at_somebody: bool
    overrides: bool
    fingerprint: str

    @property
    def guideline_code(self) -> str | None:
        """The guideline it was judged by."""
        return self.check.guideline.code if self.check.guideline else None

    @property
    def guideline_version(self) -> str | None:
        """The version of that guideline."""
        return self.check.guideline.version if self.check.guideline else None


def refuse_identity(content: BaseModel) -> None:
    """Raise InvalidInput when the content identifies somebody; not even a draft may."""
    if found := privacy.identifying(_document(content)):
        raise InvalidInput(errors=found)


def refuse_unfit(content: NotificationContent, on: date) -> None:
    """Raise InvalidInput with everything that submitting would refuse, except what is only missing."""
    if found := [problem for problem in _weigh(content, on, Language.NL).blocking if problem.code != "missing"]:
        raise InvalidInput(errors=found)


def refuse_identifying_text(place: str, text: str) -> None:
    """Raise InvalidInput when a reason or a question identifies somebody."""
    if found := privacy.identifying({place.strip("/"): text}):
        raise InvalidInput(errors=found)


def judge_content(content: NotificationContent, on: date, language: Language, reply: str | None = None) -> Judged:
    """Judge content that is being submitted, with what the notifier answers to the registry's questions.

    Raises InvalidInput with everything that stands in the way.
    """
    weighed = _weigh(content, on, language)
    if weighed.blocking or weighed.check is None:
        raise InvalidInput(errors=weighed.blocking)
    reason = content.assessment.override_reason if content.assessment else None
    overrides = reason is not None and weighed.check.verdict in {Verdict.DOES_NOT_MEET, Verdict.INSUFFICIENT}
    suspicious = weighed.suspicious + (privacy.suspicious({"answer": reply}) if reply else [])
    return Judged(weighed.check, [*suspicious, *weighed.unlisted], bool(suspicious), overrides, _fingerprint(content))


def open_points(content: NotificationContent, on: date) -> tuple[list[FieldError], list[FieldError]]:
    """What still stands in the way of submitting, and what there is to know about the rest."""
    weighed = _weigh(content, on, Language.NL)
    return weighed.blocking, [*weighed.suspicious, *weighed.unlisted, *notes(content)]


def notes(content: NotificationContent) -> list[FieldError]:
    """What is good to know while one writes, and no warning to keep: codes that go further than our lists."""
    return _said_of(_rulings(content), lambda ruling: ruling.noted)


def check_criteria(content: NotificationContent, on: date, language: Language) -> CriteriaCheckResult:
    """Hold the content, as far as it goes, against its guideline. Raises InvalidInput for unreadable findings."""
    return criteria.check(_as_request(content), on, language)


@dataclass(frozen=True, slots=True)
class _Weighed:
    blocking: list[FieldError]
    suspicious: list[FieldError]
    unlisted: list[FieldError]
    check: CriteriaCheckResult | None


def _weigh(content: NotificationContent, on: date, language: Language) -> _Weighed:
    document = _document(content)
    rulings = list(_rulings(content))
    blocking = [*privacy.identifying(document), *completeness.problems(content, on)]
    blocking += _said_of(rulings, lambda ruling: not ruling.accepted)
    unlisted = _said_of(rulings, lambda ruling: ruling.warned)
    check = None
    try:
        check = check_criteria(content, on, language)
    except InvalidInput as refusal:
        blocking += [replace(error, pointer=f"/assessment{error.pointer}") for error in refusal.errors]
    return _Weighed(blocking, privacy.suspicious(document), unlisted, check)


def _said_of(rulings: Iterable[tuple[str, Ruling]], counts: Callable[[Ruling], bool]) -> list[FieldError]:
    return [
        FieldError(place, f"code-{ruling.standing}", ruling.text, ruling.source_url)
        for place, ruling in rulings
        if counts(ruling)
    ]


def _rulings(content: NotificationContent) -> Iterator[tuple[str, Ruling]]:
    """Every code in the content with what the lists say of it."""
    if diagnosis := content.diagnosis:
        if diagnosis.cas:
            yield "/diagnosis/cas", check_cas(diagnosis.cas)
        if diagnosis.icd10:
            yield "/diagnosis/icd10", check_icd10(diagnosis.icd10, diagnosis.text)
    if content.occupation and content.occupation.isco:
        yield "/occupation/isco", check_isco(content.occupation.isco)
    if content.sector and content.sector.sbi:
        yield "/sector/sbi", check_sbi(content.sector.sbi, content.sector.edition)
    for position, exposure in enumerate(content.exposures):
        if exposure.code:
            yield pointer(("exposures", position, "code")), check_listed(ListId.EXPOSURE, exposure.code)


def _as_request(content: NotificationContent) -> CriteriaCheckRequest:
    assessment = content.assessment.model_dump(by_alias=True, exclude_none=True) if content.assessment else {}
    assessment.pop("overrideReason", None)
    return CriteriaCheckRequest.model_validate(
        {
            "diagnosis": content.diagnosis.model_dump(by_alias=True) if content.diagnosis else {},
            "findings": {name: value for name, value in assessment.pop("findings", {}).items() if value is not None},
            "guideline": assessment.pop("guideline", None),
            "assessment": assessment,
            "advice": content.advice,
        }
    )


def _document(content: BaseModel) -> dict[str, object]:
    return content.model_dump(by_alias=True, exclude_none=True, mode="json")


def _fingerprint(content: NotificationContent) -> str:
    """The same for two notifications of the same disease, worker, occupation and sector, as far as can be seen."""
    diagnosis, worker, occupation, sector = content.diagnosis, content.worker, content.occupation, content.sector
    parts = (
        (diagnosis.cas or diagnosis.icd10 or "") if diagnosis else "",
        str(worker.birth_year) if worker else "",
        str(worker.sex) if worker else "",
        (occupation.isco or occupation.text or "") if occupation else "",
        (sector.sbi or "")[:2] if sector else "",
    )
    return hashlib.sha256("\n".join(parts).upper().encode()).hexdigest()


def diagnosis_in_words(content: NotificationContent, language: Language = Language.NL) -> str | None:
    """The diagnosis as a person would write it: its name with its codes."""
    diagnosis = content.diagnosis
    if diagnosis is None:
        return None
    codes = [code for code in (diagnosis.cas, diagnosis.icd10) if code]
    name = (
        diagnosis.text or _label(ListId.CAS, diagnosis.cas, language) or _label(ListId.ICD10, diagnosis.icd10, language)
    )
    if name is None:
        return ", ".join(codes) or None
    return f"{name} ({', '.join(codes)})" if codes else name


def occupation_in_words(content: NotificationContent, language: Language = Language.NL) -> str | None:
    """The occupation as a person would write it."""
    occupation = content.occupation
    if occupation is None:
        return None
    name = occupation.text or _label(ListId.ISCO, occupation.isco, language)
    return f"{name} (ISCO {occupation.isco})" if name and occupation.isco else name or occupation.isco


def sector_in_words(content: NotificationContent, language: Language = Language.NL) -> str | None:
    """The sector with its code; of a finer code the division that it is in, and the code as it was given."""
    if content.sector is None or content.sector.sbi is None:
        return None
    given, edition = content.sector.sbi, f"SBI {content.sector.edition}"
    ruling = check_sbi(given, content.sector.edition)
    if ruling.entry is None:
        return f"{edition} {given}"
    finer = Text(f", opgegeven: {given}", f", given: {given}").in_(language) if ruling.noted else ""
    return f"{ruling.entry.label.in_(language)} ({edition} {ruling.entry.code}{finer})"


def label(list_id: ListId, code: str | None, language: Language) -> str | None:
    """The label of a code, or the code itself when the list does not have it."""
    return _label(list_id, code, language) or code


def _label(list_id: ListId, code: str | None, language: Language) -> str | None:
    entry = catalogue().entry(list_id, code) if code else None
    return entry.label.in_(language) if entry else None
