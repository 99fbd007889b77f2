"""The law of exports: export, and planning that gives only imports; apply, and planning that gives nothing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from mscode.manifest.export.objects import of_people
from mscode.model.kind import Kind, registry
from tests.acceptance.campaigns import drive, invite
from tests.acceptance.conftest import Ended, World
from tests.acceptance.test_law import PEOPLE, completed

KINDS = registry()


class Exports:
    """A project without manifests beside a live account, and the folder that it is exported into."""

    def __init__(self, world: World) -> None:
        self.world, self.out = world, world.folder.parent / "exported"

    def export(self, *options: str | Path) -> Ended:
        return self.world.cli("export", self.world.folder, "--out", self.out, *options)

    def text(self, name: str) -> str:
        return (self.out / name).read_text()

    def files(self) -> list[str]:
        found = (path.relative_to(self.out).as_posix() for path in self.out.rglob("*.yaml"))
        return sorted(name for name in found if name != "mscode.yaml")

    def holds_the_law(self, imports: int) -> None:
        """Planning gives only imports; applying them changes nothing; then there is nothing to plan."""
        world = self.world
        world.service.forget_requests()
        planned = world.cli("plan", self.out)
        assert planned.code == 0, planned.said
        assert f"Plan: {imports} to import, 0 to add, 0 to change, 0 to destroy." in planned.out
        applied = world.cli("apply", self.out, "--auto-approve")
        assert applied.code == 0, applied.said
        again = world.cli("plan", self.out, "--detailed-exitcode")
        assert again.code == 0, again.said
        assert "No changes. Your campaigns match the live account." in again.out
        assert world.service.requests(writes=True) == []


@pytest.fixture
def exports(world: World) -> Exports:
    return Exports(world)


def make(world: World, path: str, **body: Any) -> Any:
    return world.service.send("POST", path, body)


def forgotten(world: World) -> None:
    """The account stays, the project's manifests and state go: an account that nothing manages."""
    shutil.rmtree(world.folder / ".mscode")
    (world.folder / "all.yaml").unlink()
    world.service.forget_requests()


@pytest.mark.parametrize("options", [(), ("--people",), ("--split", "campaign"), ("--people", "--split", "campaign")])
@pytest.mark.parametrize("time", ["2026-11-30T07:00:00Z", "2026-12-01T08:05:00Z"])
def test_the_law_holds_for_an_account_that_nothing_manages(
    exports: Exports, options: tuple[str, ...], time: str
) -> None:
    exports.world.launched(drive())
    exports.world.service.at(time)
    forgotten(exports.world)
    ended = exports.export(*options)
    assert ended.code == 0, ended.said
    assert exports.world.service.requests(writes=True) == []
    exports.holds_the_law(10 if "--people" in options else 4)


LISTED = [kind for kind in registry().values() if kind.collection]


@pytest.mark.parametrize("people", [(), ("--people",)], ids=["", "people"])
@pytest.mark.parametrize("kind", LISTED, ids=lambda kind: kind.section)
def test_the_law_holds_for_the_example_of(kind: Kind, people: tuple[str, ...], exports: Exports) -> None:
    world = exports.world
    world.service.control("POST", "/seed", PEOPLE)
    manifest = completed(kind)
    for name, text in ((name, text) for one in KINDS.values() for name, text in one.example_files.items()):
        (world.folder / name).write_text(text)
    world.write(manifest)
    assert world.launch().code == 0
    forgotten(world)
    ended = exports.export("--json", *people)
    assert ended.code == 0, ended.said
    objects = ended.json["objects"]
    listed = {one.section for one in LISTED}
    sections = {one["address"].partition(".")[0] for one in objects}
    assert sections == {
        section for section in manifest if section in listed and (people or not of_people(KINDS[section]))
    }
    assert {one["why"] for one in ended.json["left_out"]} <= {"personal data; --people writes them"}
    if objects:
        exports.holds_the_law(len(objects))


# Names


HOSTILE = (
    "${var.city}",
    "a $${x} and ${env.HOME}",
    "yes",
    "no",
    "0501234567",
    "+358401234567",
    "12:30",
    "1e3",
    "null",
    "~",
    "*alias",
    "&anchor",
    "!tag",
    "# no comment",
    "a # b",
    "key: value",
    "{a: b}",
    "[a]",
    "- item",
    "? key",
    "%YAML 1.1",
    "---",
    "...",
    'it\'s "quoted" \\ here',
    "two\nlines",
    "three\n\n  lines \n",
    "tab\there",
    "bell\x07",
    "right\u202eleft",
    "zero\u200bwidth",
    "line\u2028separator",
    "\ufeffbom",
    "nbsp\u00a0",
    "💉 blood",
    "<b>bold</b>",
    "::set-output name=x::y",
    "`rm -rf`",
    "| block",
    "> folded",
    "@at",
    "=",
    "<<",
    "2026-12-01",
)


def test_every_hostile_text_is_read_back_as_it_is(exports: Exports) -> None:
    for at, text in enumerate(HOSTILE):
        make(exports.world, "/groups", name=f"{text}", description=f"{text}{at}")
    ended = exports.export()
    assert ended.code == 0, ended.said
    assert "Left out" not in ended.err
    exports.holds_the_law(len(HOSTILE))


def test_names_are_spelled_in_latin_letters_and_never_collide(exports: Exports) -> None:
    names = ("Verenluovuttajat Ä", "verenluovuttajat a", "Verenluovuttajat-Å", "Доноры Москва", "献血", "2026 donors")
    for name in names:
        make(exports.world, "/groups", name=name, description="")
    assert exports.export("--json").json["objects"] == [
        {"address": f"groups.{name}", "id": str(at)}
        for at, name in enumerate(
            (
                *("verenluovuttajat-a", "verenluovuttajat-a-2", "verenluovuttajat-a-3", "donory-moskva"),
                *("group", "group-2026-donors"),
            ),
            1,
        )
    ]
    exports.holds_the_law(len(names))


def test_of_two_live_objects_with_one_name_the_second_is_left_out_and_named_by_its_id(exports: Exports) -> None:
    world = exports.world
    world.launched(drive())
    forgotten(world)
    make(world, "/groups", name="donors", description="Others")
    campaign = world.service.campaign()
    body = {name: campaign[name] for name in ("startTime", "endTime", "activeFrom", "activeTo", "activeWeekdays")}
    body |= {name: campaign[name] for name in ("voiceFiles", "actionButtons", "acceptsWanted")}
    make(world, "/rsvp_calls", **body, receivers=[{"groupId": "2"}])
    ended = exports.export()
    assert "Left out groups id 2: groups.donors-2 and groups.donors have the same name" in ended.err
    assert 'groupId: {test: "2"}' in exports.text("rsvp-calls.yaml")
    exports.holds_the_law(5)


def test_a_persons_name_becomes_no_address(exports: Exports) -> None:
    make(exports.world, "/accounts", firstName="Aino", lastName="Virta", phone="+358405550101")
    ended = exports.export("--people")
    assert "Aino" not in ended.said and "aino" not in ended.said
    assert "account-1:" in exports.text("accounts.yaml") and "firstName: Aino" in exports.text("accounts.yaml")
    exports.holds_the_law(1)


# People


def test_without_people_nothing_of_a_person_is_written(exports: Exports) -> None:
    world = exports.world
    manifest = drive(receivers=[{"group": "donors"}, {"account": "kaisa"}, {"phone": "+358405550199"}])
    manifest["filters"]["by-name"] = {"conditions": [{"field": "firstName", "operator": "==", "value": "Aino"}]}
    world.launched(manifest)
    forgotten(world)
    ended = exports.export()
    assert ended.code == 0, ended.said
    written = "".join(exports.text(name) for name in exports.files())
    assert "Aino" not in written and "+358" not in written and "members" not in written
    assert 'accountId: {test: "' in written
    assert "accounts (personal data; --people writes them)" in ended.err
    assert re.search("filters id [12]: its conditions name people; --people writes it", ended.err)
    exports.holds_the_law(4)


def test_with_people_receivers_are_accounts_by_name(exports: Exports) -> None:
    world = exports.world
    world.launched(drive(receivers=[{"group": "donors"}, {"account": "kaisa"}, {"phone": "+358405550199"}]))
    forgotten(world)
    assert exports.export("--people").code == 0
    assert exports.text("rsvp-calls.yaml").count("- account: account-") == 2
    assert "members: {accounts: [account-" in exports.text("groups.yaml")
    exports.holds_the_law(11)


# What no manifest can say


def test_an_upload_stays_where_it_is_and_is_named_by_its_id(exports: Exports) -> None:
    world = exports.world
    world.launched(with_upload(world))
    upload = world.state_entries()["voiceFiles.jingle"]
    forgotten(world)
    ended = exports.export()
    assert f"Left out voiceFiles id {upload}: voiceFiles.jingle: needs `text` and `voiceCode`" in ended.err
    assert f'end: {{voiceFileId: {{test: "{upload}"}}}}' in exports.text("rsvp-calls.yaml")
    exports.holds_the_law(4)


def test_a_voice_file_that_a_campaign_names_by_its_id_outlives_its_replacement(world: World) -> None:
    world.launched(drive())
    manifest = drive(voiceFiles={"start": {"voiceFileId": {"test": "1"}}})
    world.write(manifest)
    assert world.changes() == {}
    manifest["voiceFiles"]["greeting"]["text"] = "Another text"
    world.write(manifest)
    assert world.apply().code == 0
    assert {one["voiceFileId"] for one in world.service.get("/voice_files")} == {"1", "2"}
    world.holds_the_law()


def with_upload(world: World) -> dict[str, Any]:
    (world.folder / "jingle.wav").write_bytes(WAV)
    manifest = drive(voiceFiles={"start": "greeting", "end": "jingle"})
    manifest["voiceFiles"]["jingle"] = {"file": "jingle.wav"}
    return manifest


WAV = (
    b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"
    b"\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x00\x00\x00\x00"
)


def test_a_finished_campaign_is_history_unless_its_address_is_named(exports: Exports) -> None:
    world = exports.world
    world.launched(drive())
    world.service.at("2026-12-05T06:00:00Z")
    forgotten(world)
    ended = exports.export("--only", "rsvpCalls.*", "--only", "groups.*")
    assert "Left out 1 RSVP call (history: finished" in ended.err
    assert exports.files() == ["groups.yaml"]
    named = world.cli("export", world.folder, "--out", exports.out.with_name("named"), "--only", "rsvpCalls.invite")
    assert named.code == 0, named.said
    exports.out = exports.out.with_name("named")
    exports.holds_the_law(3)


# Selection


def test_what_a_selected_object_names_comes_along(exports: Exports) -> None:
    exports.world.launched(drive())
    make(exports.world, "/groups", name="others", description="")
    forgotten(exports.world)
    ended = exports.export("--only", "rsvpCalls.*")
    assert "Came along, for what was selected names them: groups.donors, voiceFiles.greeting." in ended.err
    assert exports.files() == ["groups.yaml", "rsvp-calls.yaml", "voice-files.yaml"]
    exports.holds_the_law(3)


def test_only_star_and_question_mark_are_special_in_a_glob(exports: Exports) -> None:
    make(exports.world, "/groups", name="a", description="")
    ended = exports.export("--only", "groups.[a]")
    assert ended.code == 1
    assert not exports.out.exists()
    assert exports.export("--only", "group?.?").code == 0


def test_managed_objects_keep_their_address_and_unmanaged_leaves_them_out(exports: Exports) -> None:
    world = exports.world
    world.launched(drive())
    make(world, "/groups", name="Others", description="")
    ended = exports.export("--json", "--people")
    assert {one["address"]: one["id"] for one in ended.json["objects"]} == {
        **world.state_entries(),
        "groups.others": "2",
    }
    exports.holds_the_law(11)
    exports.out = exports.out.with_name("unmanaged")
    assert exports.export("--unmanaged").code == 0
    assert exports.files() == ["groups.yaml"]
    exports.holds_the_law(1)


def test_an_export_into_the_project_itself_adds_what_it_does_not_declare(exports: Exports) -> None:
    world = exports.world
    world.launched(drive())
    make(world, "/groups", name="Donors", description="")
    exports.out = world.folder
    ended = exports.export()
    assert ended.code == 0, ended.said
    assert sorted(path.name for path in world.folder.glob("*.yaml")) == ["all.yaml", "groups.yaml", "mscode.yaml"]
    assert "donors-2:" in exports.text("groups.yaml")
    exports.holds_the_law(1)


def test_split_puts_a_campaign_beside_what_it_alone_uses(exports: Exports) -> None:
    world = exports.world
    manifest = drive()
    manifest["groups"]["more"] = {"description": ""}
    manifest["voiceFiles"]["bye"] = {"text": "Bye", "voiceCode": "en"}
    manifest["rsvpCalls"]["second"] = invite(voiceFiles={"start": "greeting", "end": "bye"})
    world.launched(manifest)
    forgotten(world)
    assert exports.export("--split", "campaign").code == 0
    assert exports.files() == [
        *("filters.yaml", "groups.yaml", "rsvp-calls/invite.yaml", "rsvp-calls/second.yaml", "voice-files.yaml"),
    ]
    assert "  bye:" in exports.text("rsvp-calls/second.yaml") and "greeting:" in exports.text("voice-files.yaml")
    exports.holds_the_law(7)


# Files


def test_nothing_is_overwritten_and_then_nothing_is_written(exports: Exports) -> None:
    exports.world.launched(drive())
    forgotten(exports.world)
    exports.out.mkdir()
    (exports.out / "groups.yaml").write_text("apiVersion: mscode/v1\n")
    ended = exports.export()
    assert ended.code == 1
    assert "groups.yaml exists already" in ended.err and "Nothing was written" in ended.err
    assert exports.files() == ["groups.yaml"] and not (exports.out / "mscode.yaml").exists()


def test_the_project_file_holds_the_environment_and_no_token(exports: Exports) -> None:
    make(exports.world, "/groups", name="a", description="")
    assert exports.export().code == 0
    text = exports.text("mscode.yaml")
    assert "token: {env: ACCEPTANCE_TOKEN}" in text and exports.world.service.token not in text
    assert "project: drive" in text and "defaultEnvironment: test" in text


def test_an_export_twice_is_the_same(exports: Exports) -> None:
    exports.world.launched(drive())
    forgotten(exports.world)
    exports.export("--people")
    first = {name: exports.text(name) for name in exports.files()}
    exports.out = exports.out.with_name("again")
    exports.export("--people")
    assert first and {name: exports.text(name) for name in exports.files()} == first


# Requests


def test_an_account_of_two_thousand_objects_takes_one_list_per_kind(exports: Exports) -> None:
    groups = [{"name": f"Group {at}", "description": f"Number {at}", "accounts": [0]} for at in range(2000)]
    people = [{"phone": "+358405550001", "firstName": "Aino"}]
    exports.world.service.control("POST", "/seed", {"accounts": people, "groups": groups})
    exports.world.service.forget_requests()
    ended = exports.export("--json")
    assert ended.code == 0, ended.said
    assert len(ended.json["objects"]) == 2000
    assert len(exports.world.service.requests()) == len(LISTED)
    assert {line.partition(" ")[0] for line in exports.world.service.requests()} == {"GET"}


def test_with_people_there_is_one_more_list_per_group(exports: Exports) -> None:
    groups = [{"name": f"Group {at}", "description": "", "accounts": [0]} for at in range(20)]
    exports.world.service.control("POST", "/seed", {"accounts": [{"phone": "+358405550001"}], "groups": groups})
    exports.world.service.forget_requests()
    assert exports.export("--people").code == 0
    assert len(exports.world.service.requests()) == len(LISTED) + 20
    exports.holds_the_law(21)


# Further accounts


def test_the_law_holds_for_a_campaign_that_a_person_halted(exports: Exports) -> None:
    world = exports.world
    world.launched(drive())
    world.service.at("2026-12-01T08:05:00Z")
    world.service.halt_as_a_person()
    forgotten(world)
    assert exports.export().code == 0
    assert "state: halt" in exports.text("rsvp-calls.yaml")
    exports.holds_the_law(4)


def test_the_law_holds_for_a_campaign_that_was_never_launched(exports: Exports) -> None:
    world = exports.world
    world.write(drive())
    assert world.apply("--no-launch").code == 0
    forgotten(world)
    assert exports.export("--people").code == 0
    exports.holds_the_law(10)


def test_a_campaign_that_cannot_be_written_is_left_out_with_the_reason(exports: Exports) -> None:
    world = exports.world
    world.launched(drive(receivers=[{"account": "kaisa"}], acceptsWanted=1))
    world.service.put_campaign(world.service.campaign(), acceptsWanted=7)
    forgotten(world)
    ended = exports.export()
    assert ended.code == 0, ended.said
    assert "Left out rsvpCalls id 1: The campaign cannot reach acceptsWanted." in ended.err
    exports.holds_the_law(3)


def test_a_group_with_a_member_that_cannot_be_written_pushes_nobody_out(exports: Exports) -> None:
    people = [{"phone": "+358405550001"}, {"phone": "12", "firstName": "Aino"}]
    groups = [{"name": "Both", "description": "", "accounts": [0, 1]}]
    exports.world.service.control("POST", "/seed", {"accounts": people, "groups": groups})
    ended = exports.export("--people")
    assert "Left out accounts id 2: phone: must be in international form" in ended.err
    assert "members: {accounts: [account-1], exclusive: false}" in exports.text("groups.yaml")
    exports.holds_the_law(2)


def test_a_name_that_would_move_the_cursor_is_shown_as_text(exports: Exports) -> None:
    for _ in range(2):
        make(exports.world, "/groups", name="a\x1b[2Jb", description="")
    ended = exports.export()
    assert "\x1b" not in ended.said and r"\x1b[2Jb" in ended.err
    exports.holds_the_law(1)


def test_fmt_changes_nothing_in_what_was_exported(exports: Exports) -> None:
    for at, text in enumerate(HOSTILE):
        make(exports.world, "/groups", name=text, description=f"{text}{at}")
    exports.world.launched(
        drive(meta={"long": "x" * 150, "list": list(range(60)), "deep": {"a": {"b": [1, {"c": "no"}]}}})
    )
    forgotten(exports.world)
    assert exports.export("--people").code == 0
    ended = exports.world.cli("fmt", exports.out, "--check", "--diff")
    assert ended.code == 0, ended.said


def test_an_empty_account_gives_no_files(exports: Exports) -> None:
    ended = exports.export()
    assert ended.code == 0 and "Nothing to export." in ended.err
    assert not exports.out.exists()


def test_out_with_an_environment_of_another_url_is_refused(exports: Exports) -> None:
    make(exports.world, "/groups", name="a", description="")
    exports.out.mkdir()
    text = (exports.world.folder / "mscode.yaml").read_text()
    (exports.out / "mscode.yaml").write_text(text.replace(exports.world.service.url, "http://127.0.0.1:9/v1"))
    ended = exports.export()
    assert ended.code == 1 and "has another url" in ended.err
    assert exports.files() == []


def test_the_project_itself_is_where_manifests_go_without_out(world: World) -> None:
    world.service.send("POST", "/groups", {"name": "Old friends", "description": "From before"})
    ended = world.cli("export", world.folder)
    assert ended.code == 0, ended.said
    assert (world.folder / "groups.yaml").is_file()
    assert world.plan().out.count("will be imported") == 1


SECRET = "correct-horse-battery"


def with_secret(world: World) -> None:
    """A live account whose texts hold a secret, made by hand."""
    world.write_project(variables={"hookKey": {"secret": True}, "more": {"type": "map", "secret": True}})
    make(world, "/groups", name=f"Donors {SECRET}", description=f"Key {SECRET}, ${{x}}")
    make(world, "/groups", name="Others", description="Key map-secret-99")
    make(world, "/groups", name="Links", description="see https://x.example/a?token=hunter22xx")


@pytest.fixture
def secrets(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    with_secret(world)
    monkeypatch.setenv("MSCODE_VAR_hookKey", SECRET)
    monkeypatch.setenv("MSCODE_VAR_more", "{inner: map-secret-99}")
    return world


def test_a_secret_is_written_by_its_variable_and_the_law_holds(secrets: World) -> None:
    exports = Exports(secrets)
    done = exports.export()
    assert done.code == 0, done.said
    written = exports.text("groups.yaml")
    assert "Key ${var.hookKey}, $${x}" in written
    assert "${var.more.inner}" in written
    assert "Warning:" in done.err and "groups.yaml: description of groups.links holds a secret" in done.err
    for text in (written, exports.text("mscode.yaml"), done.said):
        assert not [one for one in (SECRET, "map-secret", "hunter22") if one in text.lower()]
    exports.holds_the_law(3)


def test_a_name_is_never_made_of_a_secret_or_a_number(secrets: World) -> None:
    make(secrets, "/groups", name="Call 0401230001 back", description="")
    exports = Exports(secrets)
    done = exports.export("--json")
    assert "battery" not in done.out
    assert "groups.donors" in done.out and "groups.call-back" in done.out


def test_a_secret_variable_without_a_value_is_told(secrets: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MSCODE_VAR_hookKey")
    assert "the secret variable hookKey has no value here" in Exports(secrets).export().err


def test_what_was_applied_as_a_secret_is_left_out_when_its_variable_has_no_value(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write_project(variables={"hookKey": {"secret": True}})
    (world.folder / "g.yaml").write_text('apiVersion: mscode/v1\ngroups: {g: {description: "Key ${var.hookKey}"}}\n')
    monkeypatch.setenv("MSCODE_VAR_hookKey", SECRET)
    assert world.cli("apply", world.folder, "--auto-approve").code == 0
    monkeypatch.delenv("MSCODE_VAR_hookKey")
    exports = Exports(world)
    assert "description of groups.g holds a secret" in exports.export().err
    assert SECRET not in exports.text("groups.yaml")
