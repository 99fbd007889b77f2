"""Contacts from CSV into a group: what mscode costs against reading the file with the csv module alone, from one run.

100 000 contacts: planned while none of them exists, then (loaded into the emulator in bulk, for as many single creates over
HTTP cost minutes) put into a group, planned with no change, and with 1 % of the rows changed. What a first apply costs is
measured with 5 000 contacts that do not exist, and what the checks add to `validate` with a message to everybody. The emulator
is served without latency. Run with `make bench-contacts`; `--quick` takes a tenth of everything.
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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.bench import MSCODE, Measured, control, measure, served, timed

CITIES = ("Helsinki", "Espoo", "Tampere", "Turku", "Oulu")
#: Numbers of these ranges belong to nobody.
ALL, NEW = 7_000_000, 8_000_000
MESSAGE = """\
apiVersion: mscode/v1
smses:
  reminder: {{message: See you, sender: Blood, actionTime: 2036-12-01 12:00:00, receivers: [{{group: {group}}}]}}
"""
READ = "import csv, sys\nwith open(sys.argv[1], encoding='utf-8', newline='') as f: rows = list(csv.reader(f))"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    scale = 10 if parser.parse_args().quick else 1
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), latency=0) as (url, token):
        environment = {**os.environ, "MSCODE_URL": url, "MSCODE_TOKEN": token}
        crowd, new = Path(folder) / "crowd", Path(folder) / "new"
        people = contacts(100_000 // scale, ALL)
        write_project(crowd, people)
        write_project(new, contacts(5_000 // scale, NEW))
        bench = Bench(url, environment, csv_alone(crowd / "contacts.csv"))
        compare_checks(bench, Path(folder) / "checked", people)
        bench.row(f"plan, {len(people):,} new contacts", "plan", crowd)
        control(url, "seed", {"accounts": people}, "POST")
        bench.row(f"apply, {len(people):,} contacts that exist into a new group", "apply", crowd)
        bench.row("plan, no change", "plan", crowd)
        write_project(crowd, [{**one, "city": "Vaasa"} if at % 100 == 0 else one for at, one in enumerate(people)])
        bench.row(f"plan, {len(people) // 100:,} rows changed", "plan", crowd)
        bench.row(f"apply, {len(people) // 100:,} rows changed", "apply", crowd)
        bench.row(f"apply, {5_000 // scale:,} contacts created", "apply", new)


def compare_checks(bench: Bench, project: Path, people: list[dict[str, object]]) -> None:
    """`validate` of a text message to everybody, without a rule of the checks and with all of them: at most 40 % more."""
    write_project(project, people)
    (project / "message.yaml").write_text(MESSAGE.format(group=project.name), encoding="utf-8")
    listed = subprocess.run(
        [*MSCODE, "checks", "--dir", str(project), "--json"], capture_output=True, text=True, check=True
    )
    settings = (project / "mscode.yaml").read_text(encoding="utf-8")
    off = "".join(f"  {row['id']}: off\n" for row in json.loads(listed.stdout))
    (project / "mscode.yaml").write_text(f"{settings}checks:\n{off}", encoding="utf-8")
    without = bench.row(f"validate, {len(people):,} contacts, checks off", "validate", project)
    (project / "mscode.yaml").write_text(settings, encoding="utf-8")
    checked = bench.row(f"validate, {len(people):,} contacts, all checks", "validate", project)
    print(f"checks: {100 * (checked.wall / without.wall - 1):+.0f} %", flush=True)


class Bench:
    """Measures a command and tells it beside what the csv module took."""

    def __init__(self, url: str, environment: dict[str, str], alone: float) -> None:
        self._url, self._environment, self._alone = url, environment, alone
        print(f"csv module alone: {alone:.2f} s (with Python's start)")

    def row(self, name: str, command: str, project: Path) -> Measured:
        line = [*MSCODE, command, str(project), *(["--auto-approve"] if command == "apply" else [])]
        found = measure(name, line, self._url, self._environment)
        print(
            f"{name}: {found.wall:.2f} s, {found.requests:,} requests, peak {found.peak:.0f} MiB, "
            f"{found.wall / self._alone:.0f} times the csv module",
            flush=True,
        )
        return found


def csv_alone(file: Path) -> float:
    return statistics.median(timed([sys.executable, "-c", READ, str(file)]) for _ in range(5))


def contacts(count: int, first: int) -> list[dict[str, object]]:
    return [
        {
            "phone": f"+35845{first + at}",
            "firstName": f"First{at % 500}",
            "lastName": f"Last{at % 3000}",
            "email": f"p{first + at}@example.com",
            "city": CITIES[at % len(CITIES)],
            "zip": f"{at % 900:05}",
            "yearOfBirth": 1940 + at % 60,
        }
        for at in range(count)
    ]


def write_project(folder: Path, people: list[dict[str, object]]) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "mscode.yaml").write_text(f"apiVersion: mscode/v1\nproject: bench-{folder.name}\n", encoding="utf-8")
    name = folder.name
    manifest = (
        f"accountLists: {{{name}: {{file: contacts.csv}}}}\ngroups: {{{name}: {{members: {{accountList: {name}}}}}}}\n"
    )
    (folder / "bench.yaml").write_text(f"apiVersion: mscode/v1\n{manifest}", encoding="utf-8")
    write_contacts(folder / "contacts.csv", people)


def write_contacts(file: Path, people: list[dict[str, object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(people[0]))
        writer.writeheader()
        writer.writerows(people)


if __name__ == "__main__":
    main()
