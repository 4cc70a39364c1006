"""What the fields of a notification are called where they are spoken of away from their place on the form."""

import re
from collections.abc import Mapping, Sequence

from service.criteria.schemas import QuestionResult
from service.criteria.six_steps import plan
from service.text import Language, Text
from service.web.forms import FINDINGS

_LABELS: Mapping[str, Text] = {
    "diagnosis.q": Text("Diagnose", "Diagnosis"),
    "exposures.*.q": Text("Belasting in het werk", "Exposure at work"),
    "exposures.*.degree": Text("Mate", "Degree"),
    "exposures.*.from": Text("Sinds (jaar)", "Since (year)"),
    "exposures.*.until": Text("Tot (jaar)", "Until (year)"),
    "exposures.*.evidence": Text("Bekend door", "Known by"),
    "workNature": Text("Aard van het werk", "Nature of the work"),
    "occupation.q": Text("Beroep", "Occupation"),
    "sector.q": Text("Sector van de werkgever", "Sector of the employer"),
    "worker.birthYear": Text("Geboortejaar", "Year of birth"),
    "worker.sex": Text("Geslacht", "Sex"),
    "worker.employmentKind": Text("Dienstverband", "Employment"),
    "arbodienst.kind": Text("U werkt bij", "You work for"),
    "arbodienst.name": Text("Naam van de arbodienst", "Name of the service"),
    "assessment.overrideReason": Text("Reden om toch te melden", "Reason to notify all the same"),
    "accident.isAccident": Text("Was het een ongeval?", "Was it an accident?"),
    "accident.lateEffect": Text("Is het een laat gevolg van een ongeval?", "Is it a late effect of an accident?"),
    "advice": Text("Uw advies (stap 6)", "Your advice (step 6)"),
    "detectedBy": Text("Ontdekt bij", "Detected by"),
    "incapacity": Text("Arbeidsongeschiktheid", "Incapacity"),
    "absence": Text("Verzuim", "Absence"),
    "province": Text("Provincie", "Province"),
    "remarks": Text("Opmerkingen", "Remarks"),
    "group.*.birthYear": Text("Geboortejaar", "Year of birth"),
    "group.*.sex": Text("Geslacht", "Sex"),
    "group.*.onset": Text("Begin van de klachten (jaar)", "Onset (year)"),
    "minutesSpent": Text("Minuten besteed", "Minutes spent"),
    "answer": Text("Uw antwoord", "Your answer"),
    "why": Text("Waarom denkt u aan het werk?", "Why do you suspect the work?"),
}
# The worker of the form itself is the first; the first exposure has no head.
_HEADS: Mapping[str, tuple[Text, int]] = {
    "exposures": (Text("Belasting", "Exposure"), 1),
    "group": (Text("Werkende", "Worker"), 2),
}
_ROW = re.compile(r"(exposures|group)\.(\d+)\.(\w+)")


def label_of(name: str, questions: Sequence[QuestionResult], language: Language) -> str:
    """What a field is called, with its row; nothing for a place that has no field of its own."""
    if row := _ROW.fullmatch(name):
        return _in_a_row(row[1], int(row[2]), row[3], language)
    if name.startswith(FINDINGS):
        asked = (one.question for one in questions if one.parameter == name.removeprefix(FINDINGS))
        return next(asked, "")
    known = _LABELS.get(name) or _six_steps().get(name)
    return known.in_(language) if known else ""


def named(name: str, text: str, questions: Sequence[QuestionResult], language: Language) -> str:
    """What is said of a field, with what the field is called before it."""
    label = label_of(name, questions, language)
    return f"{label.rstrip('?')}: {text}" if label else text


def _in_a_row(table: str, number: int, field: str, language: Language) -> str:
    known = _LABELS.get(f"{table}.*.{field}")
    head, first = _HEADS[table]
    label = known.in_(language) if known else ""
    if table == "exposures" and number == 0:
        return label
    return ", ".join(part for part in (f"{head.in_(language)} {number + first}", label) if part)


def _six_steps() -> dict[str, Text]:
    known = plan()
    asked = {
        "assessment.workRelation": known.work_relation.question,
        "assessment.otherExplanations": known.other_explanations.question,
        "assessment.susceptibility": known.susceptibility,
        **{f"assessment.personalQuestions.{one.key}": one.text for one in known.personal_questions},
    }
    return {name: Text(words.nl, words.en) for name, words in asked.items()}
