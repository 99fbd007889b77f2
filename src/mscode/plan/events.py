"""What happens while a plan is carried out, one frozen value each: the engine yields them, views show them.

`elapsed` is in seconds since the step began, on a monotonic clock.
"""

from __future__ import annotations

from typing import Literal

from mscode.errors import Diagnostic
from mscode.model.address import Address
from mscode.model.light_dataclass import dataclass

StepAction = Literal["create", "update", "replace", "delete", "launch", "halt", "import", "move", "forget"]
Reason = tuple[Address, str]


@dataclass(frozen=True, slots=True)
class Started:
    """A step began. `label` says more where the verb is not enough: `id=17`, `members`."""

    address: Address
    action: StepAction
    label: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """A step goes on: `done` of `total` `unit` ("members", "bytes"), or `total` 0 where its length is unknown."""

    address: Address
    action: StepAction
    done: int = 0
    total: int = 0
    unit: str = ""
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class RunProgress:
    """A run of many steps goes on: so many of them have ended. `elapsed` is since the run began."""

    done: int
    total: int
    elapsed: float


@dataclass(frozen=True, slots=True)
class Completed:
    """A step is done and recorded. `id` is that of the live object, "" where it was deleted."""

    address: Address
    action: StepAction
    id: str = ""
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class Failed:
    """A step failed, or its outcome is unknown; `diagnostics` say which and what to do."""

    address: Address
    action: StepAction
    diagnostics: tuple[Diagnostic, ...] = ()
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class Skipped:
    """A step was not begun, since what it depends on failed, or the run was stopped."""

    address: Address
    action: StepAction
    why: str


@dataclass(frozen=True, slots=True)
class Held:
    """A launch was not sent: it was not confirmed, or it was held on purpose."""

    address: Address
    why: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth knowing that is no failure: a lock taken over, a filter left behind."""

    text: str
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Stopping:
    """A signal has asked the run to stop: nothing new begins. A person has seen the text already."""

    text: str


#: Why a step is skipped that a signal, or --fail-fast, has kept from beginning.
STOPPED = "the run was stopped"


@dataclass(frozen=True, slots=True)
class ApplySummary:
    """How an apply ended. The counts are of steps that are done, as the totals of a plan count them.

    `done` counts addresses whose step is done; `partly`: a failed one did a part of its work, `refused`: one failed
    because a guard refuses now what it allowed when the plan was made. `failed`, `skipped` and `unknown` pair an address with
    why. `mid_edit` are campaigns that are halted in the middle of an edit. `launches` pairs each address that was launched with
    how many people it reaches, `unclear_launches` are those of which nobody knows. `command` is what goes on where the run was
    interrupted.
    """

    imported: int = 0
    moved: int = 0
    added: int = 0
    changed: int = 0
    destroyed: int = 0
    forgotten: int = 0
    launched: int = 0
    held: int = 0
    done: int = 0
    partly: bool = False
    refused: bool = False
    failed: tuple[Reason, ...] = ()
    skipped: tuple[Reason, ...] = ()
    unknown: tuple[Reason, ...] = ()
    destroy: bool = False
    interrupted: bool = False
    mid_edit: tuple[Address, ...] = ()
    launches: tuple[tuple[Address, int], ...] = ()
    unclear_launches: tuple[Address, ...] = ()
    command: str = "mscode apply"

    @property
    def complete(self) -> bool:
        """Is everything done that was asked for? A held launch is no part of that."""
        return not (self.failed or self.skipped or self.unknown or self.interrupted)


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of every apply."""

    summary: ApplySummary


Event = Started | Progress | RunProgress | Completed | Failed | Skipped | Held | Notice | Stopping | Finished
