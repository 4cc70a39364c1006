"""What the worker reads before deciding: sentences as versioned data, filled in, and sealed as they were shown."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from service.clock import written_date
from service.text import Language

_ATTACHMENT = "attachment"


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as it was shown: the words, which version they come from, and the hash that an answer must name."""

    text: str = field(repr=False)
    version: str

    @property
    def sha256(self) -> str:
        """The hash of the words."""
        return sha256_of(self.text)


def sha256_of(text: str) -> str:
    """The hash by which a shown text is named."""
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def texts() -> dict[str, Any]:
    """The sentences as they stand in texts.json."""
    document: dict[str, Any] = json.loads(resources.files(__package__).joinpath("texts.json").read_text("utf-8"))
    return document


def consent_text(
    language: Language,
    *,
    sender: str,
    recipient: str,
    why: str,
    data: Collection[str],
    titles: Mapping[str, str],
    last_day: date,
    representative: str | None = None,
) -> Shown:
    """The text of one consent: a paragraph on each line, and a part of the data on each line that starts with a dash.

    `why` is a kind of exchange, or `reply`; `titles` names the attachments among the data;
    `last_day` is the last one on which it holds.
    """
    words = texts()[language]
    until = written_date(last_day, english=language is Language.EN)
    lines = [words["first"]]
    if representative:
        lines.append(words["represented"].format(representative=representative))
    lines.append(words["sends"].format(sender=sender, recipient=recipient))
    lines += [f"- {line}" for line in data_words(language, data, titles)]
    lines += [words["why"][why], words["until"].format(until=until)]
    lines += [words["stop"], words["undone"], words["refusing"]]
    return Shown("\n".join(lines), texts()["version"])


def objection_text(language: Language, *, sender: str, recipient: str) -> Shown:
    """The text of an objection against everything that one organisation would send to another."""
    return Shown(texts()[language]["objection"].format(sender=sender, recipient=recipient), texts()["version"])


def data_words(language: Language, data: Collection[str], titles: Mapping[str, str]) -> list[str]:
    """The parts of the data in plain words, in the order of a letter; attachments come last, by their titles."""
    words: dict[str, str] = texts()[language]["data"]
    parts = [words[part] for part in words if part in data]
    files = sorted(titles.get(name, "") for name in data if name.startswith(f"{_ATTACHMENT}:"))
    return parts + [words[_ATTACHMENT].format(title=title).rstrip(": ") for title in files]


def unknown_parts(data: Collection[str]) -> list[str]:
    """The parts that no plain words are known for; a worker cannot agree to those."""
    known = texts()[Language.NL]["data"].keys() - {_ATTACHMENT}
    return sorted(part for part in data if part not in known and not part.startswith(f"{_ATTACHMENT}:"))
