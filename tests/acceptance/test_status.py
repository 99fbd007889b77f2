"""status, watch and results: where live campaigns stand, following them, and who replied how."""

from __future__ import annotations

import csv
import io
import shutil
import stat
from typing import Any

import pytest

from mscode.app import watch
from tests.acceptance.campaigns import AFTER, PHONES, WORKDAYS, drive
from tests.acceptance.conftest import Ended, World

CALLING = "2026-12-01T08:05:00Z"


def status(world: World) -> list[dict[str, Any]]:
    return list(world.look("status", str(world.folder), "--json").json["campaigns"])


def results(world: World, *arguments: str) -> Ended:
    return world.look("results", *arguments, "--dir", str(world.folder))


# ---- status ----------------------------------------------------------------------------------------------------------


def test_status_says_when_it_will_call(launched: World) -> None:
    [told] = status(launched)
    assert told["address"] == "rsvpCalls.invite"
    assert (told["state"], told["dialled"], told["acceptsWanted"]) == ("waitingToActive", 0, 4)
    assert told["firstCall"] == told["nextCall"] == "2026-12-01T08:00:00Z"
    assert told["lastCall"] == "2026-12-04T15:00:00Z"
    table = launched.look("status", str(launched.folder)).out
    assert table.splitlines()[0].split()[:3] == ["CAMPAIGN", "ID", "STATE"]
    assert "2026-12-01 10:00" in table
    assert "Times in Europe/Helsinki" in table


def test_status_counts_as_the_service_does(launched: World) -> None:
    launched.service.at(AFTER)
    stats = launched.service.campaign()["stats"]
    [told] = status(launched)
    assert told["state"] == "complete"
    assert told["finished"] is True
    assert told["dialled"] == stats["totalDialedCalls"] > 0
    assert (told["answered"], told["accepted"]) == (stats["answeredCalls"], stats["acceptsReceived"])
    assert told["declinedOrNoReply"] == stats["declinesAndNoRepliesReceived"]
    assert told["nextCall"] is None


def test_a_halted_campaign_calls_nobody_next(launched: World) -> None:
    launched.service.halt_as_a_person()
    [told] = status(launched)
    assert (told["state"], told["nextCall"], told["lastCall"]) == ("halt", None, None)


def test_without_a_state_the_mark_finds_them(launched: World) -> None:
    shutil.rmtree(launched.folder / ".mscode")
    [told] = status(launched)
    assert (told["address"], told["managed"]) == ("rsvpCalls.invite", False)
    assert "(rsvpCalls.invite)" in launched.look("status", str(launched.folder)).out


def test_a_state_that_cannot_be_read_is_told_and_the_mark_finds_them(launched: World) -> None:
    for file in (launched.folder / ".mscode" / "test").glob("state*"):
        file.write_text("{")
    ended = launched.look("status", str(launched.folder), "--json")
    assert ended.code == 0, ended.said
    assert "The state cannot be read" in ended.err
    assert [one["managed"] for one in ended.json["campaigns"]] == [False]


def test_status_needs_no_manifests(launched: World) -> None:
    (launched.folder / "all.yaml").write_text("apiVersion: [")
    assert len(status(launched)) == 1


def test_campaigns_of_others_are_left_out(launched: World) -> None:
    copy = launched.service.campaign() | {"meta": {"mscode": "1:other/test:rsvpCalls.invite:1:live"}}
    body = {
        name: value for name, value in copy.items() if name not in ("rsvpCallId", "stats", "updatedAt", "createdAt")
    }
    body |= {"state": "halt", "receivers": [{"phone": PHONES[0]}]}
    launched.service.send("POST", "/rsvp_calls", body)
    assert len(launched.service.get("/rsvp_calls")) == 2
    assert len(status(launched)) == 1


def test_every_kind_that_reaches_people_has_a_row(world: World) -> None:
    people = {"aino": {"firstName": "Aino", "phone": PHONES[0]}}
    to = {"receivers": [{"account": "aino"}]}
    window = {"activeFrom": "08:00", "activeTo": "15:00", "activeWeekdays": WORKDAYS}
    desk = {**window, "voiceFile": "hello", "actionButtons": {"accept": 5, "decline": 9}, **to}
    world.launched(
        {
            "apiVersion": "mscode/v1",
            "accounts": people,
            "voiceFiles": {"hello": {"text": "Hello", "voiceCode": "en"}},
            "smses": {"note": {"message": "Hi", "actionTime": "2026-12-01T08:00:00Z", **to}},
            "clickToCalls": {"desk": {**desk, "expiresAt": "2026-12-04T15:00:00Z"}},
        }
    )
    assert {one["address"]: one["state"] for one in status(world)} == {
        "smses.note": "waiting",
        "clickToCalls.desk": "active",
    }
    world.service.at(AFTER)
    assert {one["address"]: one["state"] for one in status(world)} == {
        "smses.note": "sent",
        "clickToCalls.desk": "complete",
    }
    assert ("smses.note", "sent") in [
        (one["address"], one["kind"]) for one in world.look("drift", str(world.folder), "--json").json["progress"]
    ]


def test_nothing_live_says_so(world: World) -> None:
    ended = world.look("status", str(world.folder))
    assert (ended.code, ended.out) == (0, "No live campaigns of this project.\n")


def table(world: World, *arguments: str) -> list[str]:
    ended = world.look("status", str(world.folder), *arguments)
    assert ended.code == 0, ended.said
    return ended.out.splitlines()


def test_it_counts_people_and_accepts(launched: World) -> None:
    assert "called 0 of 4  0 of 4" in table(launched)[1]
    launched.service.at(CALLING)
    [told] = status(launched)
    assert told["people"] == 4
    line = table(launched)[1]
    assert f"called {told['called']} of 4" in line
    assert f"{told['accepted']} of 4" in line
    assert told["called"] <= told["dialled"]
    launched.service.at(AFTER)
    [told] = status(launched)
    people = results(launched, "rsvpCalls.invite", "--json").json["receivers"]
    assert told["called"] == sum(row["latestCallAt"] is not None for row in people)


def test_a_service_that_tells_no_people_costs_no_error(launched: World) -> None:
    launched.service.at(AFTER)
    for code in (404, 403):
        launched.service.fault(method="GET", path="/rsvp_calls/.*/receivers", status=code)
        [told] = status(launched)
        assert (told["people"], told["called"]) == (4, None)
        launched.service.fault(method="GET", path="/rsvp_calls/.*/receivers", status=code)
        assert f"{told['dialled']} calls" in table(launched)[1]
        launched.service.no_more_faults()


def test_its_window_is_the_next_one(launched: World) -> None:
    assert "2026-12-01 10:00-17:00" in table(launched)[1]
    launched.service.at("2026-12-01T08:00:30Z")
    [told] = status(launched)
    if told["state"] == "active":
        assert "now, until 17:00" in table(launched)[1]
    assert told["nextCallUntil"] in ("2026-12-01T15:00:00Z", None)


def test_running_ones_stand_first_and_totals_last(world: World) -> None:
    manifest = drive()
    invite = manifest["rsvpCalls"].pop("invite")
    receivers = {"active": PHONES[5], "later": "+358405550191", "stopped": "+358405550192"}
    manifest["rsvpCalls"] = {
        "a-stopped": {**invite, "receivers": [{"phone": receivers["stopped"]}]},
        "b-later": {**invite, "startTime": "2026-12-03T08:00:00Z", "receivers": [{"phone": receivers["later"]}]},
        "c-active": {**invite, "receivers": [{"group": "donors"}], "acceptsWanted": 4, "maxRedials": 5},
    }
    for name in ("a-stopped", "b-later"):
        manifest["rsvpCalls"][name]["acceptsWanted"] = 1
    world.launched(manifest)
    assert world.cli("halt", "rsvpCalls.a-stopped", "--dir", world.folder).code == 0
    world.service.at("2026-12-01T08:00:01Z")
    rows = world.look("status", str(world.folder), "--json").json
    assert [one["state"] for one in rows["campaigns"]] == ["active", "waitingToActive", "halt"]
    assert [one["hold"] for one in rows["campaigns"]] == [None, None, "person"]
    assert {name: rows["totals"][name] for name in ("running", "waiting", "halted", "held", "unknown", "finished")} == {
        "running": 1, "waiting": 1, "halted": 1, "held": 0, "unknown": 0, "finished": 0,
    }  # fmt: skip
    lines = table(world)
    assert [line.split()[0] for line in lines[1:4]] == [
        "rsvpCalls.c-active",
        "rsvpCalls.b-later",
        "rsvpCalls.a-stopped",
    ]
    assert "Total: 1 running, 1 waiting, 1 halted." in lines
    assert "halted by a person" in lines[3]
    active = table(world, "--active")
    assert not [line for line in active if "a-stopped" in line]
    assert len(world.look("status", str(world.folder), "--active", "--json").json["campaigns"]) == 2


def test_one_that_was_halted_says_so_after_its_end_too(world: World) -> None:
    world.launched(drive())
    assert world.cli("halt", "rsvpCalls.invite", "--dir", world.folder).code == 0
    world.service.at("2026-12-30T06:00:00Z")
    [told] = status(world)
    assert (told["state"], told["finished"], told["hold"]) == ("complete", True, "person")
    lines = table(world)
    assert "halted by a person" in lines[1]
    assert "Total: 1 finished." in lines


def test_one_that_ran_to_its_end_was_not_halted(world: World) -> None:
    world.launched(drive())
    world.service.at("2026-12-30T06:00:00Z")
    [told] = status(world)
    assert (told["state"], told["hold"]) == ("complete", None)


def test_a_held_launch_is_shown(world: World) -> None:
    world.write(drive())
    assert world.apply("--no-launch").code == 0
    lines = table(world)
    assert "held: not launched" in lines[1]
    assert "Total: 1 halted (1 held)." in lines
    [told] = status(world)
    assert (told["state"], told["hold"]) == ("halt", "notLaunched")


def test_an_unknown_one_is_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from mscode.engine.create import protocol, resolve
    from mscode.plan.identity import lost_create, matching

    for module in (protocol, resolve, lost_create, matching):
        monkeypatch.setattr(module, "needs_manual_resolution", lambda kind: kind.section == "rsvpCalls")
    world.write(drive())
    world.service.fault(method="POST", path="/rsvp_calls", status=503)
    assert world.launch().code == 7
    data = world.look("status", str(world.folder), "--json").json
    assert [(one["address"], one["id"], one["state"]) for one in data["campaigns"]] == [
        ("rsvpCalls.invite", None, "unknown")
    ]
    assert data["totals"]["unknown"] == 1
    text = "\n".join(table(world, "rsvpCalls.invite", "--active"))
    assert "unknown" in text
    assert "mscode resolve" in text
    assert world.look("watch", "--dir", str(world.folder)).code == 0


@pytest.mark.parametrize("name", ["rsvpCalls.invite", "rsvpCalls.*", "*invite", "rsvpCalls.invit?"])
def test_addresses_and_globs_choose(launched: World, name: str) -> None:
    assert len(launched.look("status", name, str(launched.folder), "--json").json["campaigns"]) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("rsvpCalls.invte",), 1, 'Did you mean "rsvpCalls.invite"?'),
        (("smses.*",), 1, "No live campaign matches smses.*"),
        (("nonsense",), 64, "is not an address"),
        (("",), 64, "empty"),
        (("../nowhere/",), 1, "There is no file or folder"),
        ((".",), 64, "Two folders"),
    ],
)
def test_what_is_no_address_is_said(launched: World, arguments: tuple[str, ...], code: int, text: str) -> None:
    ended = launched.look("status", str(launched.folder), *arguments)
    if code == 1 and "nowhere" in arguments[0]:
        ended = launched.look("status", *arguments)
    assert ended.code == code
    assert text in ended.err


@pytest.mark.parametrize("columns", ["80", "120"])
def test_no_line_is_wider_than_the_terminal(world: World, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    name = "a" + "-very-long-name" * 4
    manifest = drive()
    manifest["rsvpCalls"][name] = {
        **manifest["rsvpCalls"]["invite"], "receivers": [{"phone": PHONES[5]}], "acceptsWanted": 1,
    }  # fmt: skip
    world.launched(manifest)
    monkeypatch.setenv("COLUMNS", columns)
    lines = table(world)
    assert max(map(len, lines)) <= int(columns)
    assert any(line == f"rsvpCalls.{name}" or line.startswith(f"rsvpCalls.{name} ") for line in lines)
    assert "ANSWERED" in table(world, "--wide")[0]


# ---- watch -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(launched: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Instants at which the next looks are taken, in place of waiting; the list is used up by watching."""
    times: list[str] = []

    def pass_by(seconds: float) -> None:
        launched.service.at(times.pop(0))

    monkeypatch.setattr(watch, "wait", pass_by)
    return times


def test_watch_follows_until_all_is_done_a_line_for_each_change(launched: World, clock: list[str]) -> None:
    clock += ["2026-12-01T07:00:00Z", CALLING, AFTER]
    ended = launched.look("watch", "--dir", str(launched.folder))
    assert ended.code == 0, ended.said
    assert clock == []
    lines = [line.split("  ", 1)[1] for line in ended.out.splitlines()]
    assert lines[0] == "rsvpCalls.invite: waitingToActive"
    assert lines[1].startswith("rsvpCalls.invite: active, ")
    assert lines[2].startswith("rsvpCalls.invite: complete, ")
    assert len(lines) == 3


def test_watch_gives_programs_a_line_for_each_change(launched: World, clock: list[str]) -> None:
    clock += [AFTER]
    ended = launched.look("watch", "rsvpCalls.invite", "--json", "--dir", str(launched.folder))
    assert [one["state"] for one in ended.events] == ["waitingToActive", "complete"]


def test_watch_ends_when_a_person_halts_the_campaign(launched: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "wait", lambda seconds: launched.service.halt_as_a_person())
    ended = launched.cli("watch", "--dir", launched.folder)
    assert ended.code == 0, ended.said
    assert ended.out.splitlines()[-1].endswith("rsvpCalls.invite: halt")


def test_watch_says_when_a_campaign_is_deleted(launched: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "wait", lambda seconds: launched.service.send("DELETE", "/rsvp_calls/1"))
    ended = launched.cli("watch", "rsvpCalls.invite", "--dir", launched.folder)
    assert ended.code == 0, ended.said
    assert ended.out.splitlines()[-1].endswith("rsvpCalls.invite: deleted")


def test_ctrl_c_ends_watching_with_130(launched: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(watch, "wait", interrupt)
    assert launched.cli("watch", "--dir", launched.folder).code == 130


@pytest.mark.parametrize("command", ["watch", "results"])
def test_a_mistyped_address_gets_a_suggestion(launched: World, command: str) -> None:
    ended = launched.look(command, "rsvpCalls.invte", "--dir", str(launched.folder))
    assert ended.code == 1
    assert 'Did you mean "rsvpCalls.invite"?' in ended.err


# ---- results ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def done(launched: World) -> World:
    launched.service.at(AFTER)
    return launched


def test_results_tell_what_the_ledger_of_calls_says(done: World) -> None:
    rows = results(done, "rsvpCalls.invite", "--json").json["receivers"]
    rung = {ring["accountId"]: ring for ring in done.service.rings()}  # the last call of each
    called = {row["accountId"]: row for row in rows if row["latestCallAt"]}
    assert set(called) == set(rung)
    assert {one: row["answered"] for one, row in called.items()} == {
        one: bool(ring["answered"]) for one, ring in rung.items()
    }
    [standing] = status(done)
    assert sum(row["reply"] == "accept" for row in rows) == standing["accepted"] > 0


def test_people_in_groups_and_single_ones_are_joined_each_once(world: World) -> None:
    world.launched(drive(receivers=[{"group": "donors"}, {"phone": "+358405550199"}]))
    world.service.at(AFTER)
    rows = results(world, "rsvpCalls.invite", "--json").json["receivers"]
    assert len(rows) == len({row["accountId"] for row in rows}) == 5
    assert all(row["phone"] for row in rows)
    single = next(row for row in rows if row["phone"].endswith("0199"))
    assert single["dialled"] is not None


def test_a_service_without_the_guessed_list_still_gives_what_the_campaign_tells(done: World) -> None:
    done.service.fault(method="GET", path="/rsvp_calls/.*/receivers", status=404)
    ended = results(done, "rsvpCalls.invite", "--json")
    done.service.no_more_faults()
    assert ended.code == 0, ended.said
    [row] = ended.json["receivers"]
    assert row["groupId"] is not None


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_no_number_leaves_in_any_form(done: World, form: str) -> None:
    target = done.folder / "replies.out"
    for more in ((), ("--out", str(target)), ("--show-people",), ("--show-people", "--out", str(target))):
        ended = results(done, "rsvpCalls.invite", "--format", form, *more)
        assert ended.code == 0, ended.said
        written = target.read_text() if target.exists() else ""
        assert not [one for one in PHONES if one in ended.said + written or one[1:] in ended.said + written]
    assert "•••" in written or "\\u2022\\u2022\\u2022" in written


def test_a_csv_file_has_a_row_for_each_receiver_and_is_its_owners(done: World) -> None:
    target = done.folder / "replies.csv"
    ended = results(done, "rsvpCalls.invite", "--format", "csv", "--out", str(target))
    assert (ended.code, ended.out) == (0, "")
    assert "4 receivers written to" in ended.err
    rows = list(csv.DictReader(io.StringIO(target.read_text())))
    told = results(done, "rsvpCalls.invite", "--json").json["receivers"]
    assert [row["accountId"] for row in rows] == [row["accountId"] for row in told]
    assert [row["reply"] for row in rows] == [row["reply"] or "" for row in told]
    assert [int(row["duration"]) for row in rows] == [row["duration"] for row in told]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_results_by_id_need_no_address(done: World) -> None:
    by_id = results(done, "--id", "1", "--json").json
    assert by_id == results(done, "rsvpCalls.invite", "--json").json
    assert results(done, "--id", "99").code == 1
    assert results(done, "rsvpCalls.invite", "--id", "1").code == 64


def test_results_of_what_calls_nobody_name_what_does(done: World) -> None:
    ended = results(done, "groups.donors")
    assert ended.code == 1
    assert "There is no live campaign groups.donors" in ended.err


@pytest.mark.parametrize("expanded", [False, True])
def test_a_receiver_that_is_shown_by_its_account_alone_is_known_by_number(world: World, expanded: bool) -> None:
    world.service.reads(receiver_rows="account", expand_groups=expanded)
    world.launched(drive(receivers=[{"group": "donors"}, {"account": "kaisa"}], acceptsWanted=5))
    gone = next(one for one in world.service.get("/accounts") if one["firstName"] == "Eero")
    world.service.send("DELETE", f"/accounts/{gone['accountId']}")
    masked = {f"{phone[:6]}•••{phone[-4:]}" for phone in (*PHONES[:1], *PHONES[2:5])}
    rows = results(world, "rsvpCalls.invite", "--json").json["receivers"]
    assert {row["phone"] for row in rows} - {None} == masked
    assert all(phone in results(world, "rsvpCalls.invite").out for phone in masked)


def test_many_of_them_are_read_by_one_list(world: World) -> None:
    world.service.reads(receiver_rows="account")
    receivers = [{"phone": f"+3584055503{n:02}"} for n in range(30)]
    world.launched(drive(receivers=receivers))
    rows = results(world, "rsvpCalls.invite", "--json").json["receivers"]
    assert len({row["phone"] for row in rows} - {None}) == 30
    assert world.service.requests().count("GET /accounts") == 1
    assert not [one for one in world.service.requests() if one.startswith("GET /accounts/")]


def test_one_that_was_halted_when_everybody_was_called_says_so_while_calls_were_left(world: World) -> None:
    world.launched(drive(maxRedials=5))
    minute = 0
    while len({ring["phone"] for ring in world.service.rings()}) < 4:
        minute += 1
        world.service.at(f"2026-12-01T08:{minute:02}:00Z")
    assert world.service.campaign()["state"] == "active"
    assert world.cli("halt", "rsvpCalls.invite", "--dir", world.folder).code == 0
    world.service.at("2026-12-30T06:00:00Z")
    [told] = status(world)
    assert (told["state"], told["called"], told["people"], told["hold"]) == ("complete", 4, 4, "person")
