"""How the world reaches identity: the OAuth endpoints, the discovery documents, and who am I."""

import threading
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from service.database import Reading, Transaction
from service.identity import authorizing
from service.identity.access import MayKnowMe, Scope
from service.identity.assertions import ALGORITHMS
from service.identity.incoming import Read
from service.identity.server import Issuer
from service.identity.tables import Account, GrantType, OAuthClient, Organisation
from service.identity.tokens import TokenVerifier
from service.problems import NotAuthenticated
from service.strict_json import StrictRoute

# A few at a time keep processor and disk busy; more of them only wait for each other, and the last waits longest.
_turns = threading.BoundedSemaphore(4)

router = APIRouter(include_in_schema=False)
me_router = APIRouter(tags=["me"], route_class=StrictRoute)


async def _verifier(request: Request) -> TokenVerifier:
    verifier: TokenVerifier = request.app.state.verifier
    return verifier


Verifier = Annotated[TokenVerifier, Depends(_verifier)]


@router.get("/oauth/authorize")
def authorize(request: Request, incoming: Read) -> Response:
    """Ask a person for access."""
    return authorizing.ask(authorizing.Desk(request, incoming))


@router.post("/oauth/authorize")
def authorize_form(request: Request, incoming: Read) -> Response:
    """Take what the person filled in."""
    desk = authorizing.Desk(request, incoming)
    match incoming.value("step"):
        case "sign-in":
            return authorizing.sign_in(desk)
        case "consent":
            return authorizing.decide(desk)
        case _:
            return authorizing.ask(desk)


@router.post("/oauth/token")
def token(incoming: Read, verifier: Verifier) -> Response:
    """Give an access token."""
    with _turns, verifier.database.transaction() as session:
        return Issuer(session, verifier).token(incoming)


@router.post("/oauth/revoke")
def revoke(incoming: Read, session: Transaction, verifier: Verifier) -> Response:
    """Take a token back (RFC 7009)."""
    return Issuer(session, verifier).revocation(incoming)


@router.post("/oauth/introspect")
def introspect(incoming: Read, session: Transaction, verifier: Verifier) -> Response:
    """Say what a token means (RFC 7662)."""
    return Issuer(session, verifier).introspection(incoming)


@router.get("/oauth/jwks")
def jwks(verifier: Verifier) -> dict[str, Any]:
    """The public keys: the one that signs and the one before it."""
    verifier.keys.reread()
    return verifier.keys.published()


@router.get("/.well-known/oauth-authorization-server")
@router.get("/.well-known/openid-configuration")
def metadata(verifier: Verifier) -> dict[str, Any]:
    """What this authorization server can do (RFC 8414). There are no ID tokens, so it promises none."""
    base = verifier.settings.base_url
    signed = {"auth_methods_supported": ["private_key_jwt"], "auth_signing_alg_values_supported": list(ALGORITHMS)}
    either = {**signed, "auth_methods_supported": ["private_key_jwt", "none"]}
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/oauth/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "introspection_endpoint": f"{base}/oauth/introspect",
        "jwks_uri": f"{base}/oauth/jwks",
        "scopes_supported": [scope.value for scope in Scope],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [grant.value for grant in GrantType],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "subject_types_supported": ["public"],
        "ui_locales_supported": ["nl", "en"],
        **{f"token_endpoint_{name}": value for name, value in either.items()},
        **{f"revocation_endpoint_{name}": value for name, value in either.items()},
        **{f"introspection_endpoint_{name}": value for name, value in signed.items()},
    }


class Me(BaseModel):
    """Who is calling, as we see it."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    subject: str
    name: str
    role: str
    organisation: str | None
    client_id: str
    acts_for: str | None
    scopes: list[str]
    demo: bool


@me_router.get("/me")
def me(caller: MayKnowMe, session: Reading) -> Me:
    """Who you are to us, for whom you work, and what your token allows."""
    found = session.get(Account, caller.subject) or session.get(OAuthClient, caller.subject)
    if found is None:
        raise NotAuthenticated
    organisation = session.get(Organisation, caller.organisation) if caller.organisation else None
    return Me(
        subject=str(caller.subject),
        name=found.name,
        role=caller.role.value,
        organisation=organisation.name if organisation else None,
        client_id=caller.client_id,
        acts_for=str(caller.acts_for) if caller.acts_for else None,
        scopes=sorted(caller.scopes),
        demo=caller.demo,
    )
