"""A browser, driven over the protocol that chromedriver speaks: enough of it to open a page, look, and press keys."""

from __future__ import annotations

import json
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

CHROMIUM, CHROMEDRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
_OPENER = build_opener(ProxyHandler({}))


class Browser:
    """One window, opened at the driver's `url`."""

    def __init__(self, url: str, profile: Path) -> None:
        options = {
            "binary": str(CHROMIUM),
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={profile}",
            ],
        }
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        found = _send("POST", f"{url}/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"{url}/session/{found['sessionId']}"

    def open(self, page: Path | str, width: int, *, dark: bool = False, runs_scripts: bool = True) -> None:
        """Show a page, a file or a URL, to a reader whose screen has this width."""
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        self._devtools("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._devtools("Emulation.setEmulatedMedia", {"features": [scheme]})
        self._devtools("Emulation.setScriptExecutionDisabled", {"value": not runs_scripts})
        _send("POST", f"{self._session}/url", {"url": page if isinstance(page, str) else page.as_uri()})

    def ask(self, script: str) -> Any:
        """What an expression gives; the page's policy does not bind who drives it."""
        return self.run(f"return {script}")

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns; a promise is waited for."""
        return _send("POST", f"{self._session}/execute/sync", {"script": script, "args": list(arguments)})

    def press(self, *keys: str) -> None:
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        body = {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]}
        _send("POST", f"{self._session}/actions", body)

    def complaints(self) -> list[str]:
        """What the console says: errors of scripts, and whatever the page's policy has forbidden."""
        return [one["message"] for one in _send("POST", f"{self._session}/se/log", {"type": "browser"})]

    def picture(self, height: int = 0) -> bytes:
        """The page as PNG, from its top: so many pixels of it, or (0) the whole."""
        size = self.ask("({width: innerWidth, height: document.documentElement.scrollHeight})")
        clip = {"x": 0, "y": 0, **size, **({"height": height} if height else {}), "scale": 1}
        found = self._devtools("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
        return b64decode(found["data"])

    def close(self) -> None:
        _send("DELETE", self._session)

    def _devtools(self, command: str, params: Any) -> Any:
        return _send("POST", f"{self._session}/goog/cdp/execute", {"cmd": command, "params": params})


def _send(method: str, url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"}, method=method)
    with _OPENER.open(request, timeout=120) as answer:
        return json.load(answer)["value"]


@contextmanager
def driver() -> Iterator[str]:
    """chromedriver at a port of its own choice; gives its URL."""
    command = [str(CHROMEDRIVER), "--port=0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        said = next(line for line in process.stdout if "started successfully on port" in line)
        yield f"http://127.0.0.1:{said.rstrip().rstrip('.').rpartition(' ')[2]}"
    finally:
        process.terminate()
        process.wait(timeout=30)
