"""Units as people write them. They are kept in UCUM."""

import re
from collections.abc import Mapping

from service.text import Language, Text

_IN_WORDS: Mapping[str, Text] = {
    "a": Text("jaar", "years"),
    "d": Text("dagen", "days"),
    "wk": Text("weken", "weeks"),
    "mo": Text("maanden", "months"),
    "h": Text("uur", "hours"),
    "h/d": Text("uur per dag", "hours a day"),
    "/d": Text("keer per dag", "times a day"),
    "/min": Text("per minuut", "a minute"),
    "deg": Text("graden", "degrees"),
}
# What UCUM counts without a unit, such as {score}: a note to programs.
_ANNOTATION = re.compile(r"\{[^}]*\}")


def in_words(unit: str | None, language: Language) -> str:
    """A unit for a person; nothing where there is none."""
    known = _IN_WORDS.get(unit or "")
    return known.in_(language) if known else _ANNOTATION.sub("", unit or "")
