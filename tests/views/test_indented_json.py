"""JSON with an indent is what `json` writes, whoever writes it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mscode.views.text.indented_json import indented

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
_ODD = st.sampled_from(
    ["\ud800", "\x7f", " ", "\u2028", "😀", '"\\/', "<b>&", "\x00\n", "1.5", 1e16, 1e-5, 10**40, -0.0]
)


@given(st.recursive(_LEAVES | _ODD, lambda inner: st.lists(inner) | st.dictionaries(st.text() | _ODD.map(str), inner)))
def test_it_is_what_json_writes(data: object) -> None:
    assert indented(data) == json.dumps(data, indent=2)


@pytest.mark.parametrize("data", [{2: 1, None: 3, True: 4}, [(1, 2), ()], {"a": float("nan"), "b": [1.0]}, "x", None])
def test_odd_data_is_too(data: object) -> None:
    assert indented(data) == json.dumps(data, indent=2)
