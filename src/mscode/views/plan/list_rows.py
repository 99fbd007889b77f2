"""What a list does to accounts: its file, how many it creates and updates, and a few of them, masked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from mscode.model.kind import registry
from mscode.model.plurals import count
from mscode.plan.change import RowChange, RowChanges
from mscode.views.plan.render_context import RenderContext
from mscode.views.plan.rows import ARROW, Row
from mscode.views.plan.scalars import key, quote, scalar
from mscode.views.plan.segments import Line, Segment, line
from mscode.views.text.printable import escape_unprintable

#: Examples of created and of updated accounts: masked, and with people shown.
FEW, MANY = 3, 20


def list_rows(section: str, rows: RowChanges, context: RenderContext) -> Iterator[Row]:
    """The rows of a list's change; `section` is the list's, whose kind names the section of its accounts."""
    list_kind = registry()[section].rows
    personal = (
        frozenset(rule.name for rule in registry()[list_kind.section].fields if rule.personal)
        if list_kind
        else frozenset()
    )
    yield Row("file", [line(f"{quote(rows.file)} ({count(rows.total, 'row')})")])
    if rows.format.is_found:
        yield Row("read as", [line(escape_unprintable(str(rows.format)))])
    if rows.left_out:
        yield Row("left out", [line(f"{count(rows.left_out, 'row')} that cannot be read")])
    counts = f"{len(rows.create):,} to create, {len(rows.update):,} to update, {rows.unchanged:,} unchanged"
    yield Row("accounts", [line(counts)])
    yield from _examples(Segment("+ ", "green"), rows.create, personal, context)
    yield from _examples(Segment("~ ", "yellow"), rows.update, personal, context)


def _examples(
    mark: Segment, changes: Sequence[RowChange], personal: frozenset[str], context: RenderContext
) -> Iterator[Row]:
    most = MANY if context.privacy.show_people else FEW
    for change in islice(changes, most):
        yield Row("", remark=line("  ", mark, f"line {change.line:,}: ", *_account(change, personal, context)))
    if len(changes) > most:
        yield Row("", remark=line("  ", Segment(f"({len(changes) - most:,} more)", "dim")))


def _account(change: RowChange, personal: frozenset[str], context: RenderContext) -> Line:
    """`{phone: "+35840•••4567", city: "Turku" -> "Espoo"}`: what is set, and of an update the old values."""
    parts: list[Segment | str] = []
    if change.live is None:
        shown = {name: value for name, value in change.fields.items() if value not in ("", None)}
    else:  # with its phone or e-mail, so that a person can tell which account it is
        contacts = {name: change.live.fields.get(name) for name in ("phone", "email") if change.live.fields.get(name)}
        shown = {**dict(list(contacts.items())[:1]), **change.fields}
    for name, after in shown.items():
        masked = scalar(context.privacy.value(name, after, personal=name in personal))
        before = change.live.fields.get(name) if change.live and name in change.fields else None
        old = scalar(context.privacy.value(name, before, personal=name in personal))
        arrow = (old, ARROW) if change.live and name in change.fields else ()
        parts += [", " if parts else "", f"{key(name)}: ", *arrow, masked]
    return line("{", *parts, "}")
