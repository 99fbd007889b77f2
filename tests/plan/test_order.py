"""What is used comes before what uses it."""

from __future__ import annotations

import pytest

from mscode.errors import PlanError
from mscode.model.address import Address
from mscode.plan.order import depths

A, B, C = (Address("groups", name) for name in "abc")


def test_depth_grows_with_use() -> None:
    assert depths({A: [B], B: [C], C: []}) == {C: 0, B: 1, A: 2}


def test_a_cycle_is_printed_as_a_cycle() -> None:
    with pytest.raises(PlanError, match=r"groups\.a -> groups\.b -> groups\.c -> groups\.a"):
        depths({A: [B], B: [C], C: [A]})


def test_a_long_chain_needs_no_recursion() -> None:
    chain = [Address("groups", f"g{i}") for i in range(5000)]
    uses = {one: [chain[i + 1]] if i + 1 < len(chain) else [] for i, one in enumerate(chain)}
    assert depths(uses)[chain[0]] == len(chain) - 1
