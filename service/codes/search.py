"""Search as you type in a code list: exact first, then beginnings, words, slips, and the insides of words. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz, process

from service.codes.catalogue import system_of
from service.codes.entries import Entry, ListId
from service.codes.folding import words_of
from service.codes.index import Index, Kind, cut_words, index_of

_FEW = 3  # with fewer hits than this the fuzzy pass is worth its time
_FUZZY_FROM = 4  # shorter words are near to everything
_INSIDE_FROM = 4
_NEAR = 74.0  # one slip in five letters, two in eight; tried on the table in the tests
_NEAR_IN_FOUR = 80.0  # a letter too many or too few; another letter makes another abbreviation (COPD is no "cold")
_LONGEST_CUT = 24
_MOST_TOKENS = 6
_MOST_NEAR = 40
_SMALL_WORDS = frozenset("aan bij de den der door een en het in met naar of om op te ten ter tot uit van voor".split())


class Match(IntEnum):
    """How a hit was found; the order is the order of the answer."""

    CODE = 0
    CODE_BEGINS = 1
    PHRASE = 2
    PHRASE_BEGINS = 3
    WORD_BEGINS = 4
    ALL_WORDS = 5
    FUZZY = 6
    INSIDE = 7
    FUZZY_FROM_THE_FIRST_LETTER = 8
    COARSER_CODE = 9


@dataclass(frozen=True, slots=True)
class Hit:
    """One entry that was found: in which system, by which of its phrases, and how."""

    system: ListId
    entry: Entry
    matched: str
    how: Match


class _Rank(NamedTuple):
    how: Match
    distance: int
    standing: int
    kind: Kind
    length: int
    phrase: int


_Found = dict[int, _Rank]


def search(list_id: ListId, q: str, limit: int = 10) -> tuple[Hit, ...]:
    """The best hits for what was typed; nothing for a text without letters or digits. Never raises."""
    words = words_of(q)
    return _search(list_id, words, limit) if words and limit > 0 else ()


def warm() -> None:
    """Build every index before the first caller waits for it; a second call does nothing."""
    for list_id in ListId:
        index_of(list_id)
        for length in range(_FUZZY_FROM + 1, _LONGEST_CUT + 2):
            cut_words(list_id, length)


def nearest(list_id: ListId, code: str) -> str | None:
    """The code that was probably meant, for a refusal that wants to name it."""
    hits = search(list_id, code, 1)
    return hits[0].entry.code if hits else None


@lru_cache(maxsize=4096)
def _search(list_id: ListId, words: tuple[str, ...], limit: int) -> tuple[Hit, ...]:
    index, compact = index_of(list_id), "".join(words)
    found: _Found = {}
    _keep(index, found, _beginnings(index, compact))
    if len(words) > 1:
        _keep(index, found, _all_words(index, _telling(words)))
    if _too_few(found):
        _keep(index, found, _fuzzy(index, words, compact))
    if len(compact) >= _INSIDE_FROM and sum(rank.how < Match.INSIDE for rank in found.values()) < limit:
        _keep(index, found, _inside(index, compact))
    if not found:
        _keep(index, found, _coarser(index, compact))
    best = sorted(found.values())[:limit]
    return tuple(_hit(index, rank) for rank in best)


def _hit(index: Index, rank: _Rank) -> Hit:
    phrase = index.phrases[rank.phrase]
    entry = index.entries[phrase.entry]
    return Hit(system_of(index.list_id, entry), entry, phrase.text, rank.how)


def _too_few(found: _Found) -> bool:
    return len(found) < _FEW and all(rank.how > Match.PHRASE for rank in found.values())


def _keep(index: Index, found: _Found, candidates: Iterable[tuple[int, Match, int]]) -> None:
    """Keep for every entry its best phrase."""
    for number, how, distance in candidates:
        phrase = index.phrases[number]
        before = found.get(phrase.entry)
        if before is not None and before.how < how:
            continue
        standing = index.standing[phrase.entry]
        rank = _Rank(how, distance, standing, phrase.kind, len(phrase.compact), number)
        if before is None or rank < before:
            found[phrase.entry] = rank


def _beginnings(index: Index, compact: str) -> Iterator[tuple[int, Match, int]]:
    for text, number, word in index.beginning_with(compact):
        whole = text == compact
        if word:
            yield number, Match.WORD_BEGINS, 0
        elif index.phrases[number].kind is Kind.CODE:
            yield number, Match.CODE if whole else Match.CODE_BEGINS, 0
        else:
            yield number, Match.PHRASE if whole else Match.PHRASE_BEGINS, 0


def _telling(words: tuple[str, ...]) -> tuple[str, ...]:
    telling = tuple(word for word in dict.fromkeys(words) if word not in _SMALL_WORDS)
    return (telling or words)[:_MOST_TOKENS]


def _all_words(index: Index, tokens: tuple[str, ...]) -> Iterator[tuple[int, Match, int]]:
    """Entries of which every token begins some word, in any order and in any of their phrases."""
    common: set[int] | None = None
    first: dict[int, int] = {}
    for token in sorted(tokens, key=len, reverse=True):
        here: set[int] = set()
        for word in index.words_beginning_with(token):
            for number in index.phrases_with[word]:
                entry = index.phrases[number].entry
                here.add(entry)
                first.setdefault(entry, number)
        common = here if common is None else common & here
        if not common:
            return
    for entry in common or ():
        yield first[entry], Match.ALL_WORDS, 0


def _inside(index: Index, compact: str) -> Iterator[tuple[int, Match, int]]:
    """Phrases that hold the text anywhere: Dutch writes "contacteczeem" as one word."""
    at = index.running_text.find(compact)
    while at >= 0:
        yield bisect_right(index.starts, at) - 1, Match.INSIDE, 0
        at = index.running_text.find(compact, at + 1)


def _fuzzy(index: Index, words: tuple[str, ...], compact: str) -> Iterator[tuple[int, Match, int]]:
    for number, distance in _near(index, compact).items():
        # People seldom slip at the first letter: "verlies" is not "overige", but what "gehoorverlies" holds.
        begun = any(word.startswith(compact[0]) for word in index.phrases[number].words)
        yield number, Match.FUZZY if begun else Match.FUZZY_FROM_THE_FIRST_LETTER, distance
    tokens = _telling(words)
    if len(words) > 1:
        yield from _near_words(index, tokens)


def _near_words(index: Index, tokens: tuple[str, ...]) -> Iterator[tuple[int, Match, int]]:
    """Entries near to every token; the distance is the sum over the tokens."""
    common: dict[int, tuple[int, int]] | None = None
    for token in tokens:
        here: dict[int, tuple[int, int]] = {}
        for number, distance in _begun_or_near(index, token):
            entry = index.phrases[number].entry
            if entry not in here or distance < here[entry][0]:
                here[entry] = distance, number
        common = here if common is None else _sum(common, here)
        if not common:
            return
    for distance, number in (common or {}).values():
        yield number, Match.FUZZY, distance


def _sum(one: dict[int, tuple[int, int]], two: dict[int, tuple[int, int]]) -> dict[int, tuple[int, int]]:
    return {entry: (one[entry][0] + two[entry][0], one[entry][1]) for entry in one.keys() & two.keys()}


def _begun_or_near(index: Index, token: str) -> Iterator[tuple[int, int]]:
    for word in index.words_beginning_with(token):
        for number in index.phrases_with[word]:
            yield number, 0
    yield from _near(index, token).items()


def _near(index: Index, text: str) -> dict[int, int]:
    """The phrases with a word, or a beginning, that differs from the text by a slip or two."""
    if len(text) < _FUZZY_FROM:
        return {}
    text = text[:_LONGEST_CUT]
    choices = cut_words(index.list_id, len(text) + 1)
    cutoff = _NEAR if len(text) > _FUZZY_FROM else _NEAR_IN_FOUR
    near = process.extract(
        text, choices.keys(), scorer=fuzz.ratio, score_cutoff=cutoff, limit=_MOST_NEAR, processor=None
    )
    found: dict[int, int] = {}
    for word, score, _ in near:
        for number in choices[word]:
            # Among equally near phrases the one that begins with the word is meant, not one that mentions it.
            aside = not index.phrases[number].compact.startswith(word)
            found.setdefault(number, 2 * round(100 - score) + aside)
    return found


def _coarser(index: Index, compact: str) -> Iterator[tuple[int, Match, int]]:
    """A code finer than the list has (SBI 4120) finds the one that it extends (41)."""
    if not any(char.isdigit() for char in compact):
        return
    for number, phrase in enumerate(index.phrases):
        if phrase.kind is Kind.CODE and len(phrase.compact) > 1 and compact.startswith(phrase.compact):
            yield number, Match.COARSER_CODE, -len(phrase.compact)
