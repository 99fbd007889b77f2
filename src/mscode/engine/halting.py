"""The forms of a request that halts a campaign: what `mscode halt` and an apply send in turn until the service takes one.

A service may refuse to take back what it has itself (a voice file that somebody deleted, a member that it shows as null), and
a campaign that cannot be halted goes on calling. So it is sent in these forms, in this order: as it is; with an existing voice
file in the place of each deleted one; as it came; with nothing but the halt; and at last with a voice file that is made for it.
None of this needs a state or a plan.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from typing import Any, TypeVar

from mscode.api.client import Client
from mscode.engine.account.decode import live_of
from mscode.engine.account.target import Target
from mscode.engine.campaign_body import campaign_body, marked_meta
from mscode.errors import MscodeError, Rejected
from mscode.model.kind import Kind, Post, kind_of
from mscode.model.light_dataclass import dataclass
from mscode.model.service_json import id_order, id_text, pick
from mscode.model.world import Live, Marker

Body = Mapping[str, Any]
#: The body of a halting PUT for a whole campaign with these fields, carrying this marker.
HaltBody = Callable[[Live, Marker | None], Body]
Item = TypeVar("Item")
Result = TypeVar("Result")

#: Refusals of what was sent, where another form of the same may pass. A token that may not write passes in no form.
_OF_THE_BODY = frozenset({400, 404, 409, 413, 415, 422})


class UnfitError(MscodeError):
    """A form that a campaign cannot be brought into, or that equals an earlier one."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A campaign as it came and in spec form (None where it is out of form), and the marker that it is to carry."""

    raw: Mapping[str, Any]
    live: Live | None
    marker: Marker | None

    @classmethod
    def of(cls, kind: Kind, raw: Mapping[str, Any], marker: Marker | None) -> Reading:
        try:
            return cls(raw, live_of(kind, raw), marker)
        except MscodeError:
            return cls(raw, None, marker)


@dataclass(frozen=True, slots=True)
class Form:
    """`body` raises UnfitError for a campaign that cannot be sent so. `stand_in`: the voice file that replaces a deleted one."""

    body: Callable[[Reading], Body]
    stand_in: str = ""


def forms(kind: Kind, whole: HaltBody, voices: StandIns) -> Iterator[Form]:
    """Every form, the one that changes least first. `whole` makes the body of a campaign that is in form."""

    def as_it_is(reading: Reading) -> Body:
        return _whole(whole, reading.live, reading.marker)

    def as_it_came(reading: Reading) -> Body:
        names = [rule.name for rule in kind.fields if not rule.append_only]
        values = {name: value for name in names if (value := pick(reading.raw, name)) is not None}
        return {**values, **alone(reading)}

    def alone(reading: Reading) -> Body:
        meta = pick(reading.raw, "meta")
        return {"state": "halt"} | (
            {"meta": marked_meta({"meta": meta}, reading.marker)} if isinstance(meta, dict) else {}
        )

    yield Form(as_it_is)
    playable = voices.ready()
    if playable:
        yield Form(_with(playable, kind, whole), playable[0])
    yield Form(as_it_came)
    yield Form(alone)
    if not playable and (new_ids := voices.make()):
        yield Form(_with(new_ids, kind, whole), new_ids[0])


def _with(playable: Sequence[str], kind: Kind, whole: HaltBody) -> Callable[[Reading], Body]:
    def with_stand_ins(reading: Reading) -> Body:
        live, plays = reading.live, kind.plays
        if live is None or plays is None or all(voice_file_id in playable for voice_file_id in plays.ids(live.fields)):
            raise UnfitError("No voice file of it is gone")
        fields = plays.replaced(live.fields, lambda live_id: live_id if live_id in playable else playable[0])
        return _whole(whole, replace(live, fields=fields), reading.marker)

    return with_stand_ins


def _whole(whole: HaltBody, live: Live | None, marker: Marker | None) -> Body:
    if live is None:
        raise UnfitError("It is out of form")
    try:
        return whole(live, marker)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise UnfitError(f"A member is missing or of another type: {type(error).__name__}") from None


def first_taken(tries: Iterable[Item], send: Callable[[Item], Result]) -> Result:
    """The result of the first try that the service takes. Where it takes none, the first refusal is raised."""
    refusals: list[MscodeError] = []
    for item in tries:
        try:
            return send(item)
        except UnfitError as error:
            refusals.append(error)
        except Rejected as error:
            if error.status not in _OF_THE_BODY:
                raise
            refusals.append(error)
    raise next((refusal for refusal in refusals if not isinstance(refusal, UnfitError)), refusals[0])


def halting_body(client: Client, kind: Kind, live: Live, marker: Marker | None) -> dict[str, Any]:
    """Every updatable field as it is, state halt, and the marker given, where the campaign carries one."""
    return campaign_body(kind, live.fields, "halt", marked_meta(live.fields, marker), client.now())


# ---- readings of one campaign, in whatever form ----------------------------------------------------------------------


def state_in(raw: Mapping[str, Any]) -> str:
    """The state that a campaign shows; "" where that is no text."""
    state = pick(raw, "state")
    return state.strip() if isinstance(state, str) else ""


def may_call(raw: Mapping[str, Any]) -> bool:
    """True unless the campaign is certainly stopped: a state that cannot be read does not say so."""
    return state_in(raw).lower() not in _STOPPED


_STOPPED = ("halt", "complete")


def readings(
    kind: Kind, raw: Mapping[str, Any], second: Callable[[], Mapping[str, Any] | None]
) -> Iterator[Mapping[str, Any]]:
    """As it came; what it lacks taken from the second reading (its page, or its row in the list); and the other way round.

    Where it lacks what every campaign has, or shows it in a type of which nothing can be read, it goes last: a service that
    takes an empty window or no weekdays would lose what the campaign has.
    """
    legible = _legible(kind, raw)
    lacks = any(pick(legible, name) in _EMPTY for name in _always_there(kind))
    if not lacks:
        yield raw
    second_reading = second()
    if second_reading is not None:
        yield from (_filled(legible, second_reading), _filled(_legible(kind, second_reading), legible))
    if lacks:
        yield raw


def _legible(kind: Kind, raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """A reading without those members that every campaign has and of which, here, nothing is left in spec form."""
    try:
        fields = live_of(kind, {kind.id_field: "1", **raw}).fields
    except MscodeError:  # which of them it is cannot be told
        return raw
    lost = {name.lower() for name in _always_there(kind) if name in fields and fields[name] in _EMPTY}
    return {name: value for name, value in raw.items() if name.lower() not in lost}


_EMPTY: tuple[object, ...] = (None, "", [], {})


def _always_there(kind: Kind) -> list[str]:
    """Members that no campaign is without: those that a manifest must have, and those that the service or mscode adds."""
    required = (
        name
        for name, rule in kind.spec.model_fields.items()
        if rule.is_required() and not kind.fields_by_name[name].append_only
    )
    return [*required, "startTime", "maxRedials", "meta"]


def _filled(raw: Mapping[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    """A reading, with the members that it lacks or has empty from another one; names differ by case at times."""
    values = {name: value for name, value in raw.items() if value not in _EMPTY}
    names = {name.lower() for name in values}
    return values | {name: value for name, value in source.items() if name.lower() not in names}


# ---- voice files that stand in ---------------------------------------------------------------------------------------

STAND_IN = "mscode stand-in for a deleted voice file"
_DESCRIPTION = (
    "Made to halt a campaign whose voice file was gone. It calls nobody; delete it when no campaign names it."
)
#: How often a voice file that was just made is looked at, and how many seconds apart.
_LOOKS, _APART = 20, 0.5


@dataclass(slots=True)
class StandIns:
    """The account's voice files, for all campaigns that are halted together: those that can be played, and at last one that is
    made, once. `made` is its id, "" while there is none.
    """

    client: Client
    target: Target
    made: str = ""
    _is_tried: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ready(self) -> list[str]:
        """Ids of those that can be played, the lowest first; none where they cannot be read."""
        ids = [
            live_id
            for row in self._rows()
            if self._is_ready(row) and (live_id := id_text(pick(row, kind_of("voice").id_field)))
        ]
        return sorted(ids, key=id_order)

    def make(self) -> list[str]:
        """The one that says nothing much, as soon as it can be played; none where the service makes none."""
        with self._lock:
            if not self._is_tried:
                self._is_tried = True
                self._make()
            return [self.made] if self.made else []

    def describe(self) -> None:
        """Say in the account what was made is for; after the halt, which does not wait for it."""
        if self.made:
            with suppress(MscodeError):
                kind = kind_of("voice")
                body = kind.encode({"name": STAND_IN, "description": _DESCRIPTION})
                self.client.put(self.target.item(kind.collection, self.made), body, what=f"{kind.singular} {self.made}")

    def _make(self) -> None:
        kind = kind_of("voice")
        (codes,) = kind.enumerated_fields
        listed, _ = rows_of(self.client, self.target.paths[codes.path], codes.what, codes.member)
        code = next((str(row[codes.member]) for row in listed if row.get(codes.member)), "en")
        post = kind.create({"name": STAND_IN, "text": "Thank you.", "voiceCode": code})
        assert isinstance(post, Post)
        path, label = self.target.paths[post.path], "a voice file to stand in"
        try:
            self.made = self.client.create(path, dict(post.body), what=label, id_field=kind.id_field).id
        except MscodeError:  # an answer that was lost: it may be there all the same
            ids = [id_text(pick(row, kind.id_field)) for row in self._rows() if pick(row, "name") == STAND_IN]
            self.made = max(filter(None, ids), key=id_order, default="")
        for _ in range(_LOOKS if self.made else 0):
            try:
                row = self.client.find(self.target.item(kind.collection, self.made), what=label)
            except MscodeError:  # whether it can be played is then for the halt to find out
                return
            if row is not None and self._is_ready(row):
                return
            time.sleep(_APART)

    def _rows(self) -> list[Mapping[str, Any]]:
        kind = kind_of("voice")
        return rows_of(self.client, self.target.paths[kind.collection], kind.section, kind.id_field)[0]

    @staticmethod
    def _is_ready(row: Mapping[str, Any]) -> bool:
        readiness = kind_of("voice").readiness
        return readiness is None or bool(pick(row, readiness.field) == readiness.ready)


# ---- lists, in whatever form -----------------------------------------------------------------------------------------


def rows_of(client: Client, path: str, label: str, id_field: str) -> tuple[list[Mapping[str, Any]], list[MscodeError]]:
    """The rows of a list; of one that is out of form, whatever looks like a row of its kind, and why there may be more."""
    try:
        return list(client.list(path, what=label)), []
    except MscodeError as error:
        if not 200 <= getattr(error, "status", 0) < 300:
            return [], [error]
        problem = error
    try:
        return list(_rows_in(client.get(path, what=label), id_field)), [problem]
    except MscodeError:
        return [], [problem]


def _rows_in(data: Any, id_field: str) -> Iterator[Mapping[str, Any]]:
    """Objects with the id of a kind, wherever they stand in an answer."""
    waiting = [data]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict) and pick(node, id_field) is not None:
            yield node
        elif isinstance(node, dict | list):
            waiting.extend(node.values() if isinstance(node, dict) else node)
