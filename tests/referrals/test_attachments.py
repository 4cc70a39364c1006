"""Files: known by their bytes, named without tricks, within the consent, and of nobody else."""

from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response

from service.referrals.attachments import MOST_BYTES, clean_title, recognised
from tests.api.world import good, refused
from tests.referrals.parties import ANSWER, LETTER, ORAL, Parties, Side

PDF = b"%PDF-1.7\n%audiogram"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
TEXT = "Gehoordrempel 4 kHz: 45 dB — rechts".encode()


def send(
    side: Side, referral: Any, content: bytes, kind: str = "application/pdf", name: str = "audiogram.pdf"
) -> Response:
    seen = side.visitor.get(f"/referrals/{referral}").headers["ETag"]
    headers = {"If_Match": seen, "Content_Type": kind, "Content_Disposition": f'attachment; filename="{name}"'}
    return side.visitor.post(f"/referrals/{referral}/attachments", content, **headers)


def draft(parties: Parties) -> Any:
    return parties.started(consent=None)["id"]


def test_a_file_goes_along_with_the_consent_that_names_it(parties: Parties) -> None:
    made = draft(parties)
    kept = good(send(parties.asker, made, PDF), 201)
    assert (kept["title"], kept["mediaType"], kept["size"]) == ("audiogram.pdf", "application/pdf", len(PDF))
    assert parties.asker.see(made)["attachments"] == [kept]
    parties.asker.did(made, "consent-request", {})
    with parties.world.database.reading() as session:
        consent = parties.consent_of(session, made)
    assert f"attachment:{kept['id']}" in consent.data
    assert set(consent.data) >= set(LETTER)
    path = f"/referrals/{made}/attachments/{kept['id']}"
    refused(parties.asked.visitor.get(path), 404, "not-found")
    parties.decide(made, "give")
    parties.keep_promises()
    assert parties.asked.see(made)["messages"][0]["attachments"] == [kept]
    opened = parties.asked.visitor.get(path)
    assert (opened.content, opened.headers["Content-Type"]) == (PDF, "application/pdf")
    assert opened.headers["Content-Disposition"] == "attachment; filename=\"bijlage\"; filename*=UTF-8''audiogram.pdf"
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    refused(parties.side("gp-practice").visitor.get(path), 404, "not-found")
    refused(parties.asker.visitor.get(f"/referrals/{draft(parties)}/attachments/{kept['id']}"), 404, "not-found")
    parties.decide(made, "withdraw")
    refused(parties.asked.visitor.get(path), 404, "not-found")
    assert parties.asker.visitor.get(path).content == PDF


def test_an_answer_takes_files_along_too(parties: Parties) -> None:
    made = parties.sent()
    parties.asked.see(made)
    kept = good(send(parties.asked, made, PNG, "image/png", "longfoto.png"), 201)
    assert parties.asker.see(made)["attachments"] == []
    refused(parties.asker.visitor.get(f"/referrals/{made}/attachments/{kept['id']}"), 404, "not-found")
    parties.asked.did(made, "reply", ANSWER | {"consent": ORAL})
    parties.keep_promises()
    assert parties.asker.see(made)["messages"][-1]["attachments"] == [kept]
    assert parties.asker.visitor.get(f"/referrals/{made}/attachments/{kept['id']}").content == PNG


@pytest.mark.parametrize(
    "content, kind, status",
    [
        (PDF, "application/pdf", 201),
        (PNG, "image/png", 201),
        (JPEG, "image/jpeg", 201),
        (TEXT, "text/plain; charset=utf-8", 201),
        (b"<svg onload='alert(1)'/>", "image/svg+xml", 415),
        (b"MZ\x90\x00\x03", "application/pdf", 415),
        (PDF, "image/png", 415),
        (PNG, "text/plain", 415),
        (b"\xff\xfeU\x00", "text/plain", 415),
        (b"PK\x03\x04", "application/zip", 415),
        (b"", "application/pdf", 400),
    ],
)
def test_a_file_is_what_its_bytes_say(parties: Parties, content: bytes, kind: str, status: int) -> None:
    assert send(parties.asker, draft(parties), content, kind).status_code == status


def test_five_megabytes_and_not_a_byte_more(parties: Parties) -> None:
    made = draft(parties)
    good(send(parties.asker, made, PDF + b" " * (MOST_BYTES - len(PDF))), 201)
    refused(send(parties.asker, made, PDF + b" " * (MOST_BYTES - len(PDF) + 1)), 413, "too-large")
    # Only this door is so wide.
    refused(parties.asker.visitor.post("/referrals", b"{" + b" " * 1_000_001), 413, "too-large")
    refused(parties.asker.visitor.post(f"/referrals/{made}/cancellation", b" " * 1_000_001), 413, "too-large")


def test_no_file_is_added_to_what_was_asked_already(parties: Parties) -> None:
    refused(send(parties.asker, parties.started()["id"], PDF), 409, "state-conflict")
    refused(send(parties.asker, parties.sent(), PDF), 409, "state-conflict")
    full = draft(parties)
    for _ in range(10):
        good(send(parties.asker, full, TEXT, "text/plain"), 201)
    refused(send(parties.asker, full, TEXT, "text/plain"), 409, "state-conflict")


@pytest.mark.parametrize(
    "given, kept",
    [
        ("../../etc/passwd", "passwd.txt"),
        ("..\\..\\windows\\system.ini", "system.ini.txt"),
        ("/", "bijlage.txt"),
        ("", "bijlage.txt"),
        ("...", "bijlage.txt"),
        ("verslag\u202etxt.exe", "verslagtxt.exe.txt"),
        ("a\x00b\r\nSet-Cookie: x.txt", "abSet-Cookie x.txt"),
        ("<script>.txt", "script.txt"),
        ("Zoë.txt", "Zoë.txt"),
        ("x" * 400, "x" * 120 + ".txt"),
    ],
)
def test_a_name_leads_nowhere(given: str, kept: str) -> None:
    assert clean_title(given, "text/plain") == kept


def test_a_photo_keeps_its_own_ending() -> None:
    assert clean_title("hand.jpeg", "image/jpeg") == "hand.jpeg"
    assert clean_title("hand.png", "image/jpeg") == "hand.png.jpg"


def test_nothing_is_recognised_by_chance() -> None:
    assert recognised(b"%PD") == "text/plain"
    assert recognised(b"\x00" + PDF) is None
    assert recognised(b"regel\twee\r\n") == "text/plain"
    assert recognised(uuid4().bytes + b"\xff\x00") is None
