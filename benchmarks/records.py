"""What records cost, in a folder: in time and on the disk; and on a state server: in time and in bytes that are sent. Run:
`python benchmarks/records.py`; `--people 10000` is quick.

A launch with its result, for as many people as `--people` says; a question about a person over `--launches` launches of 1,000
people each, the verification of those, the erasure of a person, and one more launch after them, beside the first of all: a write
costs time in proportion to what is written, and not to the history.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from mscode.app.environment import private_folder
from mscode.model.address import Address
from mscode.state.local.backend import LocalState
from mscode.state.records.context import RunContext
from mscode.state.records.http import PART, HttpRecords
from mscode.state.records.local import LocalRecords, records_folder
from mscode.state.records.people import PersonResult
from mscode.state.records.shape import Launch, Part, Result, Totals
from mscode.state.records.store import RecordStore
from mscode.state.records.verify import verify
from mscode.state.store import StateStore

MB = 1_000_000
T = TypeVar("T")
#: Seconds in which the launches that were to reach a person are shown.
MOST_SECONDS = 3
PROJECT = """\
apiVersion: mscode/v1
project: bench
environments: {production: {url: "https://api.example.com"}}
defaultEnvironment: production
"""
AT = "2026-12-01T09:00:00Z"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--launches", type=int, default=1_000)
    parser.add_argument("--person", action="store_true", help="the launches of 1,000 people and a person in them alone")
    given = parser.parse_args()
    if given.person:
        sys.exit(0 if many(given.launches) else 1)
    is_met = [large(given.people), many(given.launches), on_server(given.launches)]
    sys.exit(0 if all(is_met) else 1)


def large(people: int) -> bool:
    """One launch of so many people and its result; are they as small as they must be?"""
    numbers = [f"+35840{at:07}" for at in range(people)]
    results = {number: PersonResult(2, 1_790_000_000, 30, "accept") for number in numbers}
    with opened() as (records, storage, _):
        record, seconds = timed(lambda: records.write_launch(launch(people), numbers))
        of_launch = size(storage)
        report(f"launch of {people:,} people", seconds, f"{of_launch / MB:.1f} MB (at most {40 * people / MB:.1f})")
        result = Result(at=AT, launch=record.n, totals=Totals(people=people))
        _, seconds = timed(lambda: records.write_result(result, results))
        of_both = size(storage)
        report("its result", seconds, f"{of_both / MB:.1f} MB together (at most {60 * people / MB:.1f})")
        return of_launch <= 40 * people + MB and of_both <= 60 * people + MB


def many(launches: int) -> bool:
    """So many launches of 1,000 people each; is a person found in 3 s?"""
    everybody = [f"+35840{at:07}" for at in range(2_000)]
    with opened() as (records, storage, state), tempfile.TemporaryFile("w+") as typed:
        _, first = timed(lambda: records.write_launch(launch(1_000), everybody[:1_000]))
        for at in range(1, launches):
            records.write_launch(launch(1_000), everybody[at % 1_000 : at % 1_000 + 1_000])
        _, last = timed(lambda: records.write_launch(launch(1_000), everybody[:1_000]))
        report("the first launch of 1,000 people", first)
        report(f"the same after {launches:,} others", last)
        answer, seconds = timed(lambda: RecordStore.read(storage).by_person(everybody[999]))
        report(f"a person in {launches:,} launches", seconds, f"{len(answer):,} launches")
        typed.write(f"{everybody[999]}\n")
        typed.seek(0)
        project = storage.folder.parents[2]
        command = [sys.executable, "-m", "mscode", "history", "person", str(project), "--json"]
        shown, asking = timed(
            lambda: subprocess.run(command, stdin=typed, stdout=subprocess.PIPE, check=True, text=True).stdout
        )
        is_quick = asking <= MOST_SECONDS and len(json.loads(shown)["launches"]) == len(answer)
        report(
            "mscode history person",
            asking,
            f"with Python's start (at most {MOST_SECONDS} s) {'ok' if is_quick else 'MISSED'}",
        )
        problems, verifying = timed(lambda: verify(storage, state.records()))
        report("verifying them", verifying, f"{len(problems)} problems")
        erased, erasing = timed(lambda: records.forget(everybody[999]))
        report("erasing a person", erasing, f"{erased.launches:,} leaves")
        return is_quick and not problems


class Server:
    """A state server without a network: what it keeps, and how many bytes it was sent and asked for."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.sent = self.received = self.requests = 0

    def send(self, method: str, url: str, content: bytes | None = None) -> tuple[int, bytes]:
        self.requests += 1
        if content is not None:
            self.sent += len(content)
            self.documents[url] = content
            return 200, b""
        answer = self.documents.get(url, b"")
        self.received += len(answer)
        return 200 if answer else 404, answer

    def limit_remaining_time(self, seconds: float) -> None:
        """No request takes any."""

    def close(self) -> None:
        """Nothing is open."""


def on_server(launches: int) -> bool:
    """So many launches of 1,000 people on a state server: does the last one send no more than the others do?"""
    people = [f"+35840{at:07}" for at in range(1_000)]
    server = Server()
    with opened() as (_, _, state):
        records = RecordStore.open(HttpRecords(server, "https://state.example.com/one-records", "POST", ""), state)
        sizes, times = [], []
        for _ in range(launches):
            before = server.sent
            _, seconds = timed(lambda: records.write_launch(launch(1_000), people))
            sizes.append(server.sent - before)
            times.append(seconds)
        half, kept = launches // 2, sum(map(len, server.documents.values()))
        for name, part in (("first", slice(0, half)), ("second", slice(half, None))):
            words = f"{statistics.mean(sizes[part]) / 1000:.0f} kB sent, at most {max(sizes[part]) / 1000:.0f}"
            report(f"on a server, the {name} {half:,} launches", statistics.mean(times[part]), f"each: {words}")
        reader = Server()
        reader.documents = server.documents
        storage = HttpRecords(reader, "https://state.example.com/one-records", "POST", "")
        again = RecordStore.open(storage, state)
        _, seconds = timed(lambda: again.write_launch(launch(1_000), people))
        moved = reader.sent + reader.received
        report(
            "one more, of a new run",
            seconds,
            f"{reader.requests} requests, {moved / 1000:.0f} kB of {kept / MB:.1f} MB",
        )
        return max(sizes) <= 2 * PART and moved <= 6 * PART


def launch(people: int) -> Launch:
    """A launch of a campaign with the words of six voice files."""
    return Launch(
        at=AT,
        environment="production",
        address=Address("rsvpCalls", "invite"),
        live_id="91",
        context=RunContext(),
        manifests_digest="",
        plan_digest="",
        parts=[Part(role=role, words="Hello! This is the blood service. " * 5) for role in "abcdef"],
        people=people,
        max_calls=people * 4,
        mscode_version="",
        tzdata_version="",
    )


@contextmanager
def opened() -> Iterator[tuple[RecordStore, LocalRecords, StateStore]]:
    """Records of their own, beside a state of their own, in a project."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "mscode.yaml").write_text(PROJECT, encoding="utf-8")
        folder = private_folder(Path(name) / ".mscode" / "production")
        storage = LocalRecords(records_folder(folder))
        with StateStore.open(LocalState(folder), "bench", "production", "https://api.example.com") as state:
            yield RecordStore.open(storage, state), storage, state


def size(storage: LocalRecords) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in storage.folder.rglob("*") if path.is_file())


def timed(do: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and the seconds that it took."""
    began = time.monotonic()
    outcome = do()
    return outcome, time.monotonic() - began


def report(what: str, seconds: float, more: str = "") -> None:
    """A row."""
    print(f"{what:<40} {seconds:8.3f} s   {more}".rstrip(), flush=True)


if __name__ == "__main__":
    main()
