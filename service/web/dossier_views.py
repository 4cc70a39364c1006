"""The worker's own file as values, for the page and for the download alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID

from sqlmodel import Session

from service.audit.tables import Act, PersonEvent, events_about
from service.clock import AMSTERDAM, written
from service.consent.rules import Provision, State
from service.consent.tables import Consent, consents_of
from service.identity.access import Role
from service.identity.tables import Account, Organisation
from service.persons.actions import details_of, subject_of
from service.persons.tables import Person
from service.persons.vault import Vault
from service.referrals.rules import STATE_TEXT, Kind, MessageKind
from service.referrals.rules import State as ReferralState
from service.referrals.tables import Message, Referral, messages_about
from service.text import Language, Text
from service.web.consent_views import ConsentShown, shown

_KIND_TEXT = {
    Kind.INFORMATION_REQUEST: Text("Vraag om informatie", "Request for information"),
    Kind.REFERRAL: Text("Verwijzing", "Referral"),
    Kind.WORK_REFERRAL: Text("Verwijzing om uw werk", "Referral because of your work"),
    Kind.ADVICE_REQUEST: Text("Vraag om advies", "Request for advice"),
    Kind.SECOND_OPINION: Text("Tweede mening", "Second opinion"),
    Kind.TREATING_INFORMATION: Text("Bericht aan uw dokter", "Message to your doctor"),
}
_MESSAGE_TEXT = {
    MessageKind.REQUEST: Text("Brief", "Letter"),
    MessageKind.SUPPLEMENT: Text("Aanvulling", "Supplement"),
    MessageKind.REPLY: Text("Antwoord", "Answer"),
    MessageKind.STATUS: Text("Bericht over de stand", "Message on where it stands"),
    MessageKind.WITHDRAWAL: Text("Bericht dat het stopt", "Message that it stops"),
    MessageKind.CONSENT_WITHDRAWN: Text("Bericht dat u stopt", "Message that you stop"),
}
_ACT_TEXT = {
    Act.CREATE: Text("maakte", "made"),
    Act.READ: Text("bekeek", "looked at"),
    Act.UPDATE: Text("wijzigde", "changed"),
    Act.DELETE: Text("wiste", "erased"),
    Act.EXECUTE: Text("gebruikte", "used"),
}
_OBJECT_TEXT = {
    "person": Text("uw gegevens", "your details"),
    "consent": Text("uw toestemming", "your consent"),
    "referral": Text("uw verwijzing", "your referral"),
    "dossier": Text("uw dossier", "your file"),
}
_ROLE_TEXT = {
    Role.BEDRIJFSARTS: Text("bedrijfsarts", "occupational physician"),
    Role.HUISARTS: Text("huisarts", "general practitioner"),
    Role.VERZEKERINGSARTS: Text("verzekeringsarts", "insurance physician"),
    Role.SPECIALIST: Text("specialist", "specialist"),
}
_YOURSELF = Text("U zelf", "You yourself")
_SYSTEM = Text("Een systeem", "A system")
_SOMETHING = Text("iets over u", "something about you")


@dataclass(frozen=True, slots=True)
class Crossed:
    """One message about the worker, and when it went and was read."""

    words: str
    sent_at: str | None
    read_at: str | None


@dataclass(frozen=True, slots=True)
class Exchange:
    """Two doctors about the worker."""

    reference: str
    kind: str
    state: str
    sender: str
    recipient: str
    started_at: str
    messages: Sequence[Crossed]


@dataclass(frozen=True, slots=True)
class Look:
    """Who did what on one day; what was done more than once that day is one line."""

    day: str
    who: str
    role: str
    organisation: str
    what: str
    data: Sequence[str]
    times: int
    refused: bool


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which something was to go, and the objection against it, if there is one."""

    sender_id: UUID
    recipient_id: UUID
    sender: str
    recipient: str
    objection: UUID | None


@dataclass(frozen=True, slots=True)
class Period:
    """From and until and including which day the worker looks back."""

    since: date
    until: date

    def moments(self) -> tuple[datetime, datetime]:
        """The same as moments in the Netherlands."""
        after = self.until + timedelta(days=1)
        return datetime.combine(self.since, time(), AMSTERDAM), datetime.combine(after, time(), AMSTERDAM)


@dataclass(frozen=True, slots=True)
class OwnFile:
    """All that is kept here about one worker at one organisation."""

    name: str
    organisation: str
    consents: Sequence[ConsentShown]
    ways: Sequence[Way]
    exchanges: Sequence[Exchange]
    period: Period
    looks: Sequence[Look]


def own_file(session: Session, vault: Vault, person: Person, period: Period, language: Language) -> OwnFile:
    """Put the worker's own file together."""
    rows = consents_of(session, person.id)
    events = events_about(session, subject_of(vault, person.id), *period.moments())
    return OwnFile(
        name=details_of(vault, person).name,
        organisation=_organisation(session, person.organisation_id),
        consents=[shown(session, vault, person, row, language) for row in rows if row.provision == Provision.PERMIT],
        ways=_ways(session, rows),
        exchanges=_exchanges(session, person, language),
        period=period,
        looks=[_look(session, person, list(same), language) for _, same in groupby(_by_day(events), _line)][::-1],
    )


def _ways(session: Session, rows: Iterable[Consent]) -> list[Way]:
    found: dict[tuple[UUID, UUID], UUID | None] = {}
    for row in rows:
        way = (row.from_organisation, row.to_organisation)
        holds = row.provision == Provision.DENY and row.state == State.GIVEN
        found[way] = row.id if holds else found.get(way)
    return [
        Way(sender, recipient, _organisation(session, sender), _organisation(session, recipient), objection)
        for (sender, recipient), objection in found.items()
    ]


def _exchanges(session: Session, person: Person, language: Language) -> list[Exchange]:
    grouped = groupby(messages_about(session, person.id), key=lambda pair: pair[0])
    return [_exchange(session, row, [message for _, message in pairs], language) for row, pairs in grouped]


def _exchange(session: Session, row: Referral, messages: Sequence[Message], language: Language) -> Exchange:
    return Exchange(
        reference=row.reference,
        kind=_KIND_TEXT[Kind(row.kind)].in_(language),
        state=STATE_TEXT[ReferralState(row.state)].in_(language),
        sender=_organisation(session, row.from_organisation),
        recipient=_organisation(session, row.to_organisation),
        started_at=written(row.created_at),
        messages=[
            Crossed(
                words=_MESSAGE_TEXT[MessageKind(message.kind)].in_(language),
                sent_at=written(message.released_at) if message.released_at else None,
                read_at=written(message.read_at) if message.read_at else None,
            )
            for message in messages
        ],
    )


_Line = tuple[date, UUID, str, str, str, str]


def _line(event: PersonEvent) -> _Line:
    """What is one line for the worker: the same day, the same person, the same kind of act."""
    day = event.at.astimezone(AMSTERDAM).date()
    return day, event.actor, event.actor_role, event.act, event.object_kind, event.outcome


def _by_day(events: Iterable[PersonEvent]) -> list[PersonEvent]:
    """In order of time, with the same line brought together at where it came first that day."""
    first: dict[_Line, int] = {}
    numbered = [(first.setdefault(_line(event), place), event) for place, event in enumerate(events)]
    return [event for _, event in sorted(numbered, key=lambda pair: pair[0])]


def _look(session: Session, person: Person, same: Sequence[PersonEvent], language: Language) -> Look:
    event = same[0]
    what = f"{_ACT_TEXT[Act(event.act)].in_(language)} {_OBJECT_TEXT.get(event.object_kind, _SOMETHING).in_(language)}"
    return Look(
        day=event.at.astimezone(AMSTERDAM).date().isoformat(),
        who=_who(session, person, event).in_(language),
        role=_ROLE_TEXT[Role(event.actor_role)].in_(language) if event.actor_role in _ROLE_TEXT else "",
        organisation=_organisation(session, event.organisation) if event.organisation else "",
        what=what,
        data=sorted({part for one in same for part in one.data}),
        times=len(same),
        refused=event.outcome != "success",
    )


def _who(session: Session, person: Person, event: PersonEvent) -> Text:
    if event.actor == person.id:
        return _YOURSELF
    account = session.get(Account, event.actor)
    return Text(account.name, account.name) if account else _SYSTEM


def _organisation(session: Session, organisation_id: UUID) -> str:
    return session.get_one(Organisation, organisation_id).name
