"""One plain paragraph that says what the verdict means, and that the physician decides."""

from collections.abc import Sequence

from service.criteria.rules import Outcome, Verdict
from service.text import Language, Text

_MEETS = Text(
    "De bevindingen voldoen aan de openbare criteria van {name}.",
    "The findings meet the public criteria of {name}.",
)
_DOES_NOT_MEET = Text(
    "De bevindingen voldoen niet aan de openbare criteria van {name}. Niet vervuld: {parts} "
    "U mag toch melden: het oordeel is aan u. Een reden helpt het registratiebureau, dat meekijkt.",
    "The findings do not meet the public criteria of {name}. Not met: {parts} "
    "You may still notify: the judgement is yours. A reason helps the registry, which will take a look.",
)
_INSUFFICIENT = Text(
    "Voor een oordeel volgens {name} is nog niet genoeg bekend. Vraag nog naar: {parts}.",
    "Not enough is known yet for a verdict by {name}. Still to be asked: {parts}.",
)
_NO_PUBLIC = Text(
    "{name} heeft geen openbare criteria die kunnen beslissen. Beantwoord zelf de vier vragen van stap 5.",
    "{name} has no public criteria that can decide. Answer the four questions of step 5 yourself.",
)
_UNKNOWN_GUIDELINE = Text(
    "Voor deze diagnose kennen wij geen richtlijn. Beantwoord zelf de vier vragen van stap 5.",
    "We know no guideline for this diagnosis. Answer the four questions of step 5 yourself.",
)
_NOT_PUBLIC = Text("Niet openbaar en dus niet getoetst: {parts}.", "Not public and therefore not tested: {parts}.")
_CLOSING = Text("Het oordeel blijft aan u als arts.", "The judgement remains yours as a physician.")
_WORDS = {
    Verdict.MEETS: _MEETS,
    Verdict.DOES_NOT_MEET: _DOES_NOT_MEET,
    Verdict.INSUFFICIENT: _INSUFFICIENT,
    Verdict.NO_PUBLIC_CRITERIA: _NO_PUBLIC,
}


def explain(
    verdict: Verdict, name: str | None, parts: Sequence[str], not_public: Sequence[str], language: Language
) -> str:
    """The paragraph: `parts` are the criteria not met, or what is still to be asked."""
    if name is None:
        return f"{_UNKNOWN_GUIDELINE.in_(language)} {_CLOSING.in_(language)}"
    joined = (" " if verdict is Verdict.DOES_NOT_MEET else "; ").join(parts)
    sentences = [_WORDS[verdict].in_(language).format(name=name, parts=joined)]
    if not_public and verdict is not Verdict.NO_PUBLIC_CRITERIA:
        sentences.append(_NOT_PUBLIC.in_(language).format(parts="; ".join(not_public)))
    return " ".join([*sentences, _CLOSING.in_(language)])


OUTCOME_WORDS = {
    Outcome.MET: Text("vervuld", "met"),
    Outcome.NOT_MET: Text("niet vervuld", "not met"),
    Outcome.UNKNOWN: Text("nog onbekend", "still unknown"),
}
VERDICT_WORDS = {
    Verdict.MEETS: Text("Voldoet aan de openbare criteria", "Meets the public criteria"),
    Verdict.DOES_NOT_MEET: Text("Voldoet niet aan de openbare criteria", "Does not meet the public criteria"),
    Verdict.INSUFFICIENT: Text("Nog niet genoeg bekend", "Not enough known yet"),
    Verdict.NO_PUBLIC_CRITERIA: Text("Geen openbare criteria", "No public criteria"),
}
