"""The order of a plan: what is used comes before what uses it; ties break by section, then name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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
    depth: dict[Address, int] = {}
    for start in sorted(uses):
        _settle(start, uses, depth)
    return depth


def _settle(start: Address, uses: Mapping[Address, Iterable[Address]], depth: dict[Address, int]) -> None:
    stack = [start]
    while stack:
        here = stack[-1]
        waiting = [other for other in sorted(uses.get(here, ())) if other not in depth]
        if not waiting:
            depth[here] = 1 + max((depth[other] for other in uses.get(here, ())), default=-1)
            stack.pop()
            continue
        if waiting[0] in stack:
            circle = [*stack[stack.index(waiting[0]) :], waiting[0]]
            raise PlanError("Objects depend on each other in a circle: " + " -> ".join(map(str, circle)), code="cycle")
        stack.append(waiting[0])
