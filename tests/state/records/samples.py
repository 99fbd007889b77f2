"""Launches to record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mscode.model.address import Address
from mscode.state.records.context import RunContext
from mscode.state.records.local import LocalRecords, records_folder
from mscode.state.records.shape import Decision, Launch, Part, Result, Totals, Window
from mscode.state.records.store import RecordStore
from mscode.state.store import StateStore
from tests.state.samples import ENVIRONMENT, folder

INVITE = Address("rsvpCalls", "invite")
AT = "2026-11-30T08:00:00Z"


def number(at: int) -> str:
    return f"+358405{at:06}"


def launch(at: str = AT, address: Address = INVITE, live_id: str = "91", **members: Any) -> Launch:
    given = {
        "people": 2,
        "max_calls": 8,
        "parts": [Part(role="start", words="Hello! ☎ This is the blood service.")],
        "window": Window(start="2026-12-01T07:00:00Z", end="2026-12-04T15:00:00Z", weekdays=("monday",)),
    }
    return Launch(
        at=at,
        environment=ENVIRONMENT,
        address=address,
        live_id=live_id,
        context=RunContext(),
        manifests_digest="sha256:00",
        plan_digest="sha256:11",
        mscode_version="0.3.0",
        tzdata_version="2026a",
        **(given | members),
    )


def result(n: int, at: str = AT, *, is_final: bool = True) -> Result:
    return Result(at=at, launch=n, live_id="91", state="complete", is_final=is_final, totals=Totals(people=2))


def decision(id: str = "d-1", at: str = AT) -> Decision:
    return Decision(at=at, id=id, who="anna@desk", action="override", details={"guards": ["maxPeople"]})


def storage(tmp_path: Path) -> LocalRecords:
    return LocalRecords(records_folder(folder(tmp_path)))


def opened_records(tmp_path: Path, state: StateStore) -> RecordStore:
    return RecordStore.open(storage(tmp_path), state)
