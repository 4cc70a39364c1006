"""The receipt: proof of filing, the judgement, and what to do next. Words of our own, in both languages."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from service.clock import AMSTERDAM, to_the_hour, written
from service.codes.entries import Level, ListId
from service.codes.measures import measures_for
from service.criteria.rules import Verdict
from service.notifications.judgement import (
    Judged,
    diagnosis_in_words,
    label,
    occupation_in_words,
    sector_in_words,
)
from service.notifications.rules import FLAG_TEXT, STATE_TEXT, Flag, State
from service.notifications.schemas import (
    Exposure,
    FiledLine,
    InstitutionLine,
    Measure,
    MemberNumber,
    NotificationContent,
    Problem,
    QueueReason,
    Receipt,
)
from service.notifications.tables import Standing
from service.settings import Institution
from service.text import Language, Text

_MEASURES = 6

_LEVELS: Mapping[Level, Text] = {
    Level.SOURCE: Text("bij de bron", "at the source"),
    Level.COLLECTIVE_TECHNICAL: Text("techniek voor iedereen", "technical, for all"),
    Level.ORGANISATIONAL: Text("organisatie van het werk", "organisation of the work"),
    Level.PPE: Text("persoonlijke bescherming", "personal protection"),
}
_VERDICTS: Mapping[str, Text] = {
    Verdict.MEETS: Text("voldoet aan de openbare criteria", "meets the public criteria"),
    Verdict.DOES_NOT_MEET: Text("voldoet niet aan de openbare criteria", "does not meet the public criteria"),
    Verdict.INSUFFICIENT: Text("te weinig gegevens voor een oordeel", "too little information to judge"),
    Verdict.NO_PUBLIC_CRITERIA: Text("geen openbare criteria bekend", "no public criteria known"),
}
_STANDS: Mapping[State, Text] = {
    State.REGISTERED: Text("De melding staat in dit register.", "The notification is in this register."),
    State.QUEUED: Text(
        "Het registratiebureau kijkt naar de melding. U krijgt bericht als er een vraag is.",
        "The registry looks at the notification. You will hear from us if there is a question.",
    ),
    State.RETURNED: Text(
        "Het registratiebureau heeft een vraag. Pas de melding aan en dien haar opnieuw in.",
        "The registry has a question. Change the notification and submit it again.",
    ),
    State.NOT_REGISTERED: Text(
        "De melding is niet geregistreerd. De reden staat bij de melding.",
        "The notification was not registered. The reason is with the notification.",
    ),
    State.WITHDRAWN: Text(
        "De melding is ingetrokken. U hoeft niets meer te doen.",
        "The notification was withdrawn. There is nothing more to do.",
    ),
}
# Said first, so that it is also in half a text, and last, as what happened since.
_IS_WITHDRAWN = Text("Ingetrokken melding. ", "Withdrawn notification. ")
_LATER_WITHDRAWN = Text(" Deze melding is later ingetrokken.", " This notification was later withdrawn.")
_TELL_WORKER = Text(
    "Bespreek met de werkende dat de ziekte met het werk samenhangt (zesstappenplan, stap 5).",
    "Tell the worker that the disease is related to the work (six-step plan, step 5).",
)
_PREVENT = Text(
    "Breng het risico onder de aandacht voor de RI&E, zonder de werkende te noemen (stap 6).",
    "Raise the risk for the risk assessment (RI&E), without naming the worker (step 6).",
)
_DIAGNOSTICS = Text(
    "Twijfelt u over de oorzaak? Multidisciplinaire diagnostiek kan helpen, als de werkende dat wil.",
    "In doubt about the cause? Multidisciplinary diagnostics can help, if the worker agrees.",
)


def write(
    row: Standing,
    content: NotificationContent,
    body: bytes,
    judged: Judged,
    numbers: Sequence[str],
    institution: Institution,
    alike: Sequence[str],
    language: Language,
) -> Receipt:
    """Write the receipt of a submission."""
    assert row.number is not None
    assert row.submitted_at is not None
    check = judged.check.model_dump(mode="json", by_alias=True)
    all_numbers = [row.number, *numbers]
    return Receipt(
        number=row.number,
        notification_id=row.id,
        revision=row.revision,
        language=language,
        received_at=written(to_the_hour(row.changed_at)),
        state=row.state,
        state_text=STATE_TEXT[State(row.state)].in_(language),
        queue_reasons=_queue_reasons(row.flags, language),
        demo=row.demo,
        numbers=_numbers(row, content, numbers),
        filed=_filed(content, language),
        check=check,
        override_reason=content.assessment.override_reason if content.assessment else None,
        institution=_institution(institution, language),
        minutes_spent=content.minutes_spent,
        billing_line=_billing_line(all_numbers, content.minutes_spent, language),
        file_text=_file_text(row.changed_at, all_numbers, content, judged, language),
        next_steps=_next_steps(State(row.state), language),
        measures=_measures(content, language),
        tsb=_tsb(check),
        diagnostics=_DIAGNOSTICS.in_(language) if _diagnostics_would_help(content, judged) else None,
        warnings=[
            Problem(
                pointer=warning.pointer, code=warning.code, detail=warning.text.in_(language), source=warning.source
            )
            for warning in judged.warnings
        ],
        possible_duplicates=list(alike),
        sha256=hashlib.sha256(body).hexdigest(),
    )


def as_it_stands(kept: Mapping[str, Any], state: State) -> Receipt:
    """A kept receipt, with where the notification stands now, in the language of the receipt."""
    receipt = Receipt.model_validate(kept)
    language, withdrawn = receipt.language, state is State.WITHDRAWN
    flags = [reason.code for reason in receipt.queue_reasons] if state is State.QUEUED else []
    now_so = {
        "state": state.value,
        "state_text": STATE_TEXT[state].in_(language),
        "queue_reasons": _queue_reasons(flags, language),
        "next_steps": [_STANDS[state].in_(language), *([] if withdrawn else receipt.next_steps[1:])],
    }
    if withdrawn:
        said = (_IS_WITHDRAWN.in_(language), receipt.file_text, _LATER_WITHDRAWN.in_(language))
        now_so["file_text"] = "".join(said)
    return receipt.model_copy(update=now_so)


def _queue_reasons(flags: Iterable[str], language: Language) -> list[QueueReason]:
    return [QueueReason(code=flag, text=FLAG_TEXT[Flag(flag)].in_(language)) for flag in flags]


def _numbers(row: Standing, content: NotificationContent, numbers: Sequence[str]) -> list[MemberNumber]:
    assert row.number is not None
    assert content.worker is not None
    first = MemberNumber(number=row.number, sex=content.worker.sex or "", birth_year=content.worker.birth_year or 0)
    others = zip(numbers, content.group, strict=True)
    return [first, *(MemberNumber(number=one, sex=of.sex, birth_year=of.birth_year) for one, of in others)]


def _filed(content: NotificationContent, language: Language) -> list[FiledLine]:
    worker, assessment = content.worker, content.assessment
    arbodienst = content.arbodienst.name if content.arbodienst and content.arbodienst.kind == "arbodienst" else None
    independent = Text("zelfstandig bedrijfsarts", "independent occupational physician")
    lines = (
        (Text("Arbodienst", "Occupational health service"), arbodienst or independent.in_(language)),
        (Text("Diagnose", "Diagnosis"), diagnosis_in_words(content, language)),
        (Text("Geslacht", "Sex"), label(ListId.SEX, worker.sex if worker else None, language)),
        (Text("Geboortejaar", "Year of birth"), str(worker.birth_year) if worker and worker.birth_year else None),
        (Text("Belasting", "Exposure"), "; ".join(_exposure(one, language) for one in content.exposures)),
        (Text("Werk", "Work"), content.work_nature),
        (Text("Beroep", "Occupation"), occupation_in_words(content, language)),
        (Text("Sector", "Sector"), sector_in_words(content, language)),
        (
            Text("Samenhang met werk", "Relation to work"),
            label(ListId.CERTAINTY, assessment.work_relation if assessment else None, language),
        ),
        (Text("Advies", "Advice"), ", ".join(label(ListId.ADVICE, one, language) or "" for one in content.advice)),
        (Text("Arbeidsongeschiktheid", "Incapacity"), label(ListId.INCAPACITY, content.incapacity, language)),
        (Text("Verzuim", "Absence"), label(ListId.ABSENCE, content.absence, language)),
        (Text("Provincie", "Province"), label(ListId.PROVINCE, content.province, language)),
        (Text("Groep", "Group"), _group_size(content, language)),
    )
    return [FiledLine(label=name.in_(language), value=value) for name, value in lines if value]


def _exposure(exposure: Exposure, language: Language) -> str:
    name = exposure.text or label(ListId.EXPOSURE, exposure.code, language) or ""
    period = "-".join(part for part in (exposure.since, exposure.until) if part)
    details = ", ".join(part for part in (exposure.degree, period) if part)
    return f"{name} ({details})" if details else name


def _group_size(content: NotificationContent, language: Language) -> str | None:
    if not content.group:
        return None
    number = len(content.group) + 1
    return Text(f"{number} werkenden met dezelfde ziekte en oorzaak", f"{number} workers, same disease and cause").in_(
        language
    )


def _institution(institution: Institution, language: Language) -> InstitutionLine:
    here = Text("Deze dienst is het register van deze instelling.", "This service is the register of this institution.")
    elsewhere = Text(
        "De melding is hier ontvangen en is nog niet doorgegeven aan deze instelling.",
        "The notification was received here and has not yet been passed on to this institution.",
    )
    return InstitutionLine(
        name=institution.name,
        contact=institution.contact,
        legal_basis=institution.legal_basis,
        receives_here=institution.receives_here,
        passed_on_at=None,
        text=(here if institution.receives_here else elsewhere).in_(language),
    )


def _billing_line(numbers: Sequence[str], minutes: int | None, language: Language) -> str | None:
    if minutes is None:
        return None
    spent = Text("1 minuut", "1 minute") if minutes == 1 else Text(f"{minutes} minuten", f"{minutes} minutes")
    return Text(
        f"Melding beroepsziekte {', '.join(numbers)}: {spent.nl} (Arbowet art. 9 lid 3).",
        f"Notification of occupational disease {', '.join(numbers)}: {spent.en} (Arbowet art. 9(3)).",
    ).in_(language)


def _file_text(
    at: datetime, numbers: Sequence[str], content: NotificationContent, judged: Judged, language: Language
) -> str:
    """The text to paste in the file. The worker's file, so nothing in it goes back to the register."""
    guideline = judged.check.guideline
    by = f" ({guideline.code} {guideline.version})" if guideline else ""
    diagnosis = diagnosis_in_words(content, language)
    relation = label(ListId.CERTAINTY, content.assessment.work_relation if content.assessment else None, language)
    day, listed = at.astimezone(AMSTERDAM).strftime("%d-%m-%Y"), ", ".join(numbers)
    verdict = _VERDICTS[judged.check.verdict].in_(language)
    called = Text("nummer", "number") if len(numbers) == 1 else Text("nummers", "numbers")
    text = Text(
        f"Beroepsziekte gemeld op {day}, {called.nl} {listed}. Diagnose: {diagnosis}. Toetsing{by}: {verdict}.",
        f"Occupational disease notified on {day}, {called.en} {listed}. Diagnosis: {diagnosis}. Check{by}: {verdict}.",
    ).in_(language)
    conclusion = Text(f" Samenhang met werk: {relation}.", f" Relation to work: {relation}.").in_(language)
    return text + (conclusion if relation else "")


def _next_steps(state: State, language: Language) -> list[str]:
    """Where it stands first, then what is asked of the physician; `as_it_stands` keeps the first up to date."""
    return [step.in_(language) for step in (_STANDS[state], _TELL_WORKER, _PREVENT)]


def _measures(content: NotificationContent, language: Language) -> list[Measure]:
    codes = [exposure.code for exposure in content.exposures if exposure.code]
    sbi = content.sector.sbi if content.sector and content.sector.edition == "2008" else None
    return [
        Measure(code=one.code, label=one.label.in_(language), level=_LEVELS[one.level].in_(language))
        for one in measures_for(codes, sbi, limit=_MEASURES)
    ]


def _tsb(check: Mapping[str, Any]) -> str | None:
    hints = check["schemeHints"]
    return " ".join(f"{hint['title']}: {hint['text']}" for hint in hints) or None


def _diagnostics_would_help(content: NotificationContent, judged: Judged) -> bool:
    """When the physician only suspects, weighs another explanation as large, or the criteria leave it open."""
    assessment = content.assessment
    doubts = assessment is not None and (
        assessment.work_relation == "suspected" or assessment.other_explanations in {"reasonable", "large"}
    )
    return doubts or judged.check.verdict is Verdict.INSUFFICIENT
