"""Which codes may stand in a notification."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.codes.catalogue import catalogue
from service.codes.entries import Level, ListId
from service.codes.measures import measures_for
from service.codes.rules import (
    Standing,
    check_cas,
    check_icd10,
    check_isco,
    check_listed,
    check_sbi,
    sbi_section,
)

EXCEPTIONS = ("H102", "L101", "L102", "L103", "L104", "L105", "L112", "L122", "R102")


@pytest.mark.parametrize("code", EXCEPTIONS)
def test_the_nine_complaints_the_ncvb_names_are_accepted(code: str) -> None:
    assert check_cas(code).standing is Standing.KNOWN


@pytest.mark.parametrize("code", ["P109", "D101", "L106", "R101", "H101", "X199", "L100"])
def test_other_complaints_are_refused_with_the_source_of_the_rule(code: str) -> None:
    ruling = check_cas(code)
    assert ruling.standing is Standing.COMPLAINT
    assert not ruling.accepted
    assert ruling.source_url == "https://www.beroepsziekten.nl/beroepsziekten-melden/meldingscriteria"


@given(st.from_regex(r"\A[A-Z][0-9]{3}\Z"))
def test_a_well_formed_cas_code_is_refused_only_as_a_complaint(code: str) -> None:
    assert check_cas(code).accepted is (code[1] != "1" or code in EXCEPTIONS)


@pytest.mark.parametrize(
    "code, standing",
    [
        ("L621", Standing.KNOWN),
        (" l621 ", Standing.KNOWN),
        ("L699", Standing.UNLISTED),
        ("A200", Standing.UNLISTED),
        ("L62", Standing.MALFORMED),
        ("L6211", Standing.MALFORMED),
        ("M51.1", Standing.MALFORMED),
        ("", Standing.MALFORMED),
        ("L621\n\n", Standing.KNOWN),
        ("L\u0666\u0662\u0661", Standing.MALFORMED),
    ],
)
def test_cas(code: str, standing: Standing) -> None:
    assert check_cas(code).standing is standing


@pytest.mark.parametrize(
    "code, text, standing",
    [
        ("M51.1", None, Standing.KNOWN),
        ("u07.1", None, Standing.KNOWN),
        ("M99.9", "iets anders", Standing.UNLISTED),
        ("M99.9", None, Standing.TEXT_NEEDED),
        ("M99.9", "  ", Standing.TEXT_NEEDED),
        ("M5", "x", Standing.MALFORMED),
        ("M51.", "x", Standing.MALFORMED),
        ("M51.123", "x", Standing.MALFORMED),
        ("51.1", "x", Standing.MALFORMED),
    ],
)
def test_icd10(code: str, text: str | None, standing: Standing) -> None:
    assert check_icd10(code, text).standing is standing


@pytest.mark.parametrize(
    "code, accepted", [("7112", True), ("7", True), ("0110", True), ("753", True), ("9999", False), ("", False)]
)
def test_isco(code: str, accepted: bool) -> None:
    assert check_isco(code).accepted is accepted


@pytest.mark.parametrize(
    "code, edition, standing, section",
    [
        ("F", "2008", Standing.KNOWN, "F"),
        ("41", "2008", Standing.KNOWN, "F"),
        ("4120", "2008", Standing.BY_FORM, "F"),
        ("41.20", "2008", Standing.BY_FORM, "F"),
        ("43999", "2008", Standing.BY_FORM, "F"),
        ("861", "2008", Standing.BY_FORM, "Q"),
        ("04", "2008", Standing.UNKNOWN, None),
        ("4001", "2008", Standing.UNKNOWN, None),
        ("Z", "2008", Standing.UNKNOWN, None),
        ("412099", "2008", Standing.MALFORMED, None),
        ("F41", "2008", Standing.MALFORMED, None),
        ("4", "2008", Standing.MALFORMED, None),
        ("", "2008", Standing.MALFORMED, None),
        ("4120", "2025", Standing.BY_FORM, None),
        ("40", "2025", Standing.BY_FORM, None),
        ("bouw", "2025", Standing.MALFORMED, None),
        ("4120", "1993", Standing.UNKNOWN, None),
    ],
)
def test_sbi(code: str, edition: str, standing: Standing, section: str | None) -> None:
    assert check_sbi(code, edition).standing is standing
    assert sbi_section(code, edition) == section


@given(st.text(max_size=300))
def test_no_text_breaks_a_rule(text: str) -> None:
    rulings = [check_cas(text), check_icd10(text, text), check_isco(text), check_sbi(text), check_sbi(text, text)]
    assert all(ruling.text.nl and ruling.text.en for ruling in rulings)


def test_closed_lists_refuse_what_they_do_not_have() -> None:
    assert check_listed(ListId.SEX, "female").accepted
    assert not check_listed(ListId.SEX, "vrouw").accepted


def test_measures_come_by_level_and_first_those_of_the_sector() -> None:
    measures = measures_for(["D-lifting"], "4120", limit=50)
    levels = [list(Level).index(measure.level) for measure in measures]
    assert levels == sorted(levels)
    assert measures[0].code in {"M-lift-source-silo", "M-lift-source-smaller-units"}
    for level in Level:
        inside = ["F" in measure.sections for measure in measures if measure.level is level]
        assert inside == sorted(inside, reverse=True)


@pytest.mark.parametrize("exposure", [entry.code for entry in catalogue().exposure.entries])
def test_every_exposure_has_measures(exposure: str) -> None:
    assert len(measures_for([exposure], limit=50)) >= 2


def test_common_exposures_have_at_least_four_measures_of_their_own() -> None:
    common = (
        "D-lifting D-patient-handling D-kneeling-squatting D-repetitive D-arm-elevation D-pushing-pulling B-noise "
        "B-hand-arm-vibration B-whole-body-vibration F-wet-work E-work-pressure E-aggression A-solvents A-isocyanates "
        "A-welding-fumes G-silica G-flour G-asbestos C-blood-borne J-voice-load E-traumatic-event F-hairdressing"
    )
    for code in common.split():
        own = [measure for measure in measures_for([code], limit=99) if code in measure.exposures]
        assert len(own) >= 4, code


def test_measures_are_few_when_asked_and_none_for_nothing() -> None:
    assert len(measures_for(["B-noise"], limit=3)) == 3
    assert measures_for([]) == ()
    assert measures_for(["nonsense"], "nonsense") == ()
