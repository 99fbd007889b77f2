"""What an apply from nothing costs: processor time for each object, as objects grow, and its time against what round trips allow.

Growth: projects of 1,000, 3,000 and 10,000 objects (200 groups with members, 250 filters, 500 voice files and 50 campaigns of
each thousand) are applied to a served sandbox without latency; the processor time of the apply, of all its threads, for an object
of the largest against an object of the smallest. Limit: the project of 1,000 at 50 ms a request, at a parallelism of 10 and of
50; its time on the wall against requests × latency ÷ parallelism.

Run: `python benchmarks/apply.py growth` (some minutes; `--objects 300 1000` is quick), `python benchmarks/apply.py limit`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import bench

#: What an object of the largest project may cost in processor time, against one of the smallest.
GROWTH = 1.3
#: Parallelism to the most that an apply may take, times its limit.
LIMITS = {10: 1.1, 50: 1.6}
#: Objects on which the share of the parts is made.
UNIT = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=("growth", "limit"))
    parser.add_argument("--objects", type=int, nargs="+", default=[1_000, 3_000, 10_000], help="of growth")
    given = parser.parse_args()
    if given.part in (None, "growth"):
        growth(given.objects)
    if given.part in (None, "limit"):
        limits()


def growth(sizes: list[int]) -> None:
    """A row for each size: processor time of the apply, for an object, and against an object of the first size."""
    first = 0.0
    for objects in sizes:
        cost = applied(objects, latency=0)
        each = cost.cpu / objects
        first = first or each
        ratio = each / first
        print(
            f"apply of {objects:,} objects from nothing: {cost.cpu:.1f} s of processor time, {each * 1000:.1f} ms an object, "
            f"ratio {ratio:.2f} (target {GROWTH}){bench.missed(ratio > GROWTH)}, {cost.requests / objects:.2f} requests an "
            f"object, peak {cost.peak:.0f} MiB",
            flush=True,
        )


def limits() -> None:
    """A row for each parallelism: the time on the wall against requests × latency ÷ parallelism."""
    for parallelism, most in LIMITS.items():
        cost = applied(UNIT, latency=bench.LATENCY_MS, parallelism=parallelism)
        limit = cost.requests * bench.LATENCY_MS / 1000 / parallelism
        ratio = cost.wall / limit
        print(
            f"apply of {UNIT:,} objects, parallelism {parallelism}: {cost.wall:.2f} s, limit {limit:.2f} s, ratio {ratio:.2f} "
            f"(target {most}){bench.missed(ratio > most)}, {cost.cpu:.1f} s of processor time, "
            f"{cost.requests / UNIT:.2f} requests an object",
            flush=True,
        )


def applied(objects: int, *, latency: int, parallelism: int = bench.PARALLELISM) -> bench.Measured:
    """What the apply of a project of so many objects costs, to an account of a sandbox that has nothing but people."""
    with tempfile.TemporaryDirectory() as folder, bench.served(Path(folder), latency) as (url, token):
        project = Path(folder) / "project"
        bench.write_project(project, objects)
        bench.seed_people(url, objects)
        command = [*bench.MSCODE, "apply", str(project), "--auto-approve", "--allow-launch"]
        environment = {**os.environ, "MSCODE_URL": url, "MSCODE_TOKEN": token}
        return bench.measure("apply", [*command, "--parallelism", str(parallelism)], url, environment)


if __name__ == "__main__":
    main()
