"""Where a voice file stands: its conversion takes two simulated seconds (docs/service-notes.md#voice-files)."""

from mscode.sandbox.store import Doc

PENDING, READY, FAILED = "pending", "ready", "failed"
CONVERSION = 2  # seconds
FAILING_WORD = "FAILTTS"  # a text with this word cannot be spoken


def status_of(document: Doc, now: int) -> str:
    if now < document["created"] + CONVERSION:
        return PENDING
    return FAILED if document.get("failed") or FAILING_WORD in document["text"].split() else READY
