"""Runs the long tests, shard by shard, and goes on where it stopped (`make torture`).

    python scripts/torture.py                    all that is not done for the sources as they are
    python scripts/torture.py --only crash       shards whose name holds a word
    python scripts/torture.py --profile none     only under the literal reading of the API (see docs/sandbox.md, Switches)
    python scripts/torture.py --figures          what has been run, added up, as the table of docs/reliability.md
    python scripts/torture.py --list             the shards and whether each is done

A *shard* is a few tests that are marked `torture`, run under one *profile*: none, or one switch of the sandbox. Under none and
under `expand_groups` every shard is run, under each of the others a tenth of them, always the same tenth. What a shard has
found lies in .torture/results.jsonl with the files of src/ and tests/ that it loaded: it is run again when one of them has
changed, when it failed, and not otherwise. So the whole may be spread over days and interrupted at any time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".torture"
RESULTS = KEPT / "results.jsonl"
#: Tests of a shard, by the folder they lie in; what is not named runs one by one.
TOGETHER = {"tests/faults": 60, "tests/interference": 13, "tests/acceptance": 40, "tests/app/rehearsal": 40}
#: Profile -> one shard in so many. `none` is the literal reading.
PROFILES: dict[str, tuple[dict[str, Any], int]] = {
    "none": ({}, 1),
    "expand_groups": ({"expand_groups": True}, 1),
    "put_buttons": ({"put_buttons": "lower"}, 10),
    "group_add": ({"group_add": "object"}, 10),
    "rate": ({"rate": 20}, 10),
    "create_ignores_state": ({"create_ignores_state": True}, 10),
    "receiver_rows": ({"receiver_rows": "account"}, 10),
    "pages": ({"pages": 3}, 10),
    "put": ({"put": "replace"}, 10),
    "location": ({"location": "off"}, 10),
    "ids": ({"ids": "int"}, 10),
    "unset": ({"unset": None}, 10),
    "phone_plus": ({"phone_plus": "off"}, 10),
}
#: Where files lie in memory, on systems that have it.
MEMORY = Path("/dev/shm")
#: Tests that choose their profiles themselves run once, under `none`.
CHOOSES = ("tests/acceptance", "tests/fleet", "tests/app/rehearsal", "tests/plan")


@dataclass(frozen=True, slots=True)
class Shard:
    """`tests` are node ids of pytest."""

    name: str
    profile: str
    tests: tuple[str, ...]


# ---- what there is to run ----------------------------------------------------------------------------------------------


def shards() -> list[Shard]:
    """All of them: those under the literal reading first."""
    groups = list(_groups(_collected()))
    found = []
    for profile, (_, one_in) in PROFILES.items():
        for name, tests in groups:
            chooses = name.startswith(CHOOSES)
            if profile != "none" and (chooses or not _is_drawn(f"{name} {profile}", one_in)):
                continue
            found.append(Shard(f"{name} {profile}", profile, tests))
    return found


def _collected() -> list[str]:
    line = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "torture", "tests", "-p", "no:cacheprovider"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    found = [row for row in done.stdout.splitlines() if "::" in row and not row.startswith(("ERROR", "FAILED"))]
    if done.returncode or not found:
        sys.exit(f"The long tests cannot be collected.\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return found


def _groups(tests: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Tests of one function, cut into pieces; a piece is named after its first test."""
    by_function: dict[str, list[str]] = {}
    for test in tests:
        by_function.setdefault(test.partition("[")[0], []).append(test)
    for function, mine in by_function.items():
        size = next((number for folder, number in TOGETHER.items() if function.startswith(folder)), 1)
        for at in range(0, len(mine), size):
            yield mine[at], tuple(mine[at : at + size])


def _is_drawn(name: str, one_in: int) -> bool:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % one_in == 0


# ---- what has been run -------------------------------------------------------------------------------------------------


def results() -> dict[str, dict[str, Any]]:
    """The last result of each shard, by its name."""
    found: dict[str, dict[str, Any]] = {}
    for row in RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else ():
        try:
            one = json.loads(row)
        except ValueError:
            continue  # the run was killed while it wrote this line
        found[one["shard"]] = one
    return found


def is_done(result: dict[str, Any] | None, hashes: dict[str, str]) -> bool:
    """Passed, with the files that it loaded as they are now. `hashes` remembers those already read."""
    if result is None or result["code"] != 0:
        return False
    return all(_hash(name, hashes) == digest for name, digest in result["files"].items())


def _hash(name: str, hashes: dict[str, str]) -> str:
    if name not in hashes:
        path = ROOT / name
        hashes[name] = hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""
    return hashes[name]


# ---- running -------------------------------------------------------------------------------------------------------------


def run(shard: Shard) -> dict[str, Any]:
    """One shard in a process of its own; its output lies in .torture/ where it failed."""
    report, loaded = KEPT / "report.xml", KEPT / "loaded.txt"
    for path in (report, loaded):
        path.unlink(missing_ok=True)
    environment = {**os.environ, "TORTURE_LOADED": str(loaded)}
    environment["TORTURE_PROFILE"] = json.dumps(PROFILES[shard.profile][0])
    # Most of the time would go into compiling the same modules, and into syncing and removing small files on a disk.
    environment |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(KEPT / "pycache")}
    if MEMORY.is_dir():
        environment["TMPDIR"] = str(MEMORY)
    line = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-m",
        "",
        "-p",
        "no:cacheprovider",
        f"--junit-xml={report}",
        *shard.tests,
    ]
    began = time.monotonic()
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode < 0 or done.returncode == 130:  # stopped by a person: no result
        raise KeyboardInterrupt
    hashes: dict[str, str] = {}
    files = loaded.read_text().splitlines() if loaded.exists() else []
    if done.returncode:
        name = re.sub(r"[^A-Za-z0-9.-]+", "_", shard.name)[-150:]
        (KEPT / f"{name}.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return {
        "shard": shard.name,
        "profile": shard.profile,
        "code": done.returncode,
        "figures": _figures(report),
        "seconds": round(time.monotonic() - began, 1),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": _commit(),
        "files": {name: _hash(name, hashes) for name in files},
    }


def _figures(report: Path) -> dict[str, int]:
    """What the tests counted, and how many tests there were."""
    from xml.etree import ElementTree as ET

    found: Counter[str] = Counter()
    if report.exists():
        for case in ET.parse(report).getroot().iter("testcase"):
            found["tests"] += 1
            for one in case.iter("property"):
                found[one.get("name", "")] += int(float(one.get("value", "0")))
    return dict(found)


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def work(todo: list[Shard], done: int) -> int:
    """Run what is left, telling how far it is; 1 where anything failed."""
    KEPT.mkdir(exist_ok=True)
    failed, began = [], time.monotonic()
    for number, shard in enumerate(todo, 1):
        result = run(shard)
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
        if result["code"]:
            failed.append(shard.name)
        left = (time.monotonic() - began) / number * (len(todo) - number)
        said = "failed" if result["code"] else "ok"
        print(
            f"{done + number}/{done + len(todo)} {said} {result['seconds']} s, {left / 60:.0f} min left: {shard.name}",
            flush=True,
        )
    for name in failed:
        print(f"failed: {name}")
    return 1 if failed else 0


# ---- telling -------------------------------------------------------------------------------------------------------------


def figures(all_shards: list[Shard]) -> str:
    """A Markdown table: a row for each profile, of what is done for the sources as they are."""
    kept, hashes = results(), dict[str, str]()
    names = (
        "fault cells",
        "kills",
        "pairs",
        "model steps",
        "interferences",
        "twins",
        "double rings",
        "other broken promises",
    )
    rows = [f"| profile | shards | {' | '.join(names)} |", "|---|---|" + "---|" * len(names)]
    commits: Counter[str] = Counter()
    for profile in PROFILES:
        mine = [one for one in all_shards if one.profile == profile]
        done = [kept[one.name] for one in mine if is_done(kept.get(one.name), hashes)]
        commits.update(f"{one['commit']} ({one['date']})" for one in done)
        total: Counter[str] = Counter()
        for one in done:
            total.update(one["figures"])
        cells = " | ".join(f"{total[name]:,}" for name in names)
        rows.append(f"| {profile} | {len(done)} of {len(mine)} | {cells} |")
    return "\n".join([*rows, "", "commits: " + ", ".join(name for name, _ in commits.most_common())])


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the long tests; goes on where it stopped.")
    parser.add_argument("--only", default="", help="shards whose name holds this word")
    parser.add_argument("--profile", choices=PROFILES, help="only under this profile")
    parser.add_argument("--figures", action="store_true", help="add up what has been run, and run nothing")
    parser.add_argument("--list", action="store_true", help="list the shards, and run nothing")
    given = parser.parse_args()
    every = [one for one in shards() if given.only in one.name and given.profile in (None, one.profile)]
    if given.figures:
        print(figures(every))
        return 0
    kept, hashes = results(), dict[str, str]()
    todo = [one for one in every if not is_done(kept.get(one.name), hashes)]
    if given.list:
        waiting = {one.name for one in todo}
        print("\n".join(f"{'todo' if one.name in waiting else 'done'} {one.name}" for one in every))
        return 0
    print(f"{len(every)} shards, {len(every) - len(todo)} of them done for the sources as they are", flush=True)
    try:
        return work(todo, len(every) - len(todo))
    except KeyboardInterrupt:
        print("\nStopped; `make torture` goes on from here.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
