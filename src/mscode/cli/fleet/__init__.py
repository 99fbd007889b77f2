"""`mscode fleet`: many projects at once. Each command works in the folder that holds fleet.yaml."""

from __future__ import annotations

from mscode.cli.base import LazyGroup

COMMANDS = {
    "list": ("mscode.cli.fleet.list", "List the projects, and cut them into jobs for a CI."),
    "validate": ("mscode.cli.fleet.validate", "Check the manifests of every project, without the network."),
    "halt": ("mscode.cli.fleet.halt", "Stop the campaigns of every project now."),
    "plan": ("mscode.cli.fleet.plan", "Plan every project, and show one summary."),
    "apply": ("mscode.cli.fleet.apply", "Apply the saved plans of every project, wave after wave."),
    "merge": ("mscode.cli.fleet.merge", "Put the plans of a CI's shards together."),
    "status": ("mscode.cli.fleet.status", "Show where the campaigns of every project stand."),
    "drift": ("mscode.cli.fleet.drift", "Show what has changed in any project since its last apply."),
    "history": ("mscode.cli.fleet.history", "Show the launches of every project."),
}

command = LazyGroup(
    "fleet",
    COMMANDS,
    help="Work on the projects of fleet.yaml: many folders, many accounts, one review.",
    examples=["mscode fleet list", "mscode fleet halt"],
)
