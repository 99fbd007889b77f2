"""`mscode fleet list`: the projects of a fleet, as a table or as jobs of a CI."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import format_option, json_option
from mscode.cli.fleet.options import fleet_argument, project_selection_options
from mscode.cli.values import Whole

if TYPE_CHECKING:
    from mscode.app.fleet.listing import Selection
    from mscode.app.fleet.shards import Shard
    from mscode.views.console import Out
    from mscode.views.fleet.gitlab import Pipeline
    from mscode.views.fleet.list_shapes import RemovedProjectJson

#: Tokens that one job of the workflows in examples/fleet takes.
_MOST_TOKENS = 8


@make_command(
    "list",
    examples=[
        "mscode fleet list",
        "mscode fleet list --changed-since origin/main",
        "mscode fleet list --changed-since origin/main --format github --shards 20",
    ],
)
@fleet_argument
@project_selection_options
@click.option(
    "--shards",
    "number",
    metavar="N",
    type=Whole(1, 9999),
    help="Cut the projects into N shards of about the same size; for a CI, a shard for each project when left out.",
)
@click.option(
    "--include",
    metavar="FILE",
    default="",
    help="For gitlab: a file of the repository that the pipeline includes, with what its jobs need.",
)
@format_option(
    "text", "json", "github", "gitlab", help="How to print them: github is a matrix, gitlab a child pipeline."
)
@json_option
def command(
    inv: Invocation,
    directory: Path,
    changed_since: str,
    wave: int | None,
    number: int | None,
    include: str,
    shape: str,
    as_json: bool,
) -> None:
    """List the projects of fleet.yaml, with their environments, waves and tokens, or cut them into jobs for a CI.

    With --changed-since, changed, new and renamed projects alone. What lies in no project, such as fleet.yaml and shared variables,
    concerns every one. A removed project is listed with what it still has live, where its token is there, and with the command that
    takes it down; nothing is destroyed.

    --format github prints one line for $GITHUB_OUTPUT: {"include": [...]}, at most 256 jobs, each with its projects and the
    variables of their tokens.
    """
    from mscode.app.fleet.listing import list_fleet
    from mscode.app.fleet.listing_json import list_json, shards_json
    from mscode.app.fleet.shards import MOST_JOBS, shards, shards_of_waves
    from mscode.views.diagnostics import show_diagnostics
    from mscode.views.fleet.fleet_list import list_lines
    from mscode.views.fleet.list_shapes import MatrixJson
    from mscode.views.text.width import table_width

    fleet, selection = list_fleet(inv, directory, changed_since, wave)
    show_diagnostics(inv.out, fleet.problems)
    shape = "json" if as_json else shape
    if shape in ("text", "json"):
        data = list_json(fleet, selection, shards(selection.projects, number) if number else None)
        if shape == "json":
            inv.out.json(json.dumps(data, indent=2))
        else:
            inv.out.write_lines(list_lines(data, width=table_width(sys.stdout)))
        return
    total = min(number or max(1, len(selection.projects)), MOST_JOBS)
    cut = shards(selection.projects, total)
    _tell(inv.out, list_json(fleet, selection)["removed"])
    if shape == "github":
        _warn_of_tokens(inv.out, cut)
        inv.out.json(json.dumps(MatrixJson(include=shards_json(cut))))
        return
    from mscode.views.fleet.gitlab import pipeline_lines

    waves = {number: shards_json(of_wave) for number, of_wave in shards_of_waves(selection.projects, total).items()}
    pipeline = _pipeline(inv, directory, _options(selection, wave), include)
    for text in pipeline_lines(shards_json(cut), waves, pipeline):
        inv.out.document(text)


def _pipeline(inv: Invocation, directory: Path, options: Sequence[str], include: str) -> Pipeline:
    from mscode.views.fleet.gitlab import Pipeline

    folder = (inv.folder / directory if inv.folder is not None else directory).as_posix()
    command = [
        "mscode",
        "--no-input",
        *(["-C", folder] if folder != "." else []),
        *(["--env", inv.env] if inv.env else []),
    ]
    return Pipeline(command, "" if folder == "." else folder, options, include)


def _options(selection: Selection, wave: int | None) -> list[str]:
    """The options by which `fleet plan` selects the same projects: a branch may move until then, the commit does not."""
    return [
        *(["--changed-since", selection.commit] if selection.commit else []),
        *(["--wave", str(wave)] if wave is not None else []),
    ]


def _tell(out: Out, removed: Sequence[RemovedProjectJson]) -> None:
    """What stdout, which a program reads, has no place for."""
    from mscode.views.fleet.fleet_list import removed_lines

    for project in removed:
        out.talk_pieces(removed_lines(project))


def _warn_of_tokens(out: Out, cut: Sequence[Shard]) -> None:
    """Say where a job would need more tokens than the workflow hands over; its projects fail one by one, and no other does."""
    largest = max((len(part.tokens) for part in cut), default=0)
    if largest > _MOST_TOKENS:
        needed = sum(len(part.projects) for part in cut)
        out.info(
            f"A job would need {largest} tokens. The workflows of examples/fleet hand over {_MOST_TOKENS}: use --shards "
            f"{-(-needed // _MOST_TOKENS)} or more.",
            "yellow",
        )
