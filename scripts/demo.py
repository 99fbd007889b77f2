"""Rehearses the example campaign, applies it to the embedded sandbox, plans again (empty), shows who was rung, and compares that
with what the rehearsal had forecast (`make demo`).

Works in a temporary folder, on the sandbox's own clock, and sends nothing to any network. Exit code 1, with what was
wrong, as soon as anything is not as it should be.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "campaigns" / "blood-drive"
BEFORE = "2026-11-30T08:00:00+02:00"
AFTER = "2026-12-05T08:00:00+02:00"
#: What the example's manifests say, once more and independently: 1 + maxRedials, activeFrom and activeTo in UTC.
MOST_CALLS = 3
WINDOW = (8, 15)
EMPTY = "No changes. Your campaigns match the live account."

Row = Mapping[str, Any]


class Wrong(Exception):
    """Something is not as the demo promises."""


@dataclass(frozen=True)
class Project:
    """A project's folder, and how mscode is run in it."""

    folder: Path

    def run(self, *arguments: str, codes: Sequence[int] = (0,)) -> str:
        """Echo one command, run it, and give its stdout; Wrong where it ends with another exit code."""
        print(f"\n$ mscode {shlex.join(arguments)}", flush=True)
        return self.quietly(*arguments, codes=codes)

    def quietly(self, *arguments: str, codes: Sequence[int] = (0,)) -> str:
        """The same, without the echo: for what is read and not shown."""
        done = subprocess.run(
            [sys.executable, "-m", "mscode", *arguments],
            cwd=self.folder,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        if done.returncode not in codes:
            raise Wrong(f"mscode {arguments[0]} ended with exit code {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout


def clean_environment() -> dict[str, str]:
    """The caller's variables, without those that would send the demo elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MSCODE_")}
    return kept | {"NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}


def require(holds: bool, what: str) -> None:
    if not holds:
        raise Wrong(what)


# ---- the story -------------------------------------------------------------------------------------------------------


def demo(folder: Path) -> None:
    project = Project(folder)
    project.run("sandbox", "clock", BEFORE)
    print("The sandbox's clock now says Monday, 30 November 2026, 08:00 in Helsinki.")
    _plan(project)
    forecasts = _rehearse(project)
    _apply(project)
    _plan_again(project)
    project.run("sandbox", "clock", AFTER)
    print("Five days went by in the sandbox, and its dialler called the donors.")
    rings = json.loads(project.run("sandbox", "rings", "--json"))
    print(f"{len(rings)} calls; the table below sums them up.")
    names = _names(project)
    people = check(rings, names)
    _plan_again(project)
    print()
    for line in table(people, names):
        print(line)
    print()
    for line in comparison(forecasts, people, names):
        print(line)


def _plan(project: Project) -> None:
    lines = project.run("plan").splitlines()
    last = max(at for at, line in enumerate(lines) if line.startswith("  # "))
    print(f"{lines[0]}\n  ... {last - 1} lines more: every object with its fields; the last one is\n")
    print("\n".join(lines[last:]))
    require(any(line.startswith("Launch: 2 campaigns") for line in lines), "the plan does not launch two campaigns")


def _rehearse(project: Project) -> list[Row]:
    """Show what a rehearsal says of the first campaign; the forecast of each."""
    lines = project.run("rehearse").splitlines()
    blocks = [at for at, line in enumerate(lines) if line.startswith("  rsvpCalls.")]
    print("\n".join([*lines[: blocks[1]], f"  ... {len(blocks) - 1} campaign more", "", lines[-1]]))
    require(lines[-1].startswith("Rehearsal: No breach"), "the rehearsal found a breach")
    print("(nobody was called, and nothing was written)")
    data = json.loads(project.quietly("rehearse", "--json"))
    require(len(data["campaigns"]) == len(blocks) == 2, "the rehearsal has another number of campaigns")
    return list(data["campaigns"])


def _apply(project: Project) -> None:
    lines = project.run("apply", "--auto-approve", "--allow-launch").splitlines()
    done = [line for line in lines if "complete after" in line or "Launched after" in line]
    print(f"  ... the plan again, and {len(done) - 6} lines of progress like the last six")
    print("\n".join([*done[-6:], "", lines[-1]]))
    require(lines[-1].startswith("Apply complete!") and "2 launched" in lines[-1], "the apply did not launch both")


def _plan_again(project: Project) -> None:
    said = project.run("plan", "--detailed-exitcode").strip()
    print(said)
    require(said.startswith(EMPTY), "a second plan is not empty")
    print("(exit code 0: no changes)")


def _names(project: Project) -> dict[str, str]:
    """The name of each campaign by its id."""
    said = project.quietly("state", "list", "--json")
    return {one["id"]: one["name"] for one in json.loads(said) if one["type"] == "rsvpCalls"}


# ---- what must hold of the calls -------------------------------------------------------------------------------------

People = Mapping[tuple[str, str], Sequence[Row]]


def check(rings: Iterable[Row], names: Mapping[str, str]) -> People:
    """The calls by person and campaign, in order of time; Wrong where a rule of calling was broken."""
    people: dict[tuple[str, str], list[Row]] = {}
    for ring in sorted(rings, key=lambda one: str(one["at"])):
        people.setdefault((ring["accountId"], ring["campaignId"]), []).append(ring)
    require({campaign for _, campaign in people} == set(names), "not every campaign rang")
    require(len({person for person, _ in people}) == len(people), "somebody was rung by two campaigns")
    for calls in people.values():
        _check_person(calls)
    return people


def _check_person(calls: Sequence[Row]) -> None:
    require(len(calls) <= MOST_CALLS, "somebody was rung more often than maxRedials allows")
    require(not any(call["answered"] for call in calls[:-1]), "somebody who had answered was rung again")
    for call in calls:
        at = datetime.fromisoformat(call["at"])
        require(WINDOW[0] <= at.hour < WINDOW[1] and at.weekday() < 5, f"a call at {at} is outside the window")


# ---- the table -------------------------------------------------------------------------------------------------------


def table(people: People, names: Mapping[str, str]) -> Iterator[str]:
    """One row per person: the masked number, the campaign, how often it rang, whether it was answered, the reply."""
    rows = [_row(calls, names) for calls in people.values()]
    yield from aligned(
        ("PERSON", "CAMPAIGN", "CALLS", "ANSWERED", "REPLY"), sorted(rows, key=lambda row: (row[1], row[0]))
    )
    yield _summary(people, rows)


def aligned(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A head and rows in columns."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _row(calls: Sequence[Row], names: Mapping[str, str]) -> tuple[str, ...]:
    last = calls[-1]
    answered = bool(last["answered"])
    return (
        str(last["phone"]),
        names[last["campaignId"]],
        str(len(calls)),
        "yes" if answered else "no",
        _reply(last) if answered else "-",
    )


def _reply(call: Row) -> str:
    """The service's word for somebody who picked up and pressed no button is `noAnswer`, which would mislead here."""
    return "no button pressed" if call["reply"] == "noAnswer" else str(call["reply"])


def _summary(people: People, rows: Sequence[tuple[str, ...]]) -> str:
    redialled = sum(len(calls) > 1 for calls in people.values())
    accepts = Counter(row[1] for row in rows if row[4] == "accept")
    told = ", ".join(f"{name} {count}" for name, count in sorted(accepts.items()))
    return (
        f"\n{len(rows)} people, each rung by one campaign and never again after an answer "
        f"({redialled} were redialled because nobody answered). Accepts: {told}."
    )


# ---- forecast and ledger ---------------------------------------------------------------------------------------------


def comparison(forecasts: Iterable[Row], people: People, names: Mapping[str, str]) -> Iterator[str]:
    """What the rehearsal had forecast before anybody was called, beside what the sandbox's ledger of calls has now."""
    rows = []
    for forecast in forecasts:
        name = forecast["address"].partition(".")[2]
        of_campaign = [calls for calls in people.values() if names[calls[0]["campaignId"]] == name]
        for what, expected, actual in _counts(forecast, of_campaign):
            low, high = expected["low"], expected["high"]
            verdict = "inside" if low <= actual <= high else "outside"
            rows.append((name, what, f"{low} to {high}" if low < high else f"{low}", f"{actual}", verdict))
    yield "What the rehearsal forecast before anybody was called (a range for nine runs of ten), and what the ledger of calls has:"
    yield ""
    yield from aligned(("CAMPAIGN", "WHAT", "FORECAST", "LEDGER", ""), rows)
    inside = sum(row[-1] == "inside" for row in rows)
    yield f"\n{inside} of {len(rows)} numbers lie in the range that the rehearsal forecast."


def _counts(forecast: Row, people: Sequence[Sequence[Row]]) -> Iterator[tuple[str, Row, int]]:
    yield "calls made", forecast["calls"], sum(map(len, people))
    yield "people called", forecast["rung"], len(people)
    yield "people who accepted", forecast["accepts"], sum(_reply(calls[-1]) == "accept" for calls in people)


def main() -> int:
    try:
        with tempfile.TemporaryDirectory(prefix="mscode-demo-") as temporary:
            folder = Path(temporary) / EXAMPLE.name
            shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".mscode"))
            demo(folder)
    except Wrong as wrong:
        print(f"\nThe demo failed: {wrong}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
