"""`watch --serve`: the page that follows along, from a process of its own over a socket."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.acceptance.campaigns import AFTER, MONDAY
from tests.acceptance.conftest import World
from tests.acceptance.test_live_page import APPROVER, CALLING, PERSONAL, recognisable


@dataclass
class Watching:
    """A `watch --serve` and where it serves."""

    process: subprocess.Popen[str]
    url: str

    def get(self, path: str = "/") -> str:
        answer = httpx.get(self.url + path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def until(self, holds: Callable[[], bool]) -> None:
        """Polls: another process has no event to wait for."""
        end = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < end, "it did not come to pass"
            time.sleep(0.05)

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C: the exit code, and all that was written."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out + err


@contextmanager
def watching(world: World, *options: str) -> Iterator[Watching]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "mscode", "watch", "--serve", "0", "--interval", "0.2", *options]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=world.folder, env=environment, text=True, stdout=pipe, stderr=pipe)
    with process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            [url] = re.findall(r"Serving (http://127\.0\.0\.1:\d+)/ until Ctrl-C", line) or [line]
            watched = Watching(process, url)
            watched.until(lambda: httpx.get(f"{url}/healthz").status_code == 200)
            yield watched
        finally:
            process.kill()


def test_the_page_fills_up_while_it_calls_and_shows_nothing_of_anybody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", APPROVER)
    recognisable(world)
    world.service.forget_requests()
    with watching(world, "--stay") as page:
        html = page.get()
        assert "Nothing calls now." in html and "called 0 of " in html
        with httpx.stream("GET", f"{page.url}/events", timeout=60) as events:
            lines = events.iter_lines()
            seen = [next(lines) for _ in range(5)]
            assert seen[3] == "event: page"
            world.service.at(CALLING)
            page.until(lambda: "calls now" in page.get())
            seen += [next(lines) for _ in range(3)]
            world.service.at(AFTER)
            page.until(lambda: "complete" in page.get())
            metrics = page.get("/metrics")
            begun = time.monotonic()
            code, said = page.interrupt()
            assert time.monotonic() - begun < 9, "an open stream does not hold it up"
    assert code == 130
    assert "Traceback" not in said
    for text in (*PERSONAL, APPROVER, world.service.token):
        assert text not in html + metrics + "".join(seen) + said
    calls = [
        sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == "mscode_campaign_calls_total"
    ]
    assert calls == [len(world.service.rings())] and calls[0] > 0
    assert world.service.requests(writes=True) == []


def test_it_ends_with_the_campaigns_as_watch_does(launched: World) -> None:
    with watching(launched) as page:
        launched.service.at(AFTER)
        out, err = page.process.communicate(timeout=60)
        assert page.process.returncode == 0, out + err
        assert "rsvpCalls.invite: complete" in out


def test_a_reading_that_fails_is_shown_and_made_up_for(launched: World) -> None:
    with watching(launched, "--stay") as page:
        launched.service.fault(method="GET", path="/rsvp_calls", status=500, times=1000)
        page.until(lambda: "cannot be read at the moment" in page.get())
        assert "mscode_account_read_success 0" in page.get("/metrics")
        launched.service.no_more_faults()
        page.until(lambda: "cannot be read at the moment" not in page.get())


def test_without_a_campaign_it_stays_where_it_is_asked_to(world: World) -> None:
    with watching(world, "--stay") as page:
        assert "No live campaigns of this project." in page.get()
        assert page.interrupt()[0] == 130


@pytest.mark.parametrize(
    "options",
    [["--serve", "x"], ["--serve", "70000"], ["--serve", ":80"], ["--stay"], ["--serve", ""]],
)
def test_what_cannot_be_served_is_a_usage_error(launched: World, options: list[str]) -> None:
    ended = launched.look("watch", *options, "--dir", str(launched.folder))
    assert (ended.code, ended.out) == (64, ""), ended.said


def test_a_port_that_is_taken_is_an_error(launched: World) -> None:
    with watching(launched, "--stay") as page:
        port = page.url.rpartition(":")[2]
        ended = launched.look("watch", "--serve", port, "--dir", str(launched.folder))
        assert ended.code == 1
        assert f"cannot listen on 127.0.0.1:{port}" in ended.err


def test_a_host_that_is_named_is_warned_of(launched: World) -> None:
    launched.service.at(AFTER)
    ended = launched.look("watch", "--serve", "0.0.0.0:0", "--dir", str(launched.folder))
    assert ended.code == 0, ended.said
    assert "Warning: whoever reaches this host and port sees it without a password" in " ".join(ended.err.split())
    launched.service.at(MONDAY)
