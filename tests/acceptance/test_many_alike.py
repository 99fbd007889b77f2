"""An account of many objects is taken under management while a campaign is launched: what is alike is counted."""

from __future__ import annotations

import json

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World


def test_imports_are_counted_and_the_launch_beside_them_stands_in_full(world: World) -> None:
    people = [f"+35840666{number:04}" for number in range(96)]
    world.service.control("POST", "/seed", [{"phone": phone, "city": "Oulu"} for phone in people])
    for number in range(20):
        world.service.send("POST", "/groups", {"name": f"Old {number}", "description": ""})
    accounts = {f"a{one['accountId']}": one for one in world.service.get("/accounts")}
    groups = world.service.get("/groups")
    manifest = drive()
    manifest["accounts"] |= {
        name: {"phone": one["phone"], "city": "Oulu", "import": one["accountId"]} for name, one in accounts.items()
    }
    manifest["groups"] |= {f"old{n}": {"name": one["name"], "import": one["groupId"]} for n, one in enumerate(groups)}
    world.write(manifest)
    counted = "116 imports: accounts 96, groups 20"
    everything = world.plan("--no-compact").out
    begin = everything.index("  # rsvpCalls.invite will be")
    card = everything[begin : everything.index("\n\n", begin)]
    assert "acceptsWanted" in card and "calls:" in card
    for form in ("text", "markdown", "html"):
        ended = world.plan("--format", form)
        assert ended.code == 0, ended.said
        assert counted in ended.out, form
        assert "rsvpCalls.invite will be created and launched" in ended.out and "acceptsWanted" in ended.out, form
    assert card in world.plan().out and card in world.plan("--compact").out
    view = json.loads(world.plan("--json").out)["view"]["changes"]
    assert sum(change.get("like") == "imports" for change in view) == 116
    applied = world.launch()
    assert applied.code == 0, applied.said
    assert counted in applied.out
    world.holds_the_law()
