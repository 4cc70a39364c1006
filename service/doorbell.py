"""Waiting until something was promised, as PostgreSQL tells it at the commit (see outbox.promise)."""

import threading

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from service.outbox import DOORBELL


class Doorbell:
    """A connection that listens. When it is gone one waits the whole time, and the next wait makes a new one."""

    def __init__(self, url: str) -> None:
        self._address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection: psycopg.Connection | None = None

    def wait(self, seconds: float) -> None:
        """Wait until something was promised, or for so many seconds."""
        try:
            for _ in self._listening().notifies(timeout=seconds, stop_after=1):
                return
        except psycopg.OperationalError:
            self._connection = None
            threading.Event().wait(seconds)

    def _listening(self) -> psycopg.Connection:
        if self._connection is None:
            self._connection = psycopg.connect(self._address, autocommit=True, connect_timeout=5)
            self._connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(DOORBELL)))
        return self._connection
