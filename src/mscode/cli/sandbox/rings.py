"""`mscode sandbox rings`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.sandbox.control import control, control_options
from mscode.model.plurals import count
from mscode.model.privacy import mask_phone, mask_word

Row = dict[str, Any]


@make_command("rings", examples=["mscode sandbox rings", "mscode sandbox rings --json"])
@control_options
@json_option
def command(invocation: Invocation, directory: Path | None, url: str | None, as_json: bool) -> None:
    """List every phone that was rung, and every message that was sent, in order of time.

    Each comes with the campaign's id, whether somebody answered, and the reply.
    """
    emulator = control(invocation, directory, url)
    rows: list[Row] = emulator.call("GET", "/rings", "")
    printed_rows = rows if invocation.show_people else [masked(row) for row in rows]
    if as_json:
        invocation.out.json(json.dumps(printed_rows, indent=2, ensure_ascii=False))
        return
    if rows:
        for line in table(printed_rows, emulator.zone, emulator.zone_name):
            invocation.out.result(line)
    invocation.out.info(summary(rows))


def masked(row: Row) -> Row:
    """The same row, its number or address masked."""
    masks = {"phone": mask_phone, "email": mask_word}
    return {name: masks[name](str(value)) if name in masks else value for name, value in row.items()}


def summary(rows: Sequence[Row]) -> str:
    """How many rings, and how many people; people are counted by number."""
    if not rows:
        return "Nobody was rung."
    people = len({row.get("phone") or row.get("email") for row in rows})
    return f"{count(len(rows), 'ring')}, {count(people, 'person')}."


def table(rows: Sequence[Row], zone: tzinfo, zone_name: str) -> Iterator[str]:
    """Columns: time, kind and id, phone, answered, reply."""
    cells = [(f"TIME ({zone_name})", "CAMPAIGN", "PHONE", "ANSWERED", "REPLY"), *(_cells(row, zone) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _cells(row: Row, zone: tzinfo) -> tuple[str, ...]:
    at = datetime.fromisoformat(row["at"]).astimezone(zone)
    return (
        f"{at:%Y-%m-%d %H:%M:%S}",
        f"{row['kind']} {row['campaignId']}",
        str(row.get("phone") or row.get("email") or ""),
        "yes" if row.get("answered") else "no",
        str(row.get("reply") or ""),
    )
