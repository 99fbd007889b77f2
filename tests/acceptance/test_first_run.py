"""A first run that comes to nothing leaves nothing behind that the next one stumbles over."""

from __future__ import annotations

import socket

import pytest

from mscode.http.session import Session
from tests.acceptance.campaigns import quiet
from tests.acceptance.conftest import World


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    make = Session.__init__
    monkeypatch.setattr(Session, "__init__", lambda self, *args, **more: make(self, *args, **{**more, "sleep": id}))


def test_a_mistyped_url_can_be_put_right(world: World) -> None:
    settings = world.folder / "mscode.yaml"
    right = settings.read_text()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings.write_text(right.replace(world.service.url, f"http://127.0.0.1:{port}/v1"))
    world.write(quiet())
    ended = world.apply()
    assert ended.code == 1 and f"Could not connect to http://127.0.0.1:{port} (" in ended.said
    settings.write_text(right)
    assert world.apply().code == 0
    world.holds_the_law()


def test_once_something_is_managed_another_url_is_another_account(world: World) -> None:
    world.write(quiet())
    assert world.apply().code == 0
    settings = world.folder / "mscode.yaml"
    settings.write_text(settings.read_text().replace(world.service.url, "http://127.0.0.1:9/v1"))
    ended = world.apply()
    assert ended.code == 1 and "belongs to another account" in ended.err


def test_nothing_is_sent_where_no_state_can_be_kept(world: World) -> None:
    world.write(quiet())
    (world.folder / ".mscode").write_text("a file in the folder's place")
    ended = world.apply()
    assert ended.code == 1 and "Traceback" not in ended.said
    assert world.service.requests(writes=True) == []
