"""The end of a campaign: deleted when nobody was dialled, else halted and kept with its results.

See docs/safety.md#removal.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace

from mscode.engine.account.decode import live_of
from mscode.engine.apply.run import Run
from mscode.engine.lifecycle.campaign import campaign_path, halt, halt_to_go_on
from mscode.engine.lifecycle.deletion import delete_for_good
from mscode.errors import MscodeError, Rejected, StaleError
from mscode.model.world import Live
from mscode.plan.change import Change


def remove(run: Run, change: Change, *, save: bool) -> str:
    """Delete a campaign; gives "deleted", or "kept" when people were dialled meanwhile and its results must stay.

    A running one is halted first and looked at again. `save`: results are saved and then it goes whatever it has done. The
    halt is for good (phase `held`): where the rest of the removal fails, nothing offers to resume what was to go.
    """
    assert change.live is not None
    kind, what = run.kind(change), str(change.address)
    raw = run.client.find(campaign_path(run, change, change.live.id), what=what)
    if raw is None:
        return "deleted"
    live = live_of(kind, raw)
    if live.life.running:
        live = _stopped(run, change, live, save=save)
    run.saw(live)
    if live.life.dials and not save:
        run.notice("dialled people meanwhile; it is halted and its results stay", change.address)
        return "kept"
    if live.life.dials:
        save_results(run, change, live)
    delete_for_good(run, kind, live.id, what)
    return "deleted"


def _stopped(run: Run, change: Change, live: Live, *, save: bool) -> Live:
    """Halted. Where the service takes no halt, the delete that comes next is what stops it, if it may be deleted."""
    try:
        return halt(run, replace(change, desired=None, fields=(), live=live), "held")
    except Rejected as error:
        fresh = run.fetch(run.kind(change), live.id, str(change.address))
        if fresh.life.dials and not save:
            raise
        run.notice(f"could not be halted before its removal ({error.diagnostics[0].summary})", change.address)
        return fresh


def save_results(run: Run, change: Change, live: Live) -> None:
    """Replies by account id, without names and numbers, to `.mscode/results/` (a number never leaves the account)."""
    keep = ("accountId", "groupId", "answered", "rsvpReply", "reply", "callDuration", "dialledCalls", "latestCallAt")
    rows = [{key: row.get(key) for key in keep} for row in live.raw.get("receivers") or [] if isinstance(row, dict)]
    content = {
        "address": str(change.address),
        "id": live.id,
        "state": live.life.state,
        "stats": live.raw.get("stats"),
        "receivers": rows,
    }
    path = run.target.results / f"{run.target.environment}-{change.address}-{live.id}.json"
    try:
        run.target.results.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2, ensure_ascii=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise MscodeError(
            f"{change.address}: its results cannot be saved to {path}",
            detail=f"{error.strerror or type(error).__name__}. It is {live.life.state or 'as it was'}, and is not deleted.",
            hint="Make room, or make the folder writable, and apply again.",
            code="results",
        ) from None
    run.notice(f"results saved to {path}", change.address)


def retire(run: Run, change: Change) -> None:
    """Before a replacement: the old one must not ring while the new one is made. A running one is halted (phase `edit`)."""
    assert change.live is not None
    old = run.retired.get(change.address, change.live)
    fresh = halt_to_go_on(run, replace(change, live=old, generation=change.generation - 1))
    run.saw(fresh)
    run.retired[change.address] = fresh
    if fresh.life.dials and not change.keeps_old:
        raise StaleError(
            f"{change.address} has dialled people meanwhile, so it cannot be replaced",
            detail="It is halted; a new one would call people again.",
            hint="Plan again and look at what it has done.",
            code="dialled-meanwhile",
        )
