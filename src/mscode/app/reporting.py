"""What is shown while an apply goes on: text for people, or one JSON object a line for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from mscode.app.invocation import Invocation
from mscode.app.workspace import Workspace, show_plan

if TYPE_CHECKING:
    from mscode.app.drift import DriftWorkspace
    from mscode.plan.change import Plan
    from mscode.plan.drift.accept import Refreshed
    from mscode.plan.events import Event


class Reporter(Protocol):
    """Takes what happens, in this order: `begin`, plans and notes, the events of the run. The command line reports errors."""

    def begin(self) -> None:
        """Before anything else is shown."""

    def note(self, text: str) -> None:
        """Show a line to a person."""

    def plan(self, workspace: Workspace, plan: Plan) -> None:
        """Show a plan: the person is asked about it next, or a guard has refused it."""

    def following(self, workspace: Workspace) -> AbstractContextManager[Callable[[Event], None]]:
        """Give the function that takes the events of a run, from any thread."""

    def refresh(self, workspace: DriftWorkspace, plan: Plan) -> None:
        """Show what `--refresh-only` would take into the state."""

    def refreshed(self, accepted: Refreshed) -> None:
        """Show what it has taken into the state."""


class TextReporter:
    """For people: plans and results on stdout, progress and notes on stderr."""

    def __init__(self, inv: Invocation) -> None:
        self._inv = inv

    def begin(self) -> None:
        return

    def note(self, text: str) -> None:
        self._inv.out.info(text)

    def plan(self, workspace: Workspace, plan: Plan) -> None:
        show_plan(workspace, plan)

    @contextmanager
    def following(self, workspace: Workspace) -> Iterator[Callable[[Event], None]]:
        from mscode.views.apply.progress import Follower

        with Follower(self._inv.out, workspace.masker()) as follower:
            yield follower

    def refresh(self, workspace: DriftWorkspace, plan: Plan) -> None:
        from mscode.views.drift.drift_text import render_refresh

        self._inv.out.write_lines(render_refresh(plan, show_people=self._inv.show_people, mask=workspace.masker))

    def refreshed(self, accepted: Refreshed) -> None:
        for address, entry in accepted.items():
            self._inv.out.result(f"{address}: {'Left the state' if entry is None else 'Accepted into the state'}")
        self._inv.out.result("\nApply complete! Resources: 0 added, 0 changed, 0 destroyed.")


class JsonReporter:
    """For programs: lines of JSON on stdout; notes stay on stderr."""

    def __init__(self, inv: Invocation) -> None:
        self._inv = inv

    def begin(self) -> None:
        from mscode.views.apply.apply_json import version_line

        self._inv.out.json(version_line())

    def note(self, text: str) -> None:
        self._inv.out.info(text)

    def plan(self, workspace: Workspace, plan: Plan) -> None:
        from mscode.views.apply.apply_json import diagnostic_line, plan_lines

        for warning in plan.warnings:
            self._inv.out.json(diagnostic_line(warning))
        for line in plan_lines(plan):
            self._inv.out.json(line)

    @contextmanager
    def following(self, workspace: Workspace) -> Iterator[Callable[[Event], None]]:
        from mscode.views.apply.apply_json import event_lines

        def write(event: Event) -> None:
            for line in event_lines(event):
                self._inv.out.json(line)

        yield write

    def refresh(self, workspace: DriftWorkspace, plan: Plan) -> None:
        from mscode.views.apply.apply_json import drift_lines

        for line in drift_lines(plan):
            self._inv.out.json(line)

    def refreshed(self, accepted: Refreshed) -> None:
        from mscode.views.apply.apply_json import nothing_done_line

        self._inv.out.json(nothing_done_line())


def reporter_of(inv: Invocation, *, as_json: bool) -> Reporter:
    """The reporter that `--json` chooses."""
    return JsonReporter(inv) if as_json else TextReporter(inv)
