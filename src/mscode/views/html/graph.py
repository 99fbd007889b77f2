"""The dependencies of a plan as a picture and as a list: what is used stands left of what uses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mscode.views.html.text import Html, el, joined
from mscode.views.text.words import count, section_noun

#: More nodes than this are drawn as one per section.
MOST_NODES = 60
_LABEL = 30
_CHARACTER, _PADDING, _HEIGHT, _ROW, _GAP = 7.3, 12, 26, 38, 56
Edges = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Graph:
    """Node -> what it uses; `labels` are what a node is called, `links` the anchors of those that have one."""

    edges: Edges
    labels: Mapping[str, str]
    links: Mapping[str, str]
    drawn_together: bool = False


def graph_of(uses: Mapping[str, Iterable[str]], links: Mapping[str, str]) -> Graph:
    """The graph of the objects in `links` (those that change) and what they use directly; what stands alone is left out."""
    edges = {node: frozenset(used) - {node} for node, used in uses.items() if node in links}
    named = {node for node, used in edges.items() if used} | {one for used in edges.values() for one in used}
    full = {node: edges.get(node, frozenset()) for node in sorted(named)}
    if len(full) <= MOST_NODES:
        return Graph(full, {node: node for node in full}, {node: links[node] for node in full if node in links})
    return _by_section(full)


def _by_section(edges: Edges) -> Graph:
    """One node per section, with how many objects it stands for."""
    members: dict[str, int] = {}
    merged: dict[str, set[str]] = {}
    for node, used in edges.items():
        section = _section(node)
        members[section] = members.get(section, 0) + 1
        merged.setdefault(section, set()).update(_section(one) for one in used)
    frozen = {section: frozenset(used - {section}) for section, used in merged.items()}
    labels = {section: count(number, section_noun(section)) for section, number in members.items()}
    return Graph(frozen, labels, {}, drawn_together=True)


def _section(node: str) -> str:
    return node.partition(".")[0]


# ---- the list --------------------------------------------------------------------------------------------------------


def graph_list(graph: Graph) -> Html:
    """The same for who does not see the picture."""
    return el("ul", *(_uses(graph, node) for node, used in graph.edges.items() if used))


def _uses(graph: Graph, node: str) -> Html:
    used = ", ".join(graph.labels[one] for one in sorted(graph.edges[node]))
    return el("li", _linked(graph, node), f" uses {used}")


def _linked(graph: Graph, node: str) -> Html:
    link = graph.links.get(node)
    return el("a", graph.labels[node], href=f"#{link}") if link else joined([graph.labels[node]])


# ---- the picture -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node stands, in pixels."""

    x: float
    y: float
    width: float


def layers_of(edges: Edges) -> list[list[str]]:
    """The nodes by how far they are from what uses nothing; a cycle (there is none in a plan) is cut somewhere."""
    depth = dict.fromkeys(edges, 0)
    for _ in range(len(edges)):
        deeper = {n: 1 + max((depth[u] for u in used), default=-1) for n, used in edges.items()}
        if deeper == depth:
            break
        depth = {n: min(d, len(edges)) for n, d in deeper.items()}
    layers: dict[int, list[str]] = {}
    for node in edges:
        layers.setdefault(depth[node], []).append(node)
    return [_near(layers[at], edges, layers.get(at - 1, [])) for at in sorted(layers)]


def _near(layer: list[str], edges: Edges, left: list[str]) -> list[str]:
    """A layer ordered by where what its nodes use stands, so that few lines cross."""
    at = {node: position for position, node in enumerate(sorted(left))}

    def middle(node: str) -> tuple[float, str]:
        places = [at[used] for used in edges[node] if used in at]
        return (sum(places) / len(places) if places else 0.0, node)

    return sorted(layer, key=middle)


def picture(graph: Graph) -> Html:
    """The graph as inline SVG."""
    layers = layers_of(graph.edges)
    boxes = _boxes(layers, graph)
    width = max((box.x + box.width for box in boxes.values()), default=0) + 2
    height = max((box.y for box in boxes.values()), default=0) + _HEIGHT + 2
    lines = (_line(boxes[used], boxes[node]) for node in graph.edges for used in sorted(graph.edges[node]))
    nodes = (_node(graph, node, box) for node, box in boxes.items())
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    said = "Dependencies: what is used stands left of what uses it. The list below says the same."
    return Html(
        f'<svg xmlns="http://www.w3.org/2000/svg" role="group" aria-label="{said}" {size}>{joined(lines)}{joined(nodes)}</svg>'
    )


def _boxes(layers: list[list[str]], graph: Graph) -> dict[str, Box]:
    boxes: dict[str, Box] = {}
    x = 1.0
    for layer in layers:
        width = max(len(_label(graph, node)) for node in layer) * _CHARACTER + 2 * _PADDING
        boxes |= {node: Box(x, 1.0 + at * _ROW, width) for at, node in enumerate(layer)}
        x += width + _GAP
    return boxes


def _label(graph: Graph, node: str) -> str:
    name = graph.labels[node]
    return name if len(name) <= _LABEL else f"{name[: _LABEL - 1]}…"


def _line(used: Box, using: Box) -> Html:
    x1, y1, x2, y2 = used.x + used.width, used.y + _HEIGHT / 2, using.x, using.y + _HEIGHT / 2
    bend = max((x2 - x1) / 2, 20)
    return Html(f'<path d="M{x1:.1f} {y1:.1f} C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"/>')


def _node(graph: Graph, node: str, box: Box) -> Html:
    link = graph.links.get(node)
    rect = Html(
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{_HEIGHT}" rx="5"'
        f' class="{"node" if link or graph.drawn_together else "node stays"}"/>'
    )
    label = el("text", _label(graph, node), x=f"{box.x + _PADDING:.1f}", y=f"{box.y + 17:.1f}")
    return el("a", rect, label, href=f"#{link}", aria_label=graph.labels[node]) if link else el("g", rect, label)
