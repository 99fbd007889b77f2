"""What `mscode halt` did, noted on this machine until a command that holds the lock takes it into the chain.

A halt waits for no lock and for no server, so each has a file of its own, `.mscode/<env>/halts/<id>.json`: two halts at once, or
one while another is taken over, do not meet.
"""

from __future__ import annotations

from pathlib import Path

from mscode.state.local.files import as_state_error, make_folder, replace_file
from mscode.state.records.shape import Decision
from mscode.state.records.store import RecordStore

_FOLDER = "halts"


def note_halt(folder: Path, decision: Decision) -> None:
    """Note a halt, durably; StateError where that is not possible. `folder` is that of the environment."""
    home = folder / _FOLDER
    with as_state_error(f"{home} cannot be written"):
        make_folder(folder)
        home.mkdir(mode=0o700, exist_ok=True)
        replace_file(home / f"{decision.id}.json", decision.text().encode())


def has_notes(folder: Path) -> bool:
    """Is anything noted that is not in the chain yet?"""
    return any((folder / _FOLDER).glob("*.json"))


def take_over(folder: Path, records: RecordStore) -> int:
    """Take what was noted into the chain, in its order, and remove the notes; how many. A note that cannot be read stays."""
    notes = {path: decision for path in sorted((folder / _FOLDER).glob("*.json")) if (decision := _read(path))}
    if not notes:
        return 0
    # Of a take-over that was cut short, some are in the chain already.
    recorded = {decision.id for decision in records.decisions()}
    for path, decision in sorted(notes.items(), key=lambda note: note[1].at):
        if decision.id not in recorded:
            records.write_decision(decision)
        with as_state_error(f"{path} cannot be removed"):
            path.unlink(missing_ok=True)
    return len(notes)


def _read(path: Path) -> Decision | None:
    try:
        return Decision.model_validate_json(path.read_bytes(), by_name=False)
    except (OSError, ValueError):
        return None
