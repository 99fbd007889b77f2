"""`mscode comment`: plans where people review them, in one comment of the pull request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.values import Whole
from mscode.errors import UsageError

if TYPE_CHECKING:
    from mscode.views.ci.comment import State

_WORDS = {
    "created": "Commented.",
    "updated": "The comment was updated.",
    "unchanged": "The comment says so already.",
    "superseded": "The comment shows a newer plan; this one is superseded.",
    "none": "There is no comment of this project and environment.",
}


@make_command(
    "comment",
    examples=(
        "mscode comment --forge github --plan plan.json",
        "mscode comment --forge github --plan plan.json --applied",
        "mscode comment --forge github --plan plans",
        "mscode comment --forge gitlab --for drive/production --superseded",
    ),
)
@click.option("--forge", type=click.Choice(["github", "gitlab"]), required=True, help="Service of the pull request.")
@click.option(
    "--plan",
    "files",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Show this plan, saved by `mscode plan --out` or printed by --json; may be repeated. Or show all plans of a fleet, in the "
    "folder of `mscode fleet plan --out`.",
)
@click.option(
    "--for",
    "names",
    multiple=True,
    metavar="PROJECT/ENV",
    help="Update the comment of this project and environment, without a plan. May be repeated. Of a fleet: fleet:NAME.",
)
@click.option("--applied", is_flag=True, help="Say that the plan was applied.")
@click.option("--failed", is_flag=True, help="Say that the apply failed.")
@click.option("--superseded", is_flag=True, help="Say that the plan is out of date.")
@click.option(
    "--report",
    "report_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Say how the plan or apply ended, from the file that MSCODE_REPORT named.",
)
@click.option(
    "--pull-request", type=Whole(1), metavar="N", help="Number of the pull request, where the CI does not say."
)
@click.option("--author", default="", metavar="NAME", help="User whose comments are ours, where the token may not ask.")
@json_option
def command(
    inv: Invocation,
    forge: Literal["github", "gitlab"],
    files: tuple[Path, ...],
    names: tuple[str, ...],
    applied: bool,
    failed: bool,
    superseded: bool,
    report_file: Path | None,
    pull_request: int | None,
    author: str,
    as_json: bool,
) -> None:
    """Show plans in a comment of the pull request or merge request, and keep the comment up to date.

    A pull request has one comment per project and environment, which is edited in place. The token comes from GITHUB_TOKEN or
    GITLAB_TOKEN, everything else from the variables of the CI.
    """
    from mscode.app.review_comment import CommentRequest, update_comment

    if files and names:
        raise UsageError("Name either plans with --plan, or whose comment it is with --for")
    if applied + failed + superseded > 1:
        raise UsageError("--applied, --failed and --superseded exclude each other")
    state: State = "applied" if applied else "failed" if failed else "superseded" if superseded else "planned"
    if not files and state == "planned":
        raise UsageError("A plan needs --plan FILE; without it say --applied, --failed or --superseded")
    outcome = update_comment(inv, CommentRequest(forge, state, files, names, report_file, pull_request, author=author))
    data = {"action": outcome.action, "url": outcome.url}
    if as_json:
        inv.out.json(json.dumps(data))
    else:
        inv.out.result(f"{_WORDS[outcome.action]} {outcome.url}".rstrip())
