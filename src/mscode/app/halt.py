"""Halting campaigns: whatever can be stopped is stopped first, and only then is the rest examined.

Phones ring while this runs, so no error ends it early. Whatever is broken (a name, a file, a list, the state, a lock) is in
the outcome beside what was halted. Only where nothing can be reached at all is nothing halted; the error then begins with
"NOTHING WAS HALTED".
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.environment import Environment, open_client, resolve
from mscode.app.workspace import parse_address
from mscode.errors import MscodeError, NotSent, UnknownOutcome, UsageError, worst

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.engine.halt import Choice, GoesOn, Halted, HaltResult
    from mscode.manifest.project.file import ProjectFile
    from mscode.model.kind import Kind
    from mscode.state.lock_info import LockInfo

__all__ = ["GoingOn", "HaltOutcome", "HaltRequest", "Halted", "LockInfo", "halt", "through_hangup"]

#: Seconds that a halt waits for the state; it works without.
_PATIENCE = 3.0
_PARTLY = 6


@dataclass(frozen=True, slots=True)
class HaltRequest:
    """Which campaigns to halt, as it was typed: `names` are addresses (or the project's folder), `ids` those of campaigns."""

    names: Sequence[str] = ()
    ids: tuple[str, ...] = ()
    everything_of_project: bool = False
    everything_in_account: bool = False
    directory: Path | None = None


@dataclass(frozen=True, slots=True)
class GoingOn:
    """What of a kind that has no halt goes on, and why there may be more of it (`doubts`)."""

    kind: Kind
    objects: Sequence[GoesOn]
    doubts: Sequence[MscodeError]


@dataclass(frozen=True, slots=True)
class HaltOutcome:
    """What became of it.

    `halted` are the campaigns that were to be halted, each halted now or with its error; `missing` the names of which none
    was found. `problems` are all errors, in the order in which they are reported. `made` is the id of a voice file that was made
    to stand in ("" for none). `running` counts what may still call by the project that it is marked for ("" for none), with
    the ids; it is None where it is known which project was meant. `other_run` holds the lock of the state. `audit_problem` says
    why the halt is not in the audit log ("" where it is).
    """

    halted: Sequence[Halted]
    missing: Sequence[str]
    problems: Sequence[MscodeError]
    made: str
    going_on: Sequence[GoingOn]
    running: Mapping[str, Sequence[str]] | None
    other_run: LockInfo | None
    audit_problem: str
    code: int


def through_hangup() -> AbstractContextManager[None]:
    """A terminal that is closed does not end a halt, or what it says at its end, half-way."""
    from mscode.app.state import handling, signals_that_end

    ignored = [number for number in signals_that_end() if number != signal.SIGTERM]
    return handling(ignored, lambda number, frame: None)


def halt(inv: Invocation, request: HaltRequest, tell: Callable[[Halted], object]) -> HaltOutcome:
    """Stop campaigns now: asks nothing, needs no valid manifests, no state and no lock.

    `tell` is called by several threads, with each campaign as soon as it is halted. MscodeError where nothing could be halted.
    """
    from mscode.engine.halt import Choice

    addresses, refused, directory = _addresses_and_folder(request)
    choice = Choice(addresses, request.ids, request.everything_of_project, request.everything_in_account)
    if not (addresses or request.ids or request.everything_of_project or request.everything_in_account):
        if not refused:
            raise UsageError("Say what to halt", hint="Name addresses, --id ID, --all or --all-in-account.")
        # None of what was named can be halted: one error with all of them, a mistyped one counting as that.
        error_type = next((UsageError for error in refused if isinstance(error, UsageError)), MscodeError)
        raise error_type([diagnostic for error in refused for diagnostic in error.diagnostics])
    try:
        return _halt(_scope(inv, directory), choice, refused, tell)
    except MscodeError as error:
        raise _nothing_halted(error) from None


def _halt(
    scope: _Scope,
    choice: Choice,
    refused: Sequence[MscodeError],
    tell: Callable[[Halted], object],
) -> HaltOutcome:
    from mscode.engine.halt import going_on as read_going_on
    from mscode.engine.halt import halt_all_campaigns
    from mscode.model.kind import registry

    is_everything = choice.everything_of_project or choice.everything_in_account
    ids, unread = scope.known_ids() if choice.addresses or is_everything else ({}, "")
    choice = replace(choice, projects=scope.projects, known=ids, is_whole=not unread)
    # A run under way may launch campaigns that are not there yet. A state that could not be read has no readable lock either.
    reads_lock = is_everything and not unread
    target = scope.environment.target()
    with open_client(scope.environment, is_urgent=True) as client:
        with ThreadPoolExecutor(1) as executor:
            run_before: Future[LockInfo | None] = executor.submit(scope.other_run if reads_lock else lambda: None)
            result = halt_all_campaigns(client, target, choice, tell)
        other_run = scope.other_run() if reads_lock else None
        if run_before.result() is not None and other_run is None:
            # The apply has ended meanwhile: what it launched last may not have been there yet.
            second = halt_all_campaigns(client, target, choice, tell)
            result = replace(second, halted=[*result.halted, *second.halted], made=second.made or result.made)
        # What has no halt is read after all the rest is stopped.
        no_halt = [kind for kind in registry().values() if kind.create_reaches_people] if is_everything else []
        going_on = [GoingOn(kind, *read_going_on(client, kind, target, choice)) for kind in no_halt]
    refused = [*refused, *_without_project(scope, choice)]
    is_project_unknown = not choice.projects and bool(choice.everything_of_project or choice.addresses)
    return HaltOutcome(
        halted=result.halted,
        missing=result.missing,
        problems=_problems(result, refused),
        made=result.made,
        going_on=going_on,
        running=result.running if is_project_unknown else None,
        other_run=other_run,
        audit_problem=_record(scope, result),
        code=_code(result, refused, other_run),
    )


# ---- what was named --------------------------------------------------------------------------------------------------


def _addresses_and_folder(request: HaltRequest) -> tuple[tuple[str, ...], list[MscodeError], Path]:
    """Addresses that can be halted, errors of the names that cannot, and the project's folder.

    A folder may stand among the addresses, as it does in other commands, unless its name looks like an address. An empty
    name, as a shell makes it of a variable that is not set, is an error and not the current folder.
    """
    from mscode.model.kind import registry

    addresses, refused, folder = [], [], request.directory
    for text in request.names:
        if folder is None and text and text.partition(".")[0] not in registry() and _exists(Path(text).is_dir):
            folder = Path(text)
            continue
        try:
            address = parse_address(text)
            kind = registry().get(address.section)
            if kind is not None and kind.create_reaches_people:
                raise MscodeError(
                    f"{address} cannot be halted: the API has no halt for a {kind.singular}",
                    detail="It can only be deleted, before it has gone out.",
                    hint=f"Take its manifest out and apply: mscode apply --only {address} (or delete it in the web interface).",
                    code="no-halt",
                )
            addresses.append(str(address))
        except MscodeError as error:
            refused.append(error)
    return tuple(dict.fromkeys(addresses)), refused, folder or Path()


# ---- where -----------------------------------------------------------------------------------------------------------


def _exists(check: Callable[[], bool]) -> bool:
    """`Path.is_dir` or `Path.is_file`; False for a path that the system refuses, such as one that is too long."""
    try:
        return check()
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class _Scope:
    """The account, and this project in it as far as it is known.

    `projects` are the names that the project goes by, `folder` is that of its mscode.yaml, searched for from `start` upwards.
    `same_account` are the project's environments on this account, this one first: whoever halts need not know under which of
    them a campaign was launched.
    """

    environment: Environment
    projects: frozenset[str]
    start: Path
    folder: Path | None
    same_account: Sequence[Environment]

    def known_ids(self) -> tuple[dict[str, str], str]:
        """Ids by address, from the states that can be read, and why the first of the others cannot ("" where all can)."""
        from mscode.app.state import open_state

        ids: dict[str, str] = {}
        unread = ""
        for environment in self.same_account:
            try:
                entries = open_state(environment, patience=_PATIENCE).known.entries
                ids = {str(address): entry.id for address, entry in entries.items()} | ids
            except Exception as error:  # no state, however broken, may keep campaigns from being halted
                unread = unread or (str(error) if isinstance(error, MscodeError) else type(error).__name__)
        return ids, unread

    def other_run(self) -> LockInfo | None:
        """Who holds the lock of this project's state, where that can be found out."""
        from mscode.app.state_backend import backend_of

        for environment in self.same_account:
            try:
                backend = backend_of(environment)
                try:
                    backend.limit_remaining_time(_PATIENCE)
                    if (holder := backend.holder()) is not None:
                        return holder
                finally:
                    backend.close()
            except Exception:  # see `known_ids`
                continue
        return None


def _scope(inv: Invocation, directory: Path) -> _Scope:
    """The nearest project at or above the folder. A project file that cannot be used is read as far as it can be."""
    from mscode.manifest.project.file import FILE, load_project
    from mscode.manifest.project.salvage import nameless, salvage

    start = directory.resolve()
    folder = next((parent for parent in (start, *start.parents) if _exists((parent / FILE).is_file)), None)
    problem: MscodeError | None = None
    if folder is None:
        project, names = nameless(), frozenset[str]()
    else:
        try:
            project = load_project(folder)
            names = frozenset({project.project})
        except MscodeError as error:
            problem = error
            try:
                content = (folder / FILE).read_bytes()
            except OSError:
                content = b""
            salvaged = salvage(content)
            project, names = salvaged.project, salvaged.names
    environment = _environment(inv, project, folder or start, problem, directory)
    if problem is not None:
        subject = f"project {', '.join(sorted(names)) or 'unknown'}, {environment.url}"
        text = f"{FILE} cannot be used as it is ({problem}); halting by what can be read of it: {subject}"
        inv.out.info(text, "yellow")
    elif folder is not None and folder != start:
        inv.out.info(f"Using the project in {folder}.")
    return _Scope(environment, names, start, folder, _on_same_account(environment))


def _environment(
    inv: Invocation, project: ProjectFile, folder: Path, problem: MscodeError | None, directory: Path
) -> Environment:
    """The environment to halt in. MSCODE_URL alone is enough: a name beside it that the project does not have is ignored.

    `problem` is why mscode.yaml could not be used as it is; it is raised where no environment can be told without it.
    """
    from mscode.manifest.project.file import no_project

    variables, env = dict(inv.variables), inv.env
    if variables.get("MSCODE_URL"):
        name = env or variables.get("MSCODE_ENV", "")
        if name not in project.environments:
            variables.pop("MSCODE_ENV", None)
            env = ""
    elif not project.environments:
        raise problem or no_project(directory)
    return resolve(project, folder, env, variables, hide_token=inv.hide_token, tell=inv.out.info)


def _on_same_account(environment: Environment) -> list[Environment]:
    """The project's environments with the same URL, this one first."""
    same_account = [environment]
    # MSCODE_URL speaks of one environment: it would contradict the url of each other one.
    variables = {name: value for name, value in environment.variables.items() if name != "MSCODE_URL"}
    for name, settings in environment.project.environments.items():
        if name != environment.name and settings.url.rstrip("/") == environment.url:
            try:
                same_account.append(
                    resolve(
                        environment.project, environment.project_dir, name, variables, hide_token=environment.hide_token
                    )
                )
            except MscodeError:  # an environment that cannot be used must not keep the others from being halted
                continue
    return same_account


# ---- what came of it -------------------------------------------------------------------------------------------------


def _without_project(scope: _Scope, choice: Choice) -> list[MscodeError]:
    """Where no project is known, what was asked of it could not be done."""
    if scope.projects or not (choice.addresses or choice.everything_of_project):
        return []
    text = "mscode.yaml names no project" if scope.folder else f"There is no mscode.yaml at or above {scope.start}"
    return [MscodeError("It is not known which project's campaigns to halt", detail=f"{text}.", code="no-project")]


def _problems(result: HaltResult, refused: Sequence[MscodeError]) -> list[MscodeError]:
    """Everything that went wrong; the first says so where nothing was halted because of it."""
    problems = [halted.error for halted in result.halted if halted.error is not None]
    problems += [*refused, *result.doubts]
    if not any(isinstance(doubt, NotSent) for doubt in result.doubts):  # a list that was never read tells of no absence
        text, hint = "Not found in the live account", "See `mscode status`."
        if result.doubts:
            text, hint = "Not found in what could be read of the live account", ""
        problems += (MscodeError(f"{text}: {name}", hint=hint, code="not-found") for name in result.missing)
    if problems and not any(halted.error is None or halted.is_unclear for halted in result.halted):
        problems[0] = _nothing_halted(problems[0])
    return problems


def _nothing_halted(error: MscodeError) -> MscodeError:
    """The same error, which first says that nothing was halted."""
    first, *rest = error.diagnostics
    summary = first.summary
    if summary[:1].isupper() and summary[1:2].islower():
        summary = summary[0].lower() + summary[1:]
    hint = f"{first.hint} Halt in the web interface, and try again.".strip()
    error.diagnostics = (replace(first, summary=f"NOTHING WAS HALTED: {summary}", hint=hint), *rest)
    return error


def _code(result: HaltResult, refused: Sequence[MscodeError], other_run: LockInfo | None) -> int:
    """The exit code. A run under way makes the outcome unknown: it may launch more."""
    is_halted = any(halted.error is None for halted in result.halted)
    is_unclear = any(halted.is_unclear for halted in result.halted)
    if is_unclear or (is_halted and result.doubts):
        code = UnknownOutcome.exit_code
    elif refused or result.doubts or result.missing or any(halted.error for halted in result.halted):
        code = _PARTLY if is_halted else 1
    else:
        code = 0
    return worst(code, UnknownOutcome.exit_code if other_run is not None else 0)


def _record(scope: _Scope, result: HaltResult) -> str:
    """Write one line into the audit log, after everything is halted. Gives why it could not be written ("" where it was): a
    log that fails changes nothing of the halt."""
    from mscode.state.audit import write_audit

    ids = sorted(halted.id for halted in result.halted if halted.error is None)
    if scope.folder is None or not ids:
        return ""
    environment = scope.environment
    try:
        write_audit(scope.folder, environment.name, "halt", environment.variables, ids=ids)
    except (MscodeError, OSError) as error:
        return str(error)
    return ""
