"""`mscode comment`: plans where people review them, in one comment of the pull request."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from mscode.app.invocation import Invocation
from mscode.cli.frame import command as make_command
from mscode.cli.frame import json_option, variable
from mscode.errors import MscodeError, UsageError

if TYPE_CHECKING:
    from mscode.forge.ci_job import Settings
    from mscode.forge.comments import Comment, Forge
    from mscode.views.ci.comment import Marker, Plans, State
    from mscode.views.plan.reading import Data

    Ours = tuple[Comment, Marker]

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
@click.option(
    "--report",
    "report_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="How the plan or apply ended, from the file that MSCODE_REPORT named: says why in the comment.",
)
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
    report_file: Path | None,
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
    from mscode.forge.ci_job import settings_of

    report = _report(report_file)
    plans, of = _wanted(inv, files, names, report)
    settings = settings_of(forge, pull_request)
    with _open(settings, author) as opened:
        done, comment = _Writer(inv, opened, settings, state, report).write(plans, of)
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


def _report(file: Path | None) -> Data | None:
    """How the command before ended; None where it left nothing behind, since a job can be ended at any time."""
    from mscode.app.plan_file import read_json

    return read_json(file) if file is not None and file.is_file() and file.stat().st_size else None


def _wanted(
    inv: Invocation, files: tuple[Path, ...], names: tuple[str, ...], report: Data | None
) -> tuple[Plans | None, frozenset[str]]:
    """The plans, and the names of what the comment is about."""
    from mscode.app.plan_file import read_json
    from mscode.views.ci.comment import check_name, plans_of

    if not files:
        return None, frozenset(map(check_name, names or (_here(inv, report),)))
    plans = plans_of([read_json(file) for file in files])
    return plans, frozenset(plans.shown)


def _here(inv: Invocation, report: Data | None) -> str:
    """The project of the current folder, and the environment that a plan of it would be of."""
    from mscode.app.environment import chosen_name
    from mscode.manifest.project.file import load_project

    try:
        project = load_project(Path())
        return f"{project.project}/{chosen_name(project, inv.env, os.environ)}"
    except MscodeError:
        # No plan could be made because of mscode.yaml itself: what it says in so many words is enough for a comment.
        found = _written(inv) if report is not None else ""
        if not found:
            raise
        return found


def _written(inv: Invocation) -> str:
    """Project and environment as the lines of a mscode.yaml say that cannot be used as a whole; "" where they do not."""
    try:
        text = Path("mscode.yaml").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
    said = dict(re.findall(r"""(?m)^(project|defaultEnvironment): *["']?([\w-]{1,64})""", text))
    environment = inv.env or variable("MSCODE_ENV") or said.get("defaultEnvironment", "default")
    return f"{said['project']}/{environment}" if "project" in said else ""


def _open(settings: Settings, author: str) -> Forge:
    from mscode.forge.comments import GITHUB, GITLAB, Forge
    from mscode.http.url import ALLOWED_HOSTS

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
    """Finds the comments of a set of plans, and brings them up to date: a plan stands in exactly one of them.

    A comment that shows nothing but these is edited, else there is a new one; whatever other comments say of these plans is
    taken out of them, or marked as superseded.
    """

    inv: Invocation
    forge: Forge
    settings: Settings
    state: State
    report: Data | None

    def write(self, plans: Plans | None, of: frozenset[str]) -> tuple[Done, Comment | None]:
        from mscode.forge.ci_job import number_of
        from mscode.views.ci.comment import Marker

        number = number_of(self.settings.target, self.forge.pulls_of)
        found = self._find(number, of)
        if plans is None:
            return self._restate(number, found, of)
        done, comment = self._show(number, found, plans)
        if done != "created" or comment is None:
            return done, comment
        # Two jobs can find nothing at the same time, and both comment. The later one of the two yields: it sees the other.
        before = [one for one in self._find(number, of) if _came_before(one[0], comment)]
        if not before:
            return done, comment
        done, kept = self._show(number, before, plans)
        self._take_out(number, (comment, Marker(plans.shown)), of, kept or comment)
        return done, kept

    def _show(self, number: int, found: Sequence[Ours], plans: Plans) -> tuple[Done, Comment | None]:
        """The plans in the comment that fits best, and in no other."""
        from mscode.views.ci.comment import is_newer, new_body

        for comment, there in found:
            if is_newer(there, plans):
                return "superseded", comment
        names, limit = plans.shown.keys(), self.forge.dialect.limit
        alike = sorted(found, key=lambda one: _likeness(one[1], names), reverse=True)
        main = next((one for one in alike if not one[1].without(names)), None)
        before = main[1] if main else alike[0][1] if alike else None
        body = new_body(plans, self.state, self.settings.job, before, limit, self.report)
        done, kept = self._put(number, main[0] if main else None, body, frozenset(names))
        for one in found:
            if one is not main:
                self._take_out(number, one, names, kept)
        return done, kept

    def _restate(self, number: int, found: Sequence[Ours], of_all: frozenset[str]) -> tuple[Done, Comment | None]:
        """Another state for what is shown already; where nothing is, why no plan could be made."""
        from mscode.views.ci.comment import failed_body, part_of, same_content

        limit, job = self.forge.dialect.limit, self.settings.job
        if not found and self.report is not None:
            return self._put(number, None, failed_body(of_all, job, limit, self.report), of_all)
        done: Done = "none"
        kept: Comment | None = None
        for comment, there in found:
            inside = {of: one for of, one in there.plans.items() if of not in there.without(of_all)}
            state: State = self.state if any(one.digest for one in inside.values()) else "failed"
            part = part_of(comment.body, there, inside, limit, job)
            body = same_content(part, replace(there, plans=inside), state, job, limit, self.report)
            now, shown = self._put(number, None if there.without(of_all) else comment, body, frozenset(inside))
            if there.without(of_all):
                self._take_out(number, (comment, there), of_all, shown)
            done, kept = (now, shown) if kept is None or now != "unchanged" else (done, kept)
        return done, kept

    def _take_out(self, number: int, ours: Ours, names: Collection[str], where: Comment) -> None:
        """These plans are shown elsewhere now. What else the comment shows still stands where one of several was applied or
        has failed; where they were planned anew, it is of an older commit like the ones that went."""
        from mscode.views.ci.comment import moved_body, part_of

        comment, there = ours
        limit, job, others = self.forge.dialect.limit, self.settings.job, there.without(names)
        if others and not (self.state == there.state == "planned"):
            body = part_of(comment.body, there, others, limit, job)
        else:
            body = moved_body(comment.body, there, names, where.url, limit, job)
        self._put(number, comment, body, frozenset())

    def _put(self, number: int, comment: Comment | None, body: str, of: frozenset[str]) -> tuple[Done, Comment]:
        if comment is None:
            return "created", self._create(number, body, of)
        if comment.body.replace("\r\n", "\n").strip() == body.strip():
            return "unchanged", comment
        return "updated", self.forge.update(number, comment.id, body)

    def _create(self, number: int, body: str, of: frozenset[str]) -> Comment:
        """A new comment. Where its answer is lost it is looked for, and never sent a second time: the first one may come late."""
        from mscode.forge.comments import WAITS, Unanswered

        try:
            return self.forge.create(number, body)
        except Unanswered as error:
            for wait in WAITS:
                self.forge.sleep(wait)
                for comment, _ in self._find(number, of):
                    if comment.body.replace("\r\n", "\n").strip() == body.strip():
                        return comment
            hint = "Run the command again: it looks for the comment first."
            told = [replace(one, hint=f"It may have been made or not. {hint}") for one in error.diagnostics]
            raise MscodeError(told) from None

    def _find(self, number: int, of: frozenset[str]) -> list[Ours]:
        """Our comments about any of these plans, oldest first: those of our own author with a marker that names one."""
        from mscode.views.ci.comment import VERSION, marker_of

        author, found = "", []
        for comment in self.forge.comments(number):
            marker = marker_of(comment.body)
            if marker is None or not any(map(marker.shown, of)):
                continue
            author = author or self.forge.author()
            if comment.author != author:
                continue
            if marker.version > VERSION:
                raise MscodeError("The comment was written by a newer mscode", hint="Use that version here too.")
            found.append((comment, marker))
        return found


def _likeness(there: Marker, names: Collection[str]) -> tuple[bool, int]:
    """How much a comment is about these plans; sorting by it keeps the oldest of equal ones first."""
    return there.is_about(names), sum(there.shown(of) is not None for of in names)


def _came_before(one: Comment, other: Comment) -> bool:
    """Ids of a forge grow; those of one that are no numbers are not compared."""
    return one.id.isdecimal() and other.id.isdecimal() and int(one.id) < int(other.id)
