"""The GitHub workflows of examples/fleet: from a pull request to applied campaigns, and what the files say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.fake_forge import TOKEN, Forge, serving
from tests.ci.checkers import assert_form, assert_secure
from tests.ci.runner import Job, Runner, read
from tests.fleet.examples import CLIENTS, EXAMPLE, ROOT, THURSDAY, commit, git, make_repository
from tests.fleet.services import Accounts, accounts, variable
from tests.state.state_server import state_server

NAMES = ["asikkala", "forssa", "lahti"]
HEAD, MERGE = "ab" * 20, "cd" * 20
KEY, STATE = "a key of the fleet of at least 32 bytes", "state-password"
WORKFLOWS = sorted((EXAMPLE / ".github" / "workflows").glob("*.yml"))


@pytest.fixture
def served() -> Iterator[Accounts]:
    with accounts(NAMES, THURSDAY) as served:
        yield served


@pytest.fixture
def github() -> Iterator[Forge]:
    with serving("github") as forge:
        forge.app, forge.me, forge.merged[MERGE] = True, "github-actions[bot]", 12
        yield forge
        assert forge.wrong == []


@pytest.fixture
def repository(tmp_path: Path, served: Accounts) -> Iterator[Path]:
    with state_server() as (url, _):
        yield make_repository(tmp_path / "repository", served, NAMES, f"{url}/fleet")


def _runner(folder: Path, repository: Path, served: Accounts, forge: Forge, base: str, *, merged: bool) -> Runner:
    pull = {"number": 12, "head": {"sha": HEAD, "repo": {"full_name": "drive/drive"}}, "base": {"sha": base}}
    event = {"before": base} if merged else {"pull_request": pull}
    folder.mkdir()
    (folder / "event.json").write_text(json.dumps(event))
    tokens = {variable(name): served.token(name) for name in NAMES}
    return Runner(
        folder=folder,
        repository=repository,
        event=event,
        github={
            "repository": "drive/drive",
            "api_url": forge.url,
            "event_path": str(folder / "event.json"),
            "event_name": "push" if merged else "pull_request",
            "ref": "refs/heads/main" if merged else "refs/pull/12/merge",
            "sha": MERGE,
            "server_url": "https://github.example.com",
            "run_id": "77",
        },
        secrets={"GITHUB_TOKEN": TOKEN, "MSCODE_STATE_PASSWORD": STATE, "MSCODE_FLEET_KEY": KEY, **tokens},
        vars={"MSCODE_ALLOWED_HOSTS": "127.0.0.1", "MSCODE_STATE_USERNAME": "robot"},
    )


def _ended_well(jobs: dict[str, Job]) -> None:
    for name, job in jobs.items():
        assert job.result == "success", f"{name}: {job.result}\n{job.log}"


def test_a_pull_request_becomes_applied_campaigns(
    tmp_path: Path, repository: Path, served: Accounts, github: Forge
) -> None:
    base = git(repository, "rev-parse", "HEAD")
    for name in ("forssa", "lahti"):
        manifest = repository / "clients" / name / "campaign.yaml"
        manifest.write_text(manifest.read_text().replace("maxRedials: 2", "maxRedials: 1"))
    commit(repository)

    runner = _runner(tmp_path / "pull-request", repository, served, github, base, merged=False)
    _ended_well(runner.run("fleet-validate.yml"))
    assert runner.handed == []
    jobs = runner.run("fleet-plan.yml")
    _ended_well(jobs)
    (body,) = github.bodies
    assert "clients/forssa" in body and "clients/lahti" in body and "clients/asikkala" not in body
    assert "2 launches, 4 people" in body.replace("\\", "")
    assert served.writes() == []

    runner = _runner(tmp_path / "merge", repository, served, github, base, merged=True)
    asked: list[str] = []

    def approve(environment: str) -> bool:
        asked.append(environment)
        assert served.writes() == []
        return True

    runner.approve = approve
    jobs = runner.run("fleet-apply.yml")
    _ended_well(jobs)
    assert asked == ["mscode-apply"]
    assert served.states() == {"asikkala": [], "forssa": ["waitingToActive"], "lahti": ["waitingToActive"]}
    assert served.writes()[0].account == "lahti"  # the pilot first

    # Each called workflow has the tokens of its own shard, and no other secret.
    shared = {"MSCODE_FLEET_KEY": KEY, "MSCODE_STATE_PASSWORD": STATE}
    assert runner.handed == [
        {**shared, "SECRET_1": served.token(name)} for name in ("forssa", "lahti", "lahti", "forssa")
    ]
    texts = [body, *(job.log + job.summary for job in jobs.values())]
    texts += [path.read_text() for path in (runner.folder / "artifacts").rglob("*") if path.is_file()]
    for secret in (TOKEN, STATE, KEY, *(served.token(name) for name in NAMES), "+3584055", "35840555"):
        assert not any(secret in text for text in texts), secret


def test_one_project_that_cannot_be_planned_stops_no_other_plan_and_every_apply(
    tmp_path: Path, repository: Path, served: Accounts, github: Forge
) -> None:
    runner = _runner(tmp_path / "merge", repository, served, github, "0" * 40, merged=True)
    runner.secrets = {name: text for name, text in runner.secrets.items() if name != "TOKEN_FORSSA"}
    asked: list[str] = []
    runner.approve = lambda environment: not asked.append(environment)  # type: ignore[func-returns-value]
    jobs = runner.run("fleet-apply.yml")
    assert (jobs["plan"].result, jobs["merge"].result) == ("failure", "failure")
    assert "The variable TOKEN_FORSSA is not set" in jobs["merge"].log
    assert "2 with changes" in jobs["merge"].log and "1 without a plan" in jobs["merge"].log
    assert asked == [] and jobs["apply-wave-2"].skipped
    assert served.writes() == []


def test_nothing_runs_where_no_project_has_changed(
    tmp_path: Path, repository: Path, served: Accounts, github: Forge
) -> None:
    base = git(repository, "rev-parse", "HEAD")
    (repository / "README.md").write_text("For people\n")
    commit(repository)
    runner = _runner(tmp_path / "pull-request", repository, served, github, base, merged=False)
    jobs = runner.run("fleet-plan.yml")
    assert jobs["list"].outputs["matrix"] == '{"include": []}'
    assert jobs["plan"].skipped and jobs["merge"].skipped
    assert github.bodies == []


# ---- what the files say ----------------------------------------------------------------------------------------------


def test_the_example_is_valid_and_has_twelve_clients_of_which_one_is_the_pilot() -> None:
    assert len(CLIENTS) == 12
    environment = {name: text for name, text in os.environ.items() if not name.startswith("MSCODE_")}
    environment["PYTHONPATH"] = str(ROOT / "src")
    for command in (["validate"], ["list", "--json", "--shards", "4"]):
        done = subprocess.run(
            [sys.executable, "-m", "mscode", "fleet", *command],
            cwd=EXAMPLE,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert [project["path"] for project in data["projects"] if project["wave"] == 1] == ["clients/lahti"]
    assert max(len(shard["tokens"]) for shard in data["shards"]) <= 8


def test_secrets_are_handed_over_one_by_one_and_at_most_eight_tokens_to_a_job() -> None:
    for path in WORKFLOWS:
        text, workflow = path.read_text(), read(path)
        assert "inherit" not in text and "toJSON(secrets)" not in text
        for job in workflow["jobs"].values():
            if "uses" in job:
                handed = [name for name, value in job["secrets"].items() if "secrets[" in value]
                assert handed == [f"SECRET_{at}" for at in range(1, 9)]
            else:  # a job with steps: with an index every secret would come to its machine
                assert "secrets[" not in json.dumps(job)


def test_a_token_reaches_its_job_under_a_name_in_any_case() -> None:
    [job] = read(EXAMPLE / ".github/workflows/fleet-shard.yml")["jobs"].values()
    [step] = [step for step in job["steps"] if step.get("name") == "Run mscode"]
    script = step["run"].partition("unset ")[0] + 'echo "$TOKEN_A $token_b"'
    handed = {"NAMES": "TOKEN_A 1x token_b", "SECRET_1": "one", "SECRET_2": "two", "SECRET_3": "three"}
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True, env=handed)
    assert done.stdout == "one three\n"


def test_no_workflow_reads_a_comment_a_label_or_the_words_of_a_pull_request() -> None:
    for path in WORKFLOWS:
        assert not set(read(path)["on"]) - {"pull_request", "push", "workflow_dispatch", "workflow_call"}
        assert not re.search(
            r"github\.event\.(comment|label|review|issue)|labels|\.body|\.title|head_ref", path.read_text()
        )


ACTION = EXAMPLE / ".github" / "actions" / "mscode" / "action.yml"


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        *(("vendor.github-workflows", path) for path in WORKFLOWS),
        ("vendor.github-actions", ACTION),
        ("vendor.gitlab-ci", EXAMPLE / ".gitlab-ci.yml"),
        ("vendor.gitlab-ci", EXAMPLE / ".gitlab" / "fleet.yml"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_the_files_are_of_their_forges_form(schema: str, path: Path) -> None:
    assert_form(schema, path)


def test_the_child_pipeline_is_of_gitlabs_form(tmp_path: Path) -> None:
    for options in (["--shards", "4"], ["--wave", "7"]):
        command = [sys.executable, "-m", "mscode", "fleet", "list", "--format", "gitlab", *options]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        text = subprocess.run(command, cwd=EXAMPLE, env=environment, capture_output=True, check=True).stdout
        (tmp_path / "pipeline.yml").write_bytes(text)
        assert_form("vendor.gitlab-ci", tmp_path / "pipeline.yml")


def test_a_security_linter_finds_nothing() -> None:
    assert_secure(EXAMPLE)
