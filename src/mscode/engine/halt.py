"""`mscode halt`, the emergency brake: stops campaigns with nothing but the API.

No manifests, no state, no lock: whoever can reach the account can stop what rings. It writes phase `held`, so that no later
apply starts the campaign again without --resume.

Nothing may keep it from halting. What can be halted is halted first, and errors are reported afterwards: rows are taken in
whatever form they come, each is judged by itself, a list that fails does not delay what is known by its id, and a campaign that
cannot be written back in its normal form is written back as it came.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import field, replace
from functools import cache
from typing import Any, TypeVar

from mscode.api.client import Client
from mscode.engine.account.decode import live_of
from mscode.engine.account.read import ended
from mscode.engine.account.target import Target
from mscode.engine.halting import (
    Body,
    Reading,
    StandIns,
    UnfitError,
    first_taken,
    forms,
    halting_body,
    may_call,
    readings,
    rows_of,
    state_in,
)
from mscode.errors import Interrupted, MscodeError, UnknownOutcome
from mscode.http.outcome import RateLimited
from mscode.http.retry import backoff
from mscode.model.address_pattern import AddressPattern, is_glob
from mscode.model.kind import Kind, registry
from mscode.model.light_dataclass import dataclass
from mscode.model.service_json import id_text, pick
from mscode.model.world import MARKER_KEY, Live, Marker

#: How often the halt of a campaign is sent that still calls, or whose state is unknown: the PUT may be repeated at any time.
TRIES = 3
#: From so many seconds after the start of the command on, no halt waits for a second reading of its campaign.
_PATIENCE = 3.0
#: The owner in a marker, also where the rest of the marker cannot be read, or where `meta` came as a text.
_OWNER = re.compile(r"1:([a-z][a-z0-9-]{0,38})/([A-Za-z0-9_-]{1,63}):([A-Za-z0-9_.-]{0,200})")


@dataclass(frozen=True, slots=True)
class Choice:
    """Which campaigns: by name, by id, all of this project, or all there are.

    A name is an address, a glob of addresses, or the name of a forEach (`rsvpCalls.invite`), which is each of its objects.
    `projects` are the names that this project goes by (mostly one; none where it is not known). A mark of any environment
    counts: somebody who halts in an emergency must not have to know under which one a campaign was launched. `known` maps
    addresses to ids, from a state; `is_whole` is False where a state is there and could not be read.
    """

    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    everything_of_project: bool = False
    everything_in_account: bool = False
    projects: frozenset[str] = frozenset()
    known: Mapping[str, str] = field(default_factory=dict)
    is_whole: bool = True

    @property
    def is_everything(self) -> bool:
        """Are campaigns chosen that nobody has named?"""
        return self.everything_of_project or self.everything_in_account

    def has_named(self, address: str) -> bool:
        """Does one of the names mean this address?"""
        return any(is_meant(name, address) for name in self.names)


def is_meant(name: str, address: str) -> bool:
    """Does a name mean this address? None means what carries no address."""
    return bool(address) and AddressPattern(name).matches(address)


@dataclass(frozen=True, slots=True)
class Halted:
    """What became of one campaign. `was` is the state it had; `error` is None when it is halted now. `stand_in` is the id of a
    voice file that it was given, since one that it had was deleted and the service takes no halt without it.
    """

    kind: Kind
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
class HaltResult:
    """How it ended. `halted` are the campaigns that were to be halted; `at_rest` those that were chosen and had been halted, or
    were finished, before. `missing` are names of which the account has none, `doubts` why something could not be read, so that
    nobody can say that nothing else calls, `unread` the sections of which that is so. `running` counts what runs by its mark
    ("" for none), with the ids. `addresses` are those of this project's campaigns. `made` is the id of a voice file that was
    made to stand in ("" for none).
    """

    halted: list[Halted] = field(default_factory=list)
    at_rest: list[CampaignRow] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    doubts: list[MscodeError] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    running: dict[str, list[str]] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)
    made: str = ""

    def followed_by(self, second: HaltResult) -> HaltResult:
        """The result of both: what the first halted is at rest for the second, and what it could not halt was tried again."""
        done = [halted for halted in self.halted if halted.error is None]
        ids = {(halted.kind.section, halted.id) for halted in done}
        return replace(
            second,
            halted=[*done, *second.halted],
            at_rest=[row for row in second.at_rest if (row.section, row.id) not in ids],
            made=second.made or self.made,
        )


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as the service shows it, in whatever form that is. `address` and `project` are those of its mark."""

    section: str
    id: str
    raw: Mapping[str, Any]
    marker: Marker | None = None
    project: str = ""
    environment: str = ""
    address: str = ""

    @classmethod
    def of(cls, kind: Kind, raw: Mapping[str, Any], live_id: str = "") -> CampaignRow:
        meta = pick(raw, "meta")
        text = str(meta.get(MARKER_KEY) or "") if isinstance(meta, dict) else json.dumps(meta)
        match = _OWNER.search(text)
        owner = match.groups() if match else ("", "", "")
        own_id = id_text(pick(raw, kind.id_field)) or live_id
        return cls(kind.section, own_id, raw, Marker.parse(text), *owner)

    @property
    def state(self) -> str:
        return state_in(self.raw)

    @property
    def may_call(self) -> bool:
        return may_call(self.raw)

    @property
    def is_to_halt(self) -> bool:
        """It may call, or waits for its launch and is held back too; what `mscode halt` has halted already is left alone."""
        waits = self.state.lower() == "halt" and self.marker is not None and self.marker.phase != "held"
        return self.may_call or waits

    @property
    def is_finished(self) -> bool:
        return self.state.lower() == "complete"

    @property
    def name(self) -> str:
        return self.address or f"campaign {self.id}"


#: Called with each campaign as soon as it is halted, from many threads: one that does not halt must not hide the others.
Tell = Callable[[Halted], object]
Result = TypeVar("Result")


# ---- the chosen campaigns -----------------------------------------------------------------------------------------------


def halt_all_campaigns(
    client: Client,
    target: Target,
    choice: Choice,
    tell: Tell = lambda result: None,
    stop: threading.Event | None = None,
) -> HaltResult:
    """Halt the chosen unfinished campaigns of every kind that can be halted, all at once.

    An id may be of any of the kinds, a glob of several; a name or id is missing where none of them has it. Once `stop` is set,
    no further halt is begun.
    """
    stop = stop or threading.Event()
    kinds = [kind for kind in registry().values() if kind.can_be_halted]
    with ThreadPoolExecutor(len(kinds)) as pool:
        results = list(
            pool.map(lambda kind: halt_campaigns(client, kind, target, _of_kind(choice, kind), tell, stop), kinds)
        )
    total = HaltResult()
    for result in results:
        total.halted.extend(result.halted)
        total.at_rest.extend(result.at_rest)
        total.doubts.extend(result.doubts)
        total.unread.extend(result.unread)
        total.addresses |= result.addresses
        for owner, ids in result.running.items():
            total.running.setdefault(owner, []).extend(ids)
        total.made = total.made or result.made
    missing = set(choice.names + choice.ids).intersection(*(result.missing for result in results))
    total.missing = [name for name in (*choice.names, *choice.ids) if name in missing]
    return total


def _of_kind(choice: Choice, kind: Kind) -> Choice:
    """The part of what is known that one kind can use."""
    prefix = f"{kind.section}."
    return replace(
        choice, known={address: live_id for address, live_id in choice.known.items() if address.startswith(prefix)}
    )


def halt_campaigns(
    client: Client,
    kind: Kind,
    target: Target,
    choice: Choice,
    tell: Tell = lambda halted: None,
    stop: threading.Event | None = None,
) -> HaltResult:
    """Halt the chosen unfinished campaigns of one kind, in parallel. What has a known id is halted without waiting for the list."""
    result = HaltResult()
    names = {live_id: address for address, live_id in choice.known.items()}
    known_ids = [
        live_id for address, live_id in choice.known.items() if choice.is_everything or choice.has_named(address)
    ]
    with ThreadPoolExecutor(1) as beside:
        listing = beside.submit(_listed, client, kind, target)
        voices = StandIns(client, target)
        account = _Account(client, kind, target, voices, listing, names, tell, stop or threading.Event())
        by_id = dict(client.map(account.halt_by_id, dict.fromkeys((*choice.ids, *known_ids))))
        rows, doubts = listing.result()
    chosen = [row for row in rows if _is_chosen(row, choice, by_id) and _is_left(row, by_id)]
    by_row = dict(zip([r.id for r in chosen], client.map(account.halt_by_row, chosen), strict=True))
    result.halted.extend(({k: v for k, v in by_id.items() if isinstance(v, Halted)} | by_row).values())
    at_rest = {row.id: row for row in rows if _is_chosen(row, choice, by_id) and not row.is_to_halt}
    at_rest |= {live_id: row for live_id, row in by_id.items() if isinstance(row, CampaignRow)}
    done = {halted.id for halted in result.halted}
    result.at_rest = [
        replace(row, address=row.address or names.get(row.id, "")) for row in at_rest.values() if row.id not in done
    ]
    for row in rows:
        if row.may_call:
            result.running.setdefault(f"{row.project}/{row.environment}" if row.project else "", []).append(row.id)
    result.addresses = {row.address for row in rows if row.address and row.project in choice.projects} | set(
        choice.known
    )
    result.missing = _missing(choice, rows, by_id)
    if choice.is_everything or any(map(is_glob, choice.names)) or result.missing:
        result.doubts.extend(doubts)
        result.unread.extend([kind.section] if doubts else [])
    if not choice.is_whole and choice.everything_of_project and result.running.get(""):
        result.doubts.append(_unmarked(result.running[""]))
    result.made = account.voices.made
    account.voices.describe()
    return result


#: What came of an id that was known before the list: halted (or not, with its error), left alone, or not there.
Found = Halted | CampaignRow | None


def _is_chosen(row: CampaignRow, choice: Choice, by_id: Mapping[str, Found]) -> bool:
    """Is a campaign of the list chosen, by its mark or by its id?"""
    is_ours = row.project in choice.projects
    return (
        row.id in by_id
        or choice.everything_in_account
        or (choice.everything_of_project and is_ours)
        or (is_ours and choice.has_named(row.address))
    )


def _is_left(row: CampaignRow, by_id: Mapping[str, Found]) -> bool:
    """Is a campaign of the list still to be halted, since its own page was not read or could not be?"""
    done = by_id.get(row.id)
    return row.is_to_halt and not isinstance(done, CampaignRow) and not (isinstance(done, Halted) and done.was)


def _missing(choice: Choice, rows: Sequence[CampaignRow], by_id: Mapping[str, Found]) -> list[str]:
    """Names and ids for which nothing was found."""
    present = {row.id for row in rows} | {live_id for live_id, outcome in by_id.items() if outcome is not None}
    addresses = {row.address for row in rows if row.project in choice.projects}
    addresses |= {address for address, live_id in choice.known.items() if live_id in present}
    names = [name for name in choice.names if not any(is_meant(name, address) for address in addresses)]
    return [*names, *(campaign_id for campaign_id in choice.ids if campaign_id not in present)]


def _unmarked(ids: Sequence[str]) -> MscodeError:
    several = len(ids) > 1
    return MscodeError(
        f"{len(ids)} {'campaigns that run carry' if several else 'campaign that runs carries'} no mark, and the state that "
        f"would tell whether {'they are' if several else 'it is'} this project's cannot be read",
        detail=f"{'Ids' if several else 'Id'} {', '.join(ids[:20])}{', …' if len(ids) > 20 else ''}.",
        hint=f"Halt it by its id: mscode halt --id {ids[0]}.",
        code="unknown-owner",
    )


# ---- the list ---------------------------------------------------------------------------------------------------------


def _listed(client: Client, kind: Kind, target: Target) -> tuple[list[CampaignRow], list[MscodeError]]:
    """Every campaign that the service lists, in whatever form, and why there may be more of them."""
    path = target.paths[kind.collection]
    for count in range(TRIES):
        raws, doubts = rows_of(client, path, kind.section, kind.id_field)
        if not any(isinstance(doubt, RateLimited) for doubt in doubts):
            break
        time.sleep(backoff(count))
    rows = [CampaignRow.of(kind, raw) for raw in raws]
    if any(not row.id for row in rows):
        doubts.append(MscodeError(f"The service listed a {kind.singular} without {kind.id_field}", code="no-id"))
    return [row for row in rows if row.id], doubts


# ---- halting one -----------------------------------------------------------------------------------------------------


def _asked_again(request: Callable[[], Result]) -> Result:
    """A 429 says that nothing was done. An emergency does not wait as long as the service asks: it is sent up to `TRIES` times."""
    for count in range(TRIES - 1):
        try:
            return request()
        except RateLimited:
            time.sleep(backoff(count))
    return request()


#: Another reading of the same campaign, where there is one within so many seconds (None: however long it takes).
Second = Callable[[float | None], CampaignRow | None]


@dataclass(slots=True)
class _Account:
    """Where campaigns are halted; `names` are addresses by id, for those whose mark does not tell theirs."""

    client: Client
    kind: Kind
    target: Target
    voices: StandIns
    listing: Future[tuple[list[CampaignRow], list[MscodeError]]]
    names: Mapping[str, str]
    tell: Tell
    stop: threading.Event
    begun: float = field(default_factory=time.monotonic)

    def _page(self, live_id: str, label: str) -> dict[str, Any] | None:
        path = self.target.item(self.kind.collection, live_id)
        return _asked_again(lambda: self.client.find(path, what=label))

    def halt_by_id(self, live_id: str) -> tuple[str, Found]:
        try:
            raw = self._page(live_id, f"campaign {live_id}")
        except MscodeError as error:  # the list may have it all the same
            return live_id, Halted(self.kind, live_id, self.names.get(live_id, ""), "", error)
        if raw is None:
            return live_id, None
        row = CampaignRow.of(self.kind, raw, live_id)
        if not row.is_to_halt:
            return live_id, row

        def listed(patience: float | None) -> CampaignRow | None:
            try:
                seconds = None if patience is None else max(0.0, self.begun + patience - time.monotonic())
                rows, _ = self.listing.result(seconds)
            except Exception:  # too late, or out of any form: it is halted by its own page then
                return None
            return next((listed_row for listed_row in rows if listed_row.id == live_id), None)

        return live_id, self._halt(row, listed)

    def halt_by_row(self, row: CampaignRow) -> Halted:
        @cache
        def page(_: float | None) -> CampaignRow | None:
            try:
                raw = self._page(row.id, row.name)
            except MscodeError:
                return None
            return None if raw is None else CampaignRow.of(self.kind, raw, row.id)

        return self._halt(row, page)

    def _halt(self, row: CampaignRow, second: Second) -> Halted:
        """Whatever goes wrong with one campaign must not keep the others calling."""
        address = row.address or self.names.get(row.id, "")
        halted = Halted(self.kind, row.id, address, row.state or "unreadable")
        try:
            if self.stop.is_set():
                raise Interrupted(f"{row.name} was not halted: the command was stopped before", code="interrupted")
            halted = replace(halted, stand_in=self._tried(row, second))
        except MscodeError as error:
            return replace(halted, error=error)
        except Exception as error:
            text = f"{row.name} cannot be halted: {type(error).__name__} in what the service lists of it"
            hint = "Halt it in the web interface."
            return replace(halted, error=MscodeError(text, hint=hint, code="bad-form"))
        with suppress(Exception):  # no output that fails keeps the others calling
            self.tell(halted)
        return halted

    def _tried(self, row: CampaignRow, second: Second) -> str:
        """Send the halt until the campaign is halted, at most `TRIES` times; the id of a stand-in voice file ("" for none)."""
        problem: MscodeError | None = None
        for _ in range(TRIES):
            problem, stand_in = None, ""
            try:
                stand_in = _asked_again(lambda: self._put_halt(row, second))
            except UnknownOutcome as unclear:
                problem = unclear
            if self._is_stopped(row, problem):
                return stand_in
            if self.stop.is_set():
                break
        if problem is not None:  # a request without an answer may be carried out later
            raise _unclear(row, problem)
        text = f"{row.name} still calls after it was told to halt {TRIES} times"
        raise MscodeError(text, hint="Try again at once, or halt it in the web interface.", code="not-halted")

    def _is_stopped(self, row: CampaignRow, problem: MscodeError | None) -> bool:
        """Read it back: halted, by `mscode halt`, or complete or deleted. An edit of a running apply may have come in between."""
        try:
            raw = self._page(row.id, row.name)
        except MscodeError as error:
            raise _unclear(row, problem or error) from None
        if raw is None:
            return True
        now = CampaignRow.of(self.kind, raw, row.id)
        is_held = now.marker is None or row.marker is None or now.marker.phase == "held"
        return now.state.lower() == "complete" or (now.state.lower() == "halt" and is_held)

    def _put_halt(self, row: CampaignRow, second: Second) -> str:
        """Send the halt in the first form that the service takes; the id of the voice file that stands in."""
        path = self.target.item(self.kind.collection, row.id)

        def put(form: tuple[Body, str]) -> str:
            body, stand_in = form
            self.client.put(path, body, what=row.name)
            return stand_in

        return first_taken(self._bodies(row, second), put)

    def _bodies(self, row: CampaignRow, second: Second) -> Iterator[tuple[Body, str]]:
        """Each form of the halt, with each reading of the campaign, and none twice. The second reading is waited for
        for a moment only, and once more where nothing else was taken.
        """
        tried: list[Body] = []

        def whole(live: Live, marker: Marker | None) -> Body:
            return halting_body(self.client, self.kind, live, marker)

        for patience in (_PATIENCE, None):
            for form in forms(self.kind, whole, self.voices):
                for reading in self._readings(row, second, patience):
                    try:
                        body = form.body(reading)
                    except UnfitError:
                        continue
                    if body not in tried:
                        tried.append(body)
                        yield body, form.stand_in

    def _readings(self, row: CampaignRow, second: Second, patience: float | None) -> Iterator[Reading]:
        """Each reading of it, with what it lacks taken from the other one."""

        def second_raw() -> Mapping[str, Any] | None:
            second_row = second(patience)
            return second_row.raw if second_row is not None else None

        for raw in readings(self.kind, row.raw, second_raw):
            marker = CampaignRow.of(self.kind, raw, row.id).marker
            yield Reading.of(self.kind, raw, replace(marker, phase="held") if marker else None)


def _unclear(row: CampaignRow, reason: MscodeError) -> UnknownOutcome:
    return UnknownOutcome(
        f"{row.name} may or may not have been halted",
        detail=reason.diagnostics[0].summary,
        hint="Look, and run halt again.",
    )


# ---- what has no halt ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GoesOn:
    """What reaches people and has no halt: it can only be deleted. `address` is "" where it is not known."""

    kind: Kind
    id: str
    address: str


def going_on(client: Client, kind: Kind, target: Target, choice: Choice) -> tuple[list[GoesOn], list[MscodeError]]:
    """The chosen unfinished objects of a kind that has no halt, and why there may be more."""
    names = {live_id: name for name, live_id in choice.known.items() if name.startswith(f"{kind.section}.")}
    raws, doubts = rows_of(client, target.paths[kind.collection], kind.section, kind.id_field)
    objects = []
    for raw in raws:
        row = CampaignRow.of(kind, raw)
        address = names.get(row.id) or (row.address if row.project in choice.projects else "")
        is_chosen = choice.everything_in_account or (
            bool(address) and (choice.everything_of_project or choice.has_named(address))
        )
        if is_chosen and not _is_over(client, kind, raw):
            objects.append(GoesOn(kind, row.id, address))
    return objects, doubts


def _is_over(client: Client, kind: Kind, raw: Mapping[str, Any]) -> bool:
    """One that cannot be read is not over."""
    try:
        now = client.now()
        live = live_of(kind, raw)
        live = ended(kind, live, now) if now else live
    except MscodeError:
        return False
    return live.status.finished
