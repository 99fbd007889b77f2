"""What a rehearsal of 10,000 people costs beside their plan, from one run: with 200 replays of a campaign that calls everybody,
and of one that is stopped when a tenth of them have accepted. The targets are 20 s, 8 s and 250 MiB on one core.

The accounts are loaded into the emulator in bulk; it is served without latency. Run with `make bench-rehearsal`; `--quick` takes
a tenth of the people.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.bench import MSCODE, Measured, control, measure, served

MANIFEST = """\
apiVersion: mscode/v1
filters: {{everybody: {{conditions: [{{field: city, operator: ==, value: Helsinki}}]}}}}
groups: {{everybody: {{members: {{filter: everybody}}}}}}
voiceFiles: {{hello: {{text: Could you come on Friday?, voiceCode: en}}}}
rsvpCalls:
  invite:
    startTime: 2036-12-01T07:00:00Z
    endTime: 2036-12-31T15:00:00Z
    activeFrom: "07:00"
    activeTo: "15:00"
    activeWeekdays: [monday, tuesday, wednesday, thursday, friday]
    voiceFiles: {{start: hello}}
    actionButtons: {{accept: 5, decline: 9}}
    receivers: [{{group: everybody}}]
    acceptsWanted: {wanted}
    expect: {{answer: 40%, accept: 50%}}
"""
MEMORY = 250  # MiB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    people = 10_000 // (10 if parser.parse_args().quick else 1)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), latency=0) as (url, token):
        environment = {**os.environ, "MSCODE_URL": url, "MSCODE_TOKEN": token}
        accounts = [{"firstName": f"P{at}", "phone": f"+358457{at:06}", "city": "Helsinki"} for at in range(people)]
        control(url, "seed", {"accounts": accounts}, "POST")
        project = Path(folder) / "project"
        for name, wanted, target in (("everybody is called", people, 20.0), ("a tenth accepts", people // 10, 8.0)):
            write_project(project, wanted)
            plan = measure("plan", [*MSCODE, "plan", str(project)], url, environment)
            done = measure("rehearse", [*MSCODE, "rehearse", str(project), "--runs", "200"], url, environment)
            print(report(f"{people:,} people, {name}", done, plan, target), flush=True)


def write_project(folder: Path, wanted: int) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "mscode.yaml").write_text("apiVersion: mscode/v1\nproject: bench\n", encoding="utf-8")
    (folder / "bench.yaml").write_text(MANIFEST.format(wanted=wanted), encoding="utf-8")


def report(name: str, done: Measured, plan: Measured, target: float) -> str:
    return (
        f"{name}: {done.wall:.1f} s (target {target:.0f} s), of which {done.cpu:.1f} s on the processor, {done.cpu / plan.cpu:.1f} "
        f"times those of its plan; "
        f"peak {done.peak:.0f} MiB (target {MEMORY})"
    )


if __name__ == "__main__":
    main()
