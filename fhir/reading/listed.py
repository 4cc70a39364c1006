"""Codes of lists that live elsewhere: the form is checked here; who keeps the list says whether the code exists."""

import re
from collections.abc import Mapping

from fhir.reading.node import Complaints
from fhir.terminology import CodeList, Terminology

_FORMS: Mapping[CodeList, tuple[re.Pattern[str], str]] = {
    CodeList.CAS: (re.compile(r"[A-Z][0-9]{3,4}[A-Z]?"), "AB-T003"),
    CodeList.ICD10: (re.compile(r"[A-Z][0-9]{2}(?:\.[0-9A-Z]{1,4})?"), "AB-T004"),
    CodeList.ISCO: (re.compile(r"[0-9]{1,4}"), "AB-T005"),
    CodeList.SBI: (re.compile(r"[A-V]|[0-9]{2,5}"), "AB-T006"),
    CodeList.EXPOSURE: (re.compile(r"[\w.\-]{1,64}"), "AB-T007"),
    CodeList.GUIDELINE: (re.compile(r"[\w.\-]{1,64}"), "AB-T009"),
}


def checked(
    code: str | None,
    code_list: CodeList,
    path: str,
    complaints: Complaints,
    terminology: Terminology | None,
    edition: str | None = None,
) -> str | None:
    """The code as it stands; complains when its form is wrong, or when the terminology does not know it."""
    if code is None:
        return None
    form, error = _FORMS[code_list]
    known = terminology is None or terminology.knows(code_list, code, edition)
    if form.fullmatch(code) is None or not known:
        complaints.add(error, path)
    return code
