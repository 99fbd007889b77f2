"""`plan --out FILE` and `apply FILE`: what was approved is exactly what is applied (docs/ci.md#saved-plans).

Apply never carries out a saved plan. It plans again under the lock, from the same project with the same options, and goes
on only if that plan is the approved one: the same digest, or launches that reach fewer of the approved people. So a plan
that is stale, edited or forged can do no more than be refused (exit 3), and the refusal names everything that differs.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode import __version__
from mscode.app import plan_inputs as inputs
from mscode.app.apply import ApplyOutcome, run_apply
from mscode.app.approval import ApplyOptions
from mscode.app.environment import Environment, open_reader, resolve
from mscode.app.invocation import Invocation
from mscode.app.plan import PlanOutcome
from mscode.app.reporting import Reporter
from mscode.app.workspace import Workspace, digest_key, load_work, plan_data
from mscode.errors import Diagnostic, MscodeError, StalePlan, UsageError
from mscode.model.plurals import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mscode.api.client import Reader
    from mscode.app.plan_file import PlanFile
    from mscode.manifest.project.file import ProjectFile
    from mscode.plan.change import Plan
    from mscode.plan.inputs import Options
    from mscode.state.store import StateStore

LIFETIME = timedelta(hours=24)
FILE = "mscode.yaml"


# ---- saving ----------------------------------------------------------------------------------------------------------


def save_plan(outcome: PlanOutcome, path: Path) -> None:
    """Write the plan to a file, without anybody's data whatever the command line shows."""
    from mscode.app.plan_file import key_id, seal, without_people, write
    from mscode.plan.fingerprint import fingerprint
    from mscode.views.plan.saved_shape import Saved, rows_of

    work, plan, key = outcome.work, outcome.plan, outcome.key
    environment, salt = work.environment, secrets.token_hex(8)
    root = environment.project_dir
    variable_files = inputs.in_project(root, work.inv.var_files)
    files = inputs.files_of(root, environment.project, work.desired).union(variable_files)
    plan_print = fingerprint(plan, key, salt)
    saved = Saved(
        version=1,
        id=salt,
        key_from="state" if outcome.store.key else "token",
        key_id=key_id(key),
        url=plan.url,
        serial=plan.serial,
        lineage=plan.lineage if plan.serial else "",
        tz_version=inputs.tz_version(),
        expires=_expires(plan),
        at=work.at.isoformat() if work.at else "",
        options=inputs.options_json(work.options),
        files=inputs.hashes(root, files, key),
        variables=seal(key, salt, list(work.inv.var_texts)),
        variable_files=tuple(variable_files),
        folder=_relative(root, path),
        head=plan_print.head,
        changes=rows_of(plan_print.changes),
    )
    write(path, without_people(plan_data(work, plan, key)), saved, key)


def _expires(plan: Plan) -> datetime:
    """After 24 hours, or when the first call it names is due. A launch "at once" names no time to come."""
    calls = [c.launch.reach.first_call for c in plan.launches if c.launch is not None and c.launch.reach.first_call]
    return min([plan.now + LIFETIME, *(call for call in calls if call > plan.now)])


def _relative(root: Path, path: Path) -> str:
    """Where the project is, seen from the file's folder; "" where that would tell how the machine is laid out."""
    relative = os.path.relpath(root.resolve(), path.resolve().parent).replace(os.sep, "/")
    return relative if relative.count("..") <= 1 else ""


# ---- applying --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class SavedWork(Workspace):
    """A project whose plan must be the one that was approved."""

    file: PlanFile = field(kw_only=True)
    file_key: str = field(kw_only=True, repr=False)

    def plan(self, reader: Reader, store: StateStore, *, with_drift: bool = False) -> Plan:
        """Plan again; StalePlan unless it is the approved plan. What a failed planning says is worth less than that the
        plan has expired."""
        try:
            plan = Workspace.plan(self, reader, store, with_drift=with_drift)
        except MscodeError:
            _refuse(self._expired(reader.now()))
            raise
        _refuse([*self._expired(plan.now), *self._moved(plan), *self._differs(plan)])
        return plan

    def _expired(self, now: datetime | None) -> Iterator[Diagnostic]:
        """`now` is the service's clock; None where it has said nothing yet."""
        expires = self.file.saved.expires
        if now is not None and now >= expires:
            yield _stale(
                f"The plan expired at {expires:%Y-%m-%d %H:%M} UTC",
                "A plan is good for 24 hours, and not beyond the first call that it names.",
            )

    def _moved(self, plan: Plan) -> Iterator[Diagnostic]:
        saved = self.file.saved
        if (plan.serial, plan.lineage if plan.serial else "") == (saved.serial, saved.lineage):
            return
        if saved.lineage and saved.lineage != plan.lineage:
            yield _stale("The state is another one than the plan was made with")
        else:
            yield _stale(f"The state has moved on since: serial {saved.serial} when planned, {plan.serial} now")

    def _differs(self, plan: Plan) -> Iterator[Diagnostic]:
        from mscode.plan.fingerprint import compare, fingerprint

        comparison = compare(self.file.saved.fingerprint, fingerprint(plan, self.file_key, self.file.saved.id))
        for difference in comparison.differences:
            why = difference.why
            yield _stale(f"{difference.address} {why}" if difference.address else why[0].upper() + why[1:])
        if comparison.differences or not comparison.fewer:
            return
        for address, (approved, now) in sorted(comparison.fewer.items()):
            fewer = count(approved - now, "person")
            self.inv.out.info(f"{address} reaches {fewer} fewer than approved ({now:,} of {approved:,}).")


def apply_saved(
    inv: Invocation, path: Path, options: ApplyOptions, reporter: Reporter, allow_deletes: int | None
) -> ApplyOutcome:
    """`apply PLANFILE`; a CI that wants to know is told how it ended."""
    try:
        outcome = run_apply(lambda: load_saved(inv, path, allow_deletes), inv, options, reporter)
    except MscodeError as error:
        _report(inv, path, error.exit_code)
        raise
    _report(inv, path, outcome.exit_code)
    return outcome


def _report(inv: Invocation, path: Path, code: int) -> None:
    from mscode.app.ci import report_outputs
    from mscode.app.plan_file import read_json

    try:
        data = read_json(path)
    except MscodeError:
        data = {}
    report_outputs(inv, data, code, str(path))


def load_saved(inv: Invocation, path: Path, allow_deletes: int | None = None) -> SavedWork:
    """The project of a saved plan, read as it was read for the plan; StalePlan where anything about it is another."""
    from mscode.app.plan_file import read
    from mscode.manifest.project.file import load_project

    file = read(path)
    folder = project_folder(path, file.saved.folder)
    project = load_project(folder)
    _refuse(_other_setting(file, project, inv))
    environment = _environment(file, project, folder, inv)
    key = _check_file(file, environment)
    as_planned = replace(_with_variables(file, folder, key, inv), env=_name(file, inv))
    work = load_work(as_planned, folder, _options(file, allow_deletes))
    files = inputs.files_of(folder, project, work.desired).union(file.saved.variable_files)
    now = inputs.hashes(folder, files, key)
    _refuse(map(_stale, inputs.changed_files(file.saved.files, now)))
    return SavedWork(work.inv, work.environment, work.desired, work.options, file=file, file_key=key)


def read_plan(path: Path) -> tuple[dict[str, Any], Path | None]:
    """The JSON of a saved plan as it stands in the file, and the project that it seems to belong to; for looking at it."""
    from mscode.app.plan_file import read_json

    data = read_json(path)
    hint = data["saved"].get("folder") if isinstance(data.get("saved"), dict) else ""
    return data, nearest_project(path, hint if isinstance(hint, str) else "")


def nearest_project(path: Path, hint: str) -> Path | None:
    """The current folder where it is a project, else the next one above the file, else where the file says it was."""
    folders = (Path(), *path.resolve().parents, *([path.parent / hint] if hint and "\0" not in hint else []))
    return next((folder for folder in folders if (folder / FILE).is_file()), None)


def project_folder(path: Path, hint: str) -> Path:
    """The project that a saved plan belongs to; MscodeError where there is none."""
    if (folder := nearest_project(path, hint)) is not None:
        return folder
    raise MscodeError(
        f"There is no project that {path} could belong to",
        detail=f"Neither the current folder nor one above the file holds {FILE}.",
        hint="Change into the project's folder, and name the file from there.",
        code="no-project",
    )


def _with_variables(file: PlanFile, folder: Path, key: str, inv: Invocation) -> Invocation:
    """As if the command line had said of variables what it said when the plan was saved."""
    from mscode.app.plan_file import unseal

    if inv.var_texts or inv.var_files:
        raise UsageError("The values of variables belong to the saved plan", hint="Give them to `mscode plan`.")
    texts = unseal(key, file.saved.id, file.saved.variables) or []
    files = [folder / name for name in file.saved.variable_files]
    return replace(inv, var_texts=[(str(name), str(text)) for name, text in texts], var_files=files)


def _options(file: PlanFile, allow_deletes: int | None) -> Options:
    try:
        options = inputs.options_from(file.saved.options)
    except (TypeError, ValueError, KeyError):
        raise StalePlan([_stale("The plan was made with options that this version does not have")]) from None
    return options if allow_deletes is None else replace(options, allow_deletes=allow_deletes)


# ---- what must be the same -------------------------------------------------------------------------------------------


def _other_setting(file: PlanFile, project: ProjectFile, inv: Invocation) -> Iterator[Diagnostic]:
    """What can be seen without a key."""
    saved, name = file.saved, file.text("environment")
    if saved.at:
        yield _stale("The plan was made for another time (--at) and can only be looked at")
    if file.text("project") != project.project:
        yield _stale(f"The plan is for project {file.text('project')}, and this is {project.project}")
    given = inv.env or inv.variables.get("MSCODE_ENV", "")
    if given and given != name:
        yield _stale(f"The plan is for environment {name}, and {given} was asked for")
    if file.text("mscode_version") != __version__:
        yield _stale(f"The plan was made by mscode {file.text('mscode_version')}, and this is {__version__}")
    if saved.tz_version != (now := inputs.tz_version()):
        yield _stale(f"The plan was made with the time zone database {saved.tz_version}, and this is {now}")


def _name(file: PlanFile, inv: Invocation) -> str:
    """The environment to work in: the plan's, unless a bare MSCODE_URL says where to go."""
    named = inv.env or inv.variables.get("MSCODE_ENV", "")
    return named or ("" if inv.variables.get("MSCODE_URL") else file.text("environment"))


def _environment(file: PlanFile, project: ProjectFile, folder: Path, inv: Invocation) -> Environment:
    name = _name(file, inv)
    if name and name not in project.environments and not inv.variables.get("MSCODE_URL"):
        _refuse([_stale(f"The plan is for environment {name}, which mscode.yaml does not have")])
    environment = resolve(project, folder, name, inv.variables, hide_token=inv.hide_token)
    if environment.name != file.text("environment"):
        _refuse([_stale(f"The plan is for environment {file.text('environment')}, and this is {environment.name}")])
    if environment.url != file.saved.url:
        _refuse(
            [_stale(f"The plan is for {file.saved.url}, and environment {environment.name} is {environment.url} now")]
        )
    return environment


def _check_file(file: PlanFile, environment: Environment) -> str:
    """Is it as it was written, and are the project's files? Gives the key; sends nothing."""
    from mscode.app.plan_file import check_mac
    from mscode.app.state import open_state

    state_key = open_state(environment).key if file.saved.key_from == "state" else ""
    if file.saved.key_from == "state" and not state_key:
        _refuse([_stale("The plan was made with a state, and there is none now")])
    with open_reader(environment) as reader:
        key = digest_key(environment, state_key, reader)
    check_mac(file, key)
    now = inputs.hashes(environment.project_dir, file.saved.files, key)
    _refuse(map(_stale, inputs.changed_files(file.saved.files, now)))
    return key


def _stale(summary: str, detail: str = "") -> Diagnostic:
    return Diagnostic(summary, detail=detail, hint="", code="stale-plan")


def _refuse(differences: Iterable[Diagnostic]) -> None:
    """StalePlan where there is any difference; the last one says what to do."""
    from mscode.app.plan_file import ANEW

    listed = list(differences)
    if listed:
        raise StalePlan([*listed[:-1], replace(listed[-1], hint=f"Nothing was applied. {ANEW}")])
