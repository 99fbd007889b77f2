"""Making a plan; `mscode plan` draws it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from mscode.app.environment import open_reader
from mscode.app.invocation import Invocation
from mscode.app.workspace import Workspace, load_work
from mscode.errors import GuardError, UnknownOutcome, worst
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.plan.change import Plan
    from mscode.plan.inputs import Options
    from mscode.state.store import StateStore
    from mscode.views.plan.plan_json import Readers
    from mscode.views.plan.plan_shapes import PlanJson
    from mscode.views.rehearsal.output_shapes import RehearsalOutputJson
    from mscode.views.rehearsal.rehearsal_shapes import RehearsalJson


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """A plan and its sources: the project, the state, and the secret key of the plan's digest. `rehearsal` is what became of it
    where it was rehearsed.
    """

    work: Workspace
    plan: Plan
    store: StateStore
    key: str
    rehearsal: RehearsalJson | None = None

    def exit_code(self, *, detailed: bool = False) -> int:
        """The command's exit code: 1 for a breach in a rehearsal. `detailed`: 2 where there are changes, as for
        `--detailed-exitcode`."""
        breach = self.rehearsal is not None and not all(one["holds"] for one in self.rehearsal["invariants"])
        return worst(exit_code_of(self.plan), 1 if breach else 0, 2 if detailed and self.plan.shown else 0)

    def data(self, *, show_people: bool | None = None, readers: Readers = "programs") -> PlanJson:
        """The plan as JSON data, from which every format but text is drawn; people are shown as the command line says, unless
        `show_people` does. `readers` as in `plan_json`."""
        show_people = self.work.inv.show_people if show_people is None else show_people
        return self.work.data(self.plan, self.key, show_people=show_people, rehearsal=self.rehearsal, readers=readers)

    def rehearsal_data(self) -> RehearsalOutputJson:
        """The rehearsal with what the guards say of the plan, as JSON data. ValueError where it was not rehearsed."""
        if self.rehearsal is None:
            raise ValueError("the plan was not rehearsed")
        data = self.data(show_people=False)
        return {**self.rehearsal, "checks": data["checks"], "diagnostics": data["diagnostics"]}


def make_plan(
    inv: Invocation, directory: Path, options: Options, *, at: str = "", with_drift: bool = False
) -> PlanOutcome:
    """Read the project, its state and the live account, and plan. Sends nothing but GET, and takes no lock.

    `at` is the time, as text, for which to plan instead of now. `with_drift` also detects drift, for the formats for programs.
    """
    from mscode.plan.guards.min_chance import not_judged

    workspace = load_work(inv, directory, options, at)
    store = workspace.read_state()
    with open_reader(workspace.environment, masker=workspace.masker()) as reader, _loading_the_rest():
        plan = workspace.plan(reader, store, with_drift=with_drift)
        plan = replace(plan, notes=(*plan.notes, *not_judged(plan)))
        return PlanOutcome(workspace, plan, store, workspace.key(reader, store))


@contextmanager
def _loading_the_rest() -> Iterator[None]:
    """Load what judges and shows a plan while the service's answers are awaited, not after them."""

    def load() -> None:
        from mscode.plan.checks.rule import rules

        rules()
        import_module("mscode.views.plan.plan_text")

    loading = Thread(target=load, daemon=True)
    loading.start()
    try:
        yield
    finally:
        loading.join()


def exit_code_of(plan: Plan) -> int:
    """0, or the code of a guard's refusal or of a create that only a person can resolve."""
    return worst(UnknownOutcome.exit_code if plan.is_held else 0, GuardError.exit_code if plan.refused else 0)
