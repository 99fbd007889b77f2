"""How long something is kept: the same day some months or years ago, or the last one of that month."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mscode.model.retention import is_period, kept_since

NOW = datetime(2028, 2, 29, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "since"),
    [
        ("1d", "2028-02-28T12:30"),
        ("90d", "2027-12-01T12:30"),
        ("6w", "2028-01-18T12:30"),
        ("1m", "2028-01-29T12:30"),
        ("12m", "2027-02-28T12:30"),
        ("14m", "2026-12-29T12:30"),
        ("5y", "2023-02-28T12:30"),
        ("4y", "2024-02-29T12:30"),
        ("58y", "1970-02-28T12:30"),
        ("99y", "1970-01-01T00:00"),
        ("99999y", "1970-01-01T00:00"),
        ("99999d", "1970-01-01T00:00"),
    ],
)
def test_an_instant_so_long_ago(period: str, since: str) -> None:
    assert is_period(period)
    assert kept_since(period, NOW) == datetime.fromisoformat(since).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "5", "y", "0y", "05y", "5 y", "5Y", "-5y", "1.5y", "5y\n", "٥y", "100000d", "5yy"]
)
def test_what_is_no_period(text: str) -> None:
    assert not is_period(text)
    with pytest.raises(ValueError, match="is no period"):
        kept_since(text, NOW)
