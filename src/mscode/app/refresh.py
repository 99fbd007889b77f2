"""`plan --refresh-only` and `apply --refresh-only`: live values are taken into the state, and nothing live is changed.

The order is that of an apply: show, ask, lock, look again, and go on only if that is what was approved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mscode.app.drift import Ground, bare_ground
from mscode.app.environment import open_reader
from mscode.app.invocation import Invocation
from mscode.app.state import reading, writing
from mscode.app.workspace import digest_key, load_environment
from mscode.errors import MscodeError, UsageError

if TYPE_CHECKING:
    from mscode.model.world import Entry
    from mscode.plan.change import Plan
    from mscode.plan.drift.accept import Refreshed
    from mscode.plan.inputs import Options
    from mscode.state.store import StateStore

_QUESTION = """
Would you like to update the state to reflect these detected changes?
  mscode will write these changes to the state without modifying anything live.
  There is no undo. Only 'yes' will be accepted to confirm."""


def refuse_others(options: Options, **flags: Any) -> None:
    """UsageError for options that say what a plan does: this one does nothing."""
    from mscode.plan.inputs import Options

    named = [name for name, given in flags.items() if given]
    if options != Options() or named:
        what = f"--{named[0].replace('_', '-')}" if named else "the options of a plan that changes something"
        raise UsageError(f"--refresh-only does not go with {what}", hint="It takes live values into the state alone.")


def plan_refresh(inv: Invocation, directory: Path, form: str, *, detailed_exitcode: bool) -> int:
    """Show what would be taken into the state, as text, JSON or Markdown. Sends nothing but GET."""
    if form not in ("text", "json", "markdown"):
        raise UsageError(f"--refresh-only has no --format {form}", hint="It has text, json and markdown.")
    where = bare_ground(inv, load_environment(inv, directory))
    store = reading(where.environment, inv.out.talk)
    with open_reader(where.environment, masker=where.masker) as reader:
        plan = where.look(reader, store)
        key = digest_key(where.environment, store.key, reader)
    if form == "json":
        inv.out.document(_plan_json(inv, where, plan, key))
    elif form == "markdown":
        from mscode.views.drift.drift_markdown import drift_markdown

        inv.out.document(drift_markdown(plan, mask=where.hidden))
    else:
        _show(inv, where, plan)
    return 2 if detailed_exitcode and _new(plan, store) else 0


def apply_refresh(inv: Invocation, directory: Path, *, auto_approve: bool, as_json: bool) -> int:
    """Show, ask, and write it into the state, under its lock."""
    where = bare_ground(inv, load_environment(inv, directory))
    tell = _Teller(inv, where, as_json=as_json)
    try:
        return _apply(where, tell, auto_approve=auto_approve)
    except MscodeError as error:
        tell.errors(error)
        raise


def _apply(where: Ground, tell: _Teller, *, auto_approve: bool) -> int:
    with open_reader(where.environment, masker=where.masker) as reader:
        approved: Refreshed | None = None
        if not auto_approve:
            store = reading(where.environment, tell.inv.out.talk)
            plan = where.look(reader, store)
            approved = _new(plan, store)
            tell.plan(plan)
            if approved and not tell.is_approved():
                return 1
        with writing(tell.inv, where.environment, "apply --refresh-only") as store:
            plan = where.look(reader, store)
            new = _new(plan, store)
            if new != approved:
                tell.plan(plan)
                if new and not auto_approve and not tell.is_approved():
                    return 1
            _write(where, store, new)
    tell.done(new)
    return 0


def _new(plan: Plan, store: StateStore) -> Refreshed:
    from mscode.model.kind import registry
    from mscode.plan.drift.accept import refreshed

    return refreshed(plan.drift, registry(), store.seal)


def _write(where: Ground, store: StateStore, new: Refreshed) -> None:
    """Into the audit log first: it is a person's decision that these are no drift any more."""
    from mscode.state.audit import write_audit

    if not new:
        return
    environment, names = where.environment, {word: _named(new, gone=word == "left") for word in ("accepted", "left")}
    write_audit(environment.project_dir, environment.name, "refresh-only", environment.variables, **names)
    for address, entry in new.items():
        if entry is None:
            store.drop(address)
        else:
            store.put(_with_what_was_seen(entry, store.entry(address)))


def _with_what_was_seen(entry: Entry, now: Entry | None) -> Entry:
    """The look under the lock has written down what has rung; what is accepted into the state takes none of it back."""
    if now is None or now.id != entry.id:
        return entry
    return replace(entry, launched=entry.launched or now.launched, dialled=max(entry.dialled, now.dialled))


def _named(new: Refreshed, *, gone: bool) -> list[str]:
    return [str(address) for address, entry in new.items() if (entry is None) == gone]


# ---- telling ---------------------------------------------------------------------------------------------------------


class _Teller:
    """Text for people, or one JSON object a line."""

    def __init__(self, inv: Invocation, where: Ground, *, as_json: bool) -> None:
        self.inv, self._where, self._json = inv, where, as_json
        if as_json:
            from mscode.views.apply.apply_json import version_line

            inv.out.document(version_line())

    def plan(self, plan: Plan) -> None:
        if not self._json:
            _show(self.inv, self._where, plan)
            return
        from mscode.views.apply.apply_json import drift_lines

        for line in drift_lines(plan):
            self.inv.out.document(line)

    def is_approved(self) -> bool:
        answer = self.inv.ask(_QUESTION)
        if answer is None:
            raise MscodeError(
                "There is nobody to ask whether to go on",
                detail="Nothing was written.",
                hint="Use --auto-approve where no terminal is.",
                code="no-terminal",
            )
        if answer != "yes":
            self.inv.out.talk("Apply cancelled; nothing was written.")
        return answer == "yes"

    def done(self, new: Mapping[Any, Any]) -> None:
        if self._json:
            from mscode.views.apply.apply_json import nothing_done_line

            self.inv.out.document(nothing_done_line())
            return
        for address, entry in new.items():
            self.inv.out.result(f"{address}: {'Left the state' if entry is None else 'Accepted into the state'}")
        self.inv.out.result("\nApply complete! Resources: 0 added, 0 changed, 0 destroyed.")

    def errors(self, error: MscodeError) -> None:
        if self._json:
            from mscode.views.apply.apply_json import diagnostic_line

            for found in error.diagnostics:
                self.inv.out.document(diagnostic_line(found))


def _show(inv: Invocation, where: Ground, plan: Plan) -> None:
    from mscode.views.drift.drift_text import render_refresh

    inv.out.pieces(render_refresh(plan, show_people=inv.show_people, mask=where.masker))


def _plan_json(inv: Invocation, where: Ground, plan: Plan, key: str) -> str:
    from mscode import __version__
    from mscode.plan.fingerprint import digest
    from mscode.views.plan.plan_json import plan_json

    data = plan_json(
        plan,
        timestamp=plan.now,
        mscode_version=__version__,
        digest=digest(plan, key),
        show_people=inv.show_people,
        mask=where.masker,
    )
    return json.dumps(data, indent=2)
