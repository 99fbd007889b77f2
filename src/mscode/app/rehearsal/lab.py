"""A laboratory: an account, a state and a clock in memory, on which mscode's ordinary engine works.

The account is an emulator of its own with a database in memory, the state a document in memory behind a lock, and time passes
only where something waits or the clock is moved on. Nothing is written to a file, nothing goes to the audit log, nothing is
printed, and everything is gone with the object. Several laboratories of one process know nothing of each other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from mscode.app.apply import carry_out, exit_code, prepare_run, record_do_not_call, settle_former_runs
from mscode.app.approval import ApplyOptions, approve
from mscode.app.emulator import control
from mscode.app.environment import Connection, Environment, InMemory, embedded_url, open_client, open_reader
from mscode.app.halt import code_of
from mscode.app.invocation import Invocation
from mscode.app.launch_records import launch_records
from mscode.app.plan import exit_code_of
from mscode.app.rehearsal.forecasts import min_chance_of
from mscode.app.rehearsal.passage import Passage, Pauses
from mscode.app.state import lock_state, open_state
from mscode.app.workspace import Workspace, work_in
from mscode.model.light_dataclass import dataclass
from mscode.views.console import Out

if TYPE_CHECKING:
    from mscode.engine.halt import HaltResult
    from mscode.plan.change import Plan
    from mscode.plan.events import ApplySummary, Event
    from mscode.plan.inputs import Options
    from mscode.sandbox.answers import Answers
    from mscode.sandbox.profile import Profile
    from mscode.sandbox.store import Store
    from mscode.state.document import StateDocument


def emulated(section: str) -> str:
    """The emulator's name of a kind of object: `rsvpCall` for one whose ids are `rsvpCallId`."""
    from mscode.model.kind import registry

    return registry()[section].id_field.removesuffix("Id")


@dataclass(slots=True)
class QuietOut(Out):
    """Prints nothing; `lines` has what would have been said on stderr."""

    lines: list[str] = field(default_factory=list)

    def result(self, text: str) -> None:
        """Nothing is printed."""

    def document(self, text: str, *, is_json: bool = False, cut_at: str = "", compact: str = "") -> None:
        """Nothing is printed."""

    def write_lines(self, lines: object) -> None:
        """Nothing is printed."""

    def info(self, text: str, style: str = "") -> None:
        """Keep the message."""
        self.lines.append(text)

    def talk_pieces(self, lines: object) -> None:
        """Nothing is printed."""

    def command(self, text: str) -> None:
        """Nothing is printed."""

    def command_result(self, text: str) -> None:
        """Nothing is printed."""


@dataclass(frozen=True, slots=True)
class LabRun:
    """How an apply or a destroy ended: as `ApplyOutcome` has it, with the events of the run in their order."""

    exit_code: int
    plan: Plan
    summary: ApplySummary | None = None
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class LabHalt:
    """What became of a halt."""

    exit_code: int
    result: HaltResult


@dataclass(frozen=True, slots=True)
class Ring:
    """One call that the emulator made, or one message that it sent.

    `section` and `id` name the object by which it did, `address` is that object's in the state ("" where nothing there has
    it). `to` is the number in E.164, or the e-mail address. `reply` is accept, decline or noAnswer.
    """

    at: datetime
    section: str
    id: str
    address: str
    account_id: str
    to: str = field(repr=False)
    answered: bool = False
    reply: str = "noAnswer"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where something that calls people stands: its state as the API names it ("" where the API has none), the accepts that it has,
    and when it was complete (None where it is not).
    """

    state: str
    accepts: int
    completed: datetime | None


class Lab:
    """An environment of a project, in memory. The clock stands at `clock` until something lets time pass.

    `answers` draws who answers what (`mscode.sandbox.answers`). `profile` is the reading of the API, left out the one that
    `service:` of the environment gives. `state` is the document to begin with, which is copied; without one there is none yet.
    """

    def __init__(
        self,
        environment: Environment,
        inv: Invocation,
        clock: datetime,
        *,
        answers: Answers | None = None,
        profile: Profile | None = None,
        state: StateDocument | None = None,
    ) -> None:
        from mscode.app.service_settings import facts_of
        from mscode.http.transport import direct
        from mscode.manifest.project.file import known_paths
        from mscode.sandbox.app import create_app
        from mscode.sandbox.store import MEMORY
        from mscode.state.memory import MemoryBackend

        self.passage = Passage(clock.timestamp())
        chosen = profile or environment.profile
        self.app = create_app(
            MEMORY,
            # The limit of requests a second is one of real time, which does not pass here.
            profile=replace(chosen, rate=None, webhooks="note"),
            window_zone=environment.window_zone,
            machine=self.passage,
            answers=answers,
        )
        self.store: Store = self.app.state.store
        connection = Connection(
            embedded_url(chosen), direct(self.app), self.app.state.token, clock=self.passage, sleep=self.passage.wait
        )
        self.backend = MemoryBackend(state)
        self.out = QuietOut()
        self.inv = replace(inv, out=self.out, no_input=True, can_ask=False, lock_timeout=0.0, show_people=False)
        self.environment = replace(
            environment,
            in_memory=InMemory(connection, self.backend),
            hide_token=lambda token: None,
            service=facts_of(chosen),
            paths=known_paths(),  # where the emulator has what the API's page does not place
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the account and of everybody in it."""
        self.store.close()

    # ---- the commands ----

    def work(self, directory: Path, options: Options) -> Workspace:
        """The project's manifests as they are in the folder now. MscodeError where they cannot be read."""
        return work_in(self.inv, directory, self.environment, options)

    def enter(self, work: Workspace) -> Workspace:
        """The same project, which was read for another account, in this one."""
        return Workspace(self.inv, self.environment, work.desired, work.options)

    def plan(self, work: Workspace) -> Plan:
        """As `mscode plan`: sends nothing but GET."""
        store = open_state(self.environment)
        with open_reader(self.environment, masker=work.masker()) as reader:
            return work.plan(reader, store)

    def apply(self, work: Workspace, options: ApplyOptions | None = None, *, judges_chances: bool = True) -> LabRun:
        """As `mscode apply --auto-approve --allow-launch`, or with other `options`; one request at a time, so that every run of
        the same plan is the same. A destroy where the options of planning say so. `judges_chances`: by the guard `minChance` too.
        """
        from mscode.plan.fingerprint import digest

        options = options or ApplyOptions(auto_approve=True, allow_launch=True)
        events: list[Event] = []
        operation = "destroy" if work.options.destroy else "apply"
        with (
            open_client(self.environment, masker=work.masker(), parallelism=1) as client,
            lock_state(self.inv, self.environment, operation) as store,
        ):
            settle_former_runs(work, client, store, self.out.info, self.passage.wait)
            plan = work.plan(client, store)
            if judges_chances:
                checks = min_chance_of(plan, digest(plan, work.key(client, store)), self.environment)
                plan = replace(plan, checks=(*plan.checks, *checks))
            if plan.refused:
                return LabRun(exit_code_of(plan), plan)
            approval = approve(self.inv, options, plan)
            if not approval.goes:
                return LabRun(1, plan)
            record_do_not_call(work, store)
            records = launch_records(work, store, plan, work.key(client, store), options, approval)
            run = prepare_run(work, client, store, plan, records, events.append)
            run.stop = Pauses(self.passage)
            summary = carry_out(run, replace(options, parallelism=1), approval)
        return LabRun(
            exit_code(summary, on_purpose=options.no_launch, is_held=plan.is_held), plan, summary, tuple(events)
        )

    def halt(self, *names: str) -> LabHalt:
        """As `mscode halt ADDRESS…`; without a name, `mscode halt --all`."""
        from mscode.engine.halt import Choice, halt_all_campaigns

        known = open_state(self.environment).known.entries
        choice = Choice(
            names,
            everything_of_project=not names,
            projects=frozenset({self.environment.project.project}),
            known={str(address): entry.id for address, entry in known.items()},
        )
        with open_client(self.environment, parallelism=1, is_urgent=True) as client:
            result = halt_all_campaigns(client, self.environment.target(), choice)
        return LabHalt(code_of(result), result)

    # ---- the clock ----

    @property
    def now(self) -> datetime:
        """What time it is here."""
        return datetime.fromtimestamp(self.passage(), UTC)

    def advance(self, to: datetime | timedelta) -> None:
        """Move the clock on, to an instant or by a length of time, and play everything that happens until then."""
        instant = self.now + to if isinstance(to, timedelta) else to
        self.passage.move_to(instant.timestamp())
        self.play()

    def play(self) -> None:
        """Play everything that is due by now."""
        control(self.app, "POST", "/clock", '{"advance": 0}')

    # ---- what is there ----

    def seed(self, data: Mapping[str, Any]) -> dict[str, int]:
        """Load accounts and groups, as `mscode sandbox seed` does; counts what was made."""
        return dict(control(self.app, "POST", "/seed", json.dumps(data)))

    def document(self) -> StateDocument | None:
        """The state as it is now; None where there is none yet."""
        return self.backend.storage().read()

    def ledger(self) -> list[Ring]:
        """Every call made and message sent up to now, in the order of time."""
        from mscode.model.kind import registry

        self.play()
        sections = {emulated(section): section for section in registry()}
        addresses = self.addresses()
        sql = "SELECT at, kind, owner, accountId, address, answered, reply FROM rings ORDER BY at, kind, owner, id"
        rings = []
        for at, kind, owner, account_id, to, answered, reply in self.store.rows(sql):
            section, live_id = sections[kind], str(owner)
            rings.append(
                Ring(
                    datetime.fromtimestamp(at, UTC),
                    section,
                    live_id,
                    addresses.get((section, live_id), ""),
                    str(account_id),
                    to,
                    bool(answered),
                    reply,
                )
            )
        return rings

    def standing(self, section: str, live_id: str) -> Standing | None:
        """Where an object that calls people stands now; None where there is none."""
        document = self.store.get(emulated(section), int(live_id))
        if document is None:
            return None
        state = str(document.get("state", ""))
        updated = datetime.fromtimestamp(document.get("updated", 0), UTC)
        return Standing(
            state, int(document.get("stats", {}).get("accepts", 0)), updated if state == "complete" else None
        )

    def last_end(self) -> datetime | None:
        """The instant at which the last thing that calls people is over; None where nothing does."""
        self.play()
        sql = "SELECT max(max(due, coalesce(json_extract(body, '$.end'), due))) FROM documents WHERE due IS NOT NULL"
        [(last,)] = self.store.rows(sql)
        return datetime.fromtimestamp(last, UTC) if last is not None else None

    def ids(self) -> dict[str, str]:
        """The id of each object that the state has now, by its address."""
        document = self.document()
        return {str(address): entry.id for address, entry in document.entries.items()} if document is not None else {}

    def addresses(self) -> dict[tuple[str, str], str]:
        """Section and id to the address of each object that the state has or had."""
        document = self.document()
        if document is None:
            return {}
        known = {(stone.address.section, stone.id): str(stone.address) for stone in document.tombstones}
        for address, entry in document.entries.items():
            known |= {(address.section, live_id): str(address) for live_id in (*entry.superseded, entry.id)}
        return known
