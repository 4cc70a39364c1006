"""Rows about a worker, sealed and noted outside; and what somebody with every right on the database can do to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import col, select

from service.audit import sealing
from service.audit.heads import Head, HeadKey, Heads
from service.audit.tables import Act, PersonEvent, Seal, record_person
from service.audit.verifying import Report, verify
from service.clock import now
from service.database import Database, append, is_sqlite
from service.identity.access import Caller, Role
from service.ids import first_id_at

TABLES = ("person_event", "person_event_seal")


@dataclass
class Trail:
    """A database, a key and a file of heads."""

    database: Database
    folder: Path
    key: HeadKey = field(init=False)
    heads: Heads = field(init=False)

    def __post_init__(self) -> None:
        self.key, self.heads = HeadKey(self.folder / "audit-key.pem"), Heads(self.folder / "audit-heads.jsonl")

    def write(self, count: int = 1) -> None:
        caller = Caller(uuid4(), Role.BEDRIJFSARTS, uuid4(), "tests", frozenset())
        with self.database.transaction() as session:
            for number in range(count):
                data = frozenset({"findings", f"deel {number}"})
                record_person(session, caller, Act.READ, "referral.read", "pseudoniem", "referral", uuid4(), data=data)

    def write_at(self, moment: datetime) -> UUID:
        """A row that says it was written at another moment, under an id of that moment."""
        made = UUID(int=first_id_at(moment).int + uuid4().int % 2**32)
        row = {"id": made, "at": moment, "actor": uuid4()}
        words = {"act": "read", "event": "referral.read", "subject": "p", "actor_role": "huisarts", "client_id": "x"}
        rest = {"object_kind": "referral", "data": [], "basis": "consent", "emergency": False, "outcome": "success"}
        with self.database.transaction() as session:
            append(session, PersonEvent, [row | words | rest])
        return made

    def seal(self, *, everything: bool = False) -> int:
        return sealing.seal(self.database, self.key, everything=everything)

    def note(self) -> None:
        sealing.publish_head(self.database, self.heads)

    def sealed(self, *counts: int) -> None:
        """Rows in as many batches, each sealed and its head noted outside."""
        for count in counts:
            self.write(count)
            self.seal()
            self.note()

    def rows(self) -> Sequence[Seal]:
        with self.database.reading() as session:
            return session.exec(select(Seal).order_by(col(Seal.position))).all()

    def row(self, position: int) -> UUID:
        return next(one.event_id for one in self.rows() if one.position == position)

    def by_force(self, *statements: str, **values: Any) -> None:
        """What whoever owns the database can do: take the triggers off, and put them on again."""
        with self.database.transaction() as session:
            for table in TABLES:
                self._guard(session, table, on=False)
            for statement in statements:
                session.execute(text(statement), {name: self.written(value) for name, value in values.items()})
            for table in TABLES:
                self._guard(session, table, on=True)

    def written(self, value: Any) -> Any:
        """An id as the database keeps it."""
        return value.hex if isinstance(value, UUID) and self.database.engine.dialect.name == "sqlite" else value

    def _guard(self, session: Any, table: str, *, on: bool) -> None:
        if not is_sqlite(session):
            session.execute(text(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} TRIGGER ALL"))
            return
        for act in ("update", "delete"):
            name = f"{table}_no_{act}"
            made = f"CREATE TRIGGER {name} BEFORE {act} ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END"
            session.execute(text(made if on else f"DROP TRIGGER {name}"))

    def verify(self, start: Head | None = None) -> Report:
        return verify(self.database, self.key, self.heads, start, lambda _, __: None)

    def found(self, start: Head | None = None) -> set[tuple[int, str, UUID | None]]:
        return {(one.position, one.fault.value, one.row) for one in self.verify(start).findings}


LONG_AGO = now() - timedelta(days=3)
