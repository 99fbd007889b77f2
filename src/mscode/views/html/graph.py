"""The dependencies of a plan as a picture and as a list: what is used stands left of what uses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mscode.model.plurals import count
from mscode.views.text.words import section_noun

#: More nodes than this are drawn as one per section.
MOST_NODES = 60
#: Characters of a label.
_LABEL = 30
#: Pixels: the width of a character, space beside it in a box, the height of a box, the distance of rows and of layers.
_CHARACTER, _PADDING, _HEIGHT, _ROW, _GAP = 7.3, 12, 26, 38, 56
Edges = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Graph:
    """`edges` maps a node to those it uses, `labels` to its name, `links` to the anchor of its change where it has one.

    `drawn_together`: a node is a whole section.
    """

    edges: Edges
    labels: Mapping[str, str]
    links: Mapping[str, str]
    drawn_together: bool = False

    def uses(self) -> list[tuple[str, str]]:
        """Each node that uses others, and their names: the picture in words, for a screen reader."""
        return [
            (node, ", ".join(self.labels[target] for target in sorted(used)))
            for node, used in self.edges.items()
            if used
        ]


def graph_of(uses: Mapping[str, Iterable[str]], links: Mapping[str, str]) -> Graph:
    """The graph of the objects in `links` (those that change) and of what they use directly, without objects that have no edge."""
    edges = {node: frozenset(used) - {node} for node, used in uses.items() if node in links}
    named = {node for node, used in edges.items() if used} | {target for used in edges.values() for target in used}
    full = {node: edges.get(node, frozenset()) for node in sorted(named)}
    if len(full) <= MOST_NODES:
        return Graph(full, {node: node for node in full}, {node: links[node] for node in full if node in links})
    return _by_section(full)


def _by_section(edges: Edges) -> Graph:
    """The graph with one node per section, labelled with its number of objects."""
    members: dict[str, int] = {}
    merged: dict[str, set[str]] = {}
    for node, used in edges.items():
        section = _section(node)
        members[section] = members.get(section, 0) + 1
        merged.setdefault(section, set()).update(_section(target) for target in used)
    frozen = {section: frozenset(used - {section}) for section, used in merged.items()}
    labels = {section: count(number, section_noun(section)) for section, number in members.items()}
    return Graph(frozen, labels, {}, drawn_together=True)


def _section(node: str) -> str:
    return node.partition(".")[0]


# ---- the picture -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node stands, in pixels."""

    x: float
    y: float
    width: float


def layers_of(edges: Edges) -> list[list[str]]:
    """The nodes by their distance from nodes that use nothing. A cycle, which no valid plan has, does not hang it."""
    depth = dict.fromkeys(edges, 0)
    for _ in range(len(edges)):
        deeper = {node: 1 + max((depth[target] for target in used), default=-1) for node, used in edges.items()}
        if deeper == depth:
            break
        depth = {node: min(distance, len(edges)) for node, distance in deeper.items()}
    layers: dict[int, list[str]] = {}
    for node in edges:
        layers.setdefault(depth[node], []).append(node)
    return [_ordered_layer(layers[at], edges, layers.get(at - 1, [])) for at in sorted(layers)]


def _ordered_layer(layer: list[str], edges: Edges, previous: list[str]) -> list[str]:
    """A layer in the order of the nodes that its nodes use, so that few lines cross."""
    at = {node: position for position, node in enumerate(sorted(previous))}

    def middle(node: str) -> tuple[float, str]:
        places = [at[used] for used in edges[node] if used in at]
        return (sum(places) / len(places) if places else 0.0, node)

    return sorted(layer, key=middle)


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A box with its text, as SVG has them: `name` is the whole name, `label` what there is room for."""

    name: str
    label: str
    link: str | None
    css: str
    x: str
    y: str
    width: str
    height: str
    text_x: str
    text_y: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing in pixels; `lines` are paths of SVG."""

    width: str
    height: str
    lines: tuple[str, ...]
    nodes: tuple[GraphNode, ...]


def picture(graph: Graph) -> Picture:
    """The graph as it is drawn."""
    boxes: dict[str, Box] = {}
    x = 1.0
    for layer in layers_of(graph.edges):
        box_width = max(len(_label(graph, node)) for node in layer) * _CHARACTER + 2 * _PADDING
        boxes |= {node: Box(x, 1.0 + at * _ROW, box_width) for at, node in enumerate(layer)}
        x += box_width + _GAP
    width = max((box.x + box.width for box in boxes.values()), default=0) + 2
    height = max((box.y for box in boxes.values()), default=0) + _HEIGHT + 2
    return Picture(
        f"{width:.0f}",
        f"{height:.0f}",
        tuple(_curve(boxes[used], boxes[node]) for node in graph.edges for used in sorted(graph.edges[node])),
        tuple(
            GraphNode(
                name=graph.labels[node],
                label=_label(graph, node),
                link=graph.links.get(node),
                css="node" if node in graph.links or graph.drawn_together else "node stays",
                x=f"{box.x:.1f}",
                y=f"{box.y:.1f}",
                width=f"{box.width:.1f}",
                height=f"{_HEIGHT}",
                text_x=f"{box.x + _PADDING:.1f}",
                text_y=f"{box.y + 17:.1f}",
            )
            for node, box in boxes.items()
        ),
    )


def _label(graph: Graph, node: str) -> str:
    name = graph.labels[node]
    return name if len(name) <= _LABEL else f"{name[: _LABEL - 1]}…"


def _curve(used: Box, using: Box) -> str:
    """The path of SVG from a box to the box that uses it."""
    x1, y1, x2, y2 = used.x + used.width, used.y + _HEIGHT / 2, using.x, using.y + _HEIGHT / 2
    bend = max((x2 - x1) / 2, 20)
    return f"M{x1:.1f} {y1:.1f} C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
