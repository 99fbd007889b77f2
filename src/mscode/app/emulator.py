"""The emulator's control plane: of the embedded one of a project, or of a served one by its URL."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import shutil
from collections.abc import Callable
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode.app.environment import open_sandbox
from mscode.app.project_folder import project_folder
from mscode.app.service_settings import SandboxSettings, check_services, sandbox_settings
from mscode.errors import ApiError, ConfigError, MscodeError
from mscode.model.light_dataclass import dataclass
from mscode.model.project_file import EMBEDDED

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation

_SECONDS = 60


class UrlFormError(ValueError):
    """A served emulator has no such URL."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """One emulator. `call` takes method, path and body, and gives the answer's JSON.

    `zone` is that in which times without an offset are read and times are shown. `directory` is the project's folder, and
    `settings` are its sandbox's; None for a served one.
    """

    call: Callable[[str, str, str], Any]
    zone: tzinfo = UTC
    zone_name: str = "UTC"
    directory: Path | None = None
    settings: SandboxSettings | None = None


def find_emulator(inv: Invocation, directory: Path | None = None, url: str | None = None) -> Emulator:
    """The emulator of the project in `directory`, else the one served at `url` or MSCODE_URL, else that of the project in the
    current folder or the nearest parent. Its `call` raises UrlFormError for a URL that no served emulator can have."""
    from mscode.manifest.project.file import load_project

    served_url = url or ("" if directory else inv.variables.get("MSCODE_URL", ""))
    if served_url and served_url != EMBEDDED:
        if not url:
            inv.out.info("MSCODE_URL decides which sandbox this is; --dir names a project's own.")
        return Emulator(lambda method, path, body: _over_http(served_url, method, path, body))
    folder = project_folder(inv, directory)
    file = load_project(folder, inv.typed_command)
    check_services(file)
    project, settings = file.planning(), sandbox_settings(file)
    return Emulator(
        lambda method, path, body: _in_process(folder, settings, method, path, body),
        project.zone,
        project.zone_name,
        folder,
        settings,
    )


def post_webhooks(inv: Invocation, emulator: Emulator) -> None:
    """Post what an embedded emulator was asked to post (`webhooks: send` of `service:`), dials that are due by now included. A
    served one does so by itself. ConfigError where its database cannot be used.
    """
    import sqlite3

    from mscode.sandbox.posting import Poster

    folder, settings = emulator.directory, emulator.settings
    if folder is None or settings is None or settings.profile.webhooks != "send":
        return
    with open_sandbox(folder, settings) as app:
        try:
            app.state.play()
            asyncio.run(Poster(app.state.store, app.state.faults, inv.out.info).empty())
        except sqlite3.Error as error:
            raise ConfigError("The embedded sandbox cannot use its database", detail=f"{error}.") from None


def forget_states(inv: Invocation, emulator: Emulator) -> list[str]:
    """Remove the states of environments on an embedded emulator that has been emptied: nothing that they name exists any more.
    Gives the names of the environments that had a state."""
    from mscode.manifest.project.file import load_project

    directory = emulator.directory
    if directory is None:
        return []
    environments = load_project(directory, inv.typed_command).environments
    embedded = [name for name, settings in environments.items() if settings.url == EMBEDDED]
    folders = {name: directory / ".mscode" / name for name in embedded}
    names = [name for name, folder in folders.items() if folder.is_dir()]
    for name in names:
        shutil.rmtree(folders[name])
    return names


def remove_env_file(path: Path) -> None:
    """Remove what an earlier emulator has left, since it says that this one accepts connections; ConfigError where it cannot be
    a file.
    """
    try:
        if not path.parent.is_dir() or (path.exists() and not path.is_file()):
            raise ConfigError(f"{path} cannot be a file", hint="Name another one for --env-file.")
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", code="unwritable") from None


def write_env_file(path: Path, url: str, token: str) -> None:
    """Write what a shell reads with `. FILE` to use a served emulator; ConfigError where that fails.

    The file holds a token, so it is its owner's alone (mode 0600), and whole from its first moment.
    """
    text = f"export MSCODE_URL={shlex.quote(url)}\nexport MSCODE_TOKEN={shlex.quote(token)}\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", code="unwritable") from None


def _in_process(directory: Path, settings: SandboxSettings, method: str, path: str, body: str) -> Any:
    with open_sandbox(directory, settings) as app:
        return control(app, method, path, body)


def control(app: Any, method: str, path: str, body: str = "") -> Any:
    """The answer of the control plane of an emulator in this process; MscodeError for what it refuses."""
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
        raise UrlFormError(url)
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
        raise ApiError(f"No sandbox answers at {address}", detail=str(reason), hint=hint) from None


def _read(status: int, answer: bytes) -> Any:
    try:
        data = json.loads(answer)
    except ValueError:
        raise MscodeError(f"What answers there is no sandbox (status {status})", code="no-sandbox") from None
    if status == 200:
        return data
    # The emulator's own words about what is wrong (docs/service-notes.md#errors-and-rate-limits).
    error = data.get("error") if isinstance(data, dict) else None
    message = str(error.get("message") or "") if isinstance(error, dict) else ""
    raise MscodeError(message or f"The sandbox answered with status {status}", code="sandbox")
