"""Every damage is refused, by the right kind of code, with an expression that points at it; and nothing is repeated."""

import pytest

from fhir.issues import Severity, Unreadable, catalogue
from fhir.publication import examples
from fhir.reading import read_submission
from tests.fhir.damage import BSN, SECRET, Damaged, at_or_around, mutants
from tests.fhir.examples import Lists


def refusal(damaged: Damaged) -> Unreadable | None:
    try:
        read_submission(damaged.document, Lists())
    except Unreadable as unreadable:
        return unreadable
    return None


def noticed(
    damaged: Damaged, unreadable: Unreadable | None, statuses: frozenset[int] = frozenset({400, 422})
) -> str | None:
    """What is wrong with how a damage was refused, if anything."""
    if unreadable is None:
        return "accepted"
    told = "".join(f"{one.expression}{one.text}{one.text_en}" for one in unreadable.issues)
    said = f"{told}{unreadable}{unreadable.__context__!r}{unreadable.__cause__!r}"
    if BSN in said or SECRET in said:
        return "repeated"
    errors = [issue for issue in unreadable.issues if issue.severity is not Severity.WARNING]
    if unreadable.status not in statuses or any(issue.error not in catalogue() for issue in errors):
        return "no status"
    fitting = [issue for issue in errors if issue.error[3] in damaged.families]
    if not any(at_or_around(issue.expression, damaged.path) for issue in fitting):
        return ", ".join(f"{issue.error} {issue.expression}" for issue in errors[:3])
    return None


@pytest.mark.parametrize("name, least", [("melding", 3000), ("melding-groep", 2500), ("melding-intrekking", 500)])
def test_every_damage_is_refused_where_it_is(name: str, least: int) -> None:
    damaged = list(mutants(examples()[name]))
    assert len(damaged) > least
    judged = [(one.name, one.path, noticed(one, refusal(one))) for one in damaged]
    assert [one for one in judged if one[2] is not None] == []
