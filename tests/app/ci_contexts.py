"""Runs as the variables of CIs, the payloads of their events and the answers of their forges describe them, and what a record says
of each. Names, shapes and values are those of the documentation of GitHub Actions and GitLab CI.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.api.fake_forge import TOKEN

PUSHED, HEAD, TRIED = "ab" * 20, "cd" * 20, "ef" * 20
RUN = "https://github.example.com/drive/drive/actions/runs/901"
JOB = "https://gitlab.example.com/drive/drive/-/jobs/77"
PULL = "https://github.example.com/drive/drive/pull/12"
REQUEST = "https://gitlab.example.com/drive/drive/-/merge_requests/12"


@dataclass(frozen=True)
class Context:
    """`forge` is whose variables are set besides `variables`; `event` is GitHub's payload. `merged`, `reviews`, `deployments` are
    what the forge answers (see `tests/api/fake_forge.py`), `refuses` the status with which it answers everything instead.
    `expected` are members of the record.
    """

    name: str
    forge: str
    expected: dict[str, Any]
    variables: dict[str, str] = field(default_factory=dict)
    event: dict[str, Any] = field(default_factory=dict)
    merged: dict[str, int] = field(default_factory=dict)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    refuses: int = 0


BASE = {
    "github": {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://github.example.com",
        "GITHUB_REPOSITORY": "drive/drive",
        "GITHUB_RUN_ID": "901",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_ACTOR": "anna",
        "GITHUB_TRIGGERING_ACTOR": "anna",
        "GITHUB_SHA": PUSHED,
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_TOKEN": TOKEN,
    },
    "gitlab": {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_PROJECT_ID": "7",
        "CI_PROJECT_URL": "https://gitlab.example.com/drive/drive",
        "CI_JOB_ID": "77",
        "CI_JOB_URL": JOB,
        "CI_COMMIT_SHA": PUSHED,
        "CI_COMMIT_BRANCH": "main",
        "CI_DEFAULT_BRANCH": "main",
        "GITLAB_USER_LOGIN": "anna",
        "GITLAB_TOKEN": TOKEN,
    },
    "": {},
}


def _reviewed(by: str, *environments: str, state: str = "approved") -> dict[str, Any]:
    names = [{"id": number, "name": name} for number, name in enumerate(environments)]
    return {"state": state, "comment": "", "environments": names, "user": {"login": by, "id": 1}}


def _deployed(id: int, job: int, *approvals: tuple[str, str]) -> dict[str, Any]:
    rows = [{"user": {"username": by}, "status": status, "comment": ""} for by, status in approvals]
    return {"id": id, "status": "running", "deployable": {"id": job}, "approvals": rows}


def _by(by: str, environment: str, how: str = "environment") -> dict[str, str]:
    return {"scope": "run", "how": how, "by": by, "detail": environment}


GITHUB_PUSH = {"GITHUB_EVENT_NAME": "push"}
AFTER = {"after": PUSHED, "repository": {"id": 7, "default_branch": "main"}}
QUEUE = f"refs/heads/gh-readonly-queue/main/pr-12-{PUSHED}"
SCHEDULE = {"CI_PIPELINE_SOURCE": "schedule"}

CONTEXTS = [
    Context(
        "GitHub: a push that merged a pull request",
        "github",
        variables=GITHUB_PUSH,
        event=AFTER,
        merged={PUSHED: 12},
        expected={
            "forge": "github",
            "commit": PUSHED,
            "branch": "main",
            "event": "push",
            "actor": "anna",
            "startedBy": "anna",
            "runUrl": RUN,
            "attempt": 1,
            "pullRequest": 12,
            "pullRequestUrl": PULL,
            "run approvals": [],
            "unknown": [],
        },
    ),
    Context(
        "GitHub: a push of no pull request",
        "github",
        variables=GITHUB_PUSH,
        event=AFTER,
        expected={"pullRequest": None, "pullRequestUrl": "", "unknown": []},
    ),
    Context(
        "GitHub: a pull request",
        "github",
        variables={
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_HEAD_REF": "march",
            "GITHUB_REF": "refs/pull/12/merge",
            "GITHUB_SHA": TRIED,
        },
        event={"pull_request": {"number": 12, "head": {"sha": HEAD}}},
        expected={"commit": HEAD, "branch": "march", "event": "pull_request", "startedBy": "anna", "pullRequest": 12},
    ),
    Context(
        "GitHub: a merge queue",
        "github",
        variables={"GITHUB_EVENT_NAME": "merge_group", "GITHUB_REF": QUEUE, "GITHUB_SHA": HEAD},
        event={"action": "checks_requested", "merge_group": {"head_ref": QUEUE, "head_sha": HEAD}},
        expected={"commit": HEAD, "event": "merge_group", "startedBy": "anna", "pullRequest": 12},
    ),
    Context(
        "GitHub: an environment that was approved",
        "github",
        variables=GITHUB_PUSH,
        event=AFTER,
        merged={PUSHED: 12},
        reviews=[_reviewed("bo", "mscode-apply")],
        expected={"startedBy": "anna", "run approvals": [_by("bo", "mscode-apply")], "pullRequest": 12},
    ),
    Context(
        "GitHub: two environments by one review, and one that was rejected first",
        "github",
        variables=GITHUB_PUSH,
        event=AFTER,
        reviews=[
            _reviewed("cleo", "mscode-apply", state="rejected"),
            _reviewed("bo", "mscode-plan", "mscode-apply"),
        ],
        expected={"run approvals": [_by("bo", "mscode-plan"), _by("bo", "mscode-apply")]},
    ),
    Context(
        "GitHub: started by hand",
        "github",
        variables={"GITHUB_EVENT_NAME": "workflow_dispatch"},
        event={"inputs": {"resume": "rsvpCalls.march"}, "ref": "refs/heads/main"},
        reviews=[_reviewed("bo", "mscode-apply")],
        expected={
            "event": "workflow_dispatch",
            "startedBy": "anna",
            "pullRequest": None,
            "run approvals": [_by("bo", "mscode-apply")],
            "unknown": [],
        },
    ),
    Context(
        "GitHub: a schedule, whose actor did nothing",
        "github",
        variables={"GITHUB_EVENT_NAME": "schedule"},
        event={"schedule": "0 6 * * *"},
        expected={"event": "schedule", "actor": "anna", "startedBy": "", "pullRequest": None},
    ),
    Context(
        "GitHub: a schedule that somebody runs once more",
        "github",
        variables={
            "GITHUB_EVENT_NAME": "schedule",
            "GITHUB_RUN_ATTEMPT": "2",
            "GITHUB_TRIGGERING_ACTOR": "cleo",
        },
        event={"schedule": "0 6 * * *"},
        expected={"actor": "anna", "startedBy": "cleo", "attempt": 2},
    ),
    Context(
        "GitHub: a push that somebody else runs once more",
        "github",
        variables={**GITHUB_PUSH, "GITHUB_RUN_ATTEMPT": "3", "GITHUB_TRIGGERING_ACTOR": "cleo"},
        event=AFTER,
        expected={"actor": "anna", "startedBy": "cleo", "attempt": 3},
    ),
    Context(
        "GitHub: a job without a token",
        "github",
        variables={**GITHUB_PUSH, "GITHUB_TOKEN": ""},
        event=AFTER,
        merged={PUSHED: 12},
        reviews=[_reviewed("bo", "mscode-apply")],
        expected={
            "startedBy": "anna",
            "pullRequest": None,
            "run approvals": [],
            "unknown": [
                "who reviewed its environment: the job gives mscode no GITHUB_TOKEN",
                "its pull request: the job gives mscode no GITHUB_TOKEN",
            ],
        },
    ),
    Context(
        "GitHub: a token that may not read",
        "github",
        variables=GITHUB_PUSH,
        event=AFTER,
        merged={PUSHED: 12},
        refuses=403,
        expected={
            "pullRequest": None,
            "run approvals": [],
            "unknown beginnings": ["who reviewed its", "its pull request"],
        },
    ),
    Context(
        "GitHub: a host that may be given no token",
        "github",
        variables={**GITHUB_PUSH, "MSCODE_ALLOWED_HOSTS": "api.example.com"},
        event=AFTER,
        merged={PUSHED: 12},
        expected={"pullRequest": None, "run approvals": [], "unknown beginnings": ["http"]},
    ),
    Context(
        "GitHub: claims beside what the forge tells",
        "github",
        variables={
            **GITHUB_PUSH,
            "MSCODE_ACTOR": "mallory",
            "MSCODE_APPROVED_BY": "mallory",
            "MSCODE_RUN_URL": "https://ci.example.com/1",
        },
        event=AFTER,
        reviews=[_reviewed("bo", "mscode-apply")],
        expected={
            "startedBy": "anna",
            "runUrl": RUN,
            "run approvals": [_by("bo", "mscode-apply")],
            "claimed": {"runUrl": "https://ci.example.com/1", "actor": "mallory", "approvedBy": "mallory"},
        },
    ),
    Context(
        "GitLab: a merge request",
        "gitlab",
        variables={
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_MERGE_REQUEST_IID": "12",
            "CI_MERGE_REQUEST_PROJECT_URL": "https://gitlab.example.com/drive/drive",
            "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD,
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "march",
        },
        expected={
            "forge": "gitlab",
            "commit": HEAD,
            "branch": "march",
            "event": "merge_request_event",
            "startedBy": "anna",
            "runUrl": JOB,
            "attempt": None,
            "pullRequest": 12,
            "pullRequestUrl": REQUEST,
            "unknown": [],
        },
    ),
    Context(
        "GitLab: a manual job, started by another than the pipeline",
        "gitlab",
        variables={"CI_PIPELINE_SOURCE": "push", "CI_JOB_MANUAL": "true", "GITLAB_USER_LOGIN": "bo"},
        merged={PUSHED: 12},
        expected={"startedBy": "bo", "run approvals": [_by("bo", "", "manual job")], "pullRequest": 12},
    ),
    Context(
        "GitLab: a protected environment with approvals",
        "gitlab",
        variables={"CI_PIPELINE_SOURCE": "push", "CI_JOB_MANUAL": "true", "CI_ENVIRONMENT_NAME": "mscode-apply"},
        deployments=[
            _deployed(6, 78, ("mallory", "approved")),
            _deployed(5, 77, ("bo", "approved"), ("cleo", "rejected")),
        ],
        expected={
            "run approvals": [_by("anna", "mscode-apply", "manual job"), _by("bo", "mscode-apply")],
            "unknown": [],
        },
    ),
    Context(
        "GitLab: a protected environment, asked with the token of the job",
        "gitlab",
        variables={
            "CI_PIPELINE_SOURCE": "push",
            "CI_ENVIRONMENT_NAME": "mscode-apply",
            "GITLAB_TOKEN": "",
            "CI_JOB_TOKEN": TOKEN,
        },
        deployments=[_deployed(5, 77, ("bo", "approved"))],
        expected={"run approvals": [_by("bo", "mscode-apply")]},
    ),
    Context(
        "GitLab: a schedule, whose owner did nothing",
        "gitlab",
        variables=SCHEDULE,
        expected={"event": "schedule", "actor": "anna", "startedBy": "", "run approvals": [], "pullRequest": None},
    ),
    Context(
        "GitLab: a manual job of a schedule",
        "gitlab",
        variables={**SCHEDULE, "CI_JOB_MANUAL": "true", "GITLAB_USER_LOGIN": "bo"},
        expected={"event": "schedule", "startedBy": "bo", "run approvals": [_by("bo", "", "manual job")]},
    ),
    Context(
        "GitLab: no token at all",
        "gitlab",
        variables={"CI_PIPELINE_SOURCE": "push", "CI_ENVIRONMENT_NAME": "mscode-apply", "GITLAB_TOKEN": ""},
        merged={PUSHED: 12},
        expected={
            "pullRequest": None,
            "run approvals": [],
            "unknown": [
                "who reviewed its environment: the job gives mscode neither GITLAB_TOKEN nor CI_JOB_TOKEN",
                "its pull request: the job gives mscode neither GITLAB_TOKEN nor CI_JOB_TOKEN",
            ],
        },
    ),
    Context(
        "Another CI that says nothing",
        "",
        variables={"CI": "true"},
        expected={"forge": "", "event": "", "actor": "", "startedBy": "", "runUrl": "", "run approvals": []},
    ),
    Context(
        "Another CI with claims",
        "",
        variables={
            "CI": "true",
            "MSCODE_RUN_URL": "https://bo:letmein@ci.example.com/run/4055501234?token=abcdef123",
            "MSCODE_ACTOR": "anna@example.com",
            "MSCODE_APPROVED_BY": "Bo Berg, +358405550123",
        },
        expected={
            "startedBy": "",
            "runUrl": "",
            "claimed": {
                "runUrl": "https://(secret)@ci.example.com/run/4055501234?token=(secret)",
                "actor": "anna@example.com",
                "approvedBy": "Bo Berg, +35840•••0123",
            },
        },
    ),
    Context(
        "Jenkins, which names its run",
        "",
        variables={"CI": "true", "BUILD_URL": "https://jenkins.example.com/job/drive/4/"},
        expected={"startedBy": "", "runUrl": "https://jenkins.example.com/job/drive/4/"},
    ),
]
