from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mscode.state.remote import journal
from tests.state import places
from tests.state.places import Place

#: moto takes any; real ones must not be found by accident.
FAKE = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "y",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    before = {name: os.environ.get(name) for name in FAKE}
    os.environ.update(FAKE)
    with places.s3_server() as url:
        yield url
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


def _place(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """`http+journal` is `http` with a journal beside a document of any length."""
    name, _, has_journal = request.param.partition("+")
    if has_journal:
        monkeypatch.setattr(journal, "SHORT", 0)
    if name == "object":
        yield from places.bucket(folder, request.getfixturevalue("s3"))
    else:
        yield from getattr(places, name)(folder)


REMOTES = ["http", "gitlab", "object"]
#: The modules whose tests look at the state alone go through them with a journal, too.
JOURNALLED = {
    f"tests.state.{name}": ["http+journal", "object+journal"] for name in ("test_conformance", "test_commands")
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    remotes = REMOTES + JOURNALLED.get(metafunc.module.__name__, [])
    for name, backends in (("place", ["local", *remotes]), ("remote", remotes)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, backends, indirect=True)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """One backend after the other."""
    yield from _place(request, tmp_path, monkeypatch)


@pytest.fixture
def remote(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Those that are a server's."""
    yield from _place(request, tmp_path, monkeypatch)
