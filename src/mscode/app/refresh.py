"""`plan --refresh-only` and `apply --refresh-only`: live values are taken into the state, and nothing live is changed.

The order is that of an apply: show, ask, lock, look again, and go on only if that is what was approved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.audit import audit
from mscode.app.drift import Ground, bare_ground
from mscode.app.environment import open_reader
from mscode.app.invocation import Invocation
from mscode.app.reporting import Reporter
from mscode.app.state import lock_state, open_state
from mscode.app.workspace import digest_key, load_environment
from mscode.errors import MscodeError

if TYPE_CHECKING:
    from mscode.model.world import Entry
    from mscode.plan.change import Plan
    from mscode.plan.drift.accept import Refreshed
    from mscode.state.store import StateStore
    from mscode.views.plan.plan_shapes import PlanJson

_QUESTION = """
Would you like to update the state to reflect these detected changes?
  mscode will write these changes to the state without modifying anything live.
  There is no undo. Only 'yes' will be accepted to confirm."""


@dataclass(frozen=True, slots=True)
class RefreshPlan:
    """What would be taken into the state; `key` is the secret of the plan's digest."""

    where: Ground
    plan: Plan
    new: Refreshed
    key: str

    def data(self) -> PlanJson:
        """The plan as JSON data."""
        from mscode import __version__
        from mscode.plan.fingerprint import digest
        from mscode.views.plan.plan_json import plan_json

        return plan_json(
            self.plan,
            timestamp=self.plan.now,
            mscode_version=__version__,
            digest=digest(self.plan, self.key),
            show_people=self.where.inv.show_people,
            mask=self.where.masker,
        )


@dataclass(frozen=True, slots=True)
class RefreshOutcome:
    """What was taken into the state; nothing, and exit code 1, where a person did not want it."""

    exit_code: int
    new: Refreshed


def plan_refresh(inv: Invocation, directory: Path) -> RefreshPlan:
    """Look for what would be taken into the state. Sends nothing but GET."""
    where = bare_ground(inv, load_environment(inv, directory))
    store = open_state(where.environment, inv.out.info)
    with open_reader(where.environment, masker=where.masker) as reader:
        plan = where.look(reader, store)
        return RefreshPlan(where, plan, _new(plan, store), digest_key(where.environment, store.key, reader))


def apply_refresh(inv: Invocation, directory: Path, reporter: Reporter, *, auto_approve: bool) -> RefreshOutcome:
    """Show, ask, and write it into the state, under its lock."""
    where = bare_ground(inv, load_environment(inv, directory))
    reporter.begin()
    try:
        return _apply(where, reporter, auto_approve=auto_approve)
    except MscodeError as error:
        reporter.failed(error)
        raise


def _apply(where: Ground, reporter: Reporter, *, auto_approve: bool) -> RefreshOutcome:
    with open_reader(where.environment, masker=where.masker) as reader:
        approved: Refreshed | None = None
        if not auto_approve:
            store = open_state(where.environment, where.inv.out.info)
            plan = where.look(reader, store)
            approved = _new(plan, store)
            reporter.refresh(where, plan)
            if approved and not _is_approved(where.inv, reporter):
                return RefreshOutcome(1, {})
        with lock_state(where.inv, where.environment, "apply --refresh-only") as store:
            plan = where.look(reader, store)
            new = _new(plan, store)
            if new != approved:
                reporter.refresh(where, plan)
                if new and not auto_approve and not _is_approved(where.inv, reporter):
                    return RefreshOutcome(1, {})
            _write(where, store, new)
    reporter.refreshed(new)
    return RefreshOutcome(0, new)


def _is_approved(inv: Invocation, reporter: Reporter) -> bool:
    answer = inv.ask(_QUESTION)
    if answer is None:
        raise MscodeError(
            "There is nobody to ask whether to go on",
            detail="Nothing was written.",
            hint="Use --auto-approve where no terminal is.",
            code="no-terminal",
        )
    if answer != "yes":
        reporter.note("Apply cancelled; nothing was written.")
    return answer == "yes"


def _new(plan: Plan, store: StateStore) -> Refreshed:
    from mscode.plan.drift.accept import refreshed

    return refreshed(plan.drift, store.keyed_hash)


def _write(where: Ground, store: StateStore, new: Refreshed) -> None:
    """Into the audit log first: it is a person's decision that these are no drift any more."""
    if not new:
        return
    environment, names = where.environment, {word: _named(new, gone=word == "left") for word in ("accepted", "left")}
    audit(environment, "refresh-only", **names)
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
