"""`mscode history`: which launches there were, by whom, whom they reached, and that the records hold."""

from __future__ import annotations

import csv
import io
import json
import shutil
import stat
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mscode.views.schemas import history_schema
from tests.acceptance.campaigns import AFTER, PHONES, drive
from tests.acceptance.conftest import Ended, World
from tests.state.state_server import state_server

COMMIT = "4f2a9c1b0d3e" + "5" * 28
RUN = "https://github.com/owner/drives/actions/runs/17"
IN_CI = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SHA": COMMIT,
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_REPOSITORY": "owner/drives",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_RUN_ID": "17",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_ACTOR": "ada",
    "GITHUB_TRIGGERING_ACTOR": "ada",
}


def history(world: World, *words: str) -> Ended:
    return world.look("history", *words, "--dir", str(world.folder))


def launches(world: World, *words: str) -> list[dict[str, Any]]:
    ended = history(world, "--json", *words)
    assert ended.code == 0, ended.said
    jsonschema.Draft202012Validator(history_schema()).validate(ended.json)
    return list(ended.json["launches"])


def asked(world: World, monkeypatch: pytest.MonkeyPatch, text: str, *words: str) -> Ended:
    """A command that reads a person from a pipe."""
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    return world.look("history", *words, "--dir", str(world.folder))


@pytest.fixture
def in_ci(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The campaign was launched by a job, of a known commit."""
    with monkeypatch.context() as patch:
        for name, value in IN_CI.items():
            patch.setenv(name, value)
        world.launched(drive())
    return world


# ---- the list --------------------------------------------------------------------------------------------------------


def test_each_launch_is_listed_newest_first(in_ci: World) -> None:
    manifest = drive()
    manifest["rsvpCalls"]["invite"]["endTime"] = "2026-12-04T18:00:00Z"
    in_ci.launched(manifest)
    later, first = launches(in_ci)
    assert (later["reason"], first["reason"]) == ("edit", "first")
    assert "later end" in later["what"]
    assert first["address"] == "rsvpCalls.invite"
    assert (first["commit"], first["startedBy"], first["runUrl"]) == (COMMIT, "ada", RUN)
    assert first["approvedBy"]
    assert (first["people"], first["maxCalls"], first["rings"], first["final"]) == (4, 12, 0, False)
    text = history(in_ci).out
    assert text.index(f"launch {later['id']}") < text.index(f"launch {first['id']}")
    assert "Commit:        4f2a9c1b0d3e" in text
    assert "Started by:    ada" in text


def test_the_list_can_be_narrowed(in_ci: World) -> None:
    assert len(launches(in_ci, "rsvpCalls.invite")) == len(launches(in_ci, "rsvpCalls.*")) == 1
    assert launches(in_ci, "rsvpCalls.other") == []
    assert len(launches(in_ci, "--commit", COMMIT[:7].upper())) == 1
    assert launches(in_ci, "--commit", "abcdef1") == []
    assert len(launches(in_ci, "--since", "2026-11-30")) == 1
    assert launches(in_ci, "--since", "2999-01-01T00:00") == []
    for form in ("text", "markdown", "html"):
        ended = history(in_ci, "--since", "2999-01-01", "--format", form)
        assert "No launch in the records matches." in ended.out and "No launches in the records." not in ended.out
    assert in_ci.look("history", str(in_ci.folder), "rsvpCalls.invite", "--json").json["launches"]
    assert in_ci.look("history", "list", str(in_ci.folder), "--json").json["launches"]


def test_a_launch_is_found_by_the_address_that_its_campaign_has_today(in_ci: World) -> None:
    manifest = drive()
    manifest["rsvpCalls"]["winter"] = {**manifest["rsvpCalls"].pop("invite"), "renamedFrom": "invite"}
    in_ci.write(manifest)
    assert in_ci.apply().code == 0
    [launch] = launches(in_ci, "rsvpCalls.winter")
    assert launches(in_ci, "rsvpCalls.invite") == [launch] and launch["address"] == "rsvpCalls.invite"
    [campaign] = in_ci.look("status", str(in_ci.folder), "--json").json["campaigns"]
    assert (campaign["address"], campaign["launch"]["id"]) == ("rsvpCalls.winter", launch["id"])


def test_the_state_is_read_once_and_not_waited_for(in_ci: World) -> None:
    with state_server() as (url, kept):
        environment = json.loads((in_ci.folder / "mscode.yaml").read_text())
        environment["environments"]["test"]["state"] = {
            "backend": "http",
            "address": f"{url}/state",
            "records": f"{url}/records",
        }
        (in_ci.folder / "mscode.yaml").write_text(json.dumps(environment))
        assert history(in_ci, "rsvpCalls.invite").code == 0
        assert [path for _, path, _ in kept.asked].count("/state") == 1
        kept.asked.clear()
        kept.trouble["GET"] = [503]
        assert history(in_ci, "rsvpCalls.invite").code == 0
        assert [path for _, path, _ in kept.asked].count("/state") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--commit", "main"),
        ("--commit", ""),  # a variable of a job that is not set selects nothing, rather than everything
        ("--since", "yesterday"),
        ("--since", ""),
        ("rsvpCalls..",),
        ("--nothing",),
    ],
)
def test_what_is_mistyped_is_64(in_ci: World, words: tuple[str, ...]) -> None:
    assert history(in_ci, *words).code == 64


def test_it_is_a_table_for_spreadsheets_reviews_and_browsers(in_ci: World) -> None:
    [row] = csv.DictReader(io.StringIO(history(in_ci, "--format", "csv").out))
    assert (row["commit"], row["people"], row["rings"]) == (COMMIT, "4", "")
    [launch] = launches(in_ci)
    assert f"[`{launch['id']}`]({RUN})" in history(in_ci, "--format", "markdown").out
    page = history(in_ci, "--format", "html").out
    assert page.startswith("<!DOCTYPE html>") and f'<a href="{RUN}">{launch["id"]}</a>' in page


def test_no_launches_is_no_error(world: World) -> None:
    world.write(drive())
    ended = history(world)
    assert (ended.code, ended.out) == (0, "No launches in the records.\n")
    assert launches(world) == []
    assert not (world.folder / ".mscode").exists()


def test_what_came_of_it_is_read_when_it_is_asked_for(in_ci: World) -> None:
    in_ci.service.at(AFTER)
    stats = in_ci.service.campaign()["stats"]
    assert launches(in_ci)[0]["rings"] is None
    [launch] = launches(in_ci, "--refresh")
    assert (launch["rings"], launch["accepts"]) == (stats["totalDialedCalls"], stats["acceptsReceived"])
    assert launches(in_ci)[0]["rings"] == launch["rings"]
    assert f"{launch['rings']} rings" in history(in_ci).out and not launch["ringsAreMinimum"]


def test_of_a_message_it_is_known_that_it_was_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    message = {"message": "Thanks!", "sender": "Drive", "actionTime": "2026-12-01T09:00:00Z"}
    manifest = drive()
    manifest["accounts"]["aino"]["email"] = "Aino@Example.com"
    manifest["smses"] = {"thanks": {**message, "receivers": [{"account": "aino"}]}}
    letter = {"subject": "Hello", "messageText": "Dear Aino", "messageHtml": "<p>Dear Aino</p>", "fromName": "Drive"}
    letter |= {"fromEmail": "drive@example.com", "actionTime": "2026-12-01T09:00:00Z"}
    manifest["emails"] = {"letter": {**letter, "receivers": [{"account": "aino"}]}}
    world.launched(manifest)
    ended = asked(world, monkeypatch, "aino@example.COM", "person")
    assert "emails.letter: sent" in ended.out and "Aino" not in ended.out
    world.service.at(AFTER)
    for name in ("smses.thanks", "emails.letter"):
        [launch] = launches(world, name, "--refresh")
        assert (launch["what"], launch["state"], launch["liveId"], launch["final"]) == ("sent", "sent", "1", True)
        assert "1 person, sent" in history(world, name).out
    answer = " ".join(asked(world, monkeypatch, PHONES[0], "person").out.split())
    assert "smses.thanks: sent" in answer and "This person: the message was sent; the service does not tell" in answer


def test_what_a_person_started_in_the_web_interface_is_counted_apart(world: World) -> None:
    world.write(drive())
    assert world.apply("--no-launch").code == 0
    world.service.put_campaign(world.service.campaign(), state="active")
    world.service.at(AFTER)
    dialled = world.service.campaign()["stats"]["totalDialedCalls"]
    ended = history(world, "--refresh", "--json")
    assert ended.code == 0, ended.said
    assert ended.json["launches"] == []
    [rings] = ended.json["otherRings"]
    assert (rings["address"], rings["rings"]) == ("rsvpCalls.invite", dialled) and dialled > 0
    assert "started in the web interface" in " ".join(history(world, "--refresh").out.split())


def test_launches_whose_time_has_passed_are_counted(in_ci: World) -> None:
    path = in_ci.folder / "mscode.yaml"
    project = json.loads(path.read_text())
    project["environments"]["test"]["recordsKeep"] = "2w"
    path.write_text(json.dumps(project))
    in_ci.service.at("2027-01-14T06:05:00Z")
    assert in_ci.launch().code == 0
    data = history(in_ci, "--json").json
    assert (data["launches"], data["erased"]) == ([], 1)
    assert history(in_ci, "rsvpCalls.other", "--json").json["erased"] == 0
    assert "The records of 1 more launch were erased when their time had passed." in history(in_ci).out
    ended = history(in_ci, "show", "2")
    assert ended.code == 1 and "was erased when its time had passed" in ended.err
    assert history(in_ci, "verify").code == 0
    assert history(in_ci, "export", "--out", str(in_ci.folder / "audit")).code == 0
    kept = [json.loads(line) for line in (in_ci.folder / "audit" / "records.jsonl").read_text().splitlines()]
    assert {line["address"] for line in kept if line.get("erased")} == {"rsvpCalls.invite"}
    assert "rsvpCalls.invite (id 1)" in ended.err


def test_of_a_launch_whose_time_has_passed_nothing_is_concluded(in_ci: World, monkeypatch: pytest.MonkeyPatch) -> None:
    in_ci.service.at(AFTER)
    assert in_ci.service.campaign()["stats"]["totalDialedCalls"] > 0
    path = in_ci.folder / "mscode.yaml"
    project = json.loads(path.read_text())
    project["environments"]["test"]["recordsKeep"] = "1d"
    path.write_text(json.dumps(project))
    assert in_ci.launch().code == 0
    assert history(in_ci, "--refresh", "--json").json["otherRings"] == []  # its calls are nobody's in the web interface
    ended = asked(in_ci, monkeypatch, PHONES[0], "person")
    assert ended.code == 0 and "Whom these reached is not known any more." in " ".join(ended.out.split())
    data = asked(in_ci, monkeypatch, PHONES[0], "person", "--json").json
    jsonschema.Draft202012Validator(history_schema()).validate(data)
    assert (data["launches"], data["erased"]) == ([], 1)


# ---- one record ------------------------------------------------------------------------------------------------------


def test_one_record_is_shown_whole(in_ci: World) -> None:
    [launch] = launches(in_ci)
    record = history(in_ci, "show", launch["id"], "--json").json
    jsonschema.Draft202012Validator(history_schema()).validate(record)
    assert {name: record[name] for name in launch} == launch
    assert record["words"][0]["role"] == "start" and record["words"][0]["text"]
    assert record["context"]["forge"] == "github"
    assert record["window"]["firstCall"] == "2026-12-01T08:00:00Z"
    text = history(in_ci, "show", launch["id"]).out
    for digest in (record["manifestsDigest"], record["planDigest"], record["chain"]["digest"]):
        assert digest in text
    assert in_ci.look("history", "show", launch["id"].partition("-")[0], str(in_ci.folder)).out == text


def test_a_text_is_masked_where_it_is_shown(world: World) -> None:
    manifest = drive()
    manifest["voiceFiles"]["greeting"]["text"] = f"Hello! Call us at {PHONES[5]}, ask for Aino."
    world.launched(manifest)
    [launch] = launches(world)
    for ended in (history(world, "show", launch["id"]), history(world, "show", launch["id"], "--json")):
        assert "Hello! Call us at" in ended.out
        assert PHONES[5] not in ended.out and "Aino" not in ended.out
    words = {part["role"]: part for part in history(world, "show", launch["id"], "--json").json["words"]}
    assert words["start"]["sha256"] is None, "what is masked could be found by trying"
    assert all(part["sha256"] for role, part in words.items() if "•" not in part["text"])


def test_no_such_record_says_where_the_ids_are(in_ci: World) -> None:
    ended = history(in_ci, "show", "99-aaaaaa")
    assert ended.code == 1
    assert "There is no record 99-aaaaaa" in ended.err and "`mscode history` lists" in ended.err


def test_every_record_is_shown(in_ci: World) -> None:
    in_ci.service.at(AFTER)
    history(in_ci, "--refresh")
    types = []
    while (ended := history(in_ci, "show", str(len(types) + 1), "--json")).code == 0:
        jsonschema.Draft202012Validator(history_schema()).validate(ended.json)
        types.append(ended.json["type"])
        assert history(in_ci, "show", str(len(types))).out.startswith(f"{types[-1]} {ended.json['id']}")
    assert types[:2] == ["beginning", "launch"] and "result" in types


# ---- one person ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", [PHONES[0], f"  {PHONES[0][:4]} {PHONES[0][4:]} \n"])
def test_a_person_is_found_by_the_number(in_ci: World, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    in_ci.service.at(AFTER)
    history(in_ci, "--refresh")
    ended = asked(in_ci, monkeypatch, typed, "person")
    assert ended.code == 0, ended.said
    for text in (
        "rsvpCalls.invite: launched",
        "4f2a9c1b0d3e",
        "Started by:    ada",
        "Words:         start:",
        "This person:",
    ):
        assert text in ended.out
    [launch] = asked(in_ci, monkeypatch, typed, "person", "--json").json["launches"]
    assert launch["outcome"]["reply"] in ("accept", "decline", "none") and launch["outcome"]["lastCallAt"]
    assert PHONES[0] not in ended.said


def test_nobody_found_is_no_error(in_ci: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = asked(in_ci, monkeypatch, "+358405559999\n", "person")
    assert (ended.code, ended.out) == (0, "No launch in the records was let reach this person.\n")
    assert asked(in_ci, monkeypatch, "nobody@example.com\n", "person", "--json").json["launches"] == []


@pytest.mark.parametrize("command", ["person", "forget"])
@pytest.mark.parametrize("lost", ["everything", "the last records", "the key", "the right key"])
def test_records_that_are_not_whole_rule_nobody_out(
    in_ci: World, monkeypatch: pytest.MonkeyPatch, command: str, lost: str
) -> None:
    records = in_ci.folder / ".mscode" / "test" / "records"
    match lost:
        case "everything":
            shutil.rmtree(records)
        case "the last records":
            lines = (records / "2026.jsonl").read_bytes().splitlines(keepends=True)
            (records / "2026.jsonl").write_bytes(lines[0])
        case "the key":
            (records / "key").unlink()
        case _:
            (records / "key").write_bytes(bytes(32))
    ended = asked(in_ci, monkeypatch, PHONES[0], command)
    assert (ended.code, ended.out) == (1, ""), ended.said
    assert "Restore" in ended.err and PHONES[0] not in ended.said


def test_a_list_says_when_records_are_missing(in_ci: World) -> None:
    shutil.rmtree(in_ci.folder / ".mscode" / "test" / "records")
    ended = history(in_ci)
    assert ended.code == 0
    assert "The records are not whole: the state knows 2 records, and there is none." in " ".join(ended.err.split())


@pytest.mark.parametrize("command", ["person", "forget"])
@pytest.mark.parametrize("argument", [PHONES[0], "anna@example.com", "040 5550100"])
def test_a_person_is_no_argument(in_ci: World, monkeypatch: pytest.MonkeyPatch, command: str, argument: str) -> None:
    ended = asked(in_ci, monkeypatch, "", command, argument)
    assert ended.code == 64
    assert argument not in ended.said


@pytest.mark.parametrize("argument", [PHONES[0], "anna@example.com"])
def test_a_person_is_no_address_either(in_ci: World, argument: str) -> None:
    ended = history(in_ci, argument)
    assert ended.code == 64
    assert argument not in ended.said and "mscode history person" in ended.err
    ended = history(in_ci, "show", argument)
    assert ended.code == 64 and argument not in ended.said


@pytest.mark.parametrize(
    "typed", ["", "\n", "me\n", "+3584\n", "aino@\n", "+358405550100 +358405550101\n", "\x00\x1b[31m\n"]
)
def test_what_is_no_person_is_an_error_that_repeats_nothing(
    in_ci: World, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    ended = asked(in_ci, monkeypatch, typed, "person")
    assert ended.code == 1
    assert not typed.strip() or typed.strip() not in ended.said
    assert "\x1b" not in ended.said


# ---- forgetting ------------------------------------------------------------------------------------------------------


def test_a_person_is_forgotten_and_the_records_hold(in_ci: World, monkeypatch: pytest.MonkeyPatch) -> None:
    in_ci.service.at(AFTER)
    history(in_ci, "--refresh")
    ended = asked(in_ci, monkeypatch, PHONES[0], "forget")
    assert (ended.code, ended.out) == (0, "Erased the person from 1 launch and 1 result.\n"), ended.said
    assert asked(in_ci, monkeypatch, PHONES[0], "person", "--json").json["launches"] == []
    assert len(asked(in_ci, monkeypatch, PHONES[1], "person", "--json").json["launches"]) == 1
    assert history(in_ci, "verify").code == 0
    again = asked(in_ci, monkeypatch, PHONES[0], "forget", "--json").json
    assert (again["launches"], again["results"]) == (0, 0)
    log = (in_ci.folder / ".mscode" / "audit.jsonl").read_text()
    assert json.loads(log.splitlines()[-1])["action"] == "history-forget"
    assert PHONES[0][1:] not in log


# ---- verifying -------------------------------------------------------------------------------------------------------


def test_records_that_were_changed_are_named(in_ci: World) -> None:
    assert history(in_ci, "verify").out.startswith("The records are whole.")
    [document] = (in_ci.folder / ".mscode" / "test" / "records").glob("*.jsonl")
    document.write_bytes(document.read_bytes().replace(b'"ada"', b'"eve"'))
    ended = history(in_ci, "verify")
    assert ended.code == 1
    assert "2026.jsonl line 2" in ended.out
    verification = history(in_ci, "verify", "--json")
    assert verification.code == 1 and verification.json["valid"] is False
    jsonschema.Draft202012Validator(history_schema()).validate(verification.json)


def test_a_launched_campaign_without_its_record_is_named(in_ci: World) -> None:
    for path in sorted((in_ci.folder / ".mscode" / "test" / "records").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    ended = history(in_ci, "verify")
    assert ended.code == 1
    assert "rsvpCalls.invite" in ended.out


# ---- exporting -------------------------------------------------------------------------------------------------------


def test_an_export_holds_what_an_auditor_needs_and_nobodys_number(in_ci: World, tmp_path: Path) -> None:
    in_ci.service.at(AFTER)
    [launch] = launches(in_ci, "--refresh")
    out = tmp_path / "audit"
    ended = history(in_ci, "export", "--out", str(out))
    assert ended.code == 0, ended.said
    files = {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()}
    assert {"README.md", "launches.csv", "recordings.csv", "records.jsonl", f"launches/{launch['id']}.csv"} <= set(
        files
    )
    assert any(name.startswith(f"texts/{launch['id']}/") for name in files)
    assert "the calling number" in files["README.md"]
    people = list(csv.DictReader(io.StringIO(files[f"launches/{launch['id']}.csv"])))
    assert len(people) == 4 and len({person["person"] for person in people}) == 4
    numbers = [json.loads(line)["chain"]["number"] for line in files["records.jsonl"].splitlines()]
    assert numbers == list(range(1, len(numbers) + 1))
    everything = "".join(files.values())
    assert not [phone for phone in PHONES if phone[1:] in everything]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in out.rglob("*") if path.is_file()}
    assert modes == {0o600} and stat.S_IMODE(out.stat().st_mode) == 0o700


def test_an_export_overwrites_nothing(in_ci: World, tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "mine").write_text("kept")
    ended = history(in_ci, "export", "--out", str(tmp_path / "audit"))
    assert ended.code == 1 and "is not empty" in ended.err
    assert [path.name for path in (tmp_path / "audit").iterdir()] == ["mine"]
    (tmp_path / "link").symlink_to(tmp_path / "other")
    assert history(in_ci, "export", "--out", str(tmp_path / "link")).code == 1
    assert history(in_ci, "export").code == 64


# ---- where launches are named ----------------------------------------------------------------------------------------


def test_status_and_results_name_the_launch_and_its_commit(in_ci: World) -> None:
    [launch] = launches(in_ci)
    folder = str(in_ci.folder)
    [campaign] = in_ci.look("status", folder, "--json").json["campaigns"]
    assert campaign["launch"] == {"id": launch["id"], "at": launch["at"], "commit": COMMIT, "runUrl": RUN}
    assert in_ci.look("results", "rsvpCalls.invite", "--json", "--dir", folder).json["launch"] == campaign["launch"]
    for words in (
        ("status", folder),
        ("status", folder, "--wide"),
        ("status", folder, "--format", "html"),
        ("results", "--dir", folder),
        ("results", "rsvpCalls.invite", "--dir", folder),
    ):
        text = " ".join(in_ci.look(*words).out.split())
        assert launch["id"] in text and COMMIT[:12] in text, words


def test_a_plan_links_the_earlier_launch_of_the_same_address(in_ci: World) -> None:
    [launch] = launches(in_ci)
    manifest = drive()
    manifest["rsvpCalls"]["invite"]["endTime"] = "2026-12-04T18:00:00Z"
    in_ci.write(manifest)
    assert in_ci.plan("--json").json["earlier_launches"]["rsvpCalls.invite"]["id"] == launch["id"]
    assert f'<a href="{RUN}">launch {launch["id"]}</a>' in in_ci.plan("--format", "html").out
    assert f"launch [`{launch['id']}`]({RUN}) of commit `{COMMIT[:12]}`" in in_ci.plan("--format", "markdown").out


def test_records_that_cannot_be_read_hide_no_campaign(in_ci: World) -> None:
    [document] = (in_ci.folder / ".mscode" / "test" / "records").glob("*.jsonl")
    document.write_text("{\n")
    ended = in_ci.look("status", str(in_ci.folder), "--json")
    assert ended.code == 0, ended.said
    assert [campaign["launch"] for campaign in ended.json["campaigns"]] == [None]
    assert "The records cannot be read" in ended.err
    assert history(in_ci).code == 1


# ---- shared ----------------------------------------------------------------------------------------------------------


def test_who_shares_the_state_shares_the_records(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    path = world.folder / "mscode.yaml"
    project = json.loads(path.read_text())
    with state_server() as (url, _):
        project["environments"]["test"]["state"] = {"backend": "http", "address": f"{url}/states/drive"}
        path.write_text(json.dumps(project))
        world.launched(drive())
        shutil.rmtree(world.folder / ".mscode")  # another machine
        [launch] = launches(world)
        assert launch["address"] == "rsvpCalls.invite" and history(world, "verify").code == 0
        [campaign] = world.look("status", str(world.folder), "--json").json["campaigns"]
        assert campaign["launch"]["id"] == launch["id"]
        ended = asked(world, monkeypatch, PHONES[0], "forget")
        assert ended.code == 0 and "earlier versions" in ended.err
        assert "earlier versions" in asked(world, monkeypatch, PHONES[0], "forget", "--json").json["remains"]
        assert history(world, "verify").code == 0


def test_an_id_of_digits_alone_is_no_number_of_a_person(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mscode.state.records.chain.id_of", lambda n, digest: f"{n}-460801")
    world.launched(drive())
    (launch,) = world.cli("history", "--dir", world.folder, "--json").json["launches"]
    assert launch["id"].endswith("-460801")
    assert world.cli("history", "show", launch["id"], "--dir", world.folder).code == 0
    assert world.cli("history", "show", "9-460801", "--dir", world.folder).code == 64
