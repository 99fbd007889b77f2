"""Players for the recordings of a plan that lie in the repository.

A recording is put into the page where it is small, else linked by its path. It is played only where the file in the folder is
the one that the plan speaks of: its sha256 says so. A plan may have been forged, so nothing outside the folder is opened, and
nothing that is not audio by its name.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote as percent

from mscode.views.plan.reading import Data, items, mapping, number, text
from mscode.views.text.words import count

TYPES = {
    ".aac": "audio/aac",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".amr": "audio/amr",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mid": "audio/midi",
    ".mp3": "audio/mpeg",
    ".mp4": "audio/mp4",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
    ".webm": "audio/webm",
}
#: Bytes of one recording, and of all, that go into the page.
MOST_EACH, MOST_ALL = 2 * 1024 * 1024, 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Player:
    """A recording: `link` leads to its file in the repository, `source` is the recording itself, "" where it is only linked."""

    address: str
    path: str
    link: str
    size: str = ""
    source: str = ""


def players(data: Data, folder: Path | None) -> Iterator[Player]:
    """One per recording that the plan knows of, changed or not."""
    left = MOST_ALL
    for change in items(data, "resource_changes"):
        file = mapping(mapping(mapping(change, "change"), "after"), "file")
        path, size = text(file, "path"), number(file, "size")
        if not path:
            continue
        audio = _audio(file, folder, min(MOST_EACH, left)) if folder else None
        left -= len(audio or b"")
        yield Player(
            text(change, "address"),
            path,
            f"./{percent(path.encode(errors='replace'))}",
            count(size, "byte") if size is not None else "",
            "" if audio is None else f"data:{TYPES[_suffix(path)]};base64,{b64encode(audio).decode()}",
        )


def _audio(file: Data, folder: Path, most: int) -> bytes | None:
    """The recording; None where it is too large, is not in the folder, or is another one than the plan's."""
    path = text(file, "path")
    try:
        found = (folder / path).resolve(strict=True)
        inside = found.is_relative_to(folder.resolve()) and found.is_file()
        if not inside or _suffix(found.name) not in TYPES or _suffix(path) not in TYPES or found.stat().st_size > most:
            return None
        audio = found.read_bytes()
    except (OSError, ValueError, RuntimeError):
        return None
    return audio if hashlib.sha256(audio).hexdigest() == text(file, "sha256") else None


def _suffix(path: str) -> str:
    return Path(path).suffix.lower()
