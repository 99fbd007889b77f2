"""People act right before each request of an apply: what they did stays, and nobody is rung whom they did not mean."""

from __future__ import annotations

import ast
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mscode.engine.apply.run import Run
from mscode.errors import MscodeError
from mscode.plan.events import ApplySummary
from mscode.plan.inputs import Options
from tests.engine.review_world import PLAIN, World
from tests.engine.test_review import ANNA, ERIK, GUEST, TOMORROW, campaign

Json = Any
SOURCES = Path(__file__).parents[2] / "src" / "mscode"
NOBODY_NEW = {ANNA, ERIK, GUEST}
DESK = """
clickToCalls:
  desk:
    expiresAt: 2026-12-04T17:00:00Z
    activeFrom: "09:00"
    activeTo: "17:00"
    activeWeekdays: [monday, tuesday, wednesday, thursday, friday]
    voiceFile: hi
    actionButtons: {accept: 5, decline: 9}
    receivers: [{group: donors}]
"""
NOTICE = """
smses:
  notice:
    message: %s
    sender: Blood
    actionTime: %s
    receivers: [{group: donors}]
"""


def without_campaign(more: str) -> str:
    everything = campaign()
    return everything[: everything.index("rsvpCalls:")] + more


@dataclass(frozen=True)
class Scene:
    """What is applied first (with or without its launch), and what the apply under test is to do then."""

    name: str
    first: str
    then: str
    launched: bool = True
    options: Options = PLAIN

    def world(self, folder: Path) -> World:
        folder.mkdir()
        world = World(folder)
        if self.first:
            world.write(self.first)
            assert world.apply(launch=self.launched).complete
        world.write(self.then)
        world.transport.sent.clear()
        return world


LAUNCH = Scene("launch", campaign(TOMORROW), campaign(TOMORROW), launched=False)
EDITED_LAUNCH = Scene("edit and launch", campaign(TOMORROW), campaign(TOMORROW, accepts=2), launched=False)
NARROWING = Scene("narrowing edit", campaign(TOMORROW, accepts=2), campaign(TOMORROW, accepts=1))
WIDENING = Scene("widening edit", campaign(TOMORROW), campaign(TOMORROW, accepts=2))
RECEIVERS = Scene(
    "new receivers",
    campaign(TOMORROW, accepts=2),
    campaign(TOMORROW, accepts=2, receivers='{group: donors}, {account: erik}, {phone: "+358405550199"}'),
)
RESUME = Scene("resume", campaign(f"{TOMORROW}\n    state: halt"), campaign(TOMORROW))
REPLACEMENT = Scene("replacement", campaign(TOMORROW), campaign(TOMORROW, receivers="{group: donors}"))
CREATE = Scene("create and launch", without_campaign(""), campaign(TOMORROW))
CLICK = Scene("click-to-call", without_campaign(""), without_campaign(DESK))
MESSAGE = Scene("message", without_campaign(""), without_campaign(NOTICE % ("Hello", "2026-12-02T09:00:00Z")))
EARLIER = Scene(
    "earlier message",
    without_campaign(NOTICE % ("Hello", "2026-12-03T09:00:00Z")),
    without_campaign(NOTICE % ("Hello", "2026-12-02T09:00:00Z")),
)
MEMBERS = Scene("new members", campaign(TOMORROW, accepts=2), campaign(TOMORROW, accepts=2, members="anna, erik"))


def by_name(scene: Scene) -> str:
    return scene.name


# ---- acting ----------------------------------------------------------------------------------------------------------


Request = tuple[str, str, Json]


def carried_out(scene: Scene, folder: Path) -> list[Request]:
    """Every request of the apply under test, when nobody acts."""
    world = scene.world(folder)
    seen: list[Request] = []
    summary = world.apply(scene.options, on_run=lambda run: _watch(world, seen), parallelism=1)
    assert summary.complete, summary
    world.close()
    return seen


def _watch(world: World, seen: list[Request]) -> None:
    world.transport.before = lambda method, path, body: seen.append((method, path, body))


@contextmanager
def acted(
    scene: Scene, folder: Path, at: int, act: Callable[[World, Run], object]
) -> Iterator[tuple[World, ApplySummary]]:
    """The apply under test, with somebody acting right before its request number `at`."""
    world = scene.world(folder)
    met: list[int] = []

    def arm(run: Run) -> None:
        def before(method: str, path: str, body: Json) -> None:
            met.append(1)
            if len(met) == at + 1:
                world.transport.before = None
                act(world, run)

        world.transport.before = before

    try:
        yield world, world.apply(scene.options, on_run=arm, parallelism=1)
    finally:
        world.close()


def pull_brake(world: World, run: Run | None = None) -> None:
    """As `mscode halt --all` does from another machine."""
    world.control("POST", "/clock", {"by": "1s"})
    for one in world.all("/rsvp_calls"):
        meta = {**one["meta"], "mscode": one["meta"]["mscode"].rpartition(":")[0] + ":held"}
        world.put(f"/rsvp_calls/{one['rsvpCallId']}", state="halt", meta=meta, startTime=one["startTime"])


def press_halt(world: World, run: Run | None = None) -> None:
    """In the web interface, which knows nothing of our marker."""
    world.control("POST", "/clock", {"by": "1s"})
    for one in world.all("/rsvp_calls"):
        world.put(f"/rsvp_calls/{one['rsvpCallId']}", state="halt", startTime=one["startTime"])


def edit_by_hand(world: World, run: Run | None = None) -> None:
    for one in world.all("/rsvp_calls"):
        state = "halt" if one["state"] == "halt" else "active"
        changes = {"state": state, "activeTo": "16:00:00", "startTime": one["startTime"]}
        world.put(f"/rsvp_calls/{one['rsvpCallId']}", **changes)


def join(world: World, run: Run | None = None) -> None:
    """Somebody comes into the group."""
    who = world.client.post("/accounts", {"firstName": "Nils", "phone": "+358405550155"}, what="a person")["accountId"]
    group = world.all("/groups")[0]["groupId"]
    world.client.post(f"/groups/{group}/accounts", [{"accountId": who}], what="a person")


def stop(world: World, run: Run) -> None:
    """Ctrl-C, as the command line takes it."""
    run.interrupted = True
    run.stop.set()
    world.mscode.limit_remaining_time(5)


def sets_active(request: Request) -> bool:
    method, _, body = request
    return method == "PUT" and isinstance(body, dict) and body.get("state") == "active"


def last_of(requests: list[Request], which: Callable[[Request], bool]) -> int:
    return max(at for at, request in enumerate(requests) if which(request))


# ---- the brake and the web interface ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("halt", "scene"),
    [
        *((pull_brake, scene) for scene in (EDITED_LAUNCH, NARROWING, RECEIVERS, REPLACEMENT, CREATE)),
        *((press_halt, scene) for scene in (LAUNCH, WIDENING, RECEIVERS, REPLACEMENT)),
    ],
    ids=lambda one: one.name if isinstance(one, Scene) else one.__name__,
)
def test_a_halt_before_any_request_stays(scene: Scene, halt: Callable[..., None], tmp_path: Path) -> None:
    requests = carried_out(scene, tmp_path / "once")
    for at, request in enumerate(requests):
        there: list[str] = []

        def act(world: World, run: Run, there: list[str] = there) -> None:
            there += [one["rsvpCallId"] for one in world.all("/rsvp_calls")]
            halt(world)

        with acted(scene, tmp_path / f"at{at}", at, act) as (world, ended):
            said = f"{request[:2]} ({at}): {ended}"
            is_late = "POST" in (request[0], requests[at - 1][0]) and halt is press_halt
            if not there or request[0] == "PUT" or is_late:
                # Before the create there is nothing to halt, and what is on its way cannot be called back. A halt that leaves
                # no trace but an instant is not told apart from receivers that were added at that instant.
                continue
            now = {one["rsvpCallId"]: one for one in world.all("/rsvp_calls")}
            kept = [now[live_id] for live_id in there if live_id in now]
            assert all(one["state"] == "halt" for one in kept), said
            if halt is pull_brake:
                assert all(one["meta"]["mscode"].endswith(":held") for one in kept), said
            if len(there) == len(now):
                world.at("2026-12-20T12:00:00Z")
                assert world.rung() == [], said


@pytest.mark.parametrize("scene", [LAUNCH, RECEIVERS], ids=by_name)
def test_an_edit_by_hand_before_any_request_is_not_overwritten(scene: Scene, tmp_path: Path) -> None:
    requests = carried_out(scene, tmp_path / "once")
    for at, request in enumerate(requests):
        with acted(scene, tmp_path / f"at{at}", at, edit_by_hand) as (world, ended):
            if request[0] != "PUT":
                assert world.campaign()["activeTo"] == "16:00:00", f"{request[:2]} ({at}): {ended}"


@pytest.mark.parametrize("scene", [EDITED_LAUNCH, RESUME, CLICK, MESSAGE, EARLIER], ids=by_name)
def test_who_joins_before_the_last_look_is_not_reached(scene: Scene, tmp_path: Path) -> None:
    """Whoever joins afterwards is called: by what runs, and not by this apply."""
    requests = carried_out(scene, tmp_path / "once")
    reaches = ("/click_to_calls", "/smses")
    request = last_of(
        requests,
        lambda one: sets_active(one) or (one[0] != "GET" and one[1].startswith(reaches)),
    )
    looks = [at for at in range(request) if requests[at][1].endswith("/accounts") and requests[at][0] == "GET"]
    for at in range(looks[-1] + 1):
        with acted(scene, tmp_path / f"at{at}", at, join) as (world, ended):
            world.at("2026-12-20T12:00:00Z")
            said = f"{requests[at][:2]} ({at}): {ended}"
            if scene is MESSAGE:
                assert not world.all("/smses"), said
            elif scene is EARLIER:
                assert world.all("/smses")[0]["actionTime"] == "2026-12-03 09:00:00", said
            else:
                assert "+358405550155" not in world.rung(), said


# ---- a service that asks to be left alone, or loses its answers ------------------------------------------------------


def after_the(nth: int, world: World, method: str, path: str, act: Callable[[], object]) -> None:
    """`act` happens right after the nth such request, from 1; `path` is a prefix."""
    met: list[str] = []

    def after(m: str, p: str, body: Json) -> None:
        if m == method and p.startswith(path):
            met.append(p)
            if len(met) == nth:
                world.transport.after = None
                world.control("DELETE", "/faults")
                act()

    world.transport.after = after


@pytest.mark.parametrize("scene", [EDITED_LAUNCH, NARROWING, WIDENING, RESUME], ids=by_name)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_put_that_is_repeated_does_not_undo_the_brake(scene: Scene, when: str, tmp_path: Path) -> None:
    for nth in range(puts_of(scene, tmp_path)):
        world = scene.world(tmp_path / str(nth))
        world.fault(method="PUT", path="/rsvp_calls/.*", skip=nth, status=503, when=when, body={})
        after_the(nth + 1, world, "PUT", "/rsvp_calls/", partial(pull_brake, world))
        ended = world.apply(scene.options, parallelism=1)
        assert world.campaign()["state"] == "halt", (nth, ended)
        assert world.campaign()["meta"]["mscode"].endswith(":held"), (nth, ended)
        world.at("2026-12-20T12:00:00Z")
        assert world.rung() == []
        world.close()


def puts_of(scene: Scene, folder: Path) -> int:
    """How many PUTs the apply under test sends, when nobody acts."""
    return sum(request[0] == "PUT" for request in carried_out(scene, folder / "once"))


RINGING = {"click-to-call": ("POST", "/click_to_calls"), "message": ("POST", "/smses")}


def ringing_of(scene: Scene, folder: Path) -> tuple[str, str, int]:
    """Method, path and number (from 1) of the request that lets phones ring."""
    method, path = RINGING.get(scene.name, ("PUT", "/rsvp_calls/"))
    return method, path, puts_of(scene, folder) if method == "PUT" else 1


@pytest.mark.parametrize("scene", [LAUNCH, NARROWING, WIDENING, RECEIVERS, CLICK, MESSAGE], ids=by_name)
def test_what_can_ring_is_sent_after_the_pause_that_the_service_asks_for(scene: Scene, tmp_path: Path) -> None:
    method, path, nth = ringing_of(scene, tmp_path)
    world = scene.world(tmp_path / "world")
    world.fault(method=method, path=f"{path}.*", skip=nth - 1, status=429, retry_after=1, body={})
    began = time.monotonic()
    ended = world.apply(scene.options)
    assert ended.complete, ended
    assert time.monotonic() - began >= 1
    assert sum(m == method and p.startswith(path) for m, p, _ in world.transport.sent) == nth + 1
    assert not world.plan().shown
    world.close()


@pytest.mark.parametrize("scene", [LAUNCH, NARROWING, CLICK], ids=by_name)
def test_the_people_are_counted_again_after_the_pause(scene: Scene, tmp_path: Path) -> None:
    method, path, nth = ringing_of(scene, tmp_path)
    world = scene.world(tmp_path / "world")
    world.fault(method=method, path=f"{path}.*", skip=nth - 1, status=429, retry_after=1, body={})
    after_the(nth, world, method, path, partial(join, world))
    ended = world.apply(scene.options)
    assert re.search(r"it would reach 1 person who(m| was)", str(ended.failed)), ended
    world.at("2026-12-20T12:00:00Z")
    assert world.rung() == []
    world.close()


# ---- a run that is stopped -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scene", [LAUNCH, WIDENING, RECEIVERS, CREATE, CLICK, MEMBERS], ids=by_name)
def test_a_stopped_run_makes_nothing_and_starts_nothing(scene: Scene, tmp_path: Path) -> None:
    requests = carried_out(scene, tmp_path / "once")
    for at in range(len(requests)):
        stopped: list[int] = []

        def stopping(world: World, run: Run, stopped: list[int] = stopped) -> None:
            stopped.append(len(world.transport.sent))
            stop(world, run)

        with acted(scene, tmp_path / f"at{at}", at, stopping) as (world, ended):
            said = f"{requests[at][:2]} ({at}): {ended}"
            later = world.transport.sent[stopped[0] + 1 :]
            assert [one[:2] for one in later if one[0] == "POST" or sets_active(one)] == [], said
            halted = [
                one["meta"]["mscode"].split(":")[2]
                for one in world.all("/rsvp_calls")
                if one["state"] == "halt" and one["meta"]["mscode"].endswith(":edit")
            ]
            assert [str(address) for address in ended.mid_edit] == halted, said


@pytest.mark.parametrize("scene", [LAUNCH, NARROWING, CLICK, MESSAGE], ids=by_name)
def test_a_pause_that_ends_with_the_run_is_followed_by_nothing(scene: Scene, tmp_path: Path) -> None:
    method, path, nth = ringing_of(scene, tmp_path)
    world = scene.world(tmp_path / "world")
    world.fault(method=method, path=f"{path}.*", skip=nth - 1, status=429, retry_after=20, body={})
    runs: list[Run] = []
    after_the(nth, world, method, path, lambda: stop(world, runs[0]))
    began = time.monotonic()
    ended = world.apply(scene.options, on_run=runs.append)
    assert ended.interrupted and time.monotonic() - began < 10
    assert [str(address) for address in ended.mid_edit] == (["rsvpCalls.invite"] if scene is NARROWING else [])
    world.at("2026-12-20T12:00:00Z")
    assert world.rung() == [] and not world.intents() and not world.all("/smses")
    world.close()


def test_an_edit_that_stops_while_nobody_knows_of_its_halt_is_named_too(tmp_path: Path) -> None:
    """The service halts the campaign, answers 503, and the run is stopped while it waits to ask again."""
    method, path, _ = ringing_of(NARROWING, tmp_path)
    world = NARROWING.world(tmp_path / "world")
    world.fault(method=method, path=f"{path}.*", when="after", status=503, retry_after=20, body={})
    runs: list[Run] = []
    after_the(1, world, method, path, lambda: stop(world, runs[0]))
    ended = world.apply(NARROWING.options, on_run=runs.append)
    assert [one["state"] for one in world.all("/rsvp_calls")] == ["halt"]
    assert ended.interrupted and [str(address) for address in ended.mid_edit] == ["rsvpCalls.invite"]
    world.close()


def test_an_edit_of_what_somebody_deleted_meanwhile_is_not_offered_for_a_resume(tmp_path: Path) -> None:
    method, path, nth = ringing_of(NARROWING, tmp_path)
    world = NARROWING.world(tmp_path / "world")
    world.fault(method=method, path=f"{path}.*", skip=nth - 1, status=429, retry_after=1, body={})
    after_the(nth, world, method, path, lambda: world.client.delete("/rsvp_calls/1", what="a person"))
    ended = world.apply(NARROWING.options)
    assert not world.all("/rsvp_calls")
    assert ended.failed and not ended.mid_edit, ended
    world.close()


# ---- what is believed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("actionButtons", [{"button": "1", "action": "accept"}]),
        ("activeTo", "20:00:00"),
        ("acceptsWanted", 7),
        ("maxRedials", 9),
        ("voiceFiles", []),
    ],
)
def test_an_edit_is_read_back_before_anything_rings(world: World, field: str, other: Json) -> None:
    """The service takes the edit, and shows from then on that it has stored something else: nothing rings by that."""
    world.write(campaign(TOMORROW, accepts=2))
    assert world.apply().launched == 1
    world.write(campaign(TOMORROW, accepts=1))
    puts: list[Json] = []
    stored: list[Json] = []

    def after(method: str, path: str, body: Json) -> None:
        if method == "PUT":
            puts.append(body)
            if len(puts) == 1:
                raw = world.client.get("/rsvp_calls/1", what="test")
                stored.append({**raw, "acceptsWanted": 1, field: other})
                world.fault(method="PUT", path="/rsvp_calls/1", status=200, body=stored[0])
            elif len(puts) == 2:
                world.fault(method="GET", path="/rsvp_calls/1", status=200, body=stored[0], times=None)

    world.transport.after = after
    ended = world.apply()
    assert f"did not keep {field}" in str(ended.failed), ended
    assert {body["state"] for body in puts} == {"halt"}
    assert [str(address) for address in ended.mid_edit] == ["rsvpCalls.invite"]


def test_a_file_that_is_another_one_now_is_not_uploaded(world: World) -> None:
    (world.folder / "a.wav").write_bytes(b"RIFF....WAVEfmt first")
    world.write("voiceFiles: {jingle: {file: a.wav}}")
    ended = world.apply(meanwhile=lambda: (world.folder / "a.wav").write_bytes(b"RIFF....WAVEfmt other"))
    assert "is not the file that was planned" in str(ended.failed), ended
    assert world.all("/voice_files") == [] and not world.intents()


def test_the_file_is_read_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was compared is what goes out."""
    (world.folder / "a.wav").write_bytes(b"RIFF....WAVEfmt first")
    world.write("voiceFiles: {jingle: {file: a.wav}}")
    digest = hashlib.sha256
    changed: list[bytes] = []

    def change_after(content: bytes = b"") -> Any:
        found = digest(content)
        if content.startswith(b"RIFF") and armed:
            changed.append(content)
            (world.folder / "a.wav").write_bytes(b"RIFF....WAVEfmt other")
        return found

    armed: list[int] = []
    monkeypatch.setattr("mscode.engine.create.protocol.hashlib.sha256", change_after)
    world.apply(meanwhile=lambda: armed.append(1))
    assert changed and world.posts("/voice_files") == 1


# ---- stopping ---------------------------------------------------------------------------------------------------------


def played_nothing(world: World, manifest: str) -> None:
    """It calls, and somebody deletes the only voice file there is."""
    world.write(manifest)
    assert world.apply().launched == 1
    world.client.delete("/voice_files/1", what="a person")


def test_a_voice_file_that_is_gone_keeps_no_campaign_from_being_halted(world: World) -> None:
    played_nothing(world, campaign(TOMORROW, accepts=2))
    world.write(campaign(f"{TOMORROW}\n    state: halt", accepts=2))
    ended = world.apply()
    assert ended.complete, ended
    assert world.campaign()["state"] == "halt" and not world.plan().launches


@pytest.mark.parametrize("dialled", [False, True])
@pytest.mark.parametrize("destroy", [False, True])
def test_a_voice_file_that_is_gone_keeps_no_campaign_from_being_removed(
    world: World, dialled: bool, destroy: bool
) -> None:
    played_nothing(world, campaign("state: active", accepts=2))
    if dialled:
        world.at("2026-12-01T09:00:02Z")
        assert world.rung()
    else:
        world.at("2026-12-01T08:00:00Z")
    if not destroy:
        world.write(without_campaign(""))
    rung = len(world.rung())
    ended = world.apply(Options(destroy=destroy))
    assert not [why for address, why in ended.failed if "rsvpCalls" in str(address)], ended
    assert all(one["state"] == "halt" for one in world.all("/rsvp_calls"))
    world.at("2026-12-20T12:00:00Z")
    assert len(world.rung()) == rung


def test_results_that_cannot_be_written_fail_their_step_alone(world: World) -> None:
    world.write(campaign("state: active", accepts=2))
    world.apply()
    world.at("2026-12-01T09:00:02Z")
    assert world.rung()
    results = world.environment.target().results
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text("a file where the folder is to be")
    ended = world.apply(Options(destroy=True))
    assert "results cannot be saved" in str(ended.failed) and len(ended.failed) == 1
    assert world.campaign()["state"] == "halt" and world.campaign()["meta"]["mscode"].endswith(":held")
    assert not world.plan().launches
    results.unlink()
    assert world.apply(Options(destroy=True)).complete and world.all("/rsvp_calls") == []


# ---- what reaches people by its create -------------------------------------------------------------------------------


def test_what_a_person_deleted_is_not_made_again_by_a_replacement(world: World) -> None:
    world.write(without_campaign(DESK))
    assert world.apply().complete
    world.write(without_campaign(DESK.replace('"17:00"', '"16:00"')))
    ended = world.apply(meanwhile=lambda: world.client.delete("/click_to_calls/1", what="a person"))
    assert "deleted by somebody" in str(ended.failed), ended
    assert world.all("/click_to_calls") == [] and world.posts("/click_to_calls") == 1
    assert not world.plan().launches


def test_what_is_deleted_right_before_our_delete_is_not_made_again_either(world: World) -> None:
    world.write(without_campaign(DESK))
    assert world.apply().complete
    world.write(without_campaign(DESK.replace('"17:00"', '"16:00"')))

    def before(method: str, path: str, body: Json) -> None:
        if method == "DELETE":
            world.transport.before = None
            world.client.delete(path, what="a person")

    def arm(run: Run) -> None:
        world.transport.before = before

    ended = world.apply(on_run=arm)
    assert "deleted by somebody" in str(ended.failed), ended
    assert world.all("/click_to_calls") == [] and not world.plan().launches


def test_a_call_that_came_back_in_another_form_is_held(world: World) -> None:
    world.write(without_campaign(DESK))
    other = {"clickToCallId": "1", "receivers": [{"accountId": "9", "phone": "+358405550111"}]}

    def arm(run: Run) -> None:
        def after(method: str, path: str, body: Json) -> None:
            if (method, path) == ("POST", "/click_to_calls"):
                raw = world.client.get("/click_to_calls/1", what="test")
                world.transport.after = None
                world.fault(method="GET", path="/click_to_calls/1", status=200, body={**raw, **other}, times=2)

        world.transport.after = after

    ended = world.apply(on_run=arm)
    assert "did not keep receivers" in str(ended.failed), ended
    for _ in range(2):
        assert world.plan().is_held and not world.plan().launches
        world.apply()
    assert world.posts("/click_to_calls") == 1 and world.all("/click_to_calls") == []


# ---- no other way ----------------------------------------------------------------------------------------------------


def test_the_client_refuses_what_could_ring_in_any_other_way(world: World) -> None:
    body = {"state": "active"}
    for send in (
        lambda: world.mscode.put("/rsvp_calls/1", body, what="x"),
        lambda: world.mscode.put("/rsvp_calls/1", {"state": "waitingToActive"}, what="x"),
        lambda: world.mscode.put_after("/rsvp_calls/1", lambda: body, what="x"),
        lambda: world.mscode.post("/rsvp_calls/1/receivers", [], what="x"),
        lambda: world.mscode.create("/rsvp_calls", body, what="x", id_field="rsvpCallId"),
        *(
            lambda path=path: world.mscode.create(path, {}, what="x", id_field="id")
            for path in ("/click_to_calls", "/calls", "/smses", "/emails")
        ),
    ):
        with pytest.raises(MscodeError, match="nobody has looked"):
            send()
    assert world.transport.sent == []


def test_nothing_but_the_last_look_clears_a_request_and_nothing_else_sends_one() -> None:
    """`Cleared` is made, and `Client.ring` called, in one place; campaigns are written to by few."""
    found: dict[str, set[str]] = {"Cleared": set(), "ring": set(), "put_after": set(), "put": set(), "post": set()}
    for path in SOURCES.rglob("*.py"):
        if "sandbox" in path.parts or "api" in path.parts or "state" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name) and node.id == "Cleared":
                found["Cleared"].add(path.name)
            if isinstance(node, ast.Attribute) and node.attr in found and "client" in ast.unparse(node.value):
                found[node.attr].add(path.name)
    assert found["Cleared"] == found["ring"] == found["put_after"] == {"ringing.py"}
    assert found["post"] == set()
    # a halt, a fresh object's rest, what a voice file is for, an account's row
    assert found["put"] == {"halt.py", "protocol.py", "halting.py", "account_list.py"}
