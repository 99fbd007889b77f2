"""The hour of calls that the service does not tell, known to whoever has read again and again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mscode.app.live.call_log import CallLog
from mscode.plan.lifecycle.progress import Progress

KEY = ("rsvpCalls", "1")
NINE = datetime(2026, 12, 1, 9, tzinfo=UTC)
TEN, ELEVEN = NINE + timedelta(hours=1), NINE + timedelta(hours=2)


def test_each_call_since_the_beginning_has_its_hour() -> None:
    """Two people, called at nine; one of them is called again at ten and at eleven."""
    log = CallLog()
    first = log.with_seen(KEY, Progress(hours={NINE: 2}), 2, NINE + timedelta(minutes=59))
    assert (first.hours, first.calls_elsewhen) == ({NINE: 2}, 0)
    second = log.with_seen(KEY, Progress(hours={NINE: 1, TEN: 1}, calls_elsewhen=1), 3, TEN + timedelta(minutes=1))
    assert (second.hours, second.calls_elsewhen) == ({NINE: 2, TEN: 1}, 0)
    third = log.with_seen(KEY, Progress(hours={NINE: 1, TEN: 1}, calls_elsewhen=1), 3, TEN + timedelta(minutes=9))
    assert third == second
    log.with_seen(KEY, Progress(hours={NINE: 1, TEN: 1}, calls_elsewhen=1), 3, ELEVEN)
    last = log.with_seen(KEY, Progress(hours={NINE: 1, ELEVEN: 1}, calls_elsewhen=2), 4, ELEVEN + timedelta(seconds=2))
    assert (last.hours, last.calls_elsewhen) == ({NINE: 2, TEN: 1, ELEVEN: 1}, 0)


def test_calls_between_readings_that_lie_far_apart_have_the_hour_of_the_latest_alone() -> None:
    log = CallLog()
    log.with_seen(KEY, Progress(hours={NINE: 2}), 2, NINE)
    seen = log.with_seen(KEY, Progress(hours={NINE: 1, ELEVEN: 1}, calls_elsewhen=3), 5, ELEVEN)
    assert (seen.hours, seen.calls_elsewhen) == ({NINE: 2, ELEVEN: 1}, 2)


def test_a_count_that_shrinks_is_another_campaigns() -> None:
    log = CallLog()
    log.with_seen(KEY, Progress(hours={NINE: 9}), 9, NINE)
    assert log.with_seen(KEY, Progress(hours={TEN: 1}), 1, TEN).hours == {TEN: 1}


def test_campaigns_are_told_apart() -> None:
    log = CallLog()
    log.with_seen(KEY, Progress(hours={NINE: 9}), 9, NINE)
    assert log.with_seen(("rsvpCalls", "2"), Progress(hours={TEN: 1}), 1, TEN).hours == {TEN: 1}
