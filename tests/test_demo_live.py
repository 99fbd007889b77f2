"""`make demo-live`, briefly: its page counts calls, and its end leaves nothing running."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from scripts import demo_live

ROOT = Path(__file__).resolve().parent.parent
VARIABLES = os.environ | {"PYTHONPATH": str(ROOT / "src"), "MSCODE_URL": "http://127.0.0.1:9/v1"}


def demo(seconds: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(ROOT / "scripts" / "demo_live.py"), str(seconds)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=VARIABLES, text=True, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)


def test_it_ends_by_itself_once_the_page_has_shown_calls() -> None:
    with demo(5) as started:
        out, err = started.communicate(timeout=120)
    assert started.returncode == 0, out + err
    assert "2 launched" in out
    [url] = re.findall(r"The page: (http://127\.0\.0\.1:\d+/)", out)
    with pytest.raises(httpx.TransportError):
        httpx.get(url)


def test_ctrl_c_ends_all_of_it() -> None:
    with demo(600) as started:
        assert started.stdout is not None
        for line in started.stdout:
            if match := re.match("The page: (.*)", line):
                break
        assert "Campaigns of blood-drive in live" in httpx.get(match[1]).text
        started.send_signal(signal.SIGINT)
        out, err = started.communicate(timeout=60)
    assert (started.returncode, err) == (0, ""), out
    with pytest.raises(httpx.TransportError):
        httpx.get(match[1])


def test_a_page_without_calls_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_live.Service, "advance", lambda service, minutes: "now")
    monkeypatch.setattr(demo_live, "GRACE", 0.1)
    monkeypatch.setattr(demo_live, "read", lambda url: "# EOF\n")
    with pytest.raises(demo_live.Wrong, match="no call"):
        demo_live.play(demo_live.Service("", ""), "", 0.1)
