"""What plan, apply and destroy share: from a project's folder to a plan on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode import __version__
from mscode.app.environment import UNNAMED, Environment, resolve, url_decides
from mscode.app.git.repository import Revision
from mscode.app.git.revision import revision_of
from mscode.app.history.references import earlier_launches
from mscode.app.invocation import Invocation
from mscode.app.policies import judged, policies_of
from mscode.app.project_folder import is_project, nearest_project
from mscode.app.service_settings import check_services
from mscode.errors import ConfigError, MscodeError, UsageError
from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass
from mscode.model.project_file import EMBEDDED, FILE
from mscode.views.diagnostics import show_diagnostics

if TYPE_CHECKING:
    from mscode.api.client import Reader
    from mscode.engine.session import Memory
    from mscode.manifest.load.context import LoadContext
    from mscode.model.privacy import Masker
    from mscode.model.world import CheckSetting, DesiredWorld, Known, LiveWorld
    from mscode.plan.change import Check, Plan
    from mscode.plan.inputs import Options
    from mscode.state.store import StateStore
    from mscode.views.history.reference import LaunchReferenceJson
    from mscode.views.plan.plan_json import Readers
    from mscode.views.plan.plan_shapes import PlanJson, RefusalJson
    from mscode.views.rehearsal.rehearsal_shapes import RehearsalJson


@dataclass(slots=True)
class Workspace:
    """A project that was read: its environment, its manifests (`desired`) and the options of planning.

    `at` is the time to plan for (None: now), `memory` keeps what was read live, so that a later plan of this run knows it.
    """

    inv: Invocation
    environment: Environment
    desired: DesiredWorld
    options: Options
    at: datetime | None = None
    memory: Memory | None = None
    #: the guards of mscode.yaml as they were written there when the last plan was made
    guards_read: Mapping[str, Any] = field(init=False)
    #: what the manifests say of people, once it was asked for
    _words: set[str] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.guards_read = self.environment.project.guards

    @property
    def command(self) -> str:
        """The command that applies this project as it is being applied, without its secrets: no values of variables."""
        from shlex import quote

        words = ["mscode", *(["-C", quote(str(self.inv.folder))] if self.inv.folder is not None else [])]
        words += ["--env", quote(self.inv.env)] if self.inv.env else []
        words.append("destroy" if self.options.destroy else "apply")
        folder = self.environment.project_dir
        return " ".join([*words, *([] if folder == Path() else [quote(str(folder))])])

    def data(
        self,
        plan: Plan,
        key: str,
        *,
        show_people: bool = False,
        rehearsal: RehearsalJson | None = None,
        readers: Readers = "programs",
    ) -> PlanJson:
        """A plan of this project as JSON data, from which every format is drawn; `key` is the secret key of its digest."""
        revision = revision_of(self.environment.project_dir, self.inv.variables)
        mask = self.masker(show_people=show_people)
        earlier = earlier_launches(self.inv, self.environment, plan)
        return plan_data(
            plan,
            key,
            show_people=show_people,
            mask=mask,
            revision=revision,
            rehearsal=rehearsal,
            earlier=earlier,
            readers=readers,
        )

    def masker(self, *, show_people: bool | None = None) -> Masker:
        """Masks people's data in texts of the service; `show_people` overrides what the command line says."""
        from mscode.manifest.load.loader import personal_words
        from mscode.model.privacy import Masker

        if self._words is None:
            self._words = personal_words(self.desired.objects.values())
        show_people = self.inv.show_people if show_people is None else show_people
        return Masker(self._words, self.desired.secrets, show_people=show_people)

    def read_state(self) -> StateStore:
        """The state as it is, without a lock and without creating anything."""
        from mscode.app.state import open_state

        return open_state(self.environment, self.inv.out.info)

    def opened(self, store: StateStore) -> None:
        """The state was opened for an apply of this project, under its lock."""
        return

    def begins(self, store: StateStore) -> None:
        """A plan of this project is about to be carried out."""
        return

    def plan(self, reader: Reader, store: StateStore, *, with_drift: bool = False) -> Plan:
        """Read the live account and plan, with the project's policies among the checks; `with_drift` also detects drift."""
        from mscode.engine.session import Memory, PlanRequest, read_and_plan

        memory = self.memory = self.memory or Memory()
        known = store.known  # as it was before this reading is recorded in it

        def saw(live: LiveWorld) -> Known:
            memory.learn(live, store.saw)
            return memory.added_to(known)

        # Errors in the project's policies are reported before anything is sent.
        policies_of(self.environment.project_dir, self.options.override)
        self.guards_read, guards = self._guards_now()
        project = replace(self.desired.project, guards=guards, checks=self.checks()[-1])
        self.desired = replace(self.desired, project=project)
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
        """The guards that a launch must pass: those of the plan, and also those of mscode.yaml now where somebody has changed it
        since. So a stricter guard holds at once while an apply works, and a loosened one not before the next plan.
        """
        from mscode.plan.guards import do_not_call

        approved = self.desired.project.guards
        settings, current = self._guards_now()
        if settings == self.guards_read:
            return (current,)
        # The do-not-call list never waits: its newest numbers hold under the plan's guards too.
        newest_list = {name: current[name] for name in (do_not_call.NAME,) if name in approved and name in current}
        return ({**approved, **newest_list}, current)

    def checks(self) -> Sequence[Mapping[str, CheckSetting]]:
        """The settings of rules under which no finding may refuse a launch: the plan's, and those of mscode.yaml now where
        somebody has changed them since.
        """
        from mscode.manifest.project.file import load_project

        approved = self.desired.project.checks
        current = load_project(self.environment.project_dir, self.inv.typed_command).check_settings()
        return (approved,) if current == approved else (approved, current)

    def _guards_now(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The guards of mscode.yaml as it is now: the settings as written there, and the same with their files read.

        The file of the do-not-call list is read again each time: a number that is added while an apply asks or works is not
        called. A number that is removed meanwhile stays on the list for this apply.
        """
        from mscode.manifest.project.file import load_project
        from mscode.plan.guards import do_not_call

        folder, previous = self.environment.project_dir, self.desired.project.guards
        project = load_project(folder, self.inv.typed_command)
        if project.guards != self.guards_read:
            current = project.planning(folder).guards
        else:
            current = {**previous, **project.planning(folder, only=do_not_call.NAME).guards}
        return project.guards, do_not_call.never_shorter(current, previous)

    def policy_checks(self, plan: Plan, key: str) -> Sequence[Check]:
        """The checks of a plan by the project's policies, as they are in its files now."""
        policies = policies_of(self.environment.project_dir, self.options.override)
        return judged(policies, lambda: self.data(plan, key), self.options.override)

    def key(self, reader: Reader, store: StateStore) -> str:
        """The secret key of a plan's digests: that of the state, or one derived from the token while there is no state."""
        return digest_key(self.environment, store.key, reader)


def digest_key(environment: Environment, state_key: str, reader: Reader) -> str:
    """The secret key under which plans of an environment are hashed; whoever may plan can derive it again."""
    return state_key or reader.derive(f"mscode plan v1 {environment.project.project}/{environment.name}")


def load_environment(inv: Invocation, directory: Path) -> Environment:
    """The project's environment that this command works in."""
    from mscode.manifest.project.file import load_project

    project = load_project(directory, inv.typed_command)
    check_services(project)
    return resolve(project, directory, inv.env, inv.variables, hide_token=inv.hide_token, tell=inv.out.info)


def load_account(inv: Invocation, directory: Path) -> Environment:
    """What a command that only reads works in: the project's environment, or, where no folder was named and there is no
    mscode.yaml at or above this one, the account that MSCODE_URL and MSCODE_TOKEN name.

    ConfigError where neither is there. The embedded sandbox belongs to a project, so that `sandbox:` names no account.
    """
    has_project = directory != Path() or is_project(nearest_project())
    if has_project or inv.variables.get("MSCODE_URL", "") in ("", EMBEDDED):
        return load_environment(inv, directory)
    if inv.env or inv.variables.get("MSCODE_ENV"):
        raise ConfigError(
            f"There is no {FILE} here that could have an environment",
            hint="Leave --env and MSCODE_ENV out: without a project MSCODE_URL and MSCODE_TOKEN say which account.",
            code="no-project",
        )
    return account_of_variables(inv)


def account_of_variables(inv: Invocation) -> Environment:
    """The account that MSCODE_URL and MSCODE_TOKEN name, whatever project is here; its environment is called as `--env` or
    MSCODE_ENV says, else `default`. ConfigError where MSCODE_URL is not set, or names the embedded sandbox.
    """
    from mscode.manifest.project.file import ENVIRONMENT_NAME, EnvironmentFile
    from mscode.manifest.project.salvage import nameless

    url, name = inv.variables.get("MSCODE_URL", ""), inv.env or inv.variables.get("MSCODE_ENV", "") or UNNAMED
    if url in ("", EMBEDDED):
        raise ConfigError(
            "MSCODE_URL names no account",
            detail="The embedded sandbox belongs to a project." if url else "It is not set.",
            hint="Set MSCODE_URL to the URL of the API with its prefix, and MSCODE_TOKEN to the token.",
            code="no-account",
        )
    if not ENVIRONMENT_NAME.match(name):
        raise UsageError(f'"{name[:80]}" is no name of an environment; write one like production')
    project = nameless().model_copy(update={"environments": {name: EnvironmentFile(url=url)}})
    environment = resolve(project, Path(), name, inv.variables, hide_token=inv.hide_token)
    inv.out.info(url_decides(url, name))
    return replace(environment, has_project=False)


def load_work(inv: Invocation, directory: Path, options: Options, at: str = "") -> Workspace:
    """Read everything that needs no network: project, environment, manifests. Warnings are shown with the plan.

    `at` is `--at TIME`: an instant, in the project's timezone where it has no offset; UsageError where it is none.
    """
    return work_in(inv, directory, load_environment(inv, directory), options, at)


def work_in(inv: Invocation, directory: Path, environment: Environment, options: Options, at: str = "") -> Workspace:
    """`load_work` in an environment that is known already."""
    from mscode.manifest.load.loader import load

    desired = load(
        directory,
        environment.project,
        environment.name,
        window_zone=environment.window_zone,
        show_people=inv.show_people,
        sources=inv.given,
    )
    inv.hide(desired.secrets)
    numbers = desired.project.number_table
    if numbers is not None and numbers.format.delimiter:
        # What was found is said, as a list's change says it of the list's file.
        inv.out.info(f"{numbers.file} is read as {numbers.format}.")
    return Workspace(inv, environment, desired, options, _moment(at, environment) if at else None)


def _moment(text: str, environment: Environment) -> datetime:
    """The instant of `--at TIME`; UsageError where the text is none."""
    from zoneinfo import ZoneInfo

    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(environment.project.timezone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter at the ends of the calendar
        raise UsageError(
            f'--at: "{text}" is no date and time', hint="Write it like 2026-12-01T09:00:00+02:00."
        ) from None


def read_as_written(inv: Invocation, directory: Path, environment: Environment) -> tuple[LoadContext, Masker]:
    """The manifests with every object as it is written after substitution, and what masks people and secrets in them."""
    from mscode.manifest.load.loader import personal_words, read
    from mscode.model.privacy import Masker

    reading = read(
        directory,
        environment.project,
        environment.name,
        window_zone=environment.window_zone,
        show_people=inv.show_people,
        sources=inv.given,
        keeps=True,
    )
    secrets = reading.values.secrets
    inv.hide(secrets)
    return reading, Masker(personal_words(reading.objects.values()), secrets, show_people=inv.show_people)


def parse_address(text: str, option: str = "") -> Address:
    """An address from the command line; UsageError, which begins with the option's name, where it is none."""
    try:
        return Address.parse(text)
    except ValueError as error:
        raise UsageError(f"{option}: {error}" if option else str(error)) from None


# ---- showing ---------------------------------------------------------------------------------------------------------


def show_plan(workspace: Workspace, plan: Plan) -> None:
    """The plan in text on stdout, its warnings on stderr before it."""
    from mscode.views.plan.plan_text import render_plan

    if plan.warnings:
        show_diagnostics(workspace.inv.out, plan.warnings)
        workspace.inv.out.info("")
    inv, mask = workspace.inv, workspace.masker()
    inv.out.write_lines(render_plan(plan, show_people=inv.show_people, mask=mask, compact=inv.compact))


def plan_data(
    plan: Plan,
    key: str,
    *,
    show_people: bool,
    mask: Masker,
    revision: Revision | None = None,
    rehearsal: RehearsalJson | None = None,
    earlier: Mapping[str, LaunchReferenceJson] | None = None,
    readers: Readers = "programs",
) -> PlanJson:
    """A plan as JSON data; `key` is the secret key of its digest, `mask` masks people as `show_people` says, `revision` is what it
    was made of, `rehearsal` what became of it in one, `earlier` are the last launches of what it launches or changes."""
    origin = revision or Revision()
    from mscode.plan.fingerprint import digest
    from mscode.views.plan.plan_json import plan_json

    return plan_json(
        plan,
        timestamp=plan.now,
        mscode_version=__version__,
        digest=digest(plan, key),
        show_people=show_people,
        mask=mask,
        commit=origin.commit,
        branch=origin.branch,
        rehearsal=rehearsal,
        earlier_launches=earlier,
        readers=readers,
    )


def error_data(error: MscodeError) -> RefusalJson:
    """The JSON data in the place of the result of a command that an error ended (stderr has the error as text)."""
    from mscode.views.diagnostics import to_json
    from mscode.views.plan.plan_json import error_json

    return error_json([to_json(diagnostic) for diagnostic in error.diagnostics])
