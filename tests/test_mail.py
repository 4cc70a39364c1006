"""Mail says that something waits, and never what: no template, address or reference can make it say more."""

import email
import email.policy
import socketserver
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.mail import TEMPLATES, Notice, NoticeKind, compose, send
from service.settings import Settings
from service.text import Language

REFERENCE = "AB-2026-K7M4-9TQX"
FORBIDDEN = (
    "beroepsziekte", "arbeidsongeschikt", "melding", "diagnose", "ziek", "werkgever", "bedrijfsarts", "arbo",
    "verzuim", "patiënt", "occupational", "disease", "notification", "diagnosis", "employer", "physician", "doctor",
    "incapacity", "illness", "sick", "patient",
)  # fmt: skip
POISON = ("Lawaaislechthorendheid", "Bouwbedrijf Jansen", "psychiater", "L621", "M51.1")


def notice(*, to: str = "iemand@example.org", reference: str = REFERENCE, message_id: str = "notice-1") -> Notice:
    return Notice(NoticeKind.SOMETHING_RETURNED, to, reference, message_id)


def settings(folder: Path, smtp_url: str | None = None) -> Settings:
    return Settings(data=folder, base_url="https://register.example/", smtp_url=smtp_url)


class Desk(socketserver.StreamRequestHandler):
    """A mail server that takes everything and writes the conversation down."""

    server: "Server"

    def handle(self) -> None:
        self.wfile.write(b"220 desk\r\n")
        while line := self.rfile.readline():
            self.server.lines.append(line)
            if line.upper().startswith(b"DATA"):
                self.wfile.write(b"354 go\r\n")
                while (part := self.rfile.readline()) != b".\r\n":
                    self.server.mail.append(part)
            self.wfile.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")


class Server(socketserver.TCPServer):
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.lines: list[bytes] = []
        self.mail: list[bytes] = []


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", NoticeKind)
def test_no_template_says_what_it_is_about(kind: NoticeKind, language: Language, tmp_path: Path) -> None:
    message = compose(settings(tmp_path), Notice(kind, "iemand@example.org", REFERENCE, "notice-1", language))

    link = f"https://register.example{TEMPLATES[kind].path}"
    body = message.get_content()
    assert body.count(link) == 1
    said = f"{message['Subject']} {body.replace(link, '')}".lower()
    assert said.count(REFERENCE.lower()) == 2
    assert [word for word in (*FORBIDDEN, *POISON) if word.lower() in said] == []
    assert "{" not in said


@pytest.mark.parametrize("poison", POISON)
def test_a_notice_has_no_place_for_the_case(poison: str) -> None:
    with pytest.raises(ValueError, match="reference") as refused:
        notice(reference=poison)

    assert poison not in str(refused.value)


def test_template_syntax_in_a_reference_is_refused() -> None:
    with pytest.raises(ValueError, match="reference"):
        notice(reference="{{7*7}}-0001")


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00", "\u2028", "\x85"])
@pytest.mark.parametrize("field", ["to", "reference", "message_id"])
def test_no_line_can_be_added_to_the_headers(field: str, end: str) -> None:
    fine = {"to": "iemand@example.org", "reference": REFERENCE, "message_id": "notice-1"}[field]

    for text in (f"{fine}{end}Bcc: x@example.org", f"{fine}{end}", f"{end}{fine}"):
        with pytest.raises(ValueError, match=field):
            notice(**{field: text})


@pytest.mark.parametrize("to", ["a@example.org,b@example.org", "A <a@example.org>", "a@b@example.org", "nobody", ""])
def test_a_notice_goes_to_one_plain_address(to: str) -> None:
    with pytest.raises(ValueError, match="to"):
        notice(to=to)


@pytest.mark.parametrize("message_id", ["../x", "a/b", ".hidden", "", "a>b"])
def test_a_message_id_is_no_path(message_id: str) -> None:
    with pytest.raises(ValueError, match="message_id"):
        notice(message_id=message_id)


def test_without_a_mail_server_it_is_kept_for_us_alone(tmp_path: Path) -> None:
    send(settings(tmp_path), notice())
    send(settings(tmp_path), notice())  # a repeat takes the place of the first

    (kept,) = (tmp_path / "mail").iterdir()
    assert kept.name == "notice-1.eml"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    message = email.message_from_bytes(kept.read_bytes(), policy=email.policy.default)
    assert message["Message-ID"] == "<notice-1@register.example>"
    assert message["Subject"] == f"Er staat een bericht voor u klaar (kenmerk {REFERENCE})"


def test_with_a_mail_server_it_is_delivered(server: Server, tmp_path: Path) -> None:
    port = server.server_address[1]

    send(settings(tmp_path, f"smtp://127.0.0.1:{port}"), notice())

    assert any(line.startswith(b"rcpt TO:<iemand@example.org>") for line in server.lines)
    message = email.message_from_bytes(b"".join(server.mail), policy=email.policy.default)
    assert message["To"] == "iemand@example.org"
    assert message["Message-ID"] == "<notice-1@register.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "https://register.example/meldingen" in message.as_string()
    assert not (tmp_path / "mail").exists()


def test_a_password_never_goes_in_the_clear(server: Server, tmp_path: Path) -> None:
    port = server.server_address[1]

    with pytest.raises(Exception, match="STARTTLS"):
        send(settings(tmp_path, f"smtp://us:secret@127.0.0.1:{port}"), notice())

    assert not any(b"AUTH" in line.upper() for line in server.lines)


def test_only_mail_servers_are_mail_servers(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="smtp://"):
        send(settings(tmp_path, "http://127.0.0.1:1"), notice())
