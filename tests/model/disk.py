"""What the disk holds of a folder when the power goes: of a file that is appended to, only what was synced."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Passing = Callable[[str], None]


def is_appended_to(path: Path) -> bool:
    """Is it a file of which the disk has only what was synced: the journal, a year of records, the people of one?"""
    return path.suffix in (".jsonl", ".people")


class Disk:
    """Watches the syncs and renames of this process; `passing` is told before and after each, and may raise."""

    def __init__(self) -> None:
        self._synced: dict[Path, bytes] = {}
        self.passing: Passing = lambda label: None

    def durable(self, folder: Path) -> dict[str, bytes]:
        """Every file of the folder by its name, as it would be found after a loss of power."""
        found = {}
        for path in sorted(folder.glob("**/*")):
            if path.is_file():
                synced = self._synced.get(path, b"") if is_appended_to(path) else path.read_bytes()
                found[str(path.relative_to(folder))] = synced
        return found

    @contextmanager
    def watched(self) -> Iterator[Disk]:
        fsync, replace = os.fsync, os.replace

        def seen_fsync(descriptor: int) -> None:
            name = Path(f"/proc/self/fd/{descriptor}").readlink()
            self.passing(f"before fsync {name.name}")
            fsync(descriptor)
            if is_appended_to(name):
                self._synced[name] = name.read_bytes()
            self.passing(f"after fsync {name.name}")

        def seen_replace(source: os.PathLike[str], target: os.PathLike[str]) -> None:
            self.passing(f"before replace {Path(target).name}")
            replace(source, target)
            self.passing(f"after replace {Path(target).name}")

        os.fsync, os.replace = seen_fsync, seen_replace  # type: ignore[assignment]
        try:
            yield self
        finally:
            os.fsync, os.replace = fsync, replace

    def trust(self, folder: Path) -> None:
        """What lies there now was put there by somebody else, and is on the disk."""
        for path in folder.glob("**/*"):
            if is_appended_to(path):
                self._synced[path] = path.read_bytes()


def put_back(folder: Path, files: dict[str, bytes]) -> None:
    """Make the folder hold these files and no other."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o600)
    for made in (folder, *(p for p in folder.glob("**/*") if p.is_dir())):
        if made.exists():
            made.chmod(0o700)
