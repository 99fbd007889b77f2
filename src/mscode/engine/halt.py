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
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
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
from mscode.errors import MscodeError, UnknownOutcome
from mscode.http.outcome import RateLimited
from mscode.http.retry import backoff
from mscode.model.kind import Kind, registry
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
    """Which campaigns: by address, by id, all of this project, or all there are.

    `projects` are the names that this project goes by (mostly one; none where it is not known). A mark of any environment
    counts: somebody who halts in an emergency must not have to know under which one a campaign was launched. `known` maps
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
    """How it ended. `missing` are names that certainly are not in the account, `doubts` why something could not be read, so that
    nobody can say that nothing else calls. `running` counts what runs by its mark ("" for none), with the ids. `made` is the id
    of a voice file that was made to stand in ("" for none).
    """

    halted: list[Halted] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    doubts: list[MscodeError] = field(default_factory=list)
    running: dict[str, list[str]] = field(default_factory=dict)
    made: str = ""


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as the service shows it, in whatever form that is. `address` and `project` are those of its mark."""

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
        return cls(id_text(pick(raw, kind.id_field)) or live_id, raw, Marker.parse(text), *owner)

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
    def name(self) -> str:
        return self.address or f"campaign {self.id}"


#: Called with each campaign as soon as it is halted, from many threads: one that does not halt must not hide the others.
Tell = Callable[[Halted], object]
Result = TypeVar("Result")


# ---- the chosen campaigns -----------------------------------------------------------------------------------------------


def halt_all_campaigns(client: Client, target: Target, choice: Choice, tell: Tell = lambda result: None) -> HaltResult:
    """Halt the chosen unfinished campaigns of every kind that can be halted, all at once.

    An id may be of any of the kinds, and is missing where none of them has it. An address is looked for where its section
    says; one of a section that is no kind's that can be halted is missing.
    """
    kinds = [kind for kind in registry().values() if kind.can_be_halted]
    with ThreadPoolExecutor(len(kinds)) as pool:
        results = list(pool.map(lambda kind: halt_campaigns(client, kind, target, _of_kind(choice, kind), tell), kinds))
    total = HaltResult()
    for result in results:
        total.halted.extend(result.halted)
        total.doubts.extend(result.doubts)
        for owner, ids in result.running.items():
            total.running.setdefault(owner, []).extend(ids)
        total.made = total.made or result.made
    sections = {kind.section for kind in kinds}
    nowhere = [address for address in choice.addresses if address.partition(".")[0] not in sections]
    missing = {name for result in results for name in result.missing if name in choice.addresses}
    missing |= set(choice.ids).intersection(*(result.missing for result in results))
    total.missing = [name for name in (*choice.addresses, *choice.ids) if name in missing or name in nowhere]
    return total


def _of_kind(choice: Choice, kind: Kind) -> Choice:
    """The part of a choice that one kind can answer."""
    prefix = f"{kind.section}."
    return replace(
        choice,
        addresses=tuple(address for address in choice.addresses if address.startswith(prefix)),
        known={address: live_id for address, live_id in choice.known.items() if address.startswith(prefix)},
    )


def halt_campaigns(
    client: Client, kind: Kind, target: Target, choice: Choice, tell: Tell = lambda halted: None
) -> HaltResult:
    """Halt the chosen unfinished campaigns of one kind, in parallel. What has a known id is halted without waiting for the list."""
    result = HaltResult()
    names = {live_id: address for address, live_id in choice.known.items()}
    ids_in_state = choice.known.values() if choice.everything_of_project or choice.everything_in_account else ()
    ids_of_addresses = (choice.known[address] for address in choice.addresses if address in choice.known)
    known_ids = list(dict.fromkeys((*choice.ids, *ids_of_addresses, *ids_in_state)))
    with ThreadPoolExecutor(1) as beside:
        listing = beside.submit(_listed, client, kind, target)
        account = _Account(client, kind, target, StandIns(client, target), listing, names, tell)
        by_id = dict(client.map(account.halt_by_id, known_ids))
        rows, doubts = listing.result()
    chosen = [row for row in rows if _is_chosen(row, choice, by_id)]
    by_row = dict(zip([r.id for r in chosen], client.map(account.halt_by_row, chosen), strict=True))
    result.halted.extend(({k: v for k, v in by_id.items() if isinstance(v, Halted)} | by_row).values())
    for row in rows:
        if row.may_call:
            result.running.setdefault(f"{row.project}/{row.environment}" if row.project else "", []).append(row.id)
    result.missing = _missing(choice, rows, by_id)
    if choice.everything_of_project or choice.everything_in_account or result.missing:
        result.doubts.extend(doubts)
    if not choice.is_whole and choice.everything_of_project and result.running.get(""):
        result.doubts.append(_unmarked(result.running[""]))
    result.made = account.voices.made
    account.voices.describe()
    return result


#: What came of an id that was known before the list: halted (or not, with its error), left alone, or not there.
Found = Halted | CampaignRow | None


def _is_chosen(row: CampaignRow, choice: Choice, by_id: Mapping[str, Found]) -> bool:
    """What is still to be halted by its row: chosen by its mark, or by an id whose own page could not be read."""
    done = by_id.get(row.id)
    if isinstance(done, CampaignRow) or (isinstance(done, Halted) and done.was) or not row.is_to_halt:
        return False
    is_ours = row.project in choice.projects
    return (
        row.id in by_id
        or choice.everything_in_account
        or (choice.everything_of_project and is_ours)
        or (is_ours and row.address in choice.addresses)
    )


def _missing(choice: Choice, rows: Sequence[CampaignRow], by_id: Mapping[str, Found]) -> list[str]:
    """Names and ids for which nothing was found."""
    present = {row.id for row in rows} | {live_id for live_id, outcome in by_id.items() if outcome is not None}
    marked = {row.address for row in rows if row.project in choice.projects}
    names = [
        address for address in choice.addresses if address not in marked and choice.known.get(address) not in present
    ]
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
        for _ in range(TRIES):
            problem: MscodeError | None = None
            stand_in = ""
            try:
                stand_in = _asked_again(lambda: self._put_halt(row, second))
            except UnknownOutcome as unclear:
                problem = unclear
            if self._is_stopped(row, problem):
                return stand_in
        text = f"{row.name} still calls after it was told to halt {TRIES} times"
        raise MscodeError(text, hint="Try again at once, or halt it in the web interface.", code="not-halted")

    def _is_stopped(self, row: CampaignRow, problem: MscodeError | None) -> bool:
        """Read it back: halted, by `mscode halt`, or complete or deleted. An edit of a running apply may have come in between."""
        try:
            raw = self._page(row.id, row.name)
        except MscodeError as error:
            raise UnknownOutcome(
                f"{row.name} may or may not have been halted",
                detail=(problem or error).diagnostics[0].summary,
                hint="Look, and run halt again.",
            ) from None
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


# ---- what has no halt ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GoesOn:
    """What reaches people and has no halt: it can only be deleted. `address` is "" where it is not known."""

    kind: Kind
    id: str
    address: str


def going_on(client: Client, kind: Kind, target: Target, choice: Choice) -> tuple[list[GoesOn], list[MscodeError]]:
    """This project's (or the account's) unfinished objects of a kind that has no halt, and why there may be more."""
    names = {live_id: name for name, live_id in choice.known.items() if name.startswith(f"{kind.section}.")}
    raws, doubts = rows_of(client, target.paths[kind.collection], kind.section, kind.id_field)
    objects = []
    for raw in raws:
        row = CampaignRow.of(kind, raw)
        address = names.get(row.id) or (row.address if row.project in choice.projects else "")
        if (address or choice.everything_in_account) and not _is_over(client, kind, raw):
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
