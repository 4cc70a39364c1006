"""The catalogue refuses files that break a rule, and finds a guideline by code, diagnosis and date."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from service.criteria.catalogue import FOLDER, BrokenCatalogue, Catalogue, catalogue, read
from service.criteria.documents import GuidelineFile

ON = date(2026, 11, 22)
Change = Callable[[dict[str, Any]], None]


def document(code: str = "D023") -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))
    return loaded


def built(changed: dict[str, Any]) -> GuidelineFile:
    return GuidelineFile.model_validate_json(json.dumps(changed))


def first_criterion(changed: dict[str, Any]) -> dict[str, Any]:
    criterion: dict[str, Any] = changed["require"]["all"][0]
    return criterion


def in_first(**changes: Any) -> Change:
    return lambda changed: first_criterion(changed).update(changes)


def same_id_twice(changed: dict[str, Any]) -> None:
    changed["require"]["all"].append(dict(first_criterion(changed)))


def notice_that_decides(changed: dict[str, Any]) -> None:
    changed["kind"] = "information-notice"


def scheme_without_name(changed: dict[str, Any]) -> None:
    changed.update(kind="scheme", require=None)


BREAKS: dict[str, Change] = {
    "unknown name": lambda changed: changed.update(colour="blue"),
    "missing name": lambda changed: changed.pop("title"),
    "basis evidence decides": in_first(basis="evidence"),
    "basis ours decides": in_first(basis="ours"),
    "basis scheme decides": in_first(basis="scheme"),
    "unknown operator": in_first(operator="~"),
    "unknown kind": in_first(kind="mood"),
    "operator without its input": in_first(operator=">"),
    "in without a list": in_first(operator="in"),
    "between with three limits": in_first(operator="between", value=[1, 2, 3]),
    "text in one language": in_first(text={"nl": "alleen Nederlands"}),
    "no source": in_first(sourceUrl="somewhere"),
    "parameter without a question": lambda changed: changed["questions"].pop("load_kg"),
    "question in another unit": lambda changed: changed["questions"]["load_kg"].update(unit="g"),
    "boolean with options": lambda changed: changed["questions"]["load_kg"].update(
        options=[{"value": "a", "label": {"nl": "a", "en": "a"}}]
    ),
    "choice without options": lambda changed: changed["questions"]["load_kg"].update(input="choice"),
    "same id twice": same_id_twice,
    "empty group": lambda changed: changed["require"].update(all=[]),
    "at least more than there are": lambda changed: changed.update(
        require={"atLeast": 2, "of": [first_criterion(changed)]}
    ),
    "notice that decides": notice_that_decides,
    "scheme without its name": scheme_without_name,
    "ends before it starts": lambda changed: changed.update(effectiveUntil="2013-12-31"),
    "icd-10 that is none": lambda changed: changed.update(icd10=[{"code": "M5", "basis": "seen"}]),
    "cas that is none": lambda changed: changed.update(cas=["L62"]),
    "number as text": lambda changed: changed["questions"]["load_kg"].update(minimum="0"),
}


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_a_broken_file_is_refused(name: str) -> None:
    changed = document()
    built(changed)
    BREAKS[name](changed)
    with pytest.raises(ValidationError):
        built(changed)


def test_a_value_that_cannot_be_chosen_is_refused() -> None:
    changed = document("D001")
    changed["require"]["all"][-1]["value"].append("typing")
    with pytest.raises(ValidationError, match="cannot be chosen"):
        built(changed)


def version(name: str, first: str | None, last: str | None) -> GuidelineFile:
    return built(document() | {"version": name, "effectiveFrom": first, "effectiveUntil": last})


def test_the_same_version_twice_is_refused() -> None:
    one, other = version("1", None, "2019-12-31"), version("1", "2020-01-01", None)
    with pytest.raises(BrokenCatalogue, match="twice"):
        Catalogue([one, other])


@pytest.mark.parametrize("last,first", [(None, "2020-01-01"), ("2020-01-01", "2020-01-01"), (None, None)])
def test_two_versions_on_one_day_are_refused(last: str | None, first: str | None) -> None:
    with pytest.raises(BrokenCatalogue, match="two versions"):
        Catalogue([version("1", None, last), version("2", first, None)])


def test_the_version_of_the_day_is_taken_and_an_old_one_stays_readable() -> None:
    known = Catalogue([version("2", "2020-01-01", None), version("1", "2014-01-01", "2019-12-31")])

    def on(day: date) -> str | None:
        entry = known.in_force("D023", day)
        return entry.file.version if entry else None

    days = [date(2013, 12, 31), date(2014, 1, 1), date(2019, 12, 31), date(2020, 1, 1)]
    assert [on(day) for day in days] == [None, "1", "1", "2"]
    old, latest = known.version("D023", "1"), known.latest("D023")
    assert old
    assert latest
    assert (old.file.version, latest.file.version) == ("1", "2")
    assert known.version("D023", "3") is known.version("X", "1") is known.latest("X") is None


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(document()), encoding="utf-8")
    assert [file.code for file in read(tmp_path)] == ["D023"]


@pytest.mark.parametrize(
    "cas,icd10,code",
    [
        ("L621", None, "D023"),
        (" l625 ", None, "D023"),
        (None, "M51.1", "D023"),
        (None, "m511", "D023"),
        (None, "M75.4", "D-SAPS"),
        (None, "M75", "D-SAPS"),
        (None, "H83.3", "B001"),  # the national guideline before European notice 503
        (None, "F43.1", "E-PTSS"),  # more precise than F43 of E002
        (None, "F43.2", "E002"),
        (None, "A23.1", "EU-403"),
        (None, "M51", None),  # wider than any code of ours
        (None, "M7", None),
        (None, "", None),
        ("Z999", None, None),
        ("Z999", "M75.4", "D-SAPS"),
        ("L621", "M75.4", "D023"),
        ("R612", "J45.0", "G001"),
        ("R679", None, "G001"),
        (None, "J62.8", None),  # silicosis is known to a scheme only
        ("L104", "M54.3", "D004"),
        ("R606", None, "C-LONGCOVID"),
        ("R603", None, "J-RHI"),
    ],
)
def test_a_diagnosis_finds_its_guideline(cas: str | None, icd10: str | None, code: str | None) -> None:
    entry = catalogue().for_diagnosis(cas, icd10, ON)
    assert (entry.file.code if entry else None) == code


@pytest.mark.parametrize(
    "cas,icd10,codes",
    [
        ("R612", None, ["TSB-ASTMA"]),
        ("R612", "J45.0", ["TSB-ASTMA"]),
        (None, "C34.1", ["TSB-LK-ASB", "TSB-LK-SIL"]),
        (None, "J62", ["TSB-SIL"]),
        (None, "C31.0", ["TSB-NK-HOUT"]),
        (None, "G92", ["H-CSE"]),
        ("L621", "M51.1", []),
    ],
)
def test_a_diagnosis_finds_its_schemes(cas: str | None, icd10: str | None, codes: list[str]) -> None:
    assert sorted(entry.file.code for entry in catalogue().schemes_for(cas, icd10, ON)) == codes


def test_silicosis_falls_under_the_scheme_from_july_2025() -> None:
    assert catalogue().schemes_for(None, "J62", date(2025, 6, 30)) == ()
    assert catalogue().schemes_for(None, "J62", date(2025, 7, 1))
