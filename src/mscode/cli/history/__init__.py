"""`mscode history`: the records of launches. Without a command it lists them."""

from __future__ import annotations

from mscode.cli.base import LazyGroup

COMMANDS = {
    "list": ("mscode.cli.history.list_", "List launches, newest first; so does history alone."),
    "show": ("mscode.cli.history.show", "Show one record, whole."),
    "person": ("mscode.cli.history.person", "Say which launches were let reach a person."),
    "forget": ("mscode.cli.history.forget", "Erase a person from the records."),
    "verify": ("mscode.cli.history.verify", "Check that no record was changed or is missing."),
    "export": ("mscode.cli.history.export", "Write the records into a folder, for an auditor."),
}

command = LazyGroup(
    "history",
    COMMANDS,
    default="list",
    help="Show what was launched: when, of which commit, who started and approved it, whom it reached, and what came of it.\n\n"
    "Without a command it is `mscode history list`: it takes the same addresses and options.",
    examples=[
        "mscode history",
        "mscode history rsvpCalls.invite",
        "mscode history show 7-3fa9c1",
        "mscode history person",
    ],
)
