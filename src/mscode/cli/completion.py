"""`mscode completion`."""

from __future__ import annotations

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.completing import script

SHELLS = ("bash", "zsh", "fish")


@make_command(
    "completion",
    examples=(
        "mscode completion bash > ~/.local/share/bash-completion/completions/mscode",
        'mscode completion zsh > "${fpath[1]}/_mscode"',
        "mscode completion fish > ~/.config/fish/completions/mscode.fish",
    ),
)
@click.argument("shell", metavar="SHELL", type=click.Choice(SHELLS), help="bash, zsh or fish.")
def command(inv: Invocation, shell: str) -> None:
    """Print the script that lets a shell complete commands, options, environments, addresses and files of mscode.

    Write it to the file that your shell loads (see the examples), and open a new shell. bash needs the package bash-completion for
    that, and must be 4.4 or newer. For this shell only: source <(mscode completion bash)
    """
    inv.out.document(script(shell).rstrip("\n"))
