"""Any submission, for Hypothesis."""

from hypothesis import strategies as st

from fhir.report import (
    Accident,
    Assessment,
    Author,
    Diagnosis,
    Exposure,
    Finding,
    FollowUp,
    Identifier,
    Kind,
    Member,
    NotificationReport,
    Occupation,
    Organisation,
    PersonalQuestions,
    Sector,
    Submission,
    Worker,
)
from fhir.terminology import own_system, provinces

# Letters only, with some that need care in JSON or XML: digits could add up to what the privacy layer refuses.
_LETTERS = st.sampled_from("abcdéïß&<>\"'\\-() \n√😀ABZ")
lines = st.text(_LETTERS, min_size=1, max_size=200).filter(lambda text: bool(text.strip()))
paragraphs = st.text(_LETTERS, min_size=1, max_size=1000).filter(lambda text: bool(text.strip()))
slugs = st.from_regex(r"[a-z]{1,8}(-[a-z]{1,8}){0,2}", fullmatch=True).filter(lambda slug: slug != "geen")
months = st.from_regex(r"(19|20)[0-9]{2}(-(0[1-9]|1[0-2]))?", fullmatch=True)
sexes = st.sampled_from(["male", "female", "other", "unknown"])
years = st.integers(1900, 2099)
yes_or_no = st.none() | st.booleans()


def maybe(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | strategy


def coded(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(list(own_system(name).values))


def digits(length: int) -> st.SearchStrategy[str]:
    return st.from_regex(rf"[0-9]{{{length}}}", fullmatch=True)


numbers = st.integers(-500, 500) | st.floats(-500, 500, allow_nan=False).map(lambda value: round(value, 3))
chosen = st.lists(slugs, unique=True, max_size=4).map(lambda many: many[0] if len(many) == 1 else tuple(many))
findings = st.lists(
    st.builds(Finding, st.from_regex(r"[a-zA-Z_]{1,20}", fullmatch=True), st.booleans() | numbers | chosen),
    max_size=5,
    unique_by=lambda finding: finding.name,
).map(tuple)
diagnoses = st.builds(Diagnosis, st.none() | st.just("L621"), st.none() | st.just("M51.1"), maybe(lines)).filter(
    lambda one: bool(one.cas or one.icd10)
)


@st.composite
def exposures(draw: st.DrawFn) -> Exposure:
    since, until = draw(maybe(months)), draw(maybe(months))
    if since and until and since[: len(until)] > until[: len(since)]:
        since, until = until, since
    code = draw(maybe(slugs))
    text = draw(maybe(lines)) if code else draw(lines)
    return Exposure(code, text, since, until, draw(maybe(lines)), draw(maybe(coded("bewijs"))))


assessments = st.builds(
    Assessment,
    st.builds(PersonalQuestions, *[yes_or_no] * 7),
    yes_or_no,
    maybe(coded("andere-verklaringen")),
    maybe(coded("zekerheid")),
    maybe(slugs),
    findings,
    maybe(paragraphs),
)
reports = st.builds(
    NotificationReport,
    diagnoses,
    st.builds(Worker, sexes, years, maybe(coded("dienstverband"))),
    st.lists(exposures(), min_size=1, max_size=4).map(tuple),
    lines,
    st.builds(Occupation, maybe(digits(4)), maybe(lines)).filter(lambda one: bool(one.isco or one.text)),
    st.builds(Sector, st.from_regex(r"[A-U]|[0-9]{2,5}", fullmatch=True), st.sampled_from(["2008", "2025"])),
    assessments,
    st.builds(Accident, yes_or_no, yes_or_no),
    maybe(coded("aanleiding")),
    st.lists(coded("advies-soort"), unique=True, max_size=7).map(tuple),
    maybe(coded("arbeidsongeschiktheid")),
    maybe(coded("verzuimduur")),
    maybe(st.sampled_from(list(provinces().values))),
    st.none() | st.integers(0, 600),
    maybe(paragraphs),
    st.lists(st.builds(Member, years, sexes, maybe(months)), max_size=3).map(tuple),
)
authors = st.builds(
    Author, maybe(digits(11)), maybe(digits(9)), maybe(digits(8)), maybe(lines), maybe(lines), maybe(st.just("01.008"))
)
organisations = st.builds(
    Organisation, maybe(lines), maybe(coded("organisatie-soort")), maybe(digits(8)), maybe(digits(8)), maybe(digits(8))
).filter(lambda one: bool(one.name or one.ura or one.agb or one.kvk))


@st.composite
def submissions(draw: st.DrawFn) -> Submission:
    kind = draw(st.sampled_from(Kind))
    withdraws = kind is Kind.WITHDRAWS
    follow_up = FollowUp("AB-2026-K7M4-9TQX", draw(paragraphs) if withdraws else None)
    return Submission(
        kind,
        Identifier("urn:ietf:rfc:3986", f"urn:uuid:{draw(st.uuids())}"),
        Identifier("https://arbodienst.example/melding", draw(slugs)),
        "2026-03-02T10:00:00+01:00",
        draw(authors),
        draw(organisations),
        None if withdraws else draw(reports),
        None if kind is Kind.NEW else follow_up,
    )
