"""One comment of a pull request for all plans of a fleet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mscode.app.invocation import Invocation
from mscode.app.review_comment import CommentRequest, update_comment
from mscode.errors import StalePlan, UsageError
from tests.api.fake_forge import TOKEN, Forge, serving
from tests.fleet.accounts import campaign, phones, write_manifest
from tests.fleet.conftest import FleetFolder


@pytest.fixture
def forge() -> Iterator[Forge]:
    with serving("gitlab") as served:
        yield served
        assert served.wrong == []


def _job(forge: Forge) -> Invocation:
    variables = {
        "CI_API_V4_URL": forge.url,
        "CI_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_IID": "12",
        "CI_COMMIT_SHA": "ab" * 20,
        "GITLAB_TOKEN": TOKEN,
    }
    return Invocation(variables=variables)


def _request(*paths: str, **more: str) -> CommentRequest:
    state = more.pop("state", "planned")
    return CommentRequest("gitlab", state, [Path(path) for path in paths], **more)  # type: ignore[arg-type]


def test_all_plans_have_one_comment_that_is_kept_up_to_date(fleet: FleetFolder, forge: Forge) -> None:
    for name, numbers in (("a", phones(0, 3)), ("b", phones(10, 2)), ("c", phones(20, 1))):
        write_manifest(fleet.project(f"clients/{name}"), campaign(numbers))
    (fleet.root / "clients/c/campaign.yaml").write_text("apiVersion: mscode/v1\nrsvpCalls: [\n")
    fleet.write([{"path": "clients/*"}], guards={"maxPeople": 4})
    assert fleet.cli("fleet", "plan", "--out", "plans").code == 5
    assert update_comment(_job(forge), _request("plans")).action == "created"
    (body,) = forge.bodies
    assert "### mscode plans of fleet agency: 3 projects" in body
    assert "5 people would be called by all projects together" in body and "`clients/c`: Error:" in body
    assert "**A guard refuses this plan" in body
    assert body.count("<details><summary><code>clients/") == 2
    assert "will be created and launched" in body and "+358" not in body
    assert update_comment(_job(forge), _request("plans")).action == "unchanged"
    # Made anew, it is edited in place; after the apply the same comment says so.
    write_manifest(fleet.root / "clients/c", campaign(phones(20, 1)))
    fleet.write([{"path": "clients/*"}])
    assert fleet.cli("fleet", "plan", "--out", "plans").code == 0
    assert update_comment(_job(forge), _request("plans")).action == "updated"
    assert update_comment(_job(forge), _request(state="applied", names=["fleet:agency"])).action == "updated"
    (body,) = forge.bodies
    assert "✅ **Applied.**" in body


def test_a_large_fleet_keeps_to_the_limit_of_a_comment(fleet: FleetFolder, forge: Forge) -> None:
    write_manifest(fleet.project("clients/a"), campaign(phones(0, 3)))
    fleet.write([{"path": "clients/*"}])
    assert fleet.cli("fleet", "plan", "--out", "plans").code == 0
    summary = json.loads(Path("plans/summary/summary.json").read_text())
    plan = json.loads(Path("plans/clients__a.json").read_text())
    lines = Path("plans/people.hashes").read_text().splitlines()
    (only,) = summary["projects"]
    summary["projects"] = [{**only, "path": f"clients/{at:03}", "plan": f"clients__{at:03}.json"} for at in range(300)]
    for at in range(300):
        Path(f"plans/clients__{at:03}.json").write_text(json.dumps(plan))
    Path("plans/clients__a.json").unlink()
    Path("plans/summary/summary.json").write_text(json.dumps(summary))
    # The lines of people are not those that the plans were made with.
    Path("plans/people.hashes").write_text("\n".join([lines[0], *lines[1:]]) + "\n")
    with pytest.raises(StalePlan, match=r"reaches other people than people\.hashes says"):
        update_comment(_job(forge), _request("plans"))
    from mscode.model.ci import Job
    from mscode.views.ci.comment import new_body, plans_of_fleet

    body = new_body(plans_of_fleet(summary, [plan] * 300), "planned", Job(), None, 65_536)
    assert len(body.encode()) <= 65_536
    assert "300 projects" in body and "plans not shown: see the job" in body


def test_a_folder_stands_alone(fleet: FleetFolder, forge: Forge) -> None:
    write_manifest(fleet.project("clients/a"), campaign(phones(0, 1)))
    fleet.write([{"path": "clients/*"}])
    fleet.cli("fleet", "plan", "--out", "plans")
    with pytest.raises(UsageError):
        update_comment(_job(forge), _request("plans", "plans/clients__a.json"))
    with pytest.raises(StalePlan, match="is no folder of `mscode fleet plan`"):
        update_comment(_job(forge), _request("clients"))
    assert forge.bodies == []
