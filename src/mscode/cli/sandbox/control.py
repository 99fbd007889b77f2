"""Which emulator a command works on: its options, and usage errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mscode.app.invocation import Invocation
from mscode.cli.completing import FileType

if TYPE_CHECKING:
    from mscode.app.emulator import Emulator

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def control_options(function: Decorated) -> Decorated:
    """`--dir` and `--url`: arguments `directory` and `url`."""
    url_help = "Use the served sandbox at this URL, like http://127.0.0.1:8080; else that of MSCODE_URL."
    function = click.option("--url", metavar="URL", help=url_help)(function)
    return click.option(
        "--dir",
        "directory",
        metavar="DIR",
        type=FileType(folders_only=True),
        help="Use the sandbox of the project in this folder; else that of the current one.",
    )(function)


def control(inv: Invocation, directory: Path | None, url: str | None) -> Emulator:
    """The emulator of `--dir`, else of `--url`, else of MSCODE_URL, else of the project in the current folder."""
    from mscode.app.emulator import UrlFormError, find_emulator

    if directory and url:
        raise click.UsageError("--dir and --url name two sandboxes; give one of them.")
    emulator = find_emulator(inv, directory, url)

    def call(method: str, path: str, body: str) -> Any:
        try:
            return emulator.call(method, path, body)
        except UrlFormError:
            raise click.BadParameter("it looks like http://127.0.0.1:8080", param_hint="--url") from None

    return replace(emulator, call=call)
