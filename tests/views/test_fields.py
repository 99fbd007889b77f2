"""One field of a change: what is shown of its value, before and after."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from mscode.errors import Place
from mscode.model.values import FileContent, Ref, Unknown
from mscode.model.world import Desired
from mscode.plan.change import Action, FieldChange, MemberChange
from tests.views.plans import at, body, changed, created, live, phones, plan, planned, reach, text

G, V = "groups", "voiceFiles"
CREATED: list[tuple[str, Any, str]] = [
    ("name", 'The "best"', '"The \\"best\\""'),
    ("name", "Äiti ja isä", '"Äiti ja isä"'),
    ("acceptsWanted", 40, "40"),
    ("flag", True, "true"),
    ("description", "", '""'),
    ("filter", Ref("filters", "adults"), "filters.adults"),
    ("filter", Ref("filters", "adults.espoo"), "filters.adults.espoo"),
    ("parent", Unknown(at("groups.donors")), "groups.donors"),
    (
        "file",
        FileContent("audio/jingle.wav", 48044, "0a1b2c3d4e5f"),
        '"audio/jingle.wav" (48,044 bytes, sha256 0a1b2c3d...)',
    ),
    ("tags", ["a", 1, None], '["a", 1, null]'),
    ("tags", list(range(25)), f"[{', '.join(map(str, range(20)))}, ... 5 more]"),
    ("meta", {"season": "winter", "two words": [1]}, '{season: "winter", "two words": [1]}'),
    ("startTime", "2026-12-01T07:00:00Z", "2026-12-01 09:00 Europe/Helsinki"),
    ("startTime", "2026-12-01T07:00:05Z", "2026-12-01 09:00:05 Europe/Helsinki"),
    ("startTime", "2026-10-25T00:30:00Z", "2026-10-25 03:30 (+03:00) Europe/Helsinki"),
    ("startTime", "2026-10-25T01:30:00Z", "2026-10-25 03:30 (+02:00) Europe/Helsinki"),
    ("startTime", None, "at once"),
    ("endTime", "soon", '"soon"'),
    ("activeTo", "17:00:00", '"17:00" (UTC; 19:00 Europe/Helsinki)'),
    ("activeTo", "23:30:15", '"23:30:15" (UTC; 01:30:15 next day Europe/Helsinki)'),
    ("activeTo", "17:00", '"17:00" (UTC; 19:00 Europe/Helsinki)'),
    ("activeWeekdays", ["monday", "tuesday", "wednesday", "thursday", "friday"], "monday-friday"),
    ("activeWeekdays", ["sunday", "monday", "tuesday"], "monday, tuesday, sunday"),
    ("activeWeekdays", ["saturday", "friday", "sunday", "monday"], "monday, friday-sunday"),
    ("actionButtons", {"accept": ["5"], "decline": ["8", "9"]}, "{accept: 5, decline: [8, 9]}"),
    ("receivers", [{"groupId": "12"}], "group 12"),
    ("receivers", [{"accountId": "34"}], "account 34"),
    ("receivers", [{"phone": "+358405550199"}], 'phone "+35840•••0199"'),
    ("receivers", [{"accountId": "34", "phone": "+358405550199"}], 'phone "+35840•••0199"'),
    ("receivers", [], "[]"),
    ("conditions", [{"field": "city", "operator": "in", "value": ["Espoo"]}], 'city in ["Espoo"]'),
]


@pytest.mark.parametrize(("name", "value", "shown"), CREATED, ids=[f"{n}={s}" for n, _, s in CREATED])
def test_a_value_of_a_create(name: str, value: Any, shown: str) -> None:
    assert body(created(name, value)) == f"      {name}: {shown}"


CHANGED: list[tuple[str, Any, Any, str]] = [
    ("description", "Donors", "All donors", '"Donors" -> "All donors"'),
    ("description", "Donors", "", '"Donors" -> ""'),
    ("webhook", None, "https://hooks.example.com", 'null -> "https://hooks.example.com"'),
    ("webhook", "https://hooks.example.com", None, '"https://hooks.example.com" -> null'),
    ("maxRedials", 3, 5, "3 -> 5"),
    ("endTime", "2026-12-04T15:00:00Z", "2026-12-04T16:00:00Z", "2026-12-04 17:00 -> 2026-12-04 18:00 Europe/Helsinki"),
    ("startTime", "2026-12-04T15:00:00Z", None, "2026-12-04 17:00 Europe/Helsinki -> at once"),
    ("activeFrom", "09:00:00", "10:00:00", '"09:00" -> "10:00" (UTC; 12:00 Europe/Helsinki)'),
    (
        "activeWeekdays",
        ["monday", "tuesday"],
        ["monday", "tuesday", "wednesday"],
        "monday, tuesday -> monday-wednesday",
    ),
    ("receivers", [{"group": Ref(G, "a")}], [{"group": Ref(G, "b")}], "groups.a -> groups.b"),
    (
        "file",
        FileContent("a.wav", 1, "aa" * 32),
        FileContent("a.wav", 2, "bb" * 32),
        '"a.wav" (1 byte, sha256 aaaaaaaa...) -> "a.wav" (2 bytes, sha256 bbbbbbbb...)',
    ),
]


@pytest.mark.parametrize(("name", "before", "after", "shown"), CHANGED, ids=[s for *_, s in CHANGED])
def test_a_value_that_changes(name: str, before: Any, after: Any, shown: str) -> None:
    assert body(changed(name, before, after)) == f"      {name}: {shown}"


def test_a_field_that_left_the_manifest_goes_back_to_its_default() -> None:
    assert body(changed("description", "Donors", "", to_default=True)) == '      description: "Donors" -> (default)'


def test_what_forces_a_replacement_is_marked() -> None:
    change = planned(
        at("voiceFiles.greeting"),
        Action.REPLACE_CREATE_FIRST,
        fields=(FieldChange("voiceCode", "en", "fi", forces_replacement=True), FieldChange("description", "a", "b")),
    )
    assert body(change) == ('      voiceCode:   "en" -> "fi" # forces replacement\n      description: "a" -> "b"')


def test_a_destroyed_object_shows_what_goes() -> None:
    gone = (FieldChange("startTime", "2026-12-01T07:00:00Z", None), FieldChange("meta", {"season": "winter"}, None))
    assert body(planned(at("rsvpCalls.invite"), Action.DELETE, fields=gone)) == (
        '      startTime: 2026-12-01 09:00 Europe/Helsinki -> null\n      meta:      {season: "winter"} -> null'
    )


# ---- lists and mappings ----------------------------------------------------------------------------------------------


def test_several_receivers_stand_one_a_line_with_their_people() -> None:
    receivers = [{"group": Ref(G, "donors")}, {"group": Ref(G, "staff")}, {"groupId": "12"}, {"phone": "+358405550199"}]
    via = (("groups.donors", 1204), ("groups.staff", 1), ("group 12", 7), ("phone +358405550199", 1))
    from tests.views.plans import launch

    calls = replace(launch(), reach=reach(via=via))
    change = planned(
        at("rsvpCalls.a"), Action.CREATE, fields=(FieldChange("receivers", None, receivers),), launch=calls
    )
    assert body(change).splitlines()[:4] == [
        "      receivers: groups.donors (1,204 people)",
        "                 groups.staff (1 person)",
        "                 group 12 (7 people)",
        '                 phone "+35840•••0199"',
    ]


def test_receivers_that_come_and_go_are_told_apart_from_those_that_stay() -> None:
    stays, goes, comes = ({"group": Ref(G, name)} for name in ("stays", "goes", "comes"))
    assert body(changed("receivers", [stays, goes], [stays, comes])) == (
        "      receivers: - groups.goes\n                 + groups.comes\n                 (1 unchanged item)"
    )


def test_conditions_of_a_filter_stand_one_a_line() -> None:
    city = {"field": "city", "operator": "in", "value": ["Helsinki", "Espoo"]}
    born = {"field": "yearOfBirth", "operator": "<=", "value": 2008}
    assert body(created("conditions", [city, born])) == (
        '      conditions: city in ["Helsinki", "Espoo"]\n                  yearOfBirth <= 2008'
    )
    assert body(changed("conditions", [city, born], [city])) == (
        "      conditions: - yearOfBirth <= 2008\n                  (1 unchanged item)"
    )


def test_a_condition_that_compares_with_something_else_is_shown_once() -> None:
    before = [
        {"field": "city", "operator": "in", "value": ["Helsinki", "Espoo", "Vantaa"]},
        {"field": "yearOfBirth", "operator": "<=", "value": 2008},
        {"field": "zip", "operator": "!=", "value": ""},
        {"field": "area", "operator": "==", "value": "north"},
    ]
    after = [
        {"field": "gender", "operator": "==", "value": "f"},
        {"field": "yearOfBirth", "operator": "<=", "value": 2007},
        {"field": "city", "operator": "in", "value": ["Helsinki", "Vantaa", "Turku"]},
        {"field": "zip", "operator": "!=", "value": ""},
    ]
    assert body(changed("conditions", before, after)) == (
        '      conditions: ~ city in - "Espoo", + "Turku", (2 unchanged items)\n'
        "                  ~ yearOfBirth <= 2008 -> 2007\n"
        '                  - area == "north"\n'
        '                  + gender == "f"\n'
        "                  (1 unchanged item)"
    )
    assert "(4 items in another order)" in body(changed("conditions", before, before[::-1]))


def test_a_wide_mapping_stands_a_key_a_line() -> None:
    played = {kind: Ref(V, kind) for kind in ("start", "actionButtons", "accept", "end")}
    assert body(created("voiceFiles", played)) == (
        "      voiceFiles:\n"
        "        start:         voiceFiles.start\n"
        "        actionButtons: voiceFiles.actionButtons\n"
        "        accept:        voiceFiles.accept\n"
        "        end:           voiceFiles.end"
    )


def test_only_the_keys_of_a_mapping_that_differ_are_shown() -> None:
    assert body(changed("meta", {"a": 1, "b": {"c": 2, "d": 3}, "e": 5}, {"a": 1, "b": {"c": 4, "d": 3}, "f": 6})) == (
        "      meta:\n"
        "        b:\n"
        "          c: 2 -> 4\n"
        "          (1 unchanged item)\n"
        "        e: 5 -> null\n"
        "        f: null -> 6\n"
        "        (1 unchanged item)"
    )


def test_the_members_of_what_a_call_does_are_compared_by_position() -> None:
    before = [{"say": "Welcome", "to": {"n": 1, "m": [1, 2]}}, {"say": "Bye"}, {"pause": 1}]
    after = [{"say": "Welcome", "to": {"n": 2, "m": [1, 3]}}, {"say": "Bye"}]
    assert body(changed("operations", before, after)) == (
        "      operations:\n"
        "        [0]:\n"
        "          to:\n"
        "            n: 1 -> 2\n"
        "            m: - 2\n"
        "               + 3\n"
        "               (1 unchanged item)\n"
        "          (1 unchanged item)\n"
        "        [2]: {pause: 1} -> null\n"
        "        (1 unchanged item)"
    )


def test_a_step_that_is_put_in_leaves_the_others_as_they_are() -> None:
    steps = [{"say": word} for word in ("one", "two", "three")]
    assert body(changed("operations", steps, [*steps[:1], {"pause": 2}, *steps[1:]])) == (
        "      operations:\n        [1]: null -> {pause: 2}\n        (3 unchanged items)"
    )


def test_a_long_text_inside_a_value_is_compared_word_by_word() -> None:
    more = "We need donors in Turku this week, and those of you who live near it."
    assert body(changed("operations", [{"say": f"{more} Thanks"}], [{"say": f"{more} Bye"}])) == (
        f'      operations:\n        [0]:\n          say: "{more} [-Thanks-]{{+Bye+}}"'
    )


def test_many_changed_members_of_a_list_are_cut_with_their_number() -> None:
    shown = body(changed("operations", [{"n": n} for n in range(100)], [{"n": -n - 1} for n in range(100)]))
    assert shown.splitlines()[-1].strip() == "(... 80 more)"
    assert len(shown.splitlines()) == 1 + 2 * 20 + 1


def test_the_marker_in_meta_is_never_shown() -> None:
    marker = {"mscode": "1:blood-drive/sandbox:rsvpCalls.invite:1:live"}
    shown = body(changed("meta", {**marker, "season": "winter"}, {"season": "spring"}))
    assert shown == '      meta:\n        season: "winter" -> "spring"'


def test_a_live_id_is_shown_as_the_address_it_has_here() -> None:
    played = FieldChange(
        "voiceFiles",
        {"start": "4", "end": "5", "data": "77"},
        {"start": Ref(V, "new"), "end": Ref(V, "bye"), "data": Ref(V, "bye")},
    )
    old = planned(at("voiceFiles.old"), Action.NOOP, live=live(V, "4"))
    bye = planned(at("voiceFiles.bye"), Action.NOOP, live=live(V, "5"))
    shown = text(old, bye, planned(at("rsvpCalls.invite"), Action.UPDATE, fields=(played,)))
    assert (
        "      voiceFiles:\n"
        "        start: voiceFiles.old -> voiceFiles.new\n"
        '        data:  id "77" -> voiceFiles.bye\n'
        "        (1 unchanged item)\n"
    ) in shown


def test_a_replaced_object_keeps_its_name_and_changes_its_id() -> None:
    played = FieldChange("voiceFiles", {"start": "4"}, {"start": Ref(V, "greeting")})
    new = planned(at("voiceFiles.greeting"), Action.REPLACE_CREATE_FIRST, live=live(V, "4"))
    shown = text(new, planned(at("rsvpCalls.invite"), Action.UPDATE, fields=(played,)))
    assert '        start: voiceFiles.greeting (id "4") -> voiceFiles.greeting (known after apply)\n' in shown


def test_another_object_behind_the_same_name_is_told_by_the_two_ids() -> None:
    played = FieldChange("voiceFiles", {"start": "4", "end": "7"}, {"start": Ref(V, "greeting"), "end": Ref(V, "bye")})
    greeting, bye = (Desired(at(f"voiceFiles.{name}"), Place("voice.yaml", 1), {}) for name in ("greeting", "bye"))
    new = planned(at("voiceFiles.greeting"), Action.NOOP, desired=greeting, live=live(V, "5"))
    old = planned(at("voiceFiles.greeting"), Action.DELETE, live=live(V, "4"), leftover="superseded")
    same = planned(at("voiceFiles.bye"), Action.NOOP, desired=bye, live=live(V, "7"))
    shown = text(new, same, planned(at("rsvpCalls.invite"), Action.UPDATE, fields=(played,)), old)
    assert (
        '        start: voiceFiles.greeting (id "4") -> voiceFiles.greeting (id "5")\n        (1 unchanged item)\n'
        in shown
    )


def test_an_update_always_says_what_it_changes() -> None:
    first, second = {"group": Ref(G, "a")}, {"group": Ref(G, "b")}
    assert "(2 items in another order)" in body(changed("receivers", [first, second], [second, first]))
    like = [[first, {"phone": f"+35840{middle}0199"}] for middle in ("555", "777")]
    assert "(2 items that differ in what is not shown)" in body(changed("receivers", *like))


# ---- windows ---------------------------------------------------------------------------------------------------------


def test_a_window_in_the_project_zone_is_not_translated() -> None:
    shown = text(created("activeFrom", "09:00:00"), window_zone_name="Europe/Helsinki")
    assert '      activeFrom: "09:00" (Europe/Helsinki)\n' in shown


def test_a_window_is_translated_for_the_day_of_the_first_call() -> None:
    from tests.views.plans import launch

    summer = replace(launch(), reach=reach(first_call=datetime(2026, 7, 1, 9, tzinfo=UTC)))
    change = replace(created("activeFrom", "09:00:00"), launch=summer)
    assert body(change).splitlines()[0] == '      activeFrom: "09:00" (UTC; 12:00 Europe/Helsinki)'


# ---- members ---------------------------------------------------------------------------------------------------------

MEMBERS = [
    (MemberChange(tuple("ab"), ("1",), 1204), "+2 -1 (1,204 after)"),
    (MemberChange(tuple("ab"), (), 1204), "+2 (1,204 after)"),
    (MemberChange((), ("1",), 0), "-1 (0 after)"),
    (MemberChange((), (), 4), "+0 (4 after)"),
    (MemberChange(tuple(str(n) for n in range(12000)), (), 12000), "+12,000 (12,000 after)"),
]


@pytest.mark.parametrize(("members", "shown"), MEMBERS, ids=[s for _, s in MEMBERS])
def test_members_are_counted(members: MemberChange, shown: str) -> None:
    assert body(planned(at("groups.donors"), Action.UPDATE, members=members)) == f"      members: {shown}"


# ---- long texts ------------------------------------------------------------------------------------------------------


def test_a_long_text_is_compared_word_by_word() -> None:
    more = "We need donors in Turku this week."
    before, after = f"{more} This is the blood service.", f"{more} This was the kind blood service"
    assert body(changed("text", before, after, multiline=True)) == (
        f'      text: "{more} This [-is-]{{+was+}} the {{+kind +}}blood [-service.-]{{+service+}}"'
    )


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("Donors", "Donors in the capital region", '"Donors" -> "Donors in the capital region"'),
        ("two words", "two others", '"two words" -> "two others"'),
        ("x" * 60, "y" * 60, f'"{"x" * 60}" -> "{"y" * 60}"'),
        ("x" * 61, "y" * 60, f'"[-{"x" * 61}-]{{+{"y" * 60}+}}"'),
        ("one\ntwo", "one\nthree", r'"one\n[-two-]{+three+}"'),
    ],
)
def test_a_short_text_of_one_line_is_shown_before_and_after(before: str, after: str, shown: str) -> None:
    assert body(changed("text", before, after, multiline=True)) == f"      text: {shown}"


def test_what_is_far_from_a_change_is_counted() -> None:
    words = [f"w{n}" for n in range(60)]
    after = [*words[:30], "NEW", *words[31:]]
    assert body(changed("text", " ".join(words), " ".join(after), multiline=True)) == (
        '      text: "(... 22 words ...) w22 w23 w24 w25 w26 w27 w28 w29 [-w30-]{+NEW+} '
        'w31 w32 w33 w34 w35 w36 w37 w38 (... 21 words ...)"'
    )


def test_a_colour_tells_the_words_of_a_diff_apart_too() -> None:
    from mscode.views.plan.plan_text import render_plan
    from mscode.views.plan.segments import ansi

    shown = ansi(render_plan(plan(changed("text", "one\ntwo", "one\nthree", multiline=True))))
    assert "\x1b[31m[-two-]\x1b[0m\x1b[32m{+three+}\x1b[0m" in shown


def test_a_spoken_text_is_shown_whole_and_a_very_long_one_is_cut_with_its_length() -> None:
    spoken = "word " * 90
    assert body(created("text", spoken, multiline=True)) == f'      text: "{spoken}"'
    assert body(created("text", "x" * 5000, multiline=True)) == f'      text: "{"x" * 1200}"... (5,000 characters)'
    assert body(created("note", "x" * 300)) == f'      note: "{"x" * 240}"... (300 characters)'


def test_texts_too_long_to_compare_are_shown_before_and_after() -> None:
    before, after = "a " * 2000, "b " * 2000
    shown = body(changed("messageHtml", before, after, multiline=True))
    assert "... (4,000 characters) -> " in shown
    assert len(shown) < 3000


def test_many_items_are_cut_with_their_number() -> None:
    conditions = [{"field": "city", "operator": "!=", "value": f"City {number}"} for number in range(30)]
    lines = body(created("conditions", conditions)).splitlines()
    assert len(lines) == 21
    assert lines[-1].strip() == "... 10 more"


def test_receivers_are_never_cut() -> None:
    receivers = [{"phone": phone} for phone in sorted(phones(30))]
    assert len(body(created("receivers", receivers)).splitlines()) == 30
    assert len(body(changed("receivers", receivers[:1], receivers)).splitlines()) == 30, (
        "29 that come, and how many stay"
    )
