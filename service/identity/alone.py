"""One statement as a transaction of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session

from service.database import Database


@contextmanager
def alone(database: Database, *, writes: bool = False) -> Iterator[Session]:
    """A session for one statement, which is committed when it has been carried out.

    PostgreSQL is spared the conversation around it (BEGIN, COMMIT); with SQLite, in this process, there is none.
    """
    if database.engine.dialect.name == "sqlite":
        with database.transaction() if writes else database.reading() as session:
            yield session
    else:
        with Session(database.engine, expire_on_commit=False) as session:
            session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            yield session
