"""The GitLab pipeline of examples/fleet, run by gitlab-ci-local, with jobs that die at a random moment and are run again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.ci.runner import tools
from tests.fleet.examples import CLIENTS, ROOT, THURSDAY, TUESDAY, make_repository
from tests.fleet.gitlab_ci_local import program
from tests.fleet.services import Accounts, accounts, variable

KEY = "a key of the fleet of at least 32 bytes"

#: In the place of `mscode`: the machine dies at a random moment of the first try, with everything that runs on it; then the job is
#: run again. Written down are the job, its command, the variables of tokens that it has and should have, and whether it died.
MORTAL = """\
#!{python}
import json, os, random, signal, subprocess, sys
arguments, longest = sys.argv[1:], {longest}
command = [sys.executable, "-m", "mscode", *arguments]
environment = {{**os.environ, "PYTHONPATH": {source!r}}}
died = False
if longest:
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        process.wait(random.Random(repr(({seed!r}, arguments))).uniform(0.2, longest))
    except subprocess.TimeoutExpired:
        died = True
        for _ in range(3):  # those that are forked meanwhile too
            for entry in filter(str.isdecimal, os.listdir("/proc")):
                try:
                    with open(f"/proc/{{entry}}/stat") as stat:
                        session = int(stat.read().rpartition(")")[2].split()[3])
                    if session == process.pid:
                        os.kill(int(entry), signal.SIGKILL)
                except (OSError, ValueError):
                    pass
        process.wait()
held = sorted(name for name in os.environ if name.startswith("TOKEN_"))
row = [os.environ["CI_JOB_NAME"], arguments, held, os.environ.get("FLEET_TOKENS", "").split(), died]
with open({log!r}, "a") as log:
    log.write(json.dumps(row) + "\\n")
if longest and not died:
    sys.exit(process.returncode)
os.execve(sys.executable, command, environment)
"""


class GitLab:
    """A repository whose pipelines are run; `log` lists the commands of its jobs, with the tokens that they had."""

    def __init__(self, folder: Path, served: Accounts, clients: Sequence[str]) -> None:
        self.served, self.clients, self.log = served, clients, folder / "log"
        self.bin = tools(folder)
        self.repository = make_repository(folder / "repository", served, clients)
        self.home = folder / "home"

    def run(self, seed: int = 0, *, longest: float = 0.0, before: str = "0" * 40) -> str:
        """A pipeline of the default branch, approved; gives what it printed. Each job dies in its first `longest` seconds, if it
        takes that long, and is run again; 0: none dies.
        """
        self.log.write_text("")
        mortal = MORTAL.format(
            python=sys.executable, log=str(self.log), source=str(ROOT / "src"), seed=seed, longest=longest
        )
        (self.bin / "mscode").write_text(mortal)
        scoped = {
            variable(name): {"values": {f"fleet/clients/{name}": self.served.token(name)}} for name in self.clients
        }
        variables: dict[str, Any] = {
            **scoped,
            "MSCODE_FLEET_KEY": {"values": {"fleet/*": KEY}},
            "MSCODE_ALLOWED_HOSTS": "127.0.0.1",
            "CI_COMMIT_BEFORE_SHA": before,
            "CI_DEFAULT_BRANCH": "main",
        }
        settings = self.home / ".gitlab-ci-local"
        settings.mkdir(parents=True, exist_ok=True)
        (settings / "variables.yml").write_text(json.dumps({"global": variables}))
        done = subprocess.run(
            [
                *program(),
                *("--home", str(self.home), "--force-shell-executor"),
                *("--manual", "approve", "--concurrency", "2"),
            ],
            cwd=self.repository,
            env={
                "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(self.home),
                "LANG": "C.UTF-8",
                "FORCE_COLOR": "0",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1500,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:]
        return done.stdout

    def plan(self) -> dict[str, Any]:
        """What is left to do, as `fleet plan --json` says it with every token; nothing should be."""
        environment = {**os.environ, **self.served.tokens(), "PYTHONPATH": str(ROOT / "src")}
        command = [sys.executable, "-m", "mscode", "fleet", "plan", "--json", "--parallel", "2"]
        done = subprocess.run(command, cwd=self.repository, env=environment, capture_output=True, check=False)
        data = json.loads(done.stdout)
        assert {project["result"] for project in data["projects"]} == {"no-changes"}, done.stdout
        return data  # type: ignore[no-any-return]

    def jobs(self) -> list[tuple[str, list[str], list[str], list[str], bool]]:
        """Each command of a job: the job's name, the arguments, the tokens that it had, those that it should have, did it die?"""
        return [tuple(json.loads(line)) for line in self.log.read_text().splitlines()]

    def check_tokens(self) -> None:
        """Every job has the tokens of its shard, and the list and the merge have none."""
        for _, arguments, held, named, _ in self.jobs():
            assert held == named, arguments
            assert bool(held) == (arguments[2] in ("plan", "apply")), arguments

    def check_rings(self) -> None:
        """Every client has the one campaign that it wants, which calls each of its people three times at most."""
        self.served.at(TUESDAY)
        for name in self.clients:
            assert len(self.served.get(name, "/rsvp_calls")) == 1, name
            calls = Counter((ring["phone"], ring["at"][:10]) for ring in self.served.rings(name))
            assert calls and max(calls.values()) <= 3, name


def test_a_pipeline_whose_jobs_die_and_are_run_again_calls_nobody_twice(tmp_path: Path) -> None:
    with accounts(["asikkala", "lahti"], THURSDAY) as served:
        gitlab = GitLab(tmp_path, served, ["asikkala", "lahti"])
        printed = gitlab.run(seed=1, longest=2.0)
        assert "Plans of fleet agency: 2 projects." in printed
        names = sorted(job[0] for job in gitlab.jobs())
        assert names == ["apply wave 1 1/1", "apply wave 2 1/1", "list", "merge", "plan 1/2", "plan 2/2"]
        assert any(job[4] for job in gitlab.jobs())
        gitlab.check_tokens()
        gitlab.check_rings()
        assert not any(served.token(name) in printed for name in gitlab.clients) and KEY not in printed


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(5))
def test_twelve_clients_whose_jobs_all_die_once(
    tmp_path: Path, seed: int, record_property: Callable[[str, object], None]
) -> None:
    with accounts(CLIENTS, THURSDAY) as served:
        gitlab = GitLab(tmp_path, served, CLIENTS)
        gitlab.run(seed=seed, longest=6.0)
        deaths = [job[0] for job in gitlab.jobs() if job[4]]
        record_property("kills", len(deaths))
        assert len(gitlab.jobs()) == 26 and len(deaths) > 5
        gitlab.check_tokens()
        assert {name: len(states) for name, states in served.states().items()} == dict.fromkeys(CLIENTS, 1)
        writes = len(served.writes())
        assert gitlab.plan()["exit_code"] == 0
        if seed == 0:  # and a pipeline that is run once more does nothing
            assert "Projects: 12 without." in gitlab.run()
        assert len(served.writes()) == writes
        gitlab.check_rings()
