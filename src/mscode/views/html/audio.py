"""Players for the recordings of a plan that lie in the repository.

A small recording is embedded in the page, a larger one is linked by its path. It is embedded only where the file has the sha256
that the plan names. A plan may be forged, so no file outside the folder is opened, and none whose name is not that of audio.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote as percent

from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count
from mscode.views.plan.reading import Data, items, mapping, number, text

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
#: Bytes embedded in the page: of one recording, and of all.
MOST_EACH, MOST_ALL = 2 * 1024 * 1024, 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Player:
    """A recording: `link` leads to its file in the repository, `source` is the recording itself, "" where it is only linked.
    `heard_at` is the anchor of another place of the page at which it can be played.
    """

    address: str
    path: str
    link: str
    size: str = ""
    source: str = ""
    heard_at: str = ""


class Recordings:
    """Makes players, and keeps to `MOST_ALL` bytes over the whole page. Nothing is embedded without a `folder` (the project)."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._remaining = MOST_ALL
        self._first_at: dict[str, str] = {}

    def player(self, address: str, file: Data, at: str = "") -> Player:
        """A player for a recording (its path, size and sha256). `at` is the anchor of the place at which it stands."""
        path, size = text(file, "path"), number(file, "size")
        audio = _audio(file, self._folder, min(MOST_EACH, self._remaining)) if self._folder else None
        self._remaining -= len(audio or b"")
        if audio is not None and at:
            self._first_at.setdefault(path, at)
        return Player(
            address,
            path,
            _link(path),
            count(size, "byte") if size is not None else "",
            "" if audio is None else f"data:{TYPES[_suffix(path)]};base64,{b64encode(audio).decode()}",
        )

    def players(self, data: Data) -> Iterator[Player]:
        """One for each recording in the plan, changed or not; what can be played elsewhere on the page is only named, with a link
        to that place.
        """
        for change in items(data, "resource_changes"):
            file = mapping(mapping(mapping(change, "change"), "after"), "file")
            path = text(file, "path")
            if not path:
                continue
            address, heard_at = text(change, "address"), self._first_at.get(path, "")
            if heard_at:
                yield Player(address, path, _link(path), heard_at=heard_at)
            else:
                yield self.player(address, file)


def _link(path: str) -> str:
    return f"./{percent(path.encode(errors='replace'))}"


def _audio(file: Data, folder: Path, most: int) -> bytes | None:
    """The recording; None where it is larger than `most` bytes, not in the folder, or not the one of the plan."""
    path = text(file, "path")
    try:
        file_path = (folder / path).resolve(strict=True)
        is_inside = file_path.is_relative_to(folder.resolve()) and file_path.is_file()
        if (
            not is_inside
            or _suffix(file_path.name) not in TYPES
            or _suffix(path) not in TYPES
            or file_path.stat().st_size > most
        ):
            return None
        audio = file_path.read_bytes()
    except (OSError, ValueError, RuntimeError):
        return None
    return audio if hashlib.sha256(audio).hexdigest() == text(file, "sha256") else None


def _suffix(path: str) -> str:
    return Path(path).suffix.lower()
