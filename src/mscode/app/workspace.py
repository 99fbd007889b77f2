"""What plan, apply and destroy share: from a folder to a plan on the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mscode import __version__
from mscode.app.environment import Environment, resolve
from mscode.app.policies import PREFIX, judged, policies_of
from mscode.cli.frame import Invocation, keep_secret, show_diagnostics
from mscode.cli.variables import given_variables, variable_options
from mscode.errors import MscodeError, UsageError
from mscode.model.address import Address
from mscode.model.nearest import nearest

if TYPE_CHECKING:
    from mscode.api.client import Reader
    from mscode.engine.session import Memory
    from mscode.model.world import DesiredWorld, Known, LiveWorld
    from mscode.plan.change import Check, Plan
    from mscode.plan.inputs import Options
    from mscode.state.store import StateStore

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


@dataclass(slots=True)
class Work:
    """A project, read: where it goes, what it wants, how it is asked for; `memory` is what was read live on the way."""

    inv: Invocation
    environment: Environment
    desired: DesiredWorld
    options: Options
    at: datetime | None = None
    memory: Memory | None = None

    def masker(self, *, show_people: bool | None = None) -> Any:
        """Masks people's data in the service's words; `show_people` where it is not to be as the command line says."""
        from mscode.manifest.load.loader import personal_words
        from mscode.model.privacy import Masker

        words = personal_words(self.desired.objects.values())
        shown = self.inv.show_people if show_people is None else show_people
        return Masker(words, self.desired.secrets, show_people=shown)

    def read_state(self) -> StateStore:
        """The state as it is, without a lock and without making anything."""
        from mscode.app.state import reading

        return reading(self.environment, self.inv.out.talk)

    def plan(self, reader: Reader, store: StateStore, *, with_drift: bool = False) -> Plan:
        """Read live and plan, the project's own rules among its checks; `with_drift` for what tells programs of a plan."""
        from mscode.engine.session import look

        def saw(live: LiveWorld) -> Known:
            self._memory().learn(live, store.saw)
            return self._memory().added_to(known)

        policies_of(
            self.environment.project_dir, self.options.override
        )  # what is wrong with them is said before anything is read
        self.desired = replace(self.desired, project=replace(self.desired.project, guards=self.guards()))
        target = self.environment.target()
        known, seal, options = store.known, store.seal, self.options
        kinds, at = self.environment.kinds(), self.at
        plan = look(reader, kinds, target, self.desired, known, seal, options, at, with_drift=with_drift, saw=saw)
        checks = self.policy_checks(plan, self.key(reader, store))
        return replace(plan, checks=(*plan.checks, *checks)) if checks else plan

    def guards(self) -> Mapping[str, Any]:
        """What mscode.yaml says of guards, the do-not-call list read again: whoever is put on it while an apply asks or works
        is not called. Whoever is taken off it meanwhile stays on it, for this apply.
        """
        before = self.desired.project.guards
        if "doNotCall" not in before:
            return before
        project = self.environment.project
        now = project.planning(self.environment.project_dir, only="doNotCall").guards["doNotCall"]
        return {**before, "doNotCall": replace(now, value=now.value.with_all_of(before["doNotCall"].value))}

    def policy_checks(self, plan: Plan, key: str) -> Sequence[Check]:
        """What the project's own rules, as they stand in its files now, say of a plan."""
        policies = policies_of(self.environment.project_dir, self.options.override)
        return judged(policies, lambda: plan_data(self, plan, key), self.options.override)

    def _memory(self) -> Memory:
        from mscode.engine.session import Memory

        self.memory = self.memory or Memory()
        return self.memory

    def key(self, reader: Reader, store: StateStore) -> str:
        """The secret of a plan's digests: the state's, or one made of the token while there is no state."""
        return digest_key(self.environment, store.key, reader)


def digest_key(environment: Environment, state_key: str, reader: Reader) -> str:
    """The secret under which plans of an environment are told apart; whoever may plan can make it anew."""
    return state_key or reader.derive(f"mscode plan v1 {environment.project.project}/{environment.name}")


def load_environment(inv: Invocation, directory: Path) -> Environment:
    """The project's environment that this command works in."""
    from mscode.app.plan_inputs import typed_command
    from mscode.manifest.project.file import load_project

    return resolve(load_project(directory, typed_command()), directory, inv.env)


def load_work(inv: Invocation, directory: Path, options: Options, at: str = "") -> Work:
    """Everything that needs no network: project, environment, manifests. Warnings are shown with the plan."""
    from mscode.manifest.load.loader import load

    environment = load_environment(inv, directory)
    desired = load(
        directory,
        environment.project,
        environment.name,
        window_zone=environment.window_zone,
        show_people=inv.show_people,
        given=given_variables(),
    )
    keep_secret(desired.secrets)
    return Work(inv, environment, desired, options, _moment(at, environment) if at else None)


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


# ---- options ---------------------------------------------------------------------------------------------------------


def planning_options(function: AnyFunction) -> AnyFunction:
    """The planning options of plan and apply: arguments `only`, `exclude`, `resume`, `replace`,
    `allow_unsuppress`, `override`."""
    for option in (
        click.option(
            "--override", multiple=True, metavar="GUARD", help="Go on although this guard refuses; shown in the plan."
        ),
        click.option("--allow-unsuppress", is_flag=True, help="Numbers may be taken off the do-not-call list."),
        click.option("--replace", multiple=True, metavar="ADDRESS", help="Make this object anew."),
        click.option("--resume", multiple=True, metavar="ADDRESS", help="Launch this halted campaign again."),
    ):
        function = option(function)
    return variable_options(selection_options(function))


def selection_options(function: AnyFunction) -> AnyFunction:
    """`--only` and `--exclude`."""
    what = "addresses or files match this glob (* and ? are special)"
    for option in (
        click.option("--exclude", multiple=True, metavar="GLOB", help=f"Leave out objects whose {what}."),
        click.option("--only", multiple=True, metavar="GLOB", help=f"Only objects whose {what}, and what they use."),
    ):
        function = option(function)
    return function


def options_of(
    resume: Sequence[str] = (),
    replace: Sequence[str] = (),
    override: Sequence[str] = (),
    *,
    only: Sequence[str] = (),
    exclude: Sequence[str] = (),
    destroy: bool = False,
    allow_deletes: int | None = None,
    list_unmanaged: bool = False,
    allow_unsuppress: bool = False,
) -> Options:
    """The planning options as the planner takes them; UsageError for what is no address."""
    from mscode.plan.inputs import Options

    return Options(
        destroy=destroy,
        resume=_addresses("--resume", resume),
        replace=_addresses("--replace", replace),
        override=_guards(override),
        only=tuple(only),
        exclude=tuple(exclude),
        list_unmanaged=list_unmanaged,
        allow_deletes=allow_deletes,
        allow_unsuppress=allow_unsuppress,
    )


def _guards(names: Sequence[str]) -> frozenset[str]:
    """Guards to override; a mistyped one would override nothing, and the plan would be refused without a word why.

    Whether there is a policy of a name is known when the project is read.
    """
    from mscode.manifest.project.file import GUARDS

    for name in names:
        if name not in GUARDS and not name.startswith(PREFIX):
            close = nearest(name, GUARDS)
            hint = f'Did you mean "{close[0]}"?' if close else f"Known: {', '.join(GUARDS)}."
            raise UsageError(f'--override: "{name}" is not a guard', hint=hint)
    return frozenset(names)


def _addresses(option: str, texts: Iterable[str]) -> frozenset[Address]:
    return frozenset(parse_address(text, option) for text in texts)


def parse_address(text: str, where: str = "") -> Address:
    """An address from the command line; UsageError where it is none."""
    try:
        return Address.parse(text)
    except ValueError as error:
        raise UsageError(f"{where}: {error}" if where else str(error)) from None


# ---- showing ---------------------------------------------------------------------------------------------------------


def show_plan(work: Work, plan: Plan) -> None:
    """The plan in text on stdout, its warnings on stderr before it."""
    from mscode.views.plan.plan_text import render_plan

    if plan.warnings:
        show_diagnostics(work.inv.out, plan.warnings)
        work.inv.out.talk("")
    work.inv.out.pieces(render_plan(plan, show_people=work.inv.show_people, mask=work.masker()))


def plan_data(work: Work, plan: Plan, key: str, *, show_people: bool = False) -> dict[str, Any]:
    """The plan as JSON data, from which every format is drawn; `key` is the secret of its digest."""
    from mscode.plan.fingerprint import digest
    from mscode.views.plan.plan_json import plan_json

    return plan_json(
        plan,
        timestamp=plan.now,
        mscode_version=__version__,
        digest=digest(plan, key),
        show_people=show_people,
        mask=work.masker(show_people=show_people),
    )


def error_data(error: MscodeError) -> dict[str, Any]:
    """The same where no plan can be made (stderr has it in text)."""
    from mscode.views.diagnostics import to_json
    from mscode.views.plan.plan_json import error_json

    return error_json([to_json(one) for one in error.diagnostics])
