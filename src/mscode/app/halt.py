"""Halting campaigns: whatever can be stopped is stopped first, and only then is the rest examined.

Phones ring while this runs, so no error ends it early. Whatever is broken (a name, a file, a list, the state, a lock) is in
the outcome beside what was halted. Only where nothing can be reached at all is nothing halted; the error then begins with
"NOTHING WAS HALTED".
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from mscode.app.environment import Environment, open_client, resolve
from mscode.app.project_folder import first_project, is_there, no_project_in, project_line
from mscode.app.state import handling, signals_that_end
from mscode.app.stopping import GRACE, stopping_text
from mscode.app.workspace import parse_address
from mscode.errors import (
    ApiError,
    ConfigError,
    EndedBySignal,
    Interrupted,
    MscodeError,
    NotSent,
    UnknownOutcome,
    UsageError,
    worst,
)
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count

if TYPE_CHECKING:
    from mscode.api.client import Client
    from mscode.app.invocation import Invocation
    from mscode.engine.halt import CampaignRow, Choice, GoesOn, Halted, HaltResult
    from mscode.manifest.project.file import ProjectFile
    from mscode.state.lock_info import LockInfo

__all__ = ["GoingOn", "HaltOutcome", "HaltRequest", "Halted", "LockInfo", "halt", "nothing_halted", "through_hangup"]

#: Seconds after which the state is given up; a halt works without.
_PATIENCE = 3.0
#: Seconds that the first halt waits for the ids in the state. What comes later is halted after what the marks tell.
_HEAD_START = 0.5
_PARTLY = 6


@dataclass(frozen=True, slots=True)
class HaltRequest:
    """Which campaigns to halt, as it was typed: `names` are addresses, globs and names of a forEach (or the project's folder),
    `ids` those of campaigns.
    """

    names: Sequence[str] = ()
    ids: tuple[str, ...] = ()
    everything_of_project: bool = False
    everything_in_account: bool = False
    directory: Path | None = None


@dataclass(frozen=True, slots=True)
class GoingOn:
    """What goes on since its kind has no halt, and why there may be more of it (`doubts`)."""

    objects: Sequence[GoesOn]
    doubts: Sequence[MscodeError]


@dataclass(frozen=True, slots=True)
class HaltOutcome:
    """What became of it.

    `halted` are the campaigns that were to be halted, each halted now or with its error; `at_rest` those that were halted
    or finished before; `missing` the names of which none was found; `not_halted` names everything that was asked for and is
    not halted; it may go on calling, but for what are `no_campaigns`. `problems` are all errors, in the order in which they
    are reported. `made` is the id of a voice file that was made to stand in ("" for none). `running` counts what may still
    call by the project that it is marked for ("" for none), with the ids; it is None where it is known which project was
    meant. `other_run` holds the lock of the state. `audit_problem` says why the halt is not in the audit log ("" where it
    is).
    """

    environment: Environment
    halted: Sequence[Halted]
    at_rest: Sequence[CampaignRow]
    missing: Sequence[str]
    not_halted: Sequence[str]
    no_campaigns: Collection[str]
    problems: Sequence[MscodeError]
    made: str
    going_on: GoingOn
    running: Mapping[str, Sequence[str]] | None
    other_run: LockInfo | None
    audit_problem: str
    code: int


@dataclass(frozen=True, slots=True)
class _Names:
    """The names that were typed: those to halt, those of kinds that have no halt, and why the others cannot be used."""

    usable: tuple[str, ...]
    without_halt: tuple[str, ...]
    unusable: Mapping[str, MscodeError]
    folder: Path


def through_hangup() -> AbstractContextManager[None]:
    """A terminal that is closed does not end a halt, or what it says at its end, half-way."""
    ignored = [number for number in signals_that_end() if number != signal.SIGTERM]
    return handling(ignored, lambda number, frame: None)


#: Within the block that it opens, something outside may stop a halt: by the client that sends, and the event after which
#: nothing new is begun.
Watch = Callable[["Client", threading.Event], AbstractContextManager[object]]


def halt(
    inv: Invocation,
    request: HaltRequest,
    tell: Callable[[Halted], object],
    begin: Callable[[Environment], object] = lambda environment: None,
    watch: Watch | None = None,
) -> HaltOutcome:
    """Stop campaigns now: asks nothing, needs no valid manifests, no state and no lock.

    `begin` is called before anything is sent; `tell` by several threads, with each campaign as soon as it is halted. `watch`
    says what stops it early; Ctrl-C and SIGTERM when left out. MscodeError where nothing could be halted.
    """
    from mscode.engine.halt import Choice

    names = _names(request)
    choice = Choice(names.usable, request.ids, request.everything_of_project, request.everything_in_account)
    is_empty = not (choice.names or choice.ids or choice.is_everything or names.without_halt)
    if is_empty and not any(names.unusable):
        if names.unusable:
            raise UsageError([diagnostic for error in names.unusable.values() for diagnostic in error.diagnostics])
        raise UsageError("Say what to halt", hint="Name addresses, --id ID, --all or --all-in-account.")

    def end(number: int, frame: FrameType | None) -> None:
        raise EndedBySignal

    try:
        with handling([signal.SIGTERM], end):
            scope = _scope(inv, names.folder)
            begin(scope.environment)
            return _halt(scope, choice, names, tell, watch or partial(_signals, inv))
    except MscodeError as error:
        raise nothing_halted(error) from None
    except KeyboardInterrupt:
        hint = "Run halt again, or halt in the web interface."
        raise Interrupted("NOTHING WAS HALTED: it was interrupted before", hint=hint, code="interrupted") from None


def _halt(scope: _Scope, choice: Choice, names: _Names, tell: Callable[[Halted], object], watch: Watch) -> HaltOutcome:
    from mscode.engine.halt import is_meant
    from mscode.model.address_pattern import is_glob

    has_globs = any(map(is_glob, choice.names))
    choice = replace(choice, projects=scope.projects)
    stop = threading.Event()
    with open_client(scope.environment, is_urgent=True) as client, watch(client, stop):
        result, choice, other_run = _all_halted(scope, client, choice, tell, stop)
        # What has no halt is read after all the rest is stopped.
        going_on = GoingOn([], [])
        if (choice.is_everything or has_globs) and not stop.is_set() and not any(map(_has_no_answer, result.doubts)):
            going_on = _going_on(scope.environment, client, choice)
            meant = {name for name in result.missing for found in going_on.objects if is_meant(name, found.address)}
            result.missing = [name for name in result.missing if name not in meant]
    refused = [*_without_project(scope, choice, names), *_refused(result, names, going_on, choice)]
    is_project_unknown = not choice.projects and bool(choice.everything_of_project or choice.names or names.unusable)
    not_halted = _not_halted(result, choice, names, going_on)
    if not choice.projects and choice.everything_of_project:
        done = {halted.id for halted in result.halted}
        not_halted += [f"id {live_id}" for ids in result.running.values() for live_id in ids if live_id not in done]
    code = code_of(result, refused, other_run)
    return HaltOutcome(
        environment=scope.environment,
        halted=result.halted,
        at_rest=result.at_rest,
        missing=result.missing,
        not_halted=list(dict.fromkeys(not_halted)),
        no_campaigns={text for text, error in names.unusable.items() if error.diagnostics[0].code == "no-campaign"},
        problems=_problems(result, refused),
        made=result.made,
        going_on=going_on,
        running=result.running if is_project_unknown else None,
        other_run=other_run,
        audit_problem=_record(scope, result),
        code=worst(code, Interrupted.exit_code) if stop.is_set() else code,
    )


def _all_halted(
    scope: _Scope, client: Client, choice: Choice, tell: Callable[[Halted], object], stop: threading.Event
) -> tuple[HaltResult, Choice, LockInfo | None]:
    """What was halted, the choice with what the state knows, and who holds the lock of the state.

    No halt waits for a state that answers late: what carries a mark is halted meanwhile, and what the state alone knows after it.
    """
    from mscode.engine.halt import halt_all_campaigns

    target = scope.environment.target()
    with ThreadPoolExecutor(2) as beside:
        reading = beside.submit(scope.known_ids if choice.names or choice.is_everything else lambda: ({}, ""))
        run_before = beside.submit(scope.other_run if choice.is_everything else lambda: None)
        is_late = not wait([reading], _HEAD_START).done
        if not is_late:
            choice = _knowing(choice, *reading.result())
        result = halt_all_campaigns(client, target, choice, tell, stop)
    if is_late:
        choice = _knowing(choice, *reading.result())
        if _needs_state(choice, result):
            result = result.followed_by(halt_all_campaigns(client, target, choice, tell, stop))
    # A run under way may launch campaigns that are not there yet. A state that could not be read has no readable lock either.
    other_run = scope.other_run() if choice.is_everything and choice.is_whole else None
    if choice.is_whole and run_before.result() is not None and other_run is None:
        # The apply has ended meanwhile: what it launched last may not have been there yet.
        result = result.followed_by(halt_all_campaigns(client, target, choice, tell, stop))
    return result, choice, other_run


def _knowing(choice: Choice, ids: Mapping[str, str], unread: str) -> Choice:
    """The choice with the ids of a state; `unread` says why there may be more."""
    return replace(choice, known=ids, is_whole=not unread)


def _needs_state(choice: Choice, result: HaltResult) -> bool:
    """Does a state that came late name a campaign that was passed over, or leave open whose one without a mark is?"""
    from mscode.model.kind import registry

    seen = {(halted.kind.section, halted.id) for halted in result.halted}
    seen |= {(row.section, row.id) for row in result.at_rest}
    kept = {(address.partition(".")[0], live_id) for address, live_id in choice.known.items()}
    can_be_halted = {kind.section for kind in registry().values() if kind.can_be_halted}
    is_passed_over = any(section in can_be_halted for section, _ in kept - seen)
    return is_passed_over or bool(result.missing) or (not choice.is_whole and bool(result.running.get("")))


def _signals(inv: Invocation, client: Client, stop: threading.Event) -> AbstractContextManager[None]:
    """Ctrl-C or SIGTERM once: no further halt is begun, what is under way ends. A second Ctrl-C leaves it unknown."""

    def end(number: int, frame: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:
            with suppress(RuntimeError, ValueError):  # as in app/apply.py
                inv.out.info(
                    "What is under way is left unknown: look in the web interface, or run mscode status.", "yellow"
                )
            os._exit(Interrupted.exit_code)
        if not stop.is_set():
            stop.set()
            with suppress(RuntimeError, ValueError):
                inv.out.info(stopping_text(client.under_way), "yellow")
            client.limit_remaining_time(GRACE)

    return handling((signal.SIGINT, signal.SIGTERM), end)


def _going_on(environment: Environment, client: Client, choice: Choice) -> GoingOn:
    """Everything that was asked for, is unfinished and has no halt."""
    from mscode.engine.halt import going_on
    from mscode.model.kind import registry

    kinds = [kind for kind in registry().values() if kind.create_reaches_people]
    results = client.map(lambda kind: going_on(client, kind, environment.target(), choice), kinds)
    objects = [found for objects, _ in results for found in objects]
    return GoingOn(objects, [doubt for _, doubts in results for doubt in doubts])


# ---- what was named --------------------------------------------------------------------------------------------------


def _names(request: HaltRequest) -> _Names:
    """What was named, and the project's folder.

    A folder may stand among the addresses, as it does in other commands, unless its name looks like an address. An empty
    name, as a shell makes it of a variable that is not set, is an error and not the current folder.
    """
    from mscode.model.address_pattern import is_glob
    from mscode.model.kind import registry

    usable, without_halt, folder = [], [], request.directory
    unusable: dict[str, MscodeError] = {}
    for text in request.names:
        section = text.partition(".")[0]
        kind = registry().get(section)
        if folder is None and text and kind is None and is_there(Path(text).is_dir):
            folder = Path(text)
            continue
        try:
            if not is_glob(text):
                parse_address(text)
        except MscodeError as error:
            unusable[text] = MscodeError(error.diagnostics[0].summary, code="not-an-address")
            continue
        if kind is None or kind.can_be_halted or is_glob(text):
            usable.append(text)
        elif kind.create_reaches_people:
            without_halt.append(text)
        else:
            reason = f"{text} cannot be halted: it is {_with_article(kind.singular)}, and no campaign"
            unusable[text] = MscodeError(reason, code="no-campaign")
    return _Names(tuple(dict.fromkeys(usable)), tuple(dict.fromkeys(without_halt)), unusable, folder or Path())


def _refused(result: HaltResult, names: _Names, going_on: GoingOn, choice: Choice) -> list[MscodeError]:
    """Errors of the names that cannot be halted, with the address that was probably meant."""
    refused = []
    for text, error in names.unusable.items():
        hint = _did_you_mean(text, result.addresses)
        refused.append(
            MscodeError([replace(diagnostic, hint=hint or diagnostic.hint) for diagnostic in error.diagnostics])
        )
    objects = [(text, text.partition(".")[0]) for text in names.without_halt]
    objects += [(found.address, found.kind.section) for found in going_on.objects if choice.has_named(found.address)]
    if objects:
        refused.append(
            MscodeError(
                without_halt_text(objects),
                hint=STOP_WITHOUT_HALT,
                code="no-halt",
            )
        )
    return refused


def without_halt_text(objects: Iterable[tuple[str, str]]) -> str:
    """One line for what has no halt, of pairs of name and section: how many there are, of which kinds, and their names."""
    from mscode.model.kind import registry

    pairs = list(objects)
    singulars = [registry()[section].singular for section in dict.fromkeys(section for _, section in pairs)]
    kinds = " or ".join(map(_with_article, singulars))
    names = ", ".join(name for name, _ in pairs[:_MOST_NAMES])
    more = ", …" if len(pairs) > _MOST_NAMES else ""
    return f"{count(len(pairs), 'object')} cannot be halted (the API has no halt for {kinds}): {names}{more}"


def _with_article(singular: str) -> str:
    return f"{'an' if singular[0] in 'aeiou' else 'a'} {singular}"


STOP_WITHOUT_HALT = (
    "To stop what has not gone out yet, take its manifest out and apply, or delete it in the web interface."
)
#: So many names stand in a line of a message.
_MOST_NAMES = 20


def _did_you_mean(name: str, addresses: Iterable[str]) -> str:
    """The address of this project that a mistyped name is most like, as a question; "" where none is like it."""
    from mscode.model.nearest import nearest

    parts = [address.split(".") for address in sorted(addresses)]
    known = dict.fromkeys((".".join(part) for part in parts), "") | {".".join(part[:2]): "" for part in parts}
    by_name = {part[1]: ".".join(part[:2]) for part in parts if len(part) > 1}
    similar = nearest(name, known) or [by_name[near] for near in nearest(name, by_name)]
    return f'Did you mean "{similar[0]}"?' if similar else ""


# ---- where -----------------------------------------------------------------------------------------------------------


def _resolved(directory: Path) -> Path:
    """The whole path; as it is where the system cannot tell, such as in a folder that was deleted meanwhile."""
    try:
        return directory.resolve()
    except (OSError, RuntimeError):
        return directory


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
    from mscode.manifest.yaml.tree import MAX_BYTES
    from mscode.views.text.printable import escape_unprintable

    start = _resolved(directory)
    folder = first_project((start, *start.parents))
    problem: MscodeError | None = None
    if folder is None:
        project, names = nameless(), frozenset[str]()
    else:
        try:
            project = load_project(folder)
            names = frozenset({project.project})
        except Exception as error:  # whatever it holds, it must not keep campaigns from being halted
            problem = error if isinstance(error, MscodeError) else ConfigError(type(error).__name__)
            try:
                with (folder / FILE).open("rb") as file:
                    content = file.read(MAX_BYTES)
            except OSError:
                content = b""
            salvaged = salvage(content)
            project, names = salvaged.project, salvaged.names
    environment = _environment(inv, project, folder or start, problem, directory)
    if problem is not None:
        subject = f"project {', '.join(sorted(names)) or 'unknown'}, {environment.url}"
        reason = escape_unprintable(str(problem), 300)
        text = f"{FILE} cannot be used as it is ({reason}); halting by what can be read of it: {subject}"
        inv.out.info(text, "yellow")
    elif folder is not None and folder != start:
        inv.out.info(project_line(project.project, folder))
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
        by_option = inv.folder if directory == Path() else None
        raise problem or (no_project_in(by_option, inv.typed_command) if by_option else no_project(directory))
    return resolve(project, folder, env, variables, hide_token=inv.hide_token, tell=inv.out.info)


def _on_same_account(environment: Environment) -> list[Environment]:
    """The project's environments with the same URL, this one first."""
    from mscode.app.service_settings import with_url

    same_account = [environment]
    # MSCODE_URL speaks of one environment: it would contradict the url of each other one.
    variables = {name: value for name, value in environment.variables.items() if name != "MSCODE_URL"}
    for name in with_url(environment.project, environment.url):
        if name != environment.name:
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


def _without_project(scope: _Scope, choice: Choice, names: _Names) -> list[MscodeError]:
    """Where no project is known, what was asked of it could not be done."""
    if scope.projects or not (choice.names or choice.everything_of_project or names.unusable):
        return []
    text = "mscode.yaml names no project" if scope.folder else f"There is no mscode.yaml at or above {scope.start}"
    return [
        MscodeError(
            "It is not known which project's campaigns to halt",
            detail=f"{text}.",
            hint="Use --all-in-account for every campaign of the account, or --id ID for one.",
            code="no-project",
        )
    ]


def _not_halted(result: HaltResult, choice: Choice, names: _Names, going_on: GoingOn) -> list[str]:
    """Everything that was asked for and may go on calling, by its name as it was typed, its address or its id."""
    labels = [halted.address or f"id {halted.id}" for halted in result.halted if halted.error is not None]
    labels += [f"id {name}" if name in choice.ids else name for name in result.missing]
    labels += [*(text or '""' for text in names.unusable), *names.without_halt]
    labels += [found.address for found in going_on.objects if choice.has_named(found.address)]
    if not choice.is_whole and choice.everything_of_project:
        labels += [f"id {live_id}" for live_id in result.running.get("", ())]
    if choice.is_everything or not labels:
        labels += [f"{section} (the list could not be read)" for section in result.unread]
    return labels


def _problems(result: HaltResult, refused: Sequence[MscodeError]) -> list[MscodeError]:
    """Everything that went wrong, each once; the first says so where nothing was halted because of it."""
    problems = _of_campaigns(result)
    problems += [*refused, *result.doubts]
    if not any(_has_no_answer(doubt) for doubt in result.doubts):  # a list that was never read tells of no absence
        text = (
            "Not found in what could be read of the live account" if result.doubts else "Not found in the live account"
        )
        is_project_known = not any(error.diagnostics[0].code == "no-project" for error in refused)
        for name in result.missing if is_project_known else ():
            hint = _did_you_mean(name, result.addresses) or ("" if result.doubts else "See `mscode status`.")
            problems.append(MscodeError(f"{text}: {name}", hint=hint, code="not-found"))
    problems = list({problem.diagnostics[0].summary: problem for problem in reversed(problems)}.values())[::-1]
    if problems and not _is_any_halted(result):
        is_unclear = any(halted.is_unclear for halted in result.halted)
        problems[0] = nothing_halted(problems[0], " for certain" if is_unclear else "")
    return problems


def _of_campaigns(result: HaltResult) -> list[MscodeError]:
    """The errors of campaigns. Those to which a stopped command did not come are one: the last line names them."""
    errors = [halted.error for halted in result.halted if halted.error is not None]
    not_begun = [error for error in errors if error.diagnostics[0].code == "interrupted"]
    if len(not_begun) < 2:
        return errors
    together = Interrupted(
        f"{count(len(not_begun), 'campaign')} were not halted: the command was stopped before",
        hint="Halt them again.",
        code="interrupted",
    )
    return [*(error for error in errors if error not in not_begun), together]


def _is_any_halted(result: HaltResult) -> bool:
    """Is anything that was asked for halted now, by this command or by an earlier one?"""
    return any(halted.error is None for halted in result.halted) or any(not row.is_finished for row in result.at_rest)


def nothing_halted(error: MscodeError, certainty: str = "") -> MscodeError:
    """The same error, which says first that nothing was halted."""
    first, *rest = error.diagnostics
    summary = first.summary
    if summary[:1].isupper() and summary[1:2].islower():
        summary = summary[0].lower() + summary[1:]
    hint = first.hint
    if first.code not in _OF_THE_NAME and "web interface" not in hint:
        other_way = "Or halt in the web interface." if "again" in hint else "Halt in the web interface, and try again."
        hint = f"{hint} {other_way}".strip()
    if summary.endswith(".") and not first.hint:
        summary, hint = f"{summary} {hint}", ""
    error.diagnostics = (replace(first, summary=f"NOTHING WAS HALTED{certainty}: {summary}", hint=hint), *rest)
    return error


#: Codes of errors that another name on the command line mends.
_OF_THE_NAME = frozenset({"not-found", "not-an-address", "no-campaign", "no-halt", "no-project"})


def _has_no_answer(error: MscodeError) -> bool:
    """Did the service give no answer at all to a request?"""
    return isinstance(error, ApiError) and not error.status


def code_of(result: HaltResult, refused: Sequence[MscodeError] = (), other_run: LockInfo | None = None) -> int:
    """The exit code. A run under way makes the outcome unknown: it may launch more."""
    is_any_halted = _is_any_halted(result)
    errors = [halted.error for halted in result.halted if halted.error is not None]
    is_lost = any(_has_no_answer(error) and not isinstance(error, NotSent) for error in (*errors, *result.doubts))
    if any(halted.is_unclear for halted in result.halted) or (is_any_halted and result.doubts) or is_lost:
        code = UnknownOutcome.exit_code
    elif refused or result.doubts or result.missing or errors:
        code = _PARTLY if is_any_halted else 1
    else:
        code = 0
    return worst(code, UnknownOutcome.exit_code if other_run is not None else 0)


def _record(scope: _Scope, result: HaltResult) -> str:
    """Write one line into the audit log, and one that the next command puts into the records, after everything is halted. Gives why
    that could not be done ("" where it was): a line that fails changes nothing of the halt.
    """
    from mscode.state.audit import audit_line, decision_of, write_audit
    from mscode.state.records.halts import note_halt

    ids = sorted(halted.id for halted in result.halted if halted.error is None)
    if scope.folder is None or not ids:
        return ""
    environment, problems = scope.environment, []
    line = audit_line(environment.name, "halt", environment.variables, ids=ids)
    try:
        write_audit(scope.folder, line)
    except (MscodeError, OSError) as error:
        problems.append(str(error))
    try:
        note_halt(environment.folder, decision_of(line))
    except (MscodeError, OSError) as error:
        problems.append(str(error))
    return "; ".join(problems)
