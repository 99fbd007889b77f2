"""Which pull request a CI job belongs to, by the variables of the CI.

GitHub: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_NAME, GITHUB_EVENT_PATH, GITHUB_REF, GITHUB_SHA, GITHUB_TOKEN.
GitLab: CI_API_V4_URL, CI_PROJECT_ID, CI_PIPELINE_SOURCE, CI_MERGE_REQUEST_IID, CI_MERGE_REQUEST_PROJECT_ID, CI_COMMIT_SHA,
CI_COMMIT_BRANCH, CI_COMMIT_TAG, CI_DEFAULT_BRANCH, CI_JOB_URL, GITLAB_TOKEN.

A comment on the wrong pull request would show its reviewers a plan that calls other people than theirs will. So the number is
taken from the event, and the commit is asked for its pull requests only where the event is a push of that very commit to a
branch: for most other events (a comment, a schedule, another workflow's end) the job's commit is merely the head of the
default branch.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mscode.errors import ConfigError, MscodeError
from mscode.model.ci import Job
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.forge.comments import Pull

Name = Literal["github", "gitlab"]
#: Members of GitHub's payload that hold the pull requests and the commit of a workflow or check that ended.
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
    """Which pull request a job is for: its `number`, all those that the event names (`several`), or the `push` whose commit
    tells it. Where it is none of these, `why` says why."""

    number: int = 0
    push: Push | None = None
    several: tuple[int, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to comment, with what token, and the job that a comment links to."""

    forge: Name
    url: str
    repo: str
    token: str = field(repr=False)
    target: Target
    job: Job


def settings_of(forge: Name, number: int | None, variables: Mapping[str, str] | None = None) -> Settings:
    """The settings by the variables (the process's when left out), in which `number` overrides the pull request. ConfigError
    that names a missing variable."""
    variables = os.environ if variables is None else variables
    return _github(variables, number) if forge == "github" else _gitlab(variables, number)


def revision_of_job(variables: Mapping[str, str]) -> tuple[str, str]:
    """The commit and the branch of a CI's job, each "" where it is not known."""
    if variables.get("GITHUB_ACTIONS") == "true":
        ref = variables.get("GITHUB_REF", "")
        branch = ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else ""
        return _github_commit(variables, github_event(variables)), variables.get("GITHUB_HEAD_REF", "") or branch
    if variables.get("GITLAB_CI"):
        branch = variables.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "") or variables.get("CI_COMMIT_BRANCH", "")
        return _gitlab_commit(variables), branch
    return "", ""


def number_of(target: Target, pulls_of: Callable[[str], Sequence[Pull]]) -> int:
    """The number of the pull request; MscodeError where there is none, or more than one."""
    if target.number:
        return target.number
    numbers = list(target.several)
    if target.push is not None and target.push.sha:
        numbers = _pulls_of_push(target.push, pulls_of(target.push.sha))
    if len(numbers) == 1:
        return numbers[0]
    if numbers:
        raise MscodeError(
            f"This job belongs to several pull requests: {', '.join(map(str, numbers))}",
            hint="Name the one that is meant with --pull-request N.",
            code="no-pull-request",
        )
    raise MscodeError(
        "This job belongs to no pull request",
        detail=target.why or "Neither the variables of the CI nor the commit name one.",
        hint="Name it with --pull-request N.",
        code="no-pull-request",
    )


def _pulls_of_push(push: Push, pulls: Sequence[Pull]) -> list[int]:
    """The numbers of the pull requests that a pushed commit stands for: those that it merged into that branch, else the open
    ones of that branch. A pull request that was merged into another branch, or is open from another one, merely contains the
    same commit."""
    merged = [pull for pull in pulls if pull.is_merged and pull.target in ("", push.branch or pull.target)]
    exact = [pull for pull in merged if push.sha in pull.commits]
    opened = [pull for pull in pulls if pull.is_open and pull.source in ("", push.branch or pull.source)]
    matching = exact or merged or ([] if push.is_default else opened)
    return sorted({pull.number for pull in matching})


# ---- GitHub ----------------------------------------------------------------------------------------------------------


def _github(variables: Mapping[str, str], number: int | None) -> Settings:
    required = _required(variables, "github")
    event = github_event(variables)
    server, repo, run = (variables.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return Settings(
        "github",
        variables.get("GITHUB_API_URL", "") or "https://api.github.com",
        required("GITHUB_REPOSITORY"),
        required("GITHUB_TOKEN"),
        Target(number) if number else github_target(variables, event),
        Job(_github_commit(variables, event), f"{server}/{repo}/actions/runs/{run}" if server and run else ""),
    )


def github_event(variables: Mapping[str, str]) -> Mapping[str, Any]:
    """The payload of the event that started the job; empty where there is none."""
    path = variables.get("GITHUB_EVENT_PATH", "")
    try:
        event = json.loads(Path(path).read_bytes()) if path else {}
    except (OSError, ValueError, RecursionError):
        event = {}
    return event if isinstance(event, dict) else {}


def github_target(variables: Mapping[str, str], event: Mapping[str, Any]) -> Target:
    """Which pull request an event of GitHub is about."""
    # Outside of a runner there may be no event name: a job without a payload then counts as a push of its commit.
    name = variables.get("GITHUB_EVENT_NAME", "") or ("push" if not event or "after" in event else "")
    ref = variables.get("GITHUB_REF", "")
    if number := _number_in(_mapping(event, "pull_request")):
        return Target(number)
    if issue := _mapping(event, "issue"):
        number = _number_in(issue) if _mapping(issue, "pull_request") else 0
        return Target(number, why="The event is about an issue that is no pull request.")
    if runs := [run for key in _RUNS if (run := _mapping(event, key))]:
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
    return Target(push=Push(variables.get("GITHUB_SHA", ""), branch, is_default=bool(branch) and branch == default))


def _target_of_runs(runs: Sequence[Mapping[str, Any]], event: Mapping[str, Any]) -> Target:
    """A workflow or check that ended lists the pull requests of its commit, also those inside a fork, which are left out."""
    suites = [suite for run in runs if (suite := _mapping(run, "check_suite"))]
    repository = _mapping(event, "repository").get("id")
    listed_numbers: set[int] = set()
    for run in (*runs, *suites):
        pulls = run.get("pull_requests")
        for pull in pulls if isinstance(pulls, list) else ():
            base = _mapping(_mapping(pull if isinstance(pull, dict) else {}, "base"), "repo").get("id")
            if isinstance(pull, dict) and (base is None or repository is None or base == repository):
                listed_numbers.add(_number_in(pull))
    numbers = sorted(listed_numbers - {0})
    return Target(several=tuple(numbers), why="The event names no pull request of this repository.")


def _github_commit(variables: Mapping[str, str], event: Mapping[str, Any]) -> str:
    """The commit that the plan was made of; "" where it cannot be told."""
    if "issue" in event:
        # The job's commit is the head of the default branch, and only the workflow knows which one it checked out.
        return ""
    heads = (
        _mapping(_mapping(event, "pull_request"), "head").get("sha"),
        *(_mapping(event, key).get("head_sha") for key in (*_RUNS, "merge_group")),
        _mapping(_mapping(event, "check_run"), "check_suite").get("head_sha"),
        _mapping(event, "deployment").get("sha"),
    )
    return next((head for head in heads if isinstance(head, str) and head), variables.get("GITHUB_SHA", ""))


def _mapping(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _number_in(pull: Mapping[str, Any]) -> int:
    number = pull.get("number")
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else 0


def _number_of_ref(ref: str) -> int:
    match = re.fullmatch(r"refs/pull/([0-9]{1,9})/(?:merge|head)", ref)
    return int(match[1]) if match else 0


# ---- GitLab ----------------------------------------------------------------------------------------------------------


def _gitlab(variables: Mapping[str, str], number: int | None) -> Settings:
    required = _required(variables, "gitlab")
    target = Target(number) if number else gitlab_target(variables)
    # A merge request from a fork runs in the fork's project, and its number belongs to the project that it is merged into.
    project = variables.get("CI_MERGE_REQUEST_PROJECT_ID", "").strip() if target.number and not number else ""
    return Settings(
        "gitlab",
        required("CI_API_V4_URL"),
        project or required("CI_PROJECT_ID"),
        required("GITLAB_TOKEN"),
        target,
        Job(_gitlab_commit(variables), variables.get("CI_JOB_URL", "")),
    )


def _gitlab_commit(variables: Mapping[str, str]) -> str:
    """The commit that the plan was made of: of a merge request, not the merge that GitLab tries."""
    return variables.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "") or variables.get("CI_COMMIT_SHA", "")


def gitlab_target(variables: Mapping[str, str]) -> Target:
    """Which merge request a pipeline of GitLab is about. A child pipeline has the variables of its parent."""
    source, iid = variables.get("CI_PIPELINE_SOURCE", ""), variables.get("CI_MERGE_REQUEST_IID", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", iid) and int(iid):
        return Target(int(iid))
    if source == "external_pull_request_event" or variables.get("CI_EXTERNAL_PULL_REQUEST_IID", ""):
        return Target(why="The pipeline is of a pull request on another forge.")
    if source not in ("", "push", "merge_request_event"):
        return Target(why=f"A pipeline of the kind {source} names none, and its commit need not have come from one.")
    if variables.get("CI_COMMIT_TAG", ""):
        return Target(why="A tag is no merge request's.")
    branch = variables.get("CI_COMMIT_BRANCH", "")
    is_default = bool(branch) and branch == variables.get("CI_DEFAULT_BRANCH", "")
    return Target(push=Push(variables.get("CI_COMMIT_SHA", ""), branch, is_default=is_default))


# ---- both ------------------------------------------------------------------------------------------------------------


def _required(variables: Mapping[str, str], forge: str) -> Callable[[str], str]:
    """A function that gives a variable; ConfigError, with a hint of where it comes from, where it is empty."""

    def value(name: str) -> str:
        if not variables.get(name, "").strip():
            raise ConfigError(f"The variable {name} is not set", hint=_HINTS[name], code=forge)
        return variables[name].strip()

    return value


_HINTS = {
    "GITHUB_REPOSITORY": "It is owner/name, and GitHub Actions sets it.",
    "GITHUB_TOKEN": "Give the step `env: {GITHUB_TOKEN: ${{ github.token }}}`, with `permissions: pull-requests: write`.",
    "CI_API_V4_URL": "GitLab sets it in every job.",
    "CI_PROJECT_ID": "GitLab sets it in every job.",
    "GITLAB_TOKEN": "A project access token with the scope `api`: the token of a job (CI_JOB_TOKEN) may not comment.",
}
