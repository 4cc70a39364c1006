"""The distributed form as plain processes of this machine: PostgreSQL, Redis, workers, relays and beats."""

import contextlib
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from sqlmodel import select

from service import migrate, outbox
from service.clock import now
from service.database import Database
from service.identity.keys import KeyRing
from service.notifications.tables import Notice
from service.outbox import Job, Promise, State
from service.persons.vault import Vault
from tests.api.world import opened
from tests.house.places import ROOT
from tests.servers import Redis, postgres, redis_server

PATIENCE = 40.0


class Mailbox(socketserver.ThreadingTCPServer):
    """A mail server that counts how often it took each Message-ID."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.taken: Counter[str] = Counter()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Taking(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self._say(b"220 hier")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"DATA":
                self._say(b"354 ga door")
                self._take()
            self._say(b"221 dag" if word == b"QUIT" else b"250 goed")

    def _take(self) -> None:
        for line in iter(self.rfile.readline, b".\r\n"):
            if line.startswith(b"Message-ID: <"):
                self.server.taken[line[13:].partition(b"@")[0].decode()] += 1

    def _say(self, words: bytes) -> None:
        with contextlib.suppress(OSError):  # who was killed does not listen
            self.wfile.write(words + b"\r\n")


@dataclass
class Program:
    """One process of the distributed form, in a group of its own."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def kill(self) -> None:
        """Kill -9: the main process and every child at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """SIGTERM to the main process, as whoever deploys does; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def alive(self) -> bool:
        return self.process.poll() is None


@dataclass
class Cluster:
    """One installation. What is started here is gone when the block ends."""

    url: str
    redis: Redis
    mailbox: Mailbox
    folder: Path
    lease: int = 3
    programs: list[Program] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = Database(self.url)
        migrate.upgrade(self.database.engine)
        KeyRing(self.folder / "signing-keys.json")
        Vault(self.folder / "person-keys.json")
        with opened(self.url, self.folder) as world:
            doctor = world.person(email="arts@praktijk.example")
            self._case = doctor.id, UUID(doctor.file()["notificationId"])

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ARBOBRUG_")}
        return kept | {
            "DATABASE_URL": self.url,
            "REDIS_URL": self.redis.url,
            "ARBOBRUG_DATA": str(self.folder),
            "ARBOBRUG_SMTP_URL": self.mailbox.url,
            "ARBOBRUG_LEASE_SECONDS": str(self.lease),
        }

    def start(self, *words: str, dies: Sequence[str] = ()) -> Program:
        """Start `python -m workflows ...`; `dies` is where it kills itself (see dying.py)."""
        module = ["-m", "tests.workflows.dying", *dies] if dies else ["-m", "workflows"]
        log = self.folder / f"{words[0]}-{len(self.programs)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *module, *words],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.programs.append(Program(process, log))
        return self.programs[-1]

    def acknowledge(self, count: int = 1) -> set[str]:
        """So many cases in which something came back, each with its promise in a transaction of its own."""
        ids = [uuid4() for _ in range(count)]
        owner, notification = self._case
        for one in ids:
            with self.database.transaction() as session:
                notice = Notice(id=one, owner=owner, notification_id=notification, state="returned", at=now())
                session.add(notice)
                outbox.promise(session, Job.MAIL_NOTICE, one)
        return {str(one) for one in ids}

    def rows(self) -> list[Promise]:
        with self.database.reading() as session:
            return list(session.exec(select(Promise)))

    def done(self, cases: set[str]) -> bool:
        """Whether the promises of these cases are all kept."""
        with self.database.reading() as session:
            kept = select(Promise.subject).where(Promise.state == State.DONE)
            return cases <= {str(subject) for subject in session.exec(kept)}

    def until(self, true: Callable[[], bool], what: str = "") -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, f"{what}\n{self.words()}"
            time.sleep(0.02)

    def settle(self, cases: set[str]) -> None:
        """Wait until every promise of these cases is kept; each has reached the mailbox by then."""
        self.until(lambda: self.done(cases), "not kept in time")
        assert cases <= self.mailbox.taken.keys()

    def words(self) -> str:
        """What the programs said last."""
        return "\n".join(f"{one.log.name}: {one.log.read_text()[-1500:]}" for one in self.programs)

    def close(self) -> None:
        for program in self.programs:
            program.kill()
        self.database.close()


@contextlib.contextmanager
def cluster(folder: Path, lease: int = 3) -> Iterator[Cluster]:
    """An installation on servers of its own, both durable as in earnest; no program of ours runs yet."""
    with (
        postgres(durable=True) as server,
        redis_server(durable=True) as broker,
        Mailbox() as mailbox,
    ):
        threading.Thread(target=mailbox.serve_forever, daemon=True).start()
        made = Cluster(server.url(server.create()), broker, mailbox, folder, lease)
        try:
            yield made
        finally:
            made.close()
            mailbox.shutdown()
