"""--refresh-only: live values are taken into the state, and nothing live is changed."""

from __future__ import annotations

import pytest

from mscode.app.drift import detect_drift
from mscode.app.refresh import apply_refresh, plan_refresh
from mscode.errors import MscodeError
from tests.app.conftest import ProjectFolder, Recorder, answering


@pytest.fixture
def drifted(launched: ProjectFolder) -> ProjectFolder:
    launched.change({"description": "Somebody else's words"}, "groups")
    return launched


def test_nothing_is_taken_where_nothing_differs(launched: ProjectFolder, recorder: Recorder) -> None:
    assert plan_refresh(launched.inv, launched.folder).accepted == {}
    assert apply_refresh(launched.inv, launched.folder, recorder, auto_approve=False).accepted == {}


def test_what_was_taken_is_no_drift_any_more_and_stays_live(drifted: ProjectFolder, recorder: Recorder) -> None:
    before = drifted.live("groups")
    outcome = apply_refresh(answering(drifted.inv, "yes"), drifted.folder, recorder, auto_approve=False)
    assert [str(address) for address in outcome.accepted] == ["groups.donors"]
    assert (outcome.exit_code, recorder.taken) == (0, [outcome.accepted])
    assert not detect_drift(drifted.inv, drifted.folder).matters
    assert drifted.live("groups") == before


def test_a_person_who_does_not_approve_ends_it(drifted: ProjectFolder, recorder: Recorder) -> None:
    outcome = apply_refresh(answering(drifted.inv, "no"), drifted.folder, recorder, auto_approve=False)
    assert (outcome.exit_code, outcome.accepted) == (1, {})
    assert detect_drift(drifted.inv, drifted.folder).matters


def test_without_anybody_to_ask_nothing_is_written(drifted: ProjectFolder, recorder: Recorder) -> None:
    with pytest.raises(MscodeError, match="Cannot ask for approval"):
        apply_refresh(drifted.inv, drifted.folder, recorder, auto_approve=False)
    assert detect_drift(drifted.inv, drifted.folder).matters
