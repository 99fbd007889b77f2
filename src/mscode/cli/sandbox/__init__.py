"""`mscode sandbox`: the emulator of the API."""

from __future__ import annotations

from mscode.cli.base import LazyGroup

COMMANDS = {
    "serve": ("mscode.cli.sandbox.serve", "Serve the emulator over HTTP."),
    "clock": ("mscode.cli.sandbox.clock", "Show or set the emulator's clock."),
    "rings": ("mscode.cli.sandbox.rings", "List every phone that was rung."),
    "seed": ("mscode.cli.sandbox.seed", "Load accounts in bulk."),
    "reset": ("mscode.cli.sandbox.reset", "Start the emulator afresh."),
}

command = LazyGroup(
    "sandbox",
    COMMANDS,
    help="The emulator: the whole API with a clock that can be set, a dialler, and a ledger of every phone rung.",
    examples=["mscode sandbox clock +3h", "mscode sandbox rings", "mscode sandbox serve --port 8080"],
)
