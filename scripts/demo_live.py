"""Serves a sandbox whose clock runs, launches the example campaigns there, and serves their page (`make demo-live`).

The page fills up: the sandbox posts its webhooks to `mscode watch --listen`. Works in a temporary folder, and sends nothing to
any network: whatever is served is on this machine alone. On a terminal it runs until Ctrl-C; else it ends by itself after SECONDS
(or as many as its argument says), with exit code 1 where the page has shown no call until then.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.demo import EXAMPLE, Wrong, clean_environment

#: A Tuesday in Helsinki, a minute before the example's campaigns begin to call.
BEFORE = "2026-12-01T07:59:00Z"
#: How long it runs where no terminal is; meanwhile the clock goes on by so many minutes a second.
SECONDS, MINUTES = 15.0, 1
#: Seconds for the first call beside those.
GRACE = 30.0
#: Calls a minute of one campaign.
PACE = 2
#: How long one process may take to be ready.
PATIENCE = 30.0
REHEARSAL = "rehearsal.json"
OPENER = build_opener(ProxyHandler({}))


@dataclass(frozen=True)
class Service:
    """The sandbox: the base of its API, and the token that opens it."""

    url: str
    token: str

    def advance(self, minutes: int) -> str:
        """Let time pass; what the clock says then."""
        base = self.url.removesuffix("/v1")
        body = json.dumps({"advance": f"{minutes}m"}).encode()
        headers = {"Content-Type": "application/json"}
        with OPENER.open(Request(f"{base}/__sandbox/clock", body, headers, method="POST"), timeout=PATIENCE) as answer:
            return str(json.load(answer)["now"])


def demo(folder: Path, *, seconds: float | None) -> None:
    """The whole of it, in an empty folder: for so many seconds, None until Ctrl-C."""
    listen = free_port()
    with serving_sandbox(folder) as service:
        project = write_project(folder, service, listen)
        variables = {"DEMO_TOKEN": service.token}
        rehearsal = run("rehearse", "--json", cwd=project, variables=variables)
        (project / REHEARSAL).write_text(rehearsal, encoding="utf-8")
        apply = run("apply", "--auto-approve", "--allow-launch", cwd=project, variables=variables)
        print(apply.splitlines()[-1], flush=True)
        with watching(project, listen, variables) as url:
            print(f"\nThe page: {url}\nThe sandbox's clock goes on by {MINUTES} minute a second. Ctrl-C ends it.\n")
            play(service, url, seconds)


def play(service: Service, url: str, seconds: float | None) -> None:
    """Let the clock run, and say now and then what the page counts. A slow machine gets some more time for the first call."""
    end = None if seconds is None else time.monotonic() + seconds
    calls, said_at = 0, 0.0
    while end is None or time.monotonic() < end + (0 if calls else GRACE):
        now = service.advance(MINUTES)
        calls = calls_of(read(f"{url}metrics"))
        if time.monotonic() - said_at >= 3:
            said_at = time.monotonic()
            print(f"{now}  {calls} calls on the page", flush=True)
        time.sleep(1)
    if not calls:
        raise Wrong("the page has shown no call")


def calls_of(metrics: str) -> int:
    return sum(int(number) for number in re.findall(r"(?m)^mscode_campaign_calls_total\{.*\} (\d+)$", metrics))


def read(url: str) -> str:
    with OPENER.open(url, timeout=PATIENCE) as answer:
        return str(answer.read().decode())


# ---- what it runs ----------------------------------------------------------------------------------------------------


def write_project(folder: Path, service: Service, listen: int) -> Path:
    """The example, with an environment for the sandbox that is served, and campaigns that post to the listener."""
    project = folder / EXAMPLE.name
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(".mscode"))
    settings = project / "mscode.yaml"
    environment = (
        f"  live:\n    url: {service.url}\n    token: {{env: DEMO_TOKEN}}\n"
        f"    listen: {{url: 'http://127.0.0.1:{listen}/mscode'}}\n"
    )
    replace(settings, "  production:\n", f"{environment}  production:\n")
    replace(settings, "defaultEnvironment: sandbox", "defaultEnvironment: live")
    webhooks = "    receiverWebhookUrl: {listen: true}\n    stateWebhookUrl: {listen: true}\n"
    replace(project / "campaigns" / "invite.yaml", "    maxRedials: 2\n", f"    maxRedials: 2\n{webhooks}")
    return project


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    if old not in text:
        raise Wrong(f"{file.name} does not say {old!r}")
    file.write_text(text.replace(old, new), encoding="utf-8")


@contextmanager
def serving_sandbox(folder: Path) -> Iterator[Service]:
    """`mscode sandbox serve`, which posts its webhooks."""
    profile = folder / "profile.yaml"
    profile.write_text(f"pace: {PACE}\n", encoding="utf-8")
    command = ("sandbox", "serve", "--port", "0", "--webhooks", "--clock", BEFORE, "--profile", str(profile))
    with process(command, folder) as (started, _):
        lines = [line_of(started) for _ in range(2)]
        printed = dict(line.split(maxsplit=1) for line in lines)
        if {"URL:", "Token:"} - set(printed):
            raise Wrong(f"the sandbox did not start: {lines}")
        yield Service(printed["URL:"].strip(), printed["Token:"].strip())


@contextmanager
def watching(project: Path, listen: int, variables: Mapping[str, str]) -> Iterator[str]:
    """`mscode watch`, which takes webhooks and serves the page; gives its URL once it shows the campaigns."""
    page = free_port()
    options = ("--listen", str(listen), "--serve", str(page), "--stay", "--interval", "10", "--rehearsal", REHEARSAL)
    url = f"http://127.0.0.1:{page}/"
    with process(("watch", *options), project, variables, quiet=True) as (started, errors):
        end = time.monotonic() + PATIENCE
        while not is_healthy(url):
            if started.poll() is not None or time.monotonic() > end:
                raise Wrong(f"mscode watch did not start: {errors.read_text(encoding='utf-8')}")
            time.sleep(0.1)
        yield url


def is_healthy(url: str) -> bool:
    with suppress(OSError):
        return read(f"{url}healthz") == "ok\n"
    return False


@contextmanager
def process(
    command: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None, *, quiet: bool = False
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """mscode in a process of its own, which ends with the block; what it says on stderr is in the file."""
    errors = folder / f"{command[0]}.log"
    with errors.open("w", encoding="utf-8") as log:
        started = subprocess.Popen(
            [sys.executable, "-m", "mscode", *command],
            cwd=folder,
            env=environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if quiet else subprocess.PIPE,
            stderr=log,
            encoding="utf-8",
        )
    with started:
        try:
            yield started, errors
        finally:
            started.terminate()
            with suppress(subprocess.TimeoutExpired):
                started.wait(timeout=10)
            started.kill()


def line_of(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    return started.stdout.readline()


def run(*command: str, cwd: Path, variables: Mapping[str, str]) -> str:
    """One command's stdout; Wrong where it fails."""
    print(f"$ mscode {' '.join(command)}", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "mscode", *command],
        cwd=cwd,
        env=environment(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise Wrong(f"mscode {command[0]} ended with exit code {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def environment(variables: Mapping[str, str] | None) -> dict[str, str]:
    """The demo's own variables and these; what is printed can be read at once."""
    return clean_environment() | {"PYTHONUNBUFFERED": "1", **(variables or {})}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def main(seconds: float = SECONDS) -> int:
    try:
        with tempfile.TemporaryDirectory(prefix="mscode-demo-live-") as temporary:
            demo(Path(temporary), seconds=None if sys.stdout.isatty() else seconds)
    except Wrong as wrong:
        print(f"\nThe demo failed: {wrong}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nEnded.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:2])))
