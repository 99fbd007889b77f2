"""A repository made from examples/ci goes from pull request to applied campaign, as the CI of each forge plays it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mscode.cli.app import COMMANDS
from mscode.views.ci.job import REASONS
from tests.acceptance.service import Service, running
from tests.api.fake_forge import TOKEN, Forge, serving
from tests.ci.checkers import assert_form, assert_secure
from tests.ci.runner import Runner, read, tools

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "ci"
HEAD, MERGE = "ab" * 20, "cd" * 20
#: Four days before the campaign of the example starts.
THURSDAY = "2027-02-25T08:00:00Z"
PEOPLE = [f"+35840556{at:04}" for at in range(500)]
WORKFLOWS = sorted((EXAMPLE / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("ci") / "sandbox.db") as service:
        yield service


@pytest.fixture
def service(served: Service) -> Service:
    served.start_over(THURSDAY)
    served.control("POST", "/seed", [{"phone": one, "city": "Helsinki", "firstName": "Ilmatar"} for one in PEOPLE])
    return served


@pytest.fixture
def repository(tmp_path: Path, service: Service) -> Path:
    """What the README says: copy the folder, and put your URL and your state into mscode.yaml."""
    repository = tmp_path / "repository"
    shutil.copytree(EXAMPLE, repository)
    settings = repository / "mscode.yaml"
    text = settings.read_text()
    for old, new in (
        ("https://api.example.com/v1", service.url),
        ("{backend: http, address: https://state.example.com/donor-calls/production}", "{backend: local}"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    settings.write_text(text)
    return repository


def _runner(
    tmp_path: Path,
    repository: Path,
    service: Service,
    forge: Forge,
    *,
    merged: bool = False,
    fork: bool = False,
    by_hand: dict[str, str] | None = None,
) -> Runner:
    """`by_hand`: somebody has started a workflow on `main` with these inputs."""
    name = "someone/fork" if fork else "drive/drive"
    pull = {"number": 12, "head": {"sha": HEAD, "repo": {"full_name": name}}}
    merged = merged or by_hand is not None
    event: dict[str, Any] = {} if merged else {"pull_request": pull}
    if by_hand is not None:
        event = {"inputs": by_hand}
    (tmp_path / "event.json").write_text(json.dumps(event))
    secrets = {
        "GITHUB_TOKEN": TOKEN,
        "MULTISENDER_TOKEN": service.token,
        "MSCODE_STATE_PASSWORD": "state-password",
    }
    return Runner(
        folder=tmp_path / ("after-merge" if merged else "pull-request"),
        repository=repository,
        event=event,
        github={
            "repository": "drive/drive",
            "api_url": forge.url,
            "event_path": str(tmp_path / "event.json"),
            "ref": "refs/heads/main" if merged else "refs/pull/12/merge",
            "sha": MERGE,
            "server_url": "https://github.example.com",
            "run_id": "77",
            "actor": "anna",
            **({"event_name": "workflow_dispatch"} if by_hand is not None else {}),
        },
        inputs=by_hand or {},
        secrets={} if fork else secrets,
        vars={} if fork else {"MSCODE_ALLOWED_HOSTS": "127.0.0.1"},
        kept=tmp_path / "state",
    )


@pytest.fixture
def github() -> Iterator[Forge]:
    with serving("github") as forge:
        forge.app, forge.me, forge.merged[MERGE] = True, "github-actions[bot]", 12
        yield forge
        assert forge.wrong == []


def _tells_nobody(*texts: str) -> None:
    for text in texts:
        for secret in (TOKEN, "state-password", "Ilmatar", *PEOPLE, *(one[1:] for one in PEOPLE)):
            assert secret not in text


def _committed(repository: Path) -> str:
    """The repository as one of git, with everything in it committed; the commit."""
    for arguments in (
        ("init", "-q"),
        ("add", "-A"),
        ("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "One"),
    ):
        subprocess.run(["git", *arguments], cwd=repository, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, check=True, capture_output=True, text=True)
    return head.stdout.strip()


def _launched_by(kept: Path) -> dict[str, Any]:
    """The circumstances of the only launch in the records that the jobs have left."""
    (lines,) = (kept / "production" / "records").glob("*.jsonl")
    records = map(json.loads, lines.read_text().splitlines())
    (context,) = [record["content"]["context"] for record in records if record["type"] == "launch"]
    return context  # type: ignore[no-any-return]


# ---- GitHub ----------------------------------------------------------------------------------------------------------


def test_a_pull_request_on_github_becomes_a_campaign(
    tmp_path: Path, repository: Path, service: Service, github: Forge
) -> None:
    runner = _runner(tmp_path, repository, service, github)
    assert not runner.run("mscode-validate.yml")["validate"].failed
    planned = runner.run("mscode-plan.yml")["plan"]
    assert not planned.failed, planned.log
    (body,) = github.bodies
    assert "Launch: 1 campaign, 500 people, at most 1,500 calls" in body.replace("\\", "")
    assert "500 people" in planned.summary
    for shown in (body, planned.summary):
        assert "**Rehearsed: " in shown and "no breach in 7 checks of the calls" in shown
        assert "| `rsvpCalls.march` |" in shown
    assert service.get("/rsvp_calls") == []

    head = _committed(repository)
    github.reviews["77"] = [{"state": "approved", "environments": [{"name": "mscode-apply"}], "user": {"login": "bo"}}]
    runner = _runner(tmp_path, repository, service, github, merged=True)
    jobs = runner.run("mscode-apply.yml")
    assert not any(job.failed or job.skipped for job in jobs.values()), "".join(job.log for job in jobs.values())
    assert service.campaign()["state"] == "waitingToActive"
    context = _launched_by(tmp_path / "state")
    assert (context["commit"], context["head"], context["clean"]) == (MERGE, head, True)
    assert (context["startedBy"], context["pullRequest"], context["unknown"]) == ("anna", 12, [])
    assert context["runUrl"] == "https://github.example.com/drive/drive/actions/runs/77"
    by = [(approval["how"], approval["by"], approval["detail"]) for approval in context["approvals"]]
    assert by == [("saved plan", "", ""), ("flag", "", "--allow-launch"), ("environment", "bo", "mscode-apply")]
    (body,) = github.bodies
    assert "**Applied.**" in body
    artifact = (runner.folder / "artifacts" / "mscode-plan" / "mscode-plan.json").read_text()
    logs = [planned.log, planned.summary, *(job.log + job.summary for job in jobs.values())]
    _tells_nobody(body, artifact, *logs)
    assert not any(service.token in text for text in (body, artifact, *logs))

    again = _runner(tmp_path, repository, service, github, merged=True)
    again.folder = tmp_path / "next-merge"
    jobs = again.run("mscode-apply.yml")
    assert not jobs["plan"].failed and jobs["apply"].skipped
    assert jobs["plan"].outputs["changes"] == "false"


def test_what_is_not_approved_is_not_applied(tmp_path: Path, repository: Path, service: Service, github: Forge) -> None:
    runner = _runner(tmp_path, repository, service, github, merged=True)
    runner.approve = lambda environment: environment != "mscode-apply"
    jobs = runner.run("mscode-apply.yml")
    assert jobs["plan"].outputs["changes"] == "true" and jobs["apply"].skipped
    assert service.get("/rsvp_calls") == []


def test_what_changes_while_the_approval_is_waited_for_is_refused(
    tmp_path: Path, repository: Path, service: Service, github: Forge
) -> None:
    runner = _runner(tmp_path, repository, service, github, merged=True)

    def somebody_joins(environment: str) -> bool:
        if environment == "mscode-apply":
            service.control("POST", "/seed", [{"phone": "+358405569999", "city": "Helsinki"}])
        return True

    runner.approve = somebody_joins
    job = runner.run("mscode-apply.yml")["apply"]
    assert job.failed
    page = (ROOT / "docs" / "ci.md").read_text()
    begin = page.index("Error: groups.donors")
    assert page[begin : page.index("```", begin)] in job.log
    assert service.get("/rsvp_calls") == []
    body = github.bodies[0].replace("\\", "")
    assert "did not end well: nothing was done" in body
    assert "groups.donors would get other members" in body
    assert "rsvpCalls.march would reach 1 person whom nobody approved" in body and "Nothing was applied." in body
    assert "What was done is in the state" not in body


def test_a_plan_that_nobody_approved_in_time_is_refused_and_the_comment_says_so(
    tmp_path: Path, repository: Path, service: Service, github: Forge
) -> None:
    runner = _runner(tmp_path, repository, service, github, merged=True)
    runner.approve = lambda environment: (
        environment == "mscode-plan" or bool(service.at("2027-02-27T08:00:00Z")) or True
    )
    assert runner.run("mscode-apply.yml")["apply"].failed
    body = github.bodies[0].replace("\\", "")
    assert (
        "did not end well: nothing was done" in body
        and "The plan expired at" in body
        and "Nothing was applied." in body
    )
    assert service.get("/rsvp_calls") == []


def test_the_page_of_a_plan_is_an_artifact_of_its_job_also_where_the_plan_is_refused(
    tmp_path: Path, repository: Path, service: Service, github: Forge
) -> None:
    runner = _runner(tmp_path, repository, service, github)
    assert not runner.run("mscode-plan.yml")["plan"].failed
    page = (runner.folder / "artifacts" / "mscode-plan-html" / "mscode-plan.html").read_text()
    assert page.startswith("<!DOCTYPE html>") and "rsvpCalls.march will be created and launched" in page
    settings = repository / "mscode.yaml"
    settings.write_text(settings.read_text().replace("value: 500", "value: 400"))
    refused = _runner(tmp_path, repository, service, github)
    refused.folder = tmp_path / "second-push"
    job = refused.run("mscode-plan.yml")["plan"]
    assert job.failed
    page = (refused.folder / "artifacts" / "mscode-plan-html" / "mscode-plan.html").read_text()
    assert "maxPeople" in page and "maxPeople" in github.bodies[0]
    _tells_nobody(page)
    # where no plan can be made there is no page
    (repository / "campaigns" / "march.yaml").write_text("apiVersion: mscode/v1\nrsvpCalls: {march: {}}\n")
    broken = _runner(tmp_path, repository, service, github)
    broken.folder = tmp_path / "third-push"
    assert broken.run("mscode-plan.yml")["plan"].failed
    assert not (broken.folder / "artifacts").exists()


# ---- what cannot stand in a manifest ---------------------------------------------------------------------------------


def test_a_halted_campaign_is_launched_again_by_hand_and_with_the_same_approval(
    tmp_path: Path, repository: Path, service: Service, github: Forge
) -> None:
    _runner(tmp_path, repository, service, github, merged=True).run("mscode-apply.yml")
    campaign = service.campaign()
    path = f"/rsvp_calls/{campaign['rsvpCallId']}"
    service.send("PUT", path, {**service.get(path), "state": "halt"})
    assert service.campaign()["state"] == "halt"

    merged = _runner(tmp_path, repository, service, github, merged=True)
    merged.folder = tmp_path / "next-merge"
    assert merged.run("mscode-apply.yml")["plan"].outputs["changes"] == "false"

    by_hand = _runner(tmp_path, repository, service, github, by_hand={"resume": "rsvpCalls.march"})
    by_hand.folder = tmp_path / "refused"
    by_hand.approve = lambda environment: environment != "mscode-apply"
    jobs = by_hand.run("mscode-apply.yml")
    assert jobs["apply"].skipped and "rsvpCalls.march will be launched" in jobs["plan"].log
    assert service.campaign()["state"] == "halt"

    comments = list(github.bodies)
    by_hand = _runner(tmp_path, repository, service, github, by_hand={"resume": "rsvpCalls.march"})
    by_hand.folder = tmp_path / "approved"
    jobs = by_hand.run("mscode-apply.yml")
    assert not any(job.failed or job.skipped for job in jobs.values()), "".join(job.log for job in jobs.values())
    assert service.campaign()["state"] != "halt"
    assert github.bodies == comments  # it belongs to no pull request


def test_a_run_by_hand_on_another_branch_plans_nothing(
    tmp_path: Path, repository: Path, service: Service, github: Forge
) -> None:
    runner = _runner(tmp_path, repository, service, github, by_hand={"resume": "rsvpCalls.march"})
    runner.github = {**runner.github, "ref": "refs/heads/mine"}
    assert all(job.skipped for job in runner.run("mscode-apply.yml").values())


def test_no_workflow_and_no_template_reads_a_comment_a_label_or_the_words_of_a_pull_request() -> None:
    for path in WORKFLOWS:
        text, triggers = path.read_text(), read(path)["on"]
        assert not set(triggers) & {
            "issue_comment",
            "pull_request_review",
            "pull_request_review_comment",
            "issues",
            "label",
        }
        assert not any("types" in (options or {}) for name, options in triggers.items() if name == "pull_request")
        assert not re.search(r"github\.event\.(comment|label|review|issue|inputs)|labels|\.body|\.title|head_ref", text)
    template = (EXAMPLE / ".gitlab-ci.yml").read_text()
    assert not re.search(r"CI_MERGE_REQUEST_(LABELS|TITLE|DESCRIPTION)|CHAT_INPUT|COMMIT_MESSAGE", template)


@pytest.mark.parametrize(
    ("event", "action"),
    [
        ("issue_comment", "created"),
        ("pull_request_review_comment", "created"),
        ("pull_request_review", "submitted"),
        ("commit_comment", "created"),
        ("discussion_comment", "created"),
        ("pull_request", "labeled"),
        ("pull_request_target", "unlabeled"),
        ("issues", "opened"),
    ],
)
def test_the_action_takes_no_input_from_a_comment_or_a_label(tmp_path: Path, event: str, action: str) -> None:
    variables = {"GITHUB_EVENT_NAME": event, "EVENT_ACTION": action}
    for name in ("RESUME", "REPLACE", "OVERRIDE", "ALLOW_DELETES", "ONLY", "VAR"):
        code, outputs, asked = Step(tmp_path).run("plan", **variables, **{name: "rsvpCalls.march"})
        assert (code, outputs, asked) == (64, {"failure_reason": "usage"}, "")
    assert Step(tmp_path).run("plan", **variables)[0] == 0
    assert Step(tmp_path).run("plan", GITHUB_EVENT_NAME="push", RESUME="rsvpCalls.march")[0] == 0


def test_inputs_become_whole_options_of_a_plan_whatever_they_hold(tmp_path: Path) -> None:
    given = {
        "RESUME": "rsvpCalls.a, rsvpCalls.b\nrsvpCalls.c",
        "REPLACE": "--auto-approve",
        "OVERRIDE": "callingHours; touch x",
        "ALLOW_DELETES": "12\n",
        "ONLY": "groups.* $(touch x) `touch x`",
        "VAR": 'city=Es poo "x" $(touch x)\r\n\n   \nn=*',
    }
    asked = Step(tmp_path).run("plan", PLAN="my plan.json", **given)[2].splitlines()
    assert asked == [
        "[--no-input]",
        "[plan]",
        "[--out]",
        "[my plan.json]",
        *(f"[--resume=rsvpCalls.{name}]" for name in "abc"),
        "[--replace=--auto-approve]",
        *(f"[--override={word}]" for word in ("callingHours;", "touch", "x")),
        "[--allow-deletes=12]",
        *(f"[--only={word}]" for word in ("groups.*", "$(touch", "x)", "`touch", "x`")),
        '[--var=city=Es poo "x" $(touch x)]',
        "[--var=n=*]",
    ]
    assert not (tmp_path / "x").exists()


def test_a_plan_is_rehearsed_where_the_workflow_says_so_and_nothing_else_is(tmp_path: Path) -> None:
    assert "[--rehearse]" in Step(tmp_path).run("plan", REHEARSE="true")[2].splitlines()
    for command, word in (("plan", "false"), ("plan", ""), ("apply", "true"), ("drift", "true"), ("validate", "true")):
        assert "[--rehearse]" not in Step(tmp_path).run(command, REHEARSE=word)[2].splitlines()


def test_an_apply_takes_the_limit_of_deletes_and_leaves_the_rest_to_its_plan(tmp_path: Path) -> None:
    asked = Step(tmp_path).run("apply", ALLOW_DELETES="3", VAR="")[2].splitlines()
    assert asked[-2:] == ["[--no-launch]", "[--allow-deletes=3]"]


def test_a_fork_is_validated_without_any_secret_and_never_planned(
    tmp_path: Path, repository: Path, service: Service, github: Forge
) -> None:
    (repository / "campaigns" / "donors.yaml").write_text("apiVersion: mscode/v1\ngroups: {donors: {nam: x}}\n")
    service.forget_requests()
    runner = _runner(tmp_path, repository, service, github, fork=True)
    validated = runner.run("mscode-validate.yml")["validate"]
    assert validated.failed and "::error" in validated.log and "campaigns/donors.yaml" in validated.log
    assert runner.run("mscode-plan.yml")["plan"].skipped
    assert (service.requests(), github.requests) == ([], [])


def test_a_pull_request_that_moves_the_url_gets_no_token(
    tmp_path: Path, repository: Path, service: Service, github: Forge
) -> None:
    settings = repository / "mscode.yaml"
    settings.write_text(settings.read_text().replace("//127.0.0.1", "//localhost"))
    service.forget_requests()
    runner = _runner(tmp_path, repository, service, github)
    job = runner.run("mscode-plan.yml")["plan"]
    assert job.failed and "is not among the hosts" in job.log
    assert service.requests() == []


def test_a_pull_request_runs_no_command_for_a_token(
    tmp_path: Path, repository: Path, service: Service, github: Forge
) -> None:
    settings = repository / "mscode.yaml"
    seen = tmp_path / "seen"
    settings.write_text(settings.read_text().replace("{env: MULTISENDER_TOKEN}", f'{{command: [touch, "{seen}"]}}'))
    job = _runner(tmp_path, repository, service, github).run("mscode-plan.yml")["plan"]
    assert job.failed and "no command is run for a token" in job.log
    assert not seen.exists()


def test_a_plan_that_fails_leaves_no_old_plan_standing(
    tmp_path: Path, repository: Path, service: Service, github: Forge
) -> None:
    assert not _runner(tmp_path, repository, service, github).run("mscode-plan.yml")["plan"].failed
    (repository / "campaigns" / "march.yaml").write_text("apiVersion: mscode/v1\nrsvpCalls: {march: {}}\n")
    runner = _runner(tmp_path, repository, service, github)
    runner.folder = tmp_path / "second-push"
    assert runner.run("mscode-plan.yml")["plan"].failed
    assert "**Superseded.**" in github.bodies[0]


@pytest.mark.parametrize("broken", ["campaigns/march.yaml", "mscode.yaml"])
def test_a_pull_request_whose_first_plan_fails_is_told_why(
    tmp_path: Path, repository: Path, service: Service, github: Forge, broken: str
) -> None:
    path, before = repository / broken, (repository / broken).read_text()
    path.write_text(before.replace("apiVersion: mscode/v1\n", "apiVersion: mscode/v1\nhelo: 1\n"))
    job = _runner(tmp_path, repository, service, github).run("mscode-plan.yml")["plan"]
    assert job.failed
    (body,) = github.bodies
    assert "**No plan could be made**" in body and "Nothing was changed" in body and "helo" in body and broken in body
    second = _runner(tmp_path, repository, service, github)
    second.folder = tmp_path / "second-push"
    assert second.run("mscode-plan.yml")["plan"].failed
    (body,) = github.bodies
    assert "can no longer be applied" not in body  # there is no plan below
    path.write_text(before)
    third = _runner(tmp_path, repository, service, github)
    third.folder = tmp_path / "third-push"
    assert not third.run("mscode-plan.yml")["plan"].failed
    (body,) = github.bodies
    assert "What would be applied" in body and "helo" not in body and "supersedes" not in body


def test_an_input_that_is_no_address_is_said_in_the_first_comment(
    tmp_path: Path, repository: Path, service: Service, github: Forge
) -> None:
    workflow = repository / ".github" / "workflows" / "mscode-plan.yml"
    text = workflow.read_text()
    workflow.write_text(text.replace("command: plan\n", "command: plan\n          resume: rsvpCalls\n"))
    job = _runner(tmp_path, repository, service, github).run("mscode-plan.yml")["plan"]
    assert job.failed
    (body,) = github.bodies
    assert "**No plan could be made**" in body and "--resume" in body.replace("\\", "")


@pytest.mark.skipif("drift" not in COMMANDS, reason="this version has no drift command")
def test_drift_fails_the_job_that_looks_for_it(
    tmp_path: Path, repository: Path, service: Service, github: Forge
) -> None:
    runner = _runner(tmp_path, repository, service, github, merged=True)
    runner.run("mscode-apply.yml")
    assert not runner.run("mscode-drift.yml")["drift"].failed
    group = service.get("/groups")[0]
    service.send("PUT", f"/groups/{group['groupId']}", {"name": group["name"], "description": "Mine"})
    assert runner.run("mscode-drift.yml")["drift"].failed


# ---- the action's outputs --------------------------------------------------------------------------------------------


@dataclass
class Step:
    """The action's main step alone, with an `mscode` that notes its arguments, each in brackets, and ends as it is told to."""

    folder: Path
    code: int = 0
    asked: list[str] = field(default_factory=list)

    def run(self, command: str, **inputs: str) -> tuple[int, dict[str, str], str]:
        bin = self.folder / "bin"
        bin.mkdir(exist_ok=True)
        (bin / "mscode").write_text(f'#!/bin/bash\nprintf "[%s]\\n" "$@" >> "{self.folder}/asked"\nexit {self.code}\n')
        (self.folder / "asked").write_text("")
        (bin / "mscode").chmod(0o755)
        step = next(one for one in read(EXAMPLE / "action.yml")["runs"]["steps"] if one.get("id") == "run")
        output = self.folder / "output"
        output.write_text("")
        variables = {"COMMAND": command, "MSCODE_ENV": "", "PLAN": "", "ALLOW_LAUNCH": "false", **inputs}
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env={
                "PATH": f"{bin}:/usr/bin:/bin",
                "RUNNER_TEMP": str(self.folder),
                "GITHUB_OUTPUT": str(output),
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        found = dict(line.split("=", 1) for line in output.read_text().splitlines())
        return done.returncode, found, (self.folder / "asked").read_text()


@pytest.mark.parametrize("code", [0, *REASONS])
def test_the_reason_of_a_failure_is_that_of_the_exit_code(tmp_path: Path, code: int) -> None:
    ended, outputs, _ = Step(tmp_path, code).run("apply")
    assert (ended, outputs) == (code, {"failure_reason": REASONS.get(code, "")})


@pytest.mark.parametrize(("code", "changes"), [(0, "false"), (2, "true")])
def test_drift_is_no_failure_and_says_whether_there_is_any(tmp_path: Path, code: int, changes: str) -> None:
    ended, outputs, _ = Step(tmp_path, code).run("drift")
    assert (ended, outputs) == (0, {"failure_reason": "", "changes": changes})


def test_calls_are_launched_only_where_the_workflow_says_so(tmp_path: Path) -> None:
    assert "[--no-launch]" in Step(tmp_path).run("apply")[2]
    asked = Step(tmp_path).run("apply", ALLOW_LAUNCH="true", PLAN="my plan.json")[2]
    assert asked.splitlines() == ["[--no-input]", "[apply]", "[my plan.json]", "[--allow-launch]"]


def test_a_command_of_another_name_is_usage(tmp_path: Path) -> None:
    assert Step(tmp_path).run("applyy; touch x")[0] == 64
    assert not (tmp_path / "x").exists()


def test_the_outputs_of_a_plan_and_an_apply(tmp_path: Path, repository: Path, service: Service, github: Forge) -> None:
    runner = _runner(tmp_path, repository, service, github, merged=True)
    workflow = repository / ".github" / "workflows" / "mscode-apply.yml"
    text = workflow.read_text()
    names = ("changes", "to_add", "to_change", "to_destroy", "to_launch", "plan_path", "digest", "failure_reason")
    lines = "".join(f"      {name}: ${{{{ steps.plan.outputs.{name} }}}}\n" for name in names)
    old = "      changes: ${{ steps.plan.outputs.changes }}\n"
    assert text.count(old) == 1
    workflow.write_text(text.replace(old, lines))
    outputs = runner.run("mscode-apply.yml")["plan"].outputs
    digest, path = outputs.pop("digest"), outputs.pop("plan_path")
    assert outputs == {
        "changes": "true",
        "to_add": "6",
        "to_change": "0",
        "to_destroy": "0",
        "to_launch": "1",
        "failure_reason": "",
    }
    assert digest == json.loads(Path(path).read_text())["digest"]


# ---- the page --------------------------------------------------------------------------------------------------------


def _is_the_page(page: Path) -> None:
    html = page.read_text()
    assert [path.name for path in page.parent.iterdir()] == ["index.html"]
    assert "Campaigns of donor-calls in production" in html
    assert not re.search(r"\+?358\d{6,}|Ilmatar", html)


def test_a_workflow_publishes_the_page(tmp_path: Path, repository: Path, service: Service, github: Forge) -> None:
    runner = _runner(tmp_path, repository, service, github, merged=True)
    service.forget_requests()
    jobs = runner.run("mscode-pages.yml")
    assert not any(job.failed or job.skipped for job in jobs.values()), jobs["page"].log
    _is_the_page(runner.folder / "published" / "index.html")
    assert service.requests(writes=True) == []


# ---- GitLab ----------------------------------------------------------------------------------------------------------


@dataclass
class Pipeline:
    """The jobs of .gitlab-ci.yml, each in a checkout of its own; artifacts go from one to the next."""

    folder: Path
    repository: Path
    variables: dict[str, str]
    kept: Path
    log: str = ""

    def run(self, name: str, artifacts: Path | None = None) -> tuple[int, Path]:
        data = read(self.repository / ".gitlab-ci.yml")
        work = self.folder / name
        shutil.copytree(self.repository, work)
        if self.kept.exists():
            shutil.copytree(self.kept, work / ".mscode")
        if artifacts is not None:
            shutil.copy(artifacts / data["variables"]["PLAN"], work)
        variables = {k: str(v).replace("$CI_JOB_TOKEN", "job-token") for k, v in data["variables"].items()}
        script = "\n".join([*data["default"]["before_script"], *data[name]["script"]])
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=work,
            env={"PATH": f"{tools(self.folder)}:/usr/bin:/bin", "CI": "true", **self.variables, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.log += done.stdout + done.stderr
        if (work / ".mscode").exists():
            shutil.copytree(work / ".mscode", self.kept, dirs_exist_ok=True)
        return done.returncode, work


def _gitlab(service: Service, forge: Forge) -> dict[str, str]:
    """What every pipeline of the project knows."""
    return {
        "MULTISENDER_TOKEN": service.token,
        "GITLAB_TOKEN": TOKEN,
        "MSCODE_ALLOWED_HOSTS": "127.0.0.1",
        "CI_API_V4_URL": forge.url,
        "CI_PROJECT_ID": "7",
    }


def _merged(service: Service, forge: Forge) -> dict[str, str]:
    """What a pipeline of `main` knows after the merge of a request."""
    return {
        **_gitlab(service, forge),
        "CI_PIPELINE_SOURCE": "push",
        "CI_COMMIT_BRANCH": "main",
        "CI_DEFAULT_BRANCH": "main",
        "CI_COMMIT_SHA": MERGE,
    }


def test_a_merge_request_on_gitlab_becomes_a_campaign(tmp_path: Path, repository: Path, service: Service) -> None:
    with serving("gitlab") as forge:
        forge.merged[MERGE] = 12
        variables = {**_gitlab(service, forge), "CI_COMMIT_SHA": HEAD, "CI_MERGE_REQUEST_IID": "12"}
        request = Pipeline(tmp_path / "request", repository, variables, tmp_path / "state")
        for name in ("validate", "plan"):
            assert request.run(name)[0] == 0, request.log
        assert "500 people" in forge.bodies[0]
        head = _committed(repository)
        variables = {**_merged(service, forge), "GITLAB_CI": "true", "GITLAB_USER_LOGIN": "anna", "CI_JOB_ID": "78"}
        branch = Pipeline(tmp_path / "branch", repository, variables, tmp_path / "state")
        code, work = branch.run("plan")
        assert code == 0, branch.log
        assert json.loads((work / "plan-report.json").read_text()) == {"create": 6, "update": 0, "delete": 0}
        job = {"CI_JOB_MANUAL": "true", "GITLAB_USER_LOGIN": "bo", "CI_ENVIRONMENT_NAME": "mscode-apply"}
        branch.variables = {**variables, **job}
        approvals = [{"user": {"username": "cleo"}, "status": "approved"}]
        forge.deployments["mscode-apply"] = [{"id": 5, "deployable": {"id": 78}, "approvals": approvals}]
        assert branch.run("apply", work)[0] == 0, branch.log
        assert service.campaign()["state"] == "waitingToActive"
        context = _launched_by(tmp_path / "state")
        assert (context["commit"], context["head"], context["clean"]) == (MERGE, head, True)
        assert (context["startedBy"], context["pullRequest"], context["unknown"]) == ("bo", 12, [])
        by = [(approval["how"], approval["by"]) for approval in context["approvals"] if approval["scope"] == "run"]
        assert by == [("manual job", "bo"), ("environment", "cleo")]
        (body,) = forge.bodies
        assert "**Applied.**" in body
        _tells_nobody(body, request.log, branch.log, (work / "plan.json").read_text())
        assert service.token not in body + request.log + branch.log
        assert forge.wrong == []


def test_a_scheduled_pipeline_publishes_the_page_on_gitlab(tmp_path: Path, repository: Path, service: Service) -> None:
    with serving("gitlab") as forge:
        pipeline = Pipeline(tmp_path / "pipeline", repository, _gitlab(service, forge), tmp_path / "kept")
        code, work = pipeline.run("pages")
    assert code == 0, pipeline.log
    _is_the_page(work / "public" / "index.html")
    assert read(repository / ".gitlab-ci.yml")["pages"]["artifacts"]["paths"] == ["public"]


def test_what_refuses_an_apply_on_gitlab_stands_in_the_note(tmp_path: Path, repository: Path, service: Service) -> None:
    with serving("gitlab") as forge:
        forge.merged[MERGE] = 12
        variables = _merged(service, forge)
        branch = Pipeline(tmp_path / "branch", repository, variables, tmp_path / "state")
        code, work = branch.run("plan")
        assert code == 0, branch.log
        service.control("POST", "/seed", [{"phone": "+358405569999", "city": "Helsinki"}])
        assert branch.run("apply", work)[0] == 3, branch.log
        (body,) = forge.bodies
        assert "nothing was done" in body and "1 person whom nobody approved" in body
        assert service.get("/rsvp_calls") == []


def test_a_halted_campaign_is_launched_again_on_gitlab_by_a_variable_of_one_pipeline(
    tmp_path: Path, repository: Path, service: Service
) -> None:
    with serving("gitlab") as forge:
        forge.merged[MERGE] = 12
        variables = _merged(service, forge)
        branch = Pipeline(tmp_path / "branch", repository, variables, tmp_path / "state")
        assert branch.run("apply", branch.run("plan")[1])[0] == 0, branch.log
        path = f"/rsvp_calls/{service.campaign()['rsvpCallId']}"
        service.send("PUT", path, {**service.get(path), "state": "halt"})
        bodies = list(forge.bodies)

        by_hand = {**variables, "CI_PIPELINE_SOURCE": "web", "MSCODE_RESUME": "rsvpCalls.march"}
        pipeline = Pipeline(tmp_path / "by-hand", repository, by_hand, tmp_path / "state")
        code, work = pipeline.run("plan")
        assert code == 0, pipeline.log
        assert "rsvpCalls.march will be launched" in (work / "plan.html").read_text()
        assert pipeline.run("apply", work)[0] == 0, pipeline.log
        assert service.campaign()["state"] != "halt"
        assert forge.bodies == bodies


def test_variables_become_whole_options_on_gitlab_whatever_they_hold(tmp_path: Path, repository: Path) -> None:
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "mscode").write_text(f'#!/bin/sh\nprintf "[%s]\\n" "$@" >> "{tmp_path}/asked"\n')
    (bin / "mscode").chmod(0o755)
    given = {
        "MSCODE_RESUME": "rsvpCalls.a,rsvpCalls.b",
        "MSCODE_REPLACE": "--auto-approve",
        "MSCODE_OVERRIDE": "callingHours;touch",
        "MSCODE_ALLOW_DELETES": "12",
        "MSCODE_ONLY": "groups.* `touch`",
        "MSCODE_VAR": 'city=Es poo "x" $(touch x)\n\nn=*\nLINES\ntouch x',
    }
    for shell in ("bash", "sh"):
        (tmp_path / "asked").write_text("")
        (script,) = (step for step in read(repository / ".gitlab-ci.yml")["plan"]["script"] if "--resume" in step)
        variables = {"PATH": f"{bin}:/usr/bin:/bin", "PLAN": "my plan.json", **given}
        done = subprocess.run([shell, "-e", "-c", script], cwd=tmp_path, env=variables, check=False)
        assert done.returncode == 0
        assert (tmp_path / "asked").read_text().splitlines()[2:] == [
            "[--rehearse]",
            "[--out]",
            "[my plan.json]",
            "[--gitlab-report]",
            "[plan-report.json]",
            "[--resume=rsvpCalls.a]",
            "[--resume=rsvpCalls.b]",
            "[--replace=--auto-approve]",
            "[--override=callingHours;touch]",
            "[--allow-deletes=12]",
            "[--only=groups.*]",
            "[--only=`touch`]",
            '[--var=city=Es poo "x" $(touch x)]',
            "[--var=n=*]",
            "[--var=LINES]",
            "[--var=touch x]",
        ]
        assert not (tmp_path / "x").exists()


# ---- what the files say ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*WORKFLOWS, EXAMPLE / "action.yml"], ids=lambda path: path.name)
def test_workflows_and_action_are_of_githubs_form(path: Path) -> None:
    schema = "vendor.github-actions" if path.name == "action.yml" else "vendor.github-workflows"
    assert_form(schema, path)


def test_the_pipeline_is_of_gitlabs_form() -> None:
    assert_form("vendor.gitlab-ci", EXAMPLE / ".gitlab-ci.yml")


def test_a_security_linter_finds_nothing() -> None:
    assert_secure(EXAMPLE)


def _steps(path: Path) -> Iterator[dict[str, Any]]:
    data = read(path)
    for job in data.get("jobs", {"": data.get("runs", {})}).values():
        yield from job["steps"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_that_has_a_token_names_the_hosts_that_may_get_it_and_runs_no_commands(path: Path) -> None:
    text = path.read_text()
    assert "MSCODE_ALLOW_COMMANDS" not in text
    assert read(path)["permissions"] == {}
    for step in _steps(path):
        variables = step.get("env", {})
        assert ("MULTISENDER_TOKEN" in variables) == ("MSCODE_ALLOWED_HOSTS" in variables)


def test_the_workflow_for_forks_has_no_secret_at_all() -> None:
    text = (EXAMPLE / ".github" / "workflows" / "mscode-validate.yml").read_text()
    assert "secrets." not in text and "github.token" not in text and "pull_request_target" not in text


def test_hooks_are_the_same_for_a_repository_that_uses_them_from_here() -> None:
    hooks = EXAMPLE / ".pre-commit-hooks.yaml"
    assert hooks.read_text() == (ROOT / ".pre-commit-hooks.yaml").read_text()
    assert [one["id"] for one in read(hooks)] == ["mscode-validate", "mscode-fmt"]
    (repo,) = read(EXAMPLE / ".pre-commit-config.yaml")["repos"]
    assert [one["id"] for one in repo["hooks"]] == [one["id"] for one in read(hooks)]


@pytest.mark.parametrize("name", ["donors.csv", "audio/jingle.WAV", "mail.html", "never.xlsx", "campaigns/march.YML"])
def test_the_check_runs_on_every_file_that_a_manifest_can_name(name: str) -> None:
    """Also where nothing but a deletion is committed, of which pre-commit lists no file."""
    hooks = {one["id"]: one for one in read(EXAMPLE / ".pre-commit-hooks.yaml")}
    assert hooks["mscode-validate"]["always_run"] is True
    assert re.search(hooks["mscode-validate"].get("files", ""), name)
    assert bool(re.search(hooks["mscode-fmt"]["files"], name)) == name.endswith(".YML")


@pytest.mark.parametrize("hook", ["mscode-validate", "mscode-fmt"])
def test_a_hook_runs(hook: str, tmp_path: Path) -> None:
    program, command = next(
        one["entry"] for one in read(EXAMPLE / ".pre-commit-hooks.yaml") if one["id"] == hook
    ).split()
    if command not in COMMANDS:
        pytest.skip(f"this version has no {command} command")
    repository = tmp_path / "repository"
    shutil.copytree(EXAMPLE, repository)
    done = subprocess.run(
        [str(tools(tmp_path) / program), command], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", [ROOT / "docs" / "ci.md", EXAMPLE / "README.md"], ids=lambda path: path.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
        assert not anchor or anchor in anchors, target


def test_the_page_tells_every_input_and_output_of_the_action() -> None:
    page, action = (ROOT / "docs" / "ci.md").read_text(), read(EXAMPLE / "action.yml")
    assert [name for name in (*action["inputs"], *action["outputs"]) if f"`{name}`" not in page] == []
