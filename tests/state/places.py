"""Each backend as a place where two clones of one project may keep their state, chosen by mscode.yaml alone."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mscode.app.environment import Environment, resolve
from mscode.app.state_backend import backend_of
from mscode.manifest.project.file import load_project
from mscode.state.backend import Backend, Lock
from mscode.state.store import StateStore
from tests.state.samples import ENVIRONMENT, PROJECT, URL
from tests.state.state_server import state_server

VARIABLES = {"MSCODE_TOKEN": "token"}


@dataclass
class Place:
    """`clone(name)` is a folder with mscode.yaml; `local` has but one, since its state does not leave the folder."""

    name: str
    root: Path
    settings: str
    writes: Callable[[], int]
    url: str = URL

    @property
    def remote(self) -> bool:
        return self.name != "local"

    def clone(self, name: str = "a") -> Path:
        folder = self.root / (name if self.remote else "a")
        folder.mkdir(exist_ok=True)
        (folder / "mscode.yaml").write_text(
            f"apiVersion: mscode/v1\nproject: {PROJECT}\nenvironments:\n"
            f"  {ENVIRONMENT}: {{url: '{self.url}', state: {self.settings}}}\n"
        )
        return folder

    def environment(self, name: str = "a") -> Environment:
        folder = self.clone(name)
        return resolve(load_project(folder), folder, ENVIRONMENT, VARIABLES, hide_token=str)

    def backend(self, name: str = "a") -> Backend:
        return backend_of(self.environment(name))

    def read(self, name: str = "a") -> StateStore:
        return StateStore.read(self.backend(name).storage(), PROJECT, ENVIRONMENT, self.url)

    def open(self, name: str = "a", operation: str = "apply") -> Held:
        backend = self.backend(name)
        lock = backend.lock(operation)
        lock.acquire()
        store = StateStore.open(backend.storage(), PROJECT, ENVIRONMENT, self.url, backend=backend, lock=lock)
        return Held(backend, lock, store)

    @contextmanager
    def held(self, name: str = "a") -> Iterator[StateStore]:
        held = self.open(name)
        try:
            with held.store:
                yield held.store
        finally:
            held.lock.release()


@dataclass
class Held:
    """An open state and its lock; `crash` leaves both as a killed process would, but for the OS's own lock."""

    backend: Backend
    lock: Lock
    store: StateStore


def local(root: Path) -> Iterator[Place]:
    yield Place("local", root, "{backend: local}", lambda: 0)


def http(root: Path) -> Iterator[Place]:
    with state_server() as (url, kept):
        yield Place("http", root, f"{{backend: http, address: '{url}/states/one'}}", lambda: kept.count("POST"))


def gitlab(root: Path) -> Iterator[Place]:
    with state_server() as (url, kept):
        address = f"{url}/api/v4/projects/1/terraform/state/one"
        writes = lambda: sum(m == "POST" and not path.endswith("/lock") for m, path, _ in kept.asked)  # noqa: E731
        yield Place("gitlab", root, f"{{backend: gitlab, address: '{address}'}}", writes)


_buckets = 0


def bucket(root: Path, endpoint: str) -> Iterator[Place]:
    """A bucket of its own on moto's server; writes are counted as versions of the document and of its journal."""
    import boto3

    global _buckets  # noqa: PLW0603
    _buckets += 1
    name = f"states-{os.getpid()}-{_buckets}"
    client = boto3.client("s3", endpoint_url=endpoint)
    client.create_bucket(Bucket=name)
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})

    def writes() -> int:
        found = client.list_object_versions(Bucket=name, Prefix="team/state.json").get("Versions", [])
        return sum(version["Key"] in ("team/state.json", "team/state.json.journal") for version in found)

    settings = {"backend": "object", "url": f"s3://{name}/team/state.json", "region": "us-east-1", "endpoint": endpoint}
    yield Place("object", root, json.dumps(settings), writes)


@contextmanager
def s3_server() -> Iterator[str]:
    """moto's server; its URL."""
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()
