"""The projects of a fleet as a table, and removed ones with what they have left."""

from __future__ import annotations

from collections.abc import Iterator

from mscode.model.kind import registry
from mscode.model.plurals import count
from mscode.views.fleet.list_shapes import FleetListJson, ListedProjectJson, RemovedProjectJson
from mscode.views.plan.columns import Cell, columns
from mscode.views.plan.segments import Line, Segment, line
from mscode.views.text.printable import escape_unprintable


def list_lines(data: FleetListJson, *, width: int = 0) -> Iterator[Line]:
    """A row for each project, how many there are, and the removed ones. `width` is that of the terminal (0: any)."""
    shards = {path: shard["shard"] for shard in data.get("shards", []) for path in shard["projects"]}
    is_compared = "commit" in data
    titles = ["PROJECT", "ENVIRONMENT", "WAVE", "TOKEN"]
    titles += [*(["CHANGE"] if is_compared else []), *(["SHARD"] if shards else [])]
    rows: list[list[Cell]] = [
        [
            escape_unprintable(entry["path"]),
            entry["environment"],
            str(entry["wave"]),
            entry["token"],
            *([_change(entry)] if is_compared else []),
            *([shards[entry["path"]]] if shards else []),
        ]
        for entry in data["projects"]
    ]
    if rows:
        yield from columns(titles, rows, (2,), width=width)
        yield line(Segment(""))
    yield line(Segment(_total(data)))
    for removed in data["removed"]:
        yield line(Segment(""))
        yield from removed_lines(removed)


def removed_lines(removed: RemovedProjectJson) -> Iterator[Line]:
    """What a removed project still has live, and how it is taken down."""
    parts = (("project", removed["project"]), ("environment", removed["environment"]))
    identity = ", ".join(f"{word} {name}" for word, name in parts if name)
    yield line(
        Segment(f"{escape_unprintable(removed['path'])} was removed from the fleet", "bold"),
        Segment(f" ({identity})." if identity else "."),
    )
    may_call = removed["live"] is None or removed["calling"]
    yield line(Segment(f"  {_remains(removed)}", "red" if may_call else ""))
    if removed["live"] != {} or removed["reason"]:
        yield line(Segment(f"  To take it down: {escape_unprintable(removed['command'])}"))


def _remains(removed: RemovedProjectJson) -> str:
    reason = escape_unprintable(removed["reason"])
    if removed["live"] is None:
        return f"What it still has live is not known: {reason}."
    counted = ", ".join(
        count(number, registry()[section].singular if section in registry() else section)
        for section, number in removed["live"].items()
    )
    calling = removed["calling"] or 0
    parts = [
        f"It still has live: {counted}" if counted else "It has nothing live",
        *([f"{calling} of them may still reach people"] if calling else []),
        *([reason] if reason else []),
    ]
    return f"{'; '.join(parts)}."


def _change(entry: ListedProjectJson) -> str:
    renamed = entry.get("renamed_from", "")
    return f"renamed from {escape_unprintable(renamed)}" if renamed else entry.get("change", "")


def _total(data: FleetListJson) -> str:
    number = len(data["projects"])
    if "commit" not in data:
        return f"{count(number, 'project')} in fleet {data['fleet']}."
    since = f" since {data['commit'][:12]}" if data["commit"] else ""
    shared = data.get("shared", [])
    why = f" {escape_unprintable(shared[0])}{_and_more(shared)} may concern every project." if shared else ""
    return f"{count(number, 'project')} of fleet {data['fleet']} changed{since}.{why}"


def _and_more(paths: list[str]) -> str:
    return f" and {count(len(paths) - 1, 'more file')}" if len(paths) > 1 else ""
