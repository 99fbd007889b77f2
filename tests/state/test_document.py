"""The document: what it holds, and what it refuses."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mscode.errors import StateError
from mscode.state.document import EntryRow, StateDocument, from_json, read_document, seal, to_json, to_text
from tests.state.samples import DONORS, ENVIRONMENT, FULL, INTENT, INVITE, PROJECT, TOMB, URL, entry

KEY = "00" * 32


def document() -> StateDocument:
    made = StateDocument(PROJECT, ENVIRONMENT, URL)
    made.entries = {INVITE: FULL, DONORS: entry()}
    made.intents = {DONORS: INTENT}
    made.tombstones = [TOMB]
    made.serial = 12
    return made


def data() -> dict[str, Any]:
    return json.loads(json.dumps(to_json(document())))  # type: ignore[no-any-return]


def test_everything_survives_the_round_trip() -> None:
    before = document()
    after = from_json(json.loads(json.dumps(to_json(before))), "state.json")
    assert after == before and after.known() == before.known()


def test_the_same_state_is_written_the_same_twice() -> None:
    one, two = document(), document()
    two.lineage, two.key = one.lineage, one.key
    two.entries = dict(reversed(two.entries.items()))
    assert json.dumps(to_json(one)) == json.dumps(to_json(two))


ODD_TEXTS = ("Näme ☎ 🎉", '\x00\x7f\b\f\t\r\n"\\/\u2028', "\ud83d", "")
ODD_VALUES = (2**70, -0.0, 0.1, 1e15, 0.0001, float("inf"), [], {}, [[]], {"": {}}, None, True)


@pytest.mark.parametrize("value", [*ODD_TEXTS, *ODD_VALUES], ids=repr)
def test_the_text_is_what_json_dumps_writes_and_reads_back_as_the_same_document(value: Any) -> None:
    made = document()
    made.entries[DONORS] = entry(
        applied={"text": value, str(value): {str(value): 1}}, server_values={str(value): (value, value)}
    )
    text = to_text(made)
    assert text == json.dumps(to_json(made), indent=2)
    assert read_document(text.encode(), "state.json") == made


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"a": nul}', b"[" * 100_000])
def test_what_is_not_json_is_refused_in_the_words_of_pythons_reader(content: bytes) -> None:
    with pytest.raises(StateError, match=r"^state.json is not JSON$") as refused:
        read_document(content, "state.json")
    with pytest.raises((ValueError, RecursionError)) as plain:
        json.loads(content)
    assert refused.value.diagnostics[0].detail == str(plain.value)


def test_two_new_states_have_another_lineage_and_key() -> None:
    one, two = StateDocument("p", "e", "u"), StateDocument("p", "e", "u")
    assert one.lineage != two.lineage and one.key != two.key and len(one.key) == 64


def test_the_key_is_not_shown() -> None:
    made = document()
    assert made.key not in repr(made)


@pytest.mark.parametrize("version", [0, 2, 99])
def test_another_version_is_refused(version: int) -> None:
    with pytest.raises(StateError, match=f"state.json has version {version}, and this mscode knows version 1"):
        from_json(data() | {"version": version}, "state.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"extra": 1}, "state.json: `extra` is not known"),
        ({"serial": -1}, "state.json: `serial` must be a whole number from 0 up"),
        ({"serial": True}, "state.json: `serial` must be"),
        ({"version": "1"}, "state.json: `version` must be"),
        ({"key": "short"}, "state.json: `key` must be 64 hex digits"),
        ({"lineage": None}, "state.json: `lineage` must be a text"),
        ({"resources": {}}, "state.json: `resources` must be a list"),
        ({"resources": [1]}, r"state.json: resources\[0\] must be a JSON object"),
        ({"pending": [{}]}, r"state.json: pending\[0\]: `address` is missing"),
        (
            {"tombstones": [{"address": "groups", "id": "1"}]},
            r"state.json: tombstones\[0\]: `address` must be an address",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(change: dict[str, Any], message: str) -> None:
    with pytest.raises(StateError, match=message):
        from_json(data() | change, "state.json")


@pytest.mark.parametrize(
    "name",
    ["version", "serial", "lineage", "project", "environment", "url", "key", "resources", "pending", "tombstones"],
)
def test_no_member_may_be_missing(name: str) -> None:
    broken = data()
    del broken[name]
    with pytest.raises(StateError, match=f"`{name}` is missing"):
        from_json(broken, "state.json")


RESOURCE_FAULTS: dict[str, tuple[Any, str]] = {
    "address": ("groups", "`address` must be an address, like rsvpCalls.invite"),
    "id": (17, "`id` must be a text"),
    "origin": ("found", "`origin` must be one of created, adopted"),
    "createdAt": (None, "`createdAt` must be a text"),
    "generation": ("1", "`generation` must be a whole number from 0 up"),
    "applied": ([], "`applied` must be a JSON object"),
    "echo": ({"a": ["one"]}, "`echo.a` must be a list of what was sent and what came back"),
    "preventDestroy": (1, "`preventDestroy` must be true or false"),
    "onRemoval": (False, "`onRemoval` must be a text"),
    "superseded": (["1", 1], "`superseded` must be a list of texts"),
    "launched": ("yes", "`launched` must be true or false"),
    "firstCall": (0, "`firstCall` must be a text"),
    "dialled": (1.5, "`dialled` must be a whole number from 0 up"),
    "called": ("?", "`called` must be base64"),
    "more": (1, "`more` is not known"),
}


@pytest.mark.parametrize("name", RESOURCE_FAULTS)
def test_each_member_of_a_resource_is_checked(name: str) -> None:
    value, message = RESOURCE_FAULTS[name]
    broken = data()
    broken["resources"][1][name] = value
    for read in (from_json, lambda given, where: read_document(json.dumps(given).encode(), where)):
        with pytest.raises(StateError) as refused:
            read(broken, "state.json")
        assert str(refused.value) == f"state.json: resources[1]: {message}"


def test_every_member_of_a_resource_has_a_fault_above() -> None:
    made = document()
    made.entries[DONORS] = entry(called=("00" * 5,))
    assert {*to_json(made)["resources"][0], "more"} == set(RESOURCE_FAULTS)


def test_an_address_stands_there_once() -> None:
    broken = data()
    broken["resources"].append(broken["resources"][0])
    with pytest.raises(StateError, match=r"groups\.donors stands there twice"):
        from_json(broken, "state.json")


@pytest.mark.parametrize("broken", [None, [], "text", 1])
def test_a_document_is_an_object(broken: Any) -> None:
    with pytest.raises(StateError, match="must be a JSON object"):
        from_json(broken, "state.json")


SCALARS: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.text()
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(ANY_JSON)
def test_no_json_makes_reading_fail_in_another_way(value: Any) -> None:
    for broken in (value, data() | {"resources": value}, data() | {"pending": [value]}):
        with suppress(StateError):
            from_json(broken, "state.json")


def test_a_seal_is_equal_for_equal_values_only() -> None:
    assert seal(KEY, {"a": 1, "b": ("x", "y")}) == seal(KEY, {"b": ["x", "y"], "a": 1})
    assert seal(KEY, frozenset({"x", "y"})) == seal(KEY, frozenset({"y", "x"}))
    assert len({seal(KEY, value) for value in ("+358401234567", "+358401234568", "", None, 0, False, [])}) == 7


def test_a_seal_shows_nothing_and_depends_on_the_key() -> None:
    sealed = seal(KEY, "+358401234567")
    assert sealed.startswith("hmac:") and len(sealed) == 5 + 64 and "358" + "401234567" not in sealed
    assert sealed != seal("11" * 32, "+358401234567")


@pytest.mark.parametrize("url", [URL, URL + "/", "HTTPS://API.example.com/v1"])
def test_the_same_url_may_be_written_in_several_ways(url: str) -> None:
    document().check_binding(PROJECT, ENVIRONMENT, url)


@pytest.mark.parametrize(
    "other",
    [
        ("other", ENVIRONMENT, URL),
        (PROJECT, "staging", URL),
        (PROJECT, ENVIRONMENT, "https://api.example.com/v2"),
        (PROJECT, ENVIRONMENT, "sandbox:"),
    ],
)
def test_a_state_of_another_account_is_refused(other: tuple[str, str, str]) -> None:
    with pytest.raises(StateError, match="This state belongs to another account"):
        document().check_binding(*other)


ALL_RECORDS = "begin, put, settle, drop, bury, unbury, move, suppress, reach, link, carry"


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ([], "the record must be a JSON object"),
        ({}, "the record: `op` is missing"),
        ({"op": 5}, "the record: `op` must be a text"),
        ({"op": "burn"}, f"the record: `op` must be one of {ALL_RECORDS}"),
        ({"op": "drop"}, "the record: `address` is missing"),
        ({"op": "drop", "address": "x"}, "the record: `address` must be an address, like rsvpCalls.invite"),
        ({"op": "drop", "address": "groups.a", "more": 1}, "the record: `more` is not known"),
        ({"op": "put", "entry": 1}, "the record: entry must be a JSON object"),
        ({"op": "begin", "intents": {}}, "the record: `intents` must be a list"),
        ({"op": "begin", "intents": [{}]}, "the record: intents[0]: `address` is missing"),
        ({"op": "move", "from": "groups.a"}, "the record: `to` is missing"),
        ({"op": "suppress", "suppressed": "?"}, "the record: `suppressed` must be base64"),
    ],
)
def test_a_record_that_is_none_is_refused(record: Any, message: str) -> None:
    with pytest.raises(StateError) as refused:
        document().apply(record)
    assert str(refused.value) == message


@pytest.mark.parametrize(("name", "value"), [("id", 17), ("generation", -1), ("superseded", (1,))])
def test_what_could_not_be_read_back_is_not_written(name: str, value: Any) -> None:
    with pytest.raises(StateError, match=f"the record: `{name}` must be"):
        EntryRow.of(entry(**{"id": "17"} | {name: value}))


def test_the_largest_launch_never_shrinks_and_older_states_have_none() -> None:
    document = StateDocument("demo", "test", "https://api.example.com/v1")
    assert "largestLaunch" not in to_json(document)
    for people in (0, 12, 900, 40):
        document.apply({"op": "reach", "people": people})
    assert (document.known().largest_launch, to_json(document)["largestLaunch"]) == (900, 900)
    again = from_json(to_json(document), "the state")
    assert again.known().largest_launch == 900
    older = {name: value for name, value in to_json(document).items() if name != "largestLaunch"}
    assert from_json(older, "the state").known().largest_launch == 0
