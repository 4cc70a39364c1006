"""Who is calling, and the one function every door uses to decide whether it opens."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import OAuth2, SecurityScopes

from service.problems import Forbidden, NotAuthenticated
from service.text import Text


class Role(StrEnum):
    """The roles of people and systems."""

    BEDRIJFSARTS = "bedrijfsarts"
    ASSISTANT = "assistant"
    VERZEKERINGSARTS = "verzekeringsarts"
    HUISARTS = "huisarts"
    SPECIALIST = "specialist"
    CLINICAL_TEAM = "clinical-team"
    WORKER = "worker"
    REGISTRY = "registry"
    INSPECTORATE = "inspectorate"
    ADMINISTRATOR = "administrator"
    ARBODIENST_SYSTEM = "arbodienst"
    HIS_SYSTEM = "his"
    INSPECTORATE_SYSTEM = "inspectorate-system"


# The roles made for programs; every other one is the role of a person who signs in.
SYSTEM_ROLES = frozenset({Role.ARBODIENST_SYSTEM, Role.HIS_SYSTEM, Role.INSPECTORATE_SYSTEM})


class Scope(StrEnum):
    """The capabilities a token can carry. Dutch names, as published in our documents for vendors."""

    FILE = "arbobrug/melding.indienen"
    PREPARE = "arbobrug/melding.voorbereiden"
    READ_OWN = "arbobrug/melding.lezen"
    CHECK = "arbobrug/melding.toetsen"
    ASSESS = "arbobrug/melding.beoordelen"
    SIGNAL = "arbobrug/signaal.indienen"
    JUDGE_SIGNAL = "arbobrug/signaal.beoordelen"
    SEND_MESSAGE = "arbobrug/bericht.verzenden"
    EXCHANGE = "arbobrug/verwijzing"
    OWN_FILE = "arbobrug/dossier.eigen"
    READ_STATISTICS = "arbobrug/statistiek.lezen"
    ADMINISTER = "arbobrug/beheer"
    # SMART v2 scopes of the FHIR door: a document needs the right to create each type of resource in it.
    TASK = "system/Task.rs"
    BUNDLE = "system/Bundle.r"
    CREATE_COMPOSITION = "system/Composition.c"
    CREATE_PATIENT = "system/Patient.c"
    CREATE_PRACTITIONER = "system/Practitioner.c"
    CREATE_PRACTITIONER_ROLE = "system/PractitionerRole.c"
    CREATE_ORGANIZATION = "system/Organization.c"
    CREATE_CONDITION = "system/Condition.c"
    CREATE_OBSERVATION = "system/Observation.c"
    UPDATE_TASK = "system/Task.u"
    CREATE_TASK = "system/Task.c"
    CREATE_MESSAGE_HEADER = "system/MessageHeader.c"
    CREATE_SERVICE_REQUEST = "system/ServiceRequest.c"
    CREATE_CONSENT = "system/Consent.c"
    CREATE_DOCUMENT_REFERENCE = "system/DocumentReference.c"
    CREATE_BINARY = "system/Binary.c"


_NOTIFIER = frozenset({Scope.FILE, Scope.PREPARE, Scope.READ_OWN, Scope.CHECK, Scope.SIGNAL})

_FHIR_NOTIFIER = frozenset(
    {
        Scope.TASK,
        Scope.BUNDLE,
        Scope.CREATE_COMPOSITION,
        Scope.CREATE_PATIENT,
        Scope.CREATE_PRACTITIONER,
        Scope.CREATE_PRACTITIONER_ROLE,
        Scope.CREATE_ORGANIZATION,
        Scope.CREATE_CONDITION,
        Scope.CREATE_OBSERVATION,
    }
)

_FHIR_CORRESPONDENT = frozenset(
    {
        Scope.SEND_MESSAGE,
        Scope.TASK,
        Scope.UPDATE_TASK,
        Scope.CREATE_MESSAGE_HEADER,
        Scope.CREATE_TASK,
        Scope.CREATE_SERVICE_REQUEST,
        Scope.CREATE_COMPOSITION,
        Scope.CREATE_CONSENT,
        Scope.CREATE_PATIENT,
        Scope.CREATE_PRACTITIONER,
        Scope.CREATE_PRACTITIONER_ROLE,
        Scope.CREATE_ORGANIZATION,
        Scope.CREATE_CONDITION,
        Scope.CREATE_OBSERVATION,
        Scope.CREATE_DOCUMENT_REFERENCE,
        Scope.CREATE_BINARY,
    }
)

SCOPES_OF: dict[Role, frozenset[Scope]] = {
    Role.BEDRIJFSARTS: _NOTIFIER | {Scope.EXCHANGE},
    Role.VERZEKERINGSARTS: _NOTIFIER | {Scope.EXCHANGE},
    Role.ASSISTANT: frozenset({Scope.PREPARE, Scope.READ_OWN, Scope.CHECK}),
    Role.HUISARTS: frozenset({Scope.CHECK, Scope.EXCHANGE}),
    Role.SPECIALIST: frozenset({Scope.CHECK, Scope.EXCHANGE}),
    Role.CLINICAL_TEAM: frozenset({Scope.CHECK}),
    Role.WORKER: frozenset({Scope.OWN_FILE}),
    Role.REGISTRY: frozenset({Scope.ASSESS, Scope.JUDGE_SIGNAL, Scope.CHECK, Scope.READ_STATISTICS}),
    Role.INSPECTORATE: frozenset({Scope.READ_STATISTICS}),
    Role.ADMINISTRATOR: frozenset({Scope.ADMINISTER}),
    Role.ARBODIENST_SYSTEM: _NOTIFIER | _FHIR_NOTIFIER | _FHIR_CORRESPONDENT,
    Role.HIS_SYSTEM: frozenset({Scope.CHECK}) | _FHIR_CORRESPONDENT,
    Role.INSPECTORATE_SYSTEM: frozenset({Scope.READ_STATISTICS}),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified person or system: who it is, for whom it works, and what its token allows."""

    subject: UUID
    role: Role
    organisation: UUID | None
    client_id: str
    scopes: frozenset[str]
    acts_for: UUID | None = None
    demo: bool = False

    @property
    def owner(self) -> UUID:
        """Whose notifications the caller works on: an assistant works on those of the doctor."""
        return self.acts_for or self.subject


def insist(caller: Caller, needed: SecurityScopes | list[str]) -> Caller:
    """The one authorisation check: the caller holds every scope that the door names, or is refused."""
    names = needed.scopes if isinstance(needed, SecurityScopes) else needed
    if missing := sorted(set(names) - caller.scopes):
        raise Forbidden(
            Text(
                f"Uw toegangsbewijs mist: {', '.join(missing)}.",
                f"Your access token lacks: {', '.join(missing)}.",
            )
        )
    return caller


class Verifier(Protocol):
    """Turns an access token into a caller; raises NotAuthenticated for any token that is not good."""

    def caller(self, token: str) -> Caller:
        """The caller that the token speaks for."""
        ...

    def remembered(self, token: str) -> Caller | None:
        """The same without any waiting, or nothing when that is not possible now."""
        ...


_scheme = OAuth2(
    scheme_name="arbobrug",
    description="Access token (RFC 9068, at most 300 s) from /oauth/token.",
    flows={
        "authorizationCode": {
            "authorizationUrl": "/oauth/authorize",
            "tokenUrl": "/oauth/token",
            "scopes": {scope.value: scope.name for scope in Scope},
        },
        "clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {scope.value: scope.name for scope in Scope}},
    },
    auto_error=False,
)


async def _caller(
    request: Request, needed: SecurityScopes, authorization: Annotated[str | None, Security(_scheme)]
) -> Caller:
    """Verify the bearer token, then insist on every scope the route named."""
    kind, _, token = (authorization or "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise NotAuthenticated
    verifier: Verifier = request.app.state.verifier
    # A token that is fresh in memory costs no thread; only looking at a new one, or at the database, may take long.
    caller = verifier.remembered(token)
    if caller is None:
        caller = await run_in_threadpool(verifier.caller, token)
    return insist(caller, needed)


MayCheckCriteria = Annotated[Caller, Security(_caller, scopes=[Scope.CHECK])]
MayPrepare = Annotated[Caller, Security(_caller, scopes=[Scope.PREPARE])]
MayFile = Annotated[Caller, Security(_caller, scopes=[Scope.FILE])]
MayReadOwn = Annotated[Caller, Security(_caller, scopes=[Scope.READ_OWN])]
MayAssess = Annotated[Caller, Security(_caller, scopes=[Scope.ASSESS])]
MaySignal = Annotated[Caller, Security(_caller, scopes=[Scope.SIGNAL])]
MayJudgeSignal = Annotated[Caller, Security(_caller, scopes=[Scope.JUDGE_SIGNAL])]
MayReadTasks = Annotated[Caller, Security(_caller, scopes=[Scope.TASK])]
MayReadBundles = Annotated[Caller, Security(_caller, scopes=[Scope.BUNDLE])]
MayExchange = Annotated[Caller, Security(_caller, scopes=[Scope.EXCHANGE])]
MaySendMessages = Annotated[Caller, Security(_caller, scopes=[Scope.SEND_MESSAGE])]
MayReadOwnFile = Annotated[Caller, Security(_caller, scopes=[Scope.OWN_FILE])]
MayKnowMe = Annotated[Caller, Security(_caller, scopes=[])]


def _signaller_or_desk(caller: MayKnowMe) -> Caller:
    if Scope.JUDGE_SIGNAL not in caller.scopes:
        insist(caller, [Scope.SIGNAL])
    return caller


MaySignalOrJudge = Annotated[Caller, Depends(_signaller_or_desk)]


def _correspondent_or_worker(caller: MayKnowMe) -> Caller:
    if Scope.OWN_FILE not in caller.scopes:
        insist(caller, [Scope.EXCHANGE])
    return caller


MayExchangeOrReadOwnFile = Annotated[Caller, Depends(_correspondent_or_worker)]
