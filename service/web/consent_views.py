"""A consent as people see it: for the worker who decides, and the link for the doctor who asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import segno
from markupsafe import Markup
from sqlmodel import Session

from service.clock import written
from service.consent.links import Link
from service.consent.rules import Basis, Provision, State
from service.consent.sealed import text_of, words_of
from service.consent.tables import Consent
from service.consent.texts import data_words
from service.identity.tables import Account, Organisation
from service.persons.tables import Person
from service.persons.vault import Vault
from service.settings import Settings
from service.text import Language, Text

_STATE_TEXT = {
    State.REQUESTED: Text("Wacht op uw antwoord", "Waits for your answer"),
    State.GIVEN: Text("U zei ja", "You said yes"),
    State.REFUSED: Text("U zei nee", "You said no"),
    State.WITHDRAWN: Text("U bent gestopt", "You stopped"),
    State.EXPIRED: Text("De tijd is om", "The time is over"),
}
_BASIS_TEXT = {
    Basis.LINK: Text("U antwoordde zelf, via een link.", "You answered yourself, by a link."),
    Basis.SCREEN: Text("U antwoordde op het scherm van uw dokter.", "You answered on your doctor's screen."),
    Basis.ORAL: Text("U zei het tegen uw dokter. De dokter schreef dit op:", "You told your doctor, who wrote down:"),
    Basis.PAPER: Text("U tekende op papier. De dokter schreef dit op:", "You signed on paper. The doctor wrote down:"),
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One line of the text, or a list of parts."""

    words: str = ""
    parts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ConsentShown:
    """One consent or objection, whole."""

    id: UUID
    state: str
    state_text: str
    objection: bool
    sender: str
    recipient: str
    data: Sequence[str]
    paragraphs: Sequence[Paragraph]
    sha256: str
    language: str
    basis: str | None
    how: str
    evidence: str | None
    recorded_by: str | None
    asked_at: str
    answer_by: str
    answered_at: str | None
    valid_until: str
    withdrawn_at: str | None


@dataclass(frozen=True, slots=True)
class LinkShown:
    """A link for the doctor's screen: the whole address, as letters and as a QR code, and the code to say with it."""

    address: str
    svg: Markup
    code: str | None


def shown(session: Session, vault: Vault, person: Person, row: Consent, language: Language) -> ConsentShown:
    """A consent for the worker's eyes."""
    text = text_of(vault, person, row)
    basis = Basis(row.basis) if row.basis and row.answered_at else None
    recorder = session.get(Account, row.recorded_by) if row.recorded_by else None
    return ConsentShown(
        id=row.id,
        state=row.state,
        state_text=_STATE_TEXT[State(row.state)].in_(language),
        objection=row.provision == Provision.DENY,
        sender=session.get_one(Organisation, row.from_organisation).name,
        recipient=session.get_one(Organisation, row.to_organisation).name,
        data=data_words(language, row.data, {}),
        paragraphs=paragraphs(text),
        sha256=row.text_sha256,
        language=row.language,
        basis=basis,
        how=_BASIS_TEXT[basis].in_(language) if basis else "",
        evidence=words_of(vault, person, row, "evidence"),
        recorded_by=recorder.name if recorder else None,
        asked_at=written(row.asked_at),
        answer_by=_last_moment(row.answer_by),
        answered_at=written(row.answered_at) if row.answered_at else None,
        valid_until=_last_moment(row.valid_until),
        withdrawn_at=written(row.withdrawn_at) if row.withdrawn_at else None,
    )


def paragraphs(text: str) -> list[Paragraph]:
    """The lines of a shown text, with the parts of the data gathered in one list."""
    found: list[Paragraph] = []
    for line in text.splitlines():
        part = line.removeprefix("- ")
        if part == line:
            found.append(Paragraph(line))
        elif found and found[-1].parts:
            found[-1] = Paragraph(parts=(*found[-1].parts, part))
        else:
            found.append(Paragraph(parts=(part,)))
    return found


def link_shown(settings: Settings, link: Link, language: Language) -> LinkShown:
    """A link as the doctor shows it. The address comes from the settings alone, whatever host was asked for."""
    address = f"{settings.base_url}{link.path}"
    title = Text("QR-code van de link voor de werkende", "QR code of the link for the worker").in_(language)
    svg = segno.make_qr(address, error="m").svg_inline(border=4, omitsize=True, title=title, svgclass="qr")
    return LinkShown(address, Markup(svg), link.code)  # noqa: S704 - segno escapes the title; the rest is a drawing


def _last_moment(end: datetime) -> str:
    # What ends at midnight is said with the day before it: until and including.
    return written(end - timedelta(seconds=1))
