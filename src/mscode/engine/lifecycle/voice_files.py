"""Voice files: what still plays one, and the voice codes that the service lists (docs/service-notes.md#voice-files).

Codes are asked for only where something is to be made of one.
"""

from __future__ import annotations

from collections.abc import Iterator

from mscode.engine.account.read import read_list
from mscode.engine.account.target import Account
from mscode.engine.apply.run import Run
from mscode.errors import ApiError, Diagnostic, PlanError
from mscode.model.kind import EnumeratedField, registry
from mscode.model.nearest import nearest
from mscode.model.world import Desired
from mscode.plan.change import Making, Plan


def is_played(run: Run, voice_file_id: str, *, running: bool = False) -> bool:
    """Does anything play it that is not finished (that calls people now, with `running`), managed or not?"""
    for kind in registry().values():
        if kind.plays is None:
            continue
        for live in read_list(run.account, kind).values():
            counts = live.status.running if running else not live.status.finished
            if counts and voice_file_id in kind.plays.ids(live.fields):
                return True
    return False


def refuse_unlisted(account: Account, plan: Plan) -> None:
    """PlanError for a value that is to be created and that the service does not list; where no list can be had, nothing."""
    diagnostics: list[Diagnostic] = []
    for kind in registry().values():
        for listed in kind.enumerated_fields:
            users = [
                change.desired
                for change in plan.changes
                if isinstance(change, Making)
                and change.address.section == kind.section
                and change.desired.fields.get(listed.field)
            ]
            diagnostics += _unlisted(users, listed, _known(account, listed)) if users else []
    if diagnostics:
        raise PlanError(sorted(diagnostics, key=Diagnostic.sort_key))


def _known(account: Account, listed: EnumeratedField) -> list[str]:
    try:
        rows = account.reader.list(account.target.paths[listed.path], what=listed.what)
    except ApiError:
        return []
    return [str(row[listed.member]) for row in rows if row.get(listed.member)]


def _unlisted(users: list[Desired], listed: EnumeratedField, values: list[str]) -> Iterator[Diagnostic]:
    for item in users:
        value = str(item.fields[listed.field])
        if not values or value in values:
            continue
        close = nearest(value, values)
        guess = f'Did you mean "{close[0]}"? ' if close else ""
        yield Diagnostic(
            f'{item.address}: the service has no {listed.what.removesuffix("s")} "{value}"',
            item.field_places.get(listed.field, item.place),
            f"It has {', '.join(values[:20])}{' and others' if len(values) > 20 else ''}.",
            f"{guess}`{listed.hint}` lists them.",
            code="unlisted-value",
            address=str(item.address),
        )
