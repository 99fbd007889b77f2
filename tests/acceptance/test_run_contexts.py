"""The circumstances of a launch as `mscode history` shows them, for runs of a forge, of another CI and of a person."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mscode.state.lock_info import who
from tests.acceptance.campaigns import drive
from tests.acceptance.conftest import World
from tests.api.fake_forge import TOKEN, serving
from tests.app.ci_contexts import AFTER, BASE, PULL, PUSHED, RUN

CLAIMS = {
    "MSCODE_RUN_URL": "https://ci.example.com/builds/4",
    "MSCODE_ACTOR": "cleo",
    "MSCODE_APPROVED_BY": "Dora Doe",
}


@pytest.fixture(autouse=True)
def _no_forge_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {*BASE["github"], *BASE["gitlab"]}:
        monkeypatch.delenv(name, raising=False)


def _launched(world: World) -> tuple[dict[str, Any], dict[str, Any], str]:
    """The launch in the list, whole, and as people read it."""
    world.launched(drive())
    (launch,) = world.cli("history", "--dir", world.folder, "--json").json["launches"]
    whole = world.cli("history", "show", launch["id"], "--dir", world.folder, "--json").json
    text = (
        world.cli("history", "--dir", world.folder).out + world.cli("history", "show", launch["id"], world.folder).out
    )
    return launch, whole["context"], text


def _set(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_a_push_on_github_whose_environment_was_approved(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps(AFTER))
    with serving("github") as forge:
        forge.merged[PUSHED] = 12
        review = {"state": "approved", "environments": [{"name": "production"}], "user": {"login": "bo"}}
        forge.reviews["901"] = [review]
        places = {"GITHUB_API_URL": forge.url, "GITHUB_EVENT_PATH": str(event), "GITHUB_EVENT_NAME": "push"}
        _set(monkeypatch, BASE["github"] | places | CLAIMS)
        # What goes to the service goes to the embedded one; the forge is asked over the network.
        launch, context, text = _launched(world)
        assert forge.wrong == []
        assert {request.partition(" ")[0] for request in forge.requests} <= {"GET"}
    assert (launch["commit"], launch["startedBy"], launch["approvedBy"]) == (
        PUSHED,
        "anna",
        "bo (environment production)",
    )
    assert (launch["runUrl"], launch["pullRequestUrl"]) == (RUN, PULL)
    assert (context["event"], context["pullRequest"], context["claimed"]["approvedBy"]) == ("push", 12, "Dora Doe")
    assert "bo (environment production)" in text
    assert TOKEN not in text


def test_another_ci_is_shown_as_claimed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {"CI": "true", **CLAIMS})
    launch, context, text = _launched(world)
    assert (launch["startedBy"], launch["approvedBy"]) == ("cleo (claimed)", "Dora Doe (claimed)")
    assert launch["runUrl"] == "https://ci.example.com/builds/4 (claimed)"
    assert (launch["commit"], launch["clean"], context["startedBy"]) == (None, None, "")
    assert "cleo (claimed)" in text
    assert "Commit:        unknown" in text


def test_a_ci_that_says_nothing_is_unknown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, {"CI": "true"})
    launch, _, text = _launched(world)
    assert (launch["startedBy"], launch["runUrl"]) == (None, None)
    assert launch["approvedBy"] == "unknown (--auto-approve, --allow-launch)"
    assert "Started by:    unknown" in text


def _committed(folder: Path) -> str:
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "One")):
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return head.stdout.strip()


@pytest.mark.parametrize("is_edited", [False, True], ids=["clean", "edited"])
def test_a_machine_of_a_person(world: World, is_edited: bool) -> None:
    world.write(drive())
    head = _committed(world.folder)
    world.write(drive(**{"maxRedials": 1} if is_edited else {}))
    assert world.launch().code == 0
    (launch,) = world.cli("history", "--dir", world.folder, "--json").json["launches"]
    context = world.cli("history", "show", launch["id"], "--dir", world.folder, "--json").json["context"]
    assert (launch["commit"], launch["clean"], launch["startedBy"]) == (head, not is_edited, who())
    assert context["uncommitted"] == (["all.yaml"] if is_edited else [])
