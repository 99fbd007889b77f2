"""Results of several campaigns, day by day, of messages; and names and numbers, which leave by one door alone."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mscode.app.schemas import schema_of
from tests.acceptance.campaigns import AFTER, NAMES, PHONES, drive
from tests.acceptance.conftest import Ended, World
from tests.acceptance.test_for_each import CITIES, tour

DOTS = "•••"


def results(world: World, *arguments: str | Path) -> Ended:
    return world.look("results", *map(str, arguments), "--dir", str(world.folder))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def toured(world: World) -> World:
    """Two campaigns of one forEach, and two text messages, one of them sent."""
    world.write_project(variables={"cities": {"type": "map", "default": CITIES}})
    at = {"sent": "2026-12-01 10:00", "waiting": "2026-12-09 10:00"}
    receivers = [{"group": "donors.helsinki"}, {"account": "kaisa"}]
    smses = {name: {"message": name, "actionTime": time, "receivers": receivers} for name, time in at.items()}
    world.launched({**tour(), "smses": smses})
    world.service.at(AFTER)
    return world


# ---- which -----------------------------------------------------------------------------------------------------------


def test_without_an_address_they_are_of_all_campaigns_and_messages(toured: World) -> None:
    data = results(toured, "--json").json
    addresses = [campaign["address"] for campaign in data["campaigns"]]
    assert sorted(addresses) == [
        "rsvpCalls.invite.helsinki", "rsvpCalls.invite.tampere", "smses.sent", "smses.waiting",
    ]  # fmt: skip
    totals = data["totals"]
    calls = [campaign for campaign in data["campaigns"] if campaign["type"] == "rsvpCalls"]
    assert totals["campaigns"] == 2
    assert totals["receivers"] == 6 == sum(len(campaign["receivers"]) for campaign in calls)
    assert totals["accepts"] + totals["declines"] + totals["noReply"] == 6
    assert totals["accepts"] == sum(campaign["accepted"] for campaign in calls)
    assert (totals["messages"], totals["messagesSent"], totals["messagesWaiting"]) == (2, 1, 1)
    assert totals["messagesTo"] == 10
    text = results(toured).out
    assert "Total of 2 campaigns: 6 receivers" in text
    assert "Total of 2 messages: 1 sent, 1 waiting, to 10 people, price 30 cents (estimated)." in " ".join(text.split())


@pytest.mark.parametrize("name", ["rsvpCalls.invite", "rsvpCalls.*", "*.helsinki"])
def test_of_a_for_each_and_of_a_glob(toured: World, name: str) -> None:
    data = results(toured, name, "--json").json
    assert set(data) == {"campaigns", "totals"}
    assert len(data["campaigns"]) == (1 if name == "*.helsinki" else 2)


def test_of_one_whole_address_one_object(toured: World) -> None:
    data = results(toured, "rsvpCalls.invite.tampere", "--json").json
    assert data["address"] == "rsvpCalls.invite.tampere"
    assert len(data["receivers"]) == 2
    assert [day["date"] for day in data["perDay"]] == ["2026-12-01"]


@pytest.mark.parametrize("name", ["rsvpCalls.invite.espo", "*.espoo", "smses.sen"])
def test_a_name_without_a_campaign_is_an_error(toured: World, name: str) -> None:
    ended = results(toured, name, "smses.sent")
    assert (ended.code, ended.out) == (1, "")
    assert name in ended.err


def test_nothing_live_is_no_error(world: World) -> None:
    assert results(world).out == "No live campaigns of this project.\n"
    data = results(world, "--json").json
    assert (data["campaigns"], data["totals"]["receivers"]) == ([], 0)


@pytest.mark.parametrize("arguments", [("rsvpCalls.invite", "--id", "1"), ("",), ("--yes-personal-data",)])
def test_what_contradicts_itself_is_64(toured: World, arguments: tuple[str, ...]) -> None:
    assert results(toured, *arguments).code == 64


@pytest.mark.parametrize(
    "arguments",
    [(), ("rsvpCalls.invite.tampere",), ("smses.sent",), ("smses.waiting",), ("--id", "1"), ("*",), ("x.y",)],
)
def test_what_programs_read_is_as_its_schema_says(toured: World, arguments: tuple[str, ...]) -> None:
    data = results(toured, *arguments, "--json").json
    jsonschema.Draft202012Validator(schema_of("results")).validate(data)


def test_the_status_is_as_its_schema_says(toured: World) -> None:
    schema = jsonschema.Draft202012Validator(schema_of("status"))
    for arguments in ((), ("--active",), ("rsvpCalls.invite",), ("x.y",)):
        schema.validate(toured.look("status", str(toured.folder), *arguments, "--json").json)


# ---- days ------------------------------------------------------------------------------------------------------------


def test_days_are_those_of_the_projects_zone(world: World) -> None:
    """Calls from 22:30 UTC on are of the next day in Helsinki."""
    campaign = drive(activeFrom="22:30", activeTo="23:30")
    world.launched(campaign)
    world.service.at(AFTER)
    called = [row for row in results(world, "rsvpCalls.invite", "--json").json["receivers"] if row["latestCallAt"]]
    assert called
    assert all(row["latestCallAt"][11:13] in ("22", "23") for row in called)
    days = results(world, "--json").json["totals"]["perDay"]
    assert sum(day["called"] for day in days) == len(called)
    assert days[0]["date"] == "2026-12-02"
    assert "2026-12-02" in results(world).out


# ---- CSV -------------------------------------------------------------------------------------------------------------


def test_a_csv_of_several_has_the_address_first(toured: World) -> None:
    text = results(toured, "--format", "csv").out
    table = rows(text)
    assert text.splitlines()[0].split(",")[0] == "address"
    assert {row["address"] for row in table} == {
        "rsvpCalls.invite.helsinki", "rsvpCalls.invite.tampere", "smses.sent", "smses.waiting",
    }  # fmt: skip
    assert "address" not in rows(results(toured, "rsvpCalls.invite.tampere", "--format", "csv").out)[0]


def test_its_dates_are_local_and_in_the_form_of_spreadsheets(toured: World) -> None:
    [data] = [
        row for row in results(toured, "rsvpCalls.invite.tampere", "--json").json["receivers"] if row["latestCallAt"]
    ][:1]
    [row] = [
        row
        for row in rows(results(toured, "rsvpCalls.invite.tampere", "--format", "csv").out)
        if row["accountId"] == data["accountId"]
    ]
    utc = datetime.fromisoformat(data["latestCallAt"])
    assert row["latestCallAt"] == (utc + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M:%S")


# ---- messages --------------------------------------------------------------------------------------------------------


def test_a_message_tells_what_it_did_and_nothing_of_a_call(toured: World) -> None:
    text = results(toured, "smses.sent").out
    live_id = results(toured, "smses.sent", "--json").json["id"]
    assert text.splitlines()[0] == (
        f"smses.sent (id {live_id}) is sent: 2026-12-01 10:00, to 5 people, price 15 cents (the service's estimate)"
    )
    waiting = results(toured, "smses.waiting").out
    assert ") is waiting: 2026-12-09 10:00, to 5 people" in waiting
    for word in ("accept", "decline", "ANSWERED", "CALLS", "SECONDS", "reply", "REPLY"):
        assert word not in text + waiting
    data = results(toured, "smses.sent", "--json").json
    assert (data["state"], data["people"], data["priceEstimateInCents"]) == ("sent", 5, 15)
    assert not {"answered", "dialled", "accepted"} & {*data, *data["receivers"][0]}
    header = results(toured, "smses.sent", "--format", "csv").out.splitlines()[0]
    assert header == "accountId,groupId,phone,email,sentAt"


def test_who_has_no_number_gets_no_text_message(world: World) -> None:
    manifest = drive()
    manifest["accounts"]["mail"] = {"firstName": "Mia", "email": "mia@example.com", "city": "Helsinki"}
    manifest["smses"] = {
        "note": {"message": "Hi", "actionTime": "2026-12-01 10:00", "receivers": [{"group": "donors"}]}
    }
    world.launched(manifest)
    assert world.service.get("/groups")[0]["numberOfAccounts"] == 5
    assert len(results(world, "smses.note", "--json").json["receivers"]) == 4


# ---- people ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def done(launched: World) -> World:
    launched.service.at(AFTER)
    return launched


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def audit(world: World) -> list[dict[str, Any]]:
    path = world.folder / ".mscode" / "audit.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [line for line in map(json.loads, lines) if line["action"] == "results-with-people"]


def with_people(world: World, out: Path, *options: str) -> Ended:
    return results(world, "rsvpCalls.invite", "--with-people", "--out", out, *options)


@pytest.mark.parametrize("form", ["csv", "json", "text"])
def test_a_yes_writes_names_and_numbers_into_a_private_file(
    done: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    types(monkeypatch, "yes\n")
    out = tmp_path / f"people.{form.replace('text', 'txt')}"
    ended = with_people(done, out, "--format", form)
    assert ended.code == 0, ended.said
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    text = out.read_text()
    assert all(name.title() in text for name in NAMES[:4])
    assert all(phone in text for phone in PHONES[:4])
    assert not [phone for phone in PHONES if phone in ended.said]
    [line] = audit(done)
    assert line["campaigns"] == ["rsvpCalls.invite"]
    assert (line["people"], line["answered"]) == (4, "yes")
    assert line["who"]
    assert line["at"]
    assert not [word for word in (*PHONES, *map(str.title, NAMES)) if word in json.dumps(line)]


def test_the_ending_of_the_file_says_its_format(done: World, tmp_path: Path) -> None:
    out = tmp_path / "people.csv"
    assert with_people(done, out, "--yes-personal-data").code == 0
    assert {row["firstName"] for row in rows(out.read_text())} == {name.title() for name in NAMES[:4]}
    assert audit(done)[0]["answered"] == "--yes-personal-data"


@pytest.mark.parametrize(("answer", "text"), [("no\n", "not yes"), ("YES\n", "not yes"), ("", "nobody to ask")])
def test_without_a_yes_nothing_is_written(
    done: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, text: str
) -> None:
    types(monkeypatch, answer)
    ended = with_people(done, tmp_path / "people.csv")
    assert ended.code == 1
    assert text in ended.err
    assert not (tmp_path / "people.csv").exists()
    assert audit(done) == []


def test_it_needs_a_file(done: World) -> None:
    ended = results(done, "rsvpCalls.invite", "--with-people", "--yes-personal-data")
    assert (ended.code, ended.out) == (64, "")
    assert "--out FILE" in ended.err


def test_a_ci_needs_the_flag(done: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    types(monkeypatch, "yes\n")
    out = tmp_path / "people.csv"
    assert with_people(done, out).code == 64
    assert not out.exists()
    assert done.service.requests() == []
    assert with_people(done, out, "--yes-personal-data").code == 0
    assert out.exists()


def test_an_existing_file_stays(done: World, tmp_path: Path) -> None:
    out = tmp_path / "people.csv"
    out.write_text("mine")
    ended = with_people(done, out, "--yes-personal-data")
    assert ended.code == 1
    assert "exists already" in ended.err
    assert out.read_text() == "mine"
    assert audit(done) == []


@pytest.mark.parametrize("linked", ["file", "dangling", "folder", "folder above"])
def test_no_link_is_followed(done: World, tmp_path: Path, linked: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "below").mkdir(parents=True)
    (elsewhere / "old.csv").write_text("")
    link = tmp_path / "link"
    link.symlink_to({"file": elsewhere / "old.csv", "dangling": elsewhere / "new.csv"}.get(linked, elsewhere))
    out = {"folder": link / "people.csv", "folder above": link / "below" / "people.csv"}.get(linked, link)
    ended = with_people(done, out, "--yes-personal-data")
    assert ended.code == 1
    assert "is a link" in ended.err
    assert sorted(path.name for path in elsewhere.rglob("*")) == ["below", "old.csv"]
    assert (elsewhere / "old.csv").read_text() == ""
    assert audit(done) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_file_that_cannot_be_made_is_an_error_in_words(done: World, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    ended = with_people(done, tmp_path / "people.csv", "--yes-personal-data")
    tmp_path.chmod(0o700)
    assert ended.code == 1
    assert "cannot be written" in ended.err


def test_without_the_line_in_the_log_there_is_no_file(done: World, tmp_path: Path) -> None:
    log = done.folder / ".mscode" / "audit.jsonl"
    log.unlink(missing_ok=True)
    log.mkdir()
    out = tmp_path / "people.csv"
    ended = with_people(done, out, "--yes-personal-data")
    assert ended.code == 1
    assert "audit.jsonl cannot be written" in ended.err
    assert not out.exists()


def test_the_line_stands_before_the_file(done: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mscode.app import private_file

    logged: list[int] = []
    monkeypatch.setattr(private_file, "write_private_file", lambda path, text: logged.append(len(audit(done))))
    assert with_people(done, tmp_path / "people.csv", "--yes-personal-data").code == 0
    assert logged == [1]


def test_masked_files_stay_masked_and_hold_no_names(done: World, tmp_path: Path) -> None:
    out = tmp_path / "replies.csv"
    ended = results(done, "--show-people", "--out", out)
    assert ended.code == 0, ended.said
    text = out.read_text()
    assert DOTS in text
    assert "firstName" not in text
    assert not [phone for phone in PHONES if phone in text]
