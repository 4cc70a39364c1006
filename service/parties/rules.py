"""The numbers of parties, checked for their form, and how a message reaches one. Pure."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from fhir.identifiers import Agb, Big, Ura, Uzi
from service.problems import FieldError
from service.text import Text

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Channel(StrEnum):
    """How a message reaches an organisation."""

    FHIR = "fhir"
    INBOX = "inbox"
    LETTER = "letter"


_FORMS: Mapping[str, tuple[Callable[[str], object], Text]] = {
    "big": (Big, Text("Een BIG-nummer heeft elf cijfers.", "A BIG number has eleven digits.")),
    "uzi": (Uzi, Text("Een UZI-nummer heeft negen cijfers.", "A UZI number has nine digits.")),
    "ura": (Ura, Text("Een URA heeft acht cijfers.", "A URA has eight digits.")),
    "agb": (Agb, Text("Een AGB-code heeft acht cijfers.", "An AGB code has eight digits.")),
}


def number_errors(numbers: Mapping[str, str | None]) -> list[FieldError]:
    """Everything wrong with the form of these numbers, by name: big, uzi, ura, agb."""
    found = []
    for name, number in numbers.items():
        kind, text = _FORMS[name]
        if number is not None and not _has_form(kind, number):
            found.append(FieldError(f"/{name}", "number", text))
    return found


def _has_form(kind: Callable[[str], object], number: str) -> bool:
    try:
        kind(number)
    except ValueError:
        return False
    return True


def channel_of(fhir_endpoint: str | None, email: str | None, *, bounced: bool, has_accounts: bool) -> Channel:
    """The own system if it is connected; else the inbox, if a notice or a sign-in can bring somebody there."""
    if fhir_endpoint:
        return Channel.FHIR
    return Channel.INBOX if has_accounts or (email and not bounced) else Channel.LETTER


def is_endpoint(url: str) -> bool:
    """Tell whether we may send to this address: https and plain; http only on this machine, for a trial."""
    try:
        parts = urlsplit(url)
        plain = parts.hostname and not (parts.username or parts.query or parts.fragment or parts.password)
        parts.port  # noqa: B018 - raises ValueError for a port that is none
    except ValueError:
        return False
    return bool(plain) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK))
