"""The campaigns that are followed, as they were read last: again and again, and earlier where a webhook hints at one.

Webhooks are unsigned, unordered and may be lost or forged (docs/service-notes.md#webhooks). So a webhook says only that a campaign
is worth reading now; what a view holds was read from the API, by GET.

`Follower` reads in the thread that runs `follow`; `hint` and `stop` may be called from any other, and `view` may be looked at from
any other: a view is never changed, a newer one takes its place.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from mscode.app.campaigns import CampaignSelection, LiveAccount, Reading
from mscode.errors import MscodeError
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.engine.account.status import LiveCampaign
    from mscode.views.status.table import StatusRow

#: A campaign's section and id.
Key = tuple[str, str]
#: Campaigns that webhooks hint at are read at most once in so many seconds, however many webhooks come.
SPACING = 2.0
#: Hints of one campaign that are kept between two readings.
_HINTS = 1000
#: Seconds that one request of a reading and its repeats get, where a failed one is made up for by the next.
_PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class Hint:
    """What a webhook said, in the API's words; nothing of it is believed. `kind` is `state` or `receiver`, `account_id` the
    receiver's, `reply` accept, decline, noAnswer or "", `at` the time of the event (aware, None where there is none).
    """

    kind: str = ""
    account_id: str = ""
    reply: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What was read of the followed campaigns, running ones first.

    `number` counts the readings (0: nothing was read yet). `rows` are for tables, with those whose create has an unknown outcome;
    `campaigns` are the live ones by their key, people counted. `now` is the service's clock at the last reading that succeeded,
    `read_at` the machine's (UTC). `error` says why the last reading failed, "" where it did not: the rest is older then.
    """

    number: int = 0
    rows: Sequence[StatusRow] = ()
    campaigns: Mapping[Key, LiveCampaign] = field(default_factory=dict)
    now: datetime | None = None
    read_at: datetime | None = None
    error: str = ""


#: Is called after each reading, in the follower's thread: with the view before it, the view after it, and the hints that it
#: was made for (empty of one that was due anyway and had none).
Subscriber = Callable[[View, View, Mapping[Key, Sequence[Hint]]], None]


class Source(Protocol):
    """Where readings come from."""

    def read_all(self) -> Reading:
        """All campaigns that are followed."""

    def read_some(self, keys: Sequence[Key], before: View) -> Reading:
        """The view as it was, with these campaigns read again; one that is gone is left out."""

    def now(self) -> datetime:
        """The service's clock."""


class Follower:
    """Keeps the view of the followed campaigns current. All of them are read every `interval` seconds, those that are hinted at
    at most every `SPACING` seconds.

    `goes_on`: a reading that fails is made up for by a later one, and its error stands in the view; else, and of the first reading
    always, the error ends `follow`. `clock` gives seconds.
    """

    def __init__(
        self, source: Source, interval: float, *, goes_on: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.view = View()
        self._source, self._interval, self._goes_on, self._clock = source, interval, goes_on, clock
        self._hints: dict[Key, list[Hint]] = {}
        self._subscribers: list[Subscriber] = []
        self._next_poll = self._next_hinted = clock()
        self._changed = threading.Condition()
        self._stopped = False

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Have a function called after each reading; gives the function that ends this."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def hint(self, key: Key, hint: Hint) -> None:
        """A webhook came for a campaign: it is read soon. At most `_HINTS` of one campaign are kept until then."""
        with self._changed:
            hints = self._hints.setdefault(key, [])
            if len(hints) < _HINTS:
                hints.append(hint)
            self._changed.notify()

    def stop(self) -> None:
        """Let `follow` end after the reading that is under way."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def follow(self, seconds: float | None = None) -> Iterator[tuple[View, View]]:
        """Read whatever is due, until `stop` or until so many seconds have passed; the views before and after each reading."""
        end = None if seconds is None else self._clock() + seconds
        # The end is looked at before each reading: where readings are slow and webhooks many, another is always due.
        while not self._stopped and (end is None or self._clock() < end):
            before = self.view
            if self.step():
                yield before, self.view
                continue
            self._wait(self.seconds_left() if end is None else min(self.seconds_left(), end - self._clock()))

    def step(self) -> bool:
        """Make the reading that is due; False where none is."""
        now = self._clock()
        if now >= self._next_poll:
            self.poll()
            return True
        if self._hints and now >= self._next_hinted:
            self._read(lambda hints: self._source.read_some(list(hints), self.view))
            self._next_poll = max(self._next_poll, self._next_hinted)
            return True
        return False

    def poll(self) -> None:
        """Read all of them now."""
        self._read(lambda hints: self._source.read_all())
        self._next_poll = self._clock() + self._interval

    def _read(self, read: Callable[[Mapping[Key, Sequence[Hint]]], Reading]) -> None:
        """Make a reading. Hints that come in its midst are for the next: what they are about may have been read already."""
        self._next_hinted = self._clock() + SPACING
        with self._changed:
            hints, self._hints = self._hints, {}
        before = self.view
        try:
            reading = read(hints)
        except MscodeError as error:
            if not self._goes_on or not before.number:
                raise
            self.view = replace(before, number=before.number + 1, error=str(error))
        else:
            campaigns = {(campaign.section, campaign.live.id): campaign for campaign in reading.campaigns}
            now = self._source.now()
            self.view = View(before.number + 1, reading.rows, campaigns, now, datetime.now(UTC))
        for subscriber in list(self._subscribers):
            subscriber(before, self.view, hints)

    def seconds_left(self) -> float:
        """Until the next reading is due, as far as is known now."""
        due = min(self._next_poll, self._next_hinted) if self._hints else self._next_poll
        return max(0.0, due - self._clock())

    def _wait(self, seconds: float) -> None:
        """Until the next reading is due, or something changes what is due."""
        with self._changed:
            if not self._stopped and self.seconds_left() > 0:
                self._changed.wait(max(0.0, seconds))


class AccountSource:
    """The campaigns of an account with these names (addresses, of a `forEach`, globs; all where none is given).

    A name without a live campaign is an error at the first reading; a campaign that is deleted later is none. `is_patient` is
    False where a reading that fails is made up for by a later one.
    """

    def __init__(self, account: LiveAccount, names: Sequence[str], *, is_patient: bool = True) -> None:
        self._account, self._selection = account, CampaignSelection.parse(names)
        self._has_read, self._is_patient = False, is_patient

    def now(self) -> datetime:
        """The service's clock."""
        return self._account.now()

    def read_all(self) -> Reading:
        """All of them. MscodeError where a name has no live campaign at the first reading."""
        if self._is_patient or not self._has_read:
            reading = self._read()
        else:
            with self._account.reader.limited(_PATIENCE, says_repeats=False):
                reading = self._read()
        self._has_read = True
        return reading

    def _read(self) -> Reading:
        try:
            return self._account.read(self._selection)
        except MscodeError as error:
            is_deleted = all(diagnostic.code == "unknown-address" for diagnostic in error.diagnostics)
            if not self._has_read or not is_deleted:
                raise
        live = {campaign.address for campaign in self._account.campaigns()}
        patterns = [pattern for pattern in self._selection.patterns if any(map(pattern.matches, live))]
        return self._account.read(replace(self._selection, patterns=patterns)) if patterns else Reading()

    def read_some(self, keys: Sequence[Key], before: View) -> Reading:
        """The view as it was, with these campaigns read again, each by its id."""
        with self._account.reader.limited(_PATIENCE, says_repeats=False):
            read = self._account.read_by_id([key for key in keys if key in before.campaigns])
        campaigns = {**before.campaigns, **read}
        unknown = [row for row in before.rows if row.standing.state == "unknown"]
        return self._account.as_reading([one for one in campaigns.values() if one is not None], unknown)
