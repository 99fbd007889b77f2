"""The order of a plan: what is used comes before what uses it; ties break by section, then name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from mscode.errors import PlanError
from mscode.model.address import Address
from mscode.model.values import references
from mscode.model.world import Desired


def dependencies(item: Desired) -> frozenset[Address]:
    """The addresses an object refers to, in its fields and its members."""
    refs = {ref.address for ref in references(dict(item.fields))}
    if item.members:
        refs |= {ref.address for ref in item.members.references}
    return frozenset(refs)


def depths(uses: Mapping[Address, Iterable[Address]]) -> dict[Address, int]:
    """How deep each object stands: 0 uses nothing, else one more than the deepest it uses. A cycle is printed as a cycle."""
    users_first: TopologicalSorter[Address] = TopologicalSorter()
    for user in sorted(uses):  # all of them before any edge: the sorter reports the first cycle it meets in this order
        users_first.add(user)
    for user in sorted(uses):
        for dependency in sorted(uses[user]):
            users_first.add(dependency, user)
    try:
        ordered = [*users_first.static_order()]
    except CycleError as error:
        cycle = " -> ".join(map(str, error.args[1]))
        raise PlanError(f"Objects depend on each other in a circle: {cycle}", code="cycle") from None
    depth: dict[Address, int] = {}
    for address in reversed(ordered):
        depth[address] = 1 + max((depth[dependency] for dependency in uses.get(address, ())), default=-1)
    return depth
