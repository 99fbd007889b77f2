"""Status, watch and results: where campaigns stand, without manifests."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from mscode.app import watch
from mscode.app.campaigns import CampaignSelection, open_account, read_status
from mscode.app.halt import HaltRequest, halt
from mscode.app.live.follow import View
from mscode.app.results import ResultsRequest, read_results
from mscode.app.watch import WatchRequest
from mscode.errors import MscodeError
from tests.app.conftest import INVITE, ProjectFolder


def _addresses(project: ProjectFolder) -> list[str]:
    return [row.address for row in read_status(project.inv, project.folder, CampaignSelection()).campaigns]


def test_status_needs_no_manifests(launched: ProjectFolder) -> None:
    (launched.folder / "campaign.yaml").unlink()
    status = read_status(launched.inv, launched.folder, CampaignSelection())
    assert (status.environment, status.zone_name) == ("sandbox", "Europe/Helsinki")
    [row] = status.campaigns
    assert (row.address, row.managed, row.standing.state) == (INVITE, True, "waitingToActive")


def test_without_its_state_a_campaign_is_found_by_its_mark(launched: ProjectFolder) -> None:
    shutil.rmtree(launched.folder / ".mscode" / "sandbox")
    assert _addresses(launched) == [INVITE]


def test_a_state_that_cannot_be_read_is_told_and_no_error(launched: ProjectFolder, said: Callable[[], str]) -> None:
    for file in (launched.folder / ".mscode" / "sandbox").iterdir():
        if file.is_file():
            file.write_text("broken")
    assert _addresses(launched) == [INVITE]
    assert "The state cannot be read" in said()


def test_following_ends_when_the_campaign_is_halted(launched: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    request = HaltRequest([INVITE], directory=launched.folder)
    waited = []

    def halt_meanwhile(seconds: float) -> None:
        waited.append(seconds)
        halt(launched.inv, request, lambda halted: None)

    monkeypatch.setattr(watch, "wait", halt_meanwhile)
    with open_account(launched.inv, launched.folder) as account:
        looks: list[tuple[View, View]] = []
        following = WatchRequest([INVITE], 7.0)
        outcome = watch.watch(launched.inv, account, following, lambda *reading: looks.append(reading[:2]))
    assert waited == [7.0]
    assert outcome == watch.WatchOutcome()
    assert [[row.standing.state for row in view.rows] for _, view in looks] == [["waitingToActive"], ["halt"]]
    assert looks[0][0] == View()
    assert looks[1][0] == looks[0][1]


def test_what_is_not_live_cannot_be_followed(launched: ProjectFolder) -> None:
    with open_account(launched.inv, launched.folder) as account, pytest.raises(MscodeError) as caught:
        watch.watch(launched.inv, account, WatchRequest(["rsvpCalls.invitee"]), lambda *reading: None)
    assert caught.value.diagnostics[0].hint == f'Did you mean "{INVITE}"?'


def test_results_are_found_by_address_and_by_id(launched: ProjectFolder) -> None:
    by_address = read_results(launched.inv, ResultsRequest(launched.folder, [INVITE]))
    live_id = by_address.objects[0].row.id
    by_id = read_results(launched.inv, ResultsRequest(launched.folder, live_id=live_id))
    assert by_id.objects == by_address.objects
    assert (by_id.is_single, by_id.people, by_id.zone_name) == (True, 3, "Europe/Helsinki")


@pytest.mark.parametrize(
    ("names", "live_id", "code"), [(["rsvpCalls.other"], "", "unknown-address"), ([], "999", "unknown-id")]
)
def test_results_of_what_is_not_there(launched: ProjectFolder, names: list[str], live_id: str, code: str) -> None:
    with pytest.raises(MscodeError) as caught:
        read_results(launched.inv, ResultsRequest(launched.folder, names, live_id))
    assert caught.value.diagnostics[0].code == code
