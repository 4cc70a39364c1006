"""The page on which a worker decides: /toestemming/{token}. One check, one screen, and two buttons of one size."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from sqlmodel import Session

from service.audit.tables import Act, record_person
from service.consent import links
from service.consent.actions import is_open
from service.consent.links import LinkOver, Opened
from service.consent.rules import Basis, State
from service.database import Transaction
from service.persons.actions import subject_of
from service.persons.vault import Vault
from service.referrals import deciding
from service.text import Text
from service.web.consent_views import shown
from service.web.incoming import BAD_FORM, Posted, value
from service.web.pages import language_of, render, see_other
from service.web.worker import Keys, check_device_form, csrf_of, device_of, drop_device, keep_device

router = APIRouter(prefix="/toestemming", include_in_schema=False)
Token = Annotated[str, Path(max_length=64)]

_WRONG = Text("Dit klopt niet. Kijk het na en probeer het opnieuw.", "This is not right. Check it and try again.")
_BLOCKED = Text(
    "U probeerde het te vaak. Wacht even, of vraag uw dokter om een nieuwe link.",
    "You tried too often. Wait a while, or ask your doctor for a new link.",
)


@router.get("/{token}")
def read(request: Request, session: Transaction, keys: Keys, token: Token, later: bool = False) -> Response:
    """The check, or what is asked, or where it stands."""
    found = links.opened(session, token, device_of(request))
    if found is None:
        return _check_page(request, session, token)
    _audit_reading(session, keys, found)
    consent = shown(session, keys, found.person, found.consent, language_of(request, None))
    template = "vraag.html" if is_open(found.consent) else "stand.html"
    return render(
        request, f"toestemming/{template}", None, consent=consent, token=token, csrf=csrf_of(request), later=later
    )


@router.post("/{token}/controle")
def check(request: Request, session: Transaction, keys: Keys, token: Token, posted: Posted) -> Response:
    """See whether this is the worker; from then on this device is known."""
    checked = links.check(session, keys, token, value(posted, "answer"), device_of(request))
    if checked.device is None:
        return _check_page(request, session, token, checked.retry_after, failed=True)
    found = links.opened(session, token, checked.device)
    assert found
    response = see_other(f"{links.PATH}/{token}")
    keep_device(request, response, checked.device, found)
    return response


@router.post("/{token}/antwoord")
def answer(request: Request, session: Transaction, keys: Keys, token: Token, posted: Posted) -> Response:
    """Take yes, no, or later. Only a button that was pressed counts as an answer."""
    found = _checked(request, session, token, posted)
    sha256, later = value(posted, "sha256"), ""
    match value(posted, "answer"):
        case "yes":
            deciding.give(session, keys, found.worker, found.consent.id, sha256)
        case "no":
            deciding.refuse(session, keys, found.worker, found.consent.id, sha256)
        case _:
            deciding.later(session, keys, found.worker, found.consent.id)
            later = "?later=true"
    if found.consent.basis == Basis.SCREEN:
        return _give_screen_back(request, session, token)
    return _back(request, session, token, later)


@router.get("/{token}/intrekken")
def ask_withdrawal(request: Request, session: Transaction, token: Token) -> Response:
    """Say once what stopping does, and what it cannot undo."""
    found = links.opened(session, token, device_of(request))
    if found is None or found.consent.state != State.GIVEN:
        return see_other(f"{links.PATH}/{token}")
    back = f"{links.PATH}/{token}"
    return render(
        request, "toestemming/intrekken.html", None, action=f"{back}/intrekken", back=back, csrf=csrf_of(request)
    )


@router.post("/{token}/intrekken")
def withdraw(request: Request, session: Transaction, keys: Keys, token: Token, posted: Posted) -> Response:
    """Stop."""
    found = _checked(request, session, token, posted)
    deciding.withdraw(session, keys, found.worker, found.consent.id)
    return _back(request, session, token)


def _checked(request: Request, session: Session, token: str, posted: Posted) -> Opened:
    """Who posted a form of this link. Raises LinkOver for a device that did not pass the check."""
    found = links.opened(session, token, device_of(request))
    if found is None:
        raise LinkOver
    check_device_form(request, value(posted, "csrf"))
    return found


def _check_page(
    request: Request, session: Session, token: str, retry_after: int | None = None, *, failed: bool = False
) -> Response:
    language = language_of(request, None)
    words = (_BLOCKED if retry_after else _WRONG).in_(language) if failed else ""
    status = 429 if retry_after else BAD_FORM if failed else 200
    wanted = links.wanted(session, token)
    response = render(request, "toestemming/controle.html", None, status, token=token, wanted=wanted, error=words)
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _back(request: Request, session: Session, token: str, query: str = "") -> Response:
    """Go on to where it stands now; the device is known for as long as there is something to withdraw."""
    response, device = see_other(f"{links.PATH}/{token}{query}"), device_of(request)
    session.flush()
    if device and (found := links.opened(session, token, device)):
        keep_device(request, response, device, found)
    return response


def _give_screen_back(request: Request, session: Session, token: str) -> Response:
    """The screen was the doctor's, who must not stay behind as the worker."""
    links.forget_device(session, token)
    response = render(request, "toestemming/klaar.html", None)
    drop_device(request, response)
    return response


def _audit_reading(session: Session, keys: Vault, found: Opened) -> None:
    subject, row = subject_of(keys, found.person.id), found.consent
    record_person(session, found.worker, Act.READ, "consent.read", subject, "consent", row.id, consent_id=row.id)
