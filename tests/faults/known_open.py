"""Cells that do not hold yet, and why. To be emptied."""

KNOWN_OPEN: dict[str, str] = {}
