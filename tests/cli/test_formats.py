"""The formats of `plan` and `validate`, and what a CI's job is left with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mscode.app.ci import in_repository
from mscode.app.invocation import Invocation

BROKEN = "apiVersion: mscode/v1\ngroups:\n  donors: {descripton: x}\n"


@pytest.fixture(autouse=True)
def _outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def job(tmp_path_factory: pytest.TempPathFactory, project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of a GitHub job, for the project two folders below the repository."""
    folder = tmp_path_factory.mktemp("job")
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(folder / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary"))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.parent))
    return folder


def outputs(job: Path) -> dict[str, str]:
    return dict(re.findall(r"(?m)^(\w+)<<(?:\w+)\n(.*)\n\w+$", (job / "output").read_text()))


# ---- plan ------------------------------------------------------------------------------------------------------------


def test_plan_in_markdown(cli: Any, project: Path) -> None:
    ended = cli("plan", project, "--format", "markdown")
    assert ended.code == 0
    assert ended.out.startswith(
        "### mscode plan: `demo` in `sandbox`\n\n**Plan: 1 to add, 0 to change, 0 to destroy.**\n"
    )
    assert ended.out.endswith("</sub>\n")


def test_plan_show_and_apply_take_compact(cli: Any, project: Path) -> None:
    many = "".join(f"  group{n}: {{description: Words}}\n" for n in range(101))
    (project / "groups.yaml").write_text("apiVersion: mscode/v1\ngroups:\n" + many)
    saved = project.parent / "plan.json"
    assert "  + 101 creates: groups 101\n" in cli("plan", project, "--out", saved).out
    for command in (("plan", project), ("show", saved), ("apply", project, "--no-input")):
        counted, lines, full = (cli(*command, *option).out for option in ((), ("--compact",), ("--no-compact",)))
        assert "101 creates" in counted and "group7" not in counted
        assert "101 creates" in lines and "  + groups.group7 will be created" in lines and "description" not in lines
        assert "101 creates" not in full and '      description: "Words"' in full
    page = cli("show", saved, "--format", "html", "--compact").out
    assert "<h4>101 creates: groups 101</h4>" in page
    assert json.loads(cli("plan", project, "--json", "--compact").out)["resource_changes"][7]["change"]["after"]


def test_plan_in_markdown_keeps_to_its_budget(cli: Any, project: Path) -> None:
    many = "".join(f"  group{n}: {{description: {'x' * 40}}}\n" for n in range(200))
    (project / "groups.yaml").write_text("apiVersion: mscode/v1\ngroups:\n" + many)
    ended = cli("plan", project, "--format", "markdown", "--max-bytes", "3000")
    assert len(ended.out.encode()) <= 3000
    assert "200 creates: groups 200" in ended.out
    assert cli("plan", project, "--format", "markdown", "--max-bytes", "10").code == 64


def test_plan_in_html(cli: Any, project: Path) -> None:
    ended = cli("plan", project, "--format", "html")
    assert ended.code == 0
    assert ended.out.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert ended.out.endswith("</html>\n")


@pytest.mark.parametrize("form", ["markdown", "html", "json"])
def test_every_format_says_why_there_is_no_plan(cli: Any, project: Path, form: str) -> None:
    (project / "groups.yaml").write_text(BROKEN)
    ended = cli("plan", project, "--format", form)
    assert ended.code == 1
    assert "Unknown field" in ended.out
    assert "Error: Unknown field" in ended.err


def test_a_recording_of_the_project_is_played_on_the_page(cli: Any, project: Path) -> None:
    (project / "j.wav").write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(28))
    (project / "voice.yaml").write_text("apiVersion: mscode/v1\nvoiceFiles:\n  jingle: {file: j.wav}\n")
    assert '<audio controls preload="none" src="data:audio/wav;base64,' in cli("plan", project, "--format", "html").out


def test_the_report_for_gitlab(cli: Any, project: Path, tmp_path: Path) -> None:
    assert cli("plan", project, "--gitlab-report", tmp_path / "report.json").code == 0
    assert json.loads((tmp_path / "report.json").read_text()) == {"create": 1, "update": 0, "delete": 0}


def test_a_report_that_cannot_be_written_is_an_error(cli: Any, project: Path) -> None:
    ended = cli("plan", project, "--gitlab-report", project / "no" / "report.json")
    assert ended.code == 1
    assert "cannot be written" in ended.err


# ---- a job on GitHub -------------------------------------------------------------------------------------------------


def test_a_plan_leaves_a_summary_and_outputs(cli: Any, project: Path, job: Path) -> None:
    assert cli("plan", project, "--detailed-exitcode").code == 2
    assert (job / "summary").read_text().startswith("### mscode plan: `demo` in `sandbox`\n")
    found = outputs(job)
    assert re.fullmatch("[0-9a-f]{64}", found.pop("digest"))
    assert found == {
        "changes": "true",
        "to_add": "1",
        "to_change": "0",
        "to_destroy": "0",
        "to_launch": "0",
        "plan_path": "",
        "failure_reason": "",
    }


def test_what_is_in_the_files_of_the_job_stays(cli: Any, project: Path, job: Path) -> None:
    for name in ("summary", "output"):
        (job / name).write_text("earlier\n")
    cli("plan", project)
    assert (job / "summary").read_text().startswith("earlier\n### mscode plan")
    assert (job / "output").read_text().startswith("earlier\nchanges<<mscode_")


def test_without_changes_the_outputs_say_so(cli: Any, project: Path, job: Path) -> None:
    (project / "groups.yaml").write_text("apiVersion: mscode/v1\n")
    cli("plan", project)
    assert outputs(job)["changes"] == "false"
    assert "**No changes.**" in (job / "summary").read_text()


def test_where_no_plan_can_be_made_all_of_them_say_why(cli: Any, project: Path, job: Path) -> None:
    (project / "groups.yaml").write_text(BROKEN)
    ended = cli("plan", project)
    assert ended.code == 1
    assert outputs(job)["failure_reason"] == "error"
    assert outputs(job)["changes"] == ""
    assert "- Error: Unknown field" in (job / "summary").read_text()
    place = f"file={project.name}/groups.yaml,line=3,col=12"
    assert f"::error {place},title=mscode%3A unknown-field::Unknown field" in ended.err
    assert "::error" not in ended.out


def test_a_guard_that_refuses_is_annotated_and_named_as_the_reason(cli: Any, project: Path, job: Path) -> None:
    assert cli("apply", project, "--auto-approve").code == 0
    (project / "mscode.yaml").write_text((project / "mscode.yaml").read_text() + "guards: {maxDeletes: 0}\n")
    (project / "groups.yaml").write_text("apiVersion: mscode/v1\ngroups:\n  others: {description: Others}\n")
    ended = cli("plan", project)
    assert ended.code == 5
    assert outputs(job)["failure_reason"] == "refused"
    assert re.search(r"(?m)^::error .*title=mscode%3A maxDeletes::Guard maxDeletes refuses this plan: ", ended.err)


def test_outside_of_a_job_nothing_is_annotated_or_written(cli: Any, project: Path) -> None:
    (project / "groups.yaml").write_text(BROKEN)
    ended = cli("plan", project)
    assert "::" not in ended.err.replace("mscode::", "")


def test_apply_leaves_outputs(cli: Any, project: Path, job: Path) -> None:
    assert cli("apply", project, "--auto-approve").code == 0
    found = outputs(job)
    assert (found["changes"], found["to_add"], found["failure_reason"]) == ("true", "1", "")
    assert re.fullmatch("[0-9a-f]{64}", found["digest"])


def test_an_apply_that_fails_says_why(cli: Any, project: Path, job: Path) -> None:
    (project / "groups.yaml").write_text(BROKEN)
    assert cli("apply", project, "--auto-approve").code == 1
    assert outputs(job)["failure_reason"] == "error"


# ---- validate --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["github", "sarif", "rdjsonl"])
def test_validate_speaks_to_tools_on_stdout(
    cli: Any, project: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    (project / "groups.yaml").write_text(BROKEN)
    ended = cli("validate", project, "--format", form)
    assert (ended.code, ended.err) == (1, "")
    said = {
        "github": "::error file=groups.yaml,line=3,col=12,",
        "sarif": '"uri": "groups.yaml"',
        "rdjsonl": '"path": "groups.yaml"',
    }
    assert said[form] in ended.out


@pytest.mark.parametrize(("form", "said"), [("github", ""), ("rdjsonl", ""), ("sarif", '"results": []')])
def test_a_valid_project_has_nothing_to_say(cli: Any, project: Path, form: str, said: str) -> None:
    ended = cli("validate", project, "--format", form)
    assert ended.code == 0
    assert said in ended.out
    assert bool(ended.out) is bool(said)


# ---- where the project is --------------------------------------------------------------------------------------------


def test_files_are_named_from_the_root_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "drives" / "autumn"
    project.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert in_repository(Invocation(), project) == "drives/autumn"
    monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path / "drives"))
    assert in_repository(Invocation(), project) == "autumn"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project))
    assert in_repository(Invocation(), project) == ""
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    assert in_repository(Invocation(), project) == ""
