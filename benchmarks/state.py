"""What bookkeeping costs: a run of creates with its state, against the same run without any.

A create is begin, one request, put, settle, a second request (the read back), put; ten threads do them, and a request is a wait
of 50 ms. `local` writes beside the project; `http` to a state server and `object` to a store that speaks S3, each in a process of
its own and without latency. The share is the time on the wall that a run takes beyond one without a state; the processor's, which
other work of the machine disturbs less, stands beside it. Run: `python benchmarks/state.py`; `--creates 1000` is quick.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mscode.http.state_client import StateClient
from mscode.model.address import Address
from mscode.model.world import Entry, Intent
from mscode.state.backend import Backend
from mscode.state.local.backend import LocalBackend
from mscode.state.remote.backend import RemoteBackend
from mscode.state.remote.http import Addresses, HttpRemote
from mscode.state.remote.object import ObjectRemote, Where
from mscode.state.store import StateStore

PARALLELISM = 10
ROOT = Path(__file__).resolve().parent.parent
APPLIED = {"name": "Voice 17", "description": "", "text": "Hello number 17", "voiceCode": "en"}
#: Backend to the share of the run that its bookkeeping may be.
TARGETS = {"local": 0.05, "http": 0.10, "object": 0.10}
#: What a create may cost in a run of the most creates, against one of the fewest; of a quadratic cost it would be their ratio.
GROWTH = 2.0
HTTP = """
import json, sys, time
from tests.state.state_server import state_server
with state_server() as (url, kept):
    kept.delay = float(sys.argv[1])
    print(url, flush=True)
    sys.stdin.read()
    said = {"count": kept.count("POST"), "bytes": kept.received, "seconds": time.process_time()}
    print(json.dumps(said), flush=True)
"""
S3 = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "y",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creates", type=int, nargs="+", default=[1_000, 3_000, 10_000])
    parser.add_argument("--latency", type=float, default=50, help="ms of a request to the API")
    parser.add_argument("--state-latency", type=float, default=0, help="ms of a request to the state server (http)")
    parser.add_argument("--only", choices=TARGETS)
    given = parser.parse_args()
    os.environ.update(S3)
    made: dict[str, list[Row]] = {}
    for creates in given.creates:
        bare = timed(None, creates, given.latency / 1000)
        print(f"{creates:,} creates without a state: {bare.wall:.1f} s", flush=True)
        for name in [given.only] if given.only else TARGETS:
            with tempfile.TemporaryDirectory() as folder, BACKENDS[name](Path(folder), given) as served:
                took = timed(served.backend, creates, given.latency / 1000)
                row = Row(creates, took, bare)
                made.setdefault(name, []).append(row)
            report(name, row, served)
    for name, rows in made.items():
        report_growth(name, rows)


@dataclass(frozen=True)
class Took:
    """Seconds on the wall and of the processor; how often the disk was waited for, and the median wait."""

    wall: float
    cpu: float
    syncs: int
    sync_ms: float


@dataclass(frozen=True)
class Row:
    """A run of so many creates, and the same without a state."""

    creates: int
    took: Took
    bare: Took

    @property
    def share(self) -> float:
        return (self.took.wall - self.bare.wall) / self.took.wall

    @property
    def processor(self) -> float:
        return self.took.cpu - self.bare.cpu


@dataclass
class Served:
    """A backend, and after the run what its server says of it."""

    backend: Backend
    said: str = ""


def report(name: str, row: Row, served: Served) -> None:
    target = TARGETS[name]
    verdict = "ok" if row.share <= target else "MISSED"
    waits = f", {row.took.syncs:,} waits for the disk of {row.took.sync_ms:.1f} ms" if row.took.syncs else ""
    print(
        f"{name}, {row.creates:,} creates: {row.took.wall:.1f} s, bookkeeping {row.share:.1%} of it (target {target:.0%}): "
        f"{verdict}; processor {row.processor:.1f} s ({row.processor / row.took.wall:.1%}){waits}{served.said}",
        flush=True,
    )


def report_growth(name: str, rows: list[Row]) -> None:
    """What a create costs the processor in the longest run, against the shortest."""
    if len(rows) > 1:
        first, last = (row.processor / row.creates for row in (rows[0], rows[-1]))
        verdict = "ok" if last <= GROWTH * first else "MISSED"
        print(
            f"{name}: a create of {rows[-1].creates:,} takes {last / first:.2f} times the processor of one of "
            f"{rows[0].creates:,} (target {GROWTH:g}): {verdict}"
        )


@contextmanager
def local(folder: Path, given: argparse.Namespace) -> Iterator[Served]:
    yield Served(LocalBackend(folder / "local"))


@contextmanager
def http(folder: Path, given: argparse.Namespace) -> Iterator[Served]:
    with process("-c", HTTP, str(given.state_latency / 1000)) as (url, end):
        addresses = Addresses.of({"backend": "http", "address": f"{url}/one"})
        served = Served(RemoteBackend(HttpRemote(StateClient(), addresses), folder / "http"))
        yield served
        served.said = said_of(end())


@contextmanager
def objects(folder: Path, given: argparse.Namespace) -> Iterator[Served]:
    with process(str(ROOT / "benchmarks" / "store_server.py")) as (url, end):
        remote = ObjectRemote(Where("s3://states", "state.json", "us-east-1", url))
        served = Served(RemoteBackend(remote, folder / "object"))
        yield served
        served.said = said_of(end())


def said_of(line: str) -> str:
    """What a server says in the end, for people."""
    said = json.loads(line)
    return f"; {said['count']:,} writes of {said['bytes'] / 1e6:.0f} MB, server {said['seconds']:.1f} s"


BACKENDS = {"local": local, "http": http, "object": objects}


@contextmanager
def process(*arguments: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """A server in a process of its own: its URL, and what ends it and gives its last line."""
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        given, said = server.stdin, server.stdout
        assert given is not None and said is not None

        def end() -> str:
            given.close()
            return said.readline()

        yield said.readline().strip(), end


def timed(backend: Backend | None, creates: int, latency: float) -> Took:
    """The run, opening and closing the state among it."""
    waits: list[float] = []
    sync = os.fsync

    def timed_sync(descriptor: int) -> None:
        before = time.perf_counter()
        sync(descriptor)
        waits.append(time.perf_counter() - before)

    began, cpu = time.perf_counter(), time.process_time()
    os.fsync = timed_sync  # type: ignore[assignment]
    if backend is None:
        run(None, creates, latency)
    else:
        lock = backend.lock("apply")
        lock.acquire()
        with StateStore.open(backend.storage(), "bench", "bench", "https://api.example.com/v1") as store:
            run(store, creates, latency)
        lock.release()
    os.fsync = sync
    median = statistics.median(waits) * 1000 if waits else 0.0
    return Took(time.perf_counter() - began, time.process_time() - cpu, len(waits), median)


def run(store: StateStore | None, creates: int, latency: float) -> None:
    def create(number: int) -> None:
        address = Address("voiceFiles", f"v{number}")
        if store:
            store.begin([Intent(address, 1, f"{number:032}", "hmac:" + "0" * 64)])
        time.sleep(latency)
        if store:
            store.put(Entry(address, str(number)))
            store.end_intent(address)
        time.sleep(latency)
        if store:
            store.put(Entry(address, str(number), created_at="2026-11-30T06:00:00Z", applied=APPLIED))

    with ThreadPoolExecutor(PARALLELISM) as pool:
        for done in [pool.submit(create, number) for number in range(creates)]:
            done.result()


if __name__ == "__main__":
    main()
