"""Plain data to the YAML of a manifest, as a person would lay it out. Its output is `fmt`'s layout already.

Mappings in block style; a mapping or list of few plain values on one line where that fits. Whatever text comes in, what is
read back is that text: see `quoting`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mscode.manifest.yaml.quoting import is_plain, quoted
from mscode.model.values import Scalar

WIDTH = 120
#: A text of several lines that a block can show as it is: no indented or empty first line, no spaces at line ends.
_BLOCK = re.compile(r"\S(?:.*\S)?(?:\n+\S(?:.*\S)?)+\n?\Z")


def mapping(data: Mapping[str, Any], indent: int = 0) -> Iterator[str]:
    """The lines of a block mapping. `Scalar`s that were plain stay without quotes."""
    pad = " " * indent
    for key, value in data.items():
        head = f"{pad}{key_text(key)}:"
        yield from _value(head, value, indent, in_list=False)


def _value(head: str, value: Any, indent: int, *, in_list: bool) -> Iterator[str]:
    """`head` is `key:` or `-` with all that stands before it; what does not fit behind it follows below."""
    is_row = in_list and isinstance(value, Mapping) and len(value) == 1
    line = None if is_row else _one_line(value)
    if line is not None and (not value or len(head) + 1 + len(line) <= WIDTH or _is_scalar(value)):
        yield f"{head} {line}"
    elif isinstance(value, str):
        yield f"{head} |" if value.endswith("\n") else f"{head} |-"
        for line in value.removesuffix("\n").split("\n"):
            yield f"{' ' * (indent + 2)}{line}" if line else ""
    elif isinstance(value, Mapping):
        lines = list(mapping(value, indent + 2))
        if in_list:
            yield f"{head} {lines[0].lstrip()}"
            yield from lines[1:]
        else:
            yield head
            yield from lines
    else:
        yield head
        for item in value:
            yield from _value(f"{' ' * (indent + 2)}-", item, indent + 2, in_list=True)


def _one_line(value: Any) -> str | None:
    """None for what is not for one line: texts of several lines, lists of mappings, mappings of them."""
    if isinstance(value, str) and not (isinstance(value, Scalar) and value.plain) and _BLOCK.match(value):
        is_visible = all(char.isprintable() or char == "\n" for char in value)
        return None if is_visible else quoted(value)
    if _is_scalar(value):
        return scalar(value)
    if isinstance(value, Mapping):
        pairs = [f"{key_text(key, in_flow=True)}: {_flow(item)}" for key, item in value.items()]
        return f"{{{', '.join(pairs)}}}" if all(_is_flat(item) for item in value.values()) else None
    if value and all(isinstance(item, Mapping) for item in value):
        return None
    return f"[{', '.join(map(_flow, value))}]" if all(map(_is_flat, value)) else None


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, Mapping | list | tuple)


def _is_flat(value: Any) -> bool:
    """A scalar, or a collection of scalars."""
    items = value.values() if isinstance(value, Mapping) else value
    return _is_scalar(value) or all(_is_scalar(item) for item in items)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key_text(key, in_flow=True)}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return scalar(value, in_flow=True)


def scalar(value: Any, *, in_flow: bool = False) -> str:
    """One value on one line."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return str(value)
    if (isinstance(value, Scalar) and value.plain) or is_plain(value, in_flow=in_flow):
        return str(value)
    return quoted(str(value))


def key_text(key: str, *, in_flow: bool = False) -> str:
    """A key, in quotes where it needs them."""
    return str(key) if is_plain(key, in_flow=in_flow) and " " not in key else quoted(str(key))
