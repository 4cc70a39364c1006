"""A letter and an answer in words: the same sections on a page, on paper, and as text for another file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.codes.catalogue import catalogue
from service.codes.entries import ListId
from service.notifications.schemas import Diagnosis
from service.referrals.rules import Item, State
from service.referrals.schemas import Letter, MessageView, ReferralView, ReplyView, Work
from service.text import Language, Text

LABELS: Mapping[str, Text] = {
    Item.QUESTION: Text("Vraag", "Question"),
    Item.REASON: Text("Reden van het bericht", "Reason"),
    Item.FINDINGS: Text("Bevindingen", "Findings"),
    Item.DIAGNOSIS: Text("Diagnose", "Diagnosis"),
    Item.WORK: Text("Werk", "Work"),
    Item.EXPOSURES: Text("Belasting in het werk", "Exposure at work"),
    Item.AGREED: Text("Afgesproken met de werkende", "Agreed with the worker"),
    Item.SUMMARY: Text("Samenvatting", "Summary"),
}
NOT_ANSWERED = Text("Niet gevraagd of niet bekend.", "Not asked or not known.")
_HOURS = Text("Uren en diensten", "Hours and shifts")
_DEMANDS = Text("Eisen van het werk", "Demands of the work")
# Subjective, objective, evaluation, plan: how a file of a huisarts is kept.
_SOEP: Mapping[str, Sequence[str]] = {
    "S": (Item.REASON, Item.WORK, Item.EXPOSURES),
    "O": (Item.FINDINGS, Item.SUMMARY),
    "E": (Item.DIAGNOSIS,),
    "P": (Item.QUESTION, Item.AGREED),
}


@dataclass(frozen=True, slots=True)
class Section:
    """One part with its heading; each line is a paragraph."""

    part: str
    label: str
    lines: tuple[str, ...]


def sections(letter: Letter, language: Language) -> list[Section]:
    """The parts of a letter that hold something: the question first, and then in the order of a letter."""
    return [
        Section(part, label.in_(language), lines)
        for part, label in LABELS.items()
        if (lines := tuple(_lines(letter, part, language)))
    ]


def answered(reply: ReplyView, language: Language) -> list[Section]:
    """The answer: under each question the facts, or that there are none."""
    found = [
        Section(Item.ANSWER, one.question, tuple((one.answer or NOT_ANSWERED.in_(language)).splitlines()))
        for one in reply.answers
    ]
    if reply.diagnosis:
        label = LABELS[Item.DIAGNOSIS].in_(language)
        found.append(Section(Item.DIAGNOSIS, label, (in_words(reply.diagnosis, language),)))
    return found


def shown(message: MessageView, language: Language) -> list[Section]:
    """What may be read of a message, in words."""
    if message.letter:
        return sections(message.letter, language)
    return answered(message.reply, language) if message.reply else []


def letters_of(view: ReferralView) -> list[Letter]:
    """The letters that may be read, in the order in which they came."""
    return [message.letter for message in view.messages if message.letter]


def printable(view: ReferralView) -> bool:
    """Whether there is a letter to put on paper: one that went out, and that the worker still allows."""
    return view.state != State.REVOKED and any(is_out(message) for message in view.messages)


def is_out(message: MessageView) -> bool:
    """Whether a message went out and may be read."""
    return message.released_at is not None and (message.letter is not None or message.reply is not None)


def questions(letters: Iterable[Letter]) -> list[str]:
    """What was asked, one question at a time: each line, and each sentence that ends with a question mark, is one."""
    lines = [line for letter in letters for line in (letter.question or "").splitlines()]
    pieces = (piece.strip() for line in lines for piece in line.replace("?", "?\n").splitlines())
    return list(dict.fromkeys(piece for piece in pieces if any(map(str.isalnum, piece))))


def file_text(view: ReferralView, language: Language) -> str:
    """The letters as lines for a patient file, under S, O, E and P."""
    found = {section.part: section for letter in letters_of(view) for section in sections(letter, language)}
    head = f"{view.kind_text} {view.reference}, {view.asker.practitioner or view.asker.name}"
    told = {mark: [_line(found[part]) for part in parts if part in found] for mark, parts in _SOEP.items()}
    return "\n".join([head, *(f"{mark}: {'. '.join(lines)}" for mark, lines in told.items() if lines)])


def in_words(diagnosis: Diagnosis, language: Language) -> str:
    """A diagnosis by its name, with its codes behind it."""
    codes = [code for code in (diagnosis.cas, diagnosis.icd10) if code]
    entries = (catalogue().entry(ListId.DIAGNOSIS, code) for code in codes)
    name = diagnosis.text or next((entry.label.in_(language) for entry in entries if entry), "")
    return f"{name} ({', '.join(codes)})" if name and codes else name or ", ".join(codes)


def _line(section: Section) -> str:
    return f"{section.label}: {'; '.join(section.lines)}"


def _lines(letter: Letter, part: str, language: Language) -> Iterator[str]:
    match getattr(letter, part):
        case None:
            return
        case Diagnosis() as diagnosis:
            yield in_words(diagnosis, language)
        case Work() as work:
            yield from _work(work, language)
        case str(prose):
            yield from (line for line in prose.splitlines() if line.strip())
        case exposures:
            yield from exposures


def _work(work: Work, language: Language) -> Iterator[str]:
    entry = catalogue().entry(ListId.ISCO, work.isco) if work.isco else None
    if occupation := work.occupation or (entry.label.in_(language) if entry else work.isco):
        yield occupation
    for label, text in ((_DEMANDS, work.demands), (_HOURS, work.hours)):
        if text:
            yield f"{label.in_(language)}: {text}"
