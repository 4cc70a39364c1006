"""Our code lists as the terminology that the reader of FHIR asks."""

from fhir.terminology import CodeList
from service.codes.catalogue import catalogue
from service.codes.entries import ListId
from service.codes.rules import Standing, check_cas, check_icd10, check_isco, check_sbi
from service.criteria.catalogue import catalogue as guidelines


class _Lists:
    def knows(self, code_list: CodeList, code: str, edition: str | None = None) -> bool:
        """Tell whether the list has the code."""
        match code_list:
            case CodeList.CAS:
                # That a complaint is not notified is a rule of the register, which says so itself, with its source.
                return check_cas(code).standing is not Standing.MALFORMED
            case CodeList.ICD10:
                return check_icd10(code, "text").accepted
            case CodeList.ISCO:
                return check_isco(code).accepted
            case CodeList.SBI:
                return check_sbi(code, edition or "2008").accepted
            case CodeList.EXPOSURE:
                return catalogue().entry(ListId.EXPOSURE, code) is not None
            case CodeList.GUIDELINE:
                return code in guidelines().codes


LISTS = _Lists()
