"""Start-up, as ratios of one run: `mscode --version` against bare Python, `validate` of one campaign against its libraries.

Processor time of the processes, in turn, so that whatever else the machine does meets all alike. `make bench` runs it first.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

ROUNDS = 25
MSCODE = [sys.executable, "-m", "mscode"]
#: The least that a program of these libraries can take: it imports them, and makes one model.
LIBRARIES = """
import click, ruamel.yaml
from pydantic import BaseModel

class Model(BaseModel):
    number: int
    text: str = ""
"""
#: It runs for a week from the day after tomorrow, so that nothing is said of its times.
CAMPAIGN = """apiVersion: mscode/v1
accounts:
  anna: {{firstName: Anna, phone: "+358405550100"}}
  erik: {{firstName: Erik, phone: "+358405550101"}}
groups:
  donors: {{name: Donors, members: {{accounts: [anna, erik]}}}}
voiceFiles:
  hello: {{name: Hello, text: "Press five for yes, nine for no", voiceCode: en}}
rsvpCalls:
  invite:
    startTime: {first}T07:00:00Z
    endTime: {last}T15:00:00Z
    activeFrom: "10:00"
    activeTo: "15:00"
    activeWeekdays: [monday, tuesday, wednesday, thursday, friday]
    voiceFiles: {{start: hello}}
    actionButtons: {{accept: 5, decline: 9}}
    receivers: [{{group: donors}}]
    acceptsWanted: 1
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_campaign(Path(folder))
        times = medians(
            {
                "bare": [sys.executable, "-c", "pass"],
                "version": [*MSCODE, "--version"],
                "libraries": [sys.executable, "-c", LIBRARIES],
                "validate": [*MSCODE, "validate", folder],
            }
        )
    row("mscode --version", "bare Python", times["version"], times["bare"], target=1.5, before=2.1)
    row("validate, one campaign", "its libraries", times["validate"], times["libraries"], target=1.25, before=2.8)


def write_campaign(folder: Path) -> None:
    """A project of one campaign, with which nothing is wrong."""
    (folder / "mscode.yaml").write_text("apiVersion: mscode/v1\nproject: bench\n", encoding="utf-8")
    first = date.today() + timedelta(days=2)
    campaign = CAMPAIGN.format(first=first, last=first + timedelta(days=7))
    (folder / "campaign.yaml").write_text(campaign, encoding="utf-8")


def medians(commands: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Seconds of the processor of each command, the median of ROUNDS runs; a first run, which compiles, does not count."""
    for command in commands.values():
        processor_time(command)
    rounds = [[processor_time(command) for command in commands.values()] for _ in range(ROUNDS)]
    return dict(zip(commands, map(statistics.median, zip(*rounds, strict=True)), strict=True))


def processor_time(command: Sequence[str]) -> float:
    """Seconds of the processor, of the program and of the system for it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def row(name: str, against: str, time: float, limit: float, *, target: float, before: float) -> None:
    """One line: both times, their ratio, the target, and what the ratio was before."""
    ratio = time / limit
    missed = " MISSED" if ratio > target else ""
    print(
        f"{name}: {time * 1000:.0f} ms, {against} {limit * 1000:.0f} ms, "
        f"ratio {ratio:.2f} (target {target}, before {before}){missed}"
    )


if __name__ == "__main__":
    main()
