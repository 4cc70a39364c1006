"""Files that go with a message: known by their bytes, sealed with the worker's key, and opened by consent."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import Session

from service.audit.tables import Act as AuditAct
from service.clock import now
from service.database import insert
from service.identity.access import Caller
from service.ids import ordered_id
from service.persons.actions import seal_of
from service.persons.tables import Person
from service.persons.vault import Seal, Vault
from service.problems import Conflict, FieldError, InvalidInput, NotFound, TooLarge, WrongMediaType
from service.referrals import reading, steps
from service.referrals.contents import file_place, named, title_of
from service.referrals.rules import Side, State
from service.referrals.steps import Change
from service.referrals.tables import Attachment, Referral, attachments_of
from service.text import Text

MOST_BYTES = 5 * 1024 * 1024
MOST_FILES = 10
PDF, PNG, JPEG, TEXT = "application/pdf", "image/png", "image/jpeg", "text/plain"
_ENDING: Mapping[str, str] = {PDF: ".pdf", PNG: ".png", JPEG: ".jpg", TEXT: ".txt"}
_LONGEST_TITLE = 120
_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069<>:"|?*]')
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Before the worker is asked, and while the other side may still send something.
_BEFORE: Mapping[Side, frozenset[State]] = {
    Side.ASKER: frozenset({State.DRAFT, State.ON_HOLD}),
    Side.ASKED: frozenset({State.RECEIVED, State.ACCEPTED, State.IN_PROGRESS, State.ON_HOLD}),
}
_KINDS = Text("Stuur een pdf, png, jpeg of gewone tekst in UTF-8.", "Send a PDF, PNG, JPEG or plain text in UTF-8.")
_SIZE = Text("Een bijlage is hooguit 5 MB.", "An attachment is at most 5 MB.")
_EMPTY = Text("Dit bestand is leeg.", "This file is empty.")
_ENOUGH = Text("Er gaan hooguit tien bijlagen mee.", "At most ten attachments go along.")


@dataclass(frozen=True, slots=True)
class File:
    """A file as it came: what its sender calls it, what it says it is, and the bytes."""

    title: str = field(repr=False)
    media_type: str
    content: bytes = field(repr=False)


def attach(session: Session, vault: Vault, caller: Caller, change: Change, file: File) -> tuple[Referral, Attachment]:
    """Keep a file that goes with the caller's next message. Raises TooLarge, WrongMediaType or InvalidInput."""
    media_type = _judged(file)
    row, side = steps.seen(session, caller, change.referral_id, lock=True)
    steps.insist_version(row, change.version)
    if State(row.state) not in _BEFORE[side]:
        raise Conflict
    if len(attachments_of(session, row.id)) >= MOST_FILES:
        raise Conflict(_ENOUGH)
    assert caller.organisation is not None
    kept = _sealed(seal_of(vault, session.get_one(Person, row.person_id)), row, caller.organisation, file, media_type)
    session.add(row)
    insert(session, kept)
    steps.audit(session, vault, caller, row, AuditAct.CREATE, "referral.attach", data=frozenset({named(kept)}))
    return row, kept


def attached(seal: Seal, row: Referral, files: Sequence[File]) -> list[Attachment]:
    """The files that came along with a new exchange, to be written. Raises as attach does."""
    if len(files) > MOST_FILES:
        raise Conflict(_ENOUGH)
    return [_sealed(seal, row, row.from_organisation, file, _judged(file)) for file in files]


def attachment(session: Session, vault: Vault, caller: Caller, referral_id: UUID, attachment_id: UUID) -> File:
    """Open one file. Raises NotFound for who may not read it, and for a file that is not there."""
    row, side = steps.seen(session, caller, referral_id, lock=True)
    kept = session.get(Attachment, attachment_id)
    if kept is None or kept.referral_id != row.id:
        raise NotFound
    seal = reading.seal_or_none(vault, session.get_one(Person, row.person_id))
    consent_id = None
    if kept.organisation_id != caller.organisation:
        may = reading.may_open(session, caller, row, side, kept, seal)
        consent_id = may.consent_id
        if named(kept) not in may.parts:
            raise NotFound
    if seal is None:
        raise NotFound
    steps.audit(
        session, vault, caller, row, AuditAct.READ, "referral.attachment",
        data=frozenset({named(kept)}), consent_id=consent_id,
    )  # fmt: skip
    content = seal.open(file_place(kept.id, "content"), kept.content)
    return File(title_of(seal, kept), kept.media_type, content)


def recognised(content: bytes) -> str | None:
    """What the bytes are, whatever they were called."""
    return next((kind for kind, fits in _MARKS.items() if fits(content)), None)


def clean_title(title: str, media_type: str) -> str:
    """A name without folders, controls or tricks of direction, that ends as what the file is."""
    last = re.split(r"[/\\]", title)[-1]
    name = _UNFIT.sub("", last).strip(" .")
    stem, ending = name[:_LONGEST_TITLE].strip(" .") or "bijlage", _ENDING[media_type]
    alike = (".jpg", ".jpeg") if media_type == JPEG else (ending,)
    return stem if stem.lower().endswith(alike) else stem + ending


def _sealed(seal: Seal, row: Referral, organisation_id: UUID, file: File, media_type: str) -> Attachment:
    """A file as it is kept, and the exchange one version further."""
    attachment_id = ordered_id()
    kept = Attachment(
        id=attachment_id,
        referral_id=row.id,
        organisation_id=organisation_id,
        title=seal.seal_text(file_place(attachment_id, "title"), clean_title(file.title, media_type)),
        media_type=media_type,
        size=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
        content=seal.seal(file_place(attachment_id, "content"), file.content),
        created_at=now(),
    )
    row.version, row.changed_at = row.version + 1, kept.created_at
    return kept


def _judged(file: File) -> str:
    if not file.content:
        raise InvalidInput(errors=[FieldError("", "empty", _EMPTY)])
    if len(file.content) > MOST_BYTES:
        raise TooLarge(_SIZE)
    media_type = recognised(file.content)
    if media_type is None or media_type != file.media_type:
        raise WrongMediaType(_KINDS)
    return media_type


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return _CONTROL.search(content) is None


_MARKS: Mapping[str, Callable[[bytes], bool]] = {
    PDF: lambda content: content.startswith(b"%PDF-"),
    PNG: lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    JPEG: lambda content: content.startswith(b"\xff\xd8\xff"),
    TEXT: _is_text,
}
