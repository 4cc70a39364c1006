"""The JSON of code lists, made from the frozen entries."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from service.codes.catalogue import system_of
from service.codes.entries import (
    Basis,
    CasEntry,
    CodeList,
    Entry,
    Icd10Entry,
    Letter,
    Level,
    ListId,
    MeasureEntry,
)
from service.codes.search import Hit, Match
from service.text import Language


class _Shown(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, frozen=True)


class ShownList(_Shown):
    """A list without its entries."""

    id: ListId
    title: str
    edition: str
    source: str
    licence: str
    basis: Basis
    synonyms_basis: Basis
    note: str
    count: int


class ShownEntry(_Shown):
    """An entry with what its own list says about it; what does not apply is left out."""

    code: str
    label: str
    label_nl: str | None = None
    label_en: str
    label_basis: Basis
    synonyms: tuple[str, ...] = ()
    system: ListId
    parent: str | None = None
    group: str | None = None
    matched: Annotated[str | None, Field(description="The words by which it was found.")] = None
    how: Annotated[str | None, Field(description="How it was found, such as phrase-begins or fuzzy.")] = None
    letter: Annotated[Letter | None, Field(description="The letter of the registration guidelines.")] = None
    complaint: bool | None = None
    registrable: bool | None = None
    exception_guideline: str | None = None
    icd10: str | None = None
    cas: str | None = None
    valid_from: str | None = None
    remark: str | None = None
    source_url: str | None = None
    level: Level | None = None
    exposures: tuple[str, ...] | None = None
    letters: tuple[Letter, ...] | None = None
    sections: tuple[str, ...] | None = None


class ShownLists(_Shown):
    """Every list there is."""

    items: tuple[ShownList, ...]


class ShownCodes(_Shown):
    """Entries of one list: a page of it, or what was found."""

    list: ShownList
    items: tuple[ShownEntry, ...]


class ShownCode(_Shown):
    """One entry of one list."""

    list: ShownList
    item: ShownEntry


def show_list(code_list: CodeList, language: Language) -> ShownList:
    """The list in the reader's language."""
    english = language is Language.EN
    return ShownList(
        id=code_list.id,
        title=code_list.title.en if english else code_list.title.nl,
        edition=code_list.edition,
        source=code_list.source,
        licence=code_list.licence,
        basis=code_list.basis,
        synonyms_basis=code_list.synonyms_basis,
        note=code_list.note.en if english else code_list.note.nl,
        count=len(code_list.entries),
    )


def show_entry(list_id: ListId, entry: Entry, language: Language) -> ShownEntry:
    """The entry in the reader's language, with both labels for who wants them."""
    common = ShownEntry(
        code=entry.code,
        label=entry.label.in_(language),
        label_nl=entry.label.nl,
        label_en=entry.label.en,
        label_basis=entry.label_basis,
        synonyms=entry.synonyms,
        system=system_of(list_id, entry),
        parent=entry.parent,
        group=entry.group,
    )
    return common.model_copy(update=_own_attributes(entry))


def show_hit(hit: Hit, language: Language) -> ShownEntry:
    """The entry that was found, with how."""
    shown = show_entry(hit.system, hit.entry, language)
    return shown.model_copy(update={"matched": hit.matched, "how": how_in_words(hit.how)})


def how_in_words(how: Match) -> str:
    """The kind of match as it stands in the JSON."""
    return how.name.lower().replace("_", "-")


def _own_attributes(entry: Entry) -> dict[str, object]:
    if isinstance(entry, CasEntry):
        names: tuple[str, ...] = (
            "letter", "complaint", "registrable", "exception_guideline", "icd10", "valid_from", "remark", "source_url",
        )  # fmt: skip
    elif isinstance(entry, Icd10Entry):
        # Our starter list names no complaint that may not be notified; the CAS code decides that.
        return {"letter": entry.letter, "cas": entry.cas, "registrable": True}
    elif isinstance(entry, MeasureEntry):
        names = ("level", "exposures", "letters", "sections")
    else:
        names = ()
    return {name: getattr(entry, name) for name in names}
