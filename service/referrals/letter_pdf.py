"""The letters and answers of one exchange on paper: a tagged PDF (PDF/UA-1), laid out in letter.typ."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from service.clock import AMSTERDAM, written_date
from service.referrals import letters
from service.referrals.rules import MessageKind
from service.referrals.schemas import MessageView, PartyView, ReferralView
from service.text import Language, Text
from service.typesetting import pdf

_LAYOUT = Path(__file__).with_name("letter.typ")
_WORDS: Mapping[str, Text] = {
    "demo": Text("Demo: dit is geen echte brief.", "Demo: this is not a real letter."),
    "item": Text("Onderdeel", "Item"),
    "value": Text("Inhoud", "Content"),
    "files": Text("Bijlagen", "Attachments"),
    "page": Text("Bladzijde", "Page"),
    "consent": Text(
        "De werkende gaf toestemming voor dit bericht aan deze arts. Geef het niet zonder toestemming door.",
        "The worker consented to this message to this doctor. Do not pass it on without consent.",
    ),
}
_TITLES: Mapping[MessageKind, Text] = {
    MessageKind.REQUEST: Text("Brief", "Letter"),
    MessageKind.SUPPLEMENT: Text("Aanvulling", "Supplement"),
    MessageKind.REPLY: Text("Antwoord", "Answer"),
}
SEXES: Mapping[str, Text] = {
    "male": Text("man", "male"),
    "female": Text("vrouw", "female"),
    "other": Text("anders", "other"),
    "unknown": Text("onbekend", "unknown"),
}


def render_pdf(view: ReferralView, language: Language) -> bytes:
    """Everything of the exchange that its reader may read; what may not be read is not in it."""
    return pdf(_LAYOUT, {"letter": _sheet(view, language)}, datetime.fromisoformat(view.changed_at))


def in_line(party: PartyView) -> str:
    """A doctor with the organisation and the place, as far as they are known."""
    return ", ".join(part for part in (party.practitioner, party.name, party.city) if part)


def _sheet(view: ReferralView, language: Language) -> dict[str, Any]:
    return {
        "language": language.value,
        "words": {name: text.in_(language) for name, text in _WORDS.items()},
        "title": f"{view.kind_text} {view.reference}",
        "heading": view.kind_text,
        "footer": f"Arbobrug, {view.reference}",
        "demo": view.demo,
        "envelope": [[label.in_(language), text] for label, text in _envelope(view, language)],
        "parts": [_part(one, language) for one in view.messages if letters.is_out(one)],
    }


def _envelope(view: ReferralView, language: Language) -> list[tuple[Text, str]]:
    lines = [
        (Text("Van", "From"), in_line(view.asker)),
        (Text("Aan", "To"), in_line(view.asked)),
        (Text("Kenmerk", "Reference"), view.reference),
    ]
    if view.person:
        born = _day(view.person.birth_date, language)
        sex = SEXES[view.person.sex].in_(language)
        lines.append((Text("Betreft", "Concerning"), f"{view.person.name}, {born}, {sex}"))
    return lines


def _part(message: MessageView, language: Language) -> dict[str, Any]:
    sections = letters.shown(message, language)
    title = _TITLES[MessageKind(message.kind)].in_(language)
    return {
        "title": f"{title}, {_day(message.released_at, language)}" if message.released_at else title,
        "sections": [{"label": one.label, "lines": list(one.lines)} for one in sections],
        "files": [file.title for file in message.attachments],
    }


def _day(moment: str, language: Language) -> str:
    known = datetime.fromisoformat(moment)
    day: date = known.astimezone(AMSTERDAM).date() if known.tzinfo else known.date()
    return written_date(day, english=language is Language.EN)
