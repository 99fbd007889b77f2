"""`mscode fleet list`: what has changed since a commit, what a removed project has left, and jobs for GitHub and GitLab."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mscode.app.fleet import git as git_module
from tests.acceptance.campaigns import MONDAY, drive
from tests.acceptance.service import Service, running
from tests.fleet.conftest import Ended, FleetFolder
from tests.fleet.examples import commit, git

CLIENTS = {"path": "clients/*", "environment": "production", "token": {"env": "TOKEN_{name}"}}
ACCOUNT = {"url": "https://api.example.com/v1"}


class Repository(FleetFolder):
    """A fleet in a repository of git."""

    def git(self, *arguments: str) -> str:
        return git(self.root, *arguments)

    def commit(self) -> str:
        return commit(self.root)

    def changes(self, ref: str = "HEAD~1", *options: str) -> dict[str, str]:
        """Path -> what has changed of it."""
        listed = self.listed("--changed-since", ref, *options)
        return {entry["path"]: entry["renamed_from"] or entry["change"] for entry in listed}

    def removed(self, ref: str = "HEAD~1") -> list[dict[str, Any]]:
        ended = self.cli("fleet", "list", "--json", "--changed-since", ref)
        assert ended.code == 0, ended.err
        return ended.json["removed"]  # type: ignore[no-any-return]


@pytest.fixture
def repository(fleet: FleetFolder) -> Repository:
    repository = Repository(fleet.root, fleet.capsys)
    for path in ("clients/a", "clients/b", "clients/b2", "pilot"):
        folder = repository.project(path, production=ACCOUNT)
        (folder / "groups.yaml").write_text("apiVersion: mscode/v1\ngroups: {donors: {}}\n")
    repository.write([CLIENTS, {"path": "pilot", "wave": 1}])
    (repository.root / "shared.vars.yaml").write_text("city: Espoo\n")
    repository.git("init", "-q", "-b", "main")
    repository.commit()
    return repository


# ---- what has changed ------------------------------------------------------------------------------------------------


def test_a_project_changes_with_any_file_below_its_folder(repository: Repository) -> None:
    (repository.root / "clients/b/texts").mkdir()
    (repository.root / "clients/b/texts/hello.txt").write_text("Hello")
    repository.commit()
    assert repository.changes() == {"clients/b": "changed"}
    (repository.root / "clients/b2/groups.yaml").unlink()
    repository.commit()
    assert repository.changes() == {"clients/b2": "changed"}
    assert repository.changes("HEAD~2") == {"clients/b": "changed", "clients/b2": "changed"}
    assert repository.changes("HEAD") == {}


def test_what_is_not_committed_counts_too(repository: Repository) -> None:
    (repository.root / "clients/a/groups.yaml").write_text("apiVersion: mscode/v1\n")
    repository.project("clients/new", production=ACCOUNT)
    (repository.root / ".gitignore").write_text("*.log\n")
    (repository.root / "clients/b/run.log").write_text("ignored")
    state = repository.root / "clients/b/.mscode/sandbox"
    state.mkdir(parents=True)
    (state / "state.json").write_text("{}")
    assert repository.changes("HEAD") == {"clients/a": "changed", "clients/new": "new"}


@pytest.mark.parametrize("file", ["shared.vars.yaml", "texts/privacy.txt", "clients/texts.yaml"])
def test_a_shared_file_concerns_every_project(repository: Repository, file: str) -> None:
    path = repository.root / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("city: Vantaa\n")
    repository.commit()
    assert set(repository.changes().values()) == {"changed"} and len(repository.changes()) == 4
    ended = repository.cli("fleet", "list", "--changed-since", "HEAD~1")
    assert f"{file} may concern every project." in ended.out
    path.unlink()
    repository.commit()
    assert len(repository.changes()) == 4


def test_fleet_yaml_itself_concerns_every_project(repository: Repository) -> None:
    repository.write([CLIENTS, {"path": "pilot", "wave": 1}], guards={"maxPeople": 10})
    repository.commit()
    assert len(repository.changes()) == 4


@pytest.mark.parametrize("file", ["README.md", "guide/how.md", ".gitignore", "LICENSE", "clients/README.md"])
def test_documentation_concerns_none(repository: Repository, file: str) -> None:
    (repository.root / file).parent.mkdir(exist_ok=True)
    (repository.root / file).write_text("For people\n")
    repository.commit()
    assert repository.changes() == {}


def test_new_and_renamed_projects(repository: Repository) -> None:
    repository.project("clients/c")
    shutil.move(repository.root / "clients/b", repository.root / "clients/bee")
    repository.commit()
    assert repository.changes() == {"clients/bee": "clients/b", "clients/c": "new"}
    assert repository.removed() == []
    ended = repository.cli("fleet", "list", "--changed-since", "HEAD~1")
    assert "clients/bee  production      2  TOKEN_BEE  renamed from clients/b" in ended.out


def test_a_copy_is_new_and_a_move_to_another_environment_leaves_the_old_one_behind(repository: Repository) -> None:
    shutil.copytree(repository.root / "clients/b", repository.root / "clients/copy")
    repository.commit()
    assert repository.changes() == {"clients/copy": "new"}
    shutil.move(repository.root / "clients/copy", repository.root / "staging")
    repository.write([CLIENTS, {"path": "pilot", "wave": 1}, {"path": "staging", "environment": "sandbox"}])
    repository.commit()
    assert repository.changes()["staging"] == "new"
    assert [entry["path"] for entry in repository.removed()] == ["clients/copy"]


def test_git_says_which_of_two_projects_of_one_identity_went_where(repository: Repository) -> None:
    for name, zone in (("x", "UTC"), ("y", "Europe/Helsinki")):
        text = f"apiVersion: mscode/v1\nproject: drive\ntimezone: {zone}\nenvironments:\n  production: {{url: https://{name}.example.com}}\n"
        repository.project(f"clients/{name}", text=text)
    repository.commit()
    for old, new in (("x", "x-town"), ("y", "y-town")):
        repository.git("mv", f"clients/{old}", f"clients/{new}")
    repository.commit()
    assert repository.changes() == {"clients/x-town": "clients/x", "clients/y-town": "clients/y"}


def test_only_what_this_branch_has_changed_counts(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "mine")
    (repository.root / "clients/a/groups.yaml").write_text("apiVersion: mscode/v1\n")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.project("clients/later")
    (repository.root / "clients/b/groups.yaml").write_text("apiVersion: mscode/v1\n")
    repository.commit()
    repository.git("checkout", "-q", "mine")
    assert repository.changes("main") == {"clients/a": "changed"}
    assert repository.removed("main") == []


def test_a_wave_of_what_has_changed(repository: Repository) -> None:
    (repository.root / "shared.vars.yaml").write_text("city: Vantaa\n")
    assert list(repository.changes("HEAD", "--wave", "1")) == ["pilot"]
    assert [entry["path"] for entry in repository.listed("--wave", "2")] == ["clients/a", "clients/b", "clients/b2"]
    assert repository.listed("--wave", "3") == []


def test_the_commit_before_the_first_one_means_everything(repository: Repository) -> None:
    assert repository.changes("0" * 40) == dict.fromkeys(["clients/a", "clients/b", "clients/b2", "pilot"], "new")


def test_a_fleet_below_the_top_of_its_repository(fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    top = Repository(fleet.root, fleet.capsys)
    below = Repository(fleet.root / "campaigns", fleet.capsys)
    for path in ("a", "b"):
        below.project(path)
    below.write([{"path": "*"}])
    (top.root / "other.yaml").write_text("a: 1\n")
    top.git("init", "-q")
    top.commit()
    (top.root / "other.yaml").write_text("a: 2\n")
    (below.root / "b/x.yaml").write_text("apiVersion: mscode/v1\n")
    top.commit()
    monkeypatch.chdir(below.root)
    assert below.changes() == {"b": "changed"}
    shutil.rmtree(below.root / "b")
    text = below.project("a", name="other")
    assert text.exists()
    top.commit()
    commands = {entry["path"]: entry["command"] for entry in below.removed("HEAD~2")}
    assert commands["b"].startswith("git restore --source=") and commands["b"].endswith(
        "-- b && mscode --env sandbox destroy b"
    )
    assert "git worktree add --detach ../a-" in commands["a"] and commands["a"].endswith("/campaigns/a")


@pytest.mark.parametrize("ref", ["no-such-branch", "--output=x", "HEAD~99", "", "a b", "\x1b[31m", "HEAD:fleet.yaml"])
def test_a_commit_that_is_not_there(repository: Repository, ref: str) -> None:
    ended = repository.cli("fleet", "list", f"--changed-since={ref}")
    if ref == "":  # as where it was not given
        assert ended.code == 0
        return
    assert ended.code == 64
    assert "fetch-depth: 0" in ended.err and "\x1b" not in ended.err
    assert not (repository.root / "x").exists()


def test_no_repository_and_no_git(fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fleet.project("a")
    fleet.write([{"path": "a"}])
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    ended = fleet.cli("fleet", "list", "--changed-since", "main")
    assert ended.code == 1 and "--changed-since needs a repository of git" in ended.err
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = fleet.cli("fleet", "list", "--changed-since", "main")
    assert ended.code == 1 and "git, which is not installed" in ended.err


def test_a_comparison_starts_no_program_and_passes_on_no_token(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path.parent / f"{tmp_path.name}-trap"
    program = tmp_path.parent / f"{tmp_path.name}-program"
    program.write_text(f"#!/bin/sh\nenv > {trap}\n")
    program.chmod(0o755)
    for name in ("core.fsmonitor", "diff.external", "diff.x.textconv", "diff.x.command", "core.pager"):
        repository.git("config", name, str(program))
    (repository.root / ".gitattributes").write_text("* diff=x\n")
    (repository.root / "clients/a/groups.yaml").write_text("apiVersion: mscode/v1\n")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(program))
    seen = []
    ask = subprocess.run
    monkeypatch.setattr(git_module.subprocess, "run", lambda *a, **more: seen.append(more["env"]) or ask(*a, **more))
    monkeypatch.setenv("TOKEN_A", "t0ken")
    assert repository.changes("HEAD") == {"clients/a": "changed"}
    assert not trap.exists()
    assert seen and not any("t0ken" in environment.values() for environment in seen)


# ---- removed projects ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("fleet") / "sandbox.db") as service:
        yield service


@pytest.fixture
def service(served: Service) -> Service:
    served.start_over(MONDAY)
    return served


def _applied(repository: Repository, service: Service, monkeypatch: pytest.MonkeyPatch) -> Ended:
    """Client `b` has a launched campaign."""
    account = {"url": service.url, "settleSeconds": 0}
    folder = repository.project("clients/b", production=account)
    (repository.root / ".gitignore").write_text(".mscode/\n")
    (folder / "groups.yaml").write_text(json.dumps(drive()))
    repository.commit()
    monkeypatch.setenv("MSCODE_TOKEN", service.token)
    ended = repository.cli("--env", "production", "apply", "clients/b", "--auto-approve", "--allow-launch")
    assert ended.code == 0, ended.err
    monkeypatch.delenv("MSCODE_TOKEN")
    return ended


def _run(repository: Repository, command: str, monkeypatch: pytest.MonkeyPatch, token: str) -> Ended:
    """Type a command that takes a project down; the project's files are brought back by git first."""
    for part in command.split(" && "):
        words = shlex.split(part)
        if words[0] in ("git", "cp"):
            subprocess.run(words, cwd=repository.root, check=True, capture_output=True)
    assert words[:2] == ["MSCODE_TOKEN=$TOKEN_B", "mscode"]
    monkeypatch.setenv("MSCODE_TOKEN", token)
    ended = repository.cli(*words[2:], *(["--auto-approve"] if "destroy" in words else []))
    monkeypatch.delenv("MSCODE_TOKEN")
    assert ended.code == 0, ended.err
    return ended


def test_a_removed_project_is_listed_with_what_it_has_live_and_taken_down_by_the_command(
    repository: Repository, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    _applied(repository, service, monkeypatch)
    base = repository.git("rev-parse", "HEAD")
    repository.git("rm", "-rq", "clients/b")  # the state stays, as git ignores it; in CI it lies elsewhere
    repository.commit()

    ended = repository.cli("fleet", "list", "--changed-since", "HEAD~1")
    assert "What it still has live is not known: TOKEN_B, which holds its token, is not set." in ended.out

    monkeypatch.setenv("TOKEN_B", service.token)
    service.forget_requests()
    (removed,) = repository.removed()
    assert service.requests(writes=True) == []
    live = removed.pop("live")
    assert live.pop("rsvpCalls") == 1 and sum(live.values()) > 1
    command = (
        f'git restore --source={base} -- clients/b && MSCODE_TOKEN="$TOKEN_B" mscode --env production destroy clients/b'
    )
    assert removed == {
        "path": "clients/b",
        "project": "b",
        "environment": "production",
        "token": "TOKEN_B",
        "calling": 1,
        "reason": "",
        "command": command,
    }
    ended = repository.cli("fleet", "list", "--changed-since", "HEAD~1")
    assert "clients/b was removed from the fleet (project b, environment production)." in ended.out
    assert re.search(r"It still has live: .*1 RSVP call, .*; 1 of them may still reach people\.\n", ended.out)
    assert f"  To take it down: {command}\n" in ended.out
    assert service.token not in ended.out + ended.err
    for shape in ("github", "gitlab"):
        ended = repository.cli("fleet", "list", "--changed-since", "HEAD~1", "--format", shape)
        assert "clients/b" not in ended.out and "clients/b was removed from the fleet" in ended.err

    _run(repository, command, monkeypatch, service.token)
    assert service.get("/rsvp_calls") == []
    repository.git("clean", "-fdq", "clients/b")
    (removed,) = repository.removed()
    assert (removed["live"], removed["calling"], removed["reason"]) == ({}, 0, "")
    ended = repository.cli("fleet", "list", "--changed-since", "HEAD~1")
    assert "It has nothing live." in ended.out and "To take it down" not in ended.out


def test_what_only_the_marks_tell_is_halted(
    repository: Repository, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    _applied(repository, service, monkeypatch)
    shutil.rmtree(repository.root / "clients/b")  # with its state
    repository.commit()
    monkeypatch.setenv("TOKEN_B", service.token)
    (removed,) = repository.removed()
    assert (removed["live"], removed["calling"]) == ({"rsvpCalls": 1}, 1)
    assert removed["reason"].startswith("its state is not there")
    _run(repository, removed["command"], monkeypatch, service.token)
    assert service.campaign()["state"] == "halt"
    shutil.rmtree(repository.root / "clients/b")
    (removed,) = repository.removed()
    assert (removed["live"], removed["calling"]) == ({"rsvpCalls": 1}, 0)


def test_a_project_that_fleet_yaml_names_no_more_is_removed_although_its_folder_is_there(
    repository: Repository, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    _applied(repository, service, monkeypatch)
    repository.write([{**CLIENTS, "path": "clients/a"}, {"path": "pilot"}])
    repository.commit()
    commands = {entry["path"]: entry["command"] for entry in repository.removed()}
    assert commands == {
        f"clients/{name}": f'MSCODE_TOKEN="$TOKEN_{name.upper()}" mscode --env production destroy clients/{name}'
        for name in ("b", "b2")
    }


@pytest.mark.parametrize(
    ("hosts", "text", "reason"),
    [
        ("api.example.com", "", "is not among the hosts of MSCODE_ALLOWED_HOSTS"),
        ("", "project: [", "A value is missing here"),
    ],
)
def test_why_it_is_not_known_what_is_live(
    repository: Repository, service: Service, monkeypatch: pytest.MonkeyPatch, hosts: str, text: str, reason: str
) -> None:
    repository.project("clients/b", text=text, production={"url": service.url})
    repository.commit()
    shutil.rmtree(repository.root / "clients/b")
    repository.commit()
    monkeypatch.setenv("TOKEN_B", service.token)
    if hosts:
        monkeypatch.setenv("MSCODE_ALLOWED_HOSTS", hosts)
    service.forget_requests()
    (removed,) = repository.removed()
    assert removed["live"] is None
    assert service.requests() == []
    assert reason in removed["reason"]


# ---- jobs ------------------------------------------------------------------------------------------------------------


def _included(ended: Ended) -> list[dict[str, Any]]:
    assert ended.code == 0, ended.err
    assert ended.out.count("\n") == 1 and ended.out.startswith('{"include": [')
    return ended.json["include"]  # type: ignore[no-any-return]


def test_a_matrix_for_github(fleet: FleetFolder) -> None:
    for path in ("clients/a", "clients/b", "clients/c", "pilot"):
        fleet.project(path)
    fleet.write([CLIENTS, {"path": "pilot"}])
    assert _included(fleet.cli("fleet", "list", "--format", "github", "--shards", "2")) == [
        {"shard": "1/2", "index": 1, "projects": ["clients/a", "clients/c"], "tokens": ["TOKEN_A", "TOKEN_C"]},
        {"shard": "2/2", "index": 2, "projects": ["clients/b", "pilot"], "tokens": ["TOKEN_B"]},
    ]
    every = _included(fleet.cli("fleet", "list", "--format", "github"))
    assert [job["projects"] for job in every] == [["clients/a"], ["clients/b"], ["clients/c"], ["pilot"]]
    few = _included(fleet.cli("fleet", "list", "--format", "github", "--shards", "9"))
    assert [job["shard"] for job in few] == ["1/9", "2/9", "3/9", "4/9"]


@pytest.mark.parametrize("options", [(), ("--shards", "256"), ("--shards", "1000"), ("--shards", "40")])
def test_three_hundred_projects_are_at_most_256_jobs_each_project_once(
    fleet: FleetFolder, options: tuple[str, ...]
) -> None:
    paths = [f"clients/town-{number:03}" for number in range(300)]
    for path in paths:
        fleet.project(path)
    fleet.write([CLIENTS])
    jobs = _included(fleet.cli("fleet", "list", "--format", "github", *options))
    assert len(jobs) == (40 if "40" in options else 256)
    assert sorted(path for job in jobs for path in job["projects"]) == paths
    assert sorted(token for job in jobs for token in job["tokens"]) == [f"TOKEN_TOWN_{n:03}" for n in range(300)]
    assert max(len(job["tokens"]) for job in jobs) <= 8


def test_a_job_of_more_tokens_than_the_workflow_hands_over_is_said(fleet: FleetFolder) -> None:
    for number in range(20):
        fleet.project(f"clients/{number}")
    fleet.write([CLIENTS])
    ended = fleet.cli("fleet", "list", "--format", "github", "--shards", "2")
    assert "A job would need 10 tokens." in ended.err and "use --shards 3 or more" in ended.err
    assert "tokens" not in fleet.cli("fleet", "list", "--format", "github", "--shards", "3").err


def test_no_job_where_nothing_has_changed(repository: Repository) -> None:
    ended = repository.cli("fleet", "list", "--changed-since", "HEAD", "--format", "github")
    assert (ended.code, ended.out) == (0, '{"include": []}\n')
    pipeline = _pipeline(repository.cli("fleet", "list", "--changed-since", "HEAD", "--format", "gitlab"))
    assert list(pipeline) == ["stages", "nothing to plan"]


def _pipeline(ended: Ended) -> dict[str, Any]:
    assert ended.code == 0, ended.err
    return YAML(typ="safe", pure=True).load(ended.out)  # type: ignore[no-any-return]


def test_a_pipeline_for_gitlab(repository: Repository) -> None:
    repository.project("clients/it's $HOME", name="odd")
    commit = repository.git("rev-parse", "HEAD")
    (repository.root / "shared.vars.yaml").write_text("city: Vantaa\n")
    pipeline = _pipeline(
        repository.cli(
            *("fleet", "list", "--changed-since", "main", "--format", "gitlab", "--shards", "3"),
            *("--include", ".gitlab/fleet.yml"),
        )
    )
    plans = ["plan 1/3", "plan 2/3", "plan 3/3"]
    pilot, rest = ["apply wave 1 1/1"], ["apply wave 2 1/3", "apply wave 2 2/3", "apply wave 2 3/3"]
    assert list(pipeline) == ["include", "stages", *plans, "merge", "approve", *pilot, *rest]
    assert pipeline["stages"] == ["plan", "merge", "approve", "apply wave 1", "apply wave 2"]
    assert pipeline["include"] == [{"local": ".gitlab/fleet.yml"}]
    first = pipeline["plan 1/3"]
    assert first["script"] == [f"mscode --no-input fleet plan --shard 1/3 --changed-since {commit} --out plans/1"]
    assert first["variables"] == {
        "FLEET_PROJECTS": "clients/a clients/it's $$HOME",
        "FLEET_TOKENS": "TOKEN_A TOKEN_IT_S__HOME",
    }
    assert first["environment"] == {"name": "fleet/shard-1", "action": "prepare"}
    code, comment, end = pipeline["merge"]["script"]
    assert code == "code=0; mscode --no-input fleet merge plans/1 plans/2 plans/3 --out merged || code=$?"
    assert "mscode --no-input comment --forge gitlab --plan merged" in comment and end == "exit $code"
    assert pipeline["approve"]["rules"][0]["when"] == "manual" and pipeline["approve"]["allow_failure"] is False
    last = pipeline["apply wave 2 3/3"]
    assert last["script"] == ["mscode --no-input fleet apply merged --wave 2 --shard 3/3 --allow-launch"]
    assert last["rules"] == [{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}]
    alone = _pipeline(repository.cli("fleet", "list", "--format", "gitlab"))
    names = [job["environment"]["name"] for name, job in alone.items() if name.startswith("plan ")]
    assert names == [
        "fleet/clients/a",
        "fleet/clients/b",
        "fleet/clients/b2",
        "fleet/clients/it-s -HOME-f7b44a99",
        "fleet/pilot",
    ]


def test_the_pipeline_works_where_the_list_was_made(repository: Repository) -> None:
    below = os.path.relpath(repository.root, Path.cwd().parent)
    os.chdir("..")
    pipeline = _pipeline(
        repository.cli("-C", below, "--env", "production", "fleet", "list", "--format", "gitlab", "--wave", "2")
    )
    assert pipeline["plan 1/3"]["script"] == [
        f"mscode --no-input -C {below} --env production fleet plan --shard 1/3 --wave 2 --out plans/1"
    ]
    assert pipeline["plan 1/3"]["artifacts"]["paths"] == [f"{below}/plans/1/"]


def test_shards_beside_the_projects(fleet: FleetFolder) -> None:
    for path in ("a", "b", "c"):
        fleet.project(path)
    fleet.write([{"path": "*"}])
    ended = fleet.cli("fleet", "list", "--shards", "2")
    assert [line.split()[-1] for line in ended.out.splitlines()[:4]] == ["SHARD", "1/2", "2/2", "1/2"]
    assert [shard["projects"] for shard in fleet.cli("fleet", "list", "--shards", "2", "--json").json["shards"]] == [
        ["a", "c"],
        ["b"],
    ]


@pytest.mark.parametrize("options", [("--shards", "0"), ("--wave", "0"), ("--format", "xml"), ("--shards", "-1")])
def test_options_that_make_no_sense(fleet: FleetFolder, options: tuple[str, ...]) -> None:
    fleet.project("a")
    fleet.write([{"path": "a"}])
    assert fleet.cli("fleet", "list", *options).code == 64


def test_a_project_of_another_name_in_its_folder_is_taken_down_with_its_local_state(
    repository: Repository, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    _applied(repository, service, monkeypatch)
    file = repository.root / "clients/b/mscode.yaml"
    file.write_text(file.read_text().replace('"project": "b"', '"project": "other"'))
    repository.commit()
    monkeypatch.setenv("TOKEN_B", service.token)
    (removed,) = repository.removed()
    assert removed["calling"] == 1
    _run(repository, removed["command"], monkeypatch, service.token)
    assert service.get("/rsvp_calls") == []


def test_what_a_project_left_in_another_environment_is_listed_and_taken_down(
    repository: Repository, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    _applied(repository, service, monkeypatch)
    monkeypatch.setenv("TOKEN_B", service.token)
    repository.write([{**CLIENTS, "path": "clients/a"}, {"path": "clients/b"}, {"path": "pilot"}])
    repository.commit()
    assert repository.changes()["clients/b"] == "changed"
    (removed,) = (entry for entry in repository.removed() if entry["path"] == "clients/b")
    assert (removed["environment"], removed["calling"]) == ("production", 1)
    assert removed["command"] == 'MSCODE_TOKEN="$TOKEN_B" mscode --env production destroy clients/b'
    _run(repository, removed["command"], monkeypatch, service.token)
    assert service.get("/rsvp_calls") == []


def test_a_project_that_has_left_its_sandbox_has_left_nothing_there(repository: Repository) -> None:
    repository.write([CLIENTS, {"path": "pilot", "environment": "production"}])
    assert repository.changes("HEAD")["pilot"] == "changed"
    assert repository.removed("HEAD") == []


def test_no_two_projects_have_one_environment_of_gitlab(repository: Repository) -> None:
    for path in ("clients/ähtäri", "clients/öhtöri", "clients/a:b", "clients/a;b", "clients/" + "x" * 250):
        repository.project(path, name="p")
    repository.project("shard-1")
    repository.write([CLIENTS | {"token": {"env": "TOKEN"}}, {"path": "shard-1"}])
    pipeline = _pipeline(repository.cli("fleet", "list", "--format", "gitlab"))
    names = [
        job["environment"]["name"] for job in pipeline.values() if isinstance(job, dict) and job.get("stage") == "plan"
    ]
    assert len(names) == len(set(names)) == 9
    assert "fleet/clients/a" in names and "fleet/shard-1" not in names
    assert all(re.fullmatch(r"[\w/ .-]{1,255}", name, re.ASCII) for name in names)
