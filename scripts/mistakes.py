"""Says how many of the known mistakes are named before anything rings (`make mistakes`).

    python scripts/mistakes.py              the whole corpus, and the figure
    python scripts/mistakes.py WORD...      the mistakes whose name holds a word, with all that is said of them
    python scripts/mistakes.py --clean      the correct manifests: what is said of them that nobody meant

Each folder of tests/mistakes is a project with one mistake and an `expected.txt`, which says by lines of `key: value`:

    id        the id of a rule, the name of a guard, or the code of an error
    level     deny, warn or error
    at        file:line:column of what is meant; `-` for a guard, which speaks of a whole launch
    command   validate (the default), or plan, which knows the live account as well
    env       the environment; else the project's own default, the sandbox
    why       where such a mistake was reported, or what rule it breaks
    unnamed   the reason why it is not named, for one that is not; its id is that of the rule that might, or `none`

A folder may also hold `seed.json`, accounts of the live account (`mscode sandbox seed`), and `before/`, a project that is applied
first. The clock is set to NOW. A mistake is named where the verdict has the id, the level and the place.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import time_machine

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "tests" / "mistakes"
CLEAN = CORPUS / "clean"
EXAMPLES = ROOT / "examples" / "campaigns"
#: A Monday morning; the dates of all manifests are written for it.
NOW = datetime(2026, 11, 30, 6, tzinfo=UTC)
#: The share of the mistakes that must be named, in percent.
LEAST = 95
_KEYS = frozenset({"id", "level", "at", "command", "env", "why", "unnamed"})
_NOT_COPIED = shutil.ignore_patterns("expected.txt", "seed.json", "before", "__pycache__", ".mscode")
_LEVELS = {"fail": "deny", "warn": "warn", "warning": "warn", "error": "error"}

Verdict = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A project with one mistake, and what must be said of it: id, level and place (`file:line:column`, or `-`)."""

    folder: Path
    expected: Verdict
    command: str
    environment: str
    why: str
    unnamed: str

    @property
    def name(self) -> str:
        return self.folder.name


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of a mistake: every verdict, and whether the expected one is among them."""

    mistake: Mistake
    verdicts: Sequence[Verdict]

    @property
    def is_named(self) -> bool:
        wanted = self.mistake.expected
        return any(
            verdict[:2] == wanted[:2] and (wanted[2] == "-" or verdict[2] == wanted[2]) for verdict in self.verdicts
        )

    @property
    def reason(self) -> str:
        """Why it is not named, in one line."""
        wanted = self.mistake.expected
        elsewhere = [verdict for verdict in self.verdicts if verdict[0] == wanted[0]]
        if elsewhere:
            return f"named as {' '.join(elsewhere[0])}, expected {' '.join(wanted)}"
        return self.mistake.unnamed or f"{wanted[0]} says nothing; expected no reason for it"


def mistakes(words: Sequence[str] = ()) -> Iterator[Mistake]:
    """Those of the corpus, in order; only those whose name holds one of `words`, where there are any."""
    for file in sorted(CORPUS.glob("[0-9]*/expected.txt")):
        if not words or any(word in file.parent.name for word in words):
            yield read(file.parent)


def read(folder: Path) -> Mistake:
    """The mistake of a folder. ValueError: its `expected.txt` is not as the head of this file says."""
    members: dict[str, str] = {}
    for line in (folder / "expected.txt").read_text(encoding="utf-8").splitlines():
        key, colon, value = line.partition(": ")
        if not colon or key not in _KEYS or key in members:
            raise ValueError(f"{folder.name}/expected.txt: {line}")
        members[key] = value.strip()
    if not members.keys() >= {"id", "level", "at", "why"}:
        raise ValueError(f"{folder.name}/expected.txt needs id, level, at and why")
    return Mistake(
        folder,
        (members["id"], members["level"], members["at"]),
        members.get("command", "validate"),
        members.get("env", ""),
        members["why"],
        members.get("unnamed", ""),
    )


def outcomes(cases: Sequence[Mistake]) -> Iterator[Outcome]:
    """What mscode says of each, one after the other, in this process."""
    with Workshop() as workshop:
        for mistake in cases:
            yield Outcome(mistake, workshop.verdicts(mistake.folder, mistake.command, mistake.environment))


def clean_projects() -> list[Path]:
    """The correct projects: those of tests/mistakes/clean, and the examples."""
    return [file.parent for home in (CLEAN, EXAMPLES) for file in sorted(home.glob("*/mscode.yaml"))]


def said_of_clean(projects: Sequence[Path]) -> Iterator[tuple[Path, Verdict]]:
    """Each finding, warning and error of a correct project, by `validate` and by `plan`. The sandbox has voices for Finnish and
    English alone; warnings of the examples that are no findings are what they show."""
    with Workshop() as workshop:
        for project in projects:
            is_example = project.is_relative_to(EXAMPLES)
            verdicts = {*workshop.verdicts(project, "validate"), *workshop.verdicts(project, "plan")}
            for name, level, place in sorted(verdicts):
                is_shown = is_example and level == "warn" and "/" not in name
                if name != "unlisted-value" and not is_shown:
                    yield project, (name, level, place)


class Workshop:
    """A folder for copies of projects, at a clock that is set to NOW, without the caller's variables."""

    def __enter__(self) -> Workshop:
        self._folder = Path(tempfile.mkdtemp(prefix="mistakes-"))
        names = [name for name in os.environ if name.startswith("MSCODE_") or name == "CI"]
        self._variables = {name: os.environ.pop(name) for name in names}
        self._clock = time_machine.travel(NOW)
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._clock.stop()
        os.environ.update(self._variables)
        shutil.rmtree(self._folder, ignore_errors=True)

    def verdicts(self, folder: Path, command: str, environment: str = "") -> list[Verdict]:
        """What a command says of a copy of a project."""
        project = self._folder / folder.name
        try:
            if (folder / "before").is_dir():
                shutil.copytree(folder / "before", project)
                self._seed(folder, project)
                _run("apply", project, "--auto-approve", "--allow-launch")
                for old in project.glob("*.yaml"):
                    old.unlink()
                shutil.copytree(folder, project, ignore=_NOT_COPIED, dirs_exist_ok=True)
            else:
                shutil.copytree(folder, project, ignore=_NOT_COPIED)
                self._seed(folder, project)
            options = [command, project, "--json", *(["--env", environment] if environment else [])]
            return list(_verdicts(_run(*options)))
        finally:
            shutil.rmtree(project, ignore_errors=True)

    @staticmethod
    def _seed(folder: Path, project: Path) -> None:
        if (folder / "seed.json").is_file():
            _run("sandbox", "seed", folder / "seed.json", "--dir", project)


def _run(*arguments: str | Path) -> str:
    from mscode.cli.app import run

    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        run([str(argument) for argument in arguments])
    return out.getvalue()


def _verdicts(said: str) -> Iterator[Verdict]:
    """Id, level and place of whatever a report in JSON holds."""
    report: dict[str, Any] = json.loads(
        said
    )  # a command that says nothing has failed: no project is clean because of that
    for check in report.get("checks", ()):
        if check["status"] in _LEVELS:
            yield check["name"], _LEVELS[check["status"]], _place(check.get("source"))
    for diagnostic in report.get("diagnostics", ()):
        yield diagnostic["code"], _LEVELS[diagnostic["severity"]], _place(diagnostic)


def _place(source: dict[str, Any] | None) -> str:
    if not source or not source.get("file"):
        return "-"
    return f"{source['file']}:{source['line']}:{source['column']}"


def _report(words: Sequence[str]) -> int:
    cases = list(mistakes(words))
    ended = list(outcomes(cases))
    for outcome in ended:
        if words:
            print(f"{outcome.mistake.name}: {'named' if outcome.is_named else outcome.reason}")
            for verdict in outcome.verdicts:
                print(f"    {' '.join(verdict)}")
    unnamed = [outcome for outcome in ended if not outcome.is_named]
    for outcome in unnamed if not words else ():
        print(f"not named: {outcome.mistake.name}: {outcome.reason}")
    named = len(ended) - len(unnamed)
    print(f"named before anything rings: {named} of {len(ended)}")
    return 0 if named * 100 >= LEAST * len(ended) else 1


def _report_clean() -> int:
    projects = clean_projects()
    said = list(said_of_clean(projects))
    for project, verdict in said:
        print(f"{project.relative_to(ROOT)}: {' '.join(verdict)}")
    print(f"correct projects: {len(projects)}, said of them: {len(said)}")
    return 1 if any(level != "warn" for _, (_, level, _) in said) or len(said) * 100 > len(projects) else 0


if __name__ == "__main__":
    sys.exit(_report_clean() if sys.argv[1:] == ["--clean"] else _report(sys.argv[1:]))
