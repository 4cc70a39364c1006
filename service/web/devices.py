"""A browser of somebody without an account, known by a secret that it got after a check."""

from dataclasses import dataclass

from fastapi import Request, Response

from service.identity import sessions
from service.identity.tokens import TokenVerifier
from service.identity.web_session import BadForm


@dataclass(frozen=True, slots=True)
class KnownBrowser:
    """The cookie that holds the secret, and what goes with it."""

    cookie: str

    def device(self, request: Request) -> str | None:
        """The secret of this browser, if it ever passed a check."""
        return request.cookies.get(sessions.cookie_name(self.cookie, request.app.state.settings))

    def keep(self, request: Request, response: Response, device: str, seconds: int) -> None:
        """Let the browser be known for some time."""
        sessions.set_cookie(response, self.cookie, device, request.app.state.settings, seconds)

    def drop(self, request: Request, response: Response) -> None:
        """Let the browser be forgotten."""
        sessions.drop_cookie(response, self.cookie, request.app.state.settings)

    def csrf(self, request: Request) -> str:
        """What a form must carry to come from this browser."""
        verifier: TokenVerifier = request.app.state.verifier
        return sessions.form_token(verifier.keys.secret, self.device(request) or "")

    def check_form(self, request: Request, token: str) -> None:
        """Insist that the form comes from a page of this browser. Raises BadForm."""
        if self.device(request) is None or not sessions.same(self.csrf(request), token):
            raise BadForm
