"""`mscode login`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument
from mscode.errors import Interrupted, MscodeError


@make_command("login", examples=("mscode login", "mscode --env production login --print"))
@directory_argument
@click.option("--print", "prints", is_flag=True, help="Print the token, and do not keep it.")
def command(inv: Invocation, directory: Path, prints: bool) -> None:
    """Log in to the service with e-mail address and password, and keep the token in the system's keyring.

    Asks for both, or reads them as two lines from a pipe. Other commands use the token for this environment's URL where neither
    MSCODE_TOKEN nor the variable of `token:` is set.
    """
    from mscode.app.login import log_in

    def ask() -> tuple[str, str]:
        return _answer(inv, "E-mail"), _answer(inv, "Password", hidden=True)

    outcome = log_in(inv, directory, ask, keeps=not prints)
    if prints:
        inv.out.result(outcome.token)
    else:
        text = f"Logged in. The token for environment {outcome.environment} is kept in the system's keyring."
        inv.out.info(text, "green")


def _answer(inv: Invocation, label: str, *, hidden: bool = False) -> str:
    if inv.no_input:
        raise MscodeError(f"{label} is needed, and --no-input asks nothing", code="no-terminal")
    if not sys.stdin.isatty():
        answer = sys.stdin.readline().rstrip("\r\n")
    else:
        try:
            answer = str(click.prompt(label, hide_input=hidden, default="", show_default=False, err=True))
        except click.Abort:
            raise Interrupted("Interrupted; nothing was sent", code="interrupted") from None
    if not answer:
        hint = "Type it, or pipe e-mail and password in as two lines."
        raise MscodeError(f"{label} is empty", hint=hint, code="login")
    return answer
