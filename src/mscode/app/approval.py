"""The questions before an apply, and how a flag or a person answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mscode.app.invocation import Invocation
from mscode.errors import MscodeError
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.plan.change import Plan


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """How the questions are answered, and how the work goes."""

    auto_approve: bool = False
    allow_launch: bool = False
    no_launch: bool = False
    parallelism: int = 10
    fail_fast: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
    """How a person or an option answered for one plan: `goes` lets the plan be carried out, `launch` lets its launches happen;
    `held_because` says why they do not.
    """

    goes: bool
    launch: bool
    held_because: str = ""


def has_questions(inv: Invocation, options: ApplyOptions) -> bool:
    """Will anybody be asked? Otherwise the lock comes first and everything is read once."""
    return not options.auto_approve or (inv.can_ask and not options.allow_launch and not options.no_launch)


#: Why a launch is held that was asked for and got no yes.
NOT_APPROVED = "you did not approve it. Run mscode apply again and answer yes."


def approve(inv: Invocation, options: ApplyOptions, plan: Plan) -> Approval:
    """Ask what no flag has answered: whether to go on, and, where the plan launches, whether to launch. MscodeError where
    nobody is there to say whether to go on.
    """
    if not plan.shown:
        return Approval(True, False)
    if not options.auto_approve and not _approve_changes(inv, plan):
        return Approval(False, False)
    return _approve_launch(inv, options, plan)


def _approve_changes(inv: Invocation, plan: Plan) -> bool:
    destroys = "Do you really want to destroy everything that is managed?"
    question = destroys if plan.destroy else "Do you want to perform these actions?"
    answer = inv.ask(f"\n{question}\n  mscode will perform the actions described above. Only 'yes' will be accepted.")
    if answer is None:
        raise MscodeError(
            f"Cannot ask for approval: {why_nobody_is_asked(inv)}",
            detail="Nothing was sent.",
            hint="Use --auto-approve where no terminal is (and --allow-launch where launches are meant).",
            code="no-terminal",
        )
    return answer == "yes"


def why_nobody_is_asked(inv: Invocation) -> str:
    """Why a question has no answer."""
    return "--no-input asks nothing." if inv.no_input else "stdin is not a terminal."


def _approve_launch(inv: Invocation, options: ApplyOptions, plan: Plan) -> Approval:
    if not plan.launches or options.allow_launch:
        return Approval(True, True)
    if options.no_launch:
        return Approval(True, False, "--no-launch")
    if options.auto_approve and not inv.can_ask:
        return Approval(True, False, "--auto-approve approves no launch. Run mscode apply again with --allow-launch.")
    has_messages = any(change.launch is not None and change.launch.reach.unit != "call" for change in plan.changes)
    reached = "People will be called or written to." if has_messages else "People will be called."
    question = f"Do you want to launch? {reached} Only 'yes' will be accepted; anything else holds the launch."
    launches = inv.ask(f"\n{question}") == "yes"
    return Approval(True, launches, "" if launches else NOT_APPROVED)
