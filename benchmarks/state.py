"""What bookkeeping costs: a run of creates with its state, against the same run without any.

A create is begin, one request, put, settle, a second request (the read back), put; ten threads do them, and a request
is a wait. `local` writes beside the project; `http` sends the whole document for each wave of intents to a state server
in a process of its own, `--state-latency` away. Run: `python benchmarks/state.py`; `--creates 1000` is quick.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
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
from mscode.state.store import StateStore

PARALLELISM = 10
ROOT = Path(__file__).resolve().parent.parent
APPLIED = {"name": "Voice 17", "description": "", "text": "Hello number 17", "voiceCode": "en"}
SERVER = """
import sys, threading
from tests.state.state_server import state_server
with state_server() as (url, kept):
    kept.delay = float(sys.argv[1])
    print(url, flush=True)
    sys.stdin.read()
    print(kept.count("POST"), sum(map(len, kept.documents.values())), flush=True)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creates", type=int, default=10_000)
    parser.add_argument("--latency", type=float, default=50, help="ms of a request to the API")
    parser.add_argument("--state-latency", type=float, default=0, help="ms of a request to the state server")
    parser.add_argument("--only", choices=("local", "http"))
    given = parser.parse_args()
    bare = timed(None, given.creates, given.latency / 1000)
    print(f"{given.creates:,} creates without a state: {bare.wall:.1f} s")
    with tempfile.TemporaryDirectory() as folder:
        if given.only != "http":
            report("local", timed(LocalBackend(Path(folder) / "local"), given.creates, given.latency / 1000), bare)
        if given.only != "local":
            with served(given.state_latency / 1000) as url:
                addresses = Addresses.of({"backend": "http", "address": f"{url}/one"})
                backend = RemoteBackend(HttpRemote(StateClient(), addresses), Path(folder) / "http")
                report("http", timed(backend, given.creates, given.latency / 1000), bare)


def report(name: str, took: Took, bare: Took) -> None:
    share = (took.wall - bare.wall) / took.wall
    waits = f", {took.syncs:,} waits for the disk of {took.sync_ms:.1f} ms" if took.syncs else ""
    print(
        f"{name}: {took.wall:.1f} s, bookkeeping {share:.1%} of it (target for local: 10 %), "
        f"processor {took.cpu - bare.cpu:.1f} s{waits}"
    )


@contextmanager
def served(delay: float) -> Iterator[str]:
    command = [sys.executable, "-c", SERVER, str(delay)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdin is not None and server.stdout is not None
        yield server.stdout.readline().strip()
        server.stdin.close()
        writes, size = server.stdout.readline().split()
        print(f"http: {int(writes):,} writes, the last one {int(size) / 1e6:.1f} MB")


@dataclass(frozen=True)
class Took:
    """Seconds on the wall and of the processor; how often the disk was waited for, and the median wait."""

    wall: float
    cpu: float
    syncs: int
    sync_ms: float


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
