"""What is asked of the records: which launches there were, one of them whole, those that reached a person, whether they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar
from zoneinfo import ZoneInfo

from mscode.app.audit import audit
from mscode.app.environment import Environment
from mscode.app.history.people import person_of, refuse_people
from mscode.app.history.records_json import (
    Aftermath,
    decision_json,
    launch_json,
    other_record_json,
    other_rings_json,
    person_launch_json,
    record_json,
)
from mscode.app.invocation import Invocation
from mscode.app.launch_results import refresh_results
from mscode.app.records import open_records, read_records, records_of
from mscode.app.state import lock_state, open_state
from mscode.app.workspace import load_environment
from mscode.errors import MscodeError, UsageError
from mscode.model.address_pattern import AddressPattern
from mscode.model.calling_window import parse_instant
from mscode.model.light_dataclass import dataclass
from mscode.model.retention import is_period, kept_since

if TYPE_CHECKING:
    from mscode.model.privacy import Masker
    from mscode.state.records.chain import ChainEntry
    from mscode.state.records.store import LaunchRecord, RecordStore
    from mscode.state.store import StateStore
    from mscode.views.history.history_shapes import (
        DecisionJson,
        ForgottenJson,
        HistoryJson,
        OtherRecordJson,
        PersonHistoryJson,
        RecordJson,
        VerificationJson,
    )

Data = TypeVar("Data")
_COMMIT = re.compile(r"[0-9a-f]{4,64}")
#: Seconds to wait for the state, by which is seen whether records are missing: the records answer without it, too.
_STATE_SECONDS = 5.0
_HOURS = re.compile(r"(\d{1,5})h")


@dataclass(frozen=True, slots=True)
class LaunchSelection:
    """Which launches are meant: of these patterns (all where there is none), from `since` on, of a commit that begins so. `objects`
    are those (section, live id) that have an address of the patterns today: they may have had another when they were launched.
    """

    patterns: Sequence[AddressPattern] = ()
    since: datetime | None = None
    commit: str = ""
    objects: Collection[tuple[str, str]] = ()

    def matches(self, record: LaunchRecord, live_id: str | None) -> bool:
        """Is this launch meant? `live_id` is that of its object, as far as it is known.

        People who are added to a group are a launch of the campaigns that reach it.
        """
        launch = record.launch
        if self.since is not None and parse_instant(launch.at) < self.since:
            return False
        commits = (launch.context.commit, launch.context.head)
        if self.commit and not any(commit.startswith(self.commit) for commit in commits):
            return False
        names = (str(launch.address), *launch.campaigns)
        return any(map(self.matches_address, names)) or (launch.address.section, live_id) in self.objects

    def matches_erased(self, entry: ChainEntry) -> bool:
        """Is this launch meant, of which no more is known than when it was, and of what? Its commit is not among that."""
        is_since = self.since is None or parse_instant(entry.line.at) >= self.since
        return is_since and not self.commit and self.matches_address(entry.line.about.address)

    def matches_address(self, address: str) -> bool:
        """Is the object of this address meant?"""
        return not self.patterns or any(pattern.matches(address) for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class HistoryRequest:
    """The texts of the command line: the project's folder, addresses, names of a `forEach` and globs, `--since`, `--commit`, and
    whether what came of the launches is to be read from the service first."""

    directory: Path
    names: Sequence[str] = ()
    since: str | None = None
    commit: str | None = None
    refresh: bool = False


@dataclass(frozen=True, slots=True)
class Answer(Generic[Data]):
    """What the records say, as JSON, and the name of the zone in which times are shown."""

    data: Data
    zone_name: str


def read_history(inv: Invocation, request: HistoryRequest) -> Answer[HistoryJson]:
    """The launches that are meant, newest first. UsageError for a text that is no address, time or commit.

    With `refresh` what came of them is read from the service first, with nothing but GET, and recorded.
    """
    environment = load_environment(inv, request.directory)
    selection = _selection(request, environment)
    state = _state_of(environment)
    if state is not None:
        selection = replace(selection, objects=_objects(selection.patterns, state))
    others = refresh_results(inv, request.directory) if request.refresh else []
    store = read_records(environment)
    if missing := _missing_records(state, store):
        inv.out.info(f"The records are not whole: {missing}. `mscode history verify` says more.", "yellow")
    overview = store.overview()
    aftermath = Aftermath.of(overview)
    launches = [
        launch_json(record, aftermath)
        for record in overview.launches
        if selection.matches(record, aftermath.live_id_of(record))
    ]
    data: HistoryJson = {
        "environment": environment.name,
        "launches": launches,
        "erased": sum(map(selection.matches_erased, aftermath.erased)),
    }
    if request.refresh:
        data["otherRings"] = [other_rings_json(rings) for rings in others if selection.matches_address(rings.address)]
    return _answer(data, environment)


def _answer(data: Data, environment: Environment) -> Answer[Data]:
    return Answer(data, environment.project.timezone)


def _state_of(environment: Environment) -> StateStore | None:
    """The state, before the records are read: it may know no more than they hold. None where there is none that can be read."""
    try:
        return open_state(environment, patience=_STATE_SECONDS)
    except (MscodeError, OSError):
        return None


def _missing_records(state: StateStore | None, store: RecordStore) -> str:
    """Which records the state knows that are not there, in words; "" where none is missing, or no state can be read."""
    return "" if state is None else store.missing_at_end(state.records())


def _selection(request: HistoryRequest, environment: Environment) -> LaunchSelection:
    commit = (request.commit or "").lower()
    if request.commit is not None and not _COMMIT.fullmatch(commit):
        raise UsageError("--commit: a commit is 4 to 64 hex digits", hint="Write it like --commit 1a2b3c4d.")
    refuse_people(request.names)
    try:
        patterns = [AddressPattern.parse(name) for name in request.names]
    except ValueError as error:
        raise UsageError(str(error)) from None
    since = _since(request.since, environment, datetime.now(UTC))
    return LaunchSelection(patterns, since, commit)


def _objects(patterns: Sequence[AddressPattern], state: StateStore) -> Collection[tuple[str, str]]:
    """The objects that the state knows at addresses of these patterns."""
    return {
        (address.section, entry.id)
        for address, entry in state.known.entries.items()
        if any(pattern.matches(str(address)) for pattern in patterns)
    }


def _since(text: str | None, environment: Environment, now: datetime) -> datetime | None:
    """The instant of `--since`: a day, a time, or how long ago; in the project's zone where it has no offset."""
    if text is None:
        return None
    if match := _HOURS.fullmatch(text):
        return now - timedelta(hours=int(match[1]))
    if is_period(text):
        return kept_since(text, now)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(environment.project.timezone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f'--since: "{text[:80]}" is no time',
            hint="Write it like 2026-12-01, 2026-12-01T09:00, or 30d for thirty days.",
        ) from None


# ---- one record, one person ------------------------------------------------------------------------------------------


def read_record(inv: Invocation, directory: Path, id: str) -> Answer[RecordJson | DecisionJson | OtherRecordJson]:
    """One record by its id, or its number; MscodeError where there is none, UsageError for what may be a person."""
    from mscode.state.records.shape import Decision, Launch

    environment = load_environment(inv, directory)
    store = read_records(environment)
    entry = next((entry for entry in store.entries() if id in (entry.id, str(entry.n))), None)
    if entry is None:
        refuse_people([id])  # not before: an id may happen to be digits alone, like 2-460801
        raise MscodeError(
            f"There is no record {id[:80]}",
            hint="`mscode history` lists the launches with their ids.",
            code="unknown-id",
        )
    mask = masker_of(inv, directory, environment)
    match entry.content:
        case Launch():
            overview = store.overview()
            record = next(record for record in overview.launches if record.n == entry.n)
            return _answer(record_json(entry, record, Aftermath.of(overview), mask), environment)
        case Decision() as decision:
            return _answer(decision_json(entry, decision, environment.name, mask), environment)
        case None:
            raise MscodeError(
                f"The content of record {entry.id} was erased when its time had passed",
                detail=f"It was a {entry.line.type} of {entry.line.at}{_object_of(entry)}. Its digest stands in the chain: "
                f"{entry.line.digest}",
                code="erased",
            )
        case content:
            return _answer(other_record_json(entry, content, environment.name), environment)


def _object_of(entry: ChainEntry) -> str:
    """` of rsvpCalls.invite (id 7)`; "" of a decision."""
    about = entry.line.about
    id = f" (id {about.live_id})" if about.live_id else ""
    return f", of {about.address}{id}" if about.address else ""


def masker_of(inv: Invocation, directory: Path, environment: Environment) -> Masker:
    """Masks people in texts that were sent; their names are known as far as the manifests can be read today."""
    from mscode.app.workspace import read_as_written
    from mscode.model.privacy import Masker

    try:
        return read_as_written(inv, directory, environment)[1]
    except (MscodeError, OSError):
        return Masker(show_people=inv.show_people)


def read_person(inv: Invocation, directory: Path, read: Callable[[], str | None]) -> Answer[PersonHistoryJson]:
    """The launches that were let reach a person, newest first; `read` gives the number or the e-mail address. MscodeError where
    that is none, and where nothing is found in records that are not whole. Sends nothing."""
    environment = load_environment(inv, directory)
    person = person_of(read(), environment)
    state, store = _state_of(environment), read_records(environment)
    reached = store.by_person(person)
    if missing := _missing_records(state, store):
        _tell_incomplete(inv, missing, is_found=bool(reached))
    aftermath = Aftermath.of(store.overview())
    launches = []
    if reached:
        mask = masker_of(inv, directory, environment)
        launches = [person_launch_json(launch, aftermath, mask) for launch in reached]
    data: PersonHistoryJson = {
        "environment": environment.name,
        "launches": launches,
        "erased": len(aftermath.erased),
    }
    return _answer(data, environment)


def _tell_incomplete(inv: Invocation, missing: str, *, is_found: bool) -> None:
    """That there may be more launches of a person; where none was found, that is an error: nobody may read it as "never called"."""
    if is_found:
        inv.out.info(f"The records are not whole: {missing}. There may be more launches than these.", "yellow")
        return
    raise MscodeError(
        f"It cannot be said whether a launch was let reach this person: {missing}",
        detail="What is left of the records names none.",
        hint="Restore them from your copy, and see what `mscode history verify` says.",
        code="records-damaged",
    )


def forget_person(inv: Invocation, directory: Path, read: Callable[[], str | None]) -> Answer[ForgottenJson]:
    """Erase a person from the records, under the lock of the state; the audit log keeps that it was done, and not of whom.

    `read` gives the number or the e-mail address. MscodeError where that is none. Sends nothing to the service.
    """
    environment = load_environment(inv, directory)
    person = person_of(read(), environment)
    with lock_state(inv, environment, "history forget") as state:
        store = open_records(environment, state)
        erased = store.forget(person)
        remains = store.storage.earlier_versions
        if erased.launches or erased.results:
            audit(environment, "history-forget", launches=erased.launches, results=erased.results)
    data: ForgottenJson = {
        "environment": environment.name,
        "launches": erased.launches,
        "results": erased.results,
        "remains": remains or None,
    }
    return _answer(data, environment)


# ---- all of them -----------------------------------------------------------------------------------------------------


def verify_records(inv: Invocation, directory: Path) -> Answer[VerificationJson]:
    """Whether the chain holds, its links to the state, and the records of launched campaigns. Sends nothing to the service."""
    from mscode.state.records.verify import verify

    environment = load_environment(inv, directory)
    state = open_state(environment, inv.out.info)
    problems = verify(records_of(environment), state.records() if state.text() else None)
    data: VerificationJson = {
        "environment": environment.name,
        "valid": not problems,
        "problems": [{"place": problem.place, "summary": problem.text} for problem in problems],
    }
    return _answer(data, environment)
