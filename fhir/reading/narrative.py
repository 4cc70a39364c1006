"""The words of a narrative: a div with paragraphs and line ends. Anything else in it is refused, not cleaned."""

import re
from html import unescape
from typing import Final

_OPEN = re.compile(r'\s*<div(?: xmlns="http://www\.w3\.org/1999/xhtml")?>')
# Text has no < of its own, and an ampersand only where it begins a reference that stands for one sign.
_PIECE = re.compile(
    r"<(p|/p|br ?/)>|((?:[^<&]+|&(?:lt|gt|amp|quot|apos|nbsp|#(?:10|3[2-9]|[4-9]\d|\d{3,6}|x[\dA-Fa-f]{2,5}));)+)"
)
LONGEST: Final = 50_000
_CLOSE = re.compile(r"</div>\s*")


def paragraphs(div: str) -> list[str] | None:
    """The paragraphs in order, a line end for each break; None when there is anything but words, or far too many."""
    opened = _OPEN.match(div)
    if opened is None or len(div) > LONGEST:
        return None
    done: list[str] = []
    words: list[str] = []
    inside, place = False, opened.end()
    while piece := _PIECE.match(div, place):
        tag, place = piece.group(1), piece.end()
        if tag in {"p", "/p"}:
            if inside is (tag == "p"):
                return None
            _close(words, done, keep=inside)
            inside = not inside
        else:
            words.append("\n" if tag else unescape(piece.group(2)))
    _close(words, done, keep=False)
    return done if not inside and _CLOSE.fullmatch(div, place) else None


def _close(words: list[str], done: list[str], *, keep: bool) -> None:
    """End a paragraph. Words between paragraphs are one too, unless they are blank."""
    paragraph = "".join(words)
    words.clear()
    if keep or paragraph.strip():
        done.append(paragraph)
