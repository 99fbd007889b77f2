"""One database, several lives and several processes."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mscode.sandbox.app import create_app
from mscode.sandbox.store import Store

from .world import World

_OTHER_PROCESS = """
import sys
from tests_world import World
world = World(sys.argv[1], now=None)
for number in range(40):
    world.account(f"+35840{sys.argv[2]}{number:04d}")
world.group("1", name=sys.argv[2])
"""


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    world = World(tmp_path / "deep" / "sandbox.db")
    world.voice_file()
    world.rsvp(receivers=[{"groupId": world.group(*world.people(3))}])
    before = [world.get(path) for path in ("/accounts", "/groups", "/voice_files", "/rsvp_calls")]
    token = world.token
    world.close()
    world = World(tmp_path / "deep" / "sandbox.db", now=None)
    assert [world.get(path) for path in ("/accounts", "/groups", "/voice_files", "/rsvp_calls")] == before
    assert world.token == token
    world.close()


def test_each_database_has_its_own_token(tmp_path: Path) -> None:
    tokens = {create_app(tmp_path / name).state.token for name in ("a.db", "b.db")}
    assert len(tokens) == 2
    assert all(token.startswith("sandbox-") for token in tokens)
    assert create_app(":memory:").state.token == create_app(":memory:").state.token


def test_a_token_of_ones_own_or_none_at_all() -> None:
    own = World(require_token="mine")
    assert own.token == "mine"
    assert own.get("/accounts") == []
    assert own.send("GET", "/accounts", headers={"X-Access-Token": "sandbox-memory"}).status_code == 401
    own.close()
    free = World(require_token=None)
    assert free.send("GET", "/accounts", headers={"X-Access-Token": "-"}).status_code == 200
    free.close()


def test_two_processes_share_one_database(tmp_path: Path) -> None:
    db = tmp_path / "sandbox.db"
    world = World(db)
    world.account()
    (tmp_path / "tests_world.py").write_text(Path(__file__).with_name("world.py").read_text("utf-8"), "utf-8")
    (tmp_path / "other.py").write_text(_OTHER_PROCESS)
    names = ("555", "556")

    def run(name: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(tmp_path / "other.py"), str(db), name]
        environment = {"PYTHONPATH": ":".join(sys.path)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor() as pool:
        others = [pool.submit(run, name) for name in names]
        for number in range(40):
            world.account(f"+35840557{number:04d}")
        assert [other.result().stderr for other in others] == ["", ""]
    accounts = world.get("/accounts")
    assert len({account["accountId"] for account in accounts}) == len(accounts) == 121
    assert {group["name"] for group in world.get("/groups")} == set(names)
    world.close()


def test_what_one_process_sets_the_other_sees(tmp_path: Path) -> None:
    first, second = World(tmp_path / "sandbox.db"), World(tmp_path / "sandbox.db", now=None)
    first.at("2030-01-01T00:00:00Z")
    assert second.control("GET", "/clock") == {"now": "2030-01-01T00:00:00Z"}
    second.account()
    assert len(first.get("/accounts")) == 1
    first.close()
    second.close()


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "sandbox.db")
    store.run("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(ValueError, match="another version"):
        create_app(tmp_path / "sandbox.db")


def test_a_database_of_the_version_before_goes_on(tmp_path: Path) -> None:
    world = World(tmp_path / "sandbox.db")
    world.account()
    world.app.state.store.run("DROP TABLE unposted")
    world.app.state.store.run("PRAGMA user_version = 1")
    world.close()
    world = World(tmp_path / "sandbox.db", now=None, webhooks=True)
    assert len(world.get("/accounts")) == 1
    assert world.app.state.store.rows("SELECT * FROM unposted") == []
    world.close()
