"""A served emulator, a project in a folder, a host that nobody may visit, and a clock that does not keep anybody waiting."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mscode.engine.apply.run import Run
from mscode.http.session import Session
from tests.acceptance.conftest import _no_variables_of_the_caller, served, service  # noqa: F401
from tests.acceptance.service import Service
from tests.faults.bench import Bench


class Elsewhere(socketserver.ThreadingTCPServer):
    """Another host; `visits` is what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        self.visits: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Visit)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1/accounts/1"


class _Visit(socketserver.BaseRequestHandler):
    server: Elsewhere

    def handle(self) -> None:
        self.server.visits.append(self.request.recv(65536))


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


class _Impatient(threading.Event):
    """Waits for nothing: what it would wait for is simulated by the number of requests."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """No pause lasts, the budgets count all the same. `deadline` may be set for what never answers."""
    pace = {"deadline": 30.0}
    make_session, make_run = Session.__init__, Run.__init__

    def session(self: Session, *args: Any, **more: Any) -> None:
        make_session(self, *args, **{**more, "sleep": lambda _: None, "deadline": pace["deadline"]})

    def run(self: Run, *args: Any, **more: Any) -> None:
        make_run(self, *args, **more)
        self.stop = _Impatient()

    monkeypatch.setattr(Session, "__init__", session)
    monkeypatch.setattr(Run, "__init__", run)
    monkeypatch.setattr("mscode.engine.apply.executor.POLL_SECONDS", 0.02)
    return pace


@pytest.fixture
def bench(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    service: Service,  # noqa: F811
    elsewhere: Elsewhere,
    pace: dict[str, float],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Bench:
    monkeypatch.setenv("ACCEPTANCE_TOKEN", service.token)
    return Bench(tmp_path, tmp_path_factory.mktemp, service, elsewhere, pace, capsys)
