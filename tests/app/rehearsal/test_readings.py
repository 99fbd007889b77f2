"""Under each reading of the API's page, one switch at a time: a new account, one under way and one that is edited are rehearsed
without a breach; or the error is that of the plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from mscode.app.invocation import Invocation
from mscode.app.plan import PlanOutcome
from mscode.app.rehearsal.lab import Lab
from mscode.app.rehearsal.rehearse import Settings, plan_and_rehearse
from mscode.app.workspace import load_environment
from mscode.errors import MscodeError
from mscode.plan.inputs import Options
from mscode.sandbox.profile import Profile, switch_schemas
from tests.app.rehearsal.test_fork import everything
from tests.app.rehearsal.test_lab import MORNING, project

#: Values of the switches that are no words.
OTHERS: dict[str, list[Any]] = {
    "rate": [20],
    "pace": [1, 90, 600],
    "redial_minutes": [0, 1],
    "prefix": ["/api", "/"],
    "login_path": ["/x"],
    "zone": ["Asia/Tokyo"],
    "voice_codes": [["fi", "sv"]],
    "subuser_required": [["email"]],
}
#: Those of `make test`: what is shown of receivers, when people are called, and where things are.
SHORT = {"expand_groups", "receiver_rows", "pace", "zone", "create_ignores_state"}


def values() -> Iterator[Any]:
    usual = Profile().settings()
    for name, schema in switch_schemas().items():
        words = [True, False] if schema.get("type") == "boolean" else schema.get("enum", [])
        for value in OTHERS.get(name, [word for word in words if word not in (usual[name], None, False)]):
            marks = [] if name in SHORT else [pytest.mark.torture]
            yield pytest.param({name: value}, id=f"{name}={value}", marks=marks)


@pytest.mark.parametrize("service", list(values()))
def test_a_rehearsal_under_a_reading(tmp_path: Path, service: dict[str, Any]) -> None:
    project(tmp_path)
    settings = json.loads((tmp_path / "mscode.yaml").read_text())
    settings["environments"]["test"] |= {"url": "sandbox:", "service": service}
    (tmp_path / "mscode.yaml").write_text(json.dumps(settings))
    manifest, inv = everything(), Invocation(variables={})
    with Lab(load_environment(inv, tmp_path), inv, MORNING) as live:

        def rehearsed() -> PlanOutcome:
            (tmp_path / "all.yaml").write_text(json.dumps(manifest))
            outcome = plan_and_rehearse(lambda: live.work(tmp_path, Options()), Settings(runs=0))
            assert outcome.rehearsal is not None and outcome.rehearsal["ledger"]
            assert [one for one in outcome.rehearsal["invariants"] if not one["holds"]] == []
            return outcome

        rehearsed()
        assert live.ledger() == [] and live.document() is None
        assert live.apply(live.work(tmp_path, Options())).exit_code == 0
        live.advance(datetime.fromisoformat("2026-12-01T07:00:17+00:00"))
        rehearsed()
        manifest["rsvpCalls"]["invite"]["maxRedials"] = 4
        manifest["accounts"]["zoe"] = {"phone": "+358401230077", "city": "Espoo"}
        calls = len(live.ledger())
        assert rehearsed().plan.shown
        assert len(live.ledger()) == calls


def test_lists_in_pages_are_the_plan_s_error(tmp_path: Path) -> None:
    project(tmp_path)
    settings = json.loads((tmp_path / "mscode.yaml").read_text())
    settings["environments"]["test"] |= {"url": "sandbox:", "service": {"pages": 2}}
    (tmp_path / "mscode.yaml").write_text(json.dumps(settings))
    inv = Invocation(variables={})
    with Lab(load_environment(inv, tmp_path), inv, MORNING) as live:
        live.seed({"accounts": [{"phone": f"+35840123100{n}"} for n in range(5)]})
        with pytest.raises(MscodeError, match="is not complete"):
            plan_and_rehearse(lambda: live.work(tmp_path, Options()), Settings(runs=0))
