"""Killed at any point of a run whose records lie on a state server, around each of its requests too, and applied again."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from mscode.http.state_client import StateClient
from mscode.sandbox.store import Store
from mscode.state.records.copies import read_copy, save_copy
from mscode.state.records.http import HttpRecords
from mscode.state.records.local import records_folder
from tests.acceptance.service import Service
from tests.crash import process
from tests.crash.known_open import KNOWN_OPEN
from tests.crash.process import killed_at, points_of
from tests.faults import bench as bench_module
from tests.faults.bench import Bench, World
from tests.faults.conftest import Elsewhere
from tests.faults.project import SCENES, Scene, write_project
from tests.state.state_server import Kept, state_server

#: How many points of each scene are killed by `make test`; by `make torture` those around every request to the server.
SAMPLE = {"make": 1, "send": 1}


class RemoteBench(Bench):
    """A bench whose projects have their records on a state server, `kept`. What it looks at in the folder is put there for it."""

    _undisturbed: Mapping[str, World] = {}
    _bases: Mapping[tuple[str, str], tuple[Path, tuple[Store, str]]] = {}
    _documents: Mapping[str, Mapping[str, bytes]] = {}

    kept: Kept
    address: str

    def prepare(self, scene: Scene) -> Path:
        """The server has what it had after the scene's base, too."""
        is_new = (self.service.url, scene.name) not in self._bases
        if is_new:
            self.kept.documents.clear()
            self._base(scene)
            type(self)._documents = {**self._documents, scene.name: dict(self.kept.documents)}
        self.kept.documents = dict(self._documents[scene.name])
        return super().prepare(scene)

    def _refuse_unrecorded(self, project: Path) -> None:
        with self._in_folder(project):
            super()._refuse_unrecorded(project)

    def _refuse_rings_without_record(self, project: Path) -> None:
        with self._in_folder(project):
            super()._refuse_rings_without_record(project)

    @contextmanager
    def _in_folder(self, project: Path) -> Iterator[None]:
        folder = records_folder(project / ".mscode" / "test")
        assert not folder.exists()
        if documents := read_copy(HttpRecords(StateClient(), self.address, "POST", "")):
            save_copy(documents, folder)
        yield
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def records_server() -> Iterator[tuple[str, Kept]]:
    with state_server() as served_at:
        yield served_at


@pytest.fixture
def remote_bench(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    service: Service,
    elsewhere: Elsewhere,
    pace: dict[str, float],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    records_server: tuple[str, Kept],
) -> RemoteBench:
    url, kept = records_server
    address = f"{url}/records"

    def write_remote_project(folder: Path, service_url: str) -> None:
        write_project(folder, service_url)
        project = json.loads((folder / "mscode.yaml").read_text())
        project["environments"]["test"]["state"] = {"records": address}
        (folder / "mscode.yaml").write_text(json.dumps(project))

    monkeypatch.setenv("ACCEPTANCE_TOKEN", service.token)
    monkeypatch.setattr(bench_module, "write_project", write_remote_project)
    monkeypatch.setattr(process, "_counted", _COUNTED)
    bench = RemoteBench(tmp_path, tmp_path_factory.mktemp, service, elsewhere, pace, capsys)
    bench.kept, bench.address = kept, address
    return bench


#: The points of each scene with its records on the server.
_COUNTED: dict[str, list[str]] = {}


def around_records(bench: RemoteBench, scene: Scene) -> list[int]:
    """The points around the writes to the server of the records, and those right before what lets something ring is sent."""
    points = points_of(bench, scene)
    writes = [
        at for at, label in enumerate(points, 1) if label.startswith(("before POST /records", "after POST /records"))
    ]
    following = [at + 1 for at in writes if at < len(points)]
    return sorted({at for at in (*writes, *following) if f"{scene.name}: {points[at - 1]}" not in KNOWN_OPEN})


@pytest.mark.parametrize(("name", "part"), [(name, part) for name, count in SAMPLE.items() for part in range(count)])
def test_a_run_that_is_killed_around_its_records_is_made_whole(remote_bench: RemoteBench, name: str, part: int) -> None:
    scene = SCENES[name]
    points = around_records(remote_bench, scene)
    wide = len(points) // SAMPLE[name]
    killed_at(remote_bench, scene, points[part * wide + random.Random(f"{name} {part}").randrange(wide)])


@pytest.mark.torture
@pytest.mark.parametrize("name", SCENES)
def test_every_point_around_the_records_can_be_the_last(remote_bench: RemoteBench, name: str) -> None:
    scene = SCENES[name]
    for at in around_records(remote_bench, scene):
        killed_at(remote_bench, scene, at)
