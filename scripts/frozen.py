"""Records what mscode does, so that a redesign can show that it still does the same (`make frozen`).

    python scripts/frozen.py --record REF    run the version at a git ref, and keep what it does in tests/frozen/
    python scripts/frozen.py                 run the sources as they are, and compare; 1 where anything differs
    python scripts/frozen.py --only WORD     scenarios whose name holds a word

A *scenario* is a project (an example, or one of the tests' scenes) with the commands that are run in it one after the other
against a served sandbox. Of each command stdout, stderr, exit code and the requests on the wire are kept, at the end of a
scenario the state document and the saved plan. Times, generated ids, digests and temporary paths are replaced.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "tests" / "frozen"
CLOCK = "2026-11-30T06:00:00Z"
#: After every campaign of the examples and the scenes has ended.
END = "2026-12-20T06:00:00Z"
AT_ONCE = 2

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """`make` fills the project's folder; `("clock", TIME)` among the commands moves the sandbox's clock."""

    name: str
    make: Callable[[Path], None]
    commands: tuple[Command, ...]
    served: bool = True


@dataclass(slots=True)
class Version:
    """The sources of one version: `source` is its src folder."""

    source: Path
    told: list[str] = field(default_factory=list)


# ---- scenarios -----------------------------------------------------------------------------------------------------------

_LOOK: tuple[Command, ...] = (
    ("validate",),
    ("validate", "--format", "json"),
    ("fmt", "--check"),
    ("render",),
    ("graph",),
    ("graph", "--format", "dot"),
    ("plan",),
    ("plan", "--json"),
    ("plan", "--format", "markdown"),
    ("plan", "--unmanaged", "--detailed-exitcode"),
    ("plan", "--out", "saved.json", "--no-color"),
    ("show", "saved.json"),
)
_LIFE: tuple[Command, ...] = (
    ("apply", "--auto-approve", "--no-launch", "--parallelism", "1"),
    ("apply", "saved.json"),
    ("plan", "--detailed-exitcode"),
    ("apply", "--auto-approve", "--parallelism", "1"),
    ("apply", "--auto-approve", "--allow-launch", "--json", "--parallelism", "1"),
    ("plan", "--detailed-exitcode"),
    ("state", "list"),
    ("show",),
    ("status",),
    ("status", "--json"),
    ("drift",),
    ("halt", "--all"),
    ("plan",),
    ("clock", END),
    ("plan",),
    ("status",),
    ("drift", "--json"),
    ("export", "--out", "exported"),
    ("destroy", "--auto-approve", "--parallelism", "1"),
    ("plan", "--destroy"),
)


def scenarios() -> Iterator[Scenario]:
    """All of them."""
    yield Scenario("help", lambda folder: None, tuple(_helps()), served=False)
    for example in sorted((ROOT / "examples" / "campaigns").iterdir()):
        if (example / "mscode.yaml").exists():
            yield Scenario(f"example-{example.name}", _copied(example), _LOOK + _LIFE)
    sys.path.insert(0, str(ROOT))
    from tests.interference.scenes import INTERFERED, Scene, write_manifest, write_project

    def made(scene: Scene) -> Callable[[Path], None]:
        def make(folder: Path) -> None:
            write_project(folder, "sandbox:")
            write_manifest(folder, scene.base(), None)
            write_manifest(folder / "wanted", scene.wanted(), scene.rows)

        return make

    for scene in INTERFERED.values():
        ask = ("apply", "--auto-approve", "--parallelism", "1")
        commands: list[Command] = [(*ask, *scene.before)] if scene.before is not None else []
        run = ("destroy", *ask[1:]) if scene.destroys else (*ask, *scene.options)
        planned = (
            ("plan", "--destroy") if scene.destroys else ("plan", *(o for o in scene.options if o not in _ANSWERS))
        )
        commands += [("wanted",), planned, (*planned, "--json"), run, ("plan",), ("state", "list")]
        yield Scenario(f"scene-{scene.name}", made(scene), tuple(commands))


_ANSWERS = ("--allow-launch", "--no-launch")


def _copied(example: Path) -> Callable[[Path], None]:
    return lambda folder: shutil.copytree(example, folder, dirs_exist_ok=True) and None


def _helps() -> Iterator[Command]:
    """`--help` of every command, found by asking the command line itself."""
    listing = subprocess.run(
        [sys.executable, "-c", _LIST_COMMANDS],
        capture_output=True,
        text=True,
        check=True,
        env=_environment(ROOT / "src"),
    )
    for row in listing.stdout.splitlines():
        yield (*row.split(), "--help")


_LIST_COMMANDS = """
import click
from mscode.cli.app import app
def walk(group, words):
    print(" ".join(words))
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        walk(command, (*words, name)) if isinstance(command, click.Group) else print(" ".join((*words, name)))
walk(app, ())
"""


# ---- running -------------------------------------------------------------------------------------------------------------


def _environment(source: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return kept | {"PYTHONPATH": str(source), "NO_COLOR": "1", "COLUMNS": "120", "PYTHONHASHSEED": "0"}


def played(version: Version, scenario: Scenario) -> str:
    """What the version does in the scenario, as text."""
    with tempfile.TemporaryDirectory(prefix="frozen-") as temporary:
        folder = Path(temporary) / "project"
        (folder / "wanted").mkdir(parents=True)
        scenario.make(folder)
        if not scenario.served:
            return _normal(
                "\n".join(_block(version, folder, command, {}, "") for command in scenario.commands), folder, ""
            )
        with _sandbox(version, Path(temporary)) as (url, token):
            extra = {"MSCODE_URL": f"{url}/v1", "MSCODE_TOKEN": token}
            blocks = [_block(version, folder, command, extra, url) for command in scenario.commands]
        blocks += [_file(path, folder) for path in sorted(folder.glob(".mscode/*/state.json"))]
        blocks += [_file(path, folder) for path in (folder / "saved.json",) if path.exists()]
        return _normal("\n".join(blocks), folder, url)


@contextmanager
def _sandbox(version: Version, folder: Path) -> Iterator[tuple[str, str]]:
    line = [sys.executable, "-m", "mscode", "sandbox", "serve", "--port", "0", "--clock", CLOCK, "--seed", "7"]
    process = subprocess.Popen(
        line, cwd=folder, env=_environment(version.source), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert process.stdout is not None
        said = ""
        while not (found := re.search(r"(http://[0-9.]+:\d+)", said)) or "token" not in said.lower():
            row = process.stdout.readline()
            if not row:
                raise SystemExit(f"The sandbox did not start: {said}")
            said += row
        token = re.search(r"(sandbox-[a-z0-9]+)", said)
        yield found[1], token[1] if token else ""
    finally:
        process.terminate()
        process.wait()


def _block(version: Version, folder: Path, command: Command, extra: dict[str, str], url: str) -> str:
    """One command and all that is seen of it."""
    if command[0] == "clock":
        _control(url, "POST", "/clock", {"time": command[1]})
        return f"=== clock {command[1]}\n"
    if command == ("wanted",):
        for path in (folder / "wanted").iterdir():
            shutil.move(path, folder / path.name)
        (folder / "wanted").rmdir()
        return "=== the manifest changes\n"
    if url:
        _control(url, "DELETE", "/requests")
    done = subprocess.run(
        [sys.executable, "-m", "mscode", *command],
        cwd=folder,
        env=_environment(version.source) | extra,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    sent = [f"{one['method']} {one['path']}" for one in _control(url, "GET", "/requests")] if url else []
    # What is read comes in parallel, and a voice file is asked for until it is ready: neither order nor number says anything.
    wire = sorted({row for row in sent if row.startswith("GET")}) + [row for row in sent if not row.startswith("GET")]
    parts = [f"=== mscode {' '.join(command)}", f"[{done.returncode}]", done.stdout]
    parts += ["--- stderr", done.stderr] if done.stderr else []
    parts += ["--- wire", *wire] if wire else []
    return "\n".join(parts)


def _control(url: str, method: str, path: str, body: Any = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    with urllib.request.urlopen(urllib.request.Request(f"{url}/__sandbox{path}", data, method=method)) as answer:
        return json.loads(answer.read())


def _file(path: Path, folder: Path) -> str:
    text = path.read_text(encoding="utf-8")
    shown = json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False)
    return f"=== file {path.relative_to(folder)}\n{shown}\n"


_REPLACED = (
    (re.compile(r"\b[0-9a-f]{16,64}\b"), "{HEX}"),
    (re.compile(r"[A-Za-z0-9+/]{64,}=*"), "{BASE64}"),
    (re.compile(r'("(?:called|joins|people|suppressed)": )"[A-Za-z0-9+/=]+"'), r"\1{BASE64}"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b"), "{UUID}"),
    (re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+\d\d:\d\d)"), "{TIME}"),
    (re.compile(r"\b(after|elapsed_seconds\W+) ?\d+(\.\d+)?s?\b"), r"\1 {S}"),
    (re.compile(r"\bmscode-[A-Za-z0-9]+\.(wav|mp3)\b"), r"mscode-{OP}.\1"),
    # the stand-in times of what is made halted go by the clock, which runs on from CLOCK
    (re.compile(r"2026-11-30 0[5-9]:\d\d(:\d\d)?"), "{NOW}"),
    (re.compile(r"127\.0\.0\.1:\d+"), "{HOST}"),
)


def _normal(text: str, folder: Path, url: str) -> str:
    text = text.replace(str(folder), "{DIR}").replace(str(folder.parent), "{TMP}")
    return _replaced(text.replace(url, "{URL}") if url else text)


def _replaced(text: str) -> str:
    for pattern, stands_for in _REPLACED:
        text = pattern.sub(stands_for, text)
    return text


def _in_any_order(text: str) -> str:
    """What is done in parallel is told as it happens: the lines of such a command are compared in any order."""
    blocks = re.split(r"(?m)^(?==== )", text)
    parallel = re.compile(r"=== mscode (apply|destroy|halt)")
    return "".join(
        "".join(sorted(block.splitlines(keepends=True))) if parallel.match(block) else block for block in blocks
    )


# ---- keeping and comparing -------------------------------------------------------------------------------------------------


@contextmanager
def _at(ref: str) -> Iterator[Version]:
    """The sources at a git ref, in a work tree of their own."""
    with tempfile.TemporaryDirectory(prefix="frozen-at-") as temporary:
        tree = Path(temporary) / "tree"
        subprocess.run(
            ["git", "worktree", "add", "--detach", str(tree), ref], cwd=ROOT, check=True, capture_output=True
        )
        try:
            yield Version(tree / "src")
        finally:
            subprocess.run(
                ["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True, capture_output=True
            )


def _all(version: Version, only: str) -> Iterator[tuple[str, str]]:
    chosen = [one for one in scenarios() if only in one.name]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from zip([one.name for one in chosen], pool.map(lambda one: played(version, one), chosen), strict=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Record or compare what mscode does.")
    parser.add_argument("--record", metavar="REF", help="keep what the version at this git ref does")
    parser.add_argument("--only", default="", help="scenarios whose name holds this word")
    given = parser.parse_args()
    if given.record:
        KEPT.mkdir(exist_ok=True)
        with _at(given.record) as version:
            for name, text in _all(version, given.only):
                (KEPT / f"{name}.txt").write_text(text, encoding="utf-8")
                print(f"kept {name}", flush=True)
        return 0
    differs = 0
    for name, text in _all(Version(ROOT / "src"), given.only):
        path = KEPT / f"{name}.txt"
        before = _in_any_order(_replaced(path.read_text(encoding="utf-8"))) if path.exists() else ""
        now = _in_any_order(text)
        if before == now:
            continue
        differs += 1
        print(f"--- {name} differs")
        print(
            "".join(
                list(difflib.unified_diff(before.splitlines(True), now.splitlines(True), "before", "now", n=2))[:60]
            )
        )
    print(f"{differs} scenarios differ" if differs else "nothing differs")
    return 1 if differs else 0


if __name__ == "__main__":
    sys.exit(main())
