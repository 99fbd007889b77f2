"""Live campaigns and replies as JSON: `status`, `watch` and `results` with --json. Instants in UTC, durations in seconds."""

from __future__ import annotations

from typing_extensions import TypedDict

from mscode.views.drift.drift_shapes import StandingJson


class _CampaignHead(TypedDict):
    address: str | None
    type: str
    id: str
    managed: bool


class CampaignJson(_CampaignHead, StandingJson):
    """A live campaign: its address and id, its status, and when it may reach people. The address is null where it has none."""

    firstCall: str | None
    nextCall: str | None
    lastCall: str | None


class ReceiverJson(TypedDict):
    """One receiver's reply, a person's or a whole group's; also the columns of the CSV. Null: the service gives no value."""

    accountId: str | None
    groupId: str | None
    phone: str | None
    email: str | None
    reply: str | None
    answered: bool
    dialled: int | None
    duration: int
    latestCallAt: str | None


class ResultsJson(CampaignJson):
    """A campaign and its receivers."""

    receivers: list[ReceiverJson]
