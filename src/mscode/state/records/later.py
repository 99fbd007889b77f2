"""What the records say of a launch beside its own record: what it made, whether it was sent, and which words came after it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.state.records.shape import Launch, Part
from mscode.state.records.store import LaunchRecord, Overview

#: Section and id of a live object.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class WordsChange:
    """From record number `n` on, written at `at`, people hear or read these parts of an object."""

    n: int
    at: str
    address: str
    live_id: str
    parts: Sequence[Part]

    @property
    def section(self) -> str:
        """That of the object."""
        return self.address.partition(".")[0]


@dataclass(frozen=True, slots=True)
class _Words:
    """What people have heard or read of something, in the order of the records."""

    changes: Sequence[WordsChange]
    #: of each change the place of the next one that says something else
    next_others: Sequence[int]

    @classmethod
    def of(cls, changes: Sequence[WordsChange]) -> _Words:
        next_others, other = [0] * len(changes), len(changes)
        for at in reversed(range(len(changes))):
            if at + 1 < len(changes) and changes[at].parts != changes[at + 1].parts:
                other = at + 1
            next_others[at] = other
        return cls(changes, next_others)

    def after(self, n: int, known: Sequence[Part]) -> Iterator[WordsChange]:
        """The changes behind record number `n` by which the words are others than `known`, and others than those before."""
        at = bisect_right(self.changes, n, key=lambda change: change.n)
        if at < len(self.changes) and self.changes[at].parts == known:
            at = self.next_others[at]
        while at < len(self.changes):
            yield self.changes[at]
            at = self.next_others[at]


@dataclass(frozen=True, slots=True)
class KnownLater:
    """What is known of launches beside their own records: by the launch's id, the live id of the object that it made; the
    launches of which nothing was sent; and the words that an object has had since, in their order."""

    made: dict[str, str] = field(default_factory=dict)
    not_launched: set[str] = field(default_factory=set)
    words: list[WordsChange] = field(default_factory=list)
    #: the words by what was launched, and those of each object: put together when the first is asked for
    _of_launched: dict[object, _Words] = field(default_factory=dict)
    _of_objects: dict[object, list[WordsChange]] = field(default_factory=dict)

    def live_id_of(self, record: LaunchRecord) -> str:
        """The live id of what was launched; "" where no record tells it."""
        return record.launch.live_id or self.made.get(record.id, "")

    def words_after(self, record: LaunchRecord) -> Iterator[WordsChange]:
        """The other words that people may have heard or read since a launch. Of people who were added to a group that several
        campaigns reach, those of each of them. To be asked when all records are known."""
        launch, live_id = record.launch, self.live_id_of(record)
        reaches = launch.address.kind.reaches_people
        key = (launch.address, live_id) if reaches else frozenset(launch.campaigns)
        if key not in self._of_launched:
            own = self._of_one(launch.address, live_id) if reaches else self._of_campaigns(launch.campaigns)
            self._of_launched[key] = _Words.of(sorted(own, key=lambda change: change.n))
        return self._of_launched[key].after(record.n, list(launch.parts))

    def _of_one(self, address: Address, live_id: str) -> Iterator[WordsChange]:
        """Those of the live object; of what no record tells the id, those of its address."""
        for change in self._by_object().get(str(address), ()):
            if not live_id or not change.live_id:
                yield change
        if live_id:
            yield from self._by_object().get((address.section, live_id), ())

    def _of_campaigns(self, names: Iterable[str]) -> Iterable[WordsChange]:
        """Those of campaigns, each named by its address or its live id."""
        by_place = {id(change): change for name in names for change in self._by_object().get(name, ())}
        return by_place.values()

    def _by_object(self) -> Mapping[object, list[WordsChange]]:
        """By address, by live id, and by section and live id."""
        if not self._of_objects:
            for change in self.words:
                names: list[object] = [change.address]
                names += [change.live_id, (change.section, change.live_id)] if change.live_id else []
                for name in names:
                    self._of_objects.setdefault(name, []).append(change)
        return self._of_objects


def known_later(overview: Overview) -> KnownLater:
    """That of all records."""
    later = KnownLater()
    for record in overview.decisions:
        decision = record.decision
        launch, live_id = (str(decision.details.get(name, "")) for name in ("launch", "id"))
        if decision.action == "words-changed":
            parts = [_part(raw) for raw in decision.details.get("words", ())]
            later.words.append(
                WordsChange(record.n, decision.at, str(decision.details.get("address", "")), live_id, parts)
            )
        elif launch and live_id and decision.action in ("made", "resolve"):
            later.made[launch] = live_id
        elif launch and decision.action in ("not-launched", "resolve"):
            later.not_launched.add(launch)
    later.not_launched.update(_cut_short(overview, later.not_launched))
    later.words.extend(_words_of_launches(overview.launches, later))
    later.words.sort(key=lambda change: change.n)
    return later


def _part(raw: Any) -> Part:
    return Part.model_validate(raw)


def _words_of_launches(launches: Iterable[LaunchRecord], later: KnownLater) -> Iterator[WordsChange]:
    """The launch of an object that was launched before may have other words."""
    for record in launches:
        launch = record.launch
        if launch.address.kind.reaches_people and record.id not in later.not_launched:
            yield WordsChange(record.n, launch.at, str(launch.address), later.live_id_of(record), launch.parts)


def _cut_short(overview: Overview, not_launched: set[str]) -> Iterator[str]:
    """Launches whose run was killed between the record and the request, as the next launch of the same object tells: it was
    launched for the first time once more, which only a campaign is that was never launched, by its marker; or the state, in which
    each launch is noted before its request, had no note of this one when the same was to be launched again.
    """
    next_launch: dict[Key, LaunchRecord] = {}
    for record in overview.launches:  # the newest first
        launch = record.launch
        if not launch.live_id or record.id in not_launched:
            continue
        key = (launch.address.section, launch.live_id)
        following = next_launch.get(key)
        if following is not None and _never_began(record, following.launch) and not _has_dialled(overview, record):
            yield record.id
            continue
        next_launch[key] = record


def _never_began(record: LaunchRecord, following: Launch) -> bool:
    launch = record.launch
    if launch.reason == "first":
        return following.reason == "first"
    if not following.launched_until or following.launched_until >= launch.at:
        return False
    return following.reason == "interrupted" or _approved(launch) == _approved(following)


def _approved(launch: Launch) -> tuple[object, ...]:
    return launch.reason, launch.widens, launch.window, launch.parts, launch.people, launch.max_calls


def _has_dialled(overview: Overview, record: LaunchRecord) -> bool:
    result = overview.results.get(record.n)
    return result is not None and result.result.totals.dials > 0


def open_launches(overview: Overview) -> dict[Address, LaunchRecord]:
    """By address, its last launch, where that was to be a create and no record tells what it has made."""
    later, last = known_later(overview), dict[Address, LaunchRecord]()
    for record in overview.launches:
        last.setdefault(record.launch.address, record)
    return {
        address: record
        for address, record in last.items()
        if address.kind.create_reaches_people and not later.live_id_of(record) and record.id not in later.not_launched
    }
