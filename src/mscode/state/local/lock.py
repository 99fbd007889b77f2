"""One writer at a time: the lock of an environment's state.

The lock is a file that names its holder. It is written under another name and then put in its place, so that a process
that is killed meanwhile leaves no lock without a holder. As long as the holder lives, it also has an OS lock on the file:
the lock of a process of this machine that died is noticed and taken over; the lock of another machine stays until a person
breaks it (`mscode state unlock ID`). Age alone breaks no lock. A second file, `lock.guard`, is locked for an instant around
each read and change, so that two processes never see each other's half-made change.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from mscode.errors import StateError
from mscode.state.local.files import as_state_error, make_folder, open_private, write_all
from mscode.state.lock_info import LockInfo, myself, not_locked, other_id, parse_holder, refusal

try:
    import fcntl
except ImportError:  # no OS locks: a dead holder's lock then waits for `state unlock`
    fcntl = None  # type: ignore[assignment]

LOCK, GUARD, DRAFTS = "lock", "lock.guard", "lock.draft-"


class StateLock:
    """The lock of the state in `folder`, for an operation like "apply". A context manager.

    `acquire` raises LockedError (exit 4) when somebody else holds it; `notice` then names the holder whose lock was taken over.
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
                self._take_over_dead_lock()
                for draft in self._folder.glob(f"{DRAFTS}*"):
                    # Left by processes that were killed before they had the lock: under the guard nobody is writing one.
                    with suppress(OSError):
                        draft.unlink()
                self._create()
        return self.notice

    def _take_over_dead_lock(self) -> None:
        """Remove the lock of a process of this machine that has ended; LockedError for any other."""
        if not self._path.exists():
            return
        holder = read_holder(self._folder)
        if holder is None or holder.host != socket.gethostname() or _is_held(self._path):
            raise refusal(holder, _by_hand(self._path))
        self._path.unlink()
        self.notice = f"Took over the lock of {holder.Who} ({holder.Operation}), whose process {holder.Pid} is gone."

    def _create(self) -> None:
        holder = myself(self._operation, self._env)
        draft = self._folder / f"{DRAFTS}{holder.ID}"
        file = open_private(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        _try_lock(file)
        try:
            write_all(file, json.dumps(asdict(holder), indent=2).encode() + b"\n")
            os.fsync(file)
            _put_in_place(draft, self._path)
        except BaseException:
            os.close(file)
            draft.unlink(missing_ok=True)
            raise
        self._file, self.id = file, holder.ID

    def is_ours(self) -> bool:
        """False once somebody broke it."""
        try:
            holder = read_holder(self._folder)
        except StateError:
            return False
        return holder is not None and self.id == holder.ID

    def release(self) -> None:
        """Give the lock back; a lock that was broken meanwhile, and has another holder now, stays."""
        if self._file is None:
            return
        with suppress(OSError), _guarded(self._folder):
            if self.is_ours():
                self._path.unlink()
        os.close(self._file)
        self._file = None


def read_holder(folder: Path) -> LockInfo | None:
    """The holder in the lock's file; None where there is no lock, or the file names no holder."""
    with as_state_error(f"{folder / LOCK} cannot be read"), suppress(FileNotFoundError):
        return parse_holder((folder / LOCK).read_bytes())
    return None


def living_holder(folder: Path) -> LockInfo | None:
    """The holder of the lock; None where it is free, or left by a process of this machine that has ended. Writes nothing."""
    path = folder / LOCK
    if not path.exists():
        return None
    holder = read_holder(folder)
    if holder is not None and holder.host == socket.gethostname():
        with suppress(OSError):  # a disk that is read-only: then it counts as held
            return holder if _is_held(path) else None
    return holder or LockInfo("?", "run")


def unlock(folder: Path, id: str) -> LockInfo:
    """Break the lock with exactly this ID, and return its holder. StateError for another ID, or no lock."""
    with as_state_error(f"{folder / LOCK} cannot be removed"):
        if not (folder / LOCK).exists():
            raise not_locked()
        with _guarded(folder):
            holder = read_holder(folder)
            if holder is None or id != holder.ID:
                raise other_id(holder, id, _by_hand(folder / LOCK))
            (folder / LOCK).unlink()
            return holder


def _put_in_place(draft: Path, path: Path) -> None:
    """The whole file under the lock's name, or an OSError where that name is taken."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links; the guard is held, and nothing was there a moment ago
        if path.exists():
            raise
        draft.rename(path)
    with suppress(OSError):
        draft.unlink(missing_ok=True)


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


def _by_hand(path: Path) -> str:
    return f"Remove {path} by hand if no mscode runs."
