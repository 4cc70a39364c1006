"""A list made searchable: sorted beginnings for bisect, and the words for the fuzzy pass. Built once per list."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache

from service.codes.catalogue import catalogue, system_of
from service.codes.entries import CodeList, Entry, ListId
from service.codes.folding import words_of

_LAST = "\U0010ffff"
_UNIT_GROUP = 4  # an ISCO code of four digits is an occupation, a shorter one a group


class Kind(IntEnum):
    """What a phrase is of its entry; the order is the order of preference."""

    CODE = 0
    LABEL = 1
    SYNONYM = 2
    ENGLISH = 3


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing an entry is called."""

    entry: int
    kind: Kind
    text: str
    words: tuple[str, ...]
    compact: str


@dataclass(frozen=True, slots=True)
class Index:
    """The phrases of a list, and the ways into them."""

    list_id: ListId
    entries: tuple[Entry, ...]
    standing: tuple[int, ...]
    phrases: tuple[Phrase, ...]
    beginnings: tuple[str, ...]
    places: tuple[tuple[int, int], ...]
    vocabulary: tuple[str, ...]
    phrases_with: Mapping[str, tuple[int, ...]]
    running_text: str
    starts: tuple[int, ...]

    def beginning_with(self, compact: str) -> Iterator[tuple[str, int, int]]:
        """What begins with this at the start of a word: the rest of the phrase, its number, and which word."""
        at = bisect_left(self.beginnings, compact)
        end = bisect_left(self.beginnings, compact + _LAST, at)
        for place in range(at, end):
            number, word = self.places[place]
            yield self.beginnings[place], number, word

    def words_beginning_with(self, token: str) -> tuple[str, ...]:
        """The words of the list that begin with this."""
        at = bisect_left(self.vocabulary, token)
        return self.vocabulary[at : bisect_left(self.vocabulary, token + _LAST, at)]


@cache
def index_of(list_id: ListId) -> Index:
    """The index of a list; the second call finds the first one's."""
    code_list = catalogue().lists[list_id]
    phrases = tuple(_phrases(code_list))
    ways_in = sorted(
        ("".join(phrase.words[word:]), number, word)
        for number, phrase in enumerate(phrases)
        for word in range(len(phrase.words))
    )
    with_word: dict[str, list[int]] = defaultdict(list)
    for number, phrase in enumerate(phrases):
        for word in dict.fromkeys(phrase.words):
            with_word[word].append(number)
    starts, length = [], 0
    for phrase in phrases:
        starts.append(length)
        length += len(phrase.compact) + 1
    return Index(
        list_id=list_id,
        entries=code_list.entries,
        standing=tuple(_standing(list_id, entry) for entry in code_list.entries),
        phrases=phrases,
        beginnings=tuple(text for text, _, _ in ways_in),
        places=tuple((number, word) for _, number, word in ways_in),
        vocabulary=tuple(sorted(with_word)),
        phrases_with={word: tuple(numbers) for word, numbers in with_word.items()},
        running_text="\n".join(phrase.compact for phrase in phrases),
        starts=tuple(starts),
    )


@lru_cache(maxsize=512)
def cut_words(list_id: ListId, length: int) -> Mapping[str, tuple[int, ...]]:
    """Every word and phrase cut to this length, with the phrases it comes from.

    Cut, because the typist is half way: "tenise" must be compared with "tennise", not with "tenniselleboog".
    """
    index = index_of(list_id)
    found: dict[str, dict[int, None]] = defaultdict(dict)
    for number, phrase in enumerate(index.phrases):
        if phrase.kind is not Kind.CODE:
            for word in (*phrase.words, phrase.compact):
                found[word[:length]][number] = None
    return {word: tuple(numbers) for word, numbers in found.items()}


def _phrases(code_list: CodeList) -> Iterator[Phrase]:
    for number, entry in enumerate(code_list.entries):
        named = [(Kind.CODE, entry.code), (Kind.LABEL, entry.label.nl or entry.label.en)]
        named += [(Kind.SYNONYM, synonym) for synonym in entry.synonyms]
        named.append((Kind.ENGLISH, entry.label.en))
        for kind, text in named:
            words = words_of(text)
            yield Phrase(number, kind, text, words, "".join(words))


def _standing(list_id: ListId, entry: Entry) -> int:
    """What comes first among equals: CAS, which a notification needs, and occupations before their groups."""
    if list_id is ListId.ISCO:
        return _UNIT_GROUP - len(entry.code)
    return int(system_of(list_id, entry) is ListId.ICD10)
