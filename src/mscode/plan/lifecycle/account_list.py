"""The accounts of a list's rows: what the rows say, compared with the live accounts (plan.people.list_rows)."""

from __future__ import annotations

from mscode.model.plurals import count
from mscode.plan.change import ApplyRows
from mscode.plan.object_context import ObjectContext, Outcome


def plan_account_list(context: ObjectContext) -> Outcome:
    """What happens to the accounts of a list's rows. One that the state does not know yet comes with its first accounts."""
    rows = context.people.rows[context.address].changes
    is_first, notes = context.match.entry is None, []
    if rows.left_out and not (is_first or rows.create or rows.update):
        # A list without changes is not shown, and its rows that cannot be read are to be seen in every plan.
        verb = "is" if rows.left_out == 1 else "are"
        text = f"{count(rows.left_out, 'row')} of {rows.file} cannot be read and {verb} left out"
        notes.append(context.note(text, "unreadable-rows"))
    return ApplyRows(**context.of_desired(), rows=rows, is_first=is_first), notes
