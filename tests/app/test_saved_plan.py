"""A saved plan is applied exactly, or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mscode.app.apply import ApplyOutcome
from mscode.app.approval import ApplyOptions
from mscode.app.invocation import Invocation
from mscode.app.plan import make_plan
from mscode.app.saved_plan import apply_saved, load_saved, read_plan, save_plan
from mscode.errors import MscodeError, StalePlan, UsageError
from mscode.plan.inputs import Options
from tests.app.conftest import INVITE, ProjectFolder, Recorder

PLAIN = Options()
APPROVED = ApplyOptions(auto_approve=True, allow_launch=True)


def save(workspace: ProjectFolder, options: Options = PLAIN, *, at: str = "") -> Path:
    file = workspace.folder / "plan.json"
    save_plan(make_plan(workspace.inv, workspace.folder, options, at=at, with_drift=True), file)
    return file


def apply(workspace: ProjectFolder, file: Path, inv: Invocation | None = None) -> ApplyOutcome:
    return apply_saved(inv or workspace.inv, file, APPROVED, Recorder(), None)


def test_what_was_saved_is_applied_without_a_first_question(workspace: ProjectFolder) -> None:
    outcome = apply(workspace, save(workspace))
    assert outcome.exit_code == 0
    assert [campaign["state"] for campaign in workspace.live()] == ["waitingToActive"]


def test_it_is_made_again_with_the_options_of_its_planning(launched: ProjectFolder) -> None:
    options = Options(destroy=True, only=(INVITE,))
    assert load_saved(launched.inv, save(launched, options)).options == options


def test_the_file_holds_no_number_and_no_name(workspace: ProjectFolder) -> None:
    text = save(workspace).read_text()
    assert "405550101" not in text
    assert "Virta" not in text


def _edit_manifest(workspace: ProjectFolder, file: Path) -> None:
    workspace.edit("maxRedials: 2", "maxRedials: 3")


def _edit_file(workspace: ProjectFolder, file: Path) -> None:
    data = json.loads(file.read_text())
    data["saved"]["options"] = {"allow_deletes": 100}
    file.write_text(json.dumps(data))


def _change_live(workspace: ProjectFolder, file: Path) -> None:
    workspace.change({"description": "Somebody else's"}, "groups")


def _cut_file(workspace: ProjectFolder, file: Path) -> None:
    file.write_text(file.read_text()[:-100])


@pytest.mark.parametrize("change", [_edit_manifest, _edit_file, _change_live, _cut_file])
def test_whatever_has_changed_since_refuses_it(
    launched: ProjectFolder, change: Callable[[ProjectFolder, Path], None]
) -> None:
    launched.edit("Donors in the capital region", "Donors of the region")
    file = save(launched)
    change(launched, file)
    before = launched.live("groups")
    with pytest.raises(StalePlan):
        apply(launched, file)
    assert launched.live("groups") == before


def test_a_plan_for_another_time_can_only_be_looked_at(launched: ProjectFolder) -> None:
    file = save(launched, at="2031-01-01")
    with pytest.raises(StalePlan, match="another time"):
        apply(launched, file)


def test_another_environment_than_the_plans_is_refused(workspace: ProjectFolder) -> None:
    file = save(workspace)
    with pytest.raises(StalePlan, match="is for environment sandbox"):
        apply(workspace, file, replace(workspace.inv, env="production"))


def test_values_of_variables_are_not_taken_from_the_command_line(workspace: ProjectFolder) -> None:
    file = save(workspace)
    with pytest.raises(UsageError, match="belong to the saved plan"):
        apply(workspace, file, replace(workspace.inv, var_texts=[("city", "Espoo")]))


def test_variables_are_those_of_the_planning(workspace: ProjectFolder) -> None:
    project = workspace.folder / "mscode.yaml"
    project.write_text(project.read_text() + "\nvariables:\n  town: {type: string}\n")
    workspace.edit("city: Tampere", "city: '${var.town}'")
    file = save(replace(workspace, inv=replace(workspace.inv, var_texts=[("town", "Kuopio")])))
    apply(workspace, file)
    assert "Kuopio" in {account["city"] for account in workspace.live("accounts")}


def test_a_plan_without_its_project_says_where_it_looked(
    workspace: ProjectFolder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a" / "b" / "c" / "plan.json"
    elsewhere.parent.mkdir(parents=True)
    elsewhere.write_bytes(save(workspace).read_bytes())
    with pytest.raises(MscodeError, match="no project"):
        load_saved(workspace.inv, elsewhere)


def test_it_is_looked_at_with_the_project_that_it_lies_in(workspace: ProjectFolder) -> None:
    data, folder = read_plan(save(workspace))
    assert data["environment"] == "sandbox"
    assert folder is not None
    assert folder.resolve() == workspace.folder.resolve()
