"""Any message between doctors, for Hypothesis."""

from dataclasses import replace
from datetime import date, datetime

from hypothesis import strategies as st

from fhir.referral import (
    Answered,
    Event,
    File,
    Letter,
    Party,
    Patient,
    Permission,
    ReferralMessage,
)
from fhir.report import Diagnosis, Identifier, Occupation, Organisation
from tests.fhir.values import authors, coded, digits, lines, maybe, paragraphs, sexes, slugs

_YEAR = (datetime(2026, 1, 1), datetime(2027, 1, 1))  # noqa: DTZ001 - the Z is put behind it
moments = st.datetimes(*_YEAR).map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}Z")
days = st.dates(date(1930, 1, 1), date(2026, 12, 31)).map(str)
bsns = st.sampled_from(["999990019", "999999990", "123456782"])
endpoints = st.sampled_from(["https://arbodienst.example/fhir/R4", "https://his.example.nl/fhir"])
diagnoses = st.builds(Diagnosis, maybe(st.just("L621")), maybe(st.just("M51.1")), maybe(lines)).filter(
    lambda one: bool(one.cas or one.icd10 or one.text)
)
kinds = st.sampled_from(["gp-practice", "arbodienst", "independent"])
organisations = st.builds(
    Organisation, maybe(lines), maybe(kinds), maybe(digits(8)), maybe(digits(8)), maybe(digits(8))
).filter(lambda one: bool(one.name or one.ura or one.agb or one.kvk))
doctors = authors.map(lambda one: one if one.family else replace(one, initials=None))
parties = st.builds(Party, organisations, st.none() | doctors, maybe(endpoints))
_FILES = {
    "application/pdf": b"%PDF-1.7\n",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "text/plain": "Verslag é ".encode(),
}
files = st.builds(
    lambda title, kind, rest: File(title, kind, _FILES[kind] + (b"x" if kind == "text/plain" else rest)),
    lines,
    st.sampled_from(sorted(_FILES)),
    st.binary(max_size=50),
)
letters = st.builds(
    Letter,
    reason=maybe(paragraphs),
    findings=maybe(paragraphs),
    diagnosis=st.none() | diagnoses,
    occupation=st.none()
    | st.builds(Occupation, maybe(digits(4)), maybe(lines)).filter(lambda one: bool(one.isco or one.text)),
    demands=maybe(paragraphs),
    hours=maybe(lines),
    sector=maybe(st.from_regex(r"[A-U]|[0-9]{2,5}", fullmatch=True)),
    exposures=st.lists(lines, max_size=3).map(tuple),
    question=maybe(paragraphs),
    agreed=maybe(paragraphs),
    summary=maybe(paragraphs),
).filter(lambda letter: letter != Letter())
answered = st.lists(st.builds(Answered, lines, maybe(paragraphs)), min_size=1, max_size=4).map(tuple)
_STATUSES = {
    Event.REQUEST: ["requested"],
    Event.REPLY: ["completed"],
    Event.STATUS: ["received", "accepted", "in-progress", "on-hold", "completed", "rejected", "failed"],
    Event.WITHDRAWAL: ["cancelled"],
    Event.CONSENT_WITHDRAWN: ["cancelled"],
}
_OPEN = ["received", "accepted", "in-progress", "on-hold"]


def parts_of(message: ReferralMessage) -> tuple[str, ...]:
    """The parts that the consent of a message is about."""
    letter = message.letter
    if letter is None:
        return ("diagnosis", "answer") if message.reply_diagnosis else ("answer",)
    held = {
        "reason": letter.reason,
        "findings": letter.findings,
        "diagnosis": letter.diagnosis,
        "work": letter.occupation or letter.sector or letter.hours or letter.demands,
        "exposures": letter.exposures,
        "question": letter.question,
        "agreed": letter.agreed,
        "summary": letter.summary,
    }
    return tuple(name for name, value in held.items() if value)


@st.composite
def messages(draw: st.DrawFn) -> ReferralMessage:
    event = draw(st.sampled_from(Event))
    supplement = event is Event.REQUEST and draw(st.booleans())
    clinical = event in {Event.REQUEST, Event.REPLY}
    status = draw(st.sampled_from(_OPEN if supplement else _STATUSES[event]))
    reason = draw(maybe(coded("afwijsreden")))
    # In a transaction this phase is how one knows why it was withdrawn.
    phases = coded("verwijzing-fase").filter(lambda phase: phase not in {"revoked", status})
    message = ReferralMessage(
        event=event,
        message_id=str(draw(st.uuids())),
        bundle_identifier=Identifier("urn:ietf:rfc:3986", f"urn:uuid:{draw(st.uuids())}"),
        sent_at=draw(moments),
        sender=draw(parties),
        recipient=draw(parties),
        task_id=str(draw(st.uuids())),
        task_identifier=draw(st.none() | st.builds(Identifier, st.just("https://arbodienst.example/taak"), slugs)),
        trajectory=draw(slugs),
        kind=draw(coded("verwijzing-soort")),
        status=status,
        business_status=None if event is Event.CONSENT_WITHDRAWN else draw(st.none() | phases),
        status_reason=reason,
        reason_text=draw(paragraphs if status == "rejected" and not reason else maybe(paragraphs)),
        due=draw(maybe(days)),
        urgent=draw(st.booleans()),
        patient=draw(patients if clinical else st.none() | patients),
        letter=draw(letters) if event is Event.REQUEST else None,
        answers=draw(answered) if event is Event.REPLY else (),
        reply_diagnosis=draw(st.none() | diagnoses) if event is Event.REPLY else None,
        files=draw(st.lists(files, max_size=2).map(tuple)) if clinical else (),
        from_asked=event in {Event.REPLY, Event.STATUS},
        supplement=supplement,
    )
    if not clinical:
        return message
    permission = Permission(
        draw(slugs),
        draw(moments),
        "2026-03-02",
        "2026-09-02",
        parts_of(message),
        "https://arbobrug.example/fhir/beleid/verwijzing/1.0",
        draw(paragraphs),
    )
    return replace(message, permission=permission)


patients = st.builds(Patient, lines, days, sexes, maybe(bsns))
