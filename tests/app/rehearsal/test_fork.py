"""A fork shows the account of which it was made, in every list and on every page."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from mscode.app.environment import open_reader
from mscode.app.invocation import Invocation
from mscode.app.rehearsal.fork import Reading, _shared_out, fork_into, read_for_fork
from mscode.app.rehearsal.lab import Lab
from mscode.app.workspace import load_environment
from mscode.errors import MscodeError
from mscode.http.transport import direct
from mscode.plan.inputs import Options
from mscode.sandbox.answers import Answers
from tests.app.rehearsal.test_lab import MORNING, project

LISTS = (
    *(
        "/accounts",
        "/accounts/filters",
        "/groups",
        "/groups/1/accounts",
        "/voice_files",
        "/rsvp_calls",
        "/click_to_calls",
    ),
    *("/calls", "/smses", "/emails", "/rsvp_calls/1/receivers", "/rsvp_calls/1/stats"),
)
PAGES = ("/calls/1", "/smses/1", "/emails/1", "/rsvp_calls/1", "/click_to_calls/1")


def everything() -> dict[str, Any]:
    receivers = [{"group": "donors"}, {"account": "anna"}, {"phone": "+358401230009"}]
    window = {"activeFrom": "06:00", "activeTo": "20:00", "activeWeekdays": ["tuesday", "wednesday"]}
    when = {"actionTime": "2026-12-02T10:00:00Z", "receivers": [{"group": "donors"}, {"account": "anna"}]}
    phones = {name: f"+3584012300{number:02}" for number, name in enumerate(("b", "c", "d", "e"), 10)}
    return {
        "apiVersion": "mscode/v1",
        "accounts": {
            "anna": {"phone": "+358401230001", "email": "anna@example.com", "firstName": "Anna", "yearOfBirth": 1980},
            **{name: {"phone": phone, "city": "Espoo"} for name, phone in phones.items()},
        },
        "filters": {"espoo": {"conditions": [{"field": "city", "operator": "in", "value": ["Espoo", "Vantaa"]}]}},
        "groups": {"donors": {"description": "In Espoo", "members": {"filter": "espoo"}}},
        "voiceFiles": {"hello": {"text": "Could you come?", "voiceCode": "fi", "description": "First"}},
        "rsvpCalls": {
            "invite": {
                "startTime": "2026-12-01T07:00:00Z",
                "endTime": "2026-12-03T17:00:00Z",
                **window,
                "voiceFiles": {"start": "hello"},
                "actionButtons": {"accept": [5, 6], "decline": 9},
                "receivers": receivers,
                "acceptsWanted": 6,
                "meta": {"season": "winter"},
                "receiverWebhookUrl": "https://hooks.example.com/receiver",
            }
        },
        "clickToCalls": {
            "desk": {
                "expiresAt": "2026-12-04T17:00:00Z",
                **window,
                "voiceFile": "hello",
                "actionButtons": {"accept": 5, "decline": 9},
                "receivers": [{"account": "b"}, {"phone": "+358401230008"}],
            }
        },
        "calls": {"notice": {"operations": [{"say": "hello"}], **when}},
        "smses": {"reminder": {"message": "See you", "sender": "Drive", **when}},
        "emails": {
            "letter": {
                "subject": "Hello",
                "messageText": "See you",
                "fromEmail": "us@example.com",
                "fromName": "Us",
                "actionTime": "2026-12-02T10:00:00Z",
                "receivers": [{"account": "anna"}],
            }
        },
    }


def shown(lab: Lab, path: str) -> Any:
    headers = {"Accept": "application/json", "Content-Type": "application/json", "X-Access-Token": lab.app.state.token}
    assert lab.environment.in_memory is not None
    request = httpx.Request("GET", f"{lab.environment.in_memory.connection.url}{path}", headers=headers)
    response = direct(lab.app).handle_request(request)
    assert response.status_code == 200, path
    return json.loads(response.read())


def forked(folder: Path, lab: Lab) -> tuple[Lab, Reading]:
    """A second laboratory, with what a plan in the first one reads of it."""
    work = lab.work(folder, Options())
    plan = lab.plan(work)
    assert plan.builder is not None
    with open_reader(lab.environment) as reader:
        account = lab.environment.account(reader)
        reading = read_for_fork(account, plan, plan.builder.inputs)
        other = Lab(lab.environment, lab.inv, plan.now)
        fork_into(other, account, reading, plan.now)
    return other, reading


@pytest.mark.parametrize(
    "service",
    [
        {},
        {"expand_groups": True},
        {"receiver_rows": "account"},
        {"receiver_rows": "address"},
        {"fix_typos": True, "ids": "int", "unset": "null", "list_shape": "full"},
        {"zone": "Asia/Tokyo"},
        {"prefix": "/api"},
        {"phone_plus": "off", "op42_full": True},
    ],
    ids=str,
)
def test_everything_is_there_again(tmp_path: Path, service: dict[str, Any]) -> None:
    project(tmp_path)
    settings = json.loads((tmp_path / "mscode.yaml").read_text())
    settings["environments"]["test"] |= {"url": "sandbox:", "service": service}
    (tmp_path / "mscode.yaml").write_text(json.dumps(settings))
    (tmp_path / "all.yaml").write_text(json.dumps(everything()))
    inv = Invocation(variables={})
    with Lab(load_environment(inv, tmp_path), inv, MORNING) as lab:
        assert lab.apply(lab.work(tmp_path, Options())).exit_code == 0
        lab.advance(datetime.fromisoformat("2026-12-01T07:00:17+00:00"))
        assert shown(lab, "/rsvp_calls/1/stats")["totalDialedCalls"] == 4

        other, reading = forked(tmp_path, lab)
        with other:
            assert reading.notes == []
            for path in (*LISTS, *PAGES):
                assert without_row_ids(shown(other, path)) == without_row_ids(shown(lab, path)), path
            assert other.now == lab.now


def without_row_ids(value: Any) -> Any:
    """Receivers of messages have ids of their own, which nothing refers to."""
    if isinstance(value, list):
        return [without_row_ids(item) for item in value]
    if isinstance(value, dict):
        return {name: without_row_ids(item) for name, item in value.items() if name != "receiverId"}
    return value


def test_the_rest_of_the_calls_is_the_same_in_both(tmp_path: Path) -> None:
    """People answer by number, and whoever was called in a group is called as often as in the account itself."""
    project(tmp_path)
    (tmp_path / "all.yaml").write_text(json.dumps(everything()))
    inv = Invocation(variables={})
    with Lab(load_environment(inv, tmp_path), inv, MORNING) as lab:
        lab.apply(lab.work(tmp_path, Options()))
        lab.advance(datetime.fromisoformat("2026-12-01T07:00:17+00:00"))
        before = len(lab.ledger())
        other, _ = forked(tmp_path, lab)
        with other:
            for one in (lab, other):
                one.advance(datetime.fromisoformat("2026-12-10T00:00:00+00:00"))
            assert [(ring.at, ring.to, ring.reply) for ring in other.ledger()] == [
                (ring.at, ring.to, ring.reply) for ring in lab.ledger()[before:]
            ]


def test_ids_that_are_no_numbers_end_it(tmp_path: Path) -> None:
    project(tmp_path)
    inv = Invocation(variables={})
    with Lab(load_environment(inv, tmp_path), inv, MORNING) as lab:
        lab.apply(lab.work(tmp_path, Options()))
        work = lab.work(tmp_path, Options())
        plan = lab.plan(work)
        assert plan.builder is not None
        for listed in plan.builder.inputs.live.objects.values():
            for live in listed.values():
                object.__setattr__(live, "id", "a-1")
        with open_reader(lab.environment) as reader, Lab(lab.environment, inv, MORNING) as other:
            account = lab.environment.account(reader)
            reading = Reading(dict(plan.builder.inputs.live.objects), {})
            with pytest.raises(MscodeError, match="no whole numbers"):
                fork_into(other, account, reading, MORNING)


@pytest.mark.parametrize(
    ("dials", "answered", "at_most", "expected"),
    [
        (3, [True, False, True], 3, [1, 1, 1]),
        (5, [True, False, False], 3, [1, 2, 2]),
        (9, [True, False], 3, [3, 3]),
        (0, [False], 3, [1]),
        (4, [], 3, []),
    ],
)
def test_the_dials_of_a_group_are_shared_out(
    dials: int, answered: list[bool], at_most: int, expected: list[int]
) -> None:
    assert _shared_out(dials, answered, at_most) == expected


def test_a_group_of_which_nobody_says_who_was_called(tmp_path: Path) -> None:
    """The replies to a click-to-call stand on its own rows alone: it is over in the copy as well."""
    project(tmp_path)
    manifest = everything()
    manifest["clickToCalls"]["desk"]["receivers"] = [{"group": "donors"}]
    manifest["clickToCalls"]["desk"] |= {"activeFrom": "00:00", "activeTo": "23:59"}
    del manifest["rsvpCalls"]
    (tmp_path / "all.yaml").write_text(json.dumps(manifest))
    inv = Invocation(variables={})
    with Lab(load_environment(inv, tmp_path), inv, MORNING, answers=Answers(answer=1.0, accept=1.0)) as lab:
        assert lab.apply(lab.work(tmp_path, Options())).exit_code == 0
        lab.advance(datetime.fromisoformat("2026-12-01T07:00:00+00:00"))
        [live] = shown(lab, "/click_to_calls")
        assert live["receivers"][0]["reply"] == "accept"
        other, reading = forked(tmp_path, lab)
        with other:
            assert shown(other, "/click_to_calls") == [live]
            assert reading.notes == []
