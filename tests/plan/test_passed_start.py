"""Starts that have passed are no difference, whatever moment each of them names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mscode.plan.lifecycle.passed_start import both_passed

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
PAST, NOW_TEXT, FUTURE = "2026-12-01T08:00:00Z", "2026-12-01T10:00:00Z", "2026-12-01T10:00:01Z"


@pytest.mark.parametrize(
    ("first", "second", "passed"),
    [
        (PAST, NOW_TEXT, True),
        (NOW_TEXT, PAST, True),
        (PAST, None, True),
        ("", PAST, True),
        (PAST, FUTURE, False),
        (FUTURE, PAST, False),
        (FUTURE, None, False),
        (FUTURE, FUTURE, False),
    ],
)
def test_both_starts_must_have_passed(first: str | None, second: str | None, passed: bool) -> None:
    assert both_passed("startTime", first, second, NOW) is passed
    assert not both_passed("endTime", first, second, NOW)
