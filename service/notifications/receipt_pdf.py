"""The receipt on paper: a tagged PDF (PDF/UA-1) that a screen reader can read and a file can keep.

The layout is in receipt.typ and the words are here. What a person typed travels as JSON and is set as plain text.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from service.clock import AMSTERDAM, written_date
from service.notifications.schemas import InstitutionLine, MemberNumber, Receipt
from service.text import Language, Text
from service.typesetting import pdf

_LAYOUT = Path(__file__).with_name("receipt.typ")

_WORDS: Mapping[str, Text] = {
    "heading": Text("Ontvangstbewijs beroepsziektemelding", "Receipt of an occupational disease notification"),
    "demo": Text("Demo: dit is geen echte melding.", "Demo: this is not a real notification."),
    "number": Text("Nummer", "Number"),
    "received": Text("Ontvangen", "Received"),
    "state": Text("Stand", "Status"),
    "attention": Text("Let op", "Please note"),
    "verdict": Text("Toets aan de criteria", "Check against the criteria"),
    "criterion": Text("Criterium", "Criterion"),
    "outcome": Text("Uitkomst", "Outcome"),
    "basis": Text("Grondslag", "Basis"),
    "override": Text("Toch gemeld, omdat:", "Notified all the same, because:"),
    "filed": Text("Wat u meldde", "What you notified"),
    "item": Text("Onderdeel", "Item"),
    "value": Text("Inhoud", "Content"),
    "institution": Text("Voor wie", "For whom"),
    "time": Text("Tijd en declaratie", "Time and billing"),
    "next_steps": Text("Wat er nu gebeurt", "What happens next"),
    "measures": Text("Maatregelen om aan te denken", "Measures to consider"),
    "tsb": Text("Tegemoetkoming (TSB)", "Compensation (TSB)"),
    "diagnostics": Text("Hulp bij de diagnose", "Help with the diagnosis"),
    "file_text": Text("Tekst voor uw dossier", "Text for your file"),
    "numbers": Text("Alle nummers van deze melding", "All numbers of this notification"),
    "sex": Text("Geslacht", "Sex"),
    "birth_year": Text("Geboren", "Born"),
    "sha256": Text("SHA-256 van de melding zoals u die instuurde:", "SHA-256 of the notification as you sent it:"),
    "page": Text("Bladzijde", "Page"),
}
_VERDICTS: Mapping[str, Text] = {
    "meets": Text("De melding voldoet aan de criteria.", "The notification meets the criteria."),
    "does-not-meet": Text("De melding voldoet niet aan de criteria.", "The notification does not meet the criteria."),
    "insufficient-information": Text(
        "Er zijn te weinig gegevens voor een oordeel.", "There is too little information for a verdict."
    ),
    "no-public-criteria": Text(
        "Voor deze ziekte zijn geen openbare criteria.", "There are no public criteria for this disease."
    ),
}
_OUTCOMES: Mapping[str, Text] = {
    "met": Text("voldaan", "met"),
    "not-met": Text("niet voldaan", "not met"),
    "unknown": Text("onbekend", "unknown"),
}
_BASES: Mapping[str, Text] = {
    "official": Text("officieel", "official"),
    "secondary": Text("tweede bron", "secondary source"),
    "evidence": Text("onderzoek", "evidence"),
    "scheme": Text("regeling", "scheme"),
    "ours": Text("eigen lezing", "our reading"),
}
_SEXES: Mapping[str, Text] = {
    "male": Text("man", "male"),
    "female": Text("vrouw", "female"),
    "other": Text("anders", "other"),
    "unknown": Text("onbekend", "unknown"),
}

Sheet = dict[str, Any]


def render_pdf(receipt: Receipt) -> bytes:
    """The receipt as PDF/UA-1, in the language of its texts; the same receipt gives the same bytes."""
    sheet = _sheet(receipt)
    # The date inside the file is the hour of receipt: the true moment would be finer than the register tells.
    moment = datetime.fromisoformat(receipt.received_at)
    return pdf(_LAYOUT, {"receipt": sheet}, moment)


def _sheet(receipt: Receipt) -> Sheet:
    """Everything that is printed, as text."""
    language = receipt.language
    words = {name: text.in_(language) for name, text in _WORDS.items()}
    return {
        "language": language.value,
        "words": words,
        "title": f"{words['heading']} {receipt.number}",
        "footer": f"Arbobrug, {receipt.number}",
        "demo": receipt.demo,
        "number": receipt.number,
        "group": _group_line(receipt, language),
        "numbers": _number_rows(receipt, language),
        "received": _written_hour(receipt.received_at, language),
        "state": receipt.state_text,
        "revision": Text(f"Versie {receipt.revision}", f"Version {receipt.revision}").in_(language),
        "attention": [*(warning.detail for warning in receipt.warnings), *_look_alikes(receipt, language)],
        "filed": [[line.label, line.value] for line in receipt.filed],
        "override": receipt.override_reason or "",
        "institution": _institution_rows(receipt.institution, language),
        "institution_text": receipt.institution.text,
        "time": receipt.billing_line or _minutes(receipt.minutes_spent, language),
        "next_steps": receipt.next_steps,
        "measures": [measure.label for measure in receipt.measures],
        "tsb": receipt.tsb or "",
        "diagnostics": receipt.diagnostics or "",
        "file_text": receipt.file_text,
        "sha256": receipt.sha256,
        **_judgement(receipt.check, language),
    }


def _judgement(check: Mapping[str, Any], language: Language) -> Sheet:
    """The verdict, the guideline with its version, and a row per criterion."""
    return {
        "verdict": _word(_VERDICTS, check["verdict"], language),
        "guideline": _guideline_line(check["guideline"], language),
        "criteria": [_criterion(one, language) for one in check["criteria"]],
    }


def _guideline_line(guideline: Mapping[str, Any] | None, language: Language) -> str:
    if not guideline:
        return ""
    name = Text("Richtlijn", "Guideline").in_(language)
    version = Text("versie", "version").in_(language)
    return f"{name} {guideline['code']}, {version} {guideline['version']}: {guideline['title']}"


def _criterion(one: Mapping[str, Any], language: Language) -> Sheet:
    return {
        "text": one["text"],
        "outcome": one["outcome"],
        "outcome_word": _word(_OUTCOMES, one["outcome"], language),
        "basis": _word(_BASES, one["basis"], language),
    }


def _word(words: Mapping[str, Text], code: str, language: Language) -> str:
    """The word for a code; a receipt outlives our lists, so a code we no longer know stands as it is."""
    known = words.get(code)
    return known.in_(language) if known else code


def _group_line(receipt: Receipt, language: Language) -> str:
    count = len(_group(receipt))
    if not count:
        return ""
    return Text(
        f"Groepsmelding met {count} nummers; zie de lijst achteraan.",
        f"Group notification with {count} numbers; see the list at the end.",
    ).in_(language)


def _group(receipt: Receipt) -> list[MemberNumber]:
    """The numbers, when there are more than the one at the top."""
    return receipt.numbers if any(member.number != receipt.number for member in receipt.numbers) else []


def _number_rows(receipt: Receipt, language: Language) -> list[list[str]]:
    return [[member.number, _word(_SEXES, member.sex, language), str(member.birth_year)] for member in _group(receipt)]


def _look_alikes(receipt: Receipt, language: Language) -> list[str]:
    if not receipt.possible_duplicates:
        return []
    numbers = ", ".join(receipt.possible_duplicates)
    return [
        Text(
            f"Deze melding lijkt op een eerdere melding van u: {numbers}.",
            f"This notification looks like an earlier one of yours: {numbers}.",
        ).in_(language)
    ]


def _institution_rows(institution: InstitutionLine, language: Language) -> list[list[str]]:
    rows = [
        (Text("Instelling", "Institution"), institution.name),
        (Text("Contact", "Contact"), institution.contact),
        (Text("Wettelijke basis", "Legal basis"), institution.legal_basis),
    ]
    if not institution.receives_here:
        rows.append((Text("Doorgegeven", "Passed on"), _passed_on(institution, language)))
    return [[label.in_(language), value] for label, value in rows]


def _passed_on(institution: InstitutionLine, language: Language) -> str:
    if institution.passed_on_at is None:
        return Text("nog niet", "not yet").in_(language)
    return _written_hour(institution.passed_on_at, language)


def _minutes(minutes: int | None, language: Language) -> str:
    if minutes is None:
        return Text("U gaf geen tijd op.", "You stated no time.").in_(language)
    unit = Text("minuut", "minute") if minutes == 1 else Text("minuten", "minutes")
    return Text(f"Bestede tijd: {minutes} {unit.nl}.", f"Time spent: {minutes} {unit.en}.").in_(language)


def _written_hour(moment: str, language: Language) -> str:
    """A moment as people in the Netherlands write it: 22 november 2026, 19.00 uur."""
    local = datetime.fromisoformat(moment).astimezone(AMSTERDAM)
    if language is Language.EN:
        return f"{written_date(local.date(), english=True)}, {local:%H:%M}"
    return f"{written_date(local.date())}, {local:%H.%M} uur"
