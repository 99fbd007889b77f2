"""The switches: each is another reading of the page, and what it says of itself is what it does."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mscode.sandbox import rate
from mscode.sandbox.profile import BadProfile, Profile, switches

from .world import World


@pytest.fixture
def served() -> Iterator[Any]:
    """A sandbox of a profile, on a Tuesday at 10:00 UTC with a voice file; made when it is called."""
    made: list[World] = []

    def make(**settings: Any) -> World:
        made.append(World(now=datetime(2026, 12, 1, 10, tzinfo=UTC), profile=Profile.of(settings)))
        made[-1].voice_file()
        return made[-1]

    yield make
    for one in made:
        one.close()


# ---- the profile itself ----------------------------------------------------------------------------------------------


def test_without_settings_it_is_the_literal_reading() -> None:
    assert Profile.of({}) == Profile()
    assert set(Profile().settings()) == {name for name, _, _ in switches()}


@pytest.mark.parametrize(
    ("settings", "switch", "hint"),
    [
        ({"expand_group": True}, "expand_group", 'Did you mean "expand_groups"?'),
        ({"Expand-Groups": True}, "Expand-Groups", 'Did you mean "expand_groups"?'),
        ({"zzz": 1}, "zzz", "There are: expand_groups, "),
        ({"expand_groups": "On"}, "expand_groups", "It takes true or false."),
        ({"expand_groups": 1}, "expand_groups", "It takes true or false."),
        ({"put_buttons": "upper"}, "put_buttons", "It takes both or lower."),
        ({"group_add": []}, "group_add", "It takes array or object."),
        ({"rate": 0}, "rate", "It takes a whole number from 1, or null for off."),
        ({"rate": True}, "rate", "It takes a whole number from 1, or null for off."),
        ({"pages": 2.5}, "pages", "It takes a whole number from 1, or null for off."),
        ({"pages": -1}, "pages", "It takes a whole number from 1, or null for off."),
    ],
)
def test_what_is_no_switch_or_no_value_is_refused(settings: dict[str, Any], switch: str, hint: str) -> None:
    with pytest.raises(BadProfile) as refused:
        Profile.of(settings)
    assert [(one.switch, one.hint.startswith(hint)) for one in refused.value.wrong] == [(switch, True)]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(BadProfile) as refused:
        Profile.of({"pagse": 2, "rate": "fast", "pages": 3})
    assert [one.switch for one in refused.value.wrong] == ["pagse", "rate"]


def test_the_control_plane_sets_and_clears_them(world: World) -> None:
    literal = world.control("GET", "/profile")
    assert literal == Profile().settings()
    assert world.control("POST", "/profile", {"pages": 2, "expand_groups": True})["pages"] == 2
    assert world.get("/groups") == {"items": [], "next": None}
    assert world.control("POST", "/profile", {"rate": 100})["pages"] is None
    assert world.control("DELETE", "/profile") == literal
    assert world.get("/groups") == []


def test_the_control_plane_refuses_what_is_no_profile(world: World) -> None:
    for body, field in (([], "profile"), ({"pagse": 2}, "pagse"), ({"pages": "2"}, "pages")):
        answer = world.send("POST", "http://sandbox.local/__sandbox/profile", body)
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
    assert world.control("GET", "/profile") == Profile().settings()


# ---- each switch -----------------------------------------------------------------------------------------------------


def rung(world: World) -> list[str]:
    return [row["accountId"] for row in world.rings()]


def test_expand_groups_makes_a_row_of_each_member(served: Any) -> None:
    world = served(expand_groups=True)
    ids = world.people(4)
    group = world.group(*ids[:3])
    made = world.rsvp(receivers=[{"groupId": group}, {"phone": "+358405550199"}], maxRedials=0)
    shown = [(row["accountId"], row["groupId"], bool(row["phone"])) for row in made["receivers"]]
    assert shown == [*((one, group, True) for one in ids[:3]), ("5", None, True)]
    world.post(f"/groups/{group}/accounts", [{"accountId": ids[3]}])  # joins too late
    world.delete(f"/groups/{group}/{ids[0]}")  # leaves too late
    world.advance("+1h")
    assert sorted(rung(world)) == [*ids[:3], "5"]
    assert len(world.get(f"/rsvp_calls/{made['rsvpCallId']}/receivers")) == 4


@pytest.mark.parametrize("path", ["/click_to_calls", "/smses", "/calls"])
def test_expand_groups_holds_for_everything_that_reaches_people(served: Any, path: str) -> None:
    world = served(expand_groups=True)
    ids = world.people(2)
    group = world.group(*ids)
    body = {"receivers": [{"groupId": group}], "actionTime": "2026-12-01 10:30:00"}
    made = world.post(path, world.click_body(**body) if path == "/click_to_calls" else body)
    assert [row["accountId"] for row in made["receivers"]] == ids
    world.advance("+10m" if path == "/click_to_calls" else "+1h")
    assert set(rung(world)) <= set(ids)
    assert rung(world)


def test_expand_groups_of_receivers_that_are_added(served: Any) -> None:
    world = served(expand_groups=True)
    ids = world.people(2)
    made = world.rsvp(state="halt")
    added = world.post(f"/rsvp_calls/{made['rsvpCallId']}/receivers", [{"groupId": world.group(*ids)}])
    assert [row["accountId"] for row in added] == ids


def test_put_buttons_lower_passes_over_the_other_name(served: Any) -> None:
    world = served(put_buttons="lower")
    made = world.rsvp(state="halt")
    body = {name: value for name, value in world.rsvp_body(state="halt").items() if name != "receivers"}
    nine = [{"button": "9", "action": "accept"}]
    path = f"/rsvp_calls/{made['rsvpCallId']}"
    assert world.put(path, {**body, "actionButtons": nine})["actionButtons"] == made["actionButtons"]
    assert world.put(path, {**body, "actionbuttons": nine})["actionButtons"] == nine


def test_group_add_object_refuses_the_bare_array(served: Any) -> None:
    world = served(group_add="object")
    ids = world.people(2)
    group = world.post("/groups", {"name": "Crew", "description": ""})["groupId"]
    path = f"/groups/{group}/accounts"
    world.refused("POST", path, [{"accountId": ids[0]}])
    world.refused("POST", path, {"accountIds": [{"accountId": ids[0]}]})
    assert world.get(path) == []
    assert world.post(path, {"accountIds": ids}) == [{"groupId": group, "accountId": one} for one in ids]


def test_rate_refuses_what_is_over_it_and_does_nothing(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    time = [100.0]
    monkeypatch.setattr(rate.time, "monotonic", lambda: time[0])
    world = served()
    world.control("POST", "/profile", {"rate": 3})
    answers = [world.send("POST", "/groups", {"name": f"G{n}", "description": ""}) for n in range(5)]
    assert [one.status_code for one in answers] == [201, 201, 201, 429, 429]
    assert answers[4].headers["retry-after"] == "1"
    time[0] += 1.0
    assert len(world.get("/groups")) == 3
    assert [row["status"] for row in world.control("GET", "/requests")][-3:] == [429, 429, 200]


def test_create_ignores_state_starts_what_was_to_be_halted(served: Any) -> None:
    world = served(create_ignores_state=True)
    assert world.rsvp(state="halt")["state"] == "active"
    later = world.rsvp(state="halt", startTime="2026-12-01 12:00:00")
    assert later["state"] == "waitingToActive"
    body = {name: value for name, value in world.rsvp_body(state="halt").items() if name != "receivers"}
    assert world.put(f"/rsvp_calls/{later['rsvpCallId']}", body)["state"] == "halt"


def test_receiver_rows_account_shows_one_id(served: Any) -> None:
    world = served(receiver_rows="account")
    group = world.group(*world.people(1))
    wanted = [{"phone": "+358405550199"}, {"groupId": group}]
    who = {"accountId", "groupId", "phone", "email", "firsName", "firstName", "lastName", "name"}
    sms = world.post("/smses", {"receivers": wanted, "actionTime": "2026-12-02 10:30:00"})
    listed = world.get(f"/smses/{sms['smsId']}/receivers")
    rsvp = world.rsvp(receivers=wanted, state="halt")
    for rows in (rsvp["receivers"], sms["receivers"], listed, world.click(receivers=wanted)["receivers"]):
        assert [{name for name in row if name in who and row[name]} for row in rows] == [{"accountId"}, {"groupId"}]
    assert rsvp["receivers"][0]["dialledCalls"] == 0


def test_receiver_rows_address_shows_no_account(served: Any) -> None:
    world = served(receiver_rows="address")
    wanted = [{"accountId": world.people(1)[0]}, {"groupId": world.group(*world.people(1))}]
    rows = world.rsvp(receivers=wanted, state="halt")["receivers"]
    assert [(row["accountId"], bool(row["phone"]), bool(row["groupId"])) for row in rows] == [
        (None, True, False),
        (None, False, True),
    ]


def test_expanded_rows_by_account_alone_do_not_tell_their_group(served: Any) -> None:
    world = served(receiver_rows="account", expand_groups=True)
    ids = world.people(2)
    rows = world.rsvp(receivers=[{"groupId": world.group(*ids)}], state="halt")["receivers"]
    assert [(row["accountId"], "groupId" in row, "phone" in row) for row in rows] == [
        (one, False, False) for one in ids
    ]


def test_pages_are_followed_to_the_end(served: Any) -> None:
    world = served(pages=2)
    world.control("POST", "/seed", [{"phone": f"+35840555{number:04d}"} for number in range(5)])
    found: list[str] = []
    url: str | None = "/accounts"
    while url:
        page = world.get(url)
        assert set(page) == {"items", "next"} and len(page["items"]) <= 2
        found += [row["accountId"] for row in page["items"]]
        url = page["next"]
    assert found == ["1", "2", "3", "4", "5"]
    assert world.get("/voice_files") == {"items": world.get("/voice_files")["items"], "next": None}
    assert world.get("/accounts/1")["accountId"] == "1"
    for wrong in ("0", "-1", "x", "", "9999999999999"):
        world.refused("GET", f"/accounts?page={wrong}")


# ---- RSVP calls and their webhooks ----------------------------------------------------------------------------------


def test_put_receivers_400_refuses_a_put_that_holds_them(served: Any) -> None:
    world = served(put_receivers=400)
    made = world.rsvp(receivers=[{"phone": "+358401234567"}])
    body = world.rsvp_body()
    del body["receivers"]
    path = f"/rsvp_calls/{made['rsvpCallId']}"
    assert world.put(path, body)["receivers"] == made["receivers"]
    assert world.refused("PUT", path, {**body, "receivers": made["receivers"]}) == "receivers"


@pytest.mark.parametrize("is_ok", [False, True])
def test_start_unchanged_ok_takes_the_start_that_it_has(served: Any, is_ok: bool) -> None:
    world = served(start_unchanged_ok=is_ok)
    made = world.rsvp(startTime="2026-12-01 10:00:00")
    body, path = world.rsvp_body(startTime=made["startTime"]), f"/rsvp_calls/{made['rsvpCallId']}"
    world.advance("+2h")
    if is_ok:
        assert world.put(path, body)["startTime"] == made["startTime"]
    else:
        assert world.refused("PUT", path, body) == "startTime"
    assert world.refused("PUT", path, {**body, "startTime": "2026-12-01 09:59:00"}) == "startTime"


def test_fix_typos_spells_first_names_right(served: Any) -> None:
    world = served(fix_typos=True)
    account = world.account(firstName="Aino")
    (row,) = world.rsvp(receivers=[{"accountId": account}])["receivers"]
    assert row["firstName"] == "Aino"
    assert "firsName" not in row


def test_state_webhooks_in_their_other_form(served: Any) -> None:
    world = served(webhook_time="space", webhook_dialed="total", state_meta=True)
    world.rsvp(
        receivers=[{"phone": "+358401234567"}],
        stateWebhookUrl="http://127.0.0.1/state",
        receiverWebhookUrl="http://127.0.0.1/person",
        meta={"a": "b"},
    )
    world.advance("+1d")
    bodies = [note["body"] for note in world.control("GET", "/webhooks")]
    states = [body for body in bodies if "state" in body]
    assert states
    for body in states:
        assert body["totalDialedCalls"] >= 0
        assert "dialedCalls" not in body
        assert body["meta"] == {"a": "b"}
    assert all(datetime.fromisoformat(body["timestamp"]) and body["timestamp"][10] == " " for body in bodies)
