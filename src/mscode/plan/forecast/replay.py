"""The light replay: one course of a campaign, by the rules of docs/sandbox.md#how-a-campaign-dials.

It is written for speed: calls are numbers (timeline.py), people are their places in the order of first calls, and both go
through it in batches whose outcomes are drawn at once. The emulator has its own code for the same rules (sandbox/dialler.py);
tests/plan/forecast/test_replay.py holds that both make the same calls.

What makes batches possible: the redial gap is the same for all, so people come back in the order in which they were called,
and a batch of them never overtakes another. Those who were called in the same second come back in the order of first calls.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from itertools import accumulate, compress, count, islice
from operator import add, sub

from mscode.model.light_dataclass import dataclass
from mscode.plan.forecast.timeline import Timeline

#: What comes of a call, as a byte. Who answers is not called again; `ACCEPTED` is one who answered, too.
UNANSWERED, ANSWERED, ACCEPTED = 0, 1, 2

#: Gives what comes of calls to people (their places), of each of whom so many calls were made before.
Draw = Callable[[Sequence[int], bytes], bytes]

#: A byte holds the calls made to a person.
_MOST_CALLS = 255

#: Of outcomes: 1 for a call that nobody answered. Of outcomes: 1 for an accept.
_IS_UNANSWERED = bytes([1, 0, 0]) + bytes(253)
_IS_ACCEPT = bytes([0, 0, 1]) + bytes(253)
_ONE_MORE = bytes([*range(1, 256), 255])


@dataclass(frozen=True, slots=True)
class History:
    """What was done for a person so far: calls, whether a call was answered, and the epoch second of the last call."""

    calls: int
    is_answered: bool
    latest: int


@dataclass(frozen=True, slots=True)
class Task:
    """What there is to do for a campaign.

    `attempts` has one byte for each person, in the order of first calls: the calls made so far. `called_at` has the epoch
    second of the last call of those who were called and did not answer, by place; who is called neither for the first time nor
    again is in `done`. `attempts_allowed` (at most 255) counts the first call too. `wanted` is None where no number of accepts
    ends it, `accepted` counts those that it has. `numbers` are the phones behind the people, None for as many: one may be
    reached in two ways.
    """

    timeline: Timeline
    redial_seconds: int
    attempts_allowed: int
    attempts: bytes
    wanted: int | None = None
    accepted: int = 0
    called_at: Sequence[tuple[int, int]] = ()
    done: frozenset[int] = frozenset()
    numbers: int | None = None

    @classmethod
    def of(
        cls,
        timeline: Timeline,
        redial_seconds: int,
        attempts_allowed: int,
        numbers: Sequence[str],
        histories: Mapping[str, History],
        *,
        wanted: int | None,
        accepted: int = 0,
    ) -> Task:
        """`numbers` are the phones in the order of first calls, `histories` has those of people who were called."""
        called = [(place, histories[number]) for place, number in enumerate(numbers) if number in histories]
        attempts = bytearray(len(numbers))
        for place, history in called:
            attempts[place] = min(history.calls, _MOST_CALLS)
        return cls(
            timeline,
            redial_seconds,
            min(attempts_allowed, _MOST_CALLS),
            bytes(attempts),
            wanted,
            accepted,
            tuple((place, history.latest) for place, history in called if history.calls and not history.is_answered),
            frozenset(place for place, history in called if history.is_answered),
            len(set(numbers)),
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """Calls that were made one after the other: their numbers, whom they went to (places), and what came of each."""

    calls: Sequence[int]
    people: Sequence[int]
    outcomes: bytes

    @property
    def accepts(self) -> list[int]:
        """The numbers of the calls that were accepted."""
        return list(compress(self.calls, self.outcomes.translate(_IS_ACCEPT)))


@dataclass(frozen=True, slots=True)
class Course:
    """How a campaign went. `calls` and `people` count those of this replay, `accepts` all that it has. `end` is the epoch second
    at which it was complete.
    """

    batches: Sequence[Batch]
    calls: int
    people: int
    accepts: int
    end: int


def replay(task: Task, draw: Draw) -> Course:
    """Play a campaign from its earliest moment to its end."""
    dialler = _Dialler(task, draw)
    for first, shuts in task.timeline.ranges():
        dialler.play(first, shuts)
        if dialler.end is not None:
            break
    end = int(task.timeline.end.timestamp()) if dialler.end is None else dialler.end
    calls = sum(len(batch.calls) for batch in dialler.batches)
    return Course(dialler.batches, calls, dialler.people, dialler.accepted, end)


@dataclass(slots=True)
class _Dialler:
    """A campaign under way. People to be called again stand in `_waiting` (places), each with the first call that may be theirs
    (`_due`) and the calls made so far; those before `_next` were called already.
    """

    task: Task
    draw: Draw
    batches: list[Batch] = field(default_factory=list)
    people: int = 0
    accepted: int = 0
    end: int | None = None
    _fresh: Sequence[int] = ()
    _fresh_next: int = 0
    _waiting: list[int] = field(default_factory=list)
    _due: list[int] = field(default_factory=list)
    _attempts: bytearray = field(default_factory=bytearray)
    _next: int = 0
    _called_before: int = 0
    _may_go_on: bytes = b""
    _step: int = 0

    def __post_init__(self) -> None:
        task, timeline = self.task, self.task.timeline
        self.accepted = task.accepted
        if any(task.attempts):
            self._fresh = [place for place, calls in enumerate(task.attempts) if not calls and place not in task.done]
        else:
            self._fresh = range(len(task.attempts))
        gap = self._gap
        for called_at, place in sorted((called_at, place) for place, called_at in task.called_at):
            if place not in task.done and task.attempts[place] < task.attempts_allowed:
                self._waiting.append(place)
                self._due.append(timeline.first_call_at(called_at + gap))
                self._attempts.append(task.attempts[place])
        self._called_before = len(self._waiting)
        self._may_go_on = bytes(calls < task.attempts_allowed for calls in range(256))
        # With at most one call a second, all redials are the same number of calls later.
        self._step = timeline.first_call_at(gap) if timeline.pace <= 60 else 0

    @property
    def _gap(self) -> int:
        """Seconds from a call to the next one to the same person."""
        return max(self.task.redial_seconds, 1)

    @property
    def _is_over(self) -> bool:
        is_satisfied = self.task.wanted is not None and self.accepted >= self.task.wanted
        return is_satisfied or (self._fresh_next == len(self._fresh) and self._next == len(self._waiting))

    def play(self, at: int, shuts: int) -> None:
        """Make the calls of one opening: from number `at` on, before number `shuts`."""
        while self.end is None:
            is_fresh = self._fresh_next < len(self._fresh)
            if not is_fresh and self._next < len(self._waiting):
                at = max(at, self._due[self._next])
            if at >= shuts:
                return
            if self._is_over:  # with nothing to do it is complete at the first slot that it could use
                self.end = self.task.timeline.second_of(at)
            else:
                at = self._call_fresh(at, shuts) if is_fresh else self._call_again(at, shuts)

    def _call_fresh(self, at: int, shuts: int) -> int:
        number = min(shuts - at, len(self._fresh) - self._fresh_next)
        people = self._fresh[self._fresh_next : self._fresh_next + number]
        number = self._make(range(at, at + number), people, bytes(number))
        self._fresh_next += number
        self.people += number
        return self._after(at + number)

    def _call_again(self, at: int, shuts: int) -> int:
        first = self._next
        last = min(len(self._waiting), first + shuts - at)
        if not self._step:  # whoever is called in this second comes back among those who were called in it before
            last = bisect_left(self._due, self._due_after(at), first, last)
        due = self._due[first:last]
        calls: Sequence[int] = range(at, at + len(due))
        if due[-1] > at:  # each at its due call, or right after the one before
            earliest = accumulate(map(sub, due, count()), max, initial=at)
            calls = list(map(add, islice(earliest, 1, None), count()))
            if calls[-1] >= shuts:
                calls = calls[: bisect_left(calls, shuts)]
        people = self._waiting[first : first + len(calls)]
        number = self._make(calls, people, bytes(self._attempts[first : first + len(calls)]))
        self._next += number
        self.people += max(min(self._next, self._called_before) - first, 0)
        return self._after(calls[number - 1] + 1)

    def _make(self, calls: Sequence[int], people: Sequence[int], attempts: bytes) -> int:
        """How many of these calls were made: all of them, or up to the last accept that is wanted."""
        outcomes = self.draw(people, attempts)
        accepts = outcomes.count(ACCEPTED)
        if self.task.wanted is not None and self.accepted + accepts >= self.task.wanted:
            accepts = self.task.wanted - self.accepted
            number = _place_of(outcomes, accepts) + 1
            calls, people, outcomes = calls[:number], people[:number], outcomes[:number]
        self.accepted += accepts
        self.batches.append(Batch(calls, people, outcomes))
        self._put_back(calls, people, outcomes, attempts[: len(outcomes)].translate(_ONE_MORE))
        return len(outcomes)

    def _put_back(self, calls: Sequence[int], people: Sequence[int], outcomes: bytes, attempts: bytes) -> None:
        """Those who did not answer and may be called again."""
        unanswered = int.from_bytes(outcomes.translate(_IS_UNANSWERED))
        again = (unanswered & int.from_bytes(attempts.translate(self._may_go_on))).to_bytes(len(attempts))
        people_again = list(compress(people, again))
        if not people_again:
            return
        if self._step:
            step = self._step
            due = [call + step for call in compress(calls, again)]
        else:
            pace, gap = self.task.timeline.pace, self._gap
            # as `_due_after`, without a call of it for each
            due = [-(-(call * 60 // pace + gap) * pace // 60) for call in compress(calls, again)]
        attempts = bytes(compress(attempts, again))
        if not self._step:
            due, people_again, attempts = self._among_waiting(due, people_again, attempts)
        self._waiting += people_again
        self._due += due
        self._attempts += attempts

    def _among_waiting(self, due: list[int], people: list[int], attempts: bytes) -> tuple[list[int], list[int], bytes]:
        """The same people in the order in which they come back: by place where that is the same call. Those who wait for one of
        these calls already are taken out of the queue and come along.
        """
        at = bisect_left(self._due, due[0], self._next)
        is_alone = at == len(self._due)
        places = len(self.task.attempts)
        order = [call * places + place for call, place in zip(due, people, strict=True)]
        if is_alone and order == sorted(order):
            return due, people, attempts
        rows = sorted(
            [
                *zip(self._due[at:], self._waiting[at:], self._attempts[at:], strict=True),
                *zip(due, people, attempts, strict=True),
            ]
        )
        del self._due[at:], self._waiting[at:], self._attempts[at:]
        return [call for call, _, _ in rows], [place for _, place, _ in rows], bytes(calls for _, _, calls in rows)

    def _after(self, at: int) -> int:
        if self._is_over:
            self.end = self.task.timeline.second_of(self.batches[-1].calls[-1])
        return at

    def _due_after(self, call: int) -> int:
        """The first call that may go to somebody who was called with this one."""
        timeline = self.task.timeline
        return timeline.first_call_at(timeline.second_of(call) + self._gap)


def _place_of(outcomes: bytes, accepts: int) -> int:
    """The place of the accept with this number, from 1."""
    place = -1
    for _ in range(accepts):
        place = outcomes.index(ACCEPTED, place + 1)
    return place
