"""Setting values in type: a tagged PDF (PDF/UA-1) from a layout of ours, in which what people typed is plain text."""

import json
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

_FONTS = typst.Fonts(include_system_fonts=False)
_loose = threading.local()


def pdf(layout: Path, inputs: Mapping[str, Any], moment: datetime) -> bytes:
    """The inputs laid out as PDF/UA-1; the same inputs and moment give the same bytes."""
    printable = _in_print(inputs, _printable)
    try:
        return _typeset(layout, printable, moment)
    except typst.TypstError as error:  # PDF/UA refuses a character that no font of ours can draw
        drawable = _in_print(printable, _naming(error.diagnostic))
    try:
        return _typeset(layout, drawable, moment)
    except typst.TypstError:  # a sequence can lack a glyph that each of its characters has
        return _typeset(layout, _in_print(drawable, _latin), moment)


def _compiler(layout: Path) -> typst.Compiler:
    """The compiler of this thread for a layout; two threads cannot use one at the same time."""
    known: dict[Path, typst.Compiler] = _loose.__dict__.setdefault("compilers", {})
    if layout not in known:
        known[layout] = typst.Compiler(
            layout, root=layout.parent, font_paths=_FONTS, ignore_system_fonts=True, sys_inputs={}
        )
    return known[layout]


def _typeset(layout: Path, inputs: Mapping[str, Any], moment: datetime) -> bytes:
    made = _compiler(layout).compile(
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={name: json.dumps(value, ensure_ascii=False) for name, value in inputs.items()},
        timestamp=moment,
    )
    assert isinstance(made, bytes)
    return made


# From here: what fonts cannot show. A paper shows everything that was written, if need be by its code point.

_LATIN = 0x250
_MARKS_SHOWN = 4
_HARMLESS = frozenset("\n\u00ad\u200c\u200e\u200f")  # a line end, and what some scripts need to be written
_OURS = frozenset("\u2010\u2011\u2012\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u27e8\u27e9")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_MARK = frozenset({"Mn", "Me"})

Rule = Callable[[str], str]


def _in_print(value: Any, rule: Rule) -> Any:
    """The same values with the rule applied to every text."""
    if isinstance(value, str):
        return rule(value)
    if isinstance(value, Mapping):
        return {key: _in_print(item, rule) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_print(item, rule) for item in value]
    return value


def _printable(text: str) -> str:
    """The text without what would disturb the page or hide in it: unseen characters, and marks piled on one letter."""
    return "".join(_runs(text.replace("\r\n", "\n").replace("\t", " ")))


def _runs(text: str) -> Iterator[str]:
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in _MARK else 0
        if marks == _MARKS_SHOWN + 1:
            yield "\u27e8\u2026\u27e9"
        elif marks <= _MARKS_SHOWN:
            yield _code_point(character) if _disturbs(character) else character


def _disturbs(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN and character not in _HARMLESS


def _naming(undrawable: str) -> Rule:
    """Give every character beyond Latin that stands in the typesetter's complaint by its code point."""
    return lambda text: "".join(_code_point(one) if ord(one) >= _LATIN and one in undrawable else one for one in text)


def _latin(text: str) -> str:
    """The text with everything beyond Latin given by its code point."""
    return "".join(one if ord(one) < _LATIN or one in _OURS else _code_point(one) for one in text)


def _code_point(character: str) -> str:
    return f"\u27e8U+{ord(character):04X}\u27e9"
