"""Which codes may stand in a notification: known, accepted with a warning, or refused with the reason. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

from service.codes.catalogue import catalogue
from service.codes.entries import Entry, ListId
from service.text import Text

# The letter U stands too: WHO keeps U00-U99 for special purposes and COVID-19 is U07.1.
_ICD10 = re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,2})?")
_SBI = re.compile(r"[A-Z]|[0-9]{2,5}")
_TIDY = 12  # no code of ours that people type is longer, so longer input is never copied around


class Standing(StrEnum):
    """How a code stands against the lists and the rules."""

    KNOWN = "known"
    UNLISTED = "unlisted"
    BY_FORM = "by-form"
    COMPLAINT = "complaint"
    TEXT_NEEDED = "text-needed"
    UNKNOWN = "unknown"
    MALFORMED = "malformed"


class SbiEdition(StrEnum):
    """The editions of the SBI in use at CBS; of 2025 only the form has been seen."""

    SBI_2008 = "2008"
    SBI_2025 = "2025"


@dataclass(frozen=True, slots=True)
class Ruling:
    """The answer on one code, with what to tell the sender and where the rule comes from."""

    standing: Standing
    code: str
    text: Text
    entry: Entry | None = None
    source_url: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether a notification may carry this code."""
        return self.standing in {Standing.KNOWN, Standing.UNLISTED, Standing.BY_FORM}

    @property
    def warned(self) -> bool:
        """Whether the code is accepted although the list could have had it, which the sender should be told."""
        return self.standing is Standing.UNLISTED

    @property
    def noted(self) -> bool:
        """Whether the list goes no further than the form of this code: good to know once, and nothing to be done."""
        return self.standing is Standing.BY_FORM


_KNOWN = Text("Deze code staat in de lijst.", "This code is in the list.")


def check_cas(code: str) -> Ruling:
    """Judge a CAS diagnosis: a first digit 1 is a complaint and refused, except those the NCvB names."""
    rule = catalogue().cas.complaint_rule
    tidy = _tidy(code)
    if not re.fullmatch(rule.pattern, tidy):
        text = Text("Een CAS-code is een letter met drie cijfers, zoals L621.", "A CAS code is a letter and 3 digits.")
        return Ruling(Standing.MALFORMED, tidy, text)
    entry = catalogue().entry(ListId.CAS, tidy)
    if is_complaint(tidy) and tidy not in rule.exceptions:
        text = Text(
            "Dit is een klacht, geen ziekte (eerste cijfer 1). Kies een diagnose; klachten worden niet geregistreerd.",
            "This is a complaint, not a disease (first digit 1). Choose a diagnosis; complaints are not registered.",
        )
        return Ruling(Standing.COMPLAINT, tidy, text, entry, rule.source_url)
    if entry is not None:
        return Ruling(Standing.KNOWN, tidy, _KNOWN, entry)
    text = Text(
        "Deze code staat niet in de gepubliceerde lijst. De vorm klopt, dus de code wordt aangenomen. Controleer hem.",
        "This code is not in the published list. The form is right, so it is accepted. Please check it.",
    )
    return Ruling(Standing.UNLISTED, tidy, text, source_url=rule.source_url)


def is_complaint(cas: str) -> bool:
    """Whether the first digit of a CAS code says complaint, exception or not."""
    return cas[1:2] == catalogue().cas.complaint_rule.digit


def check_icd10(code: str, text: str | None = None) -> Ruling:
    """Judge an ICD-10 diagnosis: outside our starter list any well-formed code is accepted together with a text."""
    tidy = _tidy(code)
    if not _ICD10.fullmatch(tidy):
        wrong = Text("Een ICD-10-code ziet eruit als M51 of M51.1.", "An ICD-10 code looks like M51 or M51.1.")
        return Ruling(Standing.MALFORMED, tidy, wrong)
    entry = catalogue().entry(ListId.ICD10, tidy)
    if entry is not None:
        return Ruling(Standing.KNOWN, tidy, _KNOWN, entry)
    if not (text or "").strip():
        needed = Text(
            "Deze code staat niet in onze startlijst. Zet de diagnose er in woorden bij.",
            "This code is not in our starter list. Add the diagnosis in words.",
        )
        return Ruling(Standing.TEXT_NEEDED, tidy, needed)
    unlisted = Text(
        "Deze code staat niet in onze startlijst. Hij wordt met uw omschrijving aangenomen.",
        "This code is not in our starter list. It is accepted with your text.",
    )
    return Ruling(Standing.UNLISTED, tidy, unlisted)


def check_isco(code: str) -> Ruling:
    """Judge an occupation: ISCO-08 is complete, so a code outside it is refused; any level is accepted."""
    return check_listed(ListId.ISCO, _tidy(code))


def check_listed(list_id: ListId, code: str) -> Ruling:
    """Judge a code of a closed list: it is in the list or it is refused."""
    entry = catalogue().entry(list_id, code)
    if entry is not None:
        return Ruling(Standing.KNOWN, entry.code, _KNOWN, entry)
    text = Text(
        f"Deze code staat niet in de lijst. Zoek hem op bij /v1/codes/{list_id.value}.",
        f"This code is not in the list. Look it up at /v1/codes/{list_id.value}.",
    )
    return Ruling(Standing.UNKNOWN, code, text)


def check_sbi(code: str, edition: str = SbiEdition.SBI_2008) -> Ruling:
    """Judge an economic activity: sections and divisions of 2008 are known, finer codes and 2025 go by form."""
    tidy = _tidy(code).replace(".", "")
    if edition not in set(SbiEdition):
        return Ruling(
            Standing.UNKNOWN, tidy, Text("Kies als SBI-editie 2008 of 2025.", "Choose SBI edition 2008 or 2025.")
        )
    if not _SBI.fullmatch(tidy):
        text = Text(
            "Een SBI-code is een sectieletter of twee tot vijf cijfers, zoals F of 4120.",
            "An SBI code is a section letter or two to five digits, such as F or 4120.",
        )
        return Ruling(Standing.MALFORMED, tidy, text)
    return _sbi_2008(tidy) if edition == SbiEdition.SBI_2008 else _sbi_2025(tidy)


def _sbi_2008(tidy: str) -> Ruling:
    entry = catalogue().entry(ListId.SBI, tidy)
    if entry is not None:
        return Ruling(Standing.KNOWN, tidy, _KNOWN, entry)
    division = catalogue().entry(ListId.SBI, tidy[:2])
    if division is None or len(tidy) < 2:
        text = Text(
            "De eerste twee cijfers zijn geen afdeling van de SBI 2008.",
            "The first two digits are not a division of SBI 2008.",
        )
        return Ruling(Standing.UNKNOWN, tidy, text)
    text = Text(
        "De afdeling klopt; de fijnere code is alleen op vorm gecontroleerd.",
        "The division is right; the finer code was checked by form only.",
    )
    return Ruling(Standing.BY_FORM, tidy, text, division)


def _sbi_2025(tidy: str) -> Ruling:
    text = Text(
        "De lijst van SBI 2025 hebben we niet; de code is alleen op vorm gecontroleerd.",
        "We do not have the list of SBI 2025; the code was checked by form only.",
    )
    return Ruling(Standing.BY_FORM, tidy, text)


def sbi_section(code: str, edition: str = SbiEdition.SBI_2008) -> str | None:
    """The section letter of an SBI 2008 code; none for another edition, whose sections were not seen."""
    ruling = check_sbi(code, edition)
    if edition != SbiEdition.SBI_2008 or ruling.entry is None:
        return None
    return ruling.entry.parent or ruling.entry.code


def _tidy(code: str) -> str:
    return code.strip().upper() if len(code) <= _TIDY else code[:_TIDY] + "…"
