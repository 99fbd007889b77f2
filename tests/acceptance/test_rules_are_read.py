"""Every rule that is written down is asked: a file is no less a rule in a folder or with another ending, an empty list is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World

NOBODY = "name: nobody\nmessage: Nobody is called.\nexpression: 'false'\n"


def rule(world: World, name: str, text: str = NOBODY) -> Path:
    path = world.folder / "policies" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# ---- policies/ -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["a.yaml", "a.yml", "a.YAML", "a.YML", "a.Yaml", "calls/a.yaml", "calls/night/A.YML", "calls/a.b.yaml"]
)
def test_a_rule_is_read_wherever_it_lies_and_however_it_ends(world: World, name: str) -> None:
    pytest.importorskip("cel_expr_python")
    world.write(drive())
    rule(world, name)
    ended = world.plan()
    assert ended.code == 5 and "Guard policy.nobody refuses this plan" in ended.out, ended.said


def test_an_error_in_a_rule_below_has_its_place(world: World) -> None:
    world.write(drive())
    rule(world, "calls/a.YAML", "name: nobody\nmesage: x\nexpression: 'false'\n")
    ended = world.plan()
    assert ended.code == 1 and "on policies/calls/a.YAML line 2" in ended.err, ended.said


@pytest.mark.parametrize(
    "name", ["a.yaml.txt", "a.yml.md", "a.yamll", "a.ymal", "a.yaml~", "a.cel", "deep/a.yaml.bak", "a"]
)
def test_what_looks_like_a_rule_and_is_none_is_said(world: World, name: str) -> None:
    world.write(drive())
    rule(world, name)
    for ended in (world.plan(), world.cli("validate", world.folder)):
        assert ended.code == 1, ended.said
        assert f"on policies/{name} line 1" in ended.err and "is not read as a rule" in ended.err


def test_words_and_plans_may_lie_beside_rules(world: World) -> None:
    world.write(drive())
    for name in ("README.md", "README", "notes.txt", "plans/one.json", ".gitkeep", "CODEOWNERS"):
        rule(world, name, "{}")
    assert world.plan().code == 0


def test_rules_behind_a_link_are_not_passed_over(world: World, tmp_path: Path) -> None:
    world.write(drive())
    elsewhere = world.folder / "rules"
    elsewhere.mkdir()
    rule(world, "README.md", "words")
    (world.folder / "policies" / "more").symlink_to(elsewhere)
    ended = world.plan()
    assert ended.code == 1 and "on policies/more line 1" in ended.err, ended.said


def test_a_link_that_leads_nowhere_is_not_no_rules(world: World) -> None:
    world.write(drive())
    (world.folder / "policies").symlink_to(world.folder / "gone")
    assert world.plan().code == 1


@pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
def test_a_folder_of_rules_that_cannot_be_read_is_an_error(world: World) -> None:
    world.write(drive())
    folder = rule(world, "calls/a.yaml").parent
    folder.chmod(0)
    try:
        assert world.plan().code == 1
    finally:
        folder.chmod(0o700)


def test_rules_in_a_folder_of_another_folder_are_said(world: World) -> None:
    world.write(drive())
    path = world.folder / "campaigns" / "policies" / "a.YAML"
    path.parent.mkdir(parents=True)
    path.write_text(NOBODY)
    ended = world.plan()
    assert ended.code == 1 and "on campaigns/policies/a.YAML line 1" in ended.err, ended.said


# ---- manifests -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Festival.YAML", "festival.YML", "deep/Festival.Yaml"])
def test_a_manifest_is_one_however_its_ending_is_spelled(world: World, name: str) -> None:
    world.write(drive())
    assert world.apply("--no-launch").code == 0
    path = world.folder / name
    path.parent.mkdir(exist_ok=True)
    (world.folder / "all.yaml").rename(path)
    ended = world.plan()
    assert ended.code == 0 and "to destroy" not in ended.out.replace("0 to destroy", ""), ended.said
    assert world.cli("validate", world.folder).code == 0


@pytest.mark.parametrize("glob", ["*.yaml", "campaigns/*.yaml", "**/*.yaml"])
def test_globs_of_manifests_take_an_ending_in_any_letters(world: World, glob: str) -> None:
    world.write_project(manifests=[glob])
    world.write(drive(), "Festival.YAML")
    (world.folder / "campaigns").mkdir()
    (world.folder / "campaigns" / "More.YAML").write_text("apiVersion: mscode/v1\ngroups: {more: {description: x}}\n")
    found = {one["address"] for one in world.plan("--json").json["resource_changes"]}
    assert ("rsvpCalls.invite" in found) == (glob != "campaigns/*.yaml")
    assert ("groups.more" in found) == (glob != "*.yaml")


def test_files_of_variables_are_no_manifests_in_any_letters(world: World) -> None:
    world.write(drive())
    (world.folder / "production.VARS.YAML").write_text("city: Oulu\n")
    assert world.plan().code == 0


# ---- guards ----------------------------------------------------------------------------------------------------------

EMPTY = [
    'callingHours: {from: "09:00", to: "17:00", weekdays: []}',
    'callingHours: {from: "09:00", to: "17:00", weekdays: }',
    'callingHours: {from: "09:00", to: "17:00", timezone: }',
    'callingHours: {from: "09:00", to: "17:00", timezone: ""}',
    'callingHours: {value: {from: "09:00", to: "17:00", weekdays: []}, level: warn}',
    "callingHours: {}",
    "callingHours:",
    "countryHours: []",
    "countryHours: {}",
    "countryHours:",
    "countryHours: {countries: []}",
    "countryHours: {countries: }",
    "countryHours: {own: {}}",
    "countryHours: {countries: [US], own: {}}",
    'countryHours: {own: {FI: {from: "09:00", to: "17:00", weekdays: []}}}',
    'countryHours: {own: {FI: {from: "09:00", to: "17:00", weekdays: }}}',
    "countryHours: {value: [], level: deny}",
    "publicHolidays: {countries: []}",
    "publicHolidays: []",
    "publicHolidays:",
    "webhookHosts: []",
    "webhookHosts:",
    'webhookHosts: [""]',
    "webhookHosts: [https://hooks.example.com]",
    "webhookHosts: ['hooks.example.com:443']",
    "webhookHosts: ['*']",
    "webhookHosts: {value: [], level: warn}",
    "doNotCall:",
    'doNotCall: ""',
    "doNotCall: []",
    "maxAttemptsPerPerson:",
    "maxAttemptsPerPerson: {attempts: 3, days: }",
    "maxPeople:",
    "maxPeople: []",
    "maxPeople: {value: , level: warn}",
    "maxDeletes:",
    "maxRedials: {}",
    "duplicatePerson:",
    "duplicatePerson: []",
    "duplicatePerson: {}",
    "duplicatePerson: false",
    "samePersonSameDay: deny",
    "durableState: {value: 3}",
]


@pytest.mark.parametrize("guard", EMPTY)
def test_an_empty_guard_is_an_error_with_its_place_and_allows_nothing(world: World, guard: str) -> None:
    world.write(drive())
    path = world.folder / "mscode.yaml"
    head = "apiVersion: mscode/v1\nproject: drive\ndefaultEnvironment: test\n"
    url = f"environments: {{test: {{url: '{world.service.url}', token: {{env: ACCEPTANCE_TOKEN}}}}}}\n"
    path.write_text(f"{head}{url}guards:\n  {guard}\n")
    for ended in (world.plan(), world.cli("validate", world.folder)):
        assert ended.code == 1, ended.said
        assert "on mscode.yaml line 6" in ended.err and guard.partition(":")[0] in ended.err, ended.said


def test_an_override_of_what_is_no_guard_is_a_mistake_in_the_command_line(world: World) -> None:
    world.write(drive())
    assert world.plan("--override", "maxPersons").code == 64
    assert world.plan("--override", "policy.nobody").code == 64
