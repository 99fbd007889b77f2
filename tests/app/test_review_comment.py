"""Comments on a pull request: everything comes from the request and the job's variables, nothing from a command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mscode.app.invocation import Invocation
from mscode.app.review_comment import CommentRequest, update_comment
from mscode.errors import ConfigError, MscodeError
from tests.api.fake_forge import TOKEN, Forge, serving

PLAN = {
    "format_version": "1.0",
    "mscode_version": "0.1.0",
    "timestamp": "2026-11-30T06:00:00Z",
    "project": "drive",
    "environment": "production",
    "errored": False,
    "resource_changes": [],
    "checks": [],
    "notes": [],
    "unmanaged": {},
    "digest": "a" * 64,
    "view": {"opening": [], "changes": [], "remarks": [], "launch": [], "ending": [], "totals": "Plan: 1 to add."},
}
OURS = "drive/production"


@pytest.fixture
def forge() -> Iterator[Forge]:
    with serving("gitlab") as served:
        yield served
        assert served.wrong == []


def _job(forge: Forge, **more: str) -> Invocation:
    variables = {
        "CI_API_V4_URL": forge.url,
        "CI_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_IID": "12",
        "CI_COMMIT_SHA": "ab" * 20,
        "GITLAB_TOKEN": TOKEN,
    }
    return Invocation(variables=variables | more)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(PLAN))
    return path


def test_a_comment_is_made_once_and_then_left_or_edited(forge: Forge, plan: Path) -> None:
    inv, shown = _job(forge), CommentRequest("gitlab", "planned", [plan])
    made = update_comment(inv, shown)
    again = update_comment(inv, shown)
    applied = update_comment(inv, CommentRequest("gitlab", "applied", names=[OURS]))
    assert [outcome.action for outcome in (made, again, applied)] == ["created", "unchanged", "updated"]
    assert len({outcome.url for outcome in (made, again, applied)}) == 1
    assert len(forge.bodies) == 1


def test_where_there_is_no_comment_none_is_made_to_close_it(forge: Forge) -> None:
    outcome = update_comment(_job(forge), CommentRequest("gitlab", "applied", names=[OURS]))
    assert (outcome.action, outcome.url, forge.bodies) == ("none", "", [])


def test_a_report_says_why_there_is_no_plan(forge: Forge, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"command": "plan", "exit_code": 1, "diagnostics": [{"summary": "No such group"}]}))
    request = CommentRequest("gitlab", "failed", names=[OURS], report_file=report)
    assert update_comment(_job(forge), request).action == "created"
    assert "No plan could be made" in forge.bodies[0]


def test_the_folder_says_whose_comment_it_is(
    forge: Forge, plan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_comment(_job(forge), CommentRequest("gitlab", "planned", [plan]))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mscode.yaml").write_text(
        "apiVersion: mscode/v1\nproject: drive\ntimezone: UTC\n"
        "environments: {production: {url: 'https://api.example.com/v1', token: {env: T}}}\n"
    )
    inv = _job(forge, MSCODE_ENV="production")
    assert update_comment(inv, CommentRequest("gitlab", "superseded")).action == "updated"


def test_nothing_is_sent_where_the_job_is_no_pull_requests(forge: Forge, plan: Path) -> None:
    inv = _job(forge, CI_MERGE_REQUEST_IID="", CI_PIPELINE_SOURCE="schedule")
    with pytest.raises(MscodeError, match="belongs to no pull request"):
        update_comment(inv, CommentRequest("gitlab", "planned", [plan]))
    with pytest.raises(ConfigError, match="GITLAB_TOKEN is not set"):
        update_comment(_job(forge, GITLAB_TOKEN=""), CommentRequest("gitlab", "planned", [plan]))
    assert forge.bodies == []
