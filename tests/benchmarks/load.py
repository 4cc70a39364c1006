"""The load: a program of its own that sends requests as fast as they are answered, and times each (milliseconds).

It reads one order a line (JSON) from standard input and writes one sample a line to standard output, so that one
process serves a whole run. Loopback only, bounded in time and in number.
"""

import asyncio
import contextlib
import itertools
import json
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

import uvloop

from tests.benchmarks import bare

HOST = "127.0.0.1"
MOST = 200_000
# Words in a request that the load replaces. KEY is new for every request; PLACE and ETAG are what the request before
# in the same act answered. All others come from the order, and are as long as what replaces them when in a body.
KEY, PLACE, ETAG = "@@KEY", "@@PLACE", "@@ETAG"
_END, _LENGTH = b"\r\n\r\n", b"content-length: "


class Order(TypedDict):
    """What to measure: acts of one or more requests over a number of connections, for so many seconds."""

    port: int
    connections: int
    seconds: float
    most: int
    requests: Sequence[str]
    vary: Mapping[str, Sequence[str]]  # taken in turn, again from the first after the last
    spend: Mapping[str, Sequence[str]]  # taken in turn, each once; when they run out the measurement ends


class Sample(TypedDict):
    """What was measured. The rate is in acts per second, times are in milliseconds."""

    acts: int
    rate: float
    p50: float
    p95: float
    p99: float
    faults: dict[str, int]


def sample(times: list[float], seconds: float, faults: Mapping[str, int]) -> Sample:
    """Sum up times (in seconds) measured over a number of seconds."""
    ordered = sorted(times)
    p50, p95, p99 = (_at(ordered, part) for part in (0.50, 0.95, 0.99))
    return Sample(acts=len(times), rate=round(len(times) / seconds, 1), p50=p50, p95=p95, p99=p99, faults=dict(faults))


def _at(ordered: Sequence[float], part: float) -> float:
    """The time (ms) that this part of the requests did not exceed; 0 when there was none."""
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000, 3) if ordered else 0.0


@dataclass
class Run:
    """One measurement in progress, shared by its connections."""

    order: Order
    started: float = field(default_factory=time.perf_counter)
    times: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Turn words into bytes once."""
        self.templates = [request.encode() for request in self.order["requests"]]
        self.words = [(word.encode(), _endless(values)) for word, values in self.order["vary"].items()]
        self.words += [(word.encode(), _once(values)) for word, values in self.order["spend"].items()]
        self.until = self.started + self.order["seconds"]

    def over(self) -> bool:
        """Tell whether time or number is up."""
        return len(self.times) >= self.order["most"] or time.perf_counter() >= self.until

    def request(self, step: int, place: bytes, etag: bytes) -> bytes | None:
        """The bytes of the next request; none when what may be used once is used up."""
        request = self.templates[step].replace(KEY.encode(), str(uuid.uuid4()).encode())
        if step:
            request = request.replace(PLACE.encode(), place).replace(ETAG.encode(), etag)
        for word, values in self.words:
            if word in request:
                value = next(values, None)
                if value is None:
                    return None
                request = request.replace(word, value)
        return request


def _endless(values: Sequence[str]) -> Iterator[bytes]:
    return itertools.cycle([value.encode() for value in values])


def _once(values: Sequence[str]) -> Iterator[bytes]:
    return iter([value.encode() for value in values])


class Connection(asyncio.Protocol):
    """One keep-alive connection: sends a request, waits for the whole answer, sends the next."""

    def __init__(self, run: Run, done: "asyncio.Future[None]") -> None:
        self.run, self.done = run, done
        self.kept, self.step, self.began = b"", 0, 0.0

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        self.transport = transport
        self.send()

    def send(self, place: bytes = b"", etag: bytes = b"") -> None:
        """Send the request of this step, or stop when the run is over."""
        over = self.step == 0 and self.run.over()
        request = None if over else self.run.request(self.step, place, etag)
        if request is None:
            self.finish()
            return
        if self.step == 0:
            self.began = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Note an answer once it is whole."""
        self.kept += data
        end = self.kept.find(_END)
        if end < 0:
            return
        head = self.kept[:end].lower()
        if len(self.kept) < end + len(_END) + int(_value(head, _LENGTH) or 0):
            return
        whole, self.kept = self.kept[:end], b""
        self.answered(head, whole)

    def answered(self, head: bytes, whole: bytes) -> None:
        """Count the answer, and go on with the act or with the next."""
        status = head[9:12].decode()
        self.step += 1
        if not status.startswith("2"):
            self.run.faults[status] += 1
            self.step = 0
        elif self.step == len(self.run.templates):
            self.run.times.append(time.perf_counter() - self.began)
            self.step = 0
        self.send(_value(whole, b"location: "), _value(whole, b"etag: "))

    def connection_lost(self, _: Exception | None) -> None:
        """A server that hangs up in the middle is a fault."""
        if not self.done.done():
            self.run.faults["closed"] += 1
            self.done.set_result(None)

    def finish(self) -> None:
        """Hang up."""
        if not self.done.done():
            self.done.set_result(None)
        self.transport.close()


def _value(head: bytes, name: bytes) -> bytes:
    at = head.find(b"\r\n" + name)
    if at < 0:
        return b""
    begin = at + 2 + len(name)
    end = head.find(b"\r\n", begin)
    return head[begin : end if end >= 0 else len(head)]


async def measure(order: Order) -> Sample:
    """Carry out one order; a connection that hears nothing for long is cut off and counted as a fault."""
    loop, run = asyncio.get_running_loop(), Run(order)
    done: list[asyncio.Future[None]] = []
    for _ in range(order["connections"]):
        finished = loop.create_future()
        done.append(finished)
        await loop.create_connection(lambda finished=finished: Connection(run, finished), HOST, order["port"])  # type: ignore[misc]
    waiting = asyncio.gather(*done)
    try:
        await asyncio.wait_for(waiting, order["seconds"] + 20)
    except TimeoutError:
        run.faults["silent"] += 1
    return sample(run.times, time.perf_counter() - run.started, run.faults)


def carry_out(order: Any) -> Sample:
    """Carry out an order over HTTP, or a bare insert."""
    if "insert" in order:
        times, seconds = bare.insert(order["insert"], order["connections"], order["seconds"], order["bytes"])
        return sample(times, seconds, {})
    return uvloop.run(measure(order))


def serve(lines: Iterator[str], answer: Callable[[str], object]) -> None:
    """Carry out orders until there are no more."""
    for line in lines:
        answer(json.dumps(carry_out(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        serve(sys.stdin, sys.stdout.write)
