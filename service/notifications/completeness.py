"""What a notification must hold, and what it cannot be: the legal items, the form, and the limits of the register.

Sources: Arboregeling art. 1.11 lid 2 (the six items); NCvB, meldingscriteria (questions 2 to 8 and the arbodienst
are mandatory; no diagnosis, no notification; accidents are not registered, late effects are). Pure, no I/O.
"""

from collections.abc import Iterator
from datetime import date

from service.criteria.catalogue import catalogue
from service.notifications.schemas import Exposure, NotificationContent, WorkRelation
from service.problems import FieldError
from service.text import Text
from service.validation import pointer

_CRITERIA_URL = "https://www.beroepsziekten.nl/beroepsziekten-melden/meldingscriteria"
_STEP_5_URL = "https://www.beroepsziekten.nl/ncvb/het-zes-stappenplan-voor-beroepsziekten/stap-5-concluderen-en-melden"
_ARBODIENST = Text(
    "Noem uw arbodienst, of kies 'zelfstandig bedrijfsarts'.",
    "Name your occupational health service, or choose 'independent'.",
)
_DIAGNOSIS = Text(
    "Zonder diagnose geen melding. Kies een diagnose: een CAS-code, een ICD-10-code, of beide.",
    "No diagnosis, no notification. Choose one: a CAS code, an ICD-10 code, or both.",
)
_SEX = Text("Vul het geslacht in.", "Fill in the sex.")
_BIRTH_YEAR = Text("Vul het geboortejaar in (alleen het jaar).", "Fill in the year of birth (the year only).")
_EXPOSURE = Text(
    "Noem de belasting in het werk: kies er een of beschrijf haar.",
    "Name the load in the work: choose one or describe it.",
)
_WORK = Text("Beschrijf kort het werk toen de ziekte ontstond.", "Briefly describe the work at onset.")
_OCCUPATION = Text("Noem het beroep ten tijde van de belasting.", "Name the occupation at the time of the exposure.")
_SECTOR = Text("Kies de sector van de werkgever (SBI).", "Choose the sector of the employer (SBI).")
_ACCIDENT = Text(
    "Een ongeval is geen beroepsziekte en wordt hier niet gemeld. Een laat gevolg wel: kruis dat dan aan.",
    "An accident is not an occupational disease. A late effect of an accident is: say so if it is one.",
)
_TOO_UNCERTAIN = Text(
    "Te onzeker voor een melding. Stuur het als signaal naar het signaalloket; daar wordt het bekeken.",
    "Too uncertain for a notification. Send it to the signal desk, where it will be looked at.",
)
_FUTURE_YEAR = Text("Dit jaar ligt in de toekomst. Verbeter het jaar.", "This year lies in the future. Correct it.")
_FUTURE = Text("Dit ligt in de toekomst. Verbeter de datum.", "This lies in the future. Correct the date.")
_BEFORE = Text("Het einde ligt voor het begin. Verbeter een van beide.", "The end lies before the start. Correct one.")

_BEFORE_BIRTH = Text(
    "De belasting begint voor het geboortejaar. Verbeter een van beide.",
    "The exposure starts before the year of birth. Correct one.",
)
# No criterion: what cannot be is ours to say, whatever the guideline asks.
_LONGER_THAN_A_LIFE = Text(
    "Dit is langer dan de werkende leeft. Verbeter dit of het geboortejaar (een eigen controle, geen criterium).",
    "This is longer than the worker has lived. Correct this or the year of birth (our own check, no criterion).",
)


def problems(content: NotificationContent, on: date) -> list[FieldError]:
    """Everything that is missing or cannot be, on a day."""
    return [
        *_missing(content),
        *_inadmissible(content),
        *_impossible(content, on),
        *_longer_than_a_life(content, on),
    ]


def _missing(content: NotificationContent) -> Iterator[FieldError]:
    arbodienst, diagnosis, worker = content.arbodienst, content.diagnosis, content.worker
    if arbodienst is None or arbodienst.kind is None:
        yield _lacks("/arbodienst/kind", _ARBODIENST)
    elif arbodienst.kind == "arbodienst" and not arbodienst.name:
        yield _lacks("/arbodienst/name", _ARBODIENST)
    if diagnosis is None or not (diagnosis.cas or diagnosis.icd10):
        yield _lacks("/diagnosis", _DIAGNOSIS)
    if worker is None or worker.sex is None:
        yield _lacks("/worker/sex", _SEX)
    if worker is None or worker.birth_year is None:
        yield _lacks("/worker/birthYear", _BIRTH_YEAR)
    if not any(exposure.code or exposure.text for exposure in content.exposures):
        yield _lacks("/exposures", _EXPOSURE)
    if not content.work_nature:
        yield _lacks("/workNature", _WORK)
    if content.occupation is None or not (content.occupation.isco or content.occupation.text):
        yield _lacks("/occupation", _OCCUPATION)
    if content.sector is None or not content.sector.sbi:
        yield _lacks("/sector/sbi", _SECTOR)


def _lacks(place: str, text: Text) -> FieldError:
    return FieldError(place, "missing", text, _CRITERIA_URL)


def _inadmissible(content: NotificationContent) -> Iterator[FieldError]:
    accident, assessment = content.accident, content.assessment
    if accident and accident.is_accident and not accident.late_effect:
        yield FieldError("/accident/isAccident", "accident", _ACCIDENT, _CRITERIA_URL)
    if assessment and assessment.work_relation is WorkRelation.TOO_UNCERTAIN:
        yield FieldError("/assessment/workRelation", "too-uncertain", _TOO_UNCERTAIN, _STEP_5_URL)


def _impossible(content: NotificationContent, on: date) -> Iterator[FieldError]:
    if content.worker and content.worker.birth_year and content.worker.birth_year > on.year:
        yield FieldError("/worker/birthYear", "in-the-future", _FUTURE_YEAR)
    for position, member in enumerate(content.group):
        if member.birth_year > on.year:
            yield FieldError(pointer(("group", position, "birthYear")), "in-the-future", _FUTURE_YEAR)
        if _after(member.onset, on):
            yield FieldError(pointer(("group", position, "onset")), "in-the-future", _FUTURE)
    for position, exposure in enumerate(content.exposures):
        yield from _impossible_period(position, exposure, on)
        if _before_birth(content, exposure, on):
            yield FieldError(pointer(("exposures", position, "from")), "before-birth", _BEFORE_BIRTH)


def _impossible_period(position: int, exposure: Exposure, on: date) -> Iterator[FieldError]:
    if _after(exposure.since, on):
        yield FieldError(pointer(("exposures", position, "from")), "in-the-future", _FUTURE)
    if _after(exposure.until, on):
        yield FieldError(pointer(("exposures", position, "until")), "in-the-future", _FUTURE)
    if exposure.since and exposure.until and exposure.until < exposure.since[: len(exposure.until)]:
        yield FieldError(pointer(("exposures", position, "until")), "before-the-start", _BEFORE)


def _before_birth(content: NotificationContent, exposure: Exposure, on: date) -> bool:
    born = content.worker.birth_year if content.worker else None
    return bool(born and born <= on.year and exposure.since and int(exposure.since[:4]) < born)


def _longer_than_a_life(content: NotificationContent, on: date) -> Iterator[FieldError]:
    born = content.worker.birth_year if content.worker else None
    if not born or born > on.year or content.assessment is None:
        return
    for name in catalogue().in_years.intersection(content.assessment.findings):
        years = content.assessment.findings[name]
        if isinstance(years, int | float) and years > on.year - born:
            yield FieldError(pointer(("assessment", "findings", name)), "before-birth", _LONGER_THAN_A_LIFE)


def _after(month: str | None, on: date) -> bool:
    return month is not None and month > on.strftime("%Y-%m")[: len(month)]
