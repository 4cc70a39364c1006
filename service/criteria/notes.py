"""Remarks beside a verdict: codes that cannot be notified, the guideline taken, what was worked out or unused."""

from datetime import date
from typing import Any

from service.codes.rules import check_cas, check_icd10
from service.criteria.catalogue import Catalogue, Entry
from service.criteria.findings import Reading
from service.criteria.noise import REFERENCE_LEVEL, SOURCE, reference_years
from service.criteria.rules import Basis
from service.criteria.schemas import CriteriaCheckRequest, Diagnosis, InformResult
from service.text import Language, Text


def is_elsewhere(request: CriteriaCheckRequest, entry: Entry) -> bool:
    """Whether a coded diagnosis is one that the guideline does not cover; a name alone cannot tell."""
    diagnosis = request.diagnosis
    return bool(diagnosis.cas or diagnosis.icd10) and not entry.covers(diagnosis.cas, diagnosis.icd10)


def noise_years(reading: Reading, language: Language) -> tuple[InformResult, ...]:
    """The years that the reference gives for this noise. They inform: the limit of B001 in years is not public."""
    level = reading.values.get("LEX_8h")
    # Below the reference level the source calls noise harmless, and the rule would give centuries.
    if level is None or level < REFERENCE_LEVEL:
        return ()
    shown, years = f"{level:.1f}", f"{reference_years(level):.1f}"
    text = Text(
        f"Bij {shown.replace('.', ',')} dB(A) per dag hoort volgens de 3 dB-regel {years.replace('.', ',')} jaar; "
        "het uitgangspunt is 40 jaar bij 80 dB(A). Dit beslist niet.",
        f"For {shown} dB(A) a day the 3 dB rule gives {years} years; the reference is 40 years at 80 dB(A). "
        "This does not decide.",
    )
    return (InformResult(parameter="LEX_8h", text=text.in_(language), basis=Basis.SECONDARY, source_url=SOURCE),)


def notes(
    known: Catalogue, request: CriteriaCheckRequest, entry: Entry | None, reading: Reading, on: date, language: Language
) -> tuple[str, ...]:
    """What the reader should know of how this verdict came about."""
    found = [
        *_notes_on_codes(request.diagnosis),
        *_notes_on_choice(known, request, entry, on),
        *_notes_on_findings(reading),
    ]
    return tuple(note.in_(language) for note in found)


def _notes_on_codes(diagnosis: Diagnosis) -> list[Text]:
    """What stands in the way of notifying under these codes, so that a check already tells it."""
    rulings = [check_cas(diagnosis.cas)] if diagnosis.cas else []
    rulings += [check_icd10(diagnosis.icd10, diagnosis.text)] if diagnosis.icd10 else []
    return [ruling.text for ruling in rulings if not ruling.accepted]


def _notes_on_choice(known: Catalogue, request: CriteriaCheckRequest, entry: Entry | None, on: date) -> list[Text]:
    if entry is None:
        return []
    diagnosis, code = request.diagnosis, entry.file.code
    if is_elsewhere(request, entry):
        text = f"Richtlijn {code} gaat niet over deze diagnose."
        return [Text(text, f"Guideline {code} is not about this diagnosis.")]
    other = known.for_diagnosis(None, diagnosis.icd10, on)
    if other and other is not entry and not entry.covers(None, diagnosis.icd10):
        by_icd10 = other.file.code
        return [
            Text(
                f"De ICD-10-code hoort bij richtlijn {by_icd10}; wij toetsten aan {code}. Controleer de codes.",
                f"The ICD-10 code belongs to guideline {by_icd10}; we tested by {code}. Check the codes.",
            )
        ]
    return []


def _notes_on_findings(reading: Reading) -> list[Text]:
    notes = []
    for name in reading.derived:
        value: Any = reading.values[name]
        shown = f"{value:.1f}"
        notes.append(
            Text(
                f"{name} is berekend uit niveau en uren: {shown.replace('.', ',')}.",
                f"{name} was worked out from level and hours: {shown}.",
            )
        )
    if reading.ignored:
        names = ", ".join(reading.ignored)
        notes.append(Text(f"Deze bevindingen tellen hier niet mee: {names}.", f"Not used here: {names}."))
    return notes
