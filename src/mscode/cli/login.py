"""`mscode login`."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.environment import EMBEDDED, Environment, open_transport
from mscode.app.invocation import Invocation
from mscode.app.workspace import load_environment
from mscode.cli.frame import command as make_command
from mscode.cli.frame import directory_argument
from mscode.errors import Interrupted, MscodeError


@make_command("login", examples=("mscode login", "mscode --env production login --print"))
@directory_argument
@click.option("--print", "prints", is_flag=True, help="Print the token instead of keeping it.")
def command(inv: Invocation, directory: Path, prints: bool) -> None:
    """Trade an e-mail address and a password for a token, and keep it in the system's keyring.

    Both are asked for, or read as two lines from a pipe; they are never arguments, for these can be seen by others. Commands
    then use the token for this environment's URL where neither MSCODE_TOKEN nor the variable of `token:` is set.
    """
    environment = load_environment(inv, directory)
    if not prints:
        _check_keyring(environment)
    inv.hide(_tokens_at_hand(environment))
    email, password = _asked(inv, "E-mail"), _asked(inv, "Password", hidden=True)
    token = _log_in(environment, email, password)
    if prints:
        inv.out.result(token)
        return
    from mscode.app.keyring import keep_token

    keep_token(environment.url, token)
    inv.out.talk(f"Logged in. The token for environment {environment.name} is kept in the system's keyring.", "green")


def _tokens_at_hand(environment: Environment) -> list[str]:
    """The ones used so far: a service that refuses may name them in its words."""
    names = ("MSCODE_TOKEN", str((environment.token_spec or {}).get("env")))
    return [text for name in names if (text := environment.variables.get(name, "").strip())]


def _check_keyring(environment: Environment) -> None:
    """Before anything is asked: is there a place to keep it?"""
    from mscode.app.keyring import usable_keyring

    if environment.url == EMBEDDED:
        raise MscodeError("The embedded sandbox needs no token", hint="`--print` shows one all the same.", code="token")
    usable_keyring()


def _log_in(environment: Environment, email: str, password: str) -> str:
    from mscode.api.login import log_in

    with open_transport(environment) as (url, transport):
        return log_in(url, environment.paths["login"], email, password, transport)


def _asked(inv: Invocation, what: str, *, hidden: bool = False) -> str:
    import sys

    if inv.no_input:
        raise MscodeError(f"{what} is needed, and --no-input asks nothing", code="no-terminal")
    answer = sys.stdin.readline().rstrip("\r\n") if not sys.stdin.isatty() else _prompted(what, hidden=hidden)
    if not answer:
        raise MscodeError(
            f"{what} is empty", hint="Type it, or pipe e-mail and password in as two lines.", code="login"
        )
    return answer


def _prompted(what: str, *, hidden: bool) -> str:
    try:
        return str(click.prompt(what, hide_input=hidden, default="", show_default=False, err=True))
    except click.Abort:
        raise Interrupted("Interrupted; nothing was sent", code="interrupted") from None
