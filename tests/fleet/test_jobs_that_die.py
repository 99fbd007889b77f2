"""A job that the CI runs twice, or that died and is run again: everything gets done, and nobody is rung twice."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.fleet.accounts import campaign, phones
from tests.fleet.agency import ENTRY, Agency
from tests.fleet.jobs import Job, kill_all
from tests.fleet.services import Accounts, Sent, accounts, variable

BEFORE, AFTER = "2027-03-01T08:00:00Z", "2027-03-03T08:00:00Z"
KEY = {"MSCODE_FLEET_KEY": "a key of the fleet that is long enough"}


def _write(agency: Agency, names: Sequence[str], pilots: int) -> None:
    """Clients with a campaign each, which calls two people who are in no other; the first ones are pilots."""
    for at, name in enumerate(names):
        agency.write_client(name, campaign(phones(2 * at, 2), acceptsWanted=2, maxRedials=0))
    agency.write_fleet([ENTRY, *({**ENTRY, "path": f"clients/{name}", "wave": 1} for name in names[:pilots])])


def _holds(agency: Agency, names: Sequence[str]) -> None:
    """Everything is done, and each person is rung once."""
    assert {name: len(states) for name, states in agency.accounts.states().items()} == dict.fromkeys(names, 1)
    planned = agency.run("fleet", "plan", "--detailed-exitcode", "--parallel", "4")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    agency.accounts.at(AFTER)
    rung = Counter(ring["phone"] for name in names for ring in agency.accounts.rings(name))
    assert rung == Counter(phones(0, 2 * len(names)))


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[Accounts]:
    with accounts([f"client-{at:02}" for at in range(getattr(request, "param", 2))], BEFORE) as served:
        yield served


def _dying_at(served: Accounts, nth: int) -> Callable[[Job], bool]:
    """Runs a job and kills it when its nth request arrives that changes something; gives whether it came so far."""

    def run(job: Job) -> bool:
        arrived, count = threading.Event(), [0]

        def count_writes(sent: Sent) -> None:
            count[0] += 1
            if count[0] == nth:
                arrived.set()

        served.on_write = count_writes
        process = job.begin()
        done = threading.Event()
        threading.Thread(target=lambda: (process.wait(), done.set(), arrived.set()), daemon=True).start()
        assert arrived.wait(120)
        has_come = not done.is_set()
        kill_all(process.pid)
        process.communicate()
        served.on_write = lambda sent: None
        return has_come

    return run


def test_one_that_is_killed_again_and_again_is_done_in_the_end(served: Accounts, tmp_path: Path) -> None:
    """Two projects with a voice file and a campaign each: made, launched, in two waves."""
    agency, names = Agency(tmp_path, served), list(served.apps)
    _write(agency, names, pilots=1)
    planned = agency.run("fleet", "plan", "--out", "plans")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    apply = Job(("fleet", "apply", "plans", "--allow-launch"), tmp_path, agency.variables())
    killed = [_dying_at(served, nth)(apply) for nth in (2, 1)]
    assert killed[0]
    code, output = apply.run()
    assert code == 0, output
    code, output = apply.run()
    assert code == 0, output
    _holds(agency, names)


# ---- the jobs of a CI ------------------------------------------------------------------------------------------------


class _Pipeline:
    """The jobs of a pipeline: each dies once at a random moment, unless it has ended by then, and is run again."""

    def __init__(self, agency: Agency, draw: random.Random) -> None:
        self.agency, self._draw = agency, draw
        self.deaths = 0

    def plan(self, shards: int) -> None:
        self._side_by_side(
            [
                self._job(f"fleet plan --shard {at}/{shards} --out plans-{at}", paths)
                for at, paths in enumerate(self._cut(shards), 1)
            ]
        )
        folders = " ".join(f"plans-{at}" for at in range(1, shards + 1))
        self._side_by_side([self._job(f"fleet merge {folders} --out plans", [])])

    def apply(self, wave: int, shards: int) -> None:
        options = f"--allow-launch --wave {wave} --lock-timeout 60s"
        self._side_by_side(
            [
                self._job(f"fleet apply plans {options} --shard {at}/{shards}", paths)
                for at, paths in enumerate(self._cut(shards, wave), 1)
            ]
        )

    def _cut(self, shards: int, wave: int = 0) -> list[list[str]]:
        """The projects of each shard, as `fleet list` tells them."""
        options = ["--wave", str(wave)] if wave else []
        listed = self.agency.run("fleet", "list", "--json", "--shards", str(shards), *options)
        assert listed.returncode == 0, listed.stderr
        return [shard["projects"] for shard in json.loads(listed.stdout)["shards"]]

    def _job(self, line: str, paths: Sequence[str]) -> Job:
        """With the tokens of these projects alone."""
        names = [path.rpartition("/")[2] for path in paths]
        tokens = {variable(name): self.agency.accounts.token(name) for name in names}
        others = self.agency.accounts.tokens()
        kept = {name: text for name, text in self.agency.variables().items() if name not in others}
        return Job(line.split(), self.agency.root, {**kept, **KEY, **tokens})

    def _side_by_side(self, jobs: Sequence[Job]) -> None:
        moments = [self._draw.uniform(0.3, 12.0) for _ in jobs]
        with ThreadPoolExecutor(2) as pool:
            self.deaths += sum(pool.map(Job.die_after, jobs, moments))
            for code, output in pool.map(Job.run, jobs):
                assert code == 0, output


@pytest.mark.torture
@pytest.mark.parametrize("served", [60], indirect=True, ids=["60 projects"])
@pytest.mark.parametrize("turn", range(20))
def test_every_job_of_sixty_projects_dies_once(
    served: Accounts, tmp_path: Path, turn: int, record_property: Callable[[str, object], None]
) -> None:
    agency, names = Agency(tmp_path, served), list(served.apps)
    _write(agency, names, pilots=6)
    pipeline = _Pipeline(agency, random.Random(turn))
    pipeline.plan(4)
    pipeline.apply(1, 2)
    pipeline.apply(2, 6)
    record_property("kills", pipeline.deaths)
    _holds(agency, names)
