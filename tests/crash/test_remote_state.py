"""Killed at any point of a run whose state lies on a server with a journal beside it, and applied again, also from elsewhere."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from mscode.sandbox.store import Store
from mscode.state.remote import journal
from tests.acceptance.service import Service
from tests.crash import process
from tests.crash.known_open import KNOWN_OPEN
from tests.crash.process import killed_at, points_of
from tests.crash.test_remote_records import RemoteBench
from tests.faults import bench as bench_module
from tests.faults.bench import Ended, World
from tests.faults.conftest import Elsewhere
from tests.faults.project import SCENES, Scene, write_project
from tests.state.state_server import Kept, state_server

#: How many points of each scene are killed by `make test`; by `make torture` all around a request to the state, on both machines.
SAMPLE = {"make": 1, "send": 1}
#: The points of each scene.
_COUNTED: dict[str, list[str]] = {}


class RemoteStateBench(RemoteBench):
    """A bench whose projects have state and records on a server. `is_moved`: who goes on has nothing of the machine that died."""

    _undisturbed: Mapping[str, World] = {}
    _bases: Mapping[tuple[str, str], tuple[Path, tuple[Store, str]]] = {}
    _documents: Mapping[str, Mapping[str, bytes]] = {}
    is_moved = False

    def survives(
        self, scene: Scene, disturb: Callable[[Path], list[Ended]], *, has_yes: bool, beyond: bool = False
    ) -> None:
        """The lock of the killed run is broken by a person."""

        def disturb_and_move(project: Path) -> list[Ended]:
            ended = disturb(project)
            self.kept.locks.clear()
            if self.is_moved:
                shutil.rmtree(project / ".mscode", ignore_errors=True)
            return ended

        super().survives(scene, disturb_and_move, has_yes=has_yes, beyond=beyond)

    @contextmanager
    def _in_folder(self, project: Path) -> Iterator[None]:
        """The state, too."""
        with super()._in_folder(project):
            copy = project / ".mscode" / "test" / "state.json"
            copy.parent.mkdir(parents=True, exist_ok=True)
            pulled = self._cli("state", "pull", project)
            assert pulled.code == 0, pulled.said
            copy.write_text(pulled.out)
            yield
            copy.unlink()


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Kept]]:
    with state_server() as served_at:
        yield served_at


@pytest.fixture
def state_bench(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    service: Service,
    elsewhere: Elsewhere,
    pace: dict[str, float],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    server: tuple[str, Kept],
) -> RemoteStateBench:
    url, kept = server

    def write_remote_project(folder: Path, service_url: str) -> None:
        write_project(folder, service_url)
        project = json.loads((folder / "mscode.yaml").read_text())
        project["environments"]["test"]["state"] = {"backend": "http", "address": f"{url}/state"}
        (folder / "mscode.yaml").write_text(json.dumps(project))

    monkeypatch.setenv("ACCEPTANCE_TOKEN", service.token)
    monkeypatch.setenv("CRASH_JOURNAL", "1")
    monkeypatch.setattr(journal, "SHORT", 0)
    monkeypatch.setattr(bench_module, "write_project", write_remote_project)
    monkeypatch.setattr(process, "_counted", _COUNTED)
    bench = RemoteStateBench(tmp_path, tmp_path_factory.mktemp, service, elsewhere, pace, capsys)
    bench.kept, bench.address = kept, f"{url}/state-records"
    return bench


def around_state(bench: RemoteStateBench, scene: Scene) -> list[int]:
    """The points around the requests for document, journal and lock, and right after each."""
    points = points_of(bench, scene)
    requests = [at for at, label in enumerate(points, 1) if label.split()[-1] in ("/state", "/state-journal")]
    around = {at for place in requests for at in (place, place + 1) if at <= len(points)}
    return sorted(at for at in around if f"{scene.name}: {points[at - 1]}" not in KNOWN_OPEN)


@pytest.mark.parametrize("is_moved", [False, True], ids=["here", "elsewhere"])
@pytest.mark.parametrize(("name", "part"), [(name, part) for name, count in SAMPLE.items() for part in range(count)])
def test_a_run_that_is_killed_around_its_state_is_made_whole(
    state_bench: RemoteStateBench, name: str, part: int, is_moved: bool
) -> None:
    points = around_state(state_bench, SCENES[name])
    assert "before POST /state-journal" in points_of(state_bench, SCENES[name])
    wide = len(points) // SAMPLE[name]
    state_bench.is_moved = is_moved
    drawn = random.Random(f"{name} {part} {is_moved}").randrange(wide)
    killed_at(state_bench, SCENES[name], points[part * wide + drawn])


@pytest.mark.torture
@pytest.mark.parametrize("is_moved", [False, True], ids=["here", "elsewhere"])
@pytest.mark.parametrize("name", SCENES)
def test_every_point_around_the_state_can_be_the_last(state_bench: RemoteStateBench, name: str, is_moved: bool) -> None:
    state_bench.is_moved = is_moved
    for at in around_state(state_bench, SCENES[name]):
        killed_at(state_bench, SCENES[name], at)
