"""Programs that read Terraform's plans read ours: two that are installed with the tests, others where they are there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World

PLACES = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def program(name: str) -> str:
    found = shutil.which(name, path=PLACES)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def ran(*command: str, given: str = "") -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "NO_COLOR": "1", "PYTHONUTF8": "1"}
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=60, env=variables)


@pytest.fixture
def plan_file(world: World, tmp_path: Path) -> Path:
    """A plan that creates, updates, replaces and deletes."""
    manifest = drive()
    manifest["rsvpCalls"].clear()
    world.write(manifest)
    assert world.apply().code == 0
    manifest["accounts"].pop("lauri")
    manifest["accounts"]["nina"] = {"firstName": "Nina", "phone": "+358405550199", "city": "Espoo"}
    manifest["groups"]["donors"]["description"] = "Donors near Helsinki"
    manifest["voiceFiles"]["greeting"]["text"] = "Good morning"
    world.write(manifest)
    path = tmp_path / "plan.json"
    path.write_text(world.plan("--json").out, encoding="utf-8")
    return path


def test_readtheplan_counts_and_judges_each_change(plan_file: Path) -> None:
    ended = ran(program("readtheplan"), "analyze", str(plan_file))
    assert ended.returncode == 0, ended.stderr
    rows = [
        [cell.strip() for cell in line.split("|")[1:5]] for line in ended.stdout.splitlines() if line.count("|") > 5
    ]
    judged = {address: (risk, actions) for risk, actions, address, _ in rows}
    assert judged["accounts.nina"] == ("safe", "create")
    assert judged["groups.donors"] == ("review", "update")
    assert judged["voiceFiles.greeting"] == ("dangerous", "create/delete")
    assert judged["accounts.lauri"] == ("irreversible", "delete")


def test_blastcheck_says_what_forces_the_replacement(plan_file: Path) -> None:
    ended = ran(program("blastcheck"), str(plan_file), "--json")
    manifest: dict[str, Any] = json.loads(ended.stdout)
    seen = {one["query"].rpartition(" == ")[2]: one["observation"] for one in manifest["evidence"]}
    assert seen["voiceFiles.greeting"] == "actions=['create', 'delete']; type=voiceFiles; replacement forced by: text"
    assert seen["accounts.lauri"].startswith("actions=['delete']; type=accounts")
    assert "accounts.aino" not in seen, "what stays is no change"


def test_tf_peek_makes_a_report_of_it(plan_file: Path) -> None:
    ended = ran(program("tf-peek"), str(plan_file))
    assert ended.returncode == 0, ended.stderr
    assert "`voiceFiles`" in ended.stdout and "accounts.lauri" in ended.stdout


def test_terrasafe_refuses_a_delete_that_nobody_allowed(plan_file: Path, tmp_path: Path) -> None:
    config = {"ignore_deletion": [], "ignore_deletion_if_recreation": [], "unauthorized_deletion": ["accounts*"]}
    (tmp_path / "terrasafe.json").write_text(json.dumps(config), encoding="utf-8")
    given = plan_file.read_text(encoding="utf-8")
    ended = ran(program("terrasafe"), "--config", str(tmp_path / "terrasafe.json"), given=given)
    assert "Resource accounts.lauri can not be destroyed" in ended.stdout + ended.stderr


def test_nobodys_number_is_in_what_they_print(plan_file: Path) -> None:
    for command in (["readtheplan", "analyze"], ["blastcheck"]):
        ended = ran(program(command[0]), *command[1:], str(plan_file))
        assert "5550199" not in ended.stdout + ended.stderr
