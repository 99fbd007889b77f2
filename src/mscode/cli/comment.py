"""`mscode comment`: plans where people review them, in one comment of the pull request."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from mscode.cli.frame import Invocation, json_option
from mscode.cli.frame import command as make_command
from mscode.errors import MscodeError, UsageError

if TYPE_CHECKING:
    from mscode.api.forge import Comment, Forge
    from mscode.cli.forge_job import Settings
    from mscode.views.comment import Marker, Plans, State

Done = Literal["created", "updated", "unchanged", "superseded", "none"]


@make_command(
    "comment",
    examples=(
        "mscode comment --forge github --plan plan.json",
        "mscode comment --forge github --plan plan.json --applied",
        "mscode comment --forge gitlab --for drive/production --superseded",
    ),
)
@click.option("--forge", type=click.Choice(["github", "gitlab"]), required=True, help="Where the pull request is.")
@click.option(
    "--plan",
    "files",
    multiple=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A plan of `plan --out` (or `plan --json`); repeated, all stand in one comment.",
)
@click.option(
    "--for",
    "names",
    multiple=True,
    metavar="PROJECT/ENV",
    help="Whose comment it is, without a plan (the project of this folder).",
)
@click.option("--applied", is_flag=True, help="Close the comment: its plan was applied.")
@click.option("--failed", is_flag=True, help="Say that the apply did not end well.")
@click.option("--superseded", is_flag=True, help="Say that the plan shown is out of date.")
@click.option("--pull-request", type=click.IntRange(1), metavar="N", help="Its number, where the CI does not say.")
@click.option("--author", default="", metavar="NAME", help="Whose comments are ours, where the token may not ask.")
@json_option
def command(
    inv: Invocation,
    forge: Literal["github", "gitlab"],
    files: tuple[Path, ...],
    names: tuple[str, ...],
    applied: bool,
    failed: bool,
    superseded: bool,
    pull_request: int | None,
    author: str,
    as_json: bool,
) -> None:
    """Show plans in one comment of the pull request, and keep it up to date.

    There is one comment per pull request, project and environment. It is found by a hidden marker and its author, and
    edited in place. The token comes from GITHUB_TOKEN or GITLAB_TOKEN, everything else from the variables of the CI.
    """
    if files and names:
        raise UsageError("Name either plans with --plan, or whose comment it is with --for")
    state = _state(applied=applied, failed=failed, superseded=superseded)
    if not files and state == "planned":
        raise UsageError("A plan needs --plan FILE; without it say --applied, --failed or --superseded")
    from mscode.cli.forge_job import settings_of

    plans, of = _wanted(inv, files, names)
    settings = settings_of(forge, pull_request)
    with _open(settings, author) as opened:
        done, comment = _Writer(inv, opened, settings, state).write(plans, of)
    url = comment.url if comment else ""
    inv.out.result(json.dumps({"action": done, "url": url}) if as_json else f"{_WORDS[done]}{f' {url}' if url else ''}")


_WORDS: dict[Done, str] = {
    "created": "Commented.",
    "updated": "The comment was updated.",
    "unchanged": "The comment says so already.",
    "superseded": "The comment shows a newer plan; this one is superseded.",
    "none": "There is no comment of this project and environment.",
}


def _state(*, applied: bool, failed: bool, superseded: bool) -> State:
    if applied + failed + superseded > 1:
        raise UsageError("--applied, --failed and --superseded exclude each other")
    return "applied" if applied else "failed" if failed else "superseded" if superseded else "planned"


def _wanted(inv: Invocation, files: tuple[Path, ...], names: tuple[str, ...]) -> tuple[Plans | None, frozenset[str]]:
    """The plans, and the names of what the comment is about."""
    from mscode.cli.planfile import read_json
    from mscode.views.comment import check_name, plans_of

    if not files:
        return None, frozenset(map(check_name, names or (_here(inv),)))
    plans = plans_of([read_json(file) for file in files])
    return plans, frozenset(plans.shown)


def _here(inv: Invocation) -> str:
    """The project of the current folder, and the environment that a plan of it would be of."""
    from mscode.cli.environment import chosen_name
    from mscode.manifest.project import load_project

    project = load_project(Path())
    return f"{project.project}/{chosen_name(project, inv.env, os.environ)}"


def _open(settings: Settings, author: str) -> Forge:
    from mscode.api.forge import GITHUB, GITLAB, Forge
    from mscode.api.url import ALLOWED_HOSTS

    return Forge(
        GITHUB if settings.forge == "github" else GITLAB,
        settings.url,
        settings.repo,
        settings.token,
        allowed_hosts=os.environ.get(ALLOWED_HOSTS),
        author=author,
    )


@dataclass(frozen=True, slots=True)
class _Writer:
    """Finds the comment of a set of plans, and brings it up to date."""

    inv: Invocation
    forge: Forge
    settings: Settings
    state: State

    def write(self, plans: Plans | None, of: frozenset[str]) -> tuple[Done, Comment | None]:
        from mscode.views.comment import is_newer, new_body, same_content

        number = self.settings.number or self._number_of_commit()
        comment, there = self._find(number, of)
        if plans is None:
            if comment is None or there is None:
                return "none", None
            return self._put(number, comment, same_content(comment.body, there, self.state, self.settings.job))
        if there is not None and is_newer(there, plans):
            return "superseded", comment
        body = new_body(plans, self.state, self.settings.job, there, self.forge.dialect.limit)
        return self._put(number, comment, body)

    def _put(self, number: int, comment: Comment | None, body: str) -> tuple[Done, Comment]:
        if comment is None:
            return "created", self.forge.create(number, body)
        if comment.body.replace("\r\n", "\n").strip() == body.strip():
            return "unchanged", comment
        return "updated", self.forge.update(number, comment.id, body)

    def _number_of_commit(self) -> int:
        """After a merge the job is no pull request's any more; the commit tells which one it came from."""
        number = self.forge.pull_of(self.settings.sha) if self.settings.sha else 0
        if not number:
            raise MscodeError(
                "This job belongs to no pull request",
                detail="Neither the variables of the CI nor the commit name one.",
                hint="Name it with --pull-request N.",
                code="no-pull-request",
            )
        return number

    def _find(self, number: int, of: frozenset[str]) -> tuple[Comment | None, Marker | None]:
        """Our comment about these plans: the first one of our own author with their marker."""
        from mscode.views.comment import VERSION, marker_of

        author = ""
        for comment in self.forge.comments(number):
            marker = marker_of(comment.body)
            if marker is None or set(marker.plans) != of:
                continue
            author = author or self.forge.author()
            if comment.author != author:
                continue
            if marker.version > VERSION:
                raise MscodeError("The comment was written by a newer mscode", hint="Use that version here too.")
            return comment, marker
        return None, None
