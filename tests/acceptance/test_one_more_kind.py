"""One more kind is one more file: a kind that nothing in mscode names, `faxes`, is registered here, and what must follow from
its contract alone does. Above all, whatever lets more people be reached by it asks for the launch's yes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import Field as ModelField
from scripts.write_reference import reference
from starlette.types import ASGIApp, Receive, Scope, Send

from mscode.kinds import KINDS
from mscode.kinds.fields.one_shot import (
    RECEIVERS,
    check_receivers,
    decode_sending,
    encode_sending,
    read_status,
    same_message,
    when,
)
from mscode.kinds.fields.receivers import Receiver
from mscode.kinds.fields.spec import Spec, plain
from mscode.kinds.fields.types import Instant, LongText
from mscode.model import service_json as wire
from mscode.model.kind import Field, Kind, MessageLifecycle, Post, TextPart
from mscode.model.world import Fields
from mscode.sandbox.asgi import read_body, respond
from mscode.sandbox.clock import Clock
from mscode.sandbox.times import stamp
from tests.acceptance.campaigns import AFTER, PHONES, Manifest, people
from tests.acceptance.conftest import World
from tests.acceptance.service import Json, Service, running
from tests.acceptance.test_law import PEOPLE, completed

TUESDAY = "2026-12-01T08:00:00Z"
#: A page that the service takes, and answers 502.
LOST = "The answer gets lost"


# ---- the kind --------------------------------------------------------------------------------------------------------


class FaxSpec(Spec):
    """A page to all receivers at one instant."""

    page: LongText = ModelField(min_length=1, description="What is on it.")
    actionTime: Instant = ModelField(description="When it is sent.")
    receivers: list[Receiver] = ModelField(min_length=1, description="Who gets it.")

    def fields(self) -> dict[str, Any]:
        return super().fields() | {"receivers": plain(self.receivers)}


def _encode(fields: Fields) -> dict[str, Any]:
    return {"page": fields["page"], **encode_sending(fields)}


def _decode(raw: Fields, region: str) -> dict[str, Any]:
    return {"page": str(wire.pick(raw, "page") or ""), **decode_sending(raw, region)}


FAXES = Kind(
    section="faxes",
    singular="fax",
    spec=FaxSpec,
    id_field="faxId",
    collection="faxes",
    paths={"faxes": "/faxes"},
    fields=(Field("page", multiline=True), when(), RECEIVERS),
    encode=_encode,
    decode=_decode,
    identities=same_message("page"),
    create=lambda fields: Post("faxes", _encode(fields)),
    order=8,
    create_first=False,
    lifecycle=MessageLifecycle("call"),
    ends="actionTime",
    read_status=read_status,
    texts=lambda fields: [TextPart("page", str(fields["page"]))],
    check=check_receivers("phone"),
    doc="Pages to fax machines.",
    example="""\
faxes:
  notice:
    page: The library closes early today.
    actionTime: 2026-12-01T09:00:00+02:00
    receivers:
      - group: donors
""",
)


# ---- the service's side ----------------------------------------------------------------------------------------------


class FaxService:
    """Answers what is below /v1/faxes, and hands everything else on to the emulator, whose clock and reset it follows."""

    def __init__(self, app: Any) -> None:
        self._app: ASGIApp = app
        self._clock = Clock(app.state.store)
        self._faxes: dict[str, dict[str, Json]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == "/__sandbox/reset":
            self._faxes.clear()
        if not path.startswith("/v1/faxes"):
            await self._app(scope, receive, send)
            return
        body = json.loads(await read_body(receive) or b"null")
        status, answer = self._answer(scope["method"], path.removeprefix("/v1/faxes").strip("/"), body)
        await respond(send, status, "" if answer is None else json.dumps(answer), {}, self._clock.now())

    def _answer(self, method: str, fax: str, body: Json) -> tuple[int, Json]:
        if not fax:
            return self._write(str(len(self._faxes) + 1), body) if method == "POST" else (200, list(self._shown()))
        if fax not in self._faxes:
            return 404, {"error": {"message": "no such fax"}}
        if method == "DELETE":
            del self._faxes[fax]
            return 204, None
        return self._write(fax, body) if method == "PUT" else (200, self._show(fax))

    def _write(self, fax: str, body: Json) -> tuple[int, Json]:
        now = stamp(int(self._clock.now()))
        created = self._faxes.get(fax, {"createdAt": now})["createdAt"]
        self._faxes[fax] = {**body, "faxId": fax, "createdAt": created, "updatedAt": now}
        return (502, None) if body["page"] == LOST else (201, self._show(fax))

    def _show(self, fax: str) -> Json:
        shown = self._faxes[fax]
        return {**shown, "editable": "y" if shown["actionTime"] > stamp(int(self._clock.now())) else "n"}

    def _shown(self) -> Iterator[Json]:
        return map(self._show, self._faxes)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("faxes") / "sandbox.db", FaxService) as service:
        yield service


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, FAXES.section, FAXES)


# ---- the project -----------------------------------------------------------------------------------------------------


def project(*names: str, **fields: Any) -> Manifest:
    """A group of these people (three when left out), and a fax to them."""
    members = list(names or list(people())[:3])
    fax = {"page": "We close early", "actionTime": TUESDAY, "receivers": [{"group": "donors"}], **fields}
    return {
        "apiVersion": "mscode/v1",
        "accounts": people(),
        "groups": {"donors": {"members": {"accounts": members}}},
        "faxes": {"notice": fax},
    }


def without_faxes(*names: str) -> Manifest:
    manifest = project(*names)
    del manifest["faxes"]
    return manifest


@pytest.fixture
def sent(world: World) -> World:
    """A fax that was launched and waits for its time."""
    world.launched(project())
    world.service.forget_requests()
    return world


@pytest.fixture
def beside(world: World) -> World:
    """People and their group are managed. A fax to the group waits that somebody else has written: no manifest and no state
    names the section.
    """
    world.write(without_faxes())
    assert world.apply().code == 0
    (group,) = world.service.get("/groups")
    receivers = [{"groupId": str(group["groupId"])}]
    world.service.send("POST", "/faxes", {"page": "From outside", "actionTime": TUESDAY, "receivers": receivers})
    return world


# ---- manifests -------------------------------------------------------------------------------------------------------


def test_its_manifests_are_validated(world: World) -> None:
    world.write(project())
    assert world.look("validate", world.folder).code == 0
    world.write(project(receivers=[]))
    refused = world.look("validate", world.folder)
    assert refused.code == 1
    assert "receivers: must not be empty" in refused.said


def test_its_checks_are_run(world: World) -> None:
    world.write(project(receivers=[{"phone": PHONES[0]}, {"account": "aino"}]))
    ended = world.look("validate", world.folder)
    assert ended.code == 1
    assert "The same receiver stands twice" in ended.said


def test_the_schema_knows_it(world: World) -> None:
    schema = json.loads(world.look("schema").out)
    assert "faxes" in schema["properties"]


def test_the_reference_has_its_table() -> None:
    page = reference()
    assert "## faxes" in page
    assert "| `page` |" in page
    assert "What is on it." in page


def test_the_law_holds_for_its_example(world: World) -> None:
    """What is asked of every kind of the registry."""
    world.service.control("POST", "/seed", PEOPLE)
    for kind in KINDS.values():
        for name, text in kind.example_files.items():
            (world.folder / name).write_text(text)
    world.write(completed(FAXES, KINDS.values()))
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert world.state_entries()["faxes.notice"] == "1"
    world.holds_the_law()


def test_what_people_hear_or_read_of_it_is_asked_of_it() -> None:
    assert list(FAXES.texts({"page": "We close early"})) == [TextPart("page", "We close early")]


# ---- plan and launch -------------------------------------------------------------------------------------------------


def test_its_create_is_a_launch_that_takes_a_yes(world: World) -> None:
    world.write(project())
    assert world.changes()["faxes.notice"] == (["create"], ["dials"])
    assert world.plan("--json").json["reach"]["faxes.notice"]["people"] == 3
    assert world.apply().code == 5
    assert world.service.get("/faxes") == []
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert len(world.service.get("/faxes")) == 1
    world.holds_the_law()


def test_an_edit_of_its_time_takes_a_yes_and_its_end_none(sent: World) -> None:
    sent.write(project(actionTime="2026-12-01T10:00:00Z"))
    assert sent.apply().code == 5
    assert sent.launch().code == 0
    (fax,) = sent.service.get("/faxes")
    assert fax["actionTime"] == "2026-12-01 10:00:00"
    sent.write(without_faxes())
    ended = sent.apply()
    assert ended.code == 0, ended.said
    assert sent.service.get("/faxes") == []


def test_what_has_gone_out_is_not_sent_again(sent: World) -> None:
    sent.service.at(AFTER)
    sent.write(project(page="Another text"))
    ended = sent.launch()
    assert ended.code == 0, ended.said
    assert "was sent" in ended.said
    assert [fax["page"] for fax in sent.service.get("/faxes")] == ["We close early"]


def test_guards_judge_it(world: World) -> None:
    (world.folder / "never.csv").write_text(f"phone\n{PHONES[1]}\n")
    world.write_project(guards={"doNotCall": "never.csv", "callingHours": {"from": "12:00", "to": "13:00"}})
    world.write(project())
    failed = {one["name"] for one in world.plan("--json").json["checks"] if one["status"] == "fail"}
    assert {"doNotCall", "callingHours"} <= failed
    assert world.launch().code == 5
    assert world.service.get("/faxes") == []


# ---- what feeds it ---------------------------------------------------------------------------------------------------


def _reaches_more(world: World, address: str) -> None:
    """A change of `address` would let a fax reach somebody new: nothing of it is done without a yes."""
    assert "dials" in world.changes()[address][1], world.plan().said
    world.service.forget_requests()
    assert world.apply().code == 5
    assert world.service.requests(writes=True) == []
    assert world.launch().code == 0
    world.holds_the_law()


def test_new_members_of_its_group_are_a_launch(sent: World) -> None:
    sent.write(project("aino", "eero", "helmi", "kaisa"))
    _reaches_more(sent, "groups.donors")


def test_new_members_of_a_group_that_feeds_somebody_elses_are_a_launch(beside: World) -> None:
    beside.write(without_faxes("aino", "eero", "helmi", "kaisa"))
    _reaches_more(beside, "groups.donors")


def test_a_new_number_of_an_account_that_somebody_elses_reaches_is_a_launch(beside: World) -> None:
    manifest = without_faxes()
    manifest["accounts"]["aino"]["phone"] = "+358405550199"
    beside.write(manifest)
    _reaches_more(beside, "accounts.aino")


def test_a_new_number_in_a_list_that_somebody_elses_reaches_is_a_launch(world: World) -> None:
    """Of the list alone manifests and state know, of neither groups nor accounts."""
    aino = world.service.send(
        "POST", "/accounts", {"firstName": "Aino", "phone": PHONES[0], "email": "aino@example.com"}
    )
    receivers = [{"accountId": str(aino["accountId"])}]
    world.service.send("POST", "/faxes", {"page": "From outside", "actionTime": TUESDAY, "receivers": receivers})
    (world.folder / "people.csv").write_text("email,phone\naino@example.com,+358405550199\n")
    lists = {"people": {"file": "people.csv", "key": "email", "columns": {"email": "email", "phone": "phone"}}}
    world.write({"apiVersion": "mscode/v1", "accountLists": lists})
    _reaches_more(world, "accountLists.people")


@pytest.mark.parametrize("section", ["accounts", "groups"])
def test_what_people_are_reached_through_looks_at_whatever_reaches_people(section: str) -> None:
    reaching = {other.section for other in KINDS.values() if other.reaches_people}
    assert {"faxes", "calls", "rsvpCalls"} <= reaching
    assert {other.section for other in KINDS.values() if KINDS[section].looks_at(other)} >= reaching


# ---- afterwards ------------------------------------------------------------------------------------------------------


def test_drift_tells_what_somebody_did_to_it(sent: World) -> None:
    (fax,) = sent.service.get("/faxes")
    sent.service.send("PUT", f"/faxes/{fax['faxId']}", {**fax, "page": "Edited"})
    ended = sent.look("drift", sent.folder)
    assert "faxes.notice" in ended.out
    sent.service.send("DELETE", f"/faxes/{fax['faxId']}")
    assert "faxes.notice" in sent.look("drift", sent.folder).out
    assert "faxes.notice was deleted by a person; it is not made again" in sent.plan().out
    assert sent.launch().code == 0
    assert sent.service.get("/faxes") == []


def test_halting_says_that_it_goes_on(sent: World) -> None:
    named = sent.cli("halt", "faxes.notice", "--dir", sent.folder)
    assert named.code == 1
    assert "the API has no halt for a fax" in named.err
    everything = sent.cli("halt", "--all", "--dir", sent.folder)
    assert "1 object cannot be halted (the API has no halt for a fax): faxes.notice." in everything.err


def test_a_create_whose_answer_was_lost_is_found_again(world: World) -> None:
    world.write(project(page=LOST))
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert "faxes.notice: the answer to its create was lost; it was found as id 1" in ended.err
    assert len(world.service.get("/faxes")) == 1
    world.holds_the_law()


def test_it_is_shown_and_exported(sent: World) -> None:
    assert "faxes.notice" in sent.look("status", sent.folder).out
    assert "faxes.notice" in sent.look("graph", sent.folder).out
    assert sent.state_entries()["faxes.notice"] == "1"
    out = sent.folder.parent / "exported"
    assert sent.look("export", sent.folder, "--out", out, "--people").code == 0
    exported = "".join(path.read_text() for path in out.rglob("*.yaml"))
    assert "We close early" in exported
    planned = sent.cli("plan", out)
    assert planned.code == 0, planned.said
    assert "0 to add, 0 to change, 0 to destroy" in planned.out
