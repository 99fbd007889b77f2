"""One writer at a time: the lock of an environment's state.

The lock is a file that tells who holds it. As long as its holder lives, the holder also has an OS lock on it, so a
holder that died on this machine is noticed and its lock taken over; the lock of another machine stays until somebody
says that it may be broken (`mscode state unlock ID`). Age alone breaks no lock. A second file, `lock.guard`, is held
for an instant around each look and change, so that two takers never see half of one another.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mscode import __version__
from mscode.errors import LockedError, StateError
from mscode.state.files import as_state_error, make_folder, open_private, write_all

try:
    import fcntl
except ImportError:  # no OS locks: a dead holder's lock then waits for `state unlock`
    fcntl = None  # type: ignore[assignment]

LOCK, GUARD = "lock", "lock.guard"


@dataclass(frozen=True, slots=True)
class Holder:
    """What a lock file says; its members are spelled as in the file."""

    ID: str
    Operation: str
    Who: str
    Pid: int
    Created: str
    Version: str
    Info: str = ""

    @property
    def host(self) -> str:
        return self.Who.rpartition("@")[2]


class StateLock:
    """The lock of the state in `folder`, for an operation like "apply". A context manager.

    `acquire` raises LockedError (exit 4) when somebody else holds it; `notice` then tells whose lock was taken over.
    """

    def __init__(self, folder: Path, operation: str, env: Mapping[str, str] | None = None) -> None:
        self._folder, self._path = folder, folder / LOCK
        self._operation, self._env = operation, os.environ if env is None else env
        self._file: int | None = None
        self.id = ""
        self.notice = ""

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    def acquire(self) -> str:
        """Take the lock; the notice, "" for none."""
        with as_state_error(f"{self._path} cannot be made"):
            make_folder(self._folder)
            with _guarded(self._folder):
                self._clear_the_dead()
                self._create()
        return self.notice

    def _clear_the_dead(self) -> None:
        if not self._path.exists():
            return
        holder = read_holder(self._folder)
        if holder is None or holder.host != socket.gethostname() or _is_held(self._path):
            raise _refusal(holder, self._path)
        self._path.unlink()
        self.notice = f"Took over the lock of {holder.Who} ({holder.Operation}), whose process {holder.Pid} is gone."

    def _create(self) -> None:
        holder = _myself(self._operation, self._env)
        self._file = open_private(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        _try_lock(self._file)
        write_all(self._file, json.dumps(asdict(holder), indent=2).encode() + b"\n")
        os.fsync(self._file)
        self.id = holder.ID

    def is_ours(self) -> bool:
        """False once somebody broke it."""
        try:
            holder = read_holder(self._folder)
        except StateError:
            return False
        return holder is not None and self.id == holder.ID

    def release(self) -> None:
        """Give the lock back; one that was broken meanwhile, and is another's now, stays."""
        if self._file is None:
            return
        with suppress(OSError), _guarded(self._folder):
            if self.is_ours():
                self._path.unlink()
        os.close(self._file)
        self._file = None


def read_holder(folder: Path) -> Holder | None:
    """Who holds the lock; None for nobody, or where the file does not tell."""
    with as_state_error(f"{folder / LOCK} cannot be read"), suppress(FileNotFoundError):
        return _parsed((folder / LOCK).read_bytes())
    return None


def _parsed(content: bytes) -> Holder | None:
    try:
        data: dict[str, Any] = json.loads(content)
        holder = Holder(**data)
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (holder.ID, holder.Operation, holder.Who, holder.Created, holder.Version, holder.Info)
    return holder if all(isinstance(text, str) for text in texts) and isinstance(holder.Pid, int) else None


def unlock(folder: Path, id: str) -> Holder:
    """Break the lock with this very ID, whoever holds it; whose it was. StateError for another ID, or no lock."""
    with as_state_error(f"{folder / LOCK} cannot be removed"):
        if not (folder / LOCK).exists():
            raise StateError("The state is not locked", code="not-locked")
        with _guarded(folder):
            holder = read_holder(folder)
            if holder is None or id != holder.ID:
                raise _other_id(holder, id, folder / LOCK)
            (folder / LOCK).unlink()
            return holder


def _other_id(holder: Holder | None, id: str, path: Path) -> StateError:
    if holder is None:
        return StateError(
            "The lock does not tell its ID", hint=f"Remove {path} by hand if no mscode runs.", code="lock"
        )
    return StateError(f"The lock has the ID {holder.ID}, not {id[:64]}", code="lock")


def _refusal(holder: Holder | None, path: Path) -> LockedError:
    if holder is None:
        hint = f"Remove {path} by hand if no mscode runs."
        return LockedError("The state is locked, and the lock does not tell by whom", hint=hint, code="locked")
    rows = {
        "ID": holder.ID,
        "Holder": f"{holder.Who} (process {holder.Pid})",
        "Operation": holder.Operation,
        "Age": age(holder.Created),
        "Run": holder.Info,
    }
    return LockedError(
        f"The state is locked by {holder.Who}",
        detail="\n".join(f"{name + ':':<10} {value}" for name, value in rows.items() if value),
        hint=f"Wait until it is done. If it is certain that it no longer runs: mscode state unlock {holder.ID}",
        code="locked",
    )


def age(created: str) -> str:
    """How long ago, in words: "12 minutes"."""
    try:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(created)).total_seconds()
    except (ValueError, TypeError):
        return "unknown"
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "less than a minute"


@contextmanager
def _guarded(folder: Path) -> Iterator[None]:
    descriptor = open_private(folder / GUARD, os.O_RDWR | os.O_CREAT)
    try:
        if fcntl:
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_held(path: Path) -> bool:
    """Does a living process on this machine hold the OS lock? True where that cannot be found out."""
    descriptor = open_private(path, os.O_RDWR)
    try:
        return not _try_lock(descriptor)
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    if not fcntl:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _myself(operation: str, env: Mapping[str, str]) -> Holder:
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return Holder(
        uuid.uuid4().hex, operation, f"{_user()}@{socket.gethostname()}", os.getpid(), created, __version__, _run(env)
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "?"


def _run(env: Mapping[str, str]) -> str:
    """The page of the CI job, where this is one."""
    if env.get("GITHUB_RUN_ID") and env.get("GITHUB_REPOSITORY"):
        return f"{env.get('GITHUB_SERVER_URL', '')}/{env['GITHUB_REPOSITORY']}/actions/runs/{env['GITHUB_RUN_ID']}"
    names = ("CI_JOB_URL", "BUILD_URL", "CIRCLE_BUILD_URL", "BUILDKITE_BUILD_URL")
    return next((env[name] for name in names if env.get(name)), "")
