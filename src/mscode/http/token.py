"""Where the access token comes from: an environment variable or a command, never the project's files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mscode.errors import ConfigError
from mscode.model.ci import in_ci

ALLOW_COMMANDS = "MSCODE_ALLOW_COMMANDS"
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
_FORMS = "Write `token: {env: NAME}` or `token: {command: [program, argument]}`."


def resolve_token(
    spec: Mapping[str, Any] | None,
    env: Mapping[str, str],
    *,
    timeout: float = 30.0,
    place: str = "The environment's `token`",
) -> str:
    """The token that `token:` of an environment points to; `env` are the process's environment variables, `place` says where
    `token:` stands.

    `{env: NAME}` takes the variable, `{command: [...]}` the first line the program prints (no shell, `timeout` seconds;
    refused under CI unless MSCODE_ALLOW_COMMANDS=1). ConfigError when there is none; it never shows what was found.
    """
    if not isinstance(spec, Mapping) or len(spec) != 1:
        raise ConfigError("The environment's `token` cannot be used", hint=_FORMS, code="token")
    ((form, value),) = spec.items()
    if form == "env" and isinstance(value, str):
        if not env.get(value, "").strip():
            detail = f"{place} reads the token from it. Set it, or run mscode login."
            raise ConfigError(f"The variable {value} is not set", detail=detail, code="token")
        return check_token(env[value], f"the variable {value}")
    if form == "command" and _is_command(value):
        return check_token(_from_command(value, env, timeout), f"the first line that {value[0]} prints")
    raise ConfigError("The environment's `token` cannot be used", hint=_FORMS, code="token")


def check_token(token: str, source: str) -> str:
    """The token without spaces around it; ConfigError when it cannot stand in a header. `source` is for the message."""
    token = token.strip()
    if not _TOKEN.fullmatch(token):
        raise ConfigError(
            f"There is no usable token in {source}",
            detail="A token is one line of printable ASCII without blanks, at most 4096 characters.",
            code="token",
        )
    return token


def _is_command(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and bool(value)
        and all(isinstance(argument, str) for argument in value)
    )


def _from_command(command: Sequence[str], env: Mapping[str, str], timeout: float) -> str:
    if in_ci(env) and env.get(ALLOW_COMMANDS) != "1":
        raise ConfigError(
            "Under CI no command is run for a token",
            detail="A pull request could change the command.",
            hint=f"Give the token in a variable, or set {ALLOW_COMMANDS}=1.",
            code="token",
        )
    problem, output = _run(command, env, timeout)
    if problem:
        raise ConfigError(f"The token's command ({command[0]}) {problem}", code="token")
    return output.partition("\n")[0]


def _run(command: Sequence[str], env: Mapping[str, str], timeout: float) -> tuple[str, str]:
    """What went wrong ("" for nothing) and the output, which stays out of every message."""
    import subprocess

    try:
        process = subprocess.run(
            list(command), env=dict(env), stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        return f"did not end within {timeout:g} s", ""
    except (OSError, ValueError):
        return "cannot be run", ""
    problem = f"ended with exit code {process.returncode}" if process.returncode else ""
    return problem, process.stdout.decode("utf-8", "replace")
