"""examples/ci/drift-issue.sh, really run: one issue is opened, kept up to date and closed, on a local forge."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World
from tests.acceptance.issues import TOKEN, Issues, serving

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "ci"
SCRIPT = EXAMPLE / "drift-issue.sh"
MARKER = "<!-- mscode:drift:1:drive/test -->"

pytestmark = pytest.mark.skipif(
    not all(shutil.which(one) for one in ("bash", "curl", "jq")), reason="the script needs bash, curl and jq"
)


@pytest.fixture
def forge() -> Iterator[Issues]:
    with serving() as issues:
        yield issues


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with a command `mscode`: this source tree's."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "mscode"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mscode "$@"\n')
    command.chmod(0o755)
    return folder


class Job:
    """What CI runs each morning."""

    def __init__(self, world: World, forge: Issues, tools: Path) -> None:
        self.world, self.forge, self._tools = world, forge, tools
        self.variables = {"GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": "drive/drive", "GITHUB_API_URL": forge.url}

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        source = str(Path(__file__).resolve().parents[2] / "src")
        own = {"PATH": f"{self._tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": source, "CI": "true"}
        token = {"ACCEPTANCE_TOKEN": self.world.service.token}
        done = subprocess.run(
            ["bash", str(SCRIPT), *options],
            cwd=self.world.folder,
            env={**own, **token, **self.variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert TOKEN not in done.stdout + done.stderr
        return done


@pytest.fixture
def job(world: World, forge: Issues, tools: Path) -> Job:
    world.launched(drive())
    return Job(world, forge, tools)


def describe(world: World, text: str) -> None:
    group = world.service.get("/groups")[0]
    world.service.send("PUT", f"/groups/{group['groupId']}", {"name": group["name"], "description": text})


def test_without_drift_there_is_no_issue(job: Job) -> None:
    done = job.run("--env", "test")
    assert done.returncode == 0, done.stderr
    assert job.forge.issues == []


def test_one_issue_is_opened_kept_up_to_date_and_closed(job: Job) -> None:
    describe(job.world, "Somebody wrote this")
    assert job.run().returncode == 0
    [issue] = job.forge.open
    assert issue["title"] == "mscode drift: drive in test"
    assert issue["body"].startswith(MARKER)
    assert "groups.donors has changed" in issue["body"]

    job.world.service.halt_as_a_person()
    assert job.run().returncode == 0
    [issue] = job.forge.open
    assert "was halted by a person" in issue["body"]

    describe(job.world, "Donors in Helsinki")
    job.world.service.put_campaign(job.world.service.campaign(), state="active")
    done = job.run()
    assert done.returncode == 0, done.stderr
    assert job.forge.open == []
    assert len(job.forge.issues) == 1
    assert job.forge.issues[0]["state_reason"] == "completed"
    assert "No drift" in job.forge.issues[0]["body"]


def test_drift_that_comes_back_opens_a_new_issue(job: Job) -> None:
    for text in ("Somebody wrote this", "Donors in Helsinki", "Somebody wrote that"):
        describe(job.world, text)
        assert job.run().returncode == 0
    assert [one["state"] for one in job.forge.issues] == ["closed", "open"]


def test_the_issue_is_found_behind_a_hundred_others_and_nobody_elses_is_taken_for_it(job: Job) -> None:
    job.forge.add(f"{MARKER}\nmine", author="somebody")
    job.forge.add(f"{MARKER}\na pull request", pull_request={"url": ""})
    job.forge.add(f"I quote:\n{MARKER}")
    for at in range(130):
        job.forge.add(f"Something else {at}")
    own = job.forge.add(f"{MARKER}\r\nold")
    describe(job.world, "Somebody wrote this")
    assert job.run().returncode == 0
    assert "groups.donors has changed" in own["body"]
    assert job.forge.issues[0]["body"].endswith("mine")
    assert len(job.forge.issues) == 134


def test_a_forge_that_refuses_fails_the_job(job: Job) -> None:
    describe(job.world, "Somebody wrote this")
    job.forge.refuse = 403
    done = job.run()
    assert done.returncode == 1
    assert "the forge refused" in done.stderr


@pytest.mark.parametrize(("limits", "code"), [([403, 429], 0), ([403, 403, 403], 1)])
def test_a_rate_limit_is_waited_for_and_not_for_ever(job: Job, limits: list[int], code: int) -> None:
    describe(job.world, "Somebody wrote this")
    job.forge.limits = limits
    done = job.run()
    assert done.returncode == code, done.stderr
    assert len(job.forge.open) == (0 if code else 1)
    assert code == 0 or "403 You have exceeded a secondary rate limit" in done.stderr


def test_an_error_of_mscode_touches_no_issue(job: Job) -> None:
    job.forge.add(f"{MARKER}\nold")
    (job.world.folder / "mscode.yaml").write_text("apiVersion: [")
    assert job.run().returncode == 1
    assert job.forge.asked == []
    assert job.forge.issues[0]["body"].endswith("old")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"GITHUB_API_URL": "http://forge.example.com"}, "must be https"),
        ({"MSCODE_ALLOWED_HOSTS": "api.example.com"}, "not among MSCODE_ALLOWED_HOSTS"),
        ({"MSCODE_ALLOWED_HOSTS": ""}, "not among MSCODE_ALLOWED_HOSTS"),
        ({"GITHUB_TOKEN": ""}, "no token"),
    ],
)
def test_the_token_stays_at_home(job: Job, variables: dict[str, str], said: str) -> None:
    job.variables |= variables
    done = job.run()
    assert done.returncode == 1
    assert said in done.stderr
    assert job.forge.asked == []


def test_the_workflow_runs_the_script_with_the_rights_it_needs_and_no_more() -> None:
    path = EXAMPLE / ".github" / "workflows" / "mscode-drift-issue.yml"
    data: Any = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    job = data["jobs"]["drift"]
    assert data["permissions"] == {}
    assert job["permissions"] == {"contents": "read", "issues": "write"}
    last = job["steps"][-1]
    assert last["run"].split()[0] == f"./{SCRIPT.name}"
    assert os.access(SCRIPT, os.X_OK)
    assert {"GITHUB_TOKEN", "MSCODE_ALLOWED_HOSTS", "MULTISENDER_TOKEN"} <= set(last["env"])
    for step in job["steps"]:
        assert "uses" not in step or len(step["uses"].split("@")[1]) == 40
