"""How live objects become manifests: names, texts, layout. The law itself is held over HTTP, in acceptance."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mscode.kinds.fields.shape import spec_shape
from mscode.kinds.fields.types import RefersTo
from mscode.manifest.export.names import Names, base_name, slug
from mscode.manifest.export.objects import CannotWriteError, Writer, of_people
from mscode.manifest.export.selection import ExportOptions, is_history
from mscode.manifest.format.fmt import formatted, manifest_shape
from mscode.manifest.yaml.tree import parse
from mscode.manifest.yaml.writer import mapping
from mscode.model.address import NAME, Address
from mscode.model.kind import registry
from mscode.model.values import core
from mscode.model.world import CampaignStatus, Live, Marker

KINDS = registry()


def group(live_id: str = "1", **fields: Any) -> Live:
    return Live("groups", live_id, {"name": "", "description": "", **fields}, {})


def writer(**settings: Any) -> Writer:
    known: dict[str, Any] = {"environment": "production", "zone": UTC, "people": False, "members": {}}
    return Writer(**{**known, "addresses": {("groups", "1"): Address("groups", "donors")}, **settings})


# Names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Verenluovuttajat Ä", "verenluovuttajat-a"),
        ("Straße & Ærø", "strasse-aero"),
        ("Ελλάδα", "ellada"),
        ("Щука", "shchuka"),
        ("İstanbul", "istanbul"),
        ("Ｆｕｌｌ ｗｉｄｔｈ", "full-width"),
        ("献血", ""),
        ("--a--", "a"),
    ],
)
def test_a_name_is_spelled_in_latin_letters(text: str, name: str) -> None:
    assert slug(text) == name


@given(st.text(max_size=80))
def test_every_live_name_gives_a_name_that_can_be_one(text: str) -> None:
    name = base_name(KINDS["groups"], group(name=text))
    assert NAME.match(name) and NAME.match(f"{name}-10000")


def test_a_word_that_yaml_takes_for_a_truth_value_is_no_name() -> None:
    assert base_name(KINDS["groups"], group(name="Yes")) == "group-yes"


def test_a_campaign_keeps_the_name_in_its_marker_and_else_has_its_day() -> None:
    marker = Marker("other", "production", "rsvpCalls.callIn.espoo", 1, "live")
    fields = {"startTime": "2026-12-01T08:00:00Z"}
    campaign = Live("rsvpCalls", "1", fields, {}, status=CampaignStatus("active", 0, marker))
    assert base_name(KINDS["rsvpCalls"], campaign) == "callIn-espoo"
    unmarked = Live("rsvpCalls", "1", fields, {}, status=CampaignStatus("active", 0, None))
    assert base_name(KINDS["rsvpCalls"], unmarked) == "rsvp-call-2026-12-01"


def test_a_filter_is_named_by_its_conditions_but_never_by_a_person() -> None:
    conditions = [
        {"field": "city", "operator": "in", "value": ["Espoo", "Vantaa"]},
        {"field": "lastName", "operator": "==", "value": "Virta"},
    ]
    assert (
        base_name(KINDS["filters"], Live("filters", "1", {"conditions": conditions}, {}))
        == "city-espoo-vantaa-last-name"
    )


def test_names_that_are_taken_get_a_number() -> None:
    names = Names(["donors", "donors-3"])
    assert [names.take("donors") for _ in range(3)] == ["donors-2", "donors-4", "donors-5"]


# Objects


def test_nothing_that_came_from_outside_is_a_variable() -> None:
    made = writer().written(KINDS["groups"], group(name="${var.x}", description="a ${env.HOME} b"))
    assert made["name"] == "$${var.x}" and made["description"] == "a $${env.HOME} b"


def test_defaults_and_a_name_that_is_the_key_are_left_out() -> None:
    assert writer().written(KINDS["groups"], group(name="donors")) == {"import": {"production": "1"}}


@pytest.mark.parametrize("text", ["a\x00b", "\ud83d"])
def test_a_character_that_yaml_lacks_is_said_and_not_written(text: str) -> None:
    with pytest.raises(CannotWriteError, match="YAML"):
        writer().written(KINDS["groups"], group(description=text))


def test_a_reference_that_has_no_literal_form_is_said_and_not_written() -> None:
    with pytest.raises(CannotWriteError, match="filters id 9"):
        writer()._reference("9", RefersTo("filters"))


def test_accounts_are_people_and_campaigns_are_not() -> None:
    assert [kind.section for kind in KINDS.values() if of_people(kind)][:1] == ["accounts"]
    assert not any(of_people(kind) for kind in KINDS.values() if "receivers" in kind.fields_by_name)


@pytest.mark.parametrize(
    ("raw", "old"),
    [
        ({"editable": "n"}, True),
        ({"editable": "y", "actionTime": "2026-12-02 10:00:00"}, False),
        ({"editable": "y", "actionTime": "2026-11-01 10:00:00"}, True),
        ({"expiresAt": "2026-11-01 10:00:00"}, True),
        ({"expiresAt": "2027-11-01 10:00:00"}, False),
        ({}, False),
    ],
)
def test_what_is_sent_or_has_expired_is_history(raw: dict[str, str], old: bool) -> None:
    assert is_history(Live("smses", "1", {}, raw), datetime(2026, 12, 1, tzinfo=UTC)) is old


def test_a_glob_knows_star_and_question_mark() -> None:
    address = Address("groups", "donors")
    assert all(
        ExportOptions(only=(glob,)).names(address) for glob in ("*", "groups.*", "groups.donor?", "groups.donors")
    )
    assert not any(
        ExportOptions(only=(glob,)).names(address) for glob in ("groups", "groups.d[o]nors", "Groups.*", "donors")
    )


# Texts


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
DATA = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(min_size=1), DATA, min_size=1, max_size=4))
def test_whatever_is_written_is_read_back_the_same(data: dict[str, Any]) -> None:
    text = "".join(f"{line}\n" for line in mapping(_writable(data)))
    (document,) = parse(text.encode(), "a.yaml")
    assert core(document.data()) == _writable(data)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(min_size=1), DATA, min_size=1, max_size=4))
def test_fmt_leaves_what_was_written_as_it_is(data: dict[str, Any]) -> None:
    text = "".join(f"{line}\n" for line in mapping({"rsvpCalls": {"a": {"meta": _writable(data)}}}))
    assert formatted(text.encode(), "a.yaml", manifest_shape()).decode() == text


def _writable(value: Any) -> Any:
    """Without the characters that YAML cannot hold, and numbers that are too long to be one."""
    if isinstance(value, dict):
        return {_writable(key): _writable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_writable(item) for item in value]
    if isinstance(value, str):
        return "".join(char for char in value if char != "\x00" and not "\ud800" <= char <= "\udfff") or "x"
    return value


def test_every_field_of_every_kind_has_a_shape() -> None:
    for kind in (one for one in KINDS.values() if one.collection):
        fields = spec_shape(kind.spec).fields
        assert fields and set(fields) - {"members", "expect"} <= set(kind.fields_by_name)
