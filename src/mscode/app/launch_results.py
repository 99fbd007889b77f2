"""What came of launches, read from the live account and put into their records.

A result is recorded when it is known: when its campaign is over, or stands still. The next apply, `status`, `watch` and `results`
do that; `history --refresh` also records how far the running ones have come. After a result that is not final comes another one.

Only the holder of the state's lock adds to the chain. A command that reads takes the lock for as long as the writing lasts, does
not wait for it, and goes on without: the next command records what this one could not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from mscode.app.environment import Environment
from mscode.app.invocation import Invocation
from mscode.app.records import open_records, read_records
from mscode.app.state import lock_records
from mscode.errors import LockedError, MscodeError
from mscode.model.address import Address
from mscode.model.calling_window import format_instant, parse_instant
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from mscode.app.campaigns import LiveAccount
    from mscode.app.workspace import Workspace
    from mscode.engine.account.status import LiveCampaign
    from mscode.engine.account.target import Account
    from mscode.engine.launch_results import LaunchToRead, ObjectCalls
    from mscode.model.world import Known
    from mscode.plan.change import Plan
    from mscode.state.records.people import PersonResult
    from mscode.state.records.shape import Result
    from mscode.state.records.store import LaunchRecord, Overview, RecordStore, ResultRecord

#: Seconds for one request of a command that shows campaigns: somebody waits for it, who may be about to stop one.
_MOST_SECONDS = 5.0
#: Section and id of a live object.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class OtherRings:
    """Calls of an object that no launch in the records stands behind; `address` is "" where nothing tells it."""

    address: str
    section: str
    id: str
    rings: int


@dataclass(frozen=True, slots=True)
class ResultsRead:
    """Results that were read and differ from those in the records, by person, and calls that belong to no launch."""

    due: Sequence[tuple[Result, dict[str, PersonResult]]] = ()
    others: Sequence[OtherRings] = ()


@dataclass(frozen=True, slots=True)
class ResultsReader:
    """Reads the results of an environment's launches from its account. `with_running`: also of campaigns that call now, and calls
    that belong to no launch. `also` are addresses of which the result is read as it stands, whatever they do.
    """

    account: Account
    known: Known
    records: RecordStore
    with_running: bool = False
    also: frozenset[str] = frozenset()
    _recorded: dict[int, ResultRecord] = field(default_factory=dict)

    def read(self, campaigns: Sequence[LiveCampaign]) -> ResultsRead:
        """What is to be recorded of these live campaigns. Sends nothing but GET."""
        overview = self.records.overview()
        launches = self._launches_by_object(overview)
        self._recorded.update(overview.results)
        chosen = [campaign for campaign in campaigns if self._is_due(campaign, launches.get(_key(campaign), []))]
        calls = {_key(of.campaign): of for of in self._calls(chosen)}
        to_read = {key: self._to_read(launches.get(key, []), of) for key, of in calls.items()}
        others = self._others(calls, to_read, launches, overview) if self.with_running else []
        return ResultsRead(list(self._results(launches, calls, to_read)), others)

    # ---- which of them

    def _launches_by_object(self, overview: Overview) -> dict[Key, list[LaunchRecord]]:
        """The launches of each live object, in their order; one that did not happen is none of them."""
        from mscode.state.records.later import known_later

        later = known_later(overview)
        launches: dict[Key, list[LaunchRecord]] = {}
        for record in reversed(overview.launches):
            if record.id not in later.not_launched:
                for key in self._objects_of(record, later.live_id_of(record)):
                    launches.setdefault(key, []).append(record)
        return launches

    def _objects_of(self, record: LaunchRecord, recorded_id: str) -> Iterable[Key]:
        """The live objects that a launch lets reach people; `recorded_id` is the live id of what was launched, as the records say.
        People who are added to a group or a list are reached by its campaigns, as the state knows these."""
        launch = record.launch
        if launch.address.kind.reaches_people:
            entry = self.known.entries.get(launch.address)
            live_id = recorded_id or (entry.id if entry is not None else "")
            return [(launch.address.section, live_id)] if live_id else []
        return [key for text in launch.campaigns if (key := self._key_of(text)) is not None]

    def _key_of(self, text: str) -> Key | None:
        try:
            entry = self.known.entries.get(Address.parse(text))
        except ValueError:
            return None
        return (entry.address.section, entry.id) if entry is not None else None

    def _is_due(self, campaign: LiveCampaign, launches: Sequence[LaunchRecord]) -> bool:
        if self.with_running and campaign.standing.dialled:
            return True
        if all(self._is_final(launch.n) for launch in launches):
            return False
        stands_still = campaign.standing.finished or not campaign.live.status.running
        return stands_still or self.with_running or campaign.address in self.also

    def _is_final(self, n: int) -> bool:
        return n in self._recorded and self._recorded[n].result.is_final

    # ---- what came of them

    def _calls(self, campaigns: Sequence[LiveCampaign]) -> list[ObjectCalls]:
        from mscode.engine.account.results import read_results, receivers_of
        from mscode.engine.launch_results import calls_of

        # Of what goes out once the service tells nothing but what the object shows itself.
        at_once = [campaign for campaign in campaigns if campaign.live.kind.goes_out_once]
        calling = [campaign for campaign in campaigns if not campaign.live.kind.goes_out_once]
        replies = read_results(self.account, [campaign.live for campaign in calling])
        return [
            *(calls_of(campaign, receivers_of(self.account, campaign.live)) for campaign in at_once),
            *(calls_of(campaign, rows) for campaign, rows in zip(calling, replies, strict=True)),
        ]

    def _to_read(self, launches: Sequence[LaunchRecord], calls: ObjectCalls) -> list[LaunchToRead]:
        from mscode.engine.launch_results import LaunchToRead

        return [
            LaunchToRead(
                record.n,
                parse_instant(record.launch.at),
                self.records.results_of(record, self._recorded.get(record.n), calls.people),
            )
            for record in launches
        ]

    def _results(
        self,
        launches: dict[Key, list[LaunchRecord]],
        calls: dict[Key, ObjectCalls],
        to_read: dict[Key, list[LaunchToRead]],
    ) -> Iterable[tuple[Result, dict[str, PersonResult]]]:
        from mscode.engine.launch_results import by_launch, together

        objects: dict[int, list[Key]] = {}
        people: dict[int, dict[str, PersonResult]] = {}
        for key, of_object in launches.items():
            for record in of_object:
                objects.setdefault(record.n, []).append(key)
            for n, of_launch in (by_launch(calls[key], to_read[key]) if key in calls else {}).items():
                known = people.setdefault(n, {})
                for person, calls_of_person in of_launch.items():
                    earlier = known.get(person)
                    known[person] = together(earlier, calls_of_person) if earlier else calls_of_person
        records = {record.n: record for of_object in launches.values() for record in of_object}
        now = self.account.now()
        for n, results in sorted(people.items()):
            keys = objects[n]
            is_whole = all(key in calls for key in keys)
            if is_whole and not self._is_final(n):
                result = self._result(records[n], [calls[key] for key in keys], results, launches, now)
                if self._differs(result):
                    yield result, results

    def _result(
        self,
        record: LaunchRecord,
        calls: Sequence[ObjectCalls],
        results: dict[str, PersonResult],
        launches: dict[Key, list[LaunchRecord]],
        now: datetime,
    ) -> Result:
        from mscode.engine.launch_results import totals_of
        from mscode.state.records.shape import Result

        dials = None
        if len(calls) == 1 and launches[_key(calls[0].campaign)] == [record] and set(calls[0].people) <= set(results):
            dials = calls[0].campaign.standing.dialled  # all of them are of this launch
        campaign = calls[0].campaign
        return Result(
            at=format_instant(now),
            launch=record.n,
            live_id=campaign.live.id if len(calls) == 1 else "",
            state=campaign.standing.state if len(calls) == 1 else "",
            is_final=all(of_object.is_final(now) for of_object in calls),
            totals=totals_of(record.people, results, dials),
        )

    def _differs(self, result: Result) -> bool:
        recorded = self._recorded.get(result.launch)
        return recorded is None or (recorded.result.totals, recorded.result.state, recorded.result.is_final) != (
            result.totals,
            result.state,
            result.is_final,
        )

    def _others(
        self,
        calls: dict[Key, ObjectCalls],
        to_read: dict[Key, list[LaunchToRead]],
        launches: dict[Key, list[LaunchRecord]],
        overview: Overview,
    ) -> list[OtherRings]:
        """Calls of what the records know nothing of, and of people whom no launch was to reach. Nothing can be told of what was
        launched before records began, or by a launch whose record was erased when its time had passed, nor of people where
        somebody was erased, who cannot be told from them."""
        from mscode.engine.launch_results import other_rings

        earlier = overview.launched_before | self._erased(overview)
        others = []
        for key, of_object in calls.items():
            if key in earlier or any(map(self.records.has_erased, launches.get(key, ()))):
                continue
            rings = other_rings(of_object, to_read[key]) if to_read[key] else of_object.campaign.standing.dialled
            if rings:
                others.append(OtherRings(of_object.campaign.address, *key, rings))
        return others

    def _erased(self, overview: Overview) -> set[Key]:
        """The live objects of launches whose records were erased. What a launch made is the one that its address has today."""
        erased = set()
        for about in (entry.line.about for entry in overview.erased):
            if key := self._key_of(about.address):
                erased.add(key)
            if about.live_id:
                erased.add((about.address.partition(".")[0], about.live_id))
        return erased


def _key(campaign: LiveCampaign) -> Key:
    return campaign.section, campaign.live.id


# ---- by the commands -------------------------------------------------------------------------------------------------


def record_before_apply(workspace: Workspace, account: Account, known: Known, plan: Plan, records: RecordStore) -> None:
    """By the holder of the lock, before a plan is carried out: what came of earlier launches, and how far those have come that this
    plan launches again or takes away. It holds nothing up: where it fails a line says so.
    """
    from mscode.engine.account.status import campaigns_among

    if workspace.environment.in_memory is not None or plan.builder is None:
        return
    changed = frozenset(str(change.address) for change in plan.shown)
    try:
        reader = ResultsReader(account, known, records, also=changed)
        objects = plan.builder.inputs.live.objects
        for result, people in reader.read(campaigns_among(account, objects, known)).due:
            records.write_result(result, people)
    except (MscodeError, OSError) as error:
        workspace.inv.out.info(f"What came of earlier launches could not be recorded: {error}", "yellow")


def record_read(inv: Invocation, account: LiveAccount, campaigns: Sequence[LiveCampaign]) -> None:
    """By a command that reads campaigns: what came of their launches. Where another command holds the lock nothing is recorded;
    where it fails a line says so. Records that could not be read for the names of launches are not waited for again.
    """
    if not account.environment.has_project or not campaigns or account.launches.has_failed:
        return
    try:
        with account.reader.limited(_MOST_SECONDS):
            results = _reader(account, patience=_MOST_SECONDS).read(campaigns)
        _record(replace(inv, lock_timeout=0.0), account.environment, results)
    except LockedError:
        return
    except (MscodeError, OSError) as error:
        inv.out.info(f"What came of launches could not be recorded: {error}", "yellow")


def refresh_results(inv: Invocation, directory: Path) -> Sequence[OtherRings]:
    """Read what has come of every launch until now, record it, and give the calls that no launch in the records stands behind.
    MscodeError where something cannot be read or recorded.
    """
    from mscode.app.campaigns import open_account

    with open_account(inv, directory) as account:
        results = _reader(account, with_running=True).read(account.campaigns())
        _record(inv, account.environment, results)
        return results.others


def recorder(inv: Invocation, account: LiveAccount) -> Callable[[Sequence[LiveCampaign]], None]:
    """The same as `record_read` for a command that reads again and again: only after something has come to a stand."""
    seen: set[tuple[str, str, str, int]] = set()

    def record(campaigns: Sequence[LiveCampaign]) -> None:
        standing = {
            (*_key(campaign), campaign.standing.state, campaign.standing.dialled)
            for campaign in campaigns
            if not campaign.live.status.running
        }
        if not standing <= seen:
            seen.update(standing)
            record_read(inv, account, campaigns)

    return record


def _reader(account: LiveAccount, *, with_running: bool = False, patience: float | None = None) -> ResultsReader:
    live_account = account.environment.account(account.reader)
    records = read_records(account.environment, patience=patience)
    return ResultsReader(live_account, account.known, records, with_running=with_running)


def _record(inv: Invocation, environment: Environment, results: ResultsRead) -> None:
    """Under the lock, where another command may have recorded the same meanwhile."""
    if not results.due:
        return
    with lock_records(inv, environment) as state:
        records = open_records(environment, state, is_linked=False)
        recorded = records.results()
        for result, people in results.due:
            earlier = recorded.get(result.launch)
            if earlier is None or (not earlier.result.is_final and earlier.result.at <= result.at):
                records.write_result(result, people)
