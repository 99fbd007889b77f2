"""HTML put together so that outside text can only ever be text: what is not `Html` is made visible and escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from mscode.views.plan.rows import Row
from mscode.views.plan.segments import Line, Segment, Style
from mscode.views.text.printable import visible

_VOID = frozenset({"br", "meta"})
_CLASSES: dict[Style, str] = {
    "bold": "strong",
    "dim": "dim",
    "green": "comes",
    "yellow": "changes",
    "red": "goes",
    "magenta": "dials",
}


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | Html | None


def el(name: str, /, *children: Child, **attributes: str | bool | None) -> Html:
    """An element. Attributes: `class_` for `class`, `aria_label` for `aria-label`; True stands alone, None is left out."""
    written = "".join(_attribute(key, value) for key, value in attributes.items() if value not in (None, False))
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{joined(children)}</{name}>")


def joined(children: Iterable[Child]) -> Html:
    """Pieces one after the other; plain text among them is escaped."""
    return Html("".join(map(_safe, children)))


def _attribute(key: str, value: str | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(visible(str(value)))}"'


def _safe(child: Child) -> str:
    if child is None:
        return ""
    return child if isinstance(child, Html) else escape(visible(child))


def hidden(text: str) -> Html:
    """Read out, not shown."""
    return el("span", text, class_="sr")


# ---- lines and rows --------------------------------------------------------------------------------------------------


def line_html(line: Line) -> Html:
    """A line; words of a word diff as <del> and <ins>, which are read out too."""
    return joined(_segment(segment) for segment in line)


def _segment(segment: Segment) -> Html:
    if segment.style == "added":
        return el("ins", hidden(" added: "), segment.text, hidden(" ")) if segment.text else Html()
    if segment.style == "removed":
        return el("del", hidden(" removed: "), segment.text, hidden(" ")) if segment.text else Html()
    css = _CLASSES.get(segment.style)
    return el("span", segment.text, class_=css) if css else joined([segment.text])


def tree(rows: Sequence[Row]) -> Html:
    """Rows as a list of lists."""
    return el("ul", *map(_branch, rows), class_="rows") if rows else Html()


def _branch(row: Row) -> Html:
    if not row.name:
        return el("li", line_html(row.remark), class_="remark")
    name = el("span", f"{row.name}:", class_="name")
    if row.children:
        return el("li", name, line_html(row.remark), tree(row.children))
    first, *rest = list(row.lines) or [()]
    more = (el("div", line_html(line)) for line in rest)
    value = el("span", line_html(first), line_html(row.remark), *more, class_="value")
    return el("li", name, Html(" "), value)
