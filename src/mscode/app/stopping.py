"""What is said when a person or the system asks a command to stop that has requests under way."""

from __future__ import annotations

from mscode.model.plurals import count

#: Seconds that requests get after a signal; then their outcome counts as unknown.
GRACE = 5.0


def stopping_text(under_way: int) -> str:
    """The answer to Ctrl-C; `under_way` is how many requests have no answer yet."""
    if not under_way:
        return "Stopping: no request is under way"
    return f"Stopping: finishing {count(under_way, 'request')} under way; press again to leave them unknown"
