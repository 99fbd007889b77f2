"""An object that came as it came the last time is not decoded again, and any other is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mscode.engine.account.target import Decoded
from mscode.model.kind import kind_of
from mscode.model.world import Live

GROUP = {"groupId": 7, "name": "donors", "numberOfAccounts": 1}


class Decoder:
    def __init__(self) -> None:
        self.calls = 0
        self.read = Decoded().reading(kind_of("group"), self._decode)

    def _decode(self, raw: Mapping[str, Any]) -> Live:
        self.calls += 1
        return Live("groups", str(raw["groupId"]), dict(raw), {})


def test_the_same_json_is_decoded_once() -> None:
    decoder = Decoder()
    first = decoder.read(GROUP)
    assert decoder.read(dict(GROUP)) is first
    assert decoder.calls == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Donors"},
        {"numberOfAccounts": True},
        {"numberOfAccounts": 1.0},
        {"numberOfAccounts": "1"},
        {"more": None},
    ],
)
def test_anything_else_is_decoded_anew(changed: dict[str, Any]) -> None:
    decoder = Decoder()
    decoder.read(GROUP)
    assert decoder.read({**GROUP, **changed}).fields == {**GROUP, **changed}
    assert decoder.read(GROUP).fields == GROUP  # what came last is what is compared with
    assert decoder.calls == 3


def test_a_large_object_is_not_kept() -> None:
    decoder = Decoder()
    large = {**GROUP, "members": [{"accountId": at} for at in range(10_000)]}
    assert decoder.read(large) is not decoder.read(large)


@pytest.mark.parametrize("odd", [{"groupId": None}, {"groupId": [7]}, {"groupId": "7", "deep": object()}])
def test_what_is_no_usual_object_is_left_to_the_decoder(odd: dict[str, Any]) -> None:
    decoder = Decoder()
    decoder.read(odd)
    decoder.read(odd)
    assert decoder.calls == 2
