"""`{listen: true}`: the URL of `mscode watch --listen`, whose path is a secret of the campaign's own."""

from __future__ import annotations

import re
import shutil
from typing import Any

import pytest

from tests.acceptance.campaigns import desk, drive
from tests.acceptance.conftest import World

BASE = "https://hooks.example.com/mscode"
LISTENS = {"receiverWebhookUrl": {"listen": True}, "stateWebhookUrl": {"listen": True}}
_SECRET = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
def listening(world: World) -> World:
    """A project whose environment says where the listener is, and one campaign that posts to it, launched."""
    listen_at(world, BASE)
    world.launched(drive(**LISTENS))
    return world


def listen_at(world: World, url: str, **more: Any) -> None:
    environment = {"url": world.service.url, "token": {"env": "ACCEPTANCE_TOKEN"}, "settleSeconds": 0}
    environment["listen"] = {"url": url}
    world.write_project(environments={"test": environment}, **more)


def urls(world: World) -> list[str]:
    campaign = world.service.campaign()
    return [campaign["receiverWebhookUrl"], campaign["stateWebhookUrl"]]


def secret_of(world: World) -> str:
    receiver, state = urls(world)
    secret = receiver.removeprefix(f"{BASE}/receiver/")
    assert _SECRET.fullmatch(secret)
    assert state == f"{BASE}/state/{secret}"
    return secret


def test_the_urls_are_made_once_and_stay(listening: World) -> None:
    before = urls(listening)
    secret_of(listening)
    listening.holds_the_law()
    listening.write(drive(**LISTENS, acceptsWanted=2))
    assert listening.launch().code == 0
    assert urls(listening) == before
    listening.holds_the_law()


def test_the_secret_stands_in_no_output_and_no_file(listening: World) -> None:
    secret = secret_of(listening)
    listening.write(drive())  # the webhooks go, so that what they were would be shown
    outputs = [
        listening.plan().said,
        listening.plan("--json").out,
        listening.plan("--format", "markdown").out,
        listening.plan("--format", "html").out,
        listening.look("drift", listening.folder).out,
        listening.look("state", "pull", listening.folder).out,
        listening.look("status", listening.folder, "--json").out,
    ]
    files = [file.read_bytes().decode(errors="replace") for file in (listening.folder / ".mscode").rglob("*.json*")]
    assert files
    assert all(outputs)
    assert not [text for text in (*outputs, *files) if secret in text]
    assert "(listener)" in outputs[0]


def test_each_campaign_has_a_secret_of_its_own(world: World) -> None:
    listen_at(world, BASE)
    manifest = drive(**LISTENS)
    manifest["rsvpCalls"]["other"] = {**manifest["rsvpCalls"]["invite"], "receivers": [{"phone": "+358405559901"}]}
    manifest["rsvpCalls"]["other"]["acceptsWanted"] = 1
    world.launched(manifest)
    secrets = {_SECRET.findall(campaign["receiverWebhookUrl"])[0] for campaign in world.service.get("/rsvp_calls")}
    assert len(secrets) == 2


def test_a_lost_state_still_adopts_the_campaign_with_the_url_that_it_has(listening: World) -> None:
    before = urls(listening)
    shutil.rmtree(listening.folder / ".mscode")
    assert "rsvpCalls.invite" not in listening.changes()
    assert listening.apply().code == 0
    listening.holds_the_law()
    listening.write(drive(**LISTENS, acceptsWanted=2))
    assert listening.launch().code == 0
    assert urls(listening) == before


def test_a_listener_that_moves_gets_its_campaigns_webhooks(listening: World) -> None:
    old = secret_of(listening)
    listen_at(listening, "https://other.example.com")
    shown = listening.plan()
    assert "receiverWebhookUrl: (listener) -> (listener)" in re.sub(" +", " ", shown.out)
    assert "new destination" in shown.out
    assert old not in shown.said
    assert listening.launch().code == 0
    assert all(url.startswith("https://other.example.com/") for url in urls(listening))
    listening.holds_the_law()


def test_from_a_url_to_the_listener_and_back(listening: World) -> None:
    secret = secret_of(listening)
    listening.write(drive(receiverWebhookUrl="https://hooks.example.com/own"))
    assert secret not in listening.plan().said
    assert listening.launch().code == 0
    assert urls(listening) == ["https://hooks.example.com/own", ""]
    listening.holds_the_law()
    listening.write(drive(**LISTENS))
    assert listening.launch().code == 0
    assert secret_of(listening) == secret
    listening.holds_the_law()


def test_somebody_who_changes_the_url_in_the_web_interface_is_set_right(listening: World) -> None:
    listening.service.put_campaign(listening.service.campaign(), receiverWebhookUrl="https://elsewhere.example.com/x")
    assert listening.look("drift", listening.folder, "--detailed-exitcode").code == 2
    assert listening.changes()["rsvpCalls.invite"][0] == ["update"]


def test_click_to_calls_have_the_receivers_webhook(world: World) -> None:
    listen_at(world, BASE)
    manifest = drive()
    manifest["clickToCalls"] = {"desk": desk([{"phone": "+358405559901"}], receiverWebhookUrl={"listen": True})}
    world.launched(manifest)
    (made,) = world.service.get("/click_to_calls")
    assert re.fullmatch(f"{BASE}/receiver/[0-9a-f]{{32}}", made["receiverWebhookUrl"])
    world.holds_the_law()


def test_export_writes_it_as_it_was_written(listening: World) -> None:
    ended = listening.look("export", listening.folder, "--out", listening.folder / "copy", "--people")
    assert ended.code == 0, ended.said
    text = "".join(file.read_text() for file in (listening.folder / "copy").glob("*.yaml"))
    assert text.count("WebhookUrl: {listen: true}") == 2
    assert secret_of(listening) not in text


def test_the_hosts_of_webhooks_are_those_of_the_listener_too(world: World) -> None:
    listen_at(world, BASE, guards={"webhookHosts": ["other.example.com"]})
    world.write(drive(**LISTENS))
    ended = world.plan()
    assert ended.code == 5
    assert "hooks.example.com" in ended.said
    listen_at(world, BASE, guards={"webhookHosts": ["hooks.example.com"]})
    assert world.plan().code == 0


def test_what_a_service_says_of_the_url_is_masked_like_a_token(world: World) -> None:
    listen_at(world, BASE)
    secret = "0123456789abcdef" * 2
    words = {"error": {"code": "bad", "message": f"cannot post to {BASE}/receiver/{secret} now", "field": None}}
    world.service.fault(method="POST", path="/rsvp_calls", status=400, body=words, times=None)
    world.write(drive(**LISTENS))
    ended = world.launch()
    assert ended.code in (1, 6)
    assert "cannot post to" in ended.said
    assert secret not in ended.said


@pytest.mark.parametrize(
    "value",
    [
        {"listen": False},
        {"listen": "yes please"},
        {"listen": "true"},
        {"lisen": True},
        {"listen": True, "more": 1},
        {},
    ],
)
def test_any_other_form_is_an_error_with_its_place(world: World, value: dict[str, Any]) -> None:
    listen_at(world, BASE)
    world.write(drive(receiverWebhookUrl=value))
    ended = world.look("validate", world.folder)
    assert ended.code == 1
    assert "{listen: true}" in ended.said
    assert "all.yaml line" in ended.said


def test_an_environment_that_does_not_say_where_the_listener_is(world: World) -> None:
    world.write(drive(**LISTENS))
    ended = world.look("validate", world.folder)
    assert ended.code == 1
    assert 'environment "test"' in ended.said
    assert "listen: {url:" in ended.said
    assert "all.yaml line" in ended.said


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://hooks.example.com", True),
        ("https://hooks.example.com/mscode/", True),
        ("http://127.0.0.1:8765/mscode", True),
        ("http://localhost:8765", True),
        ("http://hooks.example.com/mscode", False),
        ("https://user:word@hooks.example.com/mscode", False),
        ("https://hooks.example.com/mscode?key=1", False),
        ("ftp://hooks.example.com", False),
        ("hooks.example.com", False),
    ],
)
def test_where_the_listener_may_be(world: World, url: str, is_allowed: bool) -> None:
    listen_at(world, url)
    world.write(drive(**LISTENS))
    ended = world.look("validate", world.folder)
    assert ended.code == (0 if is_allowed else 1), ended.said
    assert is_allowed or "mscode.yaml line" in ended.said
