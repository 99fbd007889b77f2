"""Dependencies as a diagram: Mermaid for Markdown pages, DOT for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mscode.model.address import Address

#: Each object, and those that it uses.
Uses = Mapping[Address, Sequence[Address]]


def mermaid(uses: Uses) -> Iterator[str]:
    """A flowchart. Ids of nodes are generated, since a name like `end` cannot be one; the label is the address."""
    ids = {address: f"n{at}" for at, address in enumerate(uses)}
    yield "flowchart LR"
    for address, node in ids.items():
        yield f'  {node}["{address}"]'
    for address, used in uses.items():
        yield from (f"  {ids[address]} --> {ids[target]}" for target in used)


def dot(uses: Uses) -> Iterator[str]:
    """A digraph. Addresses are quoted as they are: they hold neither quotes nor backslashes."""
    yield "digraph mscode {"
    yield "  rankdir=LR;"
    yield "  node [shape=box];"
    for address in uses:
        yield f'  "{address}";'
    for address, used in uses.items():
        yield from (f'  "{address}" -> "{target}";' for target in used)
    yield "}"
