"""The document: what it holds, and what it refuses."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mscode.errors import StateError
from mscode.state.document import StateDocument, from_json, seal, to_json
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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", 17),
        ("origin", "found"),
        ("generation", "1"),
        ("applied", []),
        ("echo", {"a": ["one"]}),
        ("preventDestroy", 1),
        ("superseded", [1]),
        ("more", 1),
    ],
)
def test_each_member_of_a_resource_is_checked(name: str, value: Any) -> None:
    broken = data()
    broken["resources"][1][name] = value
    with pytest.raises(StateError, match=rf"state.json: resources\[1\]: `{name}"):
        from_json(broken, "state.json")


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


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"op": "burn"},
        {"op": "drop"},
        {"op": "drop", "address": "x"},
        {"op": "drop", "address": "groups.a", "more": 1},
    ],
)
def test_a_record_that_is_none_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(StateError, match="the record"):
        document().apply(record)
