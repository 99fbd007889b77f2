"""People by the hundred thousand and by the million: what mscode costs against the csv module reading the file and json reading
the lists, in processor time (user and system) of one run, so that whatever else the machine does meets all alike.

The lists are served ready from memory. `validate` and a plan without changes of 100 000 contacts in a group, with `--million` of
1 000 000 as well. Run with `make bench-contacts`; `--quick` takes a tenth of everything.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from urllib.request import Request, urlopen

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.bench import MSCODE, Cost, control, cost_of, served
from benchmarks.contacts import ALL, contacts, write_project

ROUNDS = 3
#: Times the csv module and json together; MiB.
MOST_OF_A_PLAN, MOST_MEMORY = 8.0, 180.0
#: A million against a hundred thousand; MiB.
MOST_OF_A_MILLION, MOST_MEMORY_OF_A_MILLION = 11.0, 1.2 * 1024
READ = """\
import csv, json, sys
with open(sys.argv[1], encoding="utf-8", newline="") as file: rows = list(csv.reader(file))
for name in sys.argv[2:]:
    with open(name, "rb") as file: rows = json.loads(file.read())
"""
TIMES = {"createdAt": "2026-11-30 06:00:01", "updatedAt": "2026-11-30 06:00:01"}
UNWRITTEN = dict.fromkeys(("nickName", "address", "companyName", "website", "note", "area", "gender"), "")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--million", action="store_true")
    arguments = parser.parse_args()
    size = 10_000 if arguments.quick else 100_000
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name))
        verdicts = bench.rows(size)
        if arguments.million:
            verdicts += bench.rows_of_ten_times(size)
    return int(not all(verdicts))


class Bench:
    """A project whose state was made by an apply of a few people; then more and more of them are in its file and its account."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._project, self._ready = folder, folder / "crowd", folder / "ready"
        self._small: dict[str, Cost] = {}
        few = contacts(10, ALL)
        write_project(self._project, few)
        with served(self._folder, latency=0) as (url, token):
            self._environment = {**os.environ, "MSCODE_URL": url, "MSCODE_TOKEN": token}
            control(url, "seed", {"accounts": few}, "POST")
            self._run("apply", "--auto-approve")
            headers = {"X-Access-Token": token, "Accept": "application/json", "Content-Type": "application/json"}
            with urlopen(Request(f"{url}/groups", headers=headers)) as answer:
                (self._group,) = json.load(answer)

    def rows(self, size: int) -> list[bool]:
        """`validate` and the plan; are the targets met?"""
        with self._serving(size) as lists:
            files = [self._project / "contacts.csv", *lists]
            costs = [(self._read(files), self._run("validate"), self._run("plan")) for _ in range(ROUNDS)]
        read, validate, plan = (_median(column) for column in zip(*costs, strict=True))
        self._small = {"validate": validate, "plan": plan}
        print(f"csv and json, {size:,} contacts: {read.cpu:.2f} s")
        print(f"validate, {size:,} contacts: {validate.cpu:.2f} s, {validate.peak:.0f} MiB")
        ratio = plan.cpu / read.cpu
        return [
            _row(
                f"plan, no change, {size:,} contacts: {plan.cpu:.2f} s, {ratio:.1f} times csv and json",
                ratio,
                MOST_OF_A_PLAN,
            ),
            _row(f"plan, no change, {size:,} contacts: {plan.peak:.0f} MiB", plan.peak, MOST_MEMORY),
        ]

    def rows_of_ten_times(self, size: int) -> list[bool]:
        """The same of ten times as many, once, against what the others took."""
        verdicts = []
        with self._serving(10 * size):
            for command, small in self._small.items():
                cost = self._run(command)
                ratio = cost.cpu / small.cpu
                text = f"{command}, {10 * size:,} contacts: {cost.cpu:.1f} s, {ratio:.1f} times {size:,}"
                verdicts.append(_row(text, ratio, MOST_OF_A_MILLION))
                text = f"{command}, {10 * size:,} contacts: {cost.peak:.0f} MiB"
                verdicts.append(_row(text, cost.peak, MOST_MEMORY_OF_A_MILLION))
        return verdicts

    @contextmanager
    def _serving(self, size: int) -> Iterator[list[Path]]:
        """The project with so many contacts, and the service that has them; gives the files of its lists."""
        self._ready.mkdir(exist_ok=True)
        files = [self._ready / "accounts.json", self._ready / "groups__1__accounts.json"]
        (self._ready / "groups.json").write_text(
            json.dumps([{**self._group, "numberOfAccounts": size}]), encoding="utf-8"
        )
        write_people(self._project / "contacts.csv", *files, size)
        port = self._environment["MSCODE_URL"].rsplit(":", 1)[1].partition("/")[0]
        command = [sys.executable, str(Path(__file__).with_name("ready_server.py")), port, str(self._ready)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert server.stdout is not None
        try:
            server.stdout.readline()
            yield files
        finally:
            server.terminate()
            server.wait()

    def _read(self, files: list[Path]) -> Cost:
        return cost_of("the csv module", [sys.executable, "-c", READ, *map(str, files)])

    def _run(self, command: str, *options: str) -> Cost:
        return cost_of(command, [*MSCODE, command, str(self._project), *options], self._environment)


def write_people(table: Path, accounts: Path, members: Path, size: int) -> None:
    """A part at a time: what this process has in memory would count as the most of the commands that it starts."""
    part = 10_000
    with (
        table.open("w", encoding="utf-8", newline="") as rows,
        accounts.open("w") as listed,
        members.open("w") as joined,
    ):
        writer = csv.DictWriter(rows, list(contacts(1, ALL)[0]))
        writer.writeheader()
        for start in range(0, size, part):
            people = contacts(min(part, size - start), ALL + start)
            writer.writerows(people)
            for at, person in enumerate(people, start + 1):
                text = json.dumps({"accountId": str(at), **UNWRITTEN, **person, **TIMES}, separators=(",", ":"))
                before = "," if at > 1 else "["
                listed.write(before + text)
                joined.write(f'{before}{{"groupId":"1",{text[1:]}')
        listed.write("]")
        joined.write("]")


def _median(costs: tuple[Cost, ...]) -> Cost:
    return Cost(*map(statistics.median, zip(*map(astuple, costs), strict=True)))


def _row(text: str, value: float, target: float) -> bool:
    print(f"{text} (target {target:,.0f}){' ok' if value <= target else ' MISSED'}", flush=True)
    return value <= target


if __name__ == "__main__":
    sys.exit(main())
