"""Findings through the command line: a `deny` refuses what is a launch and never a stop; the ways round it; what programs read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World

WRONG = "Press 4 to come, 9 to decline."


def _with_text(text: str = WRONG, **changes: Any) -> dict[str, Any]:
    project = drive(**changes)
    project["voiceFiles"]["greeting"]["text"] = text
    return project


def test_a_deny_refuses_a_launch_and_nothing_is_sent(world: World) -> None:
    world.write(_with_text())
    planned = world.plan()
    assert planned.code == 5
    assert 'Check text/keys refuses this plan: The voice says "Press 4"' in planned.out
    assert "on all.yaml line " in planned.out
    assert "Suggestion: Press 5" in planned.out
    for form in ("text", "markdown", "html"):
        assert "To go on this once: --override text/keys" in world.plan("--format", form).out
    world.service.forget_requests()
    assert world.launch().code == 5
    assert world.service.requests(writes=True) == []
    (check,) = world.checks("text/keys")
    assert (check["status"], check["suggestion"]) == ("fail", "Press 5")
    assert check["addresses"] == ["voiceFiles.greeting", "rsvpCalls.invite"]
    assert check["source"]["file"] == "all.yaml"


def test_on_what_is_made_halted_it_warns(world: World) -> None:
    world.write(_with_text(state="halt"))
    planned = world.plan()
    assert (planned.code, [check["status"] for check in world.checks("text/keys")]) == (0, ["warn"])
    assert world.launch().code == 0
    world.write(_with_text(state="active"))
    assert world.plan().code == 5


def test_a_finding_never_stands_in_the_way_of_a_stop(world: World) -> None:
    world.write(_with_text())
    assert world.launch("--override", "text/keys").code == 0
    world.write(_with_text(state="halt"))
    assert world.plan().code == 0
    assert world.launch().code == 0
    assert world.plan("--json").json["applyable"] is False


def test_an_override_is_shown_and_recorded(world: World) -> None:
    world.write(_with_text())
    ended = world.launch("--override", "text/keys")
    assert ended.code == 0
    assert "Check text/keys was overridden" in ended.out
    log = "".join(path.read_text() for path in (world.folder / ".mscode").rglob("*audit*") if path.is_file())
    assert "text/keys" in log
    assert world.plan("--json").json["checks"] == [
        check for check in world.plan("--json").json["checks"] if check["name"] != "text/keys"
    ]


def test_a_mistyped_rule_is_refused(world: World) -> None:
    world.write(_with_text())
    assert world.plan("--override", "text/kyes").code == 64


def test_levels_are_set_in_the_project(world: World) -> None:
    world.write(_with_text())
    world.write_project(checks={"text/keys": "warn"})
    assert (world.plan().code, world.checks("text/keys")[0]["status"]) == (0, "warn")
    world.write_project(checks={"text/keys": "off"})
    assert (world.plan().code, world.checks("text/keys")) == (0, [])
    world.write_project(checks={"text/keys": {"level": "warn", "reason": "We test."}})
    assert world.checks("text/keys")[0]["reason"] == "We test."


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ({"text/kyes": "warn"}, 'Did you mean "text/keys"?'),
        ({"text/keys": "loud"}, "checks"),
        ({"text/keys": {"value": 3}}, "has no value"),
        ({"sms/segments": {"value": "many"}}, "must be a whole number"),
        ({"sms/segments": {"limit": 2}}, "limit"),
    ],
)
def test_a_wrong_setting_is_an_error_with_its_place(world: World, checks: dict[str, Any], said: str) -> None:
    world.write(drive())
    world.write_project(checks=checks)
    ended = world.cli("validate", world.folder)
    assert (ended.code, said in ended.said, "on mscode.yaml line" in ended.said) == (1, True, True)


def _allowing(comment: str) -> str:
    """The project as YAML in which a comment stands above the line of the text."""
    text = json.dumps(_with_text(), indent=1)
    line = next(line for line in text.splitlines() if WRONG in line)
    return text.replace(line, f"{' ' * (len(line) - len(line.lstrip()))}# {comment}\n{line}")


def _write_text(world: World, text: str) -> None:
    (world.folder / "all.yaml").write_text(text)


def test_a_comment_with_a_reason_allows_a_finding_and_is_counted(world: World) -> None:
    _write_text(world, _allowing("mscode:allow text/keys, tested by hand"))
    planned = world.plan()
    assert planned.code == 0
    assert "Check text/keys is allowed" in planned.out
    assert "tested by hand" in planned.out
    assert "1 finding allowed in the manifests." in planned.out
    (check,) = world.checks("text/keys")
    assert (check["status"], check["reason"]) == ("allowed", "tested by hand")
    for form in ("markdown", "html"):
        drawn = world.plan("--format", form).out
        assert "tested by hand" in drawn
        assert "1 finding allowed in the manifests" in drawn


def test_a_comment_without_a_reason_or_of_another_rule_allows_nothing(world: World) -> None:
    for comment, said in (
        ("mscode:allow text/keys", "gives no reason"),
        ("mscode:allow text/kyes, because", "is no rule"),
        ("mscode:allow sms/segments, because", "allows nothing any more"),
    ):
        _write_text(world, _allowing(comment))
        planned = world.plan()
        assert planned.code == 5
        assert said in planned.out
        assert [check["status"] for check in world.checks("checks/unused-allow")] == ["warn"]


def test_a_rule_may_take_no_comments(world: World) -> None:
    _write_text(world, _allowing("mscode:allow text/keys, tested by hand"))
    world.write_project(checks={"text/keys": {"level": "deny", "inline": False}})
    assert world.plan().code == 5


def test_validate_refuses_also_beside_errors_and_takes_an_override(world: World) -> None:
    world.write(_with_text())
    ended = world.cli("validate", world.folder)
    assert (ended.code, ended.out) == (5, "")
    assert "Error: text/keys: The voice says" in ended.err
    assert world.cli("validate", world.folder, "--override", "text/keys").code == 0
    (world.folder / "more.yaml").write_text("apiVersion: mscode/v1\ngroups: {x: {descripton: y}}\n")
    ended = world.cli("validate", world.folder, "--json")
    assert ended.code == 5
    assert (ended.json["valid"], ended.json["error_count"]) == (False, 1)
    assert [check["name"] for check in ended.json["checks"] if check["status"] == "fail"] == ["text/keys"]


def test_what_is_over_raises_no_finding(world: World) -> None:
    world.write(_with_text(startTime="2020-12-01T08:00:00Z", endTime="2020-12-04T17:00:00Z"))
    assert world.cli("validate", world.folder).code == 0


def test_every_format_of_validate_names_the_finding_and_what_to_write(world: World) -> None:
    world.write(_with_text())
    run = world.cli("validate", world.folder, "--format", "sarif").json["runs"][0]
    (result,) = [result for result in run["results"] if result["ruleId"] == "text/keys"]
    replacement = result["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement["insertedContent"]["text"] == "Press 5"
    region = replacement["deletedRegion"]
    line = (world.folder / "all.yaml").read_text().splitlines()[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "Press 4"
    rows = [json.loads(row) for row in world.cli("validate", world.folder, "--format", "rdjsonl").out.splitlines()]
    (row,) = [row for row in rows if row["code"]["value"] == "text/keys"]
    assert row["suggestions"][0]["text"] == "Press 5"
    (issue,) = [
        i for i in world.cli("validate", world.folder, "--format", "gitlab").json if i["check_name"] == "text/keys"
    ]
    assert (issue["severity"], issue["location"]["path"]) == ("blocker", "all.yaml")
    assert "title=mscode%3A text/keys" in world.cli("validate", world.folder, "--format", "github").out


def test_twenty_of_a_rule_are_shown_and_the_others_counted(world: World) -> None:
    project = drive()
    project["voiceFiles"] |= {f"v{at}": {"text": f"Hello {at}", "voiceCode": "en"} for at in range(25)}
    world.write(project)
    planned = world.plan()
    assert planned.out.count("Check manifest/unused warns") == 20
    assert "5 more findings of manifest/unused." in planned.out


def test_checks_lists_the_rules_as_the_project_has_set_them(world: World) -> None:
    world.write_project(checks={"sms/segments": {"value": 3, "level": "deny", "reason": "In the budget."}})
    listed = world.cli("checks", "--dir", world.folder)
    assert listed.code == 0
    assert "sms/segments (deny, value 3 (parts))" in listed.out
    assert "In the budget." in listed.out
    alone = world.cli("checks", "--dir", world.folder, "text/keys")
    assert "sms/segments" not in alone.out
    assert "--override text/keys" in alone.out
    rules = {row["id"]: row for row in world.cli("checks", "--dir", world.folder, "--json").json}
    assert (rules["sms/segments"]["level"], rules["sms/segments"]["default_level"]) == ("deny", "warn")
    assert world.cli("checks", "--dir", world.folder, "text/kyes").code == 64


def test_a_level_that_becomes_stricter_while_an_apply_works_holds_at_its_launch(world: World) -> None:
    world.write(_with_text())
    world.write_project(checks={"text/keys": "warn"})
    world.service.before("POST /voice_files/text_to_speech", lambda: world.write_project(checks={"text/keys": "deny"}))
    ended = world.launch()
    assert ended.code in (5, 6)
    assert "is not launched: check text/keys" in ended.said
    assert world.service.campaign()["state"] == "halt"


def test_a_level_that_becomes_stricter_refuses_what_it_is_about_alone(world: World) -> None:
    project = _with_text()
    project["voiceFiles"]["fine"] = {"text": "Hello there", "voiceCode": "en"}
    project["rsvpCalls"]["fine"] = {**project["rsvpCalls"]["invite"], "voiceFiles": {"start": "fine"}}
    world.write(project)
    world.write_project(checks={"text/keys": "warn"}, guards={"samePersonSameDay": {"level": "warn"}})
    world.service.before("POST /voice_files/text_to_speech", lambda: world.write_project(checks={"text/keys": "deny"}))
    ended = world.launch()
    assert ended.code == 6, ended.said
    assert "rsvpCalls.invite is not launched: check text/keys" in ended.said
    assert "rsvpCalls.fine is not launched" not in ended.said
    assert sorted(one["state"] for one in world.service.get("/rsvp_calls")) in (
        ["active", "halt"],
        ["halt", "waitingToActive"],
    )


def test_a_level_that_becomes_looser_waits_for_the_next_plan(world: World) -> None:
    world.write(_with_text(state="halt"))
    assert world.launch().code == 0
    world.write(_with_text())
    saved = world.folder / "plan.json"
    assert world.plan("--out", saved).code == 5
    world.write_project(checks={"text/keys": "warn"})
    assert world.cli("apply", saved, "--allow-launch", "--auto-approve").code in (3, 5)


def test_a_comment_beside_a_finding_says_nothing_of_the_line_below(world: World) -> None:
    project = drive()
    del project["voiceFiles"]
    voices = [f"  v{at}: {{voiceCode: en, text: Press {at + 3} to come or 9 to decline}}" for at in range(2)]
    campaigns = {
        f"c{at}": {**project["rsvpCalls"]["invite"], "voiceFiles": {"start": f"v{at}"}, "state": "active"}
        for at in range(2)
    }
    world.write({**project, "rsvpCalls": campaigns})
    comment = "  # mscode:allow text/keys, four is on the posters"
    manifest = ["apiVersion: mscode/v1", "voiceFiles:", voices[0] + comment, voices[1]]
    (world.folder / "voice.yaml").write_text("\n".join(manifest) + "\n")
    assert [(check["source"]["line"], check["status"]) for check in world.checks("text/keys")] == [
        (4, "fail"),
        (3, "allowed"),
    ]
    manifest.insert(3, comment)
    (world.folder / "voice.yaml").write_text("\n".join(manifest) + "\n")
    assert [check["status"] for check in world.checks("text/keys")] == ["allowed", "allowed"]
    assert world.checks("checks/unused-allow") == []


def test_a_description_of_code_quality_is_one_line(world: World) -> None:
    world.write(_with_text())
    issues = world.cli("validate", world.folder, "--format", "gitlab").json
    (issue,) = [issue for issue in issues if issue["check_name"] == "text/keys"]
    assert "\\n" not in issue["description"]
    assert issue["description"].endswith(
        "(accept: 5, decline: 9). Say the key that is mapped, or map the key that is said. Suggestion: Press 5"
    )
