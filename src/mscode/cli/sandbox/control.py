"""Reaching an emulator's control plane: the embedded one of a project, or a served one by its URL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, TypeVar

import click

from mscode.app.environment import EMBEDDED, open_sandbox
from mscode.app.invocation import Invocation
from mscode.errors import ApiError, MscodeError

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
_SECONDS = 60


def control_options(function: Decorated) -> Decorated:
    """`--dir` and `--url`: arguments `directory` and `url`."""
    folder = click.Path(path_type=Path)
    served = "A served emulator, like http://127.0.0.1:8080; else MSCODE_URL."
    function = click.option("--url", metavar="URL", help=served)(function)
    return click.option("--dir", "directory", type=folder, help="The project whose embedded emulator it is.")(function)


@dataclass(frozen=True, slots=True)
class Control:
    """One emulator. `zone` is that in which times without an offset are read and times are shown.

    `directory` is the project's folder, None for a served one.
    """

    call: Callable[[str, str, str], Any]
    zone: tzinfo = UTC
    zone_name: str = "UTC"
    directory: Path | None = None


def control(inv: Invocation, directory: Path | None, url: str | None) -> Control:
    """The emulator that is meant: `--dir`, then `--url`, then MSCODE_URL, then the project here."""
    if directory and url:
        raise click.UsageError("--dir and --url name two emulators; give one of them.")
    served = url or ("" if directory else inv.variables.get("MSCODE_URL", ""))
    if served and served != EMBEDDED:
        return Control(lambda method, path, body: _over_http(served, method, path, body))
    return _embedded(directory or Path(), inv.typed_command)


def _embedded(directory: Path, typed_command: str) -> Control:
    from mscode.manifest.project.file import load_project

    project = load_project(directory, typed_command).planning()
    return Control(
        lambda method, path, body: _in_process(directory, method, path, body),
        project.zone,
        project.zone_name,
        directory,
    )


def _in_process(directory: Path, method: str, path: str, body: str) -> Any:
    with open_sandbox(directory) as app:
        status, answer = asyncio.run(_ask(app, method, path, body.encode()))
    return _read(status, answer)


async def _ask(app: Any, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """One ASGI request, without a client: the control plane is no part of the API."""
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": f"/__sandbox{path}",
        "raw_path": f"/__sandbox{path}".encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "server": ("sandbox.local", 80),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def _over_http(url: str, method: str, path: str, body: str) -> Any:
    from urllib.error import HTTPError, URLError
    from urllib.parse import urlsplit
    from urllib.request import ProxyHandler, Request, build_opener

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise click.BadParameter("it looks like http://127.0.0.1:8080", param_hint="--url")
    address = f"{parts.scheme}://{parts.netloc}"
    request = Request(f"{address}/__sandbox{path}", body.encode() if method == "POST" else None, method=method)
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=_SECONDS) as answer:
            return _read(answer.status, answer.read())
    except HTTPError as error:
        return _read(error.code, error.read())
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        hint = "Start one with `mscode sandbox serve`."
        raise ApiError(f"No emulator answers at {address}", detail=str(reason), hint=hint) from None


def _read(status: int, answer: bytes) -> Any:
    try:
        data = json.loads(answer)
    except ValueError:
        raise MscodeError(f"What answers there is no emulator (status {status})", code="no-sandbox") from None
    if status == 200:
        return data
    raise MscodeError(_words(data) or f"The emulator answered with status {status}", code="sandbox")


def _words(data: Any) -> str:
    """The emulator's own words about what is wrong (docs/service-notes.md#errors-and-rate-limits)."""
    error = data.get("error") if isinstance(data, dict) else None
    return str(error.get("message") or "") if isinstance(error, dict) else ""
