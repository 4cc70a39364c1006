"""People in a browser without script: signed in, reading pages and sending the forms on them."""

import re
from html import unescape
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from service.identity import sessions
from service.identity.tables import Account
from tests.api.world import BASE, Visitor, World

HTML = {"Accept": "text/html"}


class Browser:
    """A browser with at most one person in it."""

    def __init__(self, world: World, visitor: Visitor | None = None) -> None:
        self.http = TestClient(world.app, base_url=BASE, follow_redirects=False, headers=HTML)
        if visitor is not None:
            assert isinstance(visitor.row, Account)
            with world.database.transaction() as session:
                known = sessions.begin(session, visitor.row)
            self.http.cookies.set(sessions.cookie_name("arbobrug", world.settings), known)

    def get(self, path: str, status: int = 200) -> Response:
        answer = self.http.get(path)
        assert answer.status_code == status, answer.text
        return answer

    def see(self, path: str, status: int = 200) -> str:
        return text_of(self.get(path, status))

    def send(self, path: str, shown: Response, status: int = 303, **filled: Any) -> Response:
        """Send a form of the page that is shown, with its hidden fields."""
        hidden = dict(re.findall(r'<input type="hidden" name="(csrf|version)" value="([^"]*)">', shown.text))
        answer = self.http.post(path, data=hidden | {name.replace("_", "-"): value for name, value in filled.items()})
        assert answer.status_code == status, answer.text
        return answer


def text_of(answer: Response) -> str:
    """What a person reads: no tags, single spaces."""
    assert answer.headers["content-type"].startswith("text/html")
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())
