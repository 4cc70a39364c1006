"""Words for people: Dutch first, English second."""

from enum import StrEnum
from typing import NamedTuple


class Language(StrEnum):
    """The languages a person can choose."""

    NL = "nl"
    EN = "en"


class Text(NamedTuple):
    """One sentence in both languages."""

    nl: str
    en: str

    def in_(self, language: Language) -> str:
        """The sentence in the language asked for."""
        return self.en if language is Language.EN else self.nl


def language_of(accept_language: str | None) -> Language:
    """English when the Accept-Language header prefers it to Dutch, Dutch in every other case."""
    for part in (accept_language or "").lower().split(","):
        tag = part.split(";")[0].strip()
        if tag.startswith("nl"):
            return Language.NL
        if tag.startswith("en"):
            return Language.EN
    return Language.NL
