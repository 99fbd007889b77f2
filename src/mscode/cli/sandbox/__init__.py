"""`mscode sandbox`: the emulator of the API."""

from __future__ import annotations

from mscode.cli.base import LazyGroup

COMMANDS = {
    "serve": ("mscode.cli.sandbox.serve", "Serve the sandbox over HTTP."),
    "clock": ("mscode.cli.sandbox.clock", "Show the sandbox's clock, or set it."),
    "rings": ("mscode.cli.sandbox.rings", "List every phone that was rung."),
    "seed": ("mscode.cli.sandbox.seed", "Load many accounts at once."),
    "reset": ("mscode.cli.sandbox.reset", "Empty the sandbox."),
}

command = LazyGroup(
    "sandbox",
    COMMANDS,
    help="Try campaigns in the sandbox: the whole API emulated, with a clock to set, and a list of every phone that rang.",
    examples=["mscode sandbox clock +3h", "mscode sandbox rings", "mscode sandbox serve --port 8080"],
)
