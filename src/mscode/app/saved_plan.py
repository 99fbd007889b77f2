"""`plan --out FILE` and `apply FILE`: what was approved is exactly what is applied (docs/ci.md#saved-plans).

Apply never carries out what stands in the file. It plans again under the lock, from the same project with the same options,
and goes on only if that plan is the approved one: the same digest, or launches that reach fewer of the approved people. So
the worst that a stale, edited or forged file can cause is a refusal (exit 3), which names everything that differs.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import field, replace
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
from mscode.app.workspace import Workspace, digest_key, load_work
from mscode.errors import Diagnostic, MscodeError, StalePlan, UsageError
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.model.project_file import FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mscode.api.client import Reader
    from mscode.app.plan_file import PlanFile
    from mscode.manifest.project.file import ProjectFile
    from mscode.plan.change import Plan
    from mscode.state.store import StateStore
    from mscode.views.plan.plan_shapes import PlanJson
    from mscode.views.plan.saved_shape import SavedRun

LIFETIME = timedelta(hours=24)


# ---- saving ----------------------------------------------------------------------------------------------------------


def save_plan(outcome: PlanOutcome, path: Path, run: SavedRun | None = None, data: PlanJson | None = None) -> None:
    """Write the plan to a file, without anybody's data whatever the command line shows. `run` is that of a fleet; `data` is the
    plan's JSON, without people's data, where it is known already.
    """
    from mscode.app.plan_file import key_id, seal, without_people, write
    from mscode.plan.fingerprint import fingerprint
    from mscode.views.plan.saved_shape import Saved, rows_of

    workspace, plan, key = outcome.work, outcome.plan, outcome.key
    environment, salt = workspace.environment, secrets.token_hex(8)
    # A saved plan expires after 24 hours, or when the first call that it names is due; a launch "at once" names no such time.
    reaches = [change.launch.reach for change in plan.launches if change.launch is not None]
    due = [reach.first_call for reach in reaches if reach.first_call and reach.first_call > plan.now]
    root = environment.project_dir
    variable_files = inputs.in_project(root, workspace.inv.var_files)
    files = inputs.files_of(root, environment.project, workspace.desired).union(variable_files)
    plan_fingerprint = fingerprint(plan, key, salt)
    saved = Saved(
        version=1,
        id=salt,
        key_from="state" if outcome.store.key else "token",
        key_id=key_id(key),
        url=plan.url,
        serial=plan.serial,
        lineage=plan.lineage if plan.serial else "",
        tz_version=inputs.tz_version(),
        expires=min([plan.now + LIFETIME, *due]),
        at=workspace.at.isoformat() if workspace.at else "",
        options=inputs.options_json(workspace.options),
        files=inputs.hashes(root, files, key),
        variables=seal(key, salt, list(workspace.inv.var_texts)),
        variable_files=tuple(variable_files),
        folder=_relative(root, path),
        head=plan_fingerprint.head,
        changes=rows_of(plan_fingerprint.changes),
        run=run,
    )
    write(path, without_people(data or outcome.data(show_people=False)), saved, key)


def _relative(root: Path, path: Path) -> str:
    """The project's folder relative to the file's; "" where a long way up would disclose the machine's folders."""
    relative = os.path.relpath(root.resolve(), path.resolve().parent).replace(os.sep, "/")
    return relative if relative.count("..") <= 1 else ""


# ---- applying --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class SavedWork(Workspace):
    """A project whose plan must be the one that was approved. `goes_on`: or the rest of it, where nothing but this plan has
    changed anything since it was made.
    """

    file: PlanFile = field(kw_only=True)
    file_key: str = field(kw_only=True, repr=False)
    goes_on: bool = field(kw_only=True, default=False)

    def opened(self, store: StateStore) -> None:
        """Let the state know whose changes follow, if they are this plan's: a job that dies may be run again. A plan that does
        nothing leaves the state as it is, and other plans of it good.
        """
        if not self._may_go_on:
            return
        if store.saved_plan in (self.file.saved.id, self._unbegun):
            store.carries = store.saved_plan
        elif self._is_of(store.known.serial, store.known.lineage):
            store.carry_out(self._unbegun)

    def begins(self, store: StateStore) -> None:
        """Let the state know that a part of this plan may be done from now on."""
        if self._may_go_on:
            store.carry_out(self.file.saved.id)

    @property
    def _may_go_on(self) -> bool:
        return self.goes_on and bool(self.file.saved.changes)

    @property
    def _unbegun(self) -> str:
        """What the state says while this plan was read anew, and nothing of it was done."""
        return f"{self.file.saved.id} unbegun"

    def _is_of(self, serial: int, lineage: str) -> bool:
        """Is this the state that the plan was made with?"""
        return (serial, lineage if serial else "") == (self.file.saved.serial, self.file.saved.lineage)

    def plan(self, reader: Reader, store: StateStore, *, with_drift: bool = False) -> Plan:
        """Plan again; StalePlan unless it is the approved plan. Where planning fails and the saved plan has expired, the
        expiry is reported instead."""
        try:
            plan = Workspace.plan(self, reader, store, with_drift=with_drift)
        except MscodeError:
            _refuse(self._expired(reader.now()))
            raise
        if self.goes_on and store.saved_plan == self.file.saved.id:
            _refuse(self._beyond(plan))
        else:
            moved = () if self.goes_on and store.saved_plan == self._unbegun else self._moved(plan)
            _refuse([*self._expired(plan.now), *moved, *self._differs(plan)])
        return plan

    def _expired(self, now: datetime | None) -> Iterator[Diagnostic]:
        """`now` is the service's clock; None before its first answer."""
        expires = self.file.saved.expires
        if now is not None and now >= expires:
            yield _stale(
                f"The plan expired at {expires:%Y-%m-%d %H:%M} UTC",
                "A plan is good for 24 hours, and not beyond the first call that it names.",
            )

    def _moved(self, plan: Plan) -> Iterator[Diagnostic]:
        """The state may have been written since the plan was made."""
        saved = self.file.saved
        if self._is_of(plan.serial, plan.lineage):
            return
        if saved.lineage and saved.lineage != plan.lineage:
            yield _stale("The state is another one than the plan was made with")
        else:
            yield _stale(f"The state has moved on since: serial {saved.serial} when planned, {plan.serial} now")

    def _beyond(self, plan: Plan) -> Iterator[Diagnostic]:
        """What a plan that was begun before would do now and was not approved; nothing where all of it is done."""
        from mscode.plan.change import Delete, Replace
        from mscode.plan.fingerprint import beyond, fingerprint

        if not plan.shown:
            return
        yield from self._expired(plan.now)
        for difference in beyond(self.file.saved.fingerprint, fingerprint(plan, self.file_key, self.file.saved.id)):
            yield _stale(difference.text)
        approved = self._approved_deletes()
        for change in plan.shown:
            if isinstance(change, Delete | Replace) and str(change.address) not in approved:
                yield _stale(f"{change.address} was not to be deleted by the approved plan")

    def _approved_deletes(self) -> set[str]:
        """The addresses of which the approved plan deletes something, also to create it anew."""
        rows = self.file.data.get("resource_changes")
        return {
            str(row.get("address"))
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, dict) and "delete" in (row.get("change") or {}).get("actions", ())
        }

    def _differs(self, plan: Plan) -> Iterator[Diagnostic]:
        """What the plan would do now and would not have done when it was approved, or the reverse."""
        from mscode.plan.fingerprint import compare, fingerprint

        comparison = compare(self.file.saved.fingerprint, fingerprint(plan, self.file_key, self.file.saved.id))
        for difference in comparison.differences:
            yield _stale(difference.text)
        if comparison.differences or not comparison.fewer:
            return
        for address, (approved, current) in sorted(comparison.fewer.items()):
            fewer = count(approved - current, "person")
            self.inv.out.info(f"{address} reaches {fewer} fewer than approved ({current:,} of {approved:,}).")


def apply_saved(
    inv: Invocation,
    path: Path,
    options: ApplyOptions,
    reporter: Reporter,
    allow_deletes: int | None,
    load: Callable[..., SavedWork] | None = None,
) -> ApplyOutcome:
    """Run `mscode apply PLANFILE`, and write the outputs of a CI's step however it ends. `load` reads it in another way than
    `load_saved`.
    """
    try:
        outcome = run_apply(lambda: (load or load_saved)(inv, path, allow_deletes), inv, options, reporter)
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


def load_saved(
    inv: Invocation,
    path: Path,
    allow_deletes: int | None = None,
    *,
    directory: Path | None = None,
    goes_on: bool = False,
) -> SavedWork:
    """The project of a saved plan, read with the plan's options and variables; StalePlan where anything about it differs.

    The project is that of `directory`, else the one that the file seems to belong to. `goes_on` as in `SavedWork`.
    """
    from mscode.app.plan_file import read, unseal
    from mscode.manifest.project.file import load_project

    file = read(path)
    folder = directory if directory is not None else project_folder(path, file.saved.folder)
    project = load_project(folder)
    _refuse(_other_setting(file, project, inv))
    environment = _environment(file, project, folder, inv)
    key = _check_file(file, environment)
    if inv.var_texts or inv.var_files:
        raise UsageError("The values of variables belong to the saved plan", hint="Give them to `mscode plan`.")
    as_planned = replace(
        inv,
        env=_name(file, inv),
        var_texts=[(str(name), str(text)) for name, text in unseal(key, file.saved.id, file.saved.variables) or []],
        var_files=[folder / name for name in file.saved.variable_files],
    )
    try:
        options = inputs.options_from(file.saved.options)
    except (TypeError, ValueError, KeyError):
        raise StalePlan([_stale("The plan was made with options that this version does not have")]) from None
    if allow_deletes is not None:
        options = replace(options, allow_deletes=allow_deletes)
    workspace = load_work(as_planned, folder, options)
    # The files are compared a second time: only the manifests tell which other files the plan was made of.
    files = inputs.files_of(folder, project, workspace.desired).union(file.saved.variable_files)
    _refuse(map(_stale, inputs.changed_files(file.saved.files, inputs.hashes(folder, files, key))))
    return SavedWork(
        workspace.inv,
        workspace.environment,
        workspace.desired,
        workspace.options,
        file=file,
        file_key=key,
        goes_on=goes_on,
    )


def read_plan(path: Path) -> tuple[dict[str, Any], Path | None]:
    """The JSON of a saved plan as it stands in the file, to be shown unverified, and the project that it seems to belong to."""
    from mscode.app.plan_file import read_json

    data = read_json(path)
    hint = data["saved"].get("folder") if isinstance(data.get("saved"), dict) else ""
    return data, nearest_project(path, hint if isinstance(hint, str) else "")


def nearest_project(path: Path, hint: str) -> Path | None:
    """The current folder where it is a project, else the nearest one above the file, else `hint`, relative to the file."""
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


# ---- what must be the same -------------------------------------------------------------------------------------------


def _other_setting(file: PlanFile, project: ProjectFile, inv: Invocation) -> Iterator[Diagnostic]:
    """Everything that can differ and needs no key to be compared."""
    saved, name = file.saved, file.text("environment")
    if saved.at:
        yield _stale("The plan was made for another time (--at) and can only be looked at")
    if file.text("project") != project.project:
        yield _stale(f"The plan is for project {file.text('project')}, and this is {project.project}")
    requested = inv.env or inv.variables.get("MSCODE_ENV", "")
    if requested and requested != name:
        yield _stale(f"The plan is for environment {name}, and {requested} was asked for")
    if file.text("mscode_version") != __version__:
        yield _stale(f"The plan was made by mscode {file.text('mscode_version')}, and this is {__version__}")
    if saved.tz_version != (tz_version := inputs.tz_version()):
        yield _stale(f"The plan was made with the time zone database {saved.tz_version}, and this is {tz_version}")


def _name(file: PlanFile, inv: Invocation) -> str:
    """The environment to work in: the plan's, unless a bare MSCODE_URL says where to go."""
    requested = inv.env or inv.variables.get("MSCODE_ENV", "")
    return requested or ("" if inv.variables.get("MSCODE_URL") else file.text("environment"))


def _environment(file: PlanFile, project: ProjectFile, folder: Path, inv: Invocation) -> Environment:
    name = _name(file, inv)
    if name and name not in project.environments and not inv.variables.get("MSCODE_URL"):
        _refuse([_stale(f"The plan is for environment {name}, which mscode.yaml does not have")])
    environment = resolve(project, folder, name, inv.variables, hide_token=inv.hide_token, tell=inv.out.info)
    if environment.name != file.text("environment"):
        _refuse([_stale(f"The plan is for environment {file.text('environment')}, and this is {environment.name}")])
    if environment.url != file.saved.url:
        _refuse(
            [_stale(f"The plan is for {file.saved.url}, and environment {environment.name} is {environment.url} now")]
        )
    return environment


def _check_file(file: PlanFile, environment: Environment) -> str:
    """StalePlan unless the file is as it was written and the project's files are as they were. Gives the key; sends nothing."""
    from mscode.app.plan_file import check_mac
    from mscode.app.state import open_state

    state_key = open_state(environment).key if file.saved.key_from == "state" else ""
    if file.saved.key_from == "state" and not state_key:
        _refuse([_stale("The plan was made with a state, and there is none now")])
    with open_reader(environment) as reader:
        key = digest_key(environment, state_key, reader)
    check_mac(file, key)
    hashes = inputs.hashes(environment.project_dir, file.saved.files, key)
    _refuse(map(_stale, inputs.changed_files(file.saved.files, hashes)))
    return key


def _stale(summary: str, detail: str = "") -> Diagnostic:
    return Diagnostic(summary, detail=detail, hint="", code="stale-plan")


def _refuse(differences: Iterable[Diagnostic]) -> None:
    """StalePlan where there is any difference; the last diagnostic says what to do."""
    from mscode.app.plan_file import ANEW

    diagnostics = list(differences)
    if diagnostics:
        raise StalePlan([*diagnostics[:-1], replace(diagnostics[-1], hint=f"Nothing was applied. {ANEW}")])
