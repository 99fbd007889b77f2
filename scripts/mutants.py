"""Makes the known mistakes one by one, in a copy of the sources, and runs the tests that must notice (`make mutants`).

    python scripts/mutants.py [WORD...]     those whose name holds a word; all when there is none

Each mutant is a patch in tests/mutants/*.toml. One that no test notices, or that no longer fits its file, ends this with 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("src", "tests", "scripts", "schema", "examples", "pyproject.toml")
FAILED, PASSED = 1, 0  # pytest's exit codes


@dataclass(frozen=True, slots=True)
class Mutant:
    """A patch of one place in src/mscode, and the tests that must fail on it."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def fits(self, root: Path) -> bool:
        """Does `old` stand in the file exactly once?"""
        path = root / "src" / "mscode" / self.file
        return path.is_file() and path.read_text(encoding="utf-8").count(self.old) == 1


def mutants() -> Iterator[Mutant]:
    """All patches, in the order of their files."""
    for path in sorted((ROOT / "tests" / "mutants").glob("*.toml")):
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]:
            yield Mutant(row["name"], row["file"], row["old"], row["new"], tuple(row["tests"]))


def copied(folder: Path) -> Path:
    """A tree in which the tests run as they do here."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy2(source, folder / name)
    return folder


def run(tree: Path, tests: tuple[str, ...]) -> int:
    """pytest's exit code."""
    line = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(line, cwd=tree, env=environment, capture_output=True, check=False).returncode


def verdict(tree: Path, mutant: Mutant) -> str:
    """`killed`, or what is wrong."""
    if not mutant.fits(tree):
        return "does not fit its file any more"
    path = tree / "src" / "mscode" / mutant.file
    sound = path.read_text(encoding="utf-8")
    path.write_text(sound.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        codes = {test: run(tree, (test,)) for test in mutant.tests}
    finally:
        path.write_text(sound, encoding="utf-8")
    odd = [test for test, code in codes.items() if code not in (PASSED, FAILED)]
    alive = [test for test, code in codes.items() if code == PASSED]
    if odd:
        return f"could not be run: {', '.join(odd)}"
    return f"not noticed by {', '.join(alive)}" if alive else "killed"


def main(words: list[str]) -> int:
    """Runs them and tells how each ended; the exit code."""
    chosen = [one for one in mutants() if not words or any(word in one.name for word in words)]
    began, bad = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = copied(Path(folder))
        tests = tuple(dict.fromkeys(test for one in chosen for test in one.tests))
        if run(tree, tests) != PASSED:
            print("The tests fail on the sources as they are.")
            return 1
        for mutant in chosen:
            said = verdict(tree, mutant)
            bad += said != "killed"
            print(f"{said:10} {mutant.name}", flush=True)
    print(f"{len(chosen) - bad} of {len(chosen)} mutants killed in {time.monotonic() - began:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
