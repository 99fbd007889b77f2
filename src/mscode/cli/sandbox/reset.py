"""`mscode sandbox reset`."""

from __future__ import annotations

import shutil
from pathlib import Path

from mscode.app.environment import EMBEDDED
from mscode.app.invocation import Invocation
from mscode.cli.frame import command as make_command
from mscode.cli.sandbox.control import control, control_options


@make_command("reset", examples=["mscode sandbox reset", "mscode sandbox reset --url http://127.0.0.1:8080"])
@control_options
def command(invocation: Invocation, directory: Path | None, url: str | None) -> None:
    """Start the emulator afresh.

    Everything in it is gone, and so is the state of the project's environments that lived in the embedded one, for it
    knows nothing but what is gone. The state of environments on a served emulator is left alone.
    """
    emulator = control(invocation, directory, url)
    emulator.call("POST", "/reset", "")
    invocation.out.talk("The emulator is empty.")
    if emulator.directory is not None:
        for name in forget_states(emulator.directory, invocation.typed_command):
            invocation.out.talk(f"The state of environment {name} is gone with it.")


def forget_states(directory: Path, typed_command: str) -> list[str]:
    """Remove the local state of the embedded environments; the names of those that had one."""
    from mscode.manifest.project.file import load_project

    environments = load_project(directory, typed_command).environments
    embedded = [name for name, settings in environments.items() if settings.url == EMBEDDED]
    folders = {name: directory / ".mscode" / name for name in embedded}
    found = [name for name, folder in folders.items() if folder.is_dir()]
    for name in found:
        shutil.rmtree(folders[name])
    return found
