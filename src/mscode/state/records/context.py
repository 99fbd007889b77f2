"""The circumstances of a run, as a launch record keeps them: of which commit, started by whom, approved by whom and how.

What nobody tells is "" (null of what is no text) and is shown as unknown; nothing is inferred. What a
forge tells and what the variables MSCODE_RUN_URL, MSCODE_ACTOR and MSCODE_APPROVED_BY claim are kept apart, so that a claim never
stands in the place of what a forge told.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from mscode.state.shape import Count, NamedShape, Texts

UNKNOWN = "unknown"
Forge = Literal["github", "gitlab", ""]


class RunApproval(NamedShape):
    """One approval: of the plan, of its launches, or of the whole run by the forge.

    `how` it was given: `yes` (typed at the question), `flag` (`detail` names it), `saved plan`, `environment` (a review of the
    environment that `detail` names), `manual job` (`detail` is its environment, "" where it has none). `by` is whoever gave it,
    "" where that is unknown.
    """

    scope: Literal["plan", "launch", "run"]
    how: Literal["yes", "flag", "saved plan", "environment", "manual job"]
    by: str = ""
    detail: str = ""


class Claims(NamedShape):
    """What MSCODE_RUN_URL, MSCODE_ACTOR and MSCODE_APPROVED_BY say; "" where they are not set."""

    run_url: str = ""
    actor: str = ""
    approved_by: str = ""


class RunContext(NamedShape):
    """The circumstances of one run. `RunContext()` is that of a run of which nothing is known, as in a rehearsal.

    `commit` and `branch` are those of a plan's reviewers; `head` is the commit that was checked out, where it is another one (the
    merge that a forge tries). `clean`: every file that git tracks is as in `head`, else in `commit`, and git knows or ignores every
    file that the plan was made of; null where that cannot be told. `uncommitted` are those of the plan's files that the commit
    does not hold as they were used, ignored ones among them, by their paths in the project (the first 20).

    `event` is what started the run, in the forge's word (`push`, `schedule`); `actor` whom the forge names for it, who need not
    have done anything (the author of a schedule); `started_by` the person who started it: by a forge's word, or `user@host` on a
    machine that is no CI's. `unknown` are sentences on what a forge was asked and did not tell.
    """

    forge: Forge = ""
    commit: str = ""
    branch: str = ""
    head: str = ""
    clean: bool | None = None
    uncommitted: Texts = ()
    event: str = ""
    actor: str = ""
    started_by: str = ""
    run_url: str = ""
    attempt: Count | None = None
    pull_request: Count | None = None
    pull_request_url: str = ""
    approvals: Annotated[tuple[RunApproval, ...], Strict(False)] = ()
    unknown: Texts = ()
    claimed: Claims = Field(default_factory=Claims)

    @property
    def started_text(self) -> str:
        """Who started it: a person, the event that needs none, else what is claimed."""
        if self.started_by:
            return self.started_by
        return self.event if self.event == "schedule" else _claimed(self.claimed.actor)

    @property
    def approved_text(self) -> str:
        """Who approved it and how: the forge's approvals where there are any, else those of the command line."""
        by_forge = [approval for approval in self.approvals if approval.scope == "run"]
        if not by_forge and not any(approval.by for approval in self.approvals) and self.claimed.approved_by:
            return _claimed(self.claimed.approved_by)
        ways: dict[str, dict[str, None]] = {}
        for approval in by_forge or self.approvals:
            ways.setdefault(approval.by or UNKNOWN, {})[_way(approval)] = None
        return "; ".join(f"{by} ({', '.join(how)})" for by, how in ways.items()) or UNKNOWN

    @property
    def run_text(self) -> str:
        """The page of the run; "" where nobody names one."""
        return self.run_url or (_claimed(self.claimed.run_url) if self.claimed.run_url else "")


def _claimed(name: str) -> str:
    return f"{name} (claimed)" if name else UNKNOWN


def _way(approval: RunApproval) -> str:
    how = {"yes": "typed yes", "flag": approval.detail or "flag"}.get(approval.how, approval.how)
    return f"{how} {approval.detail}" if approval.scope == "run" and approval.detail else how
