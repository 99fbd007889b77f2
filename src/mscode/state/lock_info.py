"""The holder of a lock, as every backend stores and shows it: Terraform's LockInfo, and the process beside it."""

from __future__ import annotations

import getpass
import json
import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from mscode import __version__
from mscode.errors import LockedError, StateError
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count


@dataclass(frozen=True, slots=True)
class LockInfo:
    """The content of a lock; its members are spelled as in the file. `Pid` is 0 where it is not known."""

    ID: str
    Operation: str = ""
    Who: str = ""
    Pid: int = 0
    Created: str = ""
    Version: str = ""
    Info: str = ""

    @property
    def host(self) -> str:
        """The machine of the holder; all of `Who` where it names no user."""
        return self.Who.rpartition("@")[2]

    def lock_info(self) -> bytes:
        """Terraform's LockInfo, as its HTTP protocol sends it."""
        data = asdict(self)
        del data["Pid"]
        return json.dumps(data | {"Path": ""}).encode()


def parse_holder(content: bytes) -> LockInfo | None:
    """The holder in a lock's content; None where it names none. Members that other programs add are ignored."""
    try:
        data: Any = json.loads(content)
        holder = LockInfo(**{name: data[name] for name in LockInfo.__slots__ if name in data})
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (holder.ID, holder.Operation, holder.Who, holder.Created, holder.Version, holder.Info)
    is_sound = all(isinstance(text, str) for text in texts) and isinstance(holder.Pid, int)
    return holder if is_sound and holder.ID else None


def myself(operation: str, env: Mapping[str, str]) -> LockInfo:
    """This process, with a new ID."""
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return LockInfo(uuid.uuid4().hex, operation, who(), os.getpid(), created, __version__, run_page(env))


def who() -> str:
    """`user@host` of this process; `?` for a user without a name."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "?"
    return f"{user}@{socket.gethostname()}"


def run_page(env: Mapping[str, str]) -> str:
    """The page of the CI job, where this is one; "" on a person's machine."""
    if env.get("GITHUB_RUN_ID") and env.get("GITHUB_REPOSITORY"):
        return f"{env.get('GITHUB_SERVER_URL', '')}/{env['GITHUB_REPOSITORY']}/actions/runs/{env['GITHUB_RUN_ID']}"
    names = ("CI_JOB_URL", "BUILD_URL", "CIRCLE_BUILD_URL", "BUILDKITE_BUILD_URL")
    return next((env[name] for name in names if env.get(name)), "")


def refusal(holder: LockInfo | None, by_hand: str) -> LockedError:
    """Another run holds the lock: its holder, its age, and what to do. `by_hand` is the hint where the lock has no ID."""
    if holder is None:
        return LockedError("The state is locked, and the lock does not tell by whom", hint=by_hand, code="locked")
    rows = {
        "ID": holder.ID,
        "Holder": f"{holder.Who} (process {holder.Pid})" if holder.Pid else holder.Who,
        "Operation": holder.Operation,
        "Age": age(holder.Created),
        "Run": holder.Info,
    }
    return LockedError(
        f"The state is locked by {holder.Who or 'somebody who does not say who'}",
        detail="\n".join(f"{name + ':':<10} {value}" for name, value in rows.items() if value),
        hint="Wait until it is done (`--lock-timeout 5m` waits). "
        f"If it is certain that it no longer runs: mscode state unlock {holder.ID}",
        code="locked",
    )


def other_id(holder: LockInfo | None, id: str, by_hand: str) -> StateError:
    """The lock that was to be broken has another ID."""
    if holder is None:
        return StateError("The lock does not tell its ID", hint=by_hand, code="lock")
    return StateError(f"The lock has the ID {holder.ID}, not {id[:64]}", code="lock")


def not_locked() -> StateError:
    """There is no lock to be broken."""
    return StateError("The state is not locked", code="not-locked")


def lost_lock(holder: LockInfo | None) -> StateError:
    """The lock of this run was broken while it held it; `holder` is the present one, None where there is none."""
    present_holder = f" It is held by {holder.Who} ({holder.Operation}) now." if holder else ""
    return StateError(
        "The lock of the state was lost",
        detail=f"Somebody broke it while this run held it.{present_holder} Nothing more is written.",
        hint="See that only one mscode runs, then plan again.",
        code="lost-lock",
    )


def age(created: str) -> str:
    """How long ago, in words: "12 minutes"."""
    try:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(created)).total_seconds()
    except (ValueError, TypeError):
        return "unknown"
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return count(int(seconds // size), name)
    return "less than a minute"
