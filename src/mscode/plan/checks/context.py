"""What a rule looks at: the wanted objects, whose turn it is, and the texts that people hear and read."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, TypeVar

from mscode.errors import Place
from mscode.model.address import Address
from mscode.model.kind import TextPart
from mscode.model.light_dataclass import dataclass
from mscode.model.regions import FieldPlaces, Region
from mscode.model.values import Ref, references
from mscode.model.world import Desired, DesiredWorld, Project
from mscode.plan.people.reach import written_end

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder
    from mscode.plan.change import Change

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A text that people hear or read, as its manifest has it.

    `item` is the object that holds it, `path` its place there (a field, or `operations[0].say`), `role` what it is for in
    the campaign that plays it (`start`, `accept`, …; else the path). `players` are the objects by which it reaches people: the
    campaigns that play it, or the message that it is part of.
    """

    item: Desired
    path: str
    text: str
    role: str
    is_heard: bool
    players: tuple[Address, ...]

    @property
    def voice(self) -> str:
        """The voice code of a spoken text; "" where there is none."""
        return str(self.item.fields.get("voiceCode") or "")

    @property
    def addresses(self) -> tuple[Address, ...]:
        """What a finding in this text concerns."""
        return tuple(dict.fromkeys((self.item.address, *self.players)))

    def region(self, start: int = 0, end: int | None = None) -> Region:
        """Where the characters from `start` to `end` stand; the whole field where that cannot be said."""
        return words_region(self.item, self.path, start, end)

    def allow_at(self) -> tuple[Region, ...]:
        """Where a comment may stand besides: at the field, for words inside a block text or a file."""
        return (field_region(self.item, self.path),)


@dataclass(frozen=True, slots=True)
class CheckContext:
    """The wanted objects of a project, at one moment.

    `objects` are all that the manifests declare; a rule looks at the others to understand one, and raises findings of the
    `judged` alone: those that are not over and, in a plan, that it creates, changes or launches. `value` is the rule's own,
    from mscode.yaml or by default. `builder` is the plan with the live account, None in `validate`. `is_complete`: every
    manifest could be read; else a rule says nothing of what it cannot see.
    """

    desired: DesiredWorld
    judged: frozenset[Address]
    now: datetime
    window_zone: tzinfo
    environment: str = ""
    value: str = ""
    builder: PlanBuilder | None = None
    is_complete: bool = True
    _cache: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def objects(self) -> Mapping[Address, Desired]:
        """Every object that the manifests declare."""
        return self.desired.objects

    @property
    def project(self) -> Project:
        return self.desired.project

    @property
    def is_sandbox(self) -> bool:
        """Is the environment the embedded emulator, where no phone rings?"""
        return self.environment in self.project.sandboxes

    @property
    def pace(self) -> int | None:
        """Calls a minute of one campaign, where the environment says so."""
        return self.project.paces.get(self.environment)

    def cached(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """What several rules, or several campaigns, need is made once: the same object at every call with this key."""
        if key not in self._cache:
            self._cache[key] = make()
        made: _T = self._cache[key]
        return made

    def change_of(self, address: Address) -> Change | None:
        """What the plan does to an object; None where it does nothing, and in `validate`."""
        changes = self.builder.changes if self.builder else ()
        by_address = self.cached("changes", lambda: {change.address: change for change in reversed(changes)})
        return by_address.get(address)

    def items(self) -> Iterator[Desired]:
        """The objects that may raise findings, in the order of the manifests."""
        if len(self.judged) < len(self.objects) // 4:  # of one launch: the others are not gone through for each rule
            return (self.objects[address] for address in sorted(self.judged))
        return (item for address, item in self.objects.items() if address in self.judged)

    def limit(self, whole: int = 0) -> int | None:
        """The rule's value as a number; a share is of `whole`. None where it has none."""
        if not self.value:
            return None
        return whole * int(self.value[:-1]) // 100 if self.value.endswith("%") else int(self.value)

    def campaigns(self) -> Iterator[Desired]:
        """Those of the judged objects that call or write to people."""
        return (item for item in self.items() if item.kind.reaches_people)

    def texts(self) -> Sequence[WrittenText]:
        """Each text once: those of judged objects, and those that they let people hear. Texts of other fields (names,
        descriptions) are for nobody's ear and are not among them."""
        return self.cached("texts", lambda: list(self._texts()))

    def played(self, campaign: Desired) -> Sequence[WrittenText | TextPart]:
        """What a campaign or message lets people hear or read, in that order: its texts, and parts that are none (a recording,
        or a voice file of the live account that no manifest declares)."""
        parts: list[WrittenText | TextPart] = []
        for part in campaign.kind.texts(campaign.fields):
            if not part.voice_file:
                parts.append(WrittenText(campaign, part.role, part.text, part.role, part.heard, (campaign.address,)))
                continue
            voice = self.objects.get(part.voice_file.address) if isinstance(part.voice_file, Ref) else None
            spoken = voice.kind.texts(voice.fields) if voice else ()
            texts = [
                WrittenText(voice, own.role, own.text, part.role, True, (campaign.address,))
                for own in spoken
                if voice is not None and own.recording is None
            ]
            parts += texts or [part]
        return parts

    def users(self, address: Address) -> Sequence[Address]:
        """The declared objects that refer to an object, judged or not."""
        return self.cached("users", self._users).get(address, ())

    def _users(self) -> Mapping[Address, Sequence[Address]]:
        users: dict[Address, list[Address]] = {}
        for item in self.objects.values():
            refs = [*references(item.fields), *(item.members.references if item.members else ())]
            for target in dict.fromkeys(ref.address for ref in refs):
                users.setdefault(target, []).append(item.address)
        return users

    def _texts(self) -> Iterator[WrittenText]:
        for item in self.items():
            if item.kind.role == "voice" and not any(
                self.objects[user].kind.plays for user in self.users(item.address)
            ):
                for part in item.kind.texts(item.fields):
                    if part.recording is None:
                        yield WrittenText(item, part.role, part.text, part.role, part.heard, ())
        played: dict[tuple[Address, str], list[WrittenText]] = {}
        for campaign in self.campaigns():
            for text in self.played(campaign):
                if isinstance(text, WrittenText):
                    played.setdefault((text.item.address, text.path), []).append(text)
        for same in played.values():
            first = same[0]
            players = tuple(dict.fromkeys(player for text in same for player in text.players))
            yield WrittenText(first.item, first.path, first.text, first.role, first.is_heard, players)


def is_over(item: Desired, now: datetime) -> bool:
    """Has the instant passed after which the object reaches nobody any more?"""
    end = written_end(item.fields) if item.kind.reaches_people else None
    return end is not None and end <= now


def written_region(item: Desired, path: str, start: int = 0, end: int | None = None) -> Region | None:
    """Where the characters from `start` to `end` of the text at `path` stand (see FieldPlaces); None where nobody knows."""
    places = item.field_places
    return places.region(path, start, end) if isinstance(places, FieldPlaces) else None


def words_region(item: Desired, path: str, start: int = 0, end: int | None = None) -> Region:
    """The same; the whole field where that cannot be said."""
    return written_region(item, path, start, end) or field_region(item, path)


def field_region(item: Desired, path: str) -> Region:
    """Where a field of an object stands; the object's name where the manifest has no such field."""
    name = path.partition(".")[0].partition("[")[0]
    place = item.field_places.get(path) or item.field_places.get(name) or item.place
    return region_at(place)


def region_at(place: Place) -> Region:
    """A place as a region of which no more is known than where it begins."""
    return Region(place, place.line, place.column)
