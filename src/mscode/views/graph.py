"""Dependencies as a diagram: Mermaid for Markdown pages, DOT for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mscode.model.address import Address

Uses = Mapping[Address, Sequence[Address]]


def mermaid(uses: Uses) -> Iterator[str]:
    """Nodes have made-up ids, since a word like `end` is none; what people read is the quoted label."""
    ids = {address: f"n{at}" for at, address in enumerate(uses)}
    yield "flowchart LR"
    for address, one in ids.items():
        yield f'  {one}["{address}"]'
    for address, used in uses.items():
        yield from (f"  {ids[address]} --> {ids[other]}" for other in used)


def dot(uses: Uses) -> Iterator[str]:
    """A digraph whose names are quoted; an address holds no quote and no backslash."""
    yield "digraph mscode {"
    yield "  rankdir=LR;"
    yield "  node [shape=box];"
    for address in uses:
        yield f'  "{address}";'
    for address, used in uses.items():
        yield from (f'  "{address}" -> "{other}";' for other in used)
    yield "}"
