"""Files that manifests name: inside the project, regular, and what they are said to be."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path

from mscode.model.nearest import guess
from mscode.model.values import FileContent

MAX_UPLOAD = 64 * 1024 * 1024
#: A million people with all their fields.
MAX_TABLE = 256 * 1024 * 1024
#: Of a folder with more entries no name is guessed.
_MOST_ENTRIES = 2000


class MissingFileError(ValueError):
    """A path that leads to no file; `hint` says what was probably meant."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.hint = hint


class ProjectFiles:
    """Reads files relative to one manifest; ValueError with the reason when one cannot be used.

    Each file that is used is noted in `sources`, by its path in the project.
    """

    def __init__(self, root: Path, folder: Path, sources: set[str] | None = None) -> None:
        self._root, self._folder = root.resolve(), folder
        self._sources = set() if sources is None else sources
        self._texts: dict[str, tuple[str, str]] = {}

    def text(self, name: str) -> str:
        """A text file in UTF-8, without the line end at its end."""
        try:
            path = self._find(name)
            text = path.read_bytes().decode("utf-8-sig").removesuffix("\n")
            self._texts[name] = path.relative_to(self._root).as_posix(), text
            return text
        except UnicodeDecodeError:
            raise ValueError(f'the file "{name}" is not UTF-8') from None
        except OSError as error:
            raise _unreadable(name, error) from None

    def text_read(self, name: str) -> tuple[str, str]:
        """The path in the project of a text file that was read, and its text as it was read; both "" of any other."""
        return self._texts.get(name, ("", ""))

    def upload(self, name: str) -> FileContent:
        """An audio file, judged by its content."""
        try:
            path = self._find(name)
            size = path.stat().st_size
            if size == 0:
                raise ValueError(f'the file "{name}" is empty')
            with path.open("rb") as file:
                _refuse_unless_audio(file.read(512), name)
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise _unreadable(name, error) from None
        return FileContent(path.relative_to(self._root).as_posix(), size, digest, path.suffix.lower()[:8])

    def table(self, name: str) -> tuple[Path, str]:
        """A file that is read in rows: where it lies, and its path inside the project."""
        path = self._find(name, MAX_TABLE)
        return path, path.relative_to(self._root).as_posix()

    def _find(self, name: str, max_bytes: int = MAX_UPLOAD) -> Path:
        if "\x00" in name:
            raise ValueError("is not a file name")
        try:
            path = (self._folder / name).resolve()
        except RuntimeError:
            raise ValueError(f'the file "{name}" is a link that leads to itself') from None
        if not path.is_relative_to(self._root) or Path(name).is_absolute():
            raise ValueError(f'the file "{name}" lies outside the project')
        if not path.exists():
            raise MissingFileError(f'the file "{name}" does not exist', path_hint(self._folder, name))
        if not path.is_file():
            raise ValueError(f'"{name}" is not a regular file')
        if path.stat().st_size > max_bytes:
            raise ValueError(f'the file "{name}" is larger than {max_bytes >> 20} MiB')
        self._sources.add(path.relative_to(self._root).as_posix())
        return path


def path_hint(folder: Path, name: str) -> str:
    """What was probably meant by a path (from `folder`) that leads to no file; "" where nothing is like it."""
    if "\\" in name:
        return "Write / instead of \\."
    likely = list[str]()
    for part in Path(name).parts:
        try:
            entry = part if part in (".", "..") else _likely_entry(folder, part)
        except OSError:
            return ""
        if not entry:
            return ""
        likely.append(entry)
        folder = folder / entry
    return f'Did you mean "{"/".join(likely)}"?'


def _likely_entry(folder: Path, name: str) -> str:
    """The entry of a folder that a name stands for, itself or one with the same ending; "" for none."""
    entries = [entry.name for entry in islice(folder.iterdir(), _MOST_ENTRIES)]
    if name in entries:
        return name
    ending = Path(name).suffix.lower()
    by_stem = {Path(entry).stem: entry for entry in sorted(entries) if Path(entry).suffix.lower() == ending}
    return by_stem.get(guess(Path(name).stem, list(by_stem)), "")


def _unreadable(name: str, error: OSError) -> ValueError:
    return ValueError(f'the file "{name[:200]}" cannot be read: {error.strerror}')


def _refuse_unless_audio(head: bytes, name: str) -> None:
    import filetype  # type: ignore[import-untyped]

    kind = filetype.guess(head)
    if kind is None or not (kind.mime.startswith("audio/") or kind.mime in ("video/mp4", "application/ogg")):
        reason = f"it looks like {kind.mime}" if kind else "its content is of no known audio format"
        raise ValueError(f'the file "{name}" is not audio: {reason}')
