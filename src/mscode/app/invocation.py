"""How a workflow communicates with the person or the program that called it.

The command line reads options into an `Invocation` and hands it to one workflow. A workflow
- asks with `Invocation.ask`, and gets None where nobody can answer;
- speaks through `Invocation.out`: `info` for a person on stderr, `result` and `document` on stdout. What has to appear while
  it works (a plan before its question, the progress of an apply) goes there; all else is in the outcome it returns;
- keeps texts out of every output from the moment it knows them, with `Invocation.hide`;
- reads the process's environment from `Invocation.variables`;
- returns a frozen outcome: the data that the command draws, and the exit code. What went wrong is raised as an `MscodeError`.

So a workflow runs without any command line: `Invocation()` asks nobody, and stands for a command without options.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.model.light_dataclass import dataclass
from mscode.model.privacy import SHORTEST_PIECE
from mscode.views.console import Out

if TYPE_CHECKING:
    from mscode.manifest.project.variable_sources import VariableSources


@dataclass(frozen=True, slots=True)
class Invocation:
    """The options that every command has, and the ways to speak with the person who typed it.

    `env` is `--env` ("" where it was not given), `show_people` lets outputs show people's data (the command line lets it hold
    on a terminal alone), `compact` is `--compact` (True), `--no-compact` (False) or neither (None), `typed_command` repeats the
    command in a message about its path, `var_texts` are the pairs of name and text of `--var`, `var_files` the paths of `--var-
    file`. `folder` is that of `-C` as it was typed (None without one): the process has changed into it. `lock_timeout` is how many
    seconds to wait for the lock of the state, `verbose` logs each request. `read_answer` gives what a person types, `can_ask` says
    whether a person sits there; an answer may also come without one, through a pipe.
    """

    env: str = ""
    no_color: bool = False
    no_input: bool = False
    show_people: bool = False
    compact: bool | None = None
    out: Out = field(default_factory=Out)
    typed_command: str = "mscode plan"
    variables: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    var_texts: Sequence[tuple[str, str]] = field(default=(), repr=False)
    var_files: Sequence[Path] = ()
    can_ask: bool = False
    folder: Path | None = None
    lock_timeout: float = 0.0
    verbose: bool = False
    read_answer: Callable[[], str | None] = field(default=lambda: None, repr=False)

    @property
    def given(self) -> VariableSources:
        """The values of variables that the command line and the process's environment give."""
        from mscode.manifest.project.variable_sources import VariableSources

        return VariableSources(self.var_files, self.var_texts, self.variables)

    def ask(self, question: str) -> str | None:
        """The answer to a question; None where there is nobody to give one. Interrupted for Ctrl-C."""
        if self.no_input:
            return None
        self.out.info(question)
        return self.read_answer()

    def hide(self, texts: Iterable[str]) -> None:
        """Keep these texts out of every output from now on."""
        self.out.secrets.update(texts)

    def hide_token(self, token: str) -> None:
        """Keep a token out of every output. One of a few letters is left alone: it would be found in any sentence."""
        if len(token) >= SHORTEST_PIECE:
            self.hide([token])
