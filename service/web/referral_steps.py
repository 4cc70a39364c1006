"""One step in an exchange as a page asks it, for a doctor with an account and for a practice with a link alike."""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel
from sqlmodel import Session

from service.consent.capacity import CannotDecide
from service.consent.links import Link
from service.identity.access import Caller
from service.persons.vault import Vault
from service.problems import FieldError, InvalidInput, Refusal, Stale, TooLarge, Unavailable, WrongMediaType
from service.referrals import actions, attachments, letters, posting
from service.referrals.agreeing import OutsideAgreement
from service.referrals.letter_pdf import render_pdf
from service.referrals.routes import disposition
from service.referrals.rules import RejectReason
from service.referrals.schemas import Posted, ReferralView, Rejection, Remark
from service.referrals.steps import Change
from service.text import Language, Text
from service.web.forms import Fields, first
from service.web.incoming import SentFile
from service.web.referral_forms import read_consent, read_reply

# What is said on the page itself, beside what was typed; anything else has a page of its own.
REFUSED = (OutsideAgreement, InvalidInput, CannotDecide, TooLarge, WrongMediaType)
_LONGEST = 280
_LINE = Text("Schrijf een korte regel, hooguit 280 tekens.", "Write a short line, at most 280 characters.")
_REASON = Text("Kies een reden.", "Choose a reason.")
_DAY = Text("Vul de dag in waarop u de brief postte.", "Fill in the day on which you posted the letter.")
_NO_FILE = Text("Kies eerst een bestand.", "Choose a file first.")
_NO_PDF = Text(
    "De pdf kan nu niet gemaakt worden. Druk de bladzijde zelf af.", "The PDF cannot be made now. Print the page."
)

_Sent = TypeVar("_Sent", bound=BaseModel)


def change_of(referral_id: UUID, version: str) -> Change:
    """What to change, with the version that the page showed. Raises Stale for what is no version."""
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise Stale
    return Change(referral_id, int(version))


def take(session: Session, vault: Vault, caller: Caller, change: Change, fields: Fields) -> Link | None:
    """Do what the button says; gives the link for the worker if one was made. Raises what is in REFUSED, and more."""
    match first(fields, "do"):
        case "accept":
            line = _line(fields, "text")
            actions.accept(session, vault, caller, change, Remark(text=line) if line else None)
        case "ask-back":
            actions.ask_back(session, vault, caller, change, _remark(fields))
        case "not-mine":
            _reject(session, vault, caller, change, RejectReason.NOT_MY_PATIENT, _line(fields, "text"))
        case "reject":
            _reject(session, vault, caller, change, first(fields, "back.reason"), _line(fields, "back.text"))
        case "fail":
            actions.fail(session, vault, caller, change, _remark(fields, "fail.text"))
        case "cancel":
            actions.cancel(session, vault, caller, change, _remark(fields, "cancel.text"))
        case "post":
            posting.post(session, vault, caller, change, _posted(fields))
        case "reply":
            return _reply(session, vault, caller, change, fields)
        case "consent":
            asked = insist(*read_consent(fields))
            return actions.ask_consent(session, vault, caller, change, asked).link
        case _:
            raise InvalidInput
    return None


def insist(kept: _Sent | None, errors: Sequence[FieldError]) -> _Sent:
    """What was read from a form. Raises InvalidInput with everything that is wrong with it."""
    if kept is None:
        raise InvalidInput(errors=errors)
    return kept


def attach(session: Session, vault: Vault, caller: Caller, change: Change, sent: SentFile) -> None:
    """Keep a file that goes along. What it is, its bytes say: a browser guesses by the name."""
    if not sent.content:
        raise InvalidInput(errors=[FieldError("/file", "missing", _NO_FILE)])
    media_type = attachments.recognised(sent.content) or ""
    attachments.attach(session, vault, caller, change, attachments.File(sent.name, media_type, sent.content))


def errors_of(refusal: Refusal) -> list[FieldError]:
    """What is wrong, each at a field of the page."""
    if isinstance(refusal, TooLarge | WrongMediaType):
        return [FieldError("/file", refusal.slug, refusal.detail)]
    if isinstance(refusal, CannotDecide):
        return [FieldError("/consent/representative", refusal.slug, refusal.detail)]
    return list(refusal.errors)


def download(session: Session, vault: Vault, caller: Caller, referral_id: UUID, attachment_id: UUID) -> Response:
    """One file to save; a browser never opens it in our pages."""
    file = attachments.attachment(session, vault, caller, referral_id, attachment_id)
    return Response(file.content, media_type=file.media_type, headers={"Content-Disposition": disposition(file.title)})


def paper(view: ReferralView, language: Language) -> Response:
    """The letters as a PDF to save."""
    try:
        pdf = render_pdf(view, language)
    except Exception as error:
        raise Unavailable(_NO_PDF) from error
    headers = {"Content-Disposition": f'attachment; filename="brief-{view.reference}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


def _reply(session: Session, vault: Vault, caller: Caller, change: Change, fields: Fields) -> Link | None:
    view = actions.read(session, vault, caller, change.referral_id)
    answer = insist(*read_reply(fields, letters.questions(letters.letters_of(view))))
    return actions.reply(session, vault, caller, Change(view.id, change.version), answer).link


def _reject(session: Session, vault: Vault, caller: Caller, change: Change, reason: str, text: str | None) -> None:
    if reason not in set(RejectReason):
        raise InvalidInput(errors=[FieldError("/back/reason", "missing", _REASON)])
    actions.reject(session, vault, caller, change, Rejection(reason=RejectReason(reason), text=text))


def _posted(fields: Fields) -> Posted:
    try:
        day = date.fromisoformat(first(fields, "postedOn"))
    except ValueError:
        raise InvalidInput(errors=[FieldError("/postedOn", "missing", _DAY)]) from None
    return Posted.model_validate({"postedOn": day})


def _remark(fields: Fields, name: str = "text") -> Remark:
    if (line := _line(fields, name)) is None:
        raise InvalidInput(errors=[_no_line(name)])
    return Remark(text=line)


def _line(fields: Fields, name: str) -> str | None:
    """A short line, if one was written. Raises InvalidInput for one that is too long."""
    line = first(fields, name).strip()
    if len(line) > _LONGEST:
        raise InvalidInput(errors=[_no_line(name)])
    return line or None


def _no_line(name: str) -> FieldError:
    return FieldError("/" + name.replace(".", "/"), "line", _LINE)
