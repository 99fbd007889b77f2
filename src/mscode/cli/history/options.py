"""What the commands of `mscode history` share: the project's folder, and the width of their output."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import DIR_HELP, AnyFunction
from mscode.cli.completing import FileType
from mscode.errors import UsageError

if TYPE_CHECKING:
    from mscode.app.history.questions import Answer
    from mscode.views.history.history_text import Page


_FOLDER = FileType(folders_only=True)


def dir_option(function: AnyFunction) -> AnyFunction:
    """`--dir`: argument `folder`."""
    return click.option("--dir", "folder", metavar="DIR", type=_FOLDER, help=DIR_HELP)(function)


def folder_options(function: AnyFunction) -> AnyFunction:
    """`[DIR]` and `--dir`, which say the same: arguments `named` and `folder`."""
    return click.argument("named", metavar="[DIR]", required=False, type=_FOLDER, help=DIR_HELP)(dir_option(function))


def project_of(inv: Invocation, named: Path | None, folder: Path | None) -> Path:
    """The project that `[DIR]` or `--dir` names, else the current folder or the nearest parent that is one."""
    from mscode.app.project_folder import project_folder

    return project_folder(inv, folder if named is None else named)


def page_of(answer: Answer[Any]) -> Page:
    """How the answer is shown in text."""
    from mscode.views.history.history_text import Page
    from mscode.views.text.width import terminal_width

    return Page(answer.zone_name, terminal_width(sys.stdout))


def person_options(function: AnyFunction) -> AnyFunction:
    """`--dir` of a command that reads a person from the terminal or a pipe, and takes nobody as an argument: arguments `words` and
    `folder`."""
    return click.argument("words", nargs=-1, metavar="[DIR]", help=DIR_HELP)(dir_option(function))


def project_without_person(inv: Invocation, words: tuple[str, ...], folder: Path | None) -> Path:
    """The project that the only argument, or `--dir`, names. UsageError for any other argument, which it does not repeat: it is
    somebody's number or address."""
    if len(words) > 1 or not all(_is_folder(word) for word in words):
        raise UsageError(
            "A person is no argument",
            detail="As an argument the number or address stays in the shell's history, and others on this machine see it.",
            hint="Leave it out, and type it at the prompt, or pipe one line with it into the command.",
        )
    return project_of(inv, Path(words[0]) if words else None, folder)


def _is_folder(word: str) -> bool:
    from mscode.app.project_folder import is_there

    return bool(word) and is_there(Path(word).is_dir)
