"""Points at which a kill is known not to heal yet, and why: "scene: what the point is called". To be emptied."""

KNOWN_OPEN: dict[str, str] = {}
