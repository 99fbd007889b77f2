"""Points at which a kill is known not to heal yet, and why: "scene: what the point is called". To be emptied."""

from tests.faults.project import SCENES

_TORN_LOCK = (
    "state.lock.StateLock._create makes the lock file and then writes it: killed in between, it names no holder, "
    "so nobody can tell that the holder is dead, and every later run ends with 4"
)

KNOWN_OPEN: dict[str, str] = {
    f"{scene}: {point}": _TORN_LOCK
    for scene in SCENES
    for point in ("before write lock", "half-way through write lock")
}
