"""From a ring to the page: how long until `mscode watch --listen --serve` shows a call, at 200 webhooks a second.

A sandbox calls 200 people a second, each once, and posts a webhook for each. The page says that it has changed (its stream of
events); its metrics then say how many calls it shows. The delay of a call is the time from its second in the sandbox's record of
calls until then, so it is up to a second too long. Run with `make bench-live`; `--quick` takes a fifth of the people.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MSCODE = [sys.executable, "-m", "mscode"]
PER_SECOND = 200
PEOPLE = 4000
#: Seconds that are aimed at, in the median.
TARGET = 2.0
#: A Tuesday; the campaign begins to call so many seconds later.
CLOCK, BEFORE = datetime(2026, 12, 1, 8, 0, tzinfo=UTC), 25
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    people = PEOPLE // 5 if parser.parse_args().quick else PEOPLE
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with sandbox(folder) as (url, token):
            base = url.removesuffix("/v1")
            clock_at = time.time() - (now(base) - CLOCK.timestamp())
            seed(base, people)
            listen, page = free_port(), free_port()
            write_project(folder, url, listen, people)
            environment = {**os.environ, "BENCH_TOKEN": token}
            run("apply", ".", "--auto-approve", "--allow-launch", cwd=folder, environment=environment)
            with watching(folder, listen, page, environment):
                shown = follow(page, people)
            rung = [
                datetime.fromisoformat(ring["at"]).timestamp() - CLOCK.timestamp() + clock_at
                for ring in call(base, "GET", "/__sandbox/rings")
            ]
    return report(sorted(rung), shown, people)


def follow(page: int, people: int) -> list[tuple[float, int]]:
    """When the page changed, and how many calls it showed then."""
    shown = []
    with OPENER.open(f"http://127.0.0.1:{page}/events", timeout=60) as events:
        for line in events:
            if not line.startswith(b"data:"):
                continue
            with OPENER.open(f"http://127.0.0.1:{page}/metrics", timeout=30) as answer:
                numbers = re.findall(r"(?m)^mscode_campaign_calls_total\{.*\} (\d+)$", answer.read().decode())
            shown.append((time.time(), sum(map(int, numbers))))
            if shown[-1][1] >= people:
                return shown
    raise SystemExit("the page ended before all were called")


def report(rung: list[float], shown: list[tuple[float, int]], people: int) -> int:
    delays = []
    for number, at in enumerate(rung, 1):
        delays.append(next(seen for seen, calls in shown if calls >= number) - at)
    median, worst = statistics.median(delays), sorted(delays)[int(len(delays) * 0.95)]
    took = rung[-1] - rung[0] + 1
    print(f"{people:,} calls, {people / took:.0f} webhooks a second, {len(shown)} changes of the page")
    print(
        f"from a ring to the page: {median:.2f} s in the median, 95 % within {worst:.2f} s (aim: {TARGET:g} s in the median)"
    )
    return int(median > TARGET)


# ---- what it runs ----------------------------------------------------------------------------------------------------


@contextmanager
def sandbox(folder: Path) -> Iterator[tuple[str, str]]:
    profile = folder / "service.profile"
    profile.write_text(f"pace: {PER_SECOND * 60}\n", encoding="utf-8")
    options = ["--port", "0", "--webhooks", "--clock", CLOCK.isoformat(), "--profile", str(profile)]
    line = [*MSCODE, "sandbox", "serve", *options]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            url, token = (process.stdout.readline().split()[1] for _ in range(2))
            yield url, token
        finally:
            process.terminate()


@contextmanager
def watching(folder: Path, listen: int, page: int, environment: dict[str, str]) -> Iterator[None]:
    line = [*MSCODE, "watch", "--listen", str(listen), "--serve", str(page), "--stay"]
    with subprocess.Popen(
        line, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            for _ in range(200):
                try:
                    OPENER.open(f"http://127.0.0.1:{page}/healthz", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield
        finally:
            process.terminate()


def write_project(folder: Path, url: str, listen: int, people: int) -> None:
    environment = {
        "url": url,
        "token": {"env": "BENCH_TOKEN"},
        "listen": {"url": f"http://127.0.0.1:{listen}/mscode"},
    }
    project = {
        "apiVersion": "mscode/v1",
        "project": "bench",
        "defaultEnvironment": "bench",
        "environments": {"bench": environment},
        "guards": {"maxPeople": people},
    }
    start = datetime.fromtimestamp(CLOCK.timestamp() + BEFORE, UTC)
    campaign = {
        "startTime": start.isoformat(),
        "endTime": "2026-12-02T08:00:00Z",
        "activeFrom": "00:00",
        "activeTo": "23:59",
        "activeWeekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "voiceFiles": {"start": "greeting"},
        "actionButtons": {"accept": 5, "decline": 9},
        "receivers": [{"groupId": "1"}],
        "acceptsWanted": people,
        "maxRedials": 0,
        "receiverWebhookUrl": {"listen": True},
        "stateWebhookUrl": {"listen": True},
    }
    manifest = {
        "apiVersion": "mscode/v1",
        "voiceFiles": {"greeting": {"text": "Hello, press 5 or 9", "voiceCode": "en"}},
        "rsvpCalls": {"invite": campaign},
    }
    (folder / "mscode.yaml").write_text(json.dumps(project), encoding="utf-8")
    (folder / "all.yaml").write_text(json.dumps(manifest), encoding="utf-8")


def seed(base: str, people: int) -> None:
    accounts = [{"phone": f"+3584055{number:05d}"} for number in range(people)]
    call(
        base,
        "POST",
        "/__sandbox/seed",
        {"accounts": accounts, "groups": [{"name": "All", "accounts": list(range(people))}]},
    )


def now(base: str) -> float:
    return datetime.fromisoformat(call(base, "GET", "/__sandbox/clock")["now"]).timestamp()


def call(base: str, method: str, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{base}{path}", data, {"Content-Type": "application/json"}, method=method)
    with OPENER.open(request, timeout=60) as answer:
        return json.load(answer)


def run(*command: str, cwd: Path, environment: dict[str, str]) -> None:
    done = subprocess.run([*MSCODE, *command], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
