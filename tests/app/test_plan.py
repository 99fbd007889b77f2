"""Making a plan: what it is made of, and the exit codes that it asks for."""

from __future__ import annotations

import pytest

from mscode.app.plan import make_plan
from mscode.errors import GuardError, ManifestError, UsageError
from mscode.plan.inputs import Options
from tests.app.conftest import INVITE, ProjectFolder


def test_a_plan_makes_no_state_and_takes_no_lock(workspace: ProjectFolder) -> None:
    outcome = make_plan(workspace.inv, workspace.folder, Options())
    assert [str(change.address) for change in outcome.plan.launches] == [INVITE]
    assert not (workspace.folder / ".mscode" / "sandbox").exists()


def test_changes_are_an_exit_code_only_where_it_is_asked_for(workspace: ProjectFolder) -> None:
    outcome = make_plan(workspace.inv, workspace.folder, Options())
    assert (outcome.exit_code(), outcome.exit_code(detailed=True)) == (0, 2)


def test_nothing_differs_after_an_apply(launched: ProjectFolder) -> None:
    outcome = make_plan(launched.inv, launched.folder, Options())
    assert (list(outcome.plan.shown), outcome.exit_code(detailed=True)) == ([], 0)


def test_what_a_guard_refuses_is_worth_more_than_that_there_are_changes(launched: ProjectFolder) -> None:
    outcome = make_plan(launched.inv, launched.folder, Options(destroy=True, allow_deletes=0))
    assert outcome.exit_code(detailed=True) == GuardError.exit_code


def test_a_plan_for_another_time_is_made_as_if_it_were_then(launched: ProjectFolder) -> None:
    outcome = make_plan(launched.inv, launched.folder, Options(), at="2031-01-01T09:00:00")
    assert outcome.plan.now.isoformat() == "2031-01-01T07:00:00+00:00"


@pytest.mark.parametrize("at", ["tomorrow", "0001-01-01T00:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_is_none_makes_no_plan(workspace: ProjectFolder, at: str) -> None:
    with pytest.raises(UsageError, match="--at"):
        make_plan(workspace.inv, workspace.folder, Options(), at=at)


def test_manifests_that_cannot_be_read_make_no_plan(workspace: ProjectFolder) -> None:
    (workspace.folder / "campaign.yaml").write_text("rsvpCalls: [")
    with pytest.raises(ManifestError):
        make_plan(workspace.inv, workspace.folder, Options())


def test_the_data_of_a_plan_shows_nobody(workspace: ProjectFolder) -> None:
    outcome = make_plan(workspace.inv, workspace.folder, Options())
    assert "Anna Virta" not in str(outcome.data())
