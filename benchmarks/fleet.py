"""`mscode fleet plan --parallel 10` of 100 projects with 100 objects each, against as many `mscode plan` one after the other.

Every project has an account of its own, behind real HTTP with a latency of 50 ms. The target is a quarter of the time. Run with
`make bench-fleet`; `--projects N` takes fewer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

LATENCY_MS, PARALLEL, TARGET = 50, 10, 0.25
CLOCK = datetime(2026, 11, 30, 6, tzinfo=UTC)
MSCODE = [sys.executable, "-m", "mscode"]


def serve(number: int, connection: Connection) -> None:
    """So many accounts in one process, below `/0`, `/1`, …; sends the port."""
    import socket

    import uvicorn
    from starlette.types import Receive, Scope, Send

    from mscode.sandbox.app import create_app

    apps = [
        create_app(":memory:", latency_ms=LATENCY_MS, clock=CLOCK, require_token=token_of(at)) for at in range(number)
    ]
    listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
    connection.send(listener.getsockname()[1])

    async def by_account(scope: Scope, receive: Receive, send: Send) -> None:
        """Each account is at the root of its own app: the emulator knows no path above its API."""
        _, at, path = scope["path"].split("/", 2)
        await apps[int(at)]({**scope, "path": f"/{path}", "raw_path": f"/{path}".encode()}, receive, send)

    config = uvicorn.Config(by_account, log_level="error", access_log=False, lifespan="off", ws="none")
    asyncio.run(uvicorn.Server(config).serve([listener]))


def token_of(at: int) -> str:
    return f"token-of-project-{at:03}"


def write_fleet(root: Path, number: int, port: int) -> None:
    """A project for each account: 60 people, 20 groups, 16 voice files and 4 campaigns."""
    for at in range(number):
        folder = root / "clients" / f"p{at:03}"
        folder.mkdir(parents=True)
        url = f"http://127.0.0.1:{port}/{at}/v1"
        project = {
            "apiVersion": "mscode/v1",
            "project": f"p{at:03}",
            "environments": {"production": {"url": url}},
        }
        (folder / "mscode.yaml").write_text(json.dumps(project))
        (folder / "campaign.yaml").write_text(json.dumps(manifest(at), indent=1))
    fleet = {
        "apiVersion": "mscode/v1",
        "fleet": "bench",
        "projects": [{"path": "clients/*", "environment": "production", "token": {"env": "TOKEN_{name}"}}],
    }
    (root / "fleet.yaml").write_text(json.dumps(fleet))


def manifest(project: int) -> dict[str, object]:
    people = {f"p{at}": {"firstName": f"P{at}", "phone": f"+3584055{project:03}{at:02}"} for at in range(60)}
    groups = {
        f"g{at}": {"description": "three", "members": {"accounts": [f"p{at * 3 + i}" for i in range(3)]}}
        for at in range(20)
    }
    voices = {f"v{at}": {"text": f"Hello from the service, {at}.", "voiceCode": "en"} for at in range(16)}
    campaign = {
        "startTime": "2026-12-01T08:00:00Z",
        "endTime": "2026-12-04T14:00:00Z",
        "activeFrom": "08:00",
        "activeTo": "14:00",
        "activeWeekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "actionButtons": {"accept": 5, "decline": 9},
        "acceptsWanted": 2,
        "maxRedials": 1,
    }
    calls = {
        f"c{at}": {**campaign, "voiceFiles": {"start": f"v{at}"}, "receivers": [{"group": f"g{at}"}]} for at in range(4)
    }
    return {"apiVersion": "mscode/v1", "accounts": people, "groups": groups, "voiceFiles": voices, "rsvpCalls": calls}


def timed(command: list[str], root: Path, variables: dict[str, str]) -> float:
    began = time.perf_counter()
    done = subprocess.run(command, cwd=root, env=variables, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=100)
    number = parser.parse_args().projects
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(number, there), daemon=True)
    server.start()
    variables = {name: value for name, value in os.environ.items() if not name.startswith("MSCODE_")}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write_fleet(root, number, here.recv())
        tokens = {f"TOKEN_P{at:03}": token_of(at) for at in range(number)}
        plan = [*MSCODE, "fleet", "plan", "--out", "plans", "--parallel", str(PARALLEL)]
        fleet = timed(plan, root, {**variables, **tokens})
        singles = [
            timed(
                [*MSCODE, "--env", "production", "plan", "--out", f"{at}.json", f"clients/p{at:03}"],
                root,
                {**variables, "MSCODE_TOKEN": token_of(at)},
            )
            for at in range(number)
        ]
    server.terminate()
    alone = sum(singles)
    print(
        f"fleet plan of {number} projects: {fleet:.1f} s; one after the other: {alone:.1f} s, {alone / number:.2f} s each; "
        f"ratio {fleet / alone:.3f} (target {TARGET})"
    )


if __name__ == "__main__":
    main()
