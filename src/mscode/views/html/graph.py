"""The dependencies of a plan as a picture and as a list: what is used stands left of what uses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.views.text.words import section_noun

#: More nodes than this are drawn as one per section.
MOST_NODES = 60
#: Characters of a label.
_LABEL = 30
#: Pixels: the width of a character, space beside it in a box, the height of a box, the distance of rows, lanes and layers.
_CHARACTER, _PADDING, _HEIGHT, _ROW, _LANE, _GAP = 7.3, 12, 26, 38, 12, 56
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
    """Where a node, or a lane, stands, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Where lines begin and end."""
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Lane:
    """A free strip in a layer, in which lines pass on their way from `used` to layers beyond: they never run behind a box."""

    used: str
    layer: int


Slot = str | Lane


def depths_of(edges: Edges) -> dict[str, int]:
    """How far each node is from nodes that use nothing. A cycle, which no valid plan has, does not hang it."""
    depth = dict.fromkeys(edges, 0)
    for _ in range(len(edges)):
        deeper = {node: 1 + max((depth[target] for target in used), default=-1) for node, used in edges.items()}
        if deeper == depth:
            break
        depth = {node: min(distance, len(edges)) for node, distance in deeper.items()}
    ranks = {distance: rank for rank, distance in enumerate(sorted(set(depth.values())))}
    return {node: ranks[distance] for node, distance in depth.items()}


def layers_of(edges: Edges) -> list[list[Slot]]:
    """Nodes and lanes by layer, from left to right, each layer in an order in which few lines cross."""
    depth = depths_of(edges)
    lanes = {
        Lane(used, layer): None
        for node in edges
        for used in sorted(edges[node])
        for layer in range(depth[used] + 1, depth[node])
    }
    layers: list[list[Slot]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for node in edges:
        layers[depth[node]].append(node)
    for lane in lanes:
        layers[lane.layer].append(lane)
    at: dict[Slot, float] = {}
    for layer in layers:
        layer.sort(key=lambda slot: (_height_wanted(slot, edges, at), str(slot)))
        at |= {slot: place / max(1, len(layer)) for place, slot in enumerate(layer)}
    return layers


def _height_wanted(slot: Slot, edges: Edges, at: Mapping[Slot, float]) -> float:
    """Beside what it comes from: the mean of the places of what a node uses, the place of the object that a lane begins at."""
    origins = [slot.used] if isinstance(slot, Lane) else edges[slot]
    places = [at[used] for used in origins if used in at]
    return sum(places) / len(places) if places else 0.0


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
    boxes: dict[Slot, Box] = {}
    x = height = 1.0
    for layer in layers_of(graph.edges):
        labels = [len(_label(graph, slot)) for slot in layer if isinstance(slot, str)]
        box_width = max(labels, default=0) * _CHARACTER + 2 * _PADDING
        y = 1.0
        for slot in layer:
            boxes[slot] = Box(x, y, box_width, 0 if isinstance(slot, Lane) else _HEIGHT)
            y += _LANE if isinstance(slot, Lane) else _ROW
        height = max(height, y)
        x += box_width + _GAP
    depth = depths_of(graph.edges)
    width = max((box.x + box.width for box in boxes.values()), default=0) + 2
    nodes = [(slot, box) for slot, box in boxes.items() if isinstance(slot, str)]
    return Picture(
        f"{width:.0f}",
        f"{height:.0f}",
        tuple(
            _path([boxes[used], *(boxes[Lane(used, at)] for at in range(depth[used] + 1, depth[node])), boxes[node]])
            for node in graph.edges
            for used in sorted(graph.edges[node])
        ),
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
            for node, box in nodes
        ),
    )


def _label(graph: Graph, node: str) -> str:
    name = graph.labels[node]
    return name if len(name) <= _LABEL else f"{name[: _LABEL - 1]}…"


def _path(stops: Sequence[Box]) -> str:
    """The path of SVG from the first box to the last one: curves in the gaps between layers, straight through lanes."""
    parts = [f"M{stops[0].x + stops[0].width:.1f} {stops[0].middle:.1f}"]
    for before, after in pairwise(stops):
        x1, y1, x2, y2 = before.x + before.width, before.middle, after.x, after.middle
        bend = max((x2 - x1) / 2, 20)
        parts.append(f"C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}")
        if after is not stops[-1]:
            parts.append(f"H{after.x + after.width:.1f}")
    return " ".join(parts)
