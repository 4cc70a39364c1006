"""A worker in a browser: known by a link and a check, without an account."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request, Response

from service.clock import now
from service.consent import links
from service.consent.links import Opened
from service.database import Transaction
from service.persons.vault import Vault
from service.problems import NotAuthenticated
from service.text import Text
from service.web.devices import KnownBrowser

_BROWSER = KnownBrowser("arbobrug-werkende")


class LinkFirst(NotAuthenticated):
    """This device did not pass a check."""

    slug = "link-first"
    title = Text("Open eerst de link van uw dokter", "First open the link from your doctor")
    default = Text(
        "Op deze telefoon of computer kennen we u nog niet. Open de link van uw dokter. "
        "Hebt u geen link meer? Vraag uw dokter om een nieuwe.",
        "We do not know you on this phone or computer yet. Open the link from your doctor. "
        "Is your link gone? Ask your doctor for a new one.",
    )


device_of, csrf_of, check_device_form = _BROWSER.device, _BROWSER.csrf, _BROWSER.check_form
drop_device = _BROWSER.drop


def keep_device(request: Request, response: Response, device: str, opened: Opened) -> None:
    """Let the browser be known for as long as there is something to see or to withdraw."""
    left = max(opened.until - now(), timedelta())
    _BROWSER.keep(request, response, device, int(left.total_seconds()))


def _worker(request: Request, session: Transaction) -> Opened:
    found = links.opened_by_device(session, device_of(request))
    if found is None:
        raise LinkFirst
    return found


def _vault(request: Request) -> Vault:
    vault: Vault = request.app.state.vault
    return vault


WorkerVisitor = Annotated[Opened, Depends(_worker, scope="function")]
Keys = Annotated[Vault, Depends(_vault)]
