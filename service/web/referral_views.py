"""Exchanges as the two doctors see them on a page: a line in a list, and one exchange whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from service.agreement.rules import Rule, agreement
from service.consent.rules import Basis
from service.consent.rules import State as ConsentState
from service.referrals import letters
from service.referrals.agreeing import ONLY_WHAT_WAS_ASKED
from service.referrals.letter_pdf import SEXES, in_line
from service.referrals.letters import Section
from service.referrals.rules import (
    CLINICAL,
    OPEN,
    STATE_TEXT,
    Act,
    Closed,
    MessageKind,
    MessageState,
    RejectReason,
    Side,
    State,
)
from service.referrals.schemas import AttachmentView, ConsentView, MessageView, ReferralSummary, ReferralView, StepView
from service.text import Language, Text

TONES: Mapping[str, str] = {
    State.REQUESTED: "info",
    State.RECEIVED: "info",
    State.ACCEPTED: "info",
    State.IN_PROGRESS: "info",
    State.AWAITING_CONSENT: "warn",
    State.ON_HOLD: "warn",
    State.COMPLETED: "good",
    State.REJECTED: "bad",
    State.FAILED: "bad",
}
# What the filter on a list offers besides the states themselves.
GROUPS: Mapping[str, tuple[Text, frozenset[State]]] = {
    "open": (Text("Loopt nog", "Open"), OPEN),
    "klaar": (Text("Afgerond", "Done"), frozenset(State) - OPEN),
}
_NEXT: Mapping[tuple[Side, State], Text] = {
    (Side.ASKER, State.DRAFT): Text("Vraag toestemming", "Ask for consent"),
    (Side.ASKER, State.AWAITING_CONSENT): Text("Geef de link aan de werkende", "Give the worker the link"),
    (Side.ASKER, State.ON_HOLD): Text("Beantwoord de vraag", "Answer the question"),
    (Side.ASKER, State.COMPLETED): Text("Lees het antwoord", "Read the answer"),
    (Side.ASKED, State.REQUESTED): Text("Lees het bericht", "Read the message"),
    (Side.ASKED, State.RECEIVED): Text("Lees het bericht", "Read the message"),
    (Side.ASKED, State.ACCEPTED): Text("Geef antwoord", "Answer"),
    (Side.ASKED, State.IN_PROGRESS): Text("Geef antwoord", "Answer"),
}
_LOOK = Text("Bekijk", "View")
_MESSAGES: Mapping[str, Text] = {
    MessageKind.REQUEST: Text("Brief", "Letter"),
    MessageKind.SUPPLEMENT: Text("Aanvulling", "Supplement"),
    MessageKind.REPLY: Text("Antwoord", "Answer"),
    MessageKind.STATUS: Text("Bericht van de arts", "Word from the doctor"),
    MessageKind.WITHDRAWAL: Text("De arts trok het in", "The doctor withdrew it"),
    MessageKind.CONSENT_WITHDRAWN: Text("De werkende trok de toestemming in", "The worker withdrew the consent"),
}
_CONSENTS: Mapping[str, Text] = {
    ConsentState.REQUESTED: Text("Wacht op antwoord van de werkende", "Waits for the worker's answer"),
    ConsentState.GIVEN: Text("De werkende zei ja", "The worker said yes"),
    ConsentState.REFUSED: Text("De werkende zei nee", "The worker said no"),
    ConsentState.WITHDRAWN: Text("De werkende is gestopt", "The worker stopped"),
    ConsentState.EXPIRED: Text("De tijd is om", "The time is over"),
}
BASES: Mapping[str, Text] = {
    Basis.LINK: Text("via een link", "by a link"),
    Basis.SCREEN: Text("op het scherm van de arts", "on the doctor's screen"),
    Basis.ORAL: Text("mondeling, vastgelegd door de arts", "orally, recorded by the doctor"),
    Basis.PAPER: Text("op papier, vastgelegd door de arts", "on paper, recorded by the doctor"),
}
_CLOSED: Mapping[str, Text] = {
    Closed.REFUSED: Text("De werkende zei nee. Er is niets verstuurd.", "The worker said no. Nothing was sent."),
    Closed.EXPIRED: Text(
        "De werkende antwoordde niet op tijd. Er is niets verstuurd.",
        "The worker did not answer in time. Nothing was sent.",
    ),
    Closed.WITHDRAWN: Text("De werkende trok de toestemming in.", "The worker withdrew the consent."),
    Closed.CANCELLED: Text("Ingetrokken. Er is niets verstuurd.", "Withdrawn. Nothing was sent."),
    Closed.MOVED: Text("De arts werkt daar niet meer.", "The doctor no longer works there."),
    Closed.NOT_MY_PATIENT: Text(
        "U zei dat dit niet uw patiënt is. U kunt de brief niet meer lezen.",
        "You said that this is not your patient. You can no longer read the letter.",
    ),
    Closed.ERASED: Text("De gegevens zijn gewist.", "The data were erased."),
}
_NOT_READABLE = Text("U kunt dit niet (meer) lezen.", "You cannot read this (any more).")
_STEPS: Mapping[str, Text] = {
    Act.START: Text("Begonnen", "Started"),
    Act.ASK_CONSENT: Text("Toestemming gevraagd", "Consent asked"),
    Act.REFUSE: Text("De werkende zei nee", "The worker said no"),
    Act.STOP: Text("Gestopt", "Stopped"),
    Act.READDRESS: Text("Doorgestuurd: de arts werkt ergens anders", "Sent on: the doctor works elsewhere"),
    Act.RELEASE: Text("Verzonden", "Sent"),
    Act.POST: Text("Brief op de post gedaan", "Letter posted"),
    Act.ARRIVE: Text("Aangekomen", "Arrived"),
    Act.ACCEPT: Text("Overgenomen", "Taken over"),
    Act.BEGIN: Text("In behandeling", "In progress"),
    Act.ASK_BACK: Text("Vraag teruggestuurd", "Asked back"),
    Act.SUPPLEMENT: Text("Aanvulling geschreven", "Supplement written"),
    Act.RESUME: Text("Aanvulling verzonden", "Supplement sent"),
    Act.REPLY: Text("Antwoord geschreven", "Answer written"),
    Act.COMPLETE: Text("Klaar", "Done"),
    Act.REJECT: Text("Teruggestuurd", "Sent back"),
    Act.FAIL: Text("Niet gelukt", "Failed"),
    Act.CANCEL: Text("Ingetrokken", "Withdrawn"),
    Act.CONVERT: Text("Verwijzing van gemaakt", "Made into a referral"),
    Act.REVOKE: Text("De werkende trok de toestemming in", "The worker withdrew the consent"),
}
REASONS: Mapping[str, Text] = {
    RejectReason.NOT_MY_PATIENT: Text("niet mijn patiënt", "not my patient"),
    RejectReason.INSUFFICIENT_INFORMATION: Text("te weinig informatie", "too little information"),
    RejectReason.NOT_COMPETENT: Text("valt buiten mijn vak", "outside my competence"),
    RejectReason.OTHER: Text("een andere reden", "another reason"),
}
_BY: Mapping[str, Text] = {
    Side.ASKER: Text("de arts die vroeg", "the asking doctor"),
    Side.ASKED: Text("de gevraagde arts", "the asked doctor"),
    Side.WORKER: Text("de werkende", "the worker"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One exchange in a list, without the worker."""

    id: UUID
    reference: str
    kind: str
    other: str
    standing: str
    tone: str
    next: str
    day: str
    demo: bool


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """How the worker decided about a message."""

    words: str
    tone: str
    basis: str
    until: str
    waits: bool


@dataclass(frozen=True, slots=True)
class MessageShown:
    """One thing that crossed, or is to."""

    title: str
    own: bool
    clinical: bool
    at: str
    read_at: str
    sections: Sequence[Section]
    text: str
    files: Sequence[AttachmentView]
    closed: str
    consent: ConsentLine | None


@dataclass(frozen=True, slots=True)
class StepShown:
    """One step in the history."""

    words: str
    by: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange whole, for one side of it."""

    id: UUID
    reference: str
    kind: str
    asks: bool
    standing: str
    tone: str
    asker: str
    asked: str
    due: str
    worker: str
    birth_date: str
    sex: str
    version: int
    acts: frozenset[str]
    questions: Sequence[str]
    answer_rule: Rule
    messages: Sequence[MessageShown]
    files: Sequence[AttachmentView]
    waits: bool
    may_attach: bool
    printable: bool
    came_from: UUID | None
    demo: bool


def line(found: ReferralSummary, side: Side, language: Language) -> Line:
    """One exchange as a line of a list."""
    return Line(
        id=found.id,
        reference=found.reference,
        kind=found.kind_text,
        other=in_line(found.asked if side is Side.ASKER else found.asker),
        standing=found.standing,
        tone=TONES.get(found.state, "plain"),
        next=_NEXT.get((side, State(found.state)), _LOOK).in_(language),
        day=found.changed_at,
        demo=found.demo,
    )


def states_of(chosen: str) -> list[State]:
    """The states that a filter means: a group, one state, or all of them."""
    if chosen in GROUPS:
        return sorted(GROUPS[chosen][1])
    return [State(chosen)] if chosen in set(State) else []


def filters(language: Language) -> list[tuple[str, str]]:
    """Everything to filter on."""
    groups = [(name, text.in_(language)) for name, (text, _) in GROUPS.items()]
    return groups + [(state.value, text.in_(language)) for state, text in STATE_TEXT.items()]


def exchange(view: ReferralView, organisation: UUID | None, language: Language) -> Exchange:
    """One exchange as its reader's organisation sees it."""
    asks, person = view.asker.organisation == organisation, view.person
    consents = {one.message_id: one for one in view.consents}
    messages = [_message(one, organisation, consents.get(one.id), language) for one in view.messages]
    return Exchange(
        id=view.id,
        reference=view.reference,
        kind=view.kind_text,
        asks=asks,
        standing=view.standing,
        tone=TONES.get(view.state, "plain"),
        asker=in_line(view.asker),
        asked=in_line(view.asked),
        due=view.due_at or "",
        worker=person.name if person else "",
        birth_date=person.birth_date if person else "",
        sex=SEXES[person.sex].in_(language) if person else "",
        version=view.version,
        acts=frozenset(view.actions),
        questions=letters.questions(letters.letters_of(view)),
        answer_rule=agreement().rules[ONLY_WHAT_WAS_ASKED],
        messages=messages,
        files=view.attachments,
        waits=_waits(view, organisation),
        may_attach=view.state in ({State.DRAFT, State.ON_HOLD} if asks else {*_TAKEN}),
        printable=letters.printable(view),
        came_from=view.came_from,
        demo=view.demo,
    )


def steps(found: Sequence[StepView], language: Language) -> list[StepShown]:
    """Every step in words, newest first."""
    return [
        StepShown(
            words=_STEPS[one.action].in_(language),
            by=_word(_BY, one.side, language),
            at=one.at,
            reason=_word(REASONS, one.reason, language),
        )
        for one in reversed(found)
    ]


_TAKEN = (State.RECEIVED, State.ACCEPTED, State.IN_PROGRESS, State.ON_HOLD)
_MAY_BE_ASKED = frozenset({Closed.EXPIRED, Closed.MOVED, Closed.NOT_ALLOWED})


def _waits(view: ReferralView, organisation: UUID | None) -> bool:
    """Whether the last clinical message of this side waits for the worker, or may be asked again."""
    own = [one for one in view.messages if one.kind in CLINICAL and one.from_organisation == organisation]
    if not own or view.state not in OPEN:
        return False
    last = own[-1]
    return last.state == MessageState.AWAITING_CONSENT or last.closed_because in _MAY_BE_ASKED


def _message(
    found: MessageView, organisation: UUID | None, consent: ConsentView | None, language: Language
) -> MessageShown:
    return MessageShown(
        title=_MESSAGES[found.kind].in_(language),
        own=found.from_organisation == organisation,
        clinical=found.kind in CLINICAL,
        at=found.released_at or "",
        read_at=found.read_at or "",
        sections=letters.shown(found, language),
        text=found.text or "",
        files=found.attachments,
        closed=_closed(found, language),
        consent=_consent(consent, language) if consent else None,
    )


def _closed(found: MessageView, language: Language) -> str:
    """Why a message went no further, or cannot be read."""
    readable = found.letter is not None or found.reply is not None
    if found.closed_because is None:
        return ""
    why = _CLOSED.get(found.closed_because)
    said = [why.in_(language)] if why else []
    unread = found.kind in CLINICAL and not readable and found.closed_because != Closed.NOT_MY_PATIENT
    return " ".join([*said, _NOT_READABLE.in_(language)] if unread else said)


def _last_day(end: str) -> str:
    # What ends at midnight is said with the day before it: until and including.
    return (datetime.fromisoformat(end) - timedelta(seconds=1)).isoformat()


def _word(words: Mapping[str, Text], code: str | None, language: Language) -> str:
    return words[code].in_(language) if code and code in words else ""


def _consent(found: ConsentView, language: Language) -> ConsentLine:
    given = found.state == ConsentState.GIVEN
    waits = found.state == ConsentState.REQUESTED
    return ConsentLine(
        words=_CONSENTS[found.state].in_(language),
        tone="good" if given else "warn" if waits else "bad",
        basis=_word(BASES, found.basis, language) if given else "",
        until=_last_day(found.valid_until) if given else "",
        waits=waits,
    )
