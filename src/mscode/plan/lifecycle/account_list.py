"""The accounts of a list's rows: what the rows say, compared with the live accounts (plan.people.list_rows)."""

from __future__ import annotations

from mscode.plan.change import ApplyRows
from mscode.plan.object_context import ObjectContext, Outcome


def plan_account_list(context: ObjectContext) -> Outcome:
    """What happens to the accounts of a list's rows. One that the state does not know yet comes with its first accounts."""
    rows = context.people.rows[context.address].changes
    return ApplyRows(**context.of_desired(), rows=rows, is_first=context.match.entry is None), []
