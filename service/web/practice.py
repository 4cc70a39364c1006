"""The pages of a practice without an account: /bericht/{token}. One code by mail, and then one screen."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from sqlmodel import Session

from service.consent.links import Link
from service.database import Database, Transaction
from service.persons.vault import Vault
from service.problems import NotFound
from service.referrals import actions, practice
from service.referrals.letters import file_text, letters_of, printable
from service.referrals.practice import PATH, LinkOver, Opened
from service.text import Text
from service.web import forms
from service.web.devices import KnownBrowser
from service.web.forms import Fields
from service.web.incoming import BAD_FORM, Posted, Upload, value
from service.web.pages import language_of, render, see_other
from service.web.referral_forms import Typed
from service.web.referral_steps import REFUSED, attach, change_of, download, errors_of, paper, take
from service.web.referral_views import exchange
from service.web.referrals import link_page
from service.web.worker import Keys

router = APIRouter(prefix=PATH, include_in_schema=False)
Token = Annotated[str, Path(max_length=64)]
FileId = Annotated[UUID, Path(alias="file")]

_BROWSER = KnownBrowser("arbobrug-praktijk")
_WRONG = Text(
    "Deze code klopt niet, of is te oud. Kijk het na, of vraag een nieuwe code.",
    "This code is not right, or too old. Check it, or ask for a new code.",
)


@router.get("/{token}")
def read(
    request: Request,
    session: Transaction,
    keys: Keys,
    token: Token,
    sent: Annotated[str, Query(alias="code", max_length=10)] = "",
) -> Response:
    """The check, which says nothing of a person; or the message, on one screen."""
    found = practice.opened(session, token, _BROWSER.device(request))
    if found is None:
        return _check_page(request, token, sent=bool(sent))
    return _screen(request, session, keys, token, found)


@router.post("/{token}/code")
def send_code(session: Transaction, keys: Keys, token: Token) -> Response:
    """Mail a code to the practice."""
    practice.send_code(session, keys, token)
    return see_other(f"{PATH}/{token}?code=verstuurd")


@router.post("/{token}/controle")
def check(request: Request, session: Transaction, keys: Keys, token: Token, posted: Posted) -> Response:
    """See whether the code is right; from then on this device is known."""
    device = practice.check(session, keys, token, value(posted, "code"))
    if device is None:
        return _check_page(request, token, _WRONG.in_(language_of(request, None)), sent=True)
    response = see_other(f"{PATH}/{token}")
    _BROWSER.keep(request, response, device, int(practice.DEVICE_LIVES.total_seconds()))
    return response


@router.post("/{token}")
def step(request: Request, keys: Keys, token: Token, posted: Posted) -> Response:
    """Whatever a button on the screen asks."""
    _BROWSER.check_form(request, value(posted, "csrf"))
    fields, version = forms.tidy(posted), value(posted, "version")

    def act(session: Session, found: Opened) -> Link | None:
        return take(session, keys, found.practice, change_of(found.referral_id, version), fields)

    return _acted(request, keys, token, act, fields)


@router.post("/{token}/bijlagen")
def add_file(request: Request, keys: Keys, token: Token, sent: Upload) -> Response:
    """Keep a file that goes along with the answer."""
    _BROWSER.check_form(request, sent.values.get("csrf", ""))
    version = sent.values.get("version", "")

    def act(session: Session, found: Opened) -> None:
        attach(session, keys, found.practice, change_of(found.referral_id, version), sent)

    return _acted(request, keys, token, act, {})


@router.get("/{token}/bijlagen/{file}")
def file(request: Request, session: Transaction, keys: Keys, token: Token, file_id: FileId) -> Response:
    """One file, to save."""
    found = _opened(request, session, token)
    return download(session, keys, found.practice, found.referral_id, file_id)


@router.get("/{token}/brief")
def letter(
    request: Request,
    session: Transaction,
    keys: Keys,
    token: Token,
    form: Annotated[str, Query(alias="vorm", max_length=8)] = "",
) -> Response:
    """What was written, to print or as a PDF."""
    found, language = _opened(request, session, token), language_of(request, None)
    view = actions.read(session, keys, found.practice, found.referral_id, language)
    if not printable(view):
        raise NotFound
    if form == "pdf":
        return paper(view, language)
    x = exchange(view, found.practice.organisation, language)
    return render(request, "verwijzingen/brief.html", None, x=x, base=f"{PATH}/{token}")


def _opened(request: Request, session: Session, token: str) -> Opened:
    """Raises LinkOver for a device that did not give the code."""
    found = practice.opened(session, token, _BROWSER.device(request))
    if found is None:
        raise LinkOver
    return found


def _acted(
    request: Request,
    keys: Vault,
    token: str,
    act: Callable[[Session, Opened], Link | None],
    fields: Fields,
) -> Response:
    """Do it and go on; what is refused is said on the screen, with what was typed still there."""
    database: Database = request.app.state.database
    try:
        with database.transaction() as session:
            link = act(session, _opened(request, session, token))
    except REFUSED as refusal:
        form = Typed(fields, language_of(request, None), errors_of(refusal))
        with database.transaction() as session:
            return _screen(request, session, keys, token, _opened(request, session, token), form)
    back = f"{PATH}/{token}"
    screen = forms.first(fields, "consent.basis") == "screen"
    return link_page(request, None, link, back, screen=screen) if link else see_other(back)


def _screen(
    request: Request, session: Session, keys: Vault, token: str, found: Opened, form: Typed | None = None
) -> Response:
    language = language_of(request, None)
    view = actions.read(session, keys, found.practice, found.referral_id, language)
    return render(
        request,
        "bericht/scherm.html",
        None,
        BAD_FORM if form else 200,
        x=exchange(view, found.practice.organisation, language),
        form=form or Typed({}, language),
        base=f"{PATH}/{token}",
        csrf=_BROWSER.csrf(request),
        file_text=file_text(view, language) if letters_of(view) else "",
    )


def _check_page(request: Request, token: str, error: str = "", *, sent: bool) -> Response:
    status = BAD_FORM if error else 200
    return render(request, "bericht/controle.html", None, status, token=token, sent=sent, error=error)
