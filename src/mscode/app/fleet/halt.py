"""`mscode fleet halt`, the emergency brake over all: every project's campaigns, side by side in one process.

It needs fleet.yaml, the URL in each project's mscode.yaml and the tokens: no manifests, no state, no lock. What goes wrong with
one project (a missing file or token, a service that gives no answer) is in the outcome and stops no other.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from mscode.app.fleet.projects import FleetProject, expand, project_folders
from mscode.app.halt import HaltOutcome, HaltRequest, halt, nothing_halted
from mscode.app.invocation import Invocation
from mscode.app.project_folder import is_project
from mscode.app.state import handling
from mscode.app.stopping import GRACE, stopping_text
from mscode.app.unexpected import unexpected
from mscode.errors import ConfigError, Interrupted, MscodeError, UnknownOutcome, type_and_place, worst
from mscode.model.globs import path_glob
from mscode.model.light_dataclass import dataclass
from mscode.model.project_file import FILE, FLEET_FILE
from mscode.views.console import Out
from mscode.views.plan.segments import Style

if TYPE_CHECKING:
    from mscode.api.client import Client
    from mscode.app.halt import Halted
    from mscode.manifest.fleet.file import FleetFile

#: Seconds without an answer after which a project is given up.
PATIENCE = 10.0
#: Seconds for what is no request (a state that is read beside): each part of it has a limit of its own.
_LONGEST = 3 * PATIENCE
#: Seconds that a project gets to end once it was given up, after which it is left behind; and those by which a request with its
#: repeats may take longer than `PATIENCE`.
_LAST = 1.0
_POLL = 0.05
#: Open files that one project may need: connections to the service and to its state.
_FILES = 12
#: How deep `**` is followed, how many files of a folder are looked at, and how many bytes of each.
_DEEPEST, _MOST_FILES, _HEAD = 8, 200, 4096
#: Variables that speak of one account: what a shell has of them is not meant for all projects.
_OF_ONE_ACCOUNT = ("MSCODE_URL", "MSCODE_ENV", "MSCODE_TOKEN")

#: Paths of projects whose threads were left behind.
left_behind: list[str] = []

#: Called by many threads: a project, and a campaign of it as soon as it is halted.
Tell = Callable[[FleetProject, "Halted"], object]
#: Called by many threads: a project, and a line for the person about it.
Say = Callable[[FleetProject, str], object]


@dataclass(frozen=True, slots=True)
class ProjectHalt:
    """What became of one project. `outcome` is None where nothing was found out, and `problem` says why. `is_reached` is False
    where its service gave no answer at all, so that nobody knows what calls there.
    """

    project: FleetProject
    outcome: HaltOutcome | None
    problem: MscodeError | None
    is_reached: bool

    @property
    def code(self) -> int:
        if not self.is_reached:
            return UnknownOutcome.exit_code
        if self.problem is not None:
            return self.problem.exit_code
        return self.outcome.code if self.outcome is not None else UnknownOutcome.exit_code


@dataclass(frozen=True, slots=True)
class FleetHalt:
    """What became of all projects, in the order of their paths. `problems` are those of fleet.yaml: with any, there may be more
    projects than these.
    """

    fleet: str
    projects: Sequence[ProjectHalt]
    problems: Sequence[MscodeError]
    code: int


def halt_fleet(
    inv: Invocation,
    root: Path,
    *,
    everything_in_account: bool,
    begin: Callable[[str, int], object],
    tell: Tell,
    say: Say,
) -> FleetHalt:
    """Stop every unfinished campaign of the projects now, or of their accounts. Asks nothing; raises nothing of a project.

    `begin` takes the fleet's name and the number of projects before anything is sent. MscodeError where no project is known.
    """
    try:
        fleet = _fleet(inv, root)
    except MscodeError as error:
        raise nothing_halted(error) from None
    begin(fleet.name, len(fleet.projects))
    halts, is_interrupted = _halt_projects(
        inv, fleet.projects, everything_in_account=everything_in_account, tell=tell, say=say
    )
    codes = [project_halt.code for project_halt in halts]
    codes += [UnknownOutcome.exit_code] if fleet.problems else []
    codes += [Interrupted.exit_code] if is_interrupted else []
    return FleetHalt(fleet.name, halts, fleet.problems, worst(0, *codes))


@dataclass(frozen=True, slots=True)
class _Fleet:
    name: str
    projects: Sequence[FleetProject]
    problems: Sequence[MscodeError]


def _fleet(inv: Invocation, root: Path) -> _Fleet:
    """The projects that are to be halted. What is wrong with fleet.yaml, or leaves open which projects there are, is a problem
    and stops none of those that are known.
    """
    from mscode.manifest.fleet.file import fleet_of, fleet_path, salvage_fleet
    from mscode.manifest.yaml.source import read_bytes

    raw = read_bytes(fleet_path(root), FLEET_FILE)
    problems: list[MscodeError] = []
    try:
        file = fleet_of(raw)
    except Exception as error:  # whatever it holds, it must not keep campaigns from being halted
        problem = error if isinstance(error, MscodeError) else ConfigError(type_and_place(error))
        file = salvage_fleet(raw)
        if not file.projects:
            raise problem from None
        problems.append(
            ConfigError(
                f"{FLEET_FILE} cannot be used as it is, so there may be more projects than those that could be read of it",
                detail=problem.diagnostics[0].summary,
                hint="Mend it, and halt again.",
                code="fleet-file",
            )
        )
    # Each mscode.yaml is read by the project's own thread; here it would keep all the others waiting.
    folders = project_folders(root, file)
    folders |= _folders_that_lost_their_file(root, file, folders)
    expansion = expand(file, root, folders, lambda path: b"", inv.env or inv.variables.get("MSCODE_ENV", ""))
    named = {project.path for project in expansion.projects}
    problems += [MscodeError([error]) for error in expansion.errors]
    # A path without mscode.yaml is named as a project that was not reached.
    exact = {file.place(at) for at, entry in enumerate(file.projects) if entry.path in named}
    problems += [MscodeError([warning]) for warning in expansion.warnings if warning.place not in exact]
    return _Fleet(file.fleet, expansion.projects, problems)


def _folders_that_lost_their_file(root: Path, file: FleetFile, folders: Collection[str]) -> set[str]:
    """The folders that a glob means and that were a project once, as far as what lies in them shows: manifests, or what mscode
    keeps beside a project. Without this, a client whose mscode.yaml was deleted would go on calling unnamed.
    """
    globs = [entry for entry in file.projects if entry.is_glob]
    deepest = max((entry.depth or _DEEPEST for entry in globs), default=0)
    around = {parent.as_posix() for path in folders for parent in Path(path).parents}
    lost = set()
    for parent, names, _ in os.walk(root):
        path = Path(parent).relative_to(root)
        if path.as_posix() in folders or len(path.parts) >= deepest:
            names.clear()
        names[:] = [name for name in names if not name.startswith(".")]
        is_meant = any(path_glob(entry.path).matches(path.as_posix()) for entry in globs)
        if is_meant and path.as_posix() not in {*folders, *around} and _was_a_project(Path(parent)):
            lost.add(path.as_posix())
            names.clear()
    return lost


def _was_a_project(folder: Path) -> bool:
    """Does it hold manifests, or what mscode keeps beside a project? Looks at so many files at most."""
    if (folder / ".mscode").is_dir():
        return True
    manifests = (
        Path(parent) / name
        for parent, _, names in os.walk(folder)
        for name in names
        if name.endswith((".yaml", ".yml"))
    )
    return any(map(_is_manifest, islice(manifests, _MOST_FILES)))


def _is_manifest(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b"mscode/v1" in file.read(_HEAD)
    except OSError:
        return False


def _halt_projects(
    inv: Invocation, projects: Sequence[FleetProject], *, everything_in_account: bool, tell: Tell, say: Say
) -> tuple[list[ProjectHalt], bool]:
    """What became of each, and whether it was interrupted."""
    _load_modules()
    _allow_files(_FILES * len(projects))
    brakes = [_Brake(inv, project, everything_in_account, tell, say) for project in projects]
    is_interrupted = threading.Event()
    with handling((signal.SIGINT, signal.SIGTERM), _stopping(inv, brakes, is_interrupted)):
        for brake in brakes:
            threading.Thread(target=brake.run, daemon=True).start()
        while not all(brake.is_over for brake in brakes):
            time.sleep(_POLL)
            for brake in brakes:
                brake.give_up_when_silent()
    # Daemon threads end with the process, the threads of their pools do not: see mscode.cli.
    left_behind.extend(brake.project.path for brake in brakes if not brake.is_done)
    return [brake.result() for brake in brakes], is_interrupted.is_set()


def _load_modules() -> None:
    """Load what every thread needs before the first of them starts: otherwise all would wait for one another's imports."""
    import mscode.api.client
    import mscode.engine.halt
    import mscode.manifest.project.salvage
    import mscode.state.store  # noqa: F401
    from mscode.model.kind import registry

    tuple(registry().values())  # a kind is loaded when it is asked for


def _allow_files(number: int) -> None:
    """Raise this process's limit of open files as far as the system lets it: many systems begin with 256 or 1,024."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = number + 256 if hard == resource.RLIM_INFINITY else min(number + 256, hard)
    if soft != resource.RLIM_INFINITY and soft < highest:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))


def _stopping(
    inv: Invocation, brakes: Sequence[_Brake], is_interrupted: threading.Event
) -> Callable[[int, FrameType | None], None]:
    """Ctrl-C or SIGTERM once: no further halt is begun, what is under way ends. A second Ctrl-C leaves it unknown."""

    def stop(number: int, frame: FrameType | None) -> None:
        if is_interrupted.is_set() and number == signal.SIGINT:
            with suppress(RuntimeError, ValueError):  # as in app/apply.py
                inv.out.info("What is under way is left unknown: look in the web interface.", "yellow")
            os._exit(Interrupted.exit_code)
        if not is_interrupted.is_set():
            is_interrupted.set()
            under_way = sum(brake.client.under_way for brake in brakes if brake.client is not None)
            with suppress(RuntimeError, ValueError):
                inv.out.info(stopping_text(under_way), "yellow")
            for brake in brakes:
                brake.stop(GRACE)

    return stop


def _refuse_missing(project: FleetProject) -> None:
    """ConfigError for a folder without mscode.yaml: a project in a folder above it must not be taken for it."""
    if not is_project(project.folder):
        raise ConfigError(
            f"There is no {FILE} in it, so its service is not known",
            hint="Halt by its URL and its token: MSCODE_URL=… MSCODE_TOKEN=… mscode halt --all-in-account",
            code="no-project",
        )


def _variables_of(inv: Invocation, project: FleetProject) -> dict[str, str]:
    """The variables that one project is halted with: its own token as MSCODE_TOKEN, and nothing that names another account.
    ConfigError where its token is missing.
    """
    variables = {name: value for name, value in inv.variables.items() if name not in _OF_ONE_ACCOUNT}
    if not project.token_variable:
        return variables
    token = inv.variables.get(project.token_variable, "").strip()
    if not token:
        raise ConfigError(
            f"Its token is missing: the variable {project.token_variable} is not set",
            hint="Set it and halt again, or halt in the web interface.",
            code="no-token",
        )
    return {**variables, "MSCODE_TOKEN": token}


@dataclass(slots=True)
class _ProjectOut(Out):
    """Takes what is said while one project is halted. Its secrets are its own: no set may grow while another thread reads it."""

    say: Callable[[str], object] = print

    def info(self, text: str, style: Style = "") -> None:
        self.say(self.without_secrets(text))


class _Brake:
    """One project that is being halted, in a thread of its own; the main thread looks whether its service answers."""

    def __init__(
        self, inv: Invocation, project: FleetProject, everything_in_account: bool, tell: Tell, say: Say
    ) -> None:
        out = _ProjectOut(inv.out.no_color, set(inv.out.secrets), lambda text: say(project, text))
        if token := inv.variables.get(project.token_variable, ""):
            inv.hide_token(token.strip())
        self.project, self._tell = project, tell
        self._inv = replace(inv, out=out, env=project.environment, variables=inv.variables, folder=None)
        self._request = HaltRequest(
            everything_of_project=not everything_in_account,
            everything_in_account=everything_in_account,
            directory=project.folder,
        )
        self.client: Client | None = None
        self._begun, self._given_up_at = time.monotonic(), 0.0
        self._stop: threading.Event | None = None
        self._seconds_left: float | None = None
        self._outcome: HaltOutcome | None = None
        self._problem: MscodeError | None = None
        self.is_done = False

    def run(self) -> None:
        """Halt the project; whatever goes wrong is kept."""
        try:
            _refuse_missing(self.project)
            inv = replace(self._inv, variables=_variables_of(self._inv, self.project))
            self._outcome = halt(inv, self._request, lambda halted: self._tell(self.project, halted), watch=self._watch)
        except MscodeError as error:
            self._problem = error
        except Exception as error:
            self._problem = unexpected(error)
        self.is_done = True

    @contextmanager
    def _watch(self, client: Client, stop: threading.Event) -> Iterator[None]:
        self.client, self._stop = client, stop
        if self._seconds_left is not None:  # it was stopped before there was a client
            self.stop(self._seconds_left)
        with client.limited(PATIENCE + _LAST, says_repeats=False):
            yield

    def stop(self, seconds: float) -> None:
        """Begin no further halt; what is under way ends within so many seconds."""
        self._seconds_left = seconds
        if self.client is not None and self._stop is not None:
            self._stop.set()
            self.client.limit_remaining_time(seconds)

    def give_up_when_silent(self) -> None:
        """Stop it where its service has not answered for too long."""
        if self.is_done or self._given_up_at:
            return
        client, now = self.client, time.monotonic()
        silent = now - max(self._begun, (client.answered_at or 0.0) if client is not None else 0.0)
        is_waiting = client is None or client.under_way > 0
        if silent > (PATIENCE if is_waiting else _LONGEST):
            self._given_up_at = now
            self.stop(0.0)

    @property
    def is_over(self) -> bool:
        """Has it ended, or has it been given up for long enough?"""
        return self.is_done or bool(self._given_up_at and time.monotonic() - self._given_up_at > _LAST)

    def result(self) -> ProjectHalt:
        """What became of it."""
        outcome, problem = (self._outcome, self._problem) if self.is_done else (None, None)
        is_reached = self.client is not None and self.client.answered_at is not None
        if self._given_up_at and not is_reached:
            outcome = None
            problem = ConfigError(
                f"It did not answer within {PATIENCE:.0f} s",
                hint="Halt in the web interface, or try again.",
                code="no-answer",
            )
        elif outcome is None and problem is None:
            problem = UnknownOutcome(f"It was given up after {_LONGEST:.0f} s", hint="Look, and halt again.")
        return ProjectHalt(self.project, outcome, problem, is_reached)
