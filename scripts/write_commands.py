"""Writes docs/commands.md, the reference of commands, from the commands themselves (`python scripts/write_commands.py`).

Options, arguments, help and examples are click's; only what stands around them is written here. Nothing is run.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from mscode.cli.app import app

FILE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"

HEAD = """\
# Command reference

This page is generated from the commands (`scripts/write_commands.py`); `mscode COMMAND --help` prints the same.
What the exit codes mean is [at the end](#exit-codes), and so are the [environment variables](#environment-variables).
"""

#: Command -> the exit codes that it has beside those of every command.
_LOCKED = "4: the state is locked by another run."
EXITS = {
    "mscode validate": "5: a rule refuses.",
    "mscode fmt": "3 (with `--check`): a file would change.",
    "mscode plan": (
        "1 (with `--rehearse`): the calls of the sandbox breach a check. 2 (with `--detailed-exitcode`): there are changes. 5: a "
        "guard or rule refuses the plan. 7: the outcome of an earlier create is unknown."
    ),
    "mscode apply": (
        "3: the saved plan is not what would be done now, or has expired. 4: the state is locked by another run. 5: refused "
        "by a guard or rule, or a launch was held because nobody confirmed it. 6: partly applied. 7: an outcome is unknown."
    ),
    "mscode destroy": "4: the state is locked by another run. 5: refused by a guard. 6: partly applied. 7: an outcome is unknown.",
    "mscode halt": (
        "0: everything that was asked for is halted or finished. 1: nothing is halted. 6: some campaigns are halted, and one is "
        "certainly not. 7: it is unknown whether a campaign was halted, or an apply is under way that may launch more."
    ),
    "mscode drift": "2 (with `--detailed-exitcode`): somebody changed something; progress alone is 0.",
    "mscode history list": "4 (with `--refresh`): the state is locked by another run.",
    "mscode history forget": _LOCKED,
    "mscode history verify": "1: the records do not hold.",
    "mscode import": _LOCKED,
    "mscode forget": _LOCKED,
    "mscode resolve": _LOCKED,
    "mscode state mv": _LOCKED,
    "mscode state push": _LOCKED,
    "mscode policy test": "1: a test failed.",
    "mscode rehearse": (
        "1: the calls of the sandbox breach a check. 3: the saved plan is not what would be done now, or has expired. 5: a guard "
        "or rule refuses the plan. 7: the outcome of an earlier create is unknown."
    ),
    "mscode test": "1: a test failed or could not be run, or there is no test.",
    "mscode watch": "1 (with `--until` or `--timeout`): a campaign can no longer end as wanted, or the time has passed.",
}

EXIT_CODES = """\
## Exit codes

| exit code | meaning |
|---|---|
| 0 | done, or no changes |
| 1 | error; a failed test (`test`, `policy test`), a breach (`rehearse`), a campaign without its accepts (`watch --until`) |
| 2 | there are changes (`plan --detailed-exitcode`), or drift (`drift --detailed-exitcode`) |
| 3 | a saved plan is not what would be done now, or has expired; `fmt --check` would change a file |
| 4 | the state is locked by another run |
| 5 | refused by a guard or rule, or a launch was held because nobody confirmed it |
| 6 | partly applied |
| 7 | an outcome is unknown and held |
| 64 | the command line is wrong |
| 130 | interrupted |

Every command can end with 0, 1, 64 and 130; the others are listed with each command.
"""

VARIABLES = """\
## Environment variables

| variable | meaning |
|---|---|
| `MSCODE_ENV` | the environment, where `--env` is not given |
| `MSCODE_URL`, `MSCODE_TOKEN` | the API's URL and token, in place of those of `mscode.yaml` |
| `MSCODE_VAR_name` | the value of the [variable](reuse.md#variables) `name` |
| `MSCODE_STATE_USERNAME`, `MSCODE_STATE_PASSWORD` | user and password of a [state server](state.md#http) |
| `MSCODE_ALLOWED_HOSTS` | the only hosts that a token is sent to, separated by commas |
| `MSCODE_ALLOW_COMMANDS` | `1`: under CI, too, a `token: {command: …}` is run |
| `MSCODE_CLI_ARGS`, `MSCODE_CLI_ARGS_plan` | [options](shell.md#options-from-variables) for every command, for `plan` alone |
| `MSCODE_LOG` | `debug`: log each request, as `--verbose` does |
| `MSCODE_LOG_PATH` | the file that takes this log in place of stderr |
| `MSCODE_REPORT` | the file into which `plan` and `apply` write how they ended, for [`mscode comment`](#mscode-comment) |
| `CI` | set by CI services: a launch needs a [shared state](state.md#backends) then |
| `MSCODE_RUN_URL`, `MSCODE_ACTOR`, `MSCODE_APPROVED_BY` | what another CI claims of a run, for its [records](records.md) |
| `GITHUB_TOKEN`, `GITLAB_TOKEN` | the token of [`mscode comment`](#mscode-comment), and for [records](ci.md#what-records-need) |
| `NO_COLOR`, `FORCE_COLOR` | no colour; colour also where the output is no terminal |
"""


PROGRAMS = """\
## Output for programs

`plan --json` prints the plan in the shape of Terraform's plan JSON as far as that fits, and `apply --json` one event a line.
`rehearse --json` prints the forecast and the checks, `test --json` the outcome of each test, `drift --json` what `drift` found,
`status --json` where campaigns stand, `watch --listen --json` one event a line, `results --json` who replied,
`history --json` what was launched. Where an error ends a
command, whatever it is, its `--json` prints `{"errored": true, "diagnostics": […]}` instead, in one line; in the events of an apply
these are members of the last line. Stderr has the error as text. `mscode schema plan`, `rehearsal`, `events`, `drift`, `status`,
`watch`, `results`, `history` and `error` print the JSON Schemas; they are also in the folder `schema/` of the repository.
"""


def reference() -> str:
    """The whole page."""
    parts = [HEAD, *_contents(), *_common(), *_commands(app, "mscode"), PROGRAMS, EXIT_CODES, VARIABLES]
    return "\n".join(parts).rstrip()


def _contents() -> Iterator[str]:
    for title, names in app.sections().items():
        yield from (f"| {title} | |", "|---|---|")
        yield from (f"| [`{name}`](#mscode-{name}) | {_escaped(app.table[name][1])} |" for name in names)
        yield ""


def _common() -> Iterator[str]:
    yield from ("## Options of every command", "", "They may stand before the command's name or after it.", "")
    yield from _table(app.common, click.Context(app, info_name="mscode"))


def _commands(group: click.Group, path: str) -> Iterator[str]:
    ctx = click.Context(group, info_name=path)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        if command is not None:
            yield from _command(command, f"{path} {name}")


def _command(command: click.Command, path: str) -> Iterator[str]:
    ctx = click.Context(command, info_name=path)
    yield from (f"{'##' if path.count(' ') == 1 else '###'} {path}", "", _help(command), "")
    yield from ("```text", " ".join([path, *command.collect_usage_pieces(ctx)]), "```", "")
    common = getattr(command, "common", ())
    yield from _table([param for param in command.params if param not in common], ctx)
    if path in EXITS:
        yield from (f"Exit codes: {EXITS[path]}", "")
    yield from ("```sh", *getattr(command, "examples", ()), "```", "")
    if isinstance(command, click.Group):
        yield from _commands(command, path)


def _help(command: click.Command) -> str:
    """The help's paragraphs, each on a line of its own."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(_escaped(" ".join(paragraph.split())) for paragraph in paragraphs)


def _table(params: list[click.Parameter], ctx: click.Context) -> Iterator[str]:
    for heading, kind in (("argument", click.Argument), ("option", click.Option)):
        yield from _rows([param for param in params if isinstance(param, kind)], heading, ctx)


def _rows(params: list[click.Parameter], heading: str, ctx: click.Context) -> Iterator[str]:
    rows = [row for param in params if (row := param.get_help_record(ctx)) is not None]
    if rows:
        yield from (f"| {heading} | meaning |", "|---|---|")
        yield from (f"| `{names.replace('|', chr(92) + '|')}` | {_escaped(text)} |" for names, text in rows)
        yield ""


def _escaped(text: str) -> str:
    """What Markdown would read as its own signs; code stays as it is."""
    pieces = text.split("`")
    pieces[::2] = [re.sub(r"([*<|\[\]])", r"\\\1", piece) for piece in pieces[::2]]
    return "`".join(pieces)


if __name__ == "__main__":
    FILE.write_text(reference() + "\n", encoding="utf-8")
    print("docs/commands.md")
