"""`mscode policy`: the project's own rules."""

from __future__ import annotations

from mscode.cli.base import LazyGroup

COMMANDS = {"test": ("mscode.cli.policy.test", "Run the tests of the policies.")}

command = LazyGroup(
    "policy",
    COMMANDS,
    help="Test the project's own rules over plans, which stand in policies/*.yaml.",
    examples=["mscode policy test"],
)
