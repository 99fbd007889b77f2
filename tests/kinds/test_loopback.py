"""Which hosts are this machine."""

from __future__ import annotations

import pytest

from mscode.model.loopback import is_loopback
from mscode.plan.guards.webhooks import is_secret_on_its_way


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "127.255.0.3", "::1"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "example.com", "127.example.com", "127.0.0.1.example.com", "10.0.0.1", "127.1", "localhost.example.com"],
)
def test_another_one(host: str) -> None:
    assert not is_loopback(host)


def test_a_name_that_begins_like_this_machines_address_is_no_secret_way() -> None:
    assert not is_secret_on_its_way("http://127.example.com/receiver")
    assert is_secret_on_its_way("http://127.0.0.1:8080/receiver")
