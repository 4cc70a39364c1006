"""Neutral mail: it says that something waits, and never what it is about.

A mailbox may be shared, forwarded or read over a shoulder. So a mail holds a reference and a link, and a notice has no
place for anything else.
"""

import os
import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from service.clock import now
from service.settings import Settings
from service.text import Language, Text

_TIMEOUT_SECONDS = 10
_REFUSED_FOR_GOOD = 500
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")
# Eight characters with a digit: a number of ours fits, a name or a diagnosis code does not.
_REFERENCE = re.compile(r"(?=\D*[0-9])[A-Za-z0-9-]{8,40}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,64}")
_CODE = re.compile(r"[0-9]{6}")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class NoticeKind(StrEnum):
    """The occasions on which we write."""

    SOMETHING_RETURNED = "something-returned"
    MESSAGE_WAITS = "message-waits"
    MESSAGE_STILL_WAITS = "message-still-waits"
    CODE = "code"


class Template(NamedTuple):
    """The words of a notice; reference, link and code are all we fill in. `linked` is for who has no account."""

    subject: Text
    body: Text
    path: str
    linked: Text | None = None


TEMPLATES: Mapping[NoticeKind, Template] = {
    NoticeKind.SOMETHING_RETURNED: Template(
        subject=Text(
            "Er staat een bericht voor u klaar (kenmerk {reference})",
            "A message is waiting for you (reference {reference})",
        ),
        body=Text(
            "Er staat een bericht voor u klaar met kenmerk {reference}.\nLog in om het te lezen: {link}\n",
            "A message is waiting for you with reference {reference}.\nSign in to read it: {link}\n",
        ),
        path="/meldingen",
    ),
    NoticeKind.MESSAGE_WAITS: Template(
        subject=Text(
            "Er staat een bericht voor u klaar (kenmerk {reference})",
            "A message is waiting for you (reference {reference})",
        ),
        body=Text(
            "Er staat een bericht voor u klaar met kenmerk {reference}.\nLog in om het te lezen: {link}\n",
            "A message is waiting for you with reference {reference}.\nSign in to read it: {link}\n",
        ),
        path="/",
        linked=Text(
            "Er staat een bericht voor u klaar met kenmerk {reference}.\nLees het hier, zonder account: {link}\n",
            "A message is waiting for you with reference {reference}.\nRead it here, without an account: {link}\n",
        ),
    ),
    NoticeKind.MESSAGE_STILL_WAITS: Template(
        subject=Text(
            "Er staat nog een bericht voor u klaar (kenmerk {reference})",
            "A message is still waiting for you (reference {reference})",
        ),
        body=Text(
            "Er staat nog een bericht voor u klaar met kenmerk {reference}.\nLog in om het te lezen: {link}\n",
            "A message is still waiting for you with reference {reference}.\nSign in to read it: {link}\n",
        ),
        path="/",
        linked=Text(
            "Er staat nog een bericht voor u klaar met kenmerk {reference}.\nLees het hier, zonder account: {link}\n",
            "A message still waits for you with reference {reference}.\nRead it here, without an account: {link}\n",
        ),
    ),
    NoticeKind.CODE: Template(
        subject=Text("Uw code (kenmerk {reference})", "Your code (reference {reference})"),
        body=Text(
            "De code voor het bericht met kenmerk {reference} is: {code}\n"
            "De code werkt een kwartier. Vroeg u er niet om? Dan hoeft u niets te doen.\n{link}\n",
            "The code for the message with reference {reference} is: {code}\n"
            "The code works for a quarter of an hour. Did you not ask for it? Then you need not do anything.\n{link}\n",
        ),
        path="/",
    ),
}
_LINKED = "/bericht/"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that exists is safe to send: one plain address, a reference of ours, and an id without surprises.

    The message id is the caller's, and the same for the same occasion, so that a repeat can be recognised.
    """

    kind: NoticeKind
    to: str
    reference: str
    message_id: str
    language: Language = Language.NL
    token: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError for anything that could turn into a header, a second addressee or a path."""
        for name, pattern in (("to", _ADDRESS), ("reference", _REFERENCE), ("message_id", _MESSAGE_ID)):
            if not pattern.fullmatch(getattr(self, name)):
                raise ValueError(f"A notice cannot have this {name}.")  # not repeated: it may hold a person
        for name, pattern in (("token", _TOKEN), ("code", _CODE)):
            if getattr(self, name) is not None and not pattern.fullmatch(getattr(self, name)):
                raise ValueError(f"A notice cannot have this {name}.")


def compose(settings: Settings, notice: Notice) -> EmailMessage:
    """The mail for a notice, in the language of its reader."""
    template = TEMPLATES[notice.kind]
    site = settings.base_url.rstrip("/")
    linked = template.linked if notice.token else None
    link = site + (_LINKED + str(notice.token) if linked else template.path)
    words = {"reference": notice.reference, "link": link, "code": notice.code or ""}
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = f"<{notice.message_id}@{urlsplit(site).hostname}>"
    message["Date"] = format_datetime(now())
    message["From"] = settings.mail_from
    message["To"] = notice.to
    message["Subject"] = template.subject.in_(notice.language).format(**words)
    message["Content-Language"] = notice.language.value
    message["Auto-Submitted"] = "auto-generated"
    message.set_content((linked or template.body).in_(notice.language).format(**words))
    return message


def send(settings: Settings, message: Notice) -> bool:
    """Hand the notice to the mail server, or keep it in the data folder when there is none.

    Sending again gives a mail with the same Message-ID; in the data folder it takes the place of the first. Tells
    whether the address was taken; an address that is refused for good is not tried again.
    """
    mail = compose(settings, message)
    if settings.smtp_url:
        try:
            _deliver(urlsplit(settings.smtp_url), mail)
        except smtplib.SMTPRecipientsRefused as refused:
            if all(code < _REFUSED_FOR_GOOD for code, _ in refused.recipients.values()):
                raise
            return False
    else:
        _keep(settings.data / "mail", f"{message.message_id}.eml", mail)
    return True


def _deliver(server: SplitResult, mail: EmailMessage) -> None:
    with _connect(server) as connection:
        if server.username:
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(mail)


def _connect(server: SplitResult) -> smtplib.SMTP:
    """Open the connection. A password goes over TLS or not at all."""
    host = server.hostname or "127.0.0.1"
    if server.scheme == "smtps":
        context = ssl.create_default_context()  # reads every certificate of this machine, so only where it is needed
        return smtplib.SMTP_SSL(host, server.port or 465, timeout=_TIMEOUT_SECONDS, context=context)
    if server.scheme != "smtp":
        raise ValueError("The address of a mail server starts with smtp:// or smtps://.")
    connection = smtplib.SMTP(host, server.port or 25, timeout=_TIMEOUT_SECONDS)
    if server.username:
        _encrypt(connection, ssl.create_default_context())
    return connection


def _encrypt(connection: smtplib.SMTP, context: ssl.SSLContext) -> None:
    try:
        connection.starttls(context=context)
    except (OSError, smtplib.SMTPException):
        connection.close()
        raise


def _keep(folder: Path, name: str, mail: EmailMessage) -> None:
    """Write the mail where only the account of this service can read it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(mail.as_bytes())
