"""The results of what goes: saved before it is deleted, where it has reached people (docs/safety.md#removal)."""

from __future__ import annotations

import json
import os

from mscode.engine.apply.run import Run
from mscode.errors import MscodeError
from mscode.model.world import Live
from mscode.plan.change import Change


def save_results(run: Run, change: Change, live: Live) -> None:
    """Replies by account id, without names and numbers, to `.mscode/results/` (a number never leaves the account)."""
    if run.target.results is None:
        return
    keep = ("accountId", "groupId", "answered", "rsvpReply", "reply", "callDuration", "dialledCalls", "latestCallAt")
    rows = [{key: row.get(key) for key in keep} for row in live.raw.get("receivers") or [] if isinstance(row, dict)]
    content = {
        "address": str(change.address),
        "id": live.id,
        "state": live.status.state,
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
            detail=f"{error.strerror or type(error).__name__}. "
            f"It is {live.status.state_in_words or 'as it was'}, and is not deleted.",
            hint="Make room, or make the folder writable, and apply again.",
            code="results",
        ) from None
    run.notice(f"results saved to {path}", change.address)
