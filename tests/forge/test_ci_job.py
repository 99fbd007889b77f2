"""Which pull request a job belongs to: what its event names, and its commit only where that commit is what was pushed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mscode.errors import MscodeError
from mscode.forge.ci_job import Push, Target, number_of, settings_of
from mscode.forge.comments import Pull

SHA, HEAD = "ab" * 20, "cd" * 20
HERE = {"id": 7, "default_branch": "main"}


def _github(folder: Path, name: str, event: dict[str, Any], **more: str) -> Any:
    path = folder / "event.json"
    path.write_text(json.dumps({"repository": HERE, **event}))
    variables = {
        "GITHUB_REPOSITORY": "drive/drive",
        "GITHUB_TOKEN": "t" * 20,
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_SHA": SHA,
        **more,
    }
    return settings_of("github", None, variables)


def _pulls(*numbers: int, here: int = 7) -> dict[str, Any]:
    return {"head_sha": HEAD, "pull_requests": [{"number": n, "base": {"repo": {"id": here}}} for n in numbers]}


PULL = {"number": 57, "head": {"sha": HEAD}}
QUEUE = f"refs/heads/gh-readonly-queue/release/1/pr-57-{HEAD}"


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("pull_request", {"pull_request": PULL}),
        ("pull_request_target", {"pull_request": PULL}),
        ("pull_request_review", {"pull_request": PULL, "review": {"id": 1}}),
        ("pull_request_review_comment", {"pull_request": PULL, "comment": {"id": 1}}),
        ("issue_comment", {"issue": {"number": 57, "pull_request": {"url": "x"}}, "comment": {"body": "/plan"}}),
        ("workflow_run", {"workflow_run": _pulls(57)}),
        ("check_run", {"check_run": _pulls(57)}),
        ("check_run", {"check_run": {"pull_requests": [], "check_suite": _pulls(57)}}),
        ("check_suite", {"check_suite": _pulls(57)}),
        ("merge_group", {"merge_group": {"head_ref": QUEUE, "head_sha": HEAD}}),
        ("deployment", {"deployment": {"ref": "refs/pull/57/merge", "sha": HEAD}}),
        ("deployment_status", {"deployment": {"ref": "x"}, "workflow_run": _pulls(57), "check_run": None}),
    ],
)
def test_the_event_names_the_pull_request(tmp_path: Path, name: str, event: dict[str, Any]) -> None:
    settings = _github(tmp_path, name, event)
    assert number_of(settings.target, _never) == 57
    assert settings.job.commit in ("", HEAD)  # the one of the job is the default branch's


def test_a_merge_group_is_told_by_its_ref_too(tmp_path: Path) -> None:
    assert _github(tmp_path, "merge_group", {}, GITHUB_REF=QUEUE).target == Target(
        57, why="The merge group names no pull request."
    )


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("issue_comment", {"issue": {"number": 57}, "comment": {"body": "/plan"}}),
        ("issues", {"issue": {"number": 57, "pull_request": None}}),
        ("workflow_run", {"workflow_run": _pulls()}),
        ("workflow_run", {"workflow_run": _pulls(57, here=8)}),  # of a fork's own repository
        ("workflow_run", {"workflow_run": {"pull_requests": [{"number": True}, {"number": "57"}, 3]}}),
        ("check_suite", {"check_suite": {"pull_requests": None}}),
        ("schedule", {"schedule": "0 6 * * *"}),
        ("workflow_dispatch", {"inputs": {"environment": "production"}, "ref": "refs/heads/main"}),
        ("repository_dispatch", {"client_payload": {"number": 57}}),
        ("release", {"release": {"tag_name": "v1"}}),
        ("deployment", {"deployment": {"ref": "main", "sha": SHA}}),
        ("deployment_status", {"deployment": {"ref": "main", "sha": SHA}, "workflow_run": None}),
        ("merge_group", {"merge_group": {"head_ref": "refs/heads/main"}}),
        ("create", {"ref": "v1", "ref_type": "tag"}),
        ("push", {"deleted": True, "after": "0" * 40}),
        ("", {"schedule": "0 6 * * *"}),
        ("something_new", {}),
    ],
)
def test_an_event_that_names_none_is_never_guessed_from_a_commit(
    tmp_path: Path, name: str, event: dict[str, Any]
) -> None:
    with pytest.raises(MscodeError, match="belongs to no pull request"):
        number_of(_github(tmp_path, name, event).target, _never)


def test_a_tag_that_was_pushed_is_no_pull_requests(tmp_path: Path) -> None:
    with pytest.raises(MscodeError, match="no pull request"):
        number_of(_github(tmp_path, "push", {"after": SHA}, GITHUB_REF="refs/tags/v1").target, _never)


def test_several_pull_requests_of_an_event_are_named_and_none_is_taken(tmp_path: Path) -> None:
    with pytest.raises(MscodeError, match="several pull requests: 57, 58"):
        number_of(_github(tmp_path, "workflow_run", {"workflow_run": _pulls(58, 57)}).target, _never)


def test_an_event_that_cannot_be_read_leaves_the_ref(tmp_path: Path) -> None:
    found = _github(
        tmp_path, "pull_request", {}, GITHUB_EVENT_PATH=str(tmp_path / "gone"), GITHUB_REF="refs/pull/57/merge"
    )
    assert found.target.number == 57


def test_a_number_on_the_command_line_comes_before_any_event(tmp_path: Path) -> None:
    assert settings_of("gitlab", 3, {**GITLAB, "CI_MERGE_REQUEST_PROJECT_ID": "8"}).target == Target(3)


def _never(sha: str) -> list[Pull]:
    raise AssertionError("the commit was asked")


# ---- a push ----------------------------------------------------------------------------------------------------------

MERGED = Pull(41, is_merged=True, target="main", source="a", commits=frozenset({SHA, HEAD}))
BY_ANOTHER_COMMIT = Pull(42, is_merged=True, target="main", source="b", commits=frozenset({HEAD}))
ELSEWHERE = Pull(43, is_merged=True, target="next", source="a", commits=frozenset({SHA}))
OPEN = Pull(44, is_open=True, target="main", source="a", commits=frozenset({SHA}))
STACKED = Pull(45, is_open=True, target="a", source="b", commits=frozenset({HEAD}))
GIVEN_UP = Pull(46, source="a", target="main", commits=frozenset({SHA}))
UNSAID = Pull(47, is_merged=True)


@pytest.mark.parametrize(
    ("branch", "pulls", "number"),
    [
        ("main", [MERGED], 41),
        ("main", [BY_ANOTHER_COMMIT, MERGED], 41),
        ("main", [ELSEWHERE, MERGED, OPEN], 41),
        ("main", [UNSAID], 47),
        ("main", [ELSEWHERE], 0),
        ("main", [Pull(48, is_open=True, source="main", target="release")], 0),
        ("main", [GIVEN_UP], 0),
        ("main", [], 0),
        ("a", [STACKED, OPEN], 44),
        ("a", [GIVEN_UP], 0),
    ],
)
def test_a_push_stands_for_what_it_merged_or_for_the_open_one_of_its_branch(
    tmp_path: Path, branch: str, pulls: list[Pull], number: int
) -> None:
    target = _github(tmp_path, "push", {"after": SHA}, GITHUB_REF=f"refs/heads/{branch}").target
    assert target.push == Push(SHA, branch, is_default=branch == "main")
    if number:
        assert number_of(target, lambda sha: pulls) == number
    else:
        with pytest.raises(MscodeError, match="no pull request"):
            number_of(target, lambda sha: pulls)


def test_a_commit_of_several_pull_requests_is_no_guess_either() -> None:
    twins = [Pull(1, is_merged=True), Pull(2, is_merged=True)]
    with pytest.raises(MscodeError, match="several pull requests: 1, 2"):
        number_of(Target(push=Push(SHA)), lambda sha: twins)


# ---- GitLab ----------------------------------------------------------------------------------------------------------

GITLAB = {
    "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
    "CI_PROJECT_ID": "7",
    "GITLAB_TOKEN": "t" * 20,
    "CI_COMMIT_SHA": SHA,
    "CI_DEFAULT_BRANCH": "main",
}


@pytest.mark.parametrize("source", ["merge_request_event", "parent_pipeline"])
def test_the_pipeline_names_the_merge_request(source: str) -> None:
    settings = settings_of("gitlab", None, {**GITLAB, "CI_PIPELINE_SOURCE": source, "CI_MERGE_REQUEST_IID": "57"})
    assert (settings.target, settings.repo) == (Target(57), "7")


def test_the_merge_request_of_a_fork_is_one_of_the_project_that_it_goes_to() -> None:
    variables = {**GITLAB, "CI_MERGE_REQUEST_IID": "57", "CI_PROJECT_ID": "99", "CI_MERGE_REQUEST_PROJECT_ID": "7"}
    assert settings_of("gitlab", None, variables).repo == "7"


@pytest.mark.parametrize(
    "variables",
    [
        *(
            {"CI_PIPELINE_SOURCE": one}
            for one in ("schedule", "web", "api", "trigger", "pipeline", "parent_pipeline", "chat")
        ),
        {"CI_PIPELINE_SOURCE": "external_pull_request_event", "CI_EXTERNAL_PULL_REQUEST_IID": "57"},
        {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": "v1"},
        {"CI_PIPELINE_SOURCE": "schedule", "CI_MERGE_REQUEST_IID": ""},
    ],
)
def test_a_pipeline_that_names_none_is_never_guessed_from_its_commit(variables: dict[str, str]) -> None:
    with pytest.raises(MscodeError, match="no pull request"):
        number_of(settings_of("gitlab", None, {**GITLAB, **variables}).target, _never)


def test_a_branch_pipeline_asks_its_commit() -> None:
    variables = {**GITLAB, "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}
    assert settings_of("gitlab", None, variables).target.push == Push(SHA, "main", is_default=True)
