"""The catalogue: every code list, read once from our own data files and checked before anyone sees it."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from pydantic import TypeAdapter

from service.codes.entries import (
    Basis,
    CasEntry,
    CasList,
    CodeList,
    Entry,
    ExposureList,
    Icd10List,
    ListId,
    MeasureList,
    Words,
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every list by its id, every entry by its code, and a fingerprint that changes when any of the data does."""

    cas: CasList
    icd10: Icd10List
    exposure: ExposureList
    measure: MeasureList
    lists: Mapping[ListId, CodeList]
    by_code: Mapping[ListId, Mapping[str, Entry]]
    fingerprint: str

    def entry(self, list_id: ListId, code: str) -> Entry | None:
        """The entry with exactly this code, if the list has it."""
        return self.by_code[list_id].get(code)


def system_of(list_id: ListId, entry: Entry) -> ListId:
    """The list an entry really belongs to: in the combined list of diagnoses, CAS or ICD-10."""
    if list_id is not ListId.DIAGNOSIS:
        return list_id
    return ListId.CAS if isinstance(entry, CasEntry) else ListId.ICD10


@cache
def catalogue() -> Catalogue:
    """The catalogue. Raises ValueError when a data file contradicts itself or another one."""
    stored = [list_id for list_id in ListId if list_id is not ListId.DIAGNOSIS]
    documents: dict[ListId, bytes] = {list_id: _document(list_id) for list_id in stored}
    cas = TypeAdapter(CasList).validate_json(documents[ListId.CAS])
    icd10 = TypeAdapter(Icd10List).validate_json(documents[ListId.ICD10])
    exposure = TypeAdapter(ExposureList).validate_json(documents[ListId.EXPOSURE])
    measure = TypeAdapter(MeasureList).validate_json(documents[ListId.MEASURE])
    special: dict[ListId, CodeList] = {lst.id: lst for lst in (cas, icd10, exposure, measure)}
    plain = TypeAdapter(CodeList)
    found = {list_id: special.get(list_id) or plain.validate_json(text) for list_id, text in documents.items()}
    found[ListId.DIAGNOSIS] = _diagnoses(cas, icd10)
    lists = MappingProxyType({list_id: found[list_id] for list_id in ListId})
    by_code = MappingProxyType({list_id: _by_code(lst) for list_id, lst in lists.items()})
    result = Catalogue(cas, icd10, exposure, measure, lists, by_code, _fingerprint(documents))
    if faults := list(contradictions(result)):
        raise ValueError(f"code lists contradict themselves: {faults}")
    return result


def _document(list_id: ListId) -> bytes:
    return files("service.codes").joinpath("data", f"{list_id.value}.json").read_bytes()


def _fingerprint(documents: Mapping[ListId, bytes]) -> str:
    return hashlib.sha256(b"\0".join(documents[list_id] for list_id in sorted(documents))).hexdigest()[:20]


def _by_code(code_list: CodeList) -> Mapping[str, Entry]:
    return MappingProxyType({entry.code: entry for entry in code_list.entries})


def _diagnoses(cas: CasList, icd10: Icd10List) -> CodeList:
    return CodeList(
        id=ListId.DIAGNOSIS,
        title=Words(nl="Diagnosen (CAS en ICD-10)", en="Diagnoses (CAS and ICD-10)"),
        edition=f"CAS {cas.edition}; ICD-10 {icd10.edition}",
        source=cas.source,
        licence=f"{cas.licence}; {icd10.licence}",
        basis=Basis.OURS,
        synonyms_basis=Basis.OURS,
        note=Words(
            nl="De lijsten cas en icd10 samen om in te zoeken; elk resultaat noemt zijn stelsel.",
            en="The lists cas and icd10 together to search in; every result names its system.",
        ),
        entries=(*cas.entries, *icd10.entries),
    )


def contradictions(cat: Catalogue) -> Iterator[str]:
    """Everything in the data that does not fit: double codes, wrong parents, and references to nothing."""
    for list_id, code_list in cat.lists.items():
        yield from _list_faults(list_id, code_list, cat.by_code[list_id])
    yield from _reference_faults(cat)


def _list_faults(list_id: ListId, code_list: CodeList, known: Mapping[str, Entry]) -> Iterator[str]:
    counts = Counter(entry.code for entry in code_list.entries)
    yield from (f"{list_id}: {code} stands twice" for code, count in counts.items() if count > 1)
    for entry in code_list.entries:
        if entry.parent is not None and entry.parent not in known:
            yield f"{list_id}: {entry.code} has an unknown parent"
        # The published ISCO file nests some codes under the wrong group; a code that extends its parent cannot be.
        if list_id is ListId.ISCO and entry.code[:-1] != (entry.parent or ""):
            yield f"{list_id}: {entry.code} does not extend its parent"


def _reference_faults(cat: Catalogue) -> Iterator[str]:
    exposures, sections = cat.by_code[ListId.EXPOSURE], cat.by_code[ListId.SBI]
    for measure in cat.measure.entries:
        yield from (f"{measure.code}: no exposure {code}" for code in measure.exposures if code not in exposures)
        yield from (f"{measure.code}: no section {code}" for code in measure.sections if code not in sections)
        if not measure.exposures and not measure.letters:
            yield f"{measure.code}: fits nothing"
    for diagnosis in cat.icd10.entries:
        if diagnosis.cas is not None and diagnosis.cas not in cat.by_code[ListId.CAS]:
            yield f"{diagnosis.code}: no CAS code {diagnosis.cas}"
    for exposure in cat.exposure.entries:
        if exposure.group not in cat.exposure.groups or not exposure.code.startswith(f"{exposure.group}-"):
            yield f"{exposure.code}: not in its group"
