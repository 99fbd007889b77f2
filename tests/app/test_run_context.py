"""The circumstances of a run, as its records keep them: what a forge tells, what is claimed, and what is unknown."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mscode.app.approval import ApplyOptions
from mscode.app.plan import make_plan
from mscode.app.run_context import context_of_apply
from mscode.app.saved_plan import load_saved, save_plan
from mscode.app.workspace import load_work
from mscode.plan.inputs import Options
from mscode.state.lock_info import who
from mscode.state.records.context import RunContext
from tests.api.fake_forge import TOKEN, serving
from tests.app.ci_contexts import BASE, CONTEXTS, PUSHED, Context
from tests.app.conftest import ProjectFolder

FLAGS = ApplyOptions(auto_approve=True, allow_launch=True)


def _context(
    workspace: ProjectFolder, variables: dict[str, str], options: ApplyOptions = FLAGS, *, launch: bool = True
) -> RunContext:
    work = load_work(replace(workspace.inv, variables=variables), workspace.folder, Options())
    return context_of_apply(work, options, launch=launch)


def _git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _committed(folder: Path) -> str:
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "-m", "One")
    return _git(folder, "rev-parse", "HEAD")


def _record(context: Context, workspace: ProjectFolder) -> RunContext:
    with serving(context.forge or "github") as forge:
        forge.merged, forge.reviews = context.merged, {"901": context.reviews}
        forge.deployments = {"mscode-apply": context.deployments}
        forge.faults = [(context.refuses, {})] * 9 if context.refuses else []
        event = workspace.folder / "event.json"
        event.write_text(json.dumps(context.event))
        places = {"GITHUB_API_URL": forge.url, "GITHUB_EVENT_PATH": str(event), "CI_API_V4_URL": forge.url}
        variables = BASE[context.forge] | (places if context.forge else {}) | context.variables
        record = _context(workspace, variables)
        assert forge.wrong == []
    return record


@pytest.mark.parametrize("context", CONTEXTS, ids=[context.name for context in CONTEXTS])
def test_a_run_is_described_as_its_ci_describes_it(context: Context, workspace: ProjectFolder) -> None:
    record = _record(context, workspace)
    data: dict[str, Any] = json.loads(record.text())
    assert RunContext.model_validate_json(record.text()) == record
    assert TOKEN not in record.text()
    approvals: Sequence[dict[str, str]] = data["approvals"]
    assert [approval["scope"] for approval in approvals[:2]] == ["plan", "launch"]
    assert {approval["by"] for approval in approvals[:2]} == {""}, "a flag in a CI is nobody's approval in person"
    shown = data | {"run approvals": [approval for approval in approvals if approval["scope"] == "run"]}
    beginnings = context.expected.get("unknown beginnings", ())
    for sentence, beginning in zip(shown["unknown"], beginnings or shown["unknown"], strict=True):
        assert sentence.startswith(beginning)
    expected = {name: value for name, value in context.expected.items() if name != "unknown beginnings"}
    assert {name: shown[name] for name in expected} == expected


def test_what_is_claimed_is_shown_as_claimed_and_never_in_place_of_what_a_forge_told(workspace: ProjectFolder) -> None:
    by_name = {context.name: context for context in CONTEXTS}
    told = _record(by_name["GitHub: claims beside what the forge tells"], workspace)
    assert (told.started_text, told.approved_text) == ("anna", "bo (environment mscode-apply)")
    assert told.run_text.startswith("https://github.example.com/")
    claims = {"MSCODE_ACTOR": "anna", "MSCODE_APPROVED_BY": "bo", "MSCODE_RUN_URL": "https://ci.example.com/1"}
    claimed = _context(workspace, {"CI": "true", **claims})
    assert (claimed.started_text, claimed.approved_text) == ("anna (claimed)", "bo (claimed)")
    assert claimed.run_text == "https://ci.example.com/1 (claimed)"
    scheduled = _record(by_name["GitLab: a schedule, whose owner did nothing"], workspace)
    assert (scheduled.started_text, scheduled.approved_text) == (
        "schedule",
        "unknown (--auto-approve, --allow-launch)",
    )
    silent = _context(workspace, {"CI": "true"})
    assert (silent.started_text, silent.run_text) == ("unknown", "")
    assert RunContext().approved_text == "unknown"


def test_a_forge_is_asked_once_and_does_not_hold_a_launch_up(workspace: ProjectFolder) -> None:
    with serving("github") as forge:
        forge.faults = [(503, {}), (429, {"Retry-After": "120"})]
        variables = BASE["github"] | {"GITHUB_API_URL": forge.url, "GITHUB_EVENT_NAME": "push"}
        record = _context(workspace, variables)
        assert len(forge.requests) == 2
    assert [sentence.partition(":")[0] for sentence in record.unknown] == [
        "who reviewed its environment",
        "its pull request",
    ]


@pytest.mark.parametrize("answer", [[], {}, [{"state": "approved"}], [{"state": "approved", "environments": 3}], [[]]])
def test_an_answer_that_is_not_as_documented_approves_nothing(workspace: ProjectFolder, answer: Any) -> None:
    with serving("github") as forge:
        forge.of_method = {"GET": [(200, {}, answer)]}
        variables = BASE["github"] | {"GITHUB_API_URL": forge.url, "GITHUB_EVENT_NAME": "schedule"}
        record = _context(workspace, variables)
    assert not [approval for approval in record.approvals if approval.scope == "run"]


# ---- a person's own machine ------------------------------------------------------------------------------------------


def test_a_laptop_with_a_clean_work_tree(workspace: ProjectFolder) -> None:
    commit = _committed(workspace.folder)
    record = _context(workspace, {}, ApplyOptions())
    assert (record.commit, record.branch, record.head, record.clean) == (commit, "main", "", True)
    assert (record.forge, record.event, record.started_by, record.uncommitted) == ("", "", who(), ())
    assert [(approval.scope, approval.how, approval.by) for approval in record.approvals] == [
        ("plan", "yes", who()),
        ("launch", "yes", who()),
    ]
    assert record.approved_text == f"{who()} (typed yes)"


def test_a_laptop_with_an_edited_manifest(workspace: ProjectFolder) -> None:
    commit = _committed(workspace.folder)
    workspace.edit("Donors in the capital region", "Donors of the region")
    record = _context(workspace, {})
    assert (record.commit, record.clean, record.uncommitted) == (commit, False, ("campaign.yaml",))
    assert [(approval.scope, approval.how, approval.detail) for approval in record.approvals] == [
        ("plan", "flag", "--auto-approve"),
        ("launch", "flag", "--allow-launch"),
    ]


def test_a_laptop_without_git(workspace: ProjectFolder) -> None:
    record = _context(workspace, {}, launch=False)
    assert (record.commit, record.clean, record.uncommitted) == ("", None, ())
    assert [approval.scope for approval in record.approvals] == ["plan"]


def test_a_merge_that_a_forge_tries_is_named_beside_its_commit(workspace: ProjectFolder) -> None:
    head = _committed(workspace.folder)
    record = _context(workspace, {"GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_SHA": PUSHED})
    assert (record.commit, record.head, record.clean) == (PUSHED, head, True)
    without_ci = _context(workspace, {"GITHUB_ACTIONS": "true", "GITHUB_SHA": PUSHED})
    assert {approval.by for approval in without_ci.approvals} == {""}


def test_a_variable_that_is_no_text_ends_nothing(workspace: ProjectFolder) -> None:
    record = _context(workspace, {"MSCODE_ACTOR": "anna\udcff" + "x" * 9999, "MSCODE_RUN_URL": "\n\x1b[31m"})
    assert record.claimed.actor.startswith("anna?x")
    assert len(record.claimed.actor) == 500
    assert RunContext.model_validate_json(record.text()) == record


def test_a_saved_plan_is_how_it_was_approved(workspace: ProjectFolder, tmp_path: Path) -> None:
    save_plan(make_plan(workspace.inv, workspace.folder, Options()), tmp_path / "plan.json")
    record = context_of_apply(load_saved(workspace.inv, tmp_path / "plan.json"), FLAGS, launch=True)
    assert [(approval.scope, approval.how) for approval in record.approvals] == [
        ("plan", "saved plan"),
        ("launch", "flag"),
    ]
