"""Making a plan; `mscode plan` draws it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.environment import open_reader
from mscode.app.invocation import Invocation
from mscode.app.workspace import Workspace, load_work
from mscode.errors import GuardError, UnknownOutcome, worst

if TYPE_CHECKING:
    from mscode.plan.change import Plan
    from mscode.plan.inputs import Options
    from mscode.state.store import StateStore
    from mscode.views.plan.plan_shapes import PlanJson


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """A plan and its sources: the project, the state, and the secret key of the plan's digest."""

    work: Workspace
    plan: Plan
    store: StateStore
    key: str

    def exit_code(self, *, detailed: bool = False) -> int:
        """The command's exit code. `detailed`: 2 where there are changes, as for `--detailed-exitcode`."""
        return worst(exit_code_of(self.plan), 2 if detailed and self.plan.shown else 0)

    def data(self) -> PlanJson:
        """The plan as JSON data, from which every format but text is drawn."""
        return self.work.data(self.plan, self.key, show_people=self.work.inv.show_people)


def make_plan(
    inv: Invocation, directory: Path, options: Options, *, at: str = "", with_drift: bool = False
) -> PlanOutcome:
    """Read the project, its state and the live account, and plan. Sends nothing but GET, and takes no lock.

    `at` is the time, as text, for which to plan instead of now. `with_drift` also detects drift, for the formats for programs.
    """
    workspace = load_work(inv, directory, options, at)
    store = workspace.read_state()
    with open_reader(workspace.environment, masker=workspace.masker()) as reader:
        plan = workspace.plan(reader, store, with_drift=with_drift)
        return PlanOutcome(workspace, plan, store, workspace.key(reader, store))


def exit_code_of(plan: Plan) -> int:
    """0, or the code of a guard's refusal or of a create that only a person can resolve."""
    return worst(UnknownOutcome.exit_code if plan.is_held else 0, GuardError.exit_code if plan.refused else 0)
