"""The switches of how values are written: each is another reading of the page, and what it says of itself is what it does."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mscode.sandbox.profile import BadProfile, Profile

from .world import World

Served = Callable[..., World]


@pytest.fixture
def served() -> Iterator[Served]:
    """A sandbox of a profile, on a Tuesday at 10:00 UTC with a voice file; made when it is called."""
    made: list[World] = []

    def make(**settings: Any) -> World:
        made.append(World(now=datetime(2026, 12, 1, 10, tzinfo=UTC), profile=Profile.of(settings)))
        if "voice_codes" not in settings:
            made[-1].voice_file()
        return made[-1]

    yield make
    for one in made:
        one.close()


def put_body(world: World, **changes: Any) -> Any:
    """What a PUT of an RSVP call must hold, and nothing else."""
    return {name: value for name, value in world.rsvp_body(**changes).items() if name != "receivers"}


# ---- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"unset": None}, {"unset": "null"}),
        ({"unset": "null"}, {"unset": "null"}),
        ({"phone_plus": "off"}, {"phone_plus": "off"}),
        ({"phone_plus": False}, {"phone_plus": "off"}),
        ({"phone_plus": True}, {"phone_plus": "on"}),
        ({"phone_plus": "no"}, {"phone_plus": "off"}),
        ({"phone_plus": "yes"}, {"phone_plus": "on"}),
        ({"location": False}, {"location": "off"}),
        ({"expand_groups": "on"}, {"expand_groups": True}),
        ({"expand_groups": "yes"}, {"expand_groups": True}),
        ({"expand_groups": "off"}, {"expand_groups": False}),
        ({"put_receivers": "400"}, {"put_receivers": 400}),
        ({"put_receivers": 400}, {"put_receivers": 400}),
        ({"c2c_webhook": "off"}, {"c2c_webhook": "off"}),
        ({"voice_codes": ["sv"]}, {"voice_codes": ["sv"]}),
        ({"voice_codes": "sv, en"}, {"voice_codes": ["sv", "en"]}),
        ({"subuser_required": "phone"}, {"subuser_required": ["phone"]}),
        ({"subuser_required": []}, {"subuser_required": []}),
    ],
)
def test_a_value_has_one_form_however_it_was_written(written: dict[str, Any], kept: dict[str, Any]) -> None:
    settings = Profile.of(written).settings()
    assert {name: settings[name] for name in kept} == kept
    assert Profile.of(settings) == Profile.of(written)


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"unset": 0}, "It takes empty or null."),
        ({"ids": 1}, "It takes printed, string or int."),
        ({"location": True}, "It takes absolute, relative or off."),
        ({"location": 0}, "It takes absolute, relative or off."),
        ({"phone_plus": 1}, "It takes on or off."),
        ({"put_receivers": True}, "It takes ignore or 400."),
        ({"put_receivers": "401"}, "It takes ignore or 400."),
        ({"fix_typos": "true"}, "It takes true or false."),
        ({"voice_codes": ""}, "It takes a list of codes."),
        ({"voice_codes": "en,"}, "It takes a list of codes."),
        ({"voice_codes": 7}, "It takes a list of codes."),
        ({"subuser_required": "username, nick"}, "It takes a list of username, email, "),
        ({"voice_codes": []}, "It takes a list of codes."),
        ({"voice_codes": [""]}, "It takes a list of codes."),
        ({"voice_codes": ["en", 3]}, "It takes a list of codes."),
        ({"voice_codes": ["en", "en"]}, "It takes a list of codes."),
        ({"subuser_required": ["name"]}, "It takes a list of username, email, "),
        ({"put": "reset"}, "It takes keep or replace."),
    ],
)
def test_what_is_no_value_is_refused(settings: dict[str, Any], hint: str) -> None:
    with pytest.raises(BadProfile) as refused:
        Profile.of(settings)
    assert [one.hint.startswith(hint) for one in refused.value.wrong] == [True]


# ---- forms of requests and answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("accepts", [False, True])
def test_json_strings_takes_arrays_and_objects_inside_text(served: Served, accepts: bool) -> None:
    world = served(json_strings="accept" if accepts else "refuse")
    buttons, people = '[{"button": "5", "action": "accept"}]', '[{"phone": "+358401234567"}]'
    body = world.rsvp_body(actionButtons=buttons, receivers=people, meta='{"a": "b"}')
    if not accepts:
        world.refused("POST", "/rsvp_calls", body)
        return
    made = world.post("/rsvp_calls", body)
    assert made["actionButtons"] == [{"button": "5", "action": "accept"}]
    assert (made["receivers"][0]["phone"], made["meta"]) == ("+358401234567", {"a": "b"})
    assert len(world.post(f"/rsvp_calls/{made['rsvpCallId']}/receivers", '[{"phone": "+358401234568"}]')) == 1
    assert world.post("/calls", {"operations": "[1]"})["operations"] == "[1]"
    for wrong in ("[", "5", '"[]"', "[" * 100_000):
        world.refused("POST", "/rsvp_calls", world.rsvp_body(actionButtons=wrong))


@pytest.mark.parametrize(("ids", "number", "text"), [("printed", 1, "1"), ("string", "1", "1"), ("int", 1, 1)])
def test_ids_have_one_type_everywhere(served: Served, ids: str, number: Any, text: Any) -> None:
    world = served(ids=ids)
    account = world.account(email="a@example.com")
    group = world.group(account)
    click, rsvp = world.click(receivers=[{"accountId": account}]), world.rsvp(receivers=[{"groupId": group}])
    sms = world.post("/smses", {"receivers": [{"accountId": account}], "actionTime": "2026-12-02 10:30:00"})
    subuser = world.post("/subusers", {"username": "crew", "email": "crew@example.com"})
    conditions = [{"field": "accountId", "operator": "==", "value": "1"}]
    made = world.post("/accounts/filters", {"filters": conditions})
    assert (click["clickToCallId"], click["voiceFileId"]) == (text, number)
    assert click["receivers"][0]["accountId"] == text
    assert (rsvp["rsvpCallId"], rsvp["voiceFiles"][0]["voiceFileId"]) == (text, text)
    assert (rsvp["receivers"][0]["accountId"], rsvp["receivers"][0]["groupId"]) == (None, text)
    assert (sms["smsId"], world.get("/smses")[0]["smsId"]) == (text, number)
    assert (subuser["subuserId"], made["filterId"]) == (number, number)
    assert made["filters"] == conditions
    assert world.get("/accounts")[0]["accountId"] == text
    assert world.get(f"/groups/{group}/accounts")[0]["groupId"] == text
    assert world.get("/rsvp_calls/1/receivers")[0]["accountId"] == text
    again = world.rsvp(receivers=[{"accountId": 1}], meta={"theirId": "7"})
    assert again["meta"] == {"theirId": "7"}


@pytest.mark.parametrize("unset", ["empty", None])
def test_unset_shows_null_in_the_place_of_nothing(served: Served, unset: str | None) -> None:
    world = served(unset=unset)
    nothing = "" if unset else None
    account = world.post("/accounts", {"phone": "+358401234567", "city": "Helsinki"})
    assert (account["firstName"], account["city"], account["yearOfBirth"]) == (nothing, "Helsinki", None)
    assert world.get("/accounts") == [account]
    rsvp = world.rsvp(receivers=[{"accountId": account["accountId"]}])
    assert (rsvp["receivers"][0]["latestCallAt"], rsvp["stateWebhookUrl"]) == (nothing, nothing)
    assert (rsvp["meta"], rsvp["startTime"]) == (({}, "2026-12-01 10:00:03") if unset else (None, None))
    assert world.rsvp(startTime="2026-12-02 10:00:00")["startTime"] == "2026-12-02 10:00:00"
    written = world.rsvp(meta={"a": ""}, receivers=[{"accountId": account["accountId"]}])
    assert written["meta"] == {"a": ""}


def test_phone_plus_off_reads_without_and_takes_either(served: Served) -> None:
    world = served(phone_plus="off")
    account = world.account("+358401234567")
    assert world.get(f"/accounts/{account}")["phone"] == "358401234567"
    receivers = [{"phone": "358401234567"}, {"phone": "+358401234568"}]
    made = world.rsvp(receivers=receivers, receiverWebhookUrl="http://127.0.0.1/")
    assert [row["phone"] for row in made["receivers"]] == ["358401234567", "358401234568"]
    assert made["receivers"][0]["accountId"] == account
    assert world.put(f"/accounts/{account}", {"phone": "358401234567"})["phone"] == "358401234567"
    assert world.get(f"/accounts/{world.account('0401234567')}")["phone"] == "0401234567"
    world.refused("POST", "/rsvp_calls", world.rsvp_body(receivers=[{"phone": "0401234567"}]))
    world.advance("+3h")
    assert {ring["phone"] for ring in world.rings()} == {"+358401234567", "+358401234568"}
    bodies = [note["body"] for note in world.control("GET", "/webhooks")]
    assert {body["phoneNumber"] for body in bodies} <= {"358401234567", "358401234568"}
    assert bodies


@pytest.mark.parametrize(
    ("location", "header"),
    [("absolute", "http://sandbox.local/v1/groups/1"), ("relative", "/v1/groups/1"), ("off", None)],
)
def test_location_in_each_form(served: Served, location: str, header: str | None) -> None:
    answer = served(location=location).send("POST", "/groups", {"name": "Crew", "description": ""})
    assert (answer.status_code, answer.headers.get("location")) == (201, header)


# ---- PUT -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("put", ["keep", "replace"])
def test_put_replace_resets_what_is_left_out_of_people_and_messages(served: Served, put: str) -> None:
    world = served(put=put)
    keeps = put == "keep"
    account = world.account(city="Helsinki", yearOfBirth=1980)
    after = world.put(f"/accounts/{account}", {"firstName": "Aino"})
    kept = ("Helsinki", 1980, "+358401234567") if keeps else ("", None, "")
    assert (after["city"], after["yearOfBirth"], after["phone"]) == kept
    subuser = world.post("/subusers", {"username": "crew", "email": "crew@example.com", "company": "Blood"})
    after = world.put("/subusers/1", {"username": "crew"})
    assert (after["company"], after["authToken"]) == ("Blood" if keeps else "", subuser["authToken"])
    sms = {"message": "See you", "receivers": [{"phone": "+358401234567"}], "actionTime": "2026-12-02 10:30:00"}
    world.post("/smses", sms)
    after = world.put("/smses/1", {"sender": "Blood"})
    assert (after["message"], len(after["receivers"])) == (("See you", 1) if keeps else ("", 0))
    assert after["actionTime"] == ("2026-12-02 10:30:00" if keeps else "2026-12-01 10:00:03")


@pytest.mark.parametrize("put", ["keep", "replace"])
def test_put_replace_resets_what_is_left_out_of_an_rsvp_call(served: Served, put: str) -> None:
    world = served(put=put)
    keeps = put == "keep"
    url = "http://127.0.0.1/"
    start = "2026-12-02 10:30:00"
    world.rsvp(state="halt", startTime=start, maxRedials=1, receiverWebhookUrl=url, meta={"a": "b"})
    after = world.put("/rsvp_calls/1", put_body(world))
    kept = ("halt", start, 1, url, {"a": "b"}) if keeps else ("active", "2026-12-01 10:00:03", 3, "", {})
    assert tuple(after[name] for name in ("state", "startTime", "maxRedials", "receiverWebhookUrl", "meta")) == kept
    assert len(after["receivers"]) == 1
    world.advance("+1m")
    assert bool(world.rings()) is not keeps
    whole = {**put_body(world), "state": "halt", "startTime": start, "maxRedials": 1, "meta": {"a": "b"}}
    world.rsvp(state="halt")
    after = world.put("/rsvp_calls/2", whole)
    assert (after["state"], after["startTime"], after["maxRedials"], after["meta"]) == ("halt", start, 1, {"a": "b"})


def test_put_replace_leaves_a_complete_call_complete(served: Served) -> None:
    world = served(put="replace")
    world.rsvp(maxRedials=0)
    world.advance("+3h")
    assert world.put("/rsvp_calls/1", put_body(world, acceptsWanted=2))["state"] == "complete"


# ---- RSVP calls and click-to-calls -----------------------------------------------------------------------------------


def test_voice_types_any_takes_further_types(served: Served) -> None:
    files = [{"type": "start", "voiceFileId": "1"}, {"type": "decline", "voiceFileId": "1"}]
    literal = served()
    literal.refused("POST", "/rsvp_calls", literal.rsvp_body(voiceFiles=files))
    world = served(voice_types="any")
    assert world.rsvp(voiceFiles=files)["voiceFiles"] == files
    world.refused("POST", "/rsvp_calls", world.rsvp_body(voiceFiles=[files[1], files[1]]))


def test_op40_body_object_holds_the_rows(served: Served) -> None:
    world = served(op40_body="object")
    world.rsvp(state="halt")
    answer = world.post("/rsvp_calls/1/receivers", [{"phone": "+358401234567"}])
    assert set(answer) == {"receivers", "updatedAt", "createdAt"}
    assert [row["phone"] for row in answer["receivers"]] == ["+358401234567"]
    assert "totalDialledCalls" in answer["receivers"][0]


def test_op42_full_has_the_number_and_the_dials(served: Served) -> None:
    for full in (False, True):
        world = served(op42_full=full)
        world.rsvp(receivers=[{"groupId": world.group(*world.people(1))}], maxRedials=0)
        (before,) = world.get("/rsvp_calls/1/receivers")
        world.advance("+3h")
        (after,) = world.get("/rsvp_calls/1/receivers")
        found = [(row.get("phoneNumber"), row.get("dialedCalls")) for row in (before, after)]
        assert found == ([("+358405550000", 0), ("+358405550000", 1)] if full else [(None, None)] * 2)


def test_window_wrap_calls_through_midnight_on_the_day_it_begins(served: Served) -> None:
    hours = {"activeFrom": "22:00:00", "activeTo": "02:00:00"}
    literal = served()
    for body in (literal.rsvp_body(**hours), literal.rsvp_body(activeFrom="10:00:00", activeTo="10:00:00")):
        assert literal.refused("POST", "/rsvp_calls", body) == "activeTo"
    world = served(window_wrap=True, pace=1)
    days = [{"weekday": "tuesday", "active": "1"}]
    ids = world.people(300)
    many = [{"accountId": one} for one in ids]
    world.rsvp(**hours, activeWeekdays=days, receivers=many, maxRedials=0, endTime="2026-12-20 00:00:00")
    world.advance("+12d")
    times = [ring["at"] for ring in world.rings()]
    assert len(times) == 300
    nights = sorted({time[:13] for time in times})
    assert nights[:4] == ["2026-12-01T22", "2026-12-01T23", "2026-12-02T00", "2026-12-02T01"]
    assert nights[4:] == ["2026-12-08T22"]


def test_window_wrap_of_equal_ends_is_the_whole_day(served: Served) -> None:
    world = served(window_wrap=True, pace=1)
    many = [{"accountId": one} for one in world.people(60)]
    world.rsvp(activeFrom="12:00:00", activeTo="12:00:00", receivers=many, maxRedials=0)
    world.advance("+2h")
    times = [ring["at"] for ring in world.rings()]
    assert (times[0], len(times)) == ("2026-12-01T10:01:00Z", 60)  # in the hours that began on Monday


@pytest.mark.parametrize(
    ("form", "names"),
    [("own_names", ("clickToCallId", "reply")), ("rsvp_names", ("rsvpCallId", "rsvpReply")), ("off", None)],
)
def test_c2c_webhook_in_each_form(served: Served, form: str, names: tuple[str, str] | None) -> None:
    world = served(c2c_webhook=form)
    world.click(receiverWebhookUrl="http://127.0.0.1/", maxRedials=0)
    world.rsvp(receiverWebhookUrl="http://127.0.0.1/rsvp", maxRedials=0)
    world.advance("+3h")
    notes = {note["url"]: note["body"] for note in world.control("GET", "/webhooks")}
    assert {"rsvpCallId", "rsvpReply"} <= set(notes["http://127.0.0.1/rsvp"])
    if names is None:
        assert set(notes) == {"http://127.0.0.1/rsvp"}
    else:
        assert set(notes["http://127.0.0.1/"]) == {*names, "phoneNumber", "accountId", "meta", "timestamp"}


# ---- voices, uploads, subusers ---------------------------------------------------------------------------------------


def test_voice_codes_are_those_of_the_list(served: Served) -> None:
    world = served(voice_codes=["sv", "en-male"])
    listed = world.get("/voice_files/text_to_speech/voice_codes")
    assert [(row["voiceCode"], row["description"]) for row in listed] == [("sv", "sv"), ("en-male", "English, male")]
    path, body = "/voice_files/text_to_speech", {"name": "Greeting", "text": "Hej", "voiceCode": "sv"}
    assert world.post(path, body)["voiceCode"] == "sv"
    assert world.refused("POST", path, {**body, "voiceCode": "en"}) == "voiceCode"


def test_upload_bare_is_not_wrapped(served: Served) -> None:
    world = served(upload_bare=True)
    parts = [("files", (name, b"sound", "audio/wav")) for name in ("a.wav", "b.wav")]
    for sent in (parts[:1], parts):
        answer = world.send("POST", "/voice_files", headers={"Content-Type": "-"}, files=sent).json()
        rows = answer if isinstance(answer, list) else [answer]
        assert [row["fileName"] for row in rows] == [part[1][0] for part in sent]
        assert isinstance(answer, list) is (len(sent) > 1)


def test_subuser_required_names_what_a_new_one_needs(served: Served) -> None:
    world = served(subuser_required=["phone", "password"])
    assert world.refused("POST", "/subusers", {"username": "crew", "email": "crew@example.com"}) == "phone"
    assert world.refused("POST", "/subusers", {"phone": "+358401234567"}) == "password"
    assert world.post("/subusers", {"phone": "+358401234567", "password": "secret"})["username"] == ""
    assert served(subuser_required=[]).post("/subusers", {})["email"] == ""
