from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

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


def _place(name: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    if name == "object":
        yield from places.bucket(folder, request.getfixturevalue("s3"))
    else:
        yield from getattr(places, name)(folder)


@pytest.fixture(params=["local", "http", "gitlab", "object"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """One backend after the other."""
    yield from _place(request.param, request, tmp_path)


@pytest.fixture(params=["http", "gitlab", "object"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Those that are a server's."""
    yield from _place(request.param, request, tmp_path)
