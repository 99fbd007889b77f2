"""A service that is not there at all: a port on which nobody listens."""

from __future__ import annotations

import socket

import pytest

from tests.faults.bench import Bench
from tests.faults.project import SCENES, write_project


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("name", ["make", "remove"])
def test_where_nobody_listens_is_an_error_and_nothing_is_begun(bench: Bench, name: str) -> None:
    project = bench.prepare(SCENES[name])
    closed = f"http://127.0.0.1:{_closed_port()}/v1"
    for state in project.glob(".mscode/test/state.json"):  # it is bound to its url
        state.write_text(state.read_text().replace(bench.service.url, closed))
    write_project(project, closed)
    ended = bench.go(project, SCENES[name], "--allow-launch")
    assert ended.code == 1
    assert f"Could not connect to {closed.removesuffix('/v1')} (connection refused; tried 3 times)" in ended.said
    assert "Nothing was changed." in ended.said
    assert "Traceback" not in ended.said
