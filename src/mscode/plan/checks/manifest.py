"""Rules of the area `manifest`: what the files declare and nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from mscode.plan.checks.context import CheckContext, field_region, region_at
from mscode.plan.checks.rule import Finding, rule


@rule(
    "manifest/unused",
    "warn",
    "a voice file, filter, group, list or variable that nothing uses",
    wrong="""\
groups:
  donors: {members: {accounts: [anna]}}   # no campaign names it""",
    right="""\
groups:
  donors: {members: {accounts: [anna]}}
rsvpCalls:
  invite: {receivers: [{group: donors}], …}""",
    about="A list is used where a group names it, or where the filter of a group takes one of its rows.",
)
def unused(context: CheckContext) -> Iterator[Finding]:
    """Objects that are there for others alone, and that no other refers to; variables that no manifest refers to."""
    if not context.is_complete:
        return
    for item in context.items():
        kind = item.kind
        is_for_others = kind.role in ("voice", "group") or kind.selector is not None or kind.rows is not None
        if is_for_others and not context.users(item.address) and not _rows_are_taken(context, item.address):
            yield Finding(
                f"Nothing uses {item.address}.",
                field_region(item, ""),
                (item.address,),
                "Remove it, or name it where it is meant.",
            )
    if context.builder is not None:
        return
    for name, place in context.desired.unused_variables.items():
        yield Finding(
            f"Nothing uses the variable {name}.", region_at(place), (), "Remove it, or write ${var." + name + "}."
        )


def _rows_are_taken(context: CheckContext, address: object) -> bool:
    """Does the filter of a group take a row of this list?"""
    rows = next((item.rows for item in context.objects.values() if item.address == address), None)
    if rows is None:
        return False
    for group in context.objects.values():
        ref = group.members.filter if group.members else None
        source = context.objects.get(ref.address) if ref else None
        if source is None or source.kind.selector is None:
            continue
        selects = source.kind.selector(source.fields.get("conditions"))
        if any(selects(dict(zip(rows.columns, values, strict=True))) for values in rows.values):
            return True
    return False
