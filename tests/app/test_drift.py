"""Drift: the state is enough to find it."""

from __future__ import annotations

from mscode.app.drift import detect_drift
from tests.app.conftest import INVITE, ProjectFolder


def test_what_was_applied_has_no_drift(launched: ProjectFolder) -> None:
    outcome = detect_drift(launched.inv, launched.folder)
    assert (list(outcome.plan.drift), outcome.matters) == ([], False)


def test_a_change_of_somebody_else_matters_also_without_manifests(launched: ProjectFolder) -> None:
    launched.change({"description": "Somebody else's words"}, "groups")
    (launched.folder / "campaign.yaml").write_text("groups: [")
    outcome = detect_drift(launched.inv, launched.folder)
    assert [str(drifted.address) for drifted in outcome.plan.drift] == ["groups.donors"]
    assert outcome.matters


def test_people_are_masked_where_the_output_is_no_terminal(launched: ProjectFolder) -> None:
    outcome = detect_drift(launched.inv, launched.folder)
    assert "Anna" not in outcome.full_masker("Anna Virta")
    assert INVITE in outcome.full_masker(INVITE)
