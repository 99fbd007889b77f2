"""`mscode sandbox reset`."""

from __future__ import annotations

from pathlib import Path

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.sandbox.control import control, control_options


@make_command("reset", examples=["mscode sandbox reset", "mscode sandbox reset --url http://127.0.0.1:8080"])
@control_options
def command(invocation: Invocation, directory: Path | None, url: str | None) -> None:
    """Empty the sandbox: delete everything in it.

    The states of the project's environments on the embedded sandbox are deleted with it, since they know only what is gone.
    """
    from mscode.app.emulator import forget_states

    emulator = control(invocation, directory, url)
    emulator.call("POST", "/reset", "")
    invocation.out.info("The sandbox is empty.")
    for name in forget_states(invocation, emulator):
        invocation.out.info(f"The state of environment {name} is gone with it.")
