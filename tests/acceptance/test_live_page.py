"""`status --format html`: a page of live campaigns for whoever is on duty, and where it is written."""

from __future__ import annotations

import os
import re
import stat
from html import unescape
from pathlib import Path

import pytest

from tests.acceptance.campaigns import AFTER, NAMES, PHONES, drive
from tests.acceptance.conftest import Ended, World
from tests.acceptance.test_account_alone import alone  # noqa: F401  a fixture
from tests.acceptance.test_resolve import held  # noqa: F401  a fixture

CALLING = "2026-12-01T08:05:00Z"
LAST_NAME, EMAIL, STREET, APPROVER = "Recognisable", "zzyzx@example.org", "Tunnistettavakatu", "Approver"


def page(world: World, *options: str) -> str:
    ended = world.look("status", str(world.folder), "--format", "html", *options)
    assert ended.code == 0, ended.said
    return ended.out


def seen(html: str) -> str:
    """The words of a page, as a reader meets them."""
    body = re.sub(r"(?s)<(style|script)\b.*?</\1>", " ", html)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


# ---- what it says ----------------------------------------------------------------------------------------------------


def test_a_campaign_that_waits(launched: World) -> None:
    html = page(launched)
    text = seen(html)
    assert "Campaigns of drive in test" in text
    assert "Nothing calls now." in text
    assert "rsvpCalls.invite" in text
    assert "0 of 4" in text
    assert "2026-12-01 10:00-17:00" in text, "the next window, in the project's zone"
    assert "4 first calls left" in text and "at most 8" in text
    assert "2026-11-30 08:00" in text, "when it was launched, by the service's clock"
    assert '<code class="command">mscode halt rsvpCalls.invite</code>' in html


def test_a_campaign_that_calls_and_how_to_stop_it(launched: World) -> None:
    launched.service.at(CALLING)
    text = seen(page(launched))
    [now] = re.findall(r"Calling now (.*?) Needs somebody", text)
    assert now.startswith("rsvpCalls.invite until 17:00; called ")
    assert "Stop it: mscode halt rsvpCalls.invite" in now
    assert "Stop everything: mscode halt --all" in now


def test_the_replies_are_those_of_results(launched: World) -> None:
    launched.service.at(AFTER)
    results = launched.look("results", "rsvpCalls.invite", "--dir", str(launched.folder), "--json").json
    replies = [one["reply"] for one in results["receivers"]]
    answered = sum(one["answered"] for one in results["receivers"])
    text = seen(page(launched))
    assert f"{answered} answered {replies.count('accept')} accepted {replies.count('decline')} declined" in text
    missing = 4 - replies.count("accept")
    assert missing > 0 and f"It is over, and {missing} accept" in text


def test_calls_by_the_hour_add_up_to_those_of_the_service(launched: World) -> None:
    launched.service.at(AFTER)
    html = page(launched)
    hours = sum(
        int(n) for n in re.findall(r"<tr><th scope=\"row\">\w{3} [\d-]+</th><td>[\d:]+</td><td>(\d+)</td>", html)
    )
    [more] = re.findall(r"And (\d+) earlier calls?", html) or ["0"]
    assert hours + int(more) == len(launched.service.rings()) > 0
    assert hours == len({ring["accountId"] for ring in launched.service.rings()})


def test_what_a_person_halted_needs_somebody(launched: World) -> None:
    launched.service.halt_as_a_person()
    text = seen(page(launched))
    assert "A person halted it." in text
    assert "mscode plan --resume rsvpCalls.invite" in text
    assert "halted by a person" in text
    assert "mscode halt rsvpCalls.invite" not in text


def test_the_last_launch_is_the_last_one(launched: World) -> None:
    launched.service.at("2026-11-30T07:00:00Z")
    launched.service.halt_as_a_person()
    assert "2026-11-30 08:00" in seen(page(launched))
    assert launched.launch("--resume", "rsvpCalls.invite").code == 0
    text = seen(page(launched))
    assert "2026-11-30 09:00" in text and "2026-11-30 08:00" not in text
    launched.service.at("2026-11-30T07:30:00Z")
    launched.launched(drive(endTime="2026-12-05T17:00:00Z"))
    assert "2026-11-30 09:30" in seen(page(launched)), "an edit by which it calls longer is a launch"
    launched.service.at("2026-11-30T08:00:00Z")
    launched.launched(drive(endTime="2026-12-05T17:00:00Z", meta={"season": "spring"}))
    assert "2026-11-30 09:30" in seen(page(launched)), "another edit is none"
    launched.holds_the_law()


def test_a_message_is_launched_when_it_is_sent(launched: World) -> None:
    message = {"message": "Thank you", "actionTime": "2026-12-02T09:00:00Z", "receivers": [{"account": "aino"}]}
    launched.write({"apiVersion": "mscode/v1", "smses": {"thanks": message}}, "sms.yaml")
    launched.service.at("2026-11-30T07:00:00Z")
    assert launched.launch().code == 0
    html = page(launched, "smses.thanks")
    assert "2026-11-30 09:00" in seen(html) and "mscode halt" not in html


def test_a_held_launch_says_why(world: World) -> None:
    world.write(drive())
    assert world.apply().code == 5
    text = seen(page(world))
    assert "Its launch is held: nobody has confirmed it." in text
    assert "mscode apply" in text
    assert "held: not launched" in text


def test_an_unknown_outcome_says_why(held: World) -> None:  # noqa: F811
    text = seen(page(held))
    assert "An answer of the service was lost" in text
    assert "mscode resolve rsvpCalls.invite" in text
    assert "outcome unknown" in text


def test_another_environment_is_named_in_the_commands(launched: World) -> None:
    launched.write_project(defaultEnvironment="other", environments={
        name: {"url": launched.service.url, "token": {"env": "ACCEPTANCE_TOKEN"}, "settleSeconds": 0}
        for name in ("test", "other")
    })  # fmt: skip
    ended = launched.look("--env", "test", "status", str(launched.folder), "--format", "html")
    assert "mscode halt rsvpCalls.invite --env test" in ended.out, ended.said
    halted = launched.cli("halt", "rsvpCalls.invite", "--env", "test", "--dir", str(launched.folder))
    assert halted.code == 0, halted.said


def test_nothing_at_all(world: World) -> None:
    assert "No live campaigns of this project." in seen(page(world))


def test_an_account_alone(alone: World) -> None:  # noqa: F811
    ended = alone.look("status", "--format", "html")
    assert ended.code == 0, ended.said
    text = seen(ended.out)
    assert "Campaigns of the whole account" in text
    assert "drive:rsvpCalls.invite" in text and "mscode halt --id 1" in text
    assert "mscode halt --all-in-account" not in text, "nothing calls"
    alone.service.at(CALLING)
    assert "mscode halt --all-in-account" in seen(alone.look("status", "--format", "html").out)


def test_addresses_and_active_choose(launched: World) -> None:
    assert "rsvpCalls.invite" in seen(page(launched, "--active"))
    assert launched.look("status", str(launched.folder), "rsvpCalls.nothing", "--format", "html").code == 1


def test_a_rehearsal_stands_beside_the_accepts(launched: World, tmp_path: Path) -> None:
    file = tmp_path / "rehearsal.json"
    point = '{"at": "%s", "median": %d, "low": %d, "high": %d}'
    points = ", ".join([point % (CALLING, 1, 0, 2), point % ("2026-12-04T15:00:00Z", 3, 2, 4)])
    form = '{"campaigns": [{"address": "rsvpCalls.invite", "acceptsOverTime": [%s]}]}'
    # Times that have no local time everywhere are passed over.
    ends = [point % (at, 9, 9, 9) for at in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")]
    file.write_text(form % ", ".join([ends[0], points, ends[1]]))
    launched.service.at("2026-12-01T08:06:00Z")
    text = seen(page(launched, "--rehearsal", str(file)))
    assert "rehearsal until now: 0–2" in text
    assert "rehearsal at its end: 2–4, median 3" in text
    for wrong in ("[]", "{}", "{", '{"campaigns": 3}', form % (point % (CALLING, 10**400, 0, 2))):
        file.write_text(wrong)
        ended = launched.look("status", str(launched.folder), "--format", "html", "--rehearsal", str(file))
        assert ended.code == 1 and "is no rehearsal of mscode" in ended.err


# ---- nobody's data ---------------------------------------------------------------------------------------------------


def recognisable(world: World) -> None:
    """A campaign among people whose data is easily found, in a launch that somebody has approved."""
    manifest = drive(receivers=[{"group": "donors"}, {"account": "lauri"}, {"phone": PHONES[4]}])
    for fields in manifest["accounts"].values():
        fields |= {"lastName": LAST_NAME, "email": EMAIL, "address": STREET}
    world.launched(manifest)


PERSONAL = (*PHONES, *(phone[1:] for phone in PHONES), *(name.title() for name in NAMES), LAST_NAME, EMAIL, STREET)


@pytest.mark.parametrize("at", ["2026-11-30T07:00:00Z", CALLING, AFTER])
def test_it_holds_nothing_of_anybody(world: World, at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", APPROVER)
    monkeypatch.setenv("LOGNAME", APPROVER)
    recognisable(world)
    world.service.at(at)
    html = page(world)
    for text in (*PERSONAL, APPROVER, world.service.token):
        assert text not in html
    assert not re.search(r"\+?\d{7,}", seen(html)), "no digits that could be a number"


def test_an_address_that_looks_like_a_number_is_masked_and_halted_by_its_id(world: World) -> None:
    manifest = drive()
    campaign = manifest["rsvpCalls"].pop("invite")
    manifest["rsvpCalls"]["n358405550100"] = campaign
    world.launched(manifest)
    html = page(world)
    assert "358405550100" not in html
    assert "mscode halt --id 1" in html


# ---- the file --------------------------------------------------------------------------------------------------------


def written(world: World, out: str | Path) -> Ended:
    return world.look("status", str(world.folder), "--format", "html", "--out", str(out))


def test_it_is_written_into_a_folder_that_is_made(
    launched: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = written(launched, "public/live")
    assert (ended.code, ended.out) == (0, ""), ended.said
    assert "Wrote public/live/index.html" in ended.err
    file = tmp_path / "public" / "live" / "index.html"
    assert file.read_text().startswith("<!DOCTYPE html>")
    assert stat.S_IMODE(file.stat().st_mode) & 0o044, "a web server reads it"
    launched.service.at(AFTER)
    assert written(launched, "public/live").code == 0, "a newer page takes its place"
    assert "complete" in file.read_text()
    assert [path.name for path in file.parent.iterdir()] == ["index.html"]


def test_what_is_in_the_way_is_left_alone(launched: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(outside)
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "link").symlink_to("../outside")
    for name, make in {
        "theirs": lambda index: index.write_text("<h1>mine</h1>"),
        "folder": lambda index: index.mkdir(),
        "dangling": lambda index: index.symlink_to(outside / "index.html"),
        "pipe": os.mkfifo,
    }.items():
        (tmp_path / name).mkdir()
        make(tmp_path / name / "index.html")
    for out in ("file", "file/below", "link", "inner/link", "inner/link/below", "theirs", "folder", "dangling", "pipe"):
        ended = written(launched, out)
        assert (ended.code, ended.out) == (1, ""), out
        assert f"{out.split('/')[0]}" in ended.err
    assert list(outside.iterdir()) == []
    assert (tmp_path / "theirs" / "index.html").read_text() == "<h1>mine</h1>"
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    "options", [["--out", "x"], ["--json", "--out", "x"], ["--format", "json", "--rehearsal", "x"]]
)
def test_options_of_the_page_go_with_the_page(launched: World, options: list[str], tmp_path: Path) -> None:
    (tmp_path / "x").write_text("{}")
    options = [str(tmp_path / "x") if option == "x" else option for option in options]
    assert launched.look("status", str(launched.folder), *options).code == 64


def test_text_and_json_are_as_they_were(launched: World) -> None:
    folder = str(launched.folder)
    assert launched.look("status", folder, "--format", "text").out == launched.look("status", folder).out
    assert launched.look("status", folder, "--format", "json").out == launched.look("status", folder, "--json").out
    assert launched.look("status", folder, "--format", "csv").code == 64
