"""A message held against the agreement and the address book; everything that is wrong is said at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from sqlmodel import Session

from service.agreement.rules import Breach, agreement, answer_breaches, breaches
from service.identity.access import Caller, Role
from service.identity.tables import Organisation
from service.parties.tables import Practitioner, party
from service.problems import FieldError, Forbidden, InvalidInput, Refusal
from service.referrals.rules import Kind, RejectReason
from service.referrals.schemas import NewReferral, Recipient, Rejection
from service.referrals.steps import PROFESSION
from service.text import Text

_ROLE_AT: Mapping[str, Role] = {
    "gp-practice": Role.HUISARTS,
    "hospital": Role.SPECIALIST,
    "clinic": Role.SPECIALIST,
    "arbodienst": Role.BEDRIJFSARTS,
    "independent": Role.BEDRIJFSARTS,
    "insurer": Role.VERZEKERINGSARTS,
}
ONLY_WHAT_WAS_ASKED, _THESE_TAKE_NO_PART = "AO-04", "AO-08"
_ONLY_THE_WORKER, _WITH_A_REASON, _WORKS_ELSEWHERE = "AO-11", "AO-12", "AO-13"


class OutsideAgreement(Refusal):
    """The message falls outside what the professions agreed; each error names the rule and its source."""

    status, slug = HTTPStatus.FORBIDDEN, "outside-agreement"
    title = Text("Dit valt buiten de afspraken", "This falls outside the agreement")
    default = Text(
        "Pas het bericht aan de regels hieronder aan en stuur het opnieuw. Er is niets verstuurd.",
        "Bring the message within the rules below and send it again. Nothing was sent.",
    )


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is asked: the organisation, the doctor there if known, and in which profession."""

    organisation: UUID
    practitioner: UUID | None
    role: Role


def profession_of(caller: Caller) -> Role:
    """The profession in which the caller writes. Raises Forbidden for who has none here."""
    profession = PROFESSION.get(caller.role)
    if profession is None or caller.organisation is None:
        raise Forbidden
    return profession


def agreed_addressee(session: Session, caller: Caller, new: NewReferral) -> Addressee:
    """The addressee of a request that keeps to the agreement. Raises OutsideAgreement or InvalidInput."""
    profession, parts = profession_of(caller), new.letter.parts()
    found = _addressee(session, caller, new.recipient)
    told = _about_second_opinion(new)
    if isinstance(found, FieldError):
        # Without an addressee the direction cannot be judged; what is wrong with the letter is said all the same.
        told += [one for one in breaches(new.kind, profession, "", parts) if one.part]
        _refuse(told, [found])
        raise InvalidInput(errors=[found])
    told += breaches(new.kind, profession, found.role, parts)
    if found.organisation == caller.organisation:
        told.append(_breach(_WORKS_ELSEWHERE if new.kind is Kind.SECOND_OPINION else _THESE_TAKE_NO_PART))
    _refuse(told)
    return found


def insist_supplement(kind: str, from_role: str, to_role: str, parts: frozenset[str]) -> None:
    """A supplement holds only parts that the letter could have had. Raises OutsideAgreement."""
    _refuse([one for one in breaches(kind, from_role, to_role, parts) if one.part in parts])


def insist_answer(kind: str, parts: frozenset[str], unasked: Iterable[int]) -> None:
    """An answer holds what such an answer may hold, and only what was asked. Raises OutsideAgreement."""
    told = _errors(answer_breaches(kind, parts), "")
    rule = agreement().rules[ONLY_WHAT_WAS_ASKED]
    told += [FieldError(f"/answers/{place}/question", rule.id, rule.text, rule.source) for place in unasked]
    if told:
        raise OutsideAgreement(errors=told)


def insist_reason(kind: str, rejection: Rejection) -> None:
    """A second opinion is refused with a reason in words. Raises OutsideAgreement."""
    explains_itself = rejection.reason is RejectReason.NOT_MY_PATIENT
    if kind == Kind.SECOND_OPINION and not rejection.text and not explains_itself:
        rule = agreement().rules[_WITH_A_REASON]
        raise OutsideAgreement(errors=[FieldError("/text", rule.id, rule.text, rule.source)])


def asks_answer(kind: str) -> bool:
    """Tell whether a request of this kind is to be answered."""
    return bool(agreement().kinds[kind].answer)


def _about_second_opinion(new: NewReferral) -> list[Breach]:
    asked_by_doctor = new.kind is Kind.SECOND_OPINION and not new.requested_by_worker
    return [_breach(_ONLY_THE_WORKER)] if asked_by_doctor else []


def _addressee(session: Session, caller: Caller, recipient: Recipient) -> Addressee | FieldError:
    found = party(session, recipient.organisation, demo=caller.demo)
    if found is None or not found[1].active:
        text = Text("Kies een partij uit het adresboek.", "Choose a party from the address book.")
        return FieldError("/recipient/organisation", "unknown-party", text)
    if recipient.practitioner is None:
        return _at(found[0])
    doctor = session.get(Practitioner, recipient.practitioner)
    if doctor is None or doctor.organisation_id != recipient.organisation or not doctor.active:
        text = Text("Deze arts werkt daar niet (meer).", "This doctor does not work there (any more).")
        return FieldError("/recipient/practitioner", "unknown-doctor", text)
    return Addressee(recipient.organisation, doctor.id, Role(doctor.role))


def _at(organisation: Organisation) -> Addressee | FieldError:
    role = _ROLE_AT.get(organisation.kind)
    if role is None:
        text = Text("Aan deze partij kunt u niet schrijven.", "You cannot write to this party.")
        return FieldError("/recipient/organisation", "no-doctor", text)
    return Addressee(organisation.id, None, role)


def _breach(rule: str) -> Breach:
    return Breach(agreement().rules[rule])


def _refuse(told: Iterable[Breach], more: Sequence[FieldError] = ()) -> None:
    if errors := _errors(told, "/letter"):
        raise OutsideAgreement(errors=[*errors, *more])


def _errors(told: Iterable[Breach], under: str) -> list[FieldError]:
    return [
        FieldError(f"{under}/{one.part}" if one.part else "/kind", one.rule.id, one.rule.text, one.rule.source)
        for one in told
    ]
