"""An apply of many people: 100 000 that exist into a new group, and 5 000 that do not.

At 50 ms a request, against an account in memory that takes no time beside that. No client is quicker than its requests × latency
÷ parallelism, once the plan is made; that takes what `mscode plan` takes of the same, measured right before. Run with
`make bench-contacts`, or alone; `--quick` takes a tenth of everything.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.bench import LATENCY_MS, MSCODE, PARALLELISM, cost_of
from benchmarks.contacts import ALL, contacts, write_project
from benchmarks.people import write_people

#: Times the limit, beside the plan's own time.
MOST = 1.2


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    scale = 10 if parser.parse_args().quick else 1
    existing, new = 100_000 // scale, 5_000 // scale
    verdicts = [
        apply_row(f"apply, {existing:,} existing people into a group", existing, are_there=True),
        apply_row(f"apply, {new:,} accounts created", new, are_there=False),
    ]
    return int(not all(verdicts))


def apply_row(name: str, people: int, *, are_there: bool) -> bool:
    """One apply; did it take no longer than it may?"""
    with tempfile.TemporaryDirectory() as folder:
        project, accounts = Path(folder) / "crowd", Path(folder) / "accounts.json"
        write_project(project, contacts(1, ALL))
        write_people(project / "contacts.csv", accounts, Path(folder) / "members.json", people)
        if not are_there:
            accounts.write_text("[]")
        with taking(accounts) as (server, environment):
            plan = cost_of("plan", [*MSCODE, "plan", str(project)], environment)
            answered(server)
            apply = cost_of("apply", [*MSCODE, "apply", str(project), "--auto-approve"], environment)
            requests = answered(server)
            cost_of("plan after it", [*MSCODE, "plan", str(project), "--detailed-exitcode"], environment)
    limit = requests * LATENCY_MS / 1000 / PARALLELISM
    most = MOST * limit + plan.wall
    print(
        f"{name}: {requests:,} requests, {apply.wall:.2f} s; limit {limit:.2f} s, plan {plan.wall:.2f} s, "
        f"ratio {(apply.wall - plan.wall) / limit:.2f} (target {MOST}); {apply.cpu:.2f} s of processor time, "
        f"the plan {plan.cpu:.2f} s; {apply.peak:.0f} MiB {'ok' if apply.wall <= most else 'MISSED'}",
        flush=True,
    )
    return apply.wall <= most


@contextmanager
def taking(accounts: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The account in memory, as a server of its own process, and the variables by which it is found."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [
        sys.executable,
        str(Path(__file__).with_name("taking_server.py")),
        port,
        str(accounts),
        str(LATENCY_MS),
    ]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        server.stdout.readline()
        yield server, {**os.environ, "MSCODE_URL": f"http://127.0.0.1:{port}/v1", "MSCODE_TOKEN": "a-token-of-nobody"}
    finally:
        server.terminate()
        server.wait()


def answered(server: subprocess.Popen[str]) -> int:
    """How many requests it has answered since the last time."""
    assert server.stdin is not None and server.stdout is not None
    server.stdin.write("\n")
    server.stdin.flush()
    return int(server.stdout.readline())


if __name__ == "__main__":
    sys.exit(main())
