"""Echoed source lines show nobody's data: personal fields of accounts are masked in them before any place is made."""

from __future__ import annotations

from collections.abc import Iterator

from mscode.manifest.nodes import Node
from mscode.privacy import DOTS, PUBLIC_ACCOUNT_FIELDS
from mscode.values import Scalar


def mask_people(document: Node) -> None:
    """Mask the scalars of personal fields in the lines of the document's source, at the same width."""
    root = document.source
    root.place(0, 0)  # splits the lines
    for node in _personal(document):
        _mask(root.lines, node)


def _personal(document: Node) -> Iterator[Node]:
    section = document.get("accounts")
    for account in section.value.values() if section and isinstance(section.value, dict) else ():
        for name, child in account.value.items() if isinstance(account.value, dict) else ():
            if name not in PUBLIC_ACCOUNT_FIELDS and name != "lifecycle" and isinstance(child.value, Scalar):
                yield child


def _mask(lines: list[str], node: Node) -> None:
    """The first letter stays; dots take the place of the rest, so that the caret still points where it should."""
    text = str(node.value)
    if not text or node.line >= len(lines):
        return
    line = lines[node.line]
    at = line.find(text, node.column)
    if at < 0:
        lines[node.line] = line[: node.column] + DOTS
        return
    keep = text[:1] if not text.startswith("+") else text[:6]
    lines[node.line] = line[:at] + keep + "•" * (len(text) - len(keep)) + line[at + len(text) :]
