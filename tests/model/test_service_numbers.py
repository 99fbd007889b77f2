"""Numbers that a service shows without their plus sign."""

from __future__ import annotations

from typing import Any

import pytest

from mscode.model.service_numbers import with_plus


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        ("358401234567", "+358401234567"),
        ("+358401234567", "+358401234567"),
        ("0401234567", "0401234567"),
        ("", ""),
        (None, None),
        (358401234567, 358401234567),
        ("358 40 1234567", "358 40 1234567"),
        ("1234567890123456", "1234567890123456"),
        ("٣٥٨٤٠١٢٣٤٥٦٧", "٣٥٨٤٠١٢٣٤٥٦٧"),
    ],
)
def test_digits_get_their_plus_sign_and_nothing_else_does(shown: Any, read: Any) -> None:
    rows = [{"phone": shown, "phoneNumber": shown, "zip": "00100", "note": "358401234567"}]
    expected = [{"phone": read, "phoneNumber": read, "zip": "00100", "note": "358401234567"}]
    assert with_plus(rows) == expected
    assert with_plus({"receivers": rows}) == {"receivers": expected}


def test_what_the_user_wrote_is_left_alone() -> None:
    written = {"meta": {"phone": "358401234567"}, "operations": [{"phone": "1"}], "filters": [{"phone": "2"}]}
    assert with_plus(written) == written
