"""The forecast of a plan beside the ledger of the same plan, played to its end in a laboratory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mscode.app.invocation import Invocation
from mscode.app.rehearsal.lab import Lab, Ring
from mscode.app.workspace import load_environment
from mscode.model.address import Address
from mscode.plan.change import Plan
from mscode.plan.forecast.forecast import Forecast, seed_of
from mscode.plan.forecast.launches import LaunchedCampaign, campaigns_under_way, launched_campaigns
from mscode.plan.inputs import Options
from mscode.sandbox.answers import Answers

NOW = datetime(2026, 10, 23, 6, 0, tzinfo=UTC)  # a Friday, two days before the clocks of Helsinki are set back
PACE, REDIAL_MINUTES = 90, 7
PHONES = [f"+3584012300{number:02d}" for number in range(30)]
INVITE = {
    "startTime": "2026-10-24T06:30:17Z",
    "endTime": "2026-10-27T15:00:00Z",
    "activeFrom": "02:45:10",
    "activeTo": "09:01:20",
    "activeWeekdays": ["saturday", "sunday", "tuesday"],
    "voiceFiles": {"start": "hello"},
    "actionButtons": {"accept": 5, "decline": 9},
    "receivers": [{"phone": "+358409990002"}, {"group": "donors"}, {"phone": "+358409990001"}],
    "acceptsWanted": 32,
    "maxRedials": 80,
}
CLICK = {name: INVITE[name] for name in ("activeFrom", "activeTo", "activeWeekdays", "actionButtons", "receivers")}


def write(folder: Path, invite: dict[str, Any] | None = None, click: dict[str, Any] | None = None) -> None:
    environment = {
        "url": "https://api.example.com/v1",
        "token": {"env": "NO_TOKEN"},
        "windowZone": "Europe/Helsinki",
        "service": {"pace": PACE, "redial_minutes": REDIAL_MINUTES},
    }
    project = {
        "apiVersion": "mscode/v1",
        "project": "drive",
        "timezone": "Asia/Kathmandu",
        "defaultEnvironment": "test",
        "environments": {"test": environment},
        "guards": {"maxRedials": 100},
    }
    (folder / "mscode.yaml").write_text(json.dumps(project))
    manifest: dict[str, Any] = {
        "apiVersion": "mscode/v1",
        "accounts": {f"a{at}": {"firstName": "Anna", "phone": phone} for at, phone in enumerate(reversed(PHONES))},
        "groups": {
            "donors": {"description": "", "members": {"accounts": [f"a{at}" for at in range(len(PHONES))]}},
        },
        "voiceFiles": {"hello": {"text": "Could you come on Friday?", "voiceCode": "en"}},
    }
    if invite is not None:
        manifest["rsvpCalls"] = {"invite": {**INVITE, **invite}}
    if click is not None:
        manifest["clickToCalls"] = {"desk": {**CLICK, "voiceFile": "hello", "maxRedials": 2, **click}}
    (folder / "all.yaml").write_text(json.dumps(manifest))


Make = Callable[..., Lab]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes the laboratory of the project in `tmp_path`, with people who answer as they are told."""
    labs: list[Lab] = []

    def made(answer: float, accept: float = 0.0) -> Lab:
        inv = Invocation(variables={})
        labs.append(Lab(load_environment(inv, tmp_path), inv, NOW, answers=Answers(1, answer, accept)))
        return labs[-1]

    yield made
    for lab in labs:
        lab.close()


def forecast_of(plan: Plan) -> tuple[LaunchedCampaign, Forecast]:
    (launched,) = launched_campaigns(plan, pace=PACE, redial_minutes=REDIAL_MINUTES)
    return launched, launched.forecast(seed=seed_of("digest"), runs=9)


def planned(lab: Lab, folder: Path, **options: Any) -> Plan:
    return lab.plan(lab.work(folder, Options(**options)))


def played(lab: Lab, folder: Path, **options: Any) -> list[Ring]:
    """The calls from now on."""
    before = len(lab.ledger())
    run = lab.apply(lab.work(folder, Options(**options)))
    assert run.exit_code == 0, lab.out.lines
    lab.advance(timedelta(days=20))
    return lab.ledger()[before:]


def agrees(said: Forecast, rings: list[Ring]) -> None:
    """Every run of it makes the calls of the ledger: as many, to as many people, in the same hours."""
    numbers = {said.calls.low, said.calls.median, said.calls.high}
    assert numbers == {len(rings)}
    assert {said.people.low, said.people.high} == {len({ring.to for ring in rings})}
    assert said.accepts.median == sum(ring.reply == "accept" for ring in rings)
    hours: dict[datetime, int] = {}
    for ring in rings:  # on a clock in Kathmandu, 5:45 before UTC, an hour begins at a quarter past
        begins = (ring.at + timedelta(minutes=45)).replace(minute=0, second=0) - timedelta(minutes=45)
        hours[begins] = hours.get(begins, 0) + 1
    assert {hour.at: hour.median for hour in said.calls_per_hour} == hours


def test_people_who_never_answer_are_called_to_the_end(tmp_path: Path, make: Make) -> None:
    write(tmp_path, {"expect": {"answer": "0%"}})
    lab = make(0.0)
    launched, said = forecast_of(planned(lab, tmp_path))
    rings = played(lab, tmp_path)
    assert {ring.at.date().isoformat() for ring in rings} == {"2026-10-24", "2026-10-25", "2026-10-27"}
    agrees(said, rings)
    assert (said.chance, said.rates.source, said.end.median) == (0.0, "default", rings[-1].at)
    assert launched.reach.first_call == rings[0].at
    assert said.accepts_over_time[-1].accepts.high == 0


def test_the_call_that_is_wanted_last_is_the_last_one(tmp_path: Path, make: Make) -> None:
    write(tmp_path, {"acceptsWanted": 20, "expect": {"answer": "100%", "accept": "100%"}})
    lab = make(1.0, 1.0)
    launched, said = forecast_of(planned(lab, tmp_path))
    rings = played(lab, tmp_path)
    agrees(said, rings)
    assert (launched.wanted, said.chance, said.rates.source) == (20, 1.0, "expect")
    assert said.end.low == said.end.high == rings[-1].at
    assert [at.accepts.median for at in said.accepts_over_time][-1] == 20


def test_a_campaign_under_way_goes_on_with_those_who_are_left(tmp_path: Path, make: Make) -> None:
    receivers = [{"phone": phone} for phone in PHONES]
    write(tmp_path, {"receivers": receivers, "acceptsWanted": 30, "maxRedials": 3, "expect": {"answer": "0%"}})
    lab = make(0.0)
    lab.apply(lab.work(tmp_path, Options()))
    lab.advance(datetime(2026, 10, 24, 23, 45, 20, tzinfo=UTC))
    lab.halt("rsvpCalls.invite")
    assert 0 < len(lab.ledger()) < 30
    lab.advance(timedelta(minutes=1))
    resume = frozenset({Address("rsvpCalls", "invite")})
    _, said = forecast_of(planned(lab, tmp_path, resume=resume))
    rings = played(lab, tmp_path, resume=resume)
    agrees(said, rings)
    assert said.end.median == rings[-1].at


def test_of_a_group_under_way_the_calls_that_are_left_are_known(tmp_path: Path, make: Make) -> None:
    write(tmp_path, {"maxRedials": 2, "expect": {"answer": "0%"}})
    lab = make(0.0)
    lab.apply(lab.work(tmp_path, Options()))
    lab.advance(datetime(2026, 10, 24, 23, 55, tzinfo=UTC))
    lab.halt("rsvpCalls.invite")
    assert len(lab.ledger()) > 32
    resume = frozenset({Address("rsvpCalls", "invite")})
    _, said = forecast_of(planned(lab, tmp_path, resume=resume))
    assert said.calls.median == len(played(lab, tmp_path, resume=resume))


def test_a_campaign_that_goes_on_by_itself_is_forecast_too(tmp_path: Path, make: Make) -> None:
    receivers = [{"phone": phone} for phone in PHONES]
    write(tmp_path, {"receivers": receivers, "acceptsWanted": 30, "maxRedials": 3, "expect": {"answer": "0%"}})
    lab = make(0.0)
    lab.apply(lab.work(tmp_path, Options()))
    lab.advance(datetime(2026, 10, 24, 23, 45, 20, tzinfo=UTC))
    before = len(lab.ledger())
    plan = planned(lab, tmp_path)
    assert launched_campaigns(plan) == []
    (going_on,) = campaigns_under_way(plan, pace=PACE, redial_minutes=REDIAL_MINUTES)
    lab.advance(timedelta(days=20))
    assert 0 < before < 30
    agrees(going_on.forecast(seed=1, runs=3), lab.ledger()[before:])
    assert campaigns_under_way(planned(lab, tmp_path)) == []


def test_a_click_to_call_wants_one(tmp_path: Path, make: Make) -> None:
    write(tmp_path, click={"expect": {"answer": "0%"}})
    lab = make(0.0)
    launched, said = forecast_of(planned(lab, tmp_path))
    agrees(said, played(lab, tmp_path))
    assert (launched.wanted, said.chance) == (1, 0.0)


def test_finished_campaigns_of_the_account_say_how_people_answer(tmp_path: Path, make: Make) -> None:
    write(tmp_path, {"maxRedials": 0})
    lab = make(1.0, 0.25)
    _, said = forecast_of(planned(lab, tmp_path))
    assert (said.rates.source, said.rates.campaigns) == ("default", 0)
    rings = played(lab, tmp_path)
    write(tmp_path, click={"expiresAt": "2026-12-01T00:00:00Z", "expect": {"accept": "80%"}})
    launched, said = forecast_of(planned(lab, tmp_path))
    assert (said.rates.source, said.rates.campaigns) == ("account", 1)
    assert launched.rates.accept.mean == 0.8
    assert launched.rates.answer.mean == pytest.approx((len(rings) + 1) / (len(rings) + 2))
    assert said.rates.answer.low > 0.6


def test_the_same_seed_gives_the_same_forecast(tmp_path: Path, make: Make) -> None:
    write(tmp_path, {"startTime": None})
    plan = planned(make(0.5), tmp_path)
    (launched,) = launched_campaigns(plan)
    assert launched.forecast(seed=1) == launched.forecast(seed=1) != launched.forecast(seed=2)
    assert seed_of("a") == seed_of("a") != seed_of("b")
    assert launched.task.timeline.pace == 12
