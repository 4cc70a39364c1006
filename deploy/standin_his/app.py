"""A stand-in for the system of a practice: takes messages by FHIR, shows them, and answers. For trials only.

Everything is in memory and on this machine; it holds made-up workers and nothing else.
"""

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import FastAPI, Form, HTTPException, Request, Response
from pydantic import BaseModel
from starlette.middleware.trustedhost import TrustedHostMiddleware

from deploy.standin_his.answering import answer_to
from deploy.standin_his.tokens import SECONDS, Tokens
from fhir.issues import Issue, Unreadable, issue
from fhir.reading.message import read_message
from fhir.referral import Acknowledgement, Answered, ReferralMessage
from fhir.writing.message import write_acknowledgement, write_message

FHIR = "application/fhir+json"
# Sends one message to Arbobrug as this practice; gives the answer.
Send = Callable[[bytes], Any]


class Reply(BaseModel):
    """What the practice answers; a question that is not named is the one in the letter."""

    answer: str
    question: str | None = None


@dataclass
class Kept:
    """One message that came, and what it was answered."""

    message: ReferralMessage
    sha256: str
    answer: bytes = field(repr=False)


@dataclass
class Practice:
    """The stand-in: its tokens, its inbox, and how it sends."""

    base_url: str
    tokens: Tokens
    send: Send
    inbox: dict[str, Kept] = field(default_factory=dict)

    def take(self, body: bytes) -> tuple[int, bytes]:
        """Take in a message; the same bytes again get the same answer."""
        try:
            message = read_message(json.loads(body))
        except (Unreadable, ValueError) as why:
            found = list(why.issues) if isinstance(why, Unreadable) else [issue("AB-V030")]
            return 422, self._answer("onbekend", "verwijzing-status", found)
        sha256 = hashlib.sha256(body).hexdigest()
        kept = self.inbox.get(message.message_id)
        if kept is None:
            kept = Kept(message, sha256, self._answer(message.message_id, message.event.value, []))
            self.inbox[message.message_id] = kept
        elif kept.sha256 != sha256:
            return 409, self._answer(message.message_id, message.event.value, [issue("AB-L004")])
        return 200, kept.answer

    def reply(self, message_id: str, said: Reply) -> Any:
        """Answer a message by FHIR."""
        request = self.inbox[message_id].message
        question = said.question or (request.letter.question if request.letter else None) or ""
        return self.send(json.dumps(write_message(answer_to(request, [Answered(question, said.answer)]))).encode())

    def _answer(self, message_id: str, event: str, issues: list[Issue]) -> bytes:
        code = Acknowledgement.FATAL_ERROR if issues else Acknowledgement.OK
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        endpoint = f"{self.base_url}/fhir/R4"
        made = write_acknowledgement(str(uuid.uuid4()), message_id, event, code, issues, endpoint, moment)
        return json.dumps(made).encode()


def create_app(practice: Practice) -> FastAPI:
    """The program of one practice."""
    app = FastAPI(title="Stand-in HIS", docs_url=None, redoc_url=None)
    # A page of a stranger in a browser on this machine must not reach it under another name.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])

    @app.post("/oauth/token")
    def token(client_assertion: Annotated[str, Form()], grant_type: Annotated[str, Form()]) -> dict[str, Any]:
        """Give a token to Arbobrug."""
        given = practice.tokens.give(client_assertion) if grant_type == "client_credentials" else None
        if given is None:
            raise HTTPException(401)
        return {"access_token": given, "token_type": "Bearer", "expires_in": SECONDS}

    @app.post("/fhir/R4/$process-message")
    async def process_message(request: Request) -> Response:
        """Take in a message."""
        if not practice.tokens.knows(request.headers.get("authorization")):
            raise HTTPException(401)
        status, body = practice.take(await request.body())
        return Response(body, status, media_type=FHIR)

    @app.get("/messages")
    def messages() -> list[dict[str, Any]]:
        """What came, newest last."""
        return [_shown(kept.message) for kept in practice.inbox.values()]

    @app.post("/messages/{message_id}/answer")
    def answer(message_id: str, said: Reply) -> Any:
        """Answer one, by FHIR."""
        if message_id not in practice.inbox:
            raise HTTPException(404)
        return practice.reply(message_id, said)

    return app


def _shown(message: ReferralMessage) -> dict[str, Any]:
    return {
        "id": message.message_id,
        "event": message.event.value,
        "task": message.task_id,
        "from": message.sender.organisation.name,
        "patient": message.patient.name if message.patient else None,
        "question": message.letter.question if message.letter else None,
        "text": message.reason_text,
    }
