"""What the state remembers of a do-not-call list."""

from __future__ import annotations

import pytest

from mscode.plan.guards import people as guard_people
from mscode.plan.guards.people import marks
from mscode.state.document import StateDocument, from_json, to_json

NUMBERS = [f"+35840{at:07d}" for at in range(500)]


def document() -> StateDocument:
    return StateDocument("demo", "test", "sandbox:", key="ab" * 32)


def test_marks_are_the_same_for_the_same_numbers_and_key_alone() -> None:
    found = marks(NUMBERS, document().seal)
    assert found == marks(reversed(NUMBERS), document().seal)
    assert not set(found) & set(marks(NUMBERS, StateDocument("demo", "test", "sandbox:").seal))
    assert len(found) == len(NUMBERS) and all(len(one) == 10 for one in found)


def test_a_long_list_is_remembered_by_its_smallest_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = marks(NUMBERS, document().seal)
    monkeypatch.setattr(guard_people, "REMEMBERED", 100)
    assert marks(NUMBERS, document().seal) == whole[:100]


def test_the_document_keeps_them_and_leaves_the_member_out_where_there_are_none() -> None:
    kept = document()
    assert "suppressed" not in to_json(kept)
    kept.suppressed = marks(NUMBERS, kept.seal)
    assert from_json(to_json(kept), "state.json") == kept
    assert kept.known().suppressed == kept.suppressed


def test_a_record_replaces_them() -> None:
    kept = document()
    kept.apply({"op": "suppress", "suppressed": "AAECAwQ="})
    assert kept.suppressed == ("0001020304",)
