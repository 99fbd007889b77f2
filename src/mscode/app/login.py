"""Logging in: an e-mail address and a password for a token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.environment import open_connection
from mscode.app.workspace import load_environment
from mscode.errors import MscodeError
from mscode.model.light_dataclass import dataclass
from mscode.model.project_file import EMBEDDED

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation


@dataclass(frozen=True, slots=True)
class LoginOutcome:
    """The token, and the environment that it opens."""

    environment: str
    token: str = field(repr=False)


def log_in(inv: Invocation, directory: Path, ask: Callable[[], tuple[str, str]], *, keeps: bool) -> LoginOutcome:
    """Trade what `ask` gives (e-mail address and password) for a token; with `keeps` it goes to the system's keyring.

    MscodeError where there is no keyring to keep it in, before the person is asked, or where the service refuses.
    """
    from mscode.api import login
    from mscode.app.keyring import keep_token, usable_keyring

    environment = load_environment(inv, directory)
    if keeps:
        if environment.url == EMBEDDED:
            hint = "`--print` shows one all the same."
            raise MscodeError("The embedded sandbox needs no token", hint=hint, code="token")
        usable_keyring()
    # The tokens used so far: a service that refuses may quote them in its error text.
    names = ("MSCODE_TOKEN", str((environment.token_spec or {}).get("env")))
    inv.hide([token for name in names if (token := environment.variables.get(name, "").strip())])
    email, password = ask()
    with open_connection(environment) as service:
        token = login.log_in(service.url, environment.paths["login"], email, password, service.transport)
    if keeps:
        keep_token(environment.url, token)
    return LoginOutcome(environment.name, token)
