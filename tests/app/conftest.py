"""Workflows over a project with the embedded emulator: no command line, and no process's environment."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from mscode.app.apply import run_apply
from mscode.app.approval import ApplyOptions
from mscode.app.drift import DriftWorkspace
from mscode.app.environment import open_client
from mscode.app.invocation import Invocation
from mscode.app.new_project import create_project
from mscode.app.reporting import TextReporter
from mscode.app.workspace import Workspace, load_environment, load_work
from mscode.model.kind import registry
from mscode.plan.change import Plan
from mscode.plan.drift.accept import Refreshed
from mscode.plan.events import Event
from mscode.plan.inputs import Options
from tests.demo_project import PROJECT

INVITE = "rsvpCalls.invite"


@dataclass(frozen=True)
class ProjectFolder:
    """The project that `mscode init` writes, and the account of its embedded emulator."""

    folder: Path
    inv: Invocation

    def live(self, section: str = "rsvpCalls") -> list[dict[str, Any]]:
        """The objects of a section, as the service shows each by its id."""
        environment = load_environment(self.inv, self.folder)
        kind = registry()[section]
        path = environment.paths[kind.collection]
        with open_client(environment) as client:
            rows = client.list(path, what=section)
            pages = [client.find(f"{path}/{row[kind.id_field]}", what=section) for row in rows]
        return [page for page in pages if page is not None]

    def edit(self, before: str, after: str) -> None:
        """Write the manifest with one text for another."""
        file = self.folder / "campaign.yaml"
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after))

    def change(self, body: dict[str, Any], section: str, number: int = 0) -> None:
        """Somebody else changes an object of a section in the live account."""
        environment = load_environment(self.inv, self.folder)
        kind = registry()[section]
        path = environment.paths[kind.collection]
        with open_client(environment) as client:
            row = client.list(path, what=section)[number]
            client.put(f"{path}/{row[kind.id_field]}", row | body, what=section)


@dataclass
class Recorder:
    """A reporter that keeps what it is handed."""

    notes: list[str] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    taken: list[Refreshed] = field(default_factory=list)

    def begin(self) -> None:
        return

    def note(self, text: str) -> None:
        self.notes.append(text)

    def plan(self, workspace: Workspace, plan: Plan) -> None:
        self.plans.append(plan)

    @contextmanager
    def following(self, workspace: Workspace) -> Iterator[Callable[[Event], None]]:
        yield self.events.append

    def refresh(self, workspace: DriftWorkspace, plan: Plan) -> None:
        self.plans.append(plan)

    def refreshed(self, new: Refreshed) -> None:
        self.taken.append(new)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def answering(inv: Invocation, *answers: str) -> Invocation:
    """The same with a person at a terminal, who gives these answers one after the other, and then is gone."""
    rest = iter(answers)
    return replace(inv, can_ask=True, read_answer=lambda: next(rest, None))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two environments and one group."""
    (tmp_path / "mscode.yaml").write_text(PROJECT)
    (tmp_path / "groups.yaml").write_text("apiVersion: mscode/v1\ngroups:\n  donors: {description: Donors}\n")
    return tmp_path


@pytest.fixture
def inv() -> Invocation:
    return Invocation(variables={})


@pytest.fixture
def workspace(tmp_path: Path, inv: Invocation) -> ProjectFolder:
    _create(tmp_path)
    return ProjectFolder(tmp_path, inv)


@pytest.fixture(scope="session")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project that is applied; for copies alone."""
    folder = tmp_path_factory.mktemp("applied")
    _create(folder)
    inv, answers = Invocation(variables={}), ApplyOptions(auto_approve=True, allow_launch=True)
    outcome = run_apply(lambda: load_work(inv, folder, Options()), inv, answers, TextReporter(inv))
    assert outcome.exit_code == 0
    return folder


def _create(folder: Path) -> None:
    create_project(folder)
    file = folder / "mscode.yaml"
    file.write_text(file.read_text().replace('    url: "sandbox:"', '    settleSeconds: 0\n    url: "sandbox:"'))


@pytest.fixture
def launched(applied: Path, tmp_path: Path, inv: Invocation) -> ProjectFolder:
    """A project that is applied; its campaign waits for Monday."""
    shutil.copytree(applied, tmp_path, dirs_exist_ok=True)
    return ProjectFolder(tmp_path, inv)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What was told on stderr since it was last asked."""
    return lambda: capsys.readouterr().err
