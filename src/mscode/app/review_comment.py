"""Plans where people review them: one comment on a pull request, kept up to date.

There is one comment per pull request, project and environment. It is found by a hidden marker and its author.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mscode.errors import MscodeError

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.forge.ci_job import Name, Settings
    from mscode.forge.comments import Comment, Forge
    from mscode.views.ci.comment import CommentMarker, Plans, State
    from mscode.views.plan.reading import Data

    Ours = tuple[Comment, CommentMarker]

#: What became of the comment; `none`: there is none, and none was wanted.
Action = Literal["created", "updated", "unchanged", "superseded", "none"]


@dataclass(frozen=True, slots=True)
class CommentRequest:
    """What a comment is to say.

    It shows the plans in `plan_files`; without any it restates (`state` is then not `planned`) those of `names`, each
    `project/environment`, or that of the current folder's project. `report_file` says how the command before ended.
    `pull_request` overrides the number that the CI's variables name (None: ask them), `author` the name that the token has.
    """

    forge: Name
    state: State
    plan_files: Sequence[Path] = ()
    names: Sequence[str] = ()
    report_file: Path | None = None
    pull_request: int | None = None
    author: str = ""


@dataclass(frozen=True, slots=True)
class CommentOutcome:
    """What was done, and the address of the comment ("" where there is none)."""

    action: Action
    url: str


def update_comment(inv: Invocation, request: CommentRequest) -> CommentOutcome:
    """Bring the comment of a pull request up to date, or make it. MscodeError where it is not known which one, or where the
    forge does not let us."""
    from mscode.app.plan_file import read_json
    from mscode.forge.ci_job import settings_of
    from mscode.forge.comments import GITHUB, GITLAB, Forge
    from mscode.http.url import ALLOWED_HOSTS
    from mscode.views.ci.comment import check_name, plans_of

    report: Data | None = None
    file = request.report_file
    if file is not None and file.is_file() and file.stat().st_size:  # a job can be ended before it leaves anything
        report = read_json(file)
    plans: Plans | None = None
    if request.plan_files:
        plans = plans_of([read_json(path) for path in request.plan_files])
        names = frozenset(plans.shown)
    else:
        names = frozenset(map(check_name, request.names or (_name_of_folder(inv, report),)))
    settings = settings_of(request.forge, request.pull_request, inv.variables)
    with Forge(
        GITHUB if settings.forge == "github" else GITLAB,
        settings.url,
        settings.repo,
        settings.token,
        allowed_hosts=inv.variables.get(ALLOWED_HOSTS),
        author=request.author,
    ) as forge:
        action, comment = _Writer(forge, settings, request.state, report).write(plans, names)
    return CommentOutcome(action, comment.url if comment else "")


def _name_of_folder(inv: Invocation, report: Data | None) -> str:
    """`project/environment` of the current folder: the environment that a plan of it would be of."""
    from mscode.app.environment import chosen_name
    from mscode.manifest.project.file import load_project

    try:
        project = load_project(Path())
        return f"{project.project}/{chosen_name(project, inv.env, inv.variables)}"
    except MscodeError:
        # No plan could be made because of mscode.yaml itself: what it says in so many words is enough for a comment.
        name = _name_in_text(inv) if report is not None else ""
        if not name:
            raise
        return name


def _name_in_text(inv: Invocation) -> str:
    """Project and environment as the lines of a mscode.yaml say that cannot be used as a whole; "" where they do not."""
    try:
        text = Path("mscode.yaml").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
    values = dict(re.findall(r"""(?m)^(project|defaultEnvironment): *["']?([\w-]{1,64})""", text))
    environment = inv.env or inv.variables.get("MSCODE_ENV") or values.get("defaultEnvironment", "default")
    return f"{values['project']}/{environment}" if "project" in values else ""


@dataclass(frozen=True, slots=True)
class _Writer:
    """Finds the comments of a set of plans, and brings them up to date: a plan stands in exactly one of them.

    A comment that shows nothing but these is edited, else there is a new one; whatever other comments say of these plans is
    taken out of them, or marked as superseded. Plans are named `project/environment`.
    """

    forge: Forge
    settings: Settings
    state: State
    report: Data | None

    def write(self, plans: Plans | None, names: frozenset[str]) -> tuple[Action, Comment | None]:
        from mscode.forge.ci_job import number_of
        from mscode.views.ci.comment import CommentMarker

        number = number_of(self.settings.target, self.forge.pulls_of)
        existing = self._existing(number, names)
        if plans is None:
            return self._restate(number, existing, names)
        action, comment = self._show(number, existing, plans)
        if action != "created" or comment is None:
            return action, comment
        # Two jobs can find nothing at the same time, and both comment. The later one of the two yields: it sees the other.
        earlier = [ours for ours in self._existing(number, names) if _came_before(ours[0], comment)]
        if not earlier:
            return action, comment
        action, kept = self._show(number, earlier, plans)
        self._take_out(number, (comment, CommentMarker(plans.shown)), names, kept or comment)
        return action, kept

    def _show(self, number: int, existing: Sequence[Ours], plans: Plans) -> tuple[Action, Comment | None]:
        """The plans in the comment that fits best, and in no other."""
        from mscode.views.ci.comment import is_newer, new_body

        for comment, marker in existing:
            if is_newer(marker, plans):
                return "superseded", comment
        names, limit = plans.shown.keys(), self.forge.dialect.limit
        by_likeness = sorted(existing, key=lambda ours: _likeness(ours[1], names), reverse=True)
        main = next((ours for ours in by_likeness if not ours[1].without(names)), None)
        before = main[1] if main else by_likeness[0][1] if by_likeness else None
        body = new_body(plans, self.state, self.settings.job, before, limit, self.report)
        action, kept = self._put(number, main[0] if main else None, body, frozenset(names))
        for ours in existing:
            if ours is not main:
                self._take_out(number, ours, names, kept)
        return action, kept

    def _restate(self, number: int, existing: Sequence[Ours], names: frozenset[str]) -> tuple[Action, Comment | None]:
        """Another state for what is shown already; where nothing is, why no plan could be made."""
        from mscode.views.ci.comment import failed_body, part_of, same_content

        limit, job = self.forge.dialect.limit, self.settings.job
        if not existing and self.report is not None:
            return self._put(number, None, failed_body(names, job, limit, self.report), names)
        action: Action = "none"
        kept: Comment | None = None
        for comment, marker in existing:
            others = marker.without(names)
            inside = {name: shown for name, shown in marker.plans.items() if name not in others}
            state: State = self.state if any(shown.digest for shown in inside.values()) else "failed"
            part = part_of(comment.body, marker, inside, limit, job)
            body = same_content(part, replace(marker, plans=inside), state, job, limit, self.report)
            put, written = self._put(number, None if others else comment, body, frozenset(inside))
            if others:
                self._take_out(number, (comment, marker), names, written)
            action, kept = (put, written) if kept is None or put != "unchanged" else (action, kept)
        return action, kept

    def _take_out(self, number: int, ours: Ours, names: Collection[str], where: Comment) -> None:
        """These plans are shown elsewhere now. What else the comment shows still stands where one of several was applied or
        has failed; where they were planned anew, it is of an older commit like the ones that went."""
        from mscode.views.ci.comment import moved_body, part_of

        comment, marker = ours
        limit, job, others = self.forge.dialect.limit, self.settings.job, marker.without(names)
        if others and not (self.state == marker.state == "planned"):
            body = part_of(comment.body, marker, others, limit, job)
        else:
            body = moved_body(comment.body, marker, names, where.url, limit, job)
        self._put(number, comment, body, frozenset())

    def _put(self, number: int, comment: Comment | None, body: str, names: frozenset[str]) -> tuple[Action, Comment]:
        if comment is None:
            return "created", self._create(number, body, names)
        if _is_same(comment.body, body):
            return "unchanged", comment
        return "updated", self.forge.update(number, comment.id, body)

    def _create(self, number: int, body: str, names: frozenset[str]) -> Comment:
        """A new comment. Where its answer is lost it is looked for, and never sent a second time: the first one may come late."""
        from mscode.forge.comments import WAITS, Unanswered

        try:
            return self.forge.create(number, body)
        except Unanswered as error:
            for wait in WAITS:
                self.forge.sleep(wait)
                for comment, _ in self._existing(number, names):
                    if _is_same(comment.body, body):
                        return comment
            hint = "It may have been made or not. Run the command again: it looks for the comment first."
            raise MscodeError([replace(diagnostic, hint=hint) for diagnostic in error.diagnostics]) from None

    def _existing(self, number: int, names: frozenset[str]) -> list[Ours]:
        """Our comments about any of these plans, oldest first: those of our own author with a marker that names one."""
        from mscode.views.ci.comment import VERSION, marker_of

        author = ""
        existing: list[Ours] = []
        for comment in self.forge.comments(number):
            marker = marker_of(comment.body)
            if marker is None or not any(map(marker.shown, names)):
                continue
            author = author or self.forge.author()
            if comment.author != author:
                continue
            if marker.version > VERSION:
                raise MscodeError("The comment was written by a newer mscode", hint="Use that version here too.")
            existing.append((comment, marker))
        return existing


def _is_same(live: str, body: str) -> bool:
    """A forge gives a comment back with other line ends, and without the blank lines around it."""
    return live.replace("\r\n", "\n").strip() == body.strip()


def _likeness(marker: CommentMarker, names: Collection[str]) -> tuple[bool, int]:
    """How much a comment is about these plans; sorting by it keeps the oldest of equal ones first."""
    return marker.is_about(names), sum(marker.shown(name) is not None for name in names)


def _came_before(comment: Comment, other: Comment) -> bool:
    """Ids of a forge grow; those of one that are no numbers are not compared."""
    return comment.id.isdecimal() and other.id.isdecimal() and int(comment.id) < int(other.id)
