"""Types make a launch without a record impossible; what is no launch says why."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import mscode
from mscode.engine import ringing
from mscode.engine.apply.run import Run
from mscode.engine.ringing import NotALaunch, Precondition, RingingRequest
from mscode.plan.change import Change
from tests.engine.review_world import World
from tests.engine.test_review import TOMORROW, campaign

ENGINE = Path(mscode.__file__).parent / "engine"


def test_what_can_ring_is_not_sent_without_a_record_or_a_reason() -> None:
    record = inspect.signature(ringing.send).parameters["record"]
    assert record.default is inspect.Parameter.empty
    assert record.annotation == "DurableRecord | NotALaunch"


def test_each_reason_is_given_by_what_looks_that_it_holds() -> None:
    given: dict[str, set[str]] = {reason.name: set() for reason in NotALaunch}
    for path in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Attribute)
                and ast.unparse(node.value) == "NotALaunch"
                and path.name != "ringing.py"
            ):
                given[node.attr].add(path.name)
    assert given == {
        "NARROWER_EDIT": {"campaign.py"},
        "RESTORED": {"campaign.py"},
        "STAYS_HALTED": {"campaign.py"},
        "REACHES_NOBODY": {"account_list.py", "resource.py"},
    }


@pytest.mark.parametrize("reason", [NotALaunch.NARROWER_EDIT, NotALaunch.REACHES_NOBODY])
def test_a_launch_is_not_sent_for_a_reason(world: World, reason: NotALaunch) -> None:
    world.write(campaign(TOMORROW))
    sent: list[str] = []

    def try_it(run: Run) -> None:
        [change] = [change for change in run.plan.changes if change.launch is not None]
        sent.extend(_sent(world, run, change, reason))

    world.apply(launch=False, on_run=try_it)
    assert sent == []


def _sent(world: World, run: Run, change: Change, reason: NotALaunch) -> list[str]:
    world.transport.sent.clear()
    request = RingingRequest("PUT", "/rsvp_calls/1", {"state": "active"})
    with pytest.raises(ValueError, match="is launched, and has no record"):
        ringing.send(run, change, request, reason, Precondition())
    return [method for method, _, _ in world.transport.sent]
