"""`mscode halt`, the emergency brake: stops campaigns with nothing but the API (reconcile §6).

No manifests, no state, no lock: whoever can reach the account can stop what rings. It writes phase `held`, so that no later
apply starts the campaign again without --resume.

Nothing may disarm it. What can be halted is halted first, and what went wrong is told after it: so rows are taken as they
come and each is judged by itself, a list that fails does not keep back what is known by its id, and a campaign that cannot
be written back in its normal form is written back as it came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from mscode.api.client import Client
from mscode.engine.details import live_of
from mscode.engine.read import ended
from mscode.engine.target import Target
from mscode.errors import MscodeError, Rejected, UnknownOutcome
from mscode.kind import Kind, registry
from mscode.plan.reach import LATEST_START
from mscode.windows import parse_instant
from mscode.wire import id_order, id_text, pick
from mscode.world import MARKER_KEY, Live, Marker

#: So often is a campaign told to halt that still calls, or of which nobody knows: the PUT may be repeated at any time.
TRIES = 3
#: Refusals of what was sent, where another form of the same halt may pass. A token that may not write passes in no form.
_OF_THE_BODY = frozenset({400, 404, 409, 413, 415, 422})
_STOPPED = ("halt", "complete")
#: Whose a mark is, also where the rest of it cannot be read, or where `meta` came as a text.
_OWNER = re.compile(r"1:([a-z][a-z0-9-]{0,38})/([A-Za-z0-9_-]{1,63}):([A-Za-z0-9_.-]{0,200})")


@dataclass(frozen=True, slots=True)
class Choice:
    """Which campaigns: by address, by id, all of this project, or all there are.

    `projects` are the names that this project goes by (mostly one; none where it is not known). A mark of any environment
    counts: somebody who pulls the brake must not have to know under which one a campaign was launched. `known` maps
    addresses to ids, from a state; `is_whole` is False where a state is there and could not be read.
    """

    addresses: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    everything_of_project: bool = False
    everything_in_account: bool = False
    projects: frozenset[str] = frozenset()
    known: Mapping[str, str] = field(default_factory=dict)
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Halted:
    """What became of one campaign. `was` is the state it had; `error` is None when it is halted now. `stand_in` is the id of a
    voice file that it was given, since one that it had is gone and the service takes no halt without.
    """

    id: str
    address: str
    was: str
    error: MscodeError | None = None
    stand_in: str = ""

    @property
    def is_unclear(self) -> bool:
        """Does nobody know whether it is halted?"""
        return isinstance(self.error, UnknownOutcome)


@dataclass(slots=True)
class Pulled:
    """How it ended. `missing` are names that certainly are not in the account, `doubts` what could not be looked at, so that
    nobody can say that nothing else calls. `running` counts what runs by its mark ("" for none), with the ids.
    """

    halted: list[Halted] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    doubts: list[MscodeError] = field(default_factory=list)
    running: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A campaign as the service shows it, in whatever form that is. `address` and `project` are those of its mark."""

    id: str
    raw: Mapping[str, Any]
    marker: Marker | None = None
    project: str = ""
    environment: str = ""
    address: str = ""

    @classmethod
    def of(cls, kind: Kind, raw: Mapping[str, Any], live_id: str = "") -> Row:
        meta = pick(raw, "meta")
        text = str(meta.get(MARKER_KEY) or "") if isinstance(meta, dict) else json.dumps(meta)
        found = _OWNER.search(text)
        owner = found.groups() if found else ("", "", "")
        return cls(id_text(pick(raw, kind.id_field)) or live_id, raw, Marker.parse(text), *owner)

    @property
    def state(self) -> str:
        state = pick(self.raw, "state")
        return state.strip() if isinstance(state, str) else ""

    @property
    def may_call(self) -> bool:
        """Whatever is not certainly stopped: a state that cannot be read is none that says so."""
        return self.state.lower() not in _STOPPED

    @property
    def is_to_halt(self) -> bool:
        """It may call, or waits for its launch and is held back too; what the brake has halted already is left alone."""
        waits = self.state.lower() == "halt" and self.marker is not None and self.marker.phase != "held"
        return self.may_call or waits

    @property
    def name(self) -> str:
        return self.address or f"campaign {self.id}"


# ---- pulling the brake -----------------------------------------------------------------------------------------------


def pull(client: Client, kind: Kind, target: Target, choice: Choice) -> Pulled:
    """Halt the chosen unfinished campaigns, in parallel. What has a known id is halted without waiting for the list."""
    pulled = Pulled()
    with ThreadPoolExecutor(1) as beside:
        listing = beside.submit(_listed, client, kind, target)
        by_id = dict(client.map(lambda one: _halt_by_id(client, kind, target, one), _known_ids(choice)))
        rows, doubts = listing.result()
    chosen = [row for row in rows if _is_chosen(row, choice, by_id)]
    by_row = dict(
        zip([r.id for r in chosen], client.map(lambda r: _halt(client, kind, target, r), chosen), strict=True)
    )
    names = {live_id: address for address, live_id in choice.known.items()}
    for one in ({k: v for k, v in by_id.items() if isinstance(v, Halted)} | by_row).values():
        pulled.halted.append(replace(one, address=one.address or names.get(one.id, "")))
    for row in rows:
        if row.may_call:
            pulled.running.setdefault(f"{row.project}/{row.environment}" if row.project else "", []).append(row.id)
    pulled.missing = _missing(choice, rows, by_id)
    if choice.everything_of_project or choice.everything_in_account or pulled.missing:
        pulled.doubts.extend(doubts)
    if not choice.is_whole and choice.everything_of_project and pulled.running.get(""):
        pulled.doubts.append(_unmarked(pulled.running[""]))
    return pulled


#: What came of an id that was known before the list: halted (or not, with its error), left alone, or not there.
Found = Halted | Row | None


def _known_ids(choice: Choice) -> list[str]:
    known = choice.known.values() if choice.everything_of_project else ()
    named = (choice.known[address] for address in choice.addresses if address in choice.known)
    return list(dict.fromkeys((*choice.ids, *named, *known)))


def _halt_by_id(client: Client, kind: Kind, target: Target, live_id: str) -> tuple[str, Found]:
    try:
        raw = client.find(target.item(kind.collection, live_id), what=f"campaign {live_id}")
    except MscodeError as error:  # the list may have it all the same
        return live_id, Halted(live_id, "", "", error)
    if raw is None:
        return live_id, None
    row = Row.of(kind, raw, live_id)
    return live_id, _halt(client, kind, target, row) if row.is_to_halt else row


def _is_chosen(row: Row, choice: Choice, by_id: Mapping[str, Found]) -> bool:
    """What is still to be halted by its row: chosen by its mark, or by an id whose own page could not be read."""
    done = by_id.get(row.id)
    if isinstance(done, Row) or (isinstance(done, Halted) and done.was) or not row.is_to_halt:
        return False
    is_ours = row.project in choice.projects
    return (
        row.id in by_id
        or choice.everything_in_account
        or (choice.everything_of_project and is_ours)
        or (is_ours and row.address in choice.addresses)
    )


def _missing(choice: Choice, rows: Sequence[Row], by_id: Mapping[str, Found]) -> list[str]:
    """Names and ids for which nothing was found."""
    there = {row.id for row in rows} | {live_id for live_id, found in by_id.items() if found is not None}
    marked = {row.address for row in rows if row.project in choice.projects}
    names = [a for a in choice.addresses if a not in marked and choice.known.get(a) not in there]
    return [*names, *(one for one in choice.ids if one not in there)]


def _unmarked(ids: Sequence[str]) -> MscodeError:
    several = len(ids) > 1
    return MscodeError(
        f"{len(ids)} {'campaigns that run carry' if several else 'campaign that runs carries'} no mark, and the state that "
        f"would tell whether {'they are' if several else 'it is'} this project's cannot be read",
        detail=f"{'Ids' if several else 'Id'} {', '.join(ids[:20])}{', …' if len(ids) > 20 else ''}.",
        hint=f"Halt it by its id: mscode halt --id {ids[0]}.",
        code="unknown-owner",
    )


# ---- looking ---------------------------------------------------------------------------------------------------------


def _listed(client: Client, kind: Kind, target: Target) -> tuple[list[Row], list[MscodeError]]:
    """Every campaign that the service lists, in whatever form, and why there may be more of them."""
    raws, doubts = _raw_rows(client, kind, target)
    rows = [Row.of(kind, raw) for raw in raws]
    if any(not row.id for row in rows):
        doubts.append(MscodeError(f"The service listed a {kind.singular} without {kind.id_field}", code="no-id"))
    return [row for row in rows if row.id], doubts


def _raw_rows(client: Client, kind: Kind, target: Target) -> tuple[list[Mapping[str, Any]], list[MscodeError]]:
    """The rows of a list; of one that is out of form, whatever looks like a row of its kind."""
    path = target.paths[kind.collection]
    try:
        return list(client.list(path, what=kind.section)), []
    except MscodeError as error:
        if not 200 <= getattr(error, "status", 0) < 300:
            return [], [error]
        problem = error
    try:
        return list(_rows_in(client.get(path, what=kind.section), kind.id_field)), [problem]
    except MscodeError:
        return [], [problem]


def _rows_in(data: Any, id_field: str) -> Iterator[Mapping[str, Any]]:
    """Objects with the id of a kind, wherever they stand in an answer."""
    waiting = [data]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict) and pick(here, id_field) is not None:
            yield here
        elif isinstance(here, dict | list):
            waiting.extend(here.values() if isinstance(here, dict) else here)


# ---- halting one -----------------------------------------------------------------------------------------------------


def _halt(client: Client, kind: Kind, target: Target, row: Row) -> Halted:
    """Whatever goes wrong with one campaign must not keep the others calling."""
    was, stand_in = row.state or "unreadable", ""
    try:
        for _ in range(TRIES):
            problem: MscodeError | None = None
            try:
                stand_in = _put_halt(client, kind, target, row)
            except UnknownOutcome as unclear:
                problem = unclear
            if _is_stopped(client, kind, target, row, problem):
                return Halted(row.id, row.address, was, stand_in=stand_in)
    except MscodeError as error:
        return Halted(row.id, row.address, was, error)
    except Exception as error:
        text = f"{row.name} cannot be halted: {type(error).__name__} in what the service lists of it"
        return Halted(
            row.id, row.address, was, MscodeError(text, hint="Halt it in the web interface.", code="bad-form")
        )
    text = f"{row.name} still calls after it was told to halt {TRIES} times"
    hint = "Try again at once, or halt it in the web interface."
    return Halted(row.id, row.address, was, MscodeError(text, hint=hint, code="not-halted"))


def _is_stopped(client: Client, kind: Kind, target: Target, row: Row, problem: MscodeError | None) -> bool:
    """Read it back: halted, and by the brake, or complete or gone. An edit of a running apply may have come in between."""
    try:
        raw = client.find(target.item(kind.collection, row.id), what=row.name)
    except MscodeError as error:
        raise UnknownOutcome(
            f"{row.name} may or may not have been halted",
            detail=(problem or error).diagnostics[0].summary,
            hint="Look, and run halt again.",
        ) from None
    if raw is None:
        return True
    now = Row.of(kind, raw, row.id)
    is_held = now.marker is None or row.marker is None or now.marker.phase == "held"
    return now.state.lower() == "complete" or (now.state.lower() == "halt" and is_held)


def _put_halt(client: Client, kind: Kind, target: Target, row: Row) -> str:
    """Send the halt in the first form that the service takes; the id of a voice file that had to stand in for one that is
    gone. The first refusal is the one that is told.
    """
    path = target.item(kind.collection, row.id)
    refusal: Rejected | None = None
    for body, stand_in in _halting_bodies(client, kind, target, row):
        try:
            client.put(path, body, what=row.name)
        except Rejected as error:
            refusal = refusal or error
            if error.status not in _OF_THE_BODY:
                raise
        else:
            return stand_in
    assert refusal is not None
    raise refusal


def _halting_bodies(client: Client, kind: Kind, target: Target, row: Row) -> Iterator[tuple[dict[str, Any], str]]:
    """The campaign as it is with state halt, from its own page where its row in the list is out of form; with a voice file
    that can be played; as it came; and nothing but the halt.
    """
    for one in _forms(client, kind, target, row):
        marker = replace(one.marker, phase="held") if one.marker else None
        live = _read(kind, one)
        body = _normal_body(client, kind, live, marker) if live else None
        if live is not None and body is not None:
            yield body, ""
            stand_in, playable = _playable(client, kind, target, live)
            if stand_in:
                yield halting_body(client, kind, replace(live, fields=playable), marker), stand_in
    meta = pick(one.raw, "meta")
    held = {"state": "halt"} | ({"meta": _held(meta, marker)} if isinstance(meta, dict) else {})
    names = [rule.name for rule in kind.fields if not rule.grows]
    came = {name: value for name in names if (value := pick(one.raw, name)) is not None}
    yield came | held, ""
    yield held, ""


def _forms(client: Client, kind: Kind, target: Target, row: Row) -> Iterator[Row]:
    yield row
    try:
        raw = client.find(target.item(kind.collection, row.id), what=row.name)
    except MscodeError:
        return
    if raw is not None:
        yield Row.of(kind, {**row.raw, **raw}, row.id)


def _read(kind: Kind, row: Row) -> Live | None:
    try:
        return live_of(kind, row.raw)
    except MscodeError:
        return None


def _normal_body(client: Client, kind: Kind, live: Live, marker: Marker | None) -> dict[str, Any] | None:
    """None where a member that the body needs is missing or of another type."""
    try:
        return halting_body(client, kind, live, marker)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None


def _held(meta: Mapping[str, Any], marker: Marker | None) -> dict[str, Any]:
    return {**meta, **({MARKER_KEY: str(marker)} if marker else {})}


def _playable(client: Client, kind: Kind, target: Target, live: Live) -> tuple[str, dict[str, Any]]:
    """Its fields with a voice file that is ready in the place of each that is gone; "" where that would change nothing."""
    voices = registry()["voiceFiles"]
    assert voices.readiness is not None and kind.plays is not None
    raws, _ = _raw_rows(client, voices, target)
    ready = [
        id_text(pick(raw, voices.id_field))
        for raw in raws
        if pick(raw, voices.readiness.field) == voices.readiness.ready and id_text(pick(raw, voices.id_field))
    ]
    gone = [one for one in kind.plays(live.fields) if one not in ready]
    if not (ready and gone):
        return "", {}
    spare = min(ready, key=id_order)
    played = {name: one if one in ready else spare for name, one in live.fields["voiceFiles"].items()}
    return spare, {**live.fields, "voiceFiles": played}


def halting_body(client: Client, kind: Kind, live: Live, marker: Marker | None) -> dict[str, Any]:
    """Every updatable field as it is, state halt, and the marker given, where the campaign carries one."""
    fields = {name: value for name, value in live.fields.items() if not kind.rules[name].grows} | {"state": "halt"}
    meta = live.fields.get("meta")
    fields["meta"] = _held(meta if isinstance(meta, dict) else {}, marker)
    now = client.now()
    start = fields.get("startTime")
    if now and start and parse_instant(start) < now - LATEST_START:
        del fields["startTime"]
    return kind.wire(fields)


# ---- what has no halt ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GoesOn:
    """What reaches people and has no halt: it can only be deleted. `address` is "" where it is not known."""

    kind: Kind
    id: str
    address: str


def going_on(client: Client, kind: Kind, target: Target, choice: Choice) -> tuple[list[GoesOn], list[MscodeError]]:
    """This project's (or the account's) unfinished objects of a kind that has no halt, and why there may be more."""
    names = {live_id: a for a, live_id in choice.known.items() if a.startswith(f"{kind.section}.")}
    raws, doubts = _raw_rows(client, kind, target)
    found = []
    for raw in raws:
        row = Row.of(kind, raw)
        address = names.get(row.id) or (row.address if row.project in choice.projects else "")
        if (address or choice.everything_in_account) and not _is_over(client, kind, raw):
            found.append(GoesOn(kind, row.id, address))
    return found, doubts


def _is_over(client: Client, kind: Kind, raw: Mapping[str, Any]) -> bool:
    """One that cannot be read is not over."""
    try:
        now = client.now()
        live = live_of(kind, raw)
        live = ended(kind, live, now) if now else live
    except MscodeError:
        return False
    return live.life is not None and live.life.finished
