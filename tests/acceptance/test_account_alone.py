"""What reads works with MSCODE_URL and a token alone, without a project; and `init` makes a project of what is live."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.campaigns import AFTER, PHONES
from tests.acceptance.conftest import Ended, World

INVITE = "drive:rsvpCalls.invite"


@pytest.fixture
def alone(launched: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The account that a project was launched in, from a folder without one. A message carries no mark, and is nobody's."""
    launched.service.send(
        "POST",
        "/smses",
        {"message": "Hi", "sender": "", "actionTime": "2026-12-01 09:00:00", "receivers": [{"phone": PHONES[0]}]},
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setenv("MSCODE_URL", launched.service.url)
    monkeypatch.setenv("MSCODE_TOKEN", launched.service.token)
    return launched


def here() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def test_status_shows_the_whole_account(alone: World) -> None:
    ended = alone.look("status")
    assert ended.code == 0, ended.said
    assert INVITE in ended.out
    assert "smses id 1" in ended.out
    data = alone.look("status", "--json").json
    assert {(one["address"], one["project"]) for one in data["campaigns"]} == {
        ("rsvpCalls.invite", "drive"),
        (None, None),
    }
    assert here() == []


@pytest.mark.parametrize("name", ["rsvpCalls.invite", "rsvpCalls.*"])
def test_an_address_and_a_glob_choose(alone: World, name: str) -> None:
    assert [one["type"] for one in alone.look("status", name, "--json").json["campaigns"]] == ["rsvpCalls"]
    assert alone.look("results", name, "--format", "csv").code == 0


def test_results_and_watch_and_voices(alone: World) -> None:
    alone.service.at(AFTER)
    data = alone.look("results", "--json").json
    assert (data["totals"]["campaigns"], data["totals"]["messages"]) == (1, 1)
    assert alone.look("results", "rsvpCalls.invite", "--json").json["dialled"] > 0
    assert f"{INVITE}: complete" in alone.look("watch").out
    assert "English" in alone.look("voices").out
    assert here() == []


def test_one_address_of_two_projects_needs_an_id(alone: World) -> None:
    copy = alone.service.campaign() | {"meta": {"mscode": "1:other/test:rsvpCalls.invite:1:live"}, "state": "halt"}
    left_out = ("rsvpCallId", "stats", "updatedAt", "createdAt")
    body = {name: value for name, value in copy.items() if name not in left_out}
    alone.service.send("POST", "/rsvp_calls", body | {"receivers": [{"phone": PHONES[0]}]})
    assert len(alone.look("results", "rsvpCalls.*", "--json").json["campaigns"]) == 2
    ended = alone.look("results", "rsvpCalls.invite")
    assert ended.code == 1
    assert "--id 1" in ended.err
    assert "--id 2" in ended.err
    assert alone.look("results", "--id", "2").code == 0


def test_people_go_into_no_file_without_a_log(alone: World) -> None:
    ended = alone.look("results", "--with-people", "--yes-personal-data", "--out", "people.csv")
    assert ended.code == 1
    assert "needs a project" in ended.err
    assert here() == []


def test_export_writes_a_project(alone: World) -> None:
    ended = alone.look("export", "--out", "exported")
    assert ended.code == 0, ended.said
    assert "token: {env: MSCODE_TOKEN}" in Path("exported/mscode.yaml").read_text()
    assert alone.service.token not in "".join(path.read_text() for path in Path("exported").rglob("*.yaml"))
    assert "to import, 0 to add, 0 to change, 0 to destroy" in alone.look("plan", "exported").out


@pytest.mark.parametrize("command", ["status", "results", "watch", "voices", "export"])
def test_without_an_account_it_is_the_old_error(alone: World, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("", "sandbox:"):
        monkeypatch.setenv("MSCODE_URL", url)
        ended = alone.look(command)
        assert ended.code == 1
        assert "There is no mscode.yaml" in ended.err
        assert here() == []


def test_a_folder_that_is_named_must_be_a_project(alone: World) -> None:
    Path("sub").mkdir()
    for arguments in (("status", "sub"), ("results", "--dir", "sub"), ("voices", "sub")):
        ended = alone.look(*arguments)
        assert ended.code == 1
        assert "There is no mscode.yaml in sub" in ended.err


def test_an_environment_belongs_to_a_project(alone: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = alone.look("--env", "production", "status")
    assert ended.code == 1
    assert "Leave --env and MSCODE_ENV out" in ended.err


# ---- init ------------------------------------------------------------------------------------------------------------


def init(world: World, *options: str) -> Ended:
    return world.look("init", *options)


@pytest.mark.parametrize("people", [False, True])
def test_a_project_of_what_is_live_plans_only_imports(alone: World, people: bool) -> None:
    ended = init(alone, "--from-account", "spring", *(["--people"] if people else []))
    assert ended.code == 0, ended.said
    folder = Path("spring")
    project = (folder / "mscode.yaml").read_text()
    assert "project: spring\n" in project
    assert f'url: "{alone.service.url}"' in project
    assert "token: {env: MSCODE_TOKEN}" in project
    assert ".mscode/" in (folder / ".gitignore").read_text()
    texts = "".join(path.read_text() for path in folder.rglob("*.yaml"))
    assert alone.service.token not in texts
    assert any(phone in texts for phone in PHONES) is people
    planned = alone.look("plan", "spring")
    assert planned.code == 0, planned.said
    assert "to import, 0 to add, 0 to change, 0 to destroy" in planned.out
    assert alone.look("fmt", "--check", "spring").code == 0
    assert alone.look("validate", "spring").code == 0
    applied = alone.look("apply", "spring", "--auto-approve")
    assert applied.code == 0, applied.said
    assert "No changes." in alone.look("plan", "spring").out


def test_it_works_without_the_url_afterwards(alone: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert init(alone, "--from-account", "spring").code == 0
    with_url = alone.look("plan", "spring").out
    monkeypatch.delenv("MSCODE_URL")
    assert alone.look("plan", "spring").out == with_url


def test_the_environment_may_have_a_name(alone: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert init(alone, "--env", "production", "--from-account").code == 0
    assert "defaultEnvironment: production\n" in Path("mscode.yaml").read_text()
    monkeypatch.delenv("MSCODE_URL")
    assert "to import" in alone.look("plan").out


@pytest.fixture
def bare(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An account without any object, and an empty folder."""
    folder = tmp_path / "spring"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MSCODE_URL", world.service.url)
    monkeypatch.setenv("MSCODE_TOKEN", world.service.token)
    return world


def test_an_account_without_objects_is_a_project_too(bare: World) -> None:
    assert init(bare, "--from-account").code == 0
    assert bare.look("plan").code == 0


@pytest.mark.parametrize(
    ("options", "variables", "code", "text"),
    [
        (("--from-account",), {"MSCODE_URL": ""}, 1, "MSCODE_URL names no account"),
        (("--from-account",), {"MSCODE_URL": "sandbox:"}, 1, "belongs to a project"),
        (("--from-account",), {"MSCODE_TOKEN": ""}, 1, "has no token"),
        (("--from-account",), {"MSCODE_URL": "http://example.com/v1"}, 1, "http"),
        (("--people",), {}, 64, "--from-account"),
        (("--env", "../x", "--from-account"), {}, 64, "no name of an environment"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_written(
    alone: World,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    variables: dict[str, str],
    code: int,
    text: str,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ended = init(alone, *options)
    assert ended.code == code
    assert text in ended.err
    assert here() == []


def test_a_project_that_is_there_stays(alone: World) -> None:
    Path("mscode.yaml").write_text("mine")
    ended = init(alone, "--from-account")
    assert ended.code == 1
    assert "mscode.yaml exists already" in ended.err
    assert here() == ["mscode.yaml"]


def test_a_plain_init_beside_a_live_account_calls_nobody(bare: World) -> None:
    ended = init(bare)
    assert ended.code == 0, ended.said
    assert "nothing calls anybody" in ended.err
    planned = bare.look("plan", "--json")
    assert planned.code == 0, planned.said
    data: Any = planned.json
    assert data["reach"] == {}
    assert {change["type"] for change in data["resource_changes"]} == {"voiceFiles"}
    assert bare.look("validate").code == 0
    assert bare.look("fmt", "--check").code == 0
    assert bare.cli("apply", "--auto-approve", "--allow-launch").code == 0
    assert bare.service.get("/rsvp_calls") == bare.service.get("/accounts") == []


def test_a_plain_init_of_the_sandbox_is_as_ever(alone: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSCODE_URL", "sandbox:")
    assert init(alone).code == 0
    assert "rsvpCalls.invite" in alone.cli("plan", "--json").json["reach"]
