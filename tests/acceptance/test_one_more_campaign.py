"""One more kind that can be halted is one more file as well: `sirens`, registered here, are campaigns of another section, and
whatever stops, shows or counts campaigns knows them without being told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mscode.kinds import KINDS
from mscode.kinds.fields.receivers import encode_receivers
from mscode.kinds.rsvp_calls import RSVP_CALLS
from mscode.model.kind import CampaignLifecycle, Post
from mscode.model.world import Fields
from tests.acceptance.campaigns import Manifest, drive, invite
from tests.acceptance.conftest import World
from tests.acceptance.service import Json, Service, running

# ---- the kind --------------------------------------------------------------------------------------------------------


def _create(fields: Fields) -> Post:
    request = RSVP_CALLS.create(fields)
    assert isinstance(request, Post)
    return replace(request, path="sirens")


SIRENS = replace(
    RSVP_CALLS,
    section="sirens",
    singular="siren",
    id_field="sirenId",
    collection="sirens",
    paths={"sirens": "/sirens", "sirenReceivers": "/sirens/{id}/receivers"},
    create=_create,
    lifecycle=CampaignLifecycle("sirenReceivers", encode_receivers),
    order=5,
    doc="Alarms by phone.",
    example=RSVP_CALLS.example.replace("rsvpCalls:", "sirens:").replace("invite:", "alarm:"),
)


# ---- the service's side ----------------------------------------------------------------------------------------------


class SirenService:
    """What is below /v1/sirens is the emulator's RSVP calls under another name; of these it lists none itself."""

    def __init__(self, app: Any) -> None:
        self._app: ASGIApp = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if not path.startswith(("/v1/sirens", "/v1/rsvp_calls")):
            await self._app(scope, receive, send)
            return
        if path.startswith("/v1/rsvp_calls"):
            await _answer(send, 404 if path != "/v1/rsvp_calls" else 200, [])
            return
        parts: list[Message] = []

        async def keep(message: Message) -> None:
            parts.append(message)

        await self._app({**scope, "path": path.replace("/v1/sirens", "/v1/rsvp_calls")}, receive, keep)
        start, text = parts[0], b"".join(part.get("body", b"") for part in parts[1:])
        await _answer(send, start["status"], _renamed(json.loads(text)) if text else None, start["headers"])


async def _answer(send: Send, status: int, content: Json, headers: Any = ()) -> None:
    text = b"" if content is None else json.dumps(content).encode()
    kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    length = (b"content-length", str(len(text)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*kept, length]})
    await send({"type": "http.response.body", "body": text})


def _renamed(value: Json) -> Json:
    if isinstance(value, list):
        return [_renamed(item) for item in value]
    if isinstance(value, dict):
        return {"sirenId" if name == "rsvpCallId" else name: _renamed(item) for name, item in value.items()}
    return value


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("sirens") / "sandbox.db", SirenService) as service:
        yield service


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, SIRENS.section, SIRENS)


# ---- the project -----------------------------------------------------------------------------------------------------


def project(**changes: Any) -> Manifest:
    manifest = drive()
    del manifest["rsvpCalls"]
    return {**manifest, "sirens": {"alarm": invite(**changes)}}


@pytest.fixture
def launched(world: World) -> World:
    world.launched(project())
    return world


def states(world: World) -> list[str]:
    return [siren["state"] for siren in world.service.get("/sirens")]


# ---- what follows from its contract ----------------------------------------------------------------------------------


def test_it_is_made_halted_and_launched_by_a_step_of_its_own(world: World) -> None:
    world.write(project())
    assert world.changes()["sirens.alarm"] == (["create"], ["dials"])
    assert world.apply("--no-launch").code == 0
    assert states(world) == ["halt"]
    assert world.launch().code == 0
    assert states(world) == ["waitingToActive"]


def test_halting_everything_halts_it(launched: World) -> None:
    ended = launched.cli("halt", "--all", "--dir", launched.folder)
    assert ended.code == 0, ended.said
    assert "sirens.alarm: Halted" in ended.out
    assert states(launched) == ["halt"]


def test_halting_the_account_halts_it_without_any_project_naming_it(launched: World) -> None:
    (launched.folder / "all.yaml").unlink()
    ended = launched.cli("halt", "--all-in-account", "--dir", launched.folder)
    assert ended.code == 0, ended.said
    assert states(launched) == ["halt"]


@pytest.mark.parametrize("named", [["sirens.alarm"], ["--id", "1"]])
def test_it_is_halted_by_its_address_or_id(launched: World, named: list[str]) -> None:
    ended = launched.cli("halt", *named, "--dir", launched.folder)
    assert ended.code == 0, ended.said
    assert states(launched) == ["halt"]


def test_an_id_that_no_kind_has_is_missing(launched: World) -> None:
    ended = launched.cli("halt", "--id", "77", "--dir", launched.folder)
    assert ended.code == 1
    assert ended.err.lower().count("not found in the live account: 77") == 1


def test_what_a_person_halted_stays_halted(launched: World) -> None:
    assert launched.cli("halt", "--all", "--dir", launched.folder).code == 0
    assert "sirens.alarm was halted by a person; stays halted" in launched.plan().out
    assert launched.launch().code == 0
    assert states(launched) == ["halt"]
    assert launched.launch("--resume", "sirens.alarm").code == 0
    assert states(launched) == ["waitingToActive"]


def test_status_and_results_know_it(launched: World) -> None:
    assert "sirens.alarm" in launched.look("status", launched.folder).out
    for named in (["sirens.alarm"], ["--id", "1"]):
        ended = launched.look("results", *named, "--dir", launched.folder)
        assert ended.code == 0, ended.said
        assert "sirens.alarm" in ended.out


def test_new_members_of_its_group_are_a_launch(launched: World) -> None:
    manifest = project()
    manifest["groups"]["donors"]["members"] = {"filter": "helsinki", "accounts": ["lauri"]}
    launched.write(manifest)
    assert "dials" in launched.changes()["groups.donors"][1]
    assert launched.apply().code == 5


def test_its_recording_is_not_deleted_while_it_runs(launched: World) -> None:
    manifest = project(voiceFiles={"start": {"voiceFileId": launched.state_entries()["voiceFiles.greeting"]}})
    del manifest["voiceFiles"]
    launched.write(manifest)
    ended = launched.launch()
    assert [one["voiceFileId"] for one in launched.service.get("/voice_files")] != [], ended.said


def test_its_end_halts_or_deletes_it(launched: World) -> None:
    manifest = project()
    del manifest["sirens"]
    launched.write(manifest)
    ended = launched.apply()
    assert ended.code == 0, ended.said
    assert set(states(launched)) <= {"halt"}
