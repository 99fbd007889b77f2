"""The comment of a pull request that shows its plans to reviewers, kept up to date.

There is one comment per pull request, project and environment. It is found by a hidden marker and its author: others may
quote the marker, and only the author's own comments can be edited.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mscode.errors import MscodeError, UsageError
from mscode.model.light_dataclass import dataclass
from mscode.model.project_file import FILE

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation
    from mscode.forge.ci_job import Name, Settings
    from mscode.forge.comments import Comment, Forge
    from mscode.views.ci.comment import CommentMarker, Plans, State
    from mscode.views.plan.reading import Data

    #: a comment of ours, and its marker
    OwnComment = tuple[Comment, CommentMarker]

#: What became of the comment; `none`: there is none, and none was wanted.
Action = Literal["created", "updated", "unchanged", "superseded", "none"]


@dataclass(frozen=True, slots=True)
class CommentRequest:
    """What a comment is to say.

    It shows the plans in `plan_files`, or those of a fleet in the one folder that they are; without any it restates (`state` is
    then not `planned`) those of `names`, each `project/environment` or `fleet:name`, or that of the current folder's project.
    `report_file` says how the command before ended. `pull_request` overrides the number that the CI's variables name (None: ask
    them), `author` the name that the token has.
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
    """Bring the comment of a pull request up to date, or create it. MscodeError where the pull request is not known, or where
    the forge refuses."""
    from mscode.app.plan_file import read_json
    from mscode.forge.ci_job import settings_of
    from mscode.forge.comments import GITHUB, GITLAB, Forge
    from mscode.http.url import ALLOWED_HOSTS
    from mscode.views.ci.comment import check_name, plans_of

    report: Data | None = None
    file = request.report_file
    if file is not None and file.is_file() and file.stat().st_size:  # a job can be ended before it writes the report
        report = read_json(file)
    plans: Plans | None = None
    if request.plan_files:
        folders = [path for path in request.plan_files if path.is_dir()]
        if folders:
            plans = _plans_of_fleet(folders, request.plan_files)
        else:
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


def _plans_of_fleet(folders: Sequence[Path], files: Sequence[Path]) -> Plans:
    """The plans of a folder of `mscode fleet plan`. UsageError where other plans are to be in the same comment."""
    from mscode.app.fleet.run_folder import read_run
    from mscode.views.ci.comment import plans_of_fleet

    if len(files) > 1:
        raise UsageError(
            "The plans of a fleet have a comment of their own", hint=f"Name one folder: --plan {folders[0]}"
        )
    run = read_run(folders[0])
    return plans_of_fleet(run.data, [plan.data for plan in run.check_plans().values()])


def _name_of_folder(inv: Invocation, report: Data | None) -> str:
    """`project/environment` of the current folder: the environment that a plan of it would be of."""
    from mscode.app.environment import chosen_name
    from mscode.manifest.project.file import load_project

    try:
        project = load_project(Path())
        return f"{project.project}/{chosen_name(project, inv.env, inv.variables)}"
    except MscodeError:
        # mscode.yaml itself is why no plan could be made: the lines that name project and environment do for a comment.
        if report is None:
            raise
        try:
            text = Path(FILE).read_bytes().decode("utf-8", "replace")
        except OSError:
            text = ""
        values = dict(re.findall(r"""(?m)^(project|defaultEnvironment): *["']?([\w-]{1,64})""", text))
        if "project" not in values:
            raise
        environment = inv.env or inv.variables.get("MSCODE_ENV") or values.get("defaultEnvironment", "default")
        return f"{values['project']}/{environment}"


@dataclass(frozen=True, slots=True)
class _Writer:
    """Finds the comments of a set of plans and brings them up to date, so that a plan stands in exactly one comment.

    A comment that shows no other plans is edited, else a new one is created. Whatever other comments show of these plans is
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
        # Two jobs can both find no comment at the same time, and both create one. The later of the two sees the earlier one and
        # yields. Ids of a forge grow; ids that are no numbers are not compared.
        earlier = [
            pair
            for pair in self._existing(number, names)
            if pair[0].id.isdecimal() and comment.id.isdecimal() and int(pair[0].id) < int(comment.id)
        ]
        if not earlier:
            return action, comment
        action, main = self._show(number, earlier, plans)
        self._take_out(number, (comment, CommentMarker(plans.shown)), names, main or comment)
        return action, main

    def _show(self, number: int, existing: Sequence[OwnComment], plans: Plans) -> tuple[Action, Comment | None]:
        """Show the plans in the comment that fits best, and in no other."""
        from mscode.views.ci.comment import is_newer, new_body

        for comment, marker in existing:
            if is_newer(marker, plans):
                return "superseded", comment
        names, limit = plans.shown.keys(), self.forge.dialect.limit
        # The best fit is a comment about these plans, then the one that shows most of them; of equal ones the oldest.
        ranked = sorted(
            existing,
            key=lambda pair: (pair[1].is_about(names), sum(pair[1].shown(name) is not None for name in names)),
            reverse=True,
        )
        best = next((pair for pair in ranked if not pair[1].without(names)), None)
        previous = best[1] if best else ranked[0][1] if ranked else None
        body = new_body(plans, self.state, self.settings.job, previous, limit, self.report)
        action, main = self._put(number, best[0] if best else None, body, frozenset(names))
        for pair in existing:
            if pair is not best:
                self._take_out(number, pair, names, main)
        return action, main

    def _restate(
        self, number: int, existing: Sequence[OwnComment], names: frozenset[str]
    ) -> tuple[Action, Comment | None]:
        """Show another state of plans that are shown already; where none is, show why no plan could be made."""
        from mscode.views.ci.comment import failed_body, part_of, same_content

        limit, job = self.forge.dialect.limit, self.settings.job
        if not existing and self.report is not None:
            return self._put(number, None, failed_body(names, job, limit, self.report), names)
        action: Action = "none"
        main: Comment | None = None
        for comment, marker in existing:
            other_plans = marker.without(names)
            plans = {name: plan for name, plan in marker.plans.items() if name not in other_plans}
            state: State = self.state if any(plan.digest for plan in plans.values()) else "failed"
            section = part_of(comment.body, marker, plans, limit, job)
            body = same_content(section, replace(marker, plans=plans), state, job, limit, self.report)
            put_action, put_comment = self._put(number, None if other_plans else comment, body, frozenset(plans))
            if other_plans:
                self._take_out(number, (comment, marker), names, put_comment)
            if main is None or put_action != "unchanged":
                action, main = put_action, put_comment
        return action, main

    def _take_out(self, number: int, pair: OwnComment, names: Collection[str], main: Comment) -> None:
        """Remove plans from a comment, since `main` shows them now.

        The other plans of the comment stay where one of several was applied or has failed. Where the plans were made anew, the
        others are of an older commit like the removed ones, and the whole comment is marked as superseded.
        """
        from mscode.views.ci.comment import moved_body, part_of

        comment, marker = pair
        limit, job, other_plans = self.forge.dialect.limit, self.settings.job, marker.without(names)
        if other_plans and not (self.state == marker.state == "planned"):
            body = part_of(comment.body, marker, other_plans, limit, job)
        else:
            body = moved_body(comment.body, marker, names, main.url, limit, job)
        self._put(number, comment, body, frozenset())

    def _put(self, number: int, comment: Comment | None, body: str, names: frozenset[str]) -> tuple[Action, Comment]:
        if comment is None:
            return "created", self._create(number, body, names)
        if _is_same(comment.body, body):
            return "unchanged", comment
        return "updated", self.forge.update(number, comment.id, body)

    def _create(self, number: int, body: str, names: frozenset[str]) -> Comment:
        """Create a comment. Where the answer is lost, the comment is searched for and never sent a second time: the first one may
        appear late."""
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

    def _existing(self, number: int, names: frozenset[str]) -> list[OwnComment]:
        """Our own comments about any of these plans, oldest first: those by our author whose marker names one of them."""
        from mscode.views.ci.comment import VERSION, marker_of

        author = ""
        existing: list[OwnComment] = []
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
