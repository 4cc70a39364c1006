"""The first page: what Arbobrug is, and the one next thing to do for who is looking."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from service.database import Reading
from service.identity.access import Caller, Role, Scope
from service.identity.web_session import Page, PageVisitor
from service.notifications.rules import State
from service.notifications.tables import owned_page, queue_page, unseen_notices
from service.referrals import actions as exchanges
from service.signals.rules import State as SignalState
from service.signals.tables import signals
from service.text import Language, Text
from service.web.pages import language_of, render

_MOST = 50  # counting further changes nothing for who reads it

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do: how many wait, what it is, and where."""

    count: str
    words: str
    address: str


@dataclass(frozen=True, slots=True)
class NextThing:
    """The one button of a role."""

    words: str
    address: str


_NOTIFY = (Text("Nieuwe melding maken", "Make a new notification"), "/meldingen/nieuw")
_PREPARE = (Text("Melding klaarzetten", "Prepare a notification"), "/meldingen/nieuw")
_ASSESS = (Text("Naar de werkvoorraad", "To the queue"), "/beheer")
_EXCHANGE = (Text("Naar uw verwijzingen", "To your referrals"), "/verwijzingen")
_NO_MESSAGES = Text("berichten van andere artsen wachten op u", "messages of other doctors wait for you")
_KNOW = (Text("Naar de richtlijnen", "To the guidelines"), "/kennis")


@router.get("/")
def read_home(request: Request, session: Reading, page: PageVisitor) -> Response:
    """The first page, for visitors and for who is signed in."""
    language = language_of(request, page)
    response = render(
        request,
        "home.html",
        page,
        tasks=_tasks(session, page, language) if page else (),
        next_thing=_next_thing(page, language) if page else None,
        role=page.caller.role.value if page else None,
        notifier=page is not None and Scope.FILE in page.caller.scopes,
        assistant=page is not None and page.caller.role is Role.ASSISTANT,
        registry=page is not None and Scope.ASSESS in page.caller.scopes,
    )
    if page is None and "set-cookie" not in response.headers:
        response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Vary"] = "Cookie"
    return response


def _next_thing(page: Page, language: Language) -> NextThing:
    if Scope.ASSESS in page.caller.scopes:
        words, address = _ASSESS
    elif Scope.FILE in page.caller.scopes:
        words, address = _NOTIFY
    elif Scope.PREPARE in page.caller.scopes:
        words, address = _PREPARE
    elif Scope.EXCHANGE in page.caller.scopes:
        words, address = _EXCHANGE
    else:
        words, address = _KNOW
    return NextThing(words.in_(language), address)


def _tasks(session: Session, page: Page, language: Language) -> tuple[Task, ...]:
    caller, found = page.caller, []
    if Scope.READ_OWN in caller.scopes and caller.role is not Role.ASSISTANT:
        back = {notice.notification_id for notice in unseen_notices(session, caller.owner)}
        words = Text("kwamen terug van het registratiebureau", "came back from the registry")
        found.append((len(back), words, "/meldingen"))
    if Scope.PREPARE in caller.scopes:
        drafts = owned_page(session, caller.owner, [State.DRAFT], None, _MOST + 1)
        found.append((len(drafts), Text("in concept", "in draft"), "/meldingen?state=draft"))
    if Scope.EXCHANGE in caller.scopes:
        found += _exchanges(session, caller)
    if Scope.ASSESS in caller.scopes:
        queued = queue_page(session, State.QUEUED, None, _MOST + 1, demo=caller.demo)
        found.append((len(queued), Text("te beoordelen", "to be assessed"), "/beheer"))
    if Scope.JUDGE_SIGNAL in caller.scopes:
        received = signals(session, owner=None, state=SignalState.RECEIVED, demo=caller.demo, limit=_MOST + 1)
        words = Text("te beoordelen bij het signaalloket", "to be judged at the signal desk")
        found.append((len(received), words, "/beheer/signalen?state=received"))
    return tuple(Task(_shown(count), words.in_(language), address) for count, words, address in found)


def _exchanges(session: Session, caller: Caller) -> list[tuple[int, Text, str]]:
    """What waits in the exchanges with other doctors; what is nothing is not named."""
    waits = exchanges.to_do(session, caller)
    inbox, sent = "/verwijzingen?bak=ontvangen&stand=open", "/verwijzingen?bak=verstuurd&stand=on-hold"
    named = [
        (waits.new, Text("nieuw van een andere arts", "new from another doctor"), inbox),
        (waits.to_answer, Text("te beantwoorden", "to be answered"), inbox),
        (waits.asked_back, Text("met een vraag terug van een andere arts", "asked back by another doctor"), sent),
    ]
    return [one for one in named if one[0]] or [(0, _NO_MESSAGES, "/verwijzingen")]


def _shown(count: int) -> str:
    return f"{_MOST}+" if count > _MOST else str(count)
