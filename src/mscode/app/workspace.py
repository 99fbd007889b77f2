"""What plan, apply and destroy share: from a folder to a plan on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode import __version__
from mscode.app.environment import Environment, resolve
from mscode.app.invocation import Invocation
from mscode.app.policies import judged, policies_of
from mscode.errors import MscodeError, UsageError
from mscode.model.address import Address
from mscode.views.diagnostics import show_diagnostics

if TYPE_CHECKING:
    from mscode.api.client import Reader
    from mscode.engine.session import Memory
    from mscode.model.privacy import Masker
    from mscode.model.world import DesiredWorld, Known, LiveWorld
    from mscode.plan.change import Check, Plan
    from mscode.plan.inputs import Options
    from mscode.state.store import StateStore
    from mscode.views.plan.plan_shapes import PlanJson, RefusalJson


@dataclass(slots=True)
class Workspace:
    """A project, read: where it goes, what it wants, how it is asked for; `memory` is what was read live on the way."""

    inv: Invocation
    environment: Environment
    desired: DesiredWorld
    options: Options
    at: datetime | None = None
    memory: Memory | None = None
    #: what mscode.yaml says of guards, as the last plan read it
    guards_read: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.guards_read = self.environment.project.guards

    def masker(self, *, show_people: bool | None = None) -> Masker:
        """Masks people's data in the service's words; `show_people` where it is not to be as the command line says."""
        from mscode.manifest.load.loader import personal_words
        from mscode.model.privacy import Masker

        words = personal_words(self.desired.objects.values())
        shown = self.inv.show_people if show_people is None else show_people
        return Masker(words, self.desired.secrets, show_people=shown)

    def read_state(self) -> StateStore:
        """The state as it is, without a lock and without making anything."""
        from mscode.app.state import open_state

        return open_state(self.environment, self.inv.out.info)

    def plan(self, reader: Reader, store: StateStore, *, with_drift: bool = False) -> Plan:
        """Read live and plan, the project's own rules among its checks; `with_drift` for what tells programs of a plan."""
        from mscode.engine.session import Memory, PlanRequest, read_and_plan

        memory = self.memory = self.memory or Memory()
        known = store.known  # before what is seen now is written into it

        def saw(live: LiveWorld) -> Known:
            memory.learn(live, store.saw)
            return memory.added_to(known)

        # what is wrong with the project's own rules is said before anything is read
        policies_of(self.environment.project_dir, self.options.override)
        self.desired = replace(self.desired, project=replace(self.desired.project, guards=self._read_guards()))
        plan = read_and_plan(
            self.environment.account(reader),
            PlanRequest(self.desired, known, store.keyed_hash, self.options),
            self.at,
            with_drift=with_drift,
            on_read=saw,
        )
        checks = self.policy_checks(plan, self.key(reader, store))
        return replace(plan, checks=(*plan.checks, *checks)) if checks else plan

    def guards(self) -> Sequence[Mapping[str, Any]]:
        """The guards that a launch is judged by: those of the plan, and beside them those of mscode.yaml now, where somebody has
        changed it since. So what is made stricter while an apply works holds, and what is loosened does not yet.
        """
        from mscode.plan.guards import do_not_call

        approved = self.desired.project.guards
        written, now = self._guards_now()
        if written == self.guards_read:
            return (now,)
        listed = {name: now[name] for name in (do_not_call.NAME,) if name in approved and name in now}
        return ({**approved, **listed}, now)

    def _read_guards(self) -> Mapping[str, Any]:
        """The guards of a plan that is made now."""
        self.guards_read, now = self._guards_now()
        return now

    def _guards_now(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The guards of mscode.yaml as it is now: as they are written there, and ready to be judged by.

        The do-not-call list is read again: whoever is put on it while an apply asks or works is not called. Whoever is taken off
        it meanwhile stays on it, for this apply.
        """
        from mscode.manifest.project.file import load_project
        from mscode.plan.guards import do_not_call

        folder, before = self.environment.project_dir, self.desired.project.guards
        project = load_project(folder, self.inv.typed_command)
        if project.guards != self.guards_read:
            now = project.planning(folder).guards
        else:
            now = {**before, **project.planning(folder, only=do_not_call.NAME).guards}
        return project.guards, do_not_call.never_shorter(now, before)

    def policy_checks(self, plan: Plan, key: str) -> Sequence[Check]:
        """What the project's own rules, as they stand in its files now, say of a plan."""
        policies = policies_of(self.environment.project_dir, self.options.override)
        return judged(policies, lambda: plan_data(self, plan, key), self.options.override)

    def key(self, reader: Reader, store: StateStore) -> str:
        """The secret of a plan's digests: the state's, or one made of the token while there is no state."""
        return digest_key(self.environment, store.key, reader)


def digest_key(environment: Environment, state_key: str, reader: Reader) -> str:
    """The secret under which plans of an environment are told apart; whoever may plan can make it anew."""
    return state_key or reader.derive(f"mscode plan v1 {environment.project.project}/{environment.name}")


def load_environment(inv: Invocation, directory: Path) -> Environment:
    """The project's environment that this command works in."""
    from mscode.manifest.project.file import load_project

    project = load_project(directory, inv.typed_command)
    return resolve(project, directory, inv.env, inv.variables, hide_token=inv.hide_token)


def load_work(inv: Invocation, directory: Path, options: Options, at: str = "") -> Workspace:
    """Everything that needs no network: project, environment, manifests. Warnings are shown with the plan."""
    from mscode.manifest.load.loader import load

    environment = load_environment(inv, directory)
    desired = load(
        directory,
        environment.project,
        environment.name,
        window_zone=environment.window_zone,
        show_people=inv.show_people,
        sources=inv.given,
    )
    inv.hide(desired.secrets)
    return Workspace(inv, environment, desired, options, _moment(at, environment) if at else None)


def _moment(text: str, environment: Environment) -> datetime:
    """`--at TIME`: an instant, in the project's timezone where it has no offset."""
    from zoneinfo import ZoneInfo

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f'--at: "{text}" is no date and time', hint="Write it like 2026-12-01T09:00:00+02:00."
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(environment.project.timezone))).astimezone(UTC)


def parse_address(text: str, where: str = "") -> Address:
    """An address from the command line; UsageError where it is none."""
    try:
        return Address.parse(text)
    except ValueError as error:
        raise UsageError(f"{where}: {error}" if where else str(error)) from None


# ---- showing ---------------------------------------------------------------------------------------------------------


def show_plan(workspace: Workspace, plan: Plan) -> None:
    """The plan in text on stdout, its warnings on stderr before it."""
    from mscode.views.plan.plan_text import render_plan

    if plan.warnings:
        show_diagnostics(workspace.inv.out, plan.warnings)
        workspace.inv.out.info("")
    workspace.inv.out.write_lines(render_plan(plan, show_people=workspace.inv.show_people, mask=workspace.masker()))


def plan_data(workspace: Workspace, plan: Plan, key: str, *, show_people: bool = False) -> PlanJson:
    """The plan as JSON data, from which every format is drawn; `key` is the secret of its digest."""
    from mscode.plan.fingerprint import digest
    from mscode.views.plan.plan_json import plan_json

    return plan_json(
        plan,
        timestamp=plan.now,
        mscode_version=__version__,
        digest=digest(plan, key),
        show_people=show_people,
        mask=workspace.masker(show_people=show_people),
    )


def error_data(error: MscodeError) -> RefusalJson:
    """The same where no plan can be made (stderr has it in text)."""
    from mscode.views.diagnostics import to_json
    from mscode.views.plan.plan_json import error_json

    return error_json([to_json(one) for one in error.diagnostics])
