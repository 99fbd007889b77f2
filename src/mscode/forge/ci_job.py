"""What the variables of a CI say of the pull request that a job belongs to.

GitHub: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_NAME, GITHUB_EVENT_PATH, GITHUB_REF, GITHUB_SHA, GITHUB_TOKEN.
GitLab: CI_API_V4_URL, CI_PROJECT_ID, CI_PIPELINE_SOURCE, CI_MERGE_REQUEST_IID, CI_MERGE_REQUEST_PROJECT_ID, CI_COMMIT_SHA,
CI_COMMIT_BRANCH, CI_COMMIT_TAG, CI_DEFAULT_BRANCH, CI_JOB_URL, GITLAB_TOKEN.

A comment on the wrong pull request tells its readers that other people will be called than those who will be. So the number
is what the event names, and the commit is asked only where the event is a push of that very commit to a branch: for most
other events (a comment, a schedule, another workflow's end) the commit of the job is merely the head of the default branch.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mscode.errors import ConfigError, MscodeError
from mscode.model.ci import Job

if TYPE_CHECKING:
    from mscode.forge.comments import Pull

Name = Literal["github", "gitlab"]
#: Where a payload of GitHub keeps the pull requests of what ended, and the commit it ended for.
_RUNS = ("workflow_run", "check_run", "check_suite")
_QUEUE = re.compile(r"(?:refs/heads/)?gh-readonly-queue/.{1,255}/pr-(\d{1,9})-[0-9a-f]{7,64}")


@dataclass(frozen=True, slots=True)
class Push:
    """A commit that was pushed to a branch ("" where it is not said); `is_default`: the repository's default branch."""

    sha: str
    branch: str = ""
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Which pull request: its `number`, or all those that the event names (`several`), or the `push` whose commit tells it, or
    none of these, and `why` not."""

    number: int = 0
    push: Push | None = None
    several: tuple[int, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to comment."""

    forge: Name
    url: str
    repo: str
    token: str = field(repr=False)
    target: Target
    job: Job


def settings_of(forge: Name, number: int | None, variables: Mapping[str, str] | None = None) -> Settings:
    """What the variables say; ConfigError that names what is missing. `number` overrides them."""
    known = os.environ if variables is None else variables
    return _github(known, number) if forge == "github" else _gitlab(known, number)


def number_of(target: Target, pulls_of: Callable[[str], Sequence[Pull]]) -> int:
    """The number of the pull request; MscodeError where there is none, or more than one."""
    if target.number:
        return target.number
    found = list(target.several)
    if target.push is not None and target.push.sha:
        found = _brought(target.push, pulls_of(target.push.sha))
    if len(found) == 1:
        return found[0]
    if found:
        raise MscodeError(
            f"This job belongs to several pull requests: {', '.join(map(str, found))}",
            hint="Name the one that is meant with --pull-request N.",
            code="no-pull-request",
        )
    raise MscodeError(
        "This job belongs to no pull request",
        detail=target.why or "Neither the variables of the CI nor the commit name one.",
        hint="Name it with --pull-request N.",
        code="no-pull-request",
    )


def _brought(push: Push, pulls: Iterable[Pull]) -> list[int]:
    """The pull requests that a pushed commit stands for: those that were merged by it into that branch, else the open ones of
    that branch. One that was merged elsewhere, or is open from elsewhere, merely holds the same commit."""
    known = list(pulls)
    merged = [one for one in known if one.is_merged and one.target in ("", push.branch or one.target)]
    exact = [one for one in merged if push.sha in one.commits]
    opened = [one for one in known if one.is_open and one.source in ("", push.branch or one.source)]
    found = exact or merged or ([] if push.is_default else opened)
    return sorted({one.number for one in found})


# ---- GitHub ----------------------------------------------------------------------------------------------------------


def _github(known: Mapping[str, str], number: int | None) -> Settings:
    need = _needed(known, "github")
    event = _event(known.get("GITHUB_EVENT_PATH", ""))
    return Settings(
        "github",
        known.get("GITHUB_API_URL", "") or "https://api.github.com",
        need("GITHUB_REPOSITORY"),
        need("GITHUB_TOKEN"),
        Target(number) if number else github_target(known, event),
        Job(_github_commit(known, event), _github_job(known)),
    )


def github_target(known: Mapping[str, str], event: Mapping[str, Any]) -> Target:
    """Which pull request an event of GitHub is about."""
    # Outside of a runner no event may be named; a job without a payload is then taken for a push, as its commit says.
    name = known.get("GITHUB_EVENT_NAME", "") or ("push" if not event or "after" in event else "")
    ref = known.get("GITHUB_REF", "")
    if number := _number_in(_mapping(event, "pull_request")):
        return Target(number)
    if issue := _mapping(event, "issue"):
        number = _number_in(issue) if _mapping(issue, "pull_request") else 0
        return Target(number, why="The event is about an issue that is no pull request.")
    if runs := [found for key in _RUNS if (found := _mapping(event, key))]:
        return _target_of_runs(runs, event)
    if (group := _mapping(event, "merge_group")) or name == "merge_group":
        queued = _QUEUE.fullmatch(str(group.get("head_ref", ""))) or _QUEUE.fullmatch(ref)
        return Target(int(queued[1]) if queued else 0, why="The merge group names no pull request.")
    if number := _number_of_ref(ref) or _number_of_ref(str(_mapping(event, "deployment").get("ref", ""))):
        return Target(number)
    if name != "push":
        return Target(why=f"The event {name or 'of the job'} names none, and its commit need not have come from one.")
    if event.get("deleted") is True or (ref and not ref.startswith("refs/heads/")):
        return Target(why="What was pushed is a tag, or a branch that is gone: it is no pull request's.")
    branch = ref.removeprefix("refs/heads/")
    default = _mapping(event, "repository").get("default_branch")
    return Target(push=Push(known.get("GITHUB_SHA", ""), branch, is_default=bool(branch) and branch == default))


def _target_of_runs(runs: Sequence[Mapping[str, Any]], event: Mapping[str, Any]) -> Target:
    """What ended (a workflow, a check) lists the pull requests of its commit; those of a fork's own repository among them."""
    suites = [suite for run in runs if (suite := _mapping(run, "check_suite"))]
    here = _mapping(event, "repository").get("id")
    listed: set[int] = set()
    for run in (*runs, *suites):
        pulls = run.get("pull_requests")
        for pull in pulls if isinstance(pulls, list) else ():
            base = _mapping(_mapping(pull if isinstance(pull, dict) else {}, "base"), "repo").get("id")
            if isinstance(pull, dict) and (base is None or here is None or base == here):
                listed.add(_number_in(pull))
    numbers = sorted(listed - {0})
    return Target(several=tuple(numbers), why="The event names no pull request of this repository.")


def _github_commit(known: Mapping[str, str], event: Mapping[str, Any]) -> str:
    """The commit that the plan is of, as far as it can be told; "" where that of the job is another one."""
    if "issue" in event:
        return ""  # the job's is the default branch's head, and what was checked out is the workflow's business
    heads = (
        _mapping(_mapping(event, "pull_request"), "head").get("sha"),
        *(_mapping(event, key).get("head_sha") for key in (*_RUNS, "merge_group")),
        _mapping(_mapping(event, "check_run"), "check_suite").get("head_sha"),
        _mapping(event, "deployment").get("sha"),
    )
    return next((head for head in heads if isinstance(head, str) and head), known.get("GITHUB_SHA", ""))


def _mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _event(path: str) -> dict[str, Any]:
    try:
        data = json.loads(Path(path).read_bytes()) if path else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _number_in(pull: Mapping[str, Any]) -> int:
    number = pull.get("number")
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else 0


def _number_of_ref(ref: str) -> int:
    found = re.fullmatch(r"refs/pull/([0-9]{1,9})/(?:merge|head)", ref)
    return int(found[1]) if found else 0


def _github_job(known: Mapping[str, str]) -> str:
    server, repo, run = (known.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return f"{server}/{repo}/actions/runs/{run}" if server and run else ""


# ---- GitLab ----------------------------------------------------------------------------------------------------------


def _gitlab(known: Mapping[str, str], number: int | None) -> Settings:
    need = _needed(known, "gitlab")
    target = Target(number) if number else gitlab_target(known)
    # A merge request from a fork runs in the fork's project, and its number is one of the project that it goes to.
    home = known.get("CI_MERGE_REQUEST_PROJECT_ID", "").strip() if target.number and not number else ""
    sha = known.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "") or known.get("CI_COMMIT_SHA", "")
    return Settings(
        "gitlab",
        need("CI_API_V4_URL"),
        home or need("CI_PROJECT_ID"),
        need("GITLAB_TOKEN"),
        target,
        Job(sha, known.get("CI_JOB_URL", "")),
    )


def gitlab_target(known: Mapping[str, str]) -> Target:
    """Which merge request a pipeline of GitLab is about. A child pipeline has the variables of its parent's."""
    source, iid = known.get("CI_PIPELINE_SOURCE", ""), known.get("CI_MERGE_REQUEST_IID", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", iid) and int(iid):
        return Target(int(iid))
    if source == "external_pull_request_event" or known.get("CI_EXTERNAL_PULL_REQUEST_IID", ""):
        return Target(why="The pipeline is of a pull request on another forge.")
    if source not in ("", "push", "merge_request_event"):
        return Target(why=f"A pipeline of the kind {source} names none, and its commit need not have come from one.")
    if known.get("CI_COMMIT_TAG", ""):
        return Target(why="A tag is no merge request's.")
    branch = known.get("CI_COMMIT_BRANCH", "")
    is_default = bool(branch) and branch == known.get("CI_DEFAULT_BRANCH", "")
    return Target(push=Push(known.get("CI_COMMIT_SHA", ""), branch, is_default=is_default))


# ---- both ------------------------------------------------------------------------------------------------------------


def _needed(known: Mapping[str, str], forge: str) -> Callable[[str], str]:
    def value(name: str) -> str:
        if not known.get(name, "").strip():
            raise ConfigError(f"The variable {name} is not set", hint=_HINTS[name], code=forge)
        return known[name].strip()

    return value


_HINTS = {
    "GITHUB_REPOSITORY": "It is owner/name, and GitHub Actions sets it.",
    "GITHUB_TOKEN": "Give the step `env: {GITHUB_TOKEN: ${{ github.token }}}`, with `permissions: pull-requests: write`.",
    "CI_API_V4_URL": "GitLab sets it in every job.",
    "CI_PROJECT_ID": "GitLab sets it in every job.",
    "GITLAB_TOKEN": "A project access token with the scope `api`: the token of a job (CI_JOB_TOKEN) may not comment.",
}
