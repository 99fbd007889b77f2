from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mscode.cli.app import run
from tests.acceptance.campaigns import MONDAY, Manifest, drive
from tests.acceptance.service import Direct, Json, Service, running


@dataclass(frozen=True)
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Json:
        return json.loads(self.out)

    @property
    def events(self) -> list[Json]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def said(self) -> str:
        return self.out + self.err


class World:
    """A project in a folder of its own, the service it goes to, and the command line between them."""

    def __init__(self, folder: Path, service: Service, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.service, self._capsys = folder, service, capsys
        self.write_project()

    # The project

    def write_project(self, service: Mapping[str, Any] | None = None, **more: Any) -> None:
        """`service` is how the service reads the API's page; `more` are further top-level keys, for example guards."""
        environment = {"url": self.service.url, "token": {"env": "ACCEPTANCE_TOKEN"}, "settleSeconds": 0}
        environment |= {"service": service} if service else {}
        project = {
            "apiVersion": "mscode/v1",
            "project": "drive",
            "timezone": "Europe/Helsinki",
            "defaultEnvironment": "test",
            "environments": {"test": environment},
            **more,
        }
        (self.folder / "mscode.yaml").write_text(json.dumps(project, indent=1))

    def write(self, manifest: Manifest, name: str = "all.yaml") -> None:
        """JSON is YAML too, and a manifest in Python is easy to edit."""
        (self.folder / name).write_text(json.dumps(manifest, indent=1))

    # The command line

    def cli(self, *arguments: str | Path) -> Ended:
        self._capsys.readouterr()
        code = run([str(one) for one in arguments])
        said = self._capsys.readouterr()
        return Ended(code, said.out, said.err)

    def look(self, *arguments: str | Path) -> Ended:
        """A command that must send nothing but GET."""
        self.service.forget_requests()
        ended = self.cli(*arguments)
        assert self.service.requests(writes=True) == []
        return ended

    def plan(self, *options: str) -> Ended:
        return self.cli("plan", self.folder, *options)

    def apply(self, *options: str) -> Ended:
        return self.cli("apply", self.folder, "--auto-approve", *options)

    def launch(self, *options: str) -> Ended:
        return self.apply("--allow-launch", *options)

    def destroy(self, *options: str) -> Ended:
        return self.cli("destroy", self.folder, "--auto-approve", *options)

    def launched(self, manifest: Manifest) -> None:
        """The manifest is applied, its campaign launched."""
        self.write(manifest)
        ended = self.launch()
        assert ended.code == 0, ended.said

    def changes(self, *options: str) -> dict[str, tuple[list[str], list[str]]]:
        """What a plan would do: address -> (actions, effects)."""
        found = self.plan("--json", *options).json["resource_changes"]
        return {
            one["address"]: (one["change"]["actions"], one["effects"])
            for one in found
            if one["change"]["actions"] != ["no-op"] or one["effects"]
        }

    def checks(self, name: str, *options: str) -> list[dict[str, Any]]:
        """What a plan says by one guard or rule."""
        return [check for check in self.plan("--json", *options).json["checks"] if check["name"] == name]

    def lose_state(self) -> None:
        """And the records, which lie beside it."""
        shutil.rmtree(self.folder / ".mscode" / "test")

    # What must hold

    def holds_the_law(self) -> None:
        """An apply that ended with 0 leaves nothing to plan, and looking changes nothing."""
        self.service.forget_requests()
        ended = self.plan("--detailed-exitcode")
        assert ended.code == 0, ended.said
        assert "No changes. Your campaigns match the live account." in ended.out
        assert self.service.requests(writes=True) == []

    def state_entries(self) -> dict[str, str]:
        """Address -> id."""
        listed = self.cli("state", "list", self.folder, "--json").json
        return {one["address"]: one["id"] for one in listed}


@pytest.fixture(autouse=True)
def _no_variables_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("MSCODE_")] + ["CI", "NO_COLOR", "FORCE_COLOR"]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("service") / "sandbox.db") as service:
        yield service


@pytest.fixture
def service(served: Service) -> Service:
    """An empty account on a Monday morning."""
    served.start_over(MONDAY)
    return served


@pytest.fixture
def world(
    tmp_path: Path, service: Service, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> World:
    monkeypatch.setenv("ACCEPTANCE_TOKEN", service.token)
    monkeypatch.setattr("mscode.http.sender.network", partial(Direct, service))
    folder = tmp_path / "project"
    folder.mkdir()
    return World(folder, service, capsys)


@pytest.fixture
def launched(world: World) -> World:
    """A campaign that was launched and waits for its start."""
    world.launched(drive())
    world.service.forget_requests()
    return world
