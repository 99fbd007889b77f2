"""Live campaigns in the OpenMetrics text format, version 1.0.0, for a monitoring system to fetch.

Campaigns are told apart by the labels `campaign`, `type` and `id`; no label and no value says anything of a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Literal

from mscode.model.light_dataclass import dataclass
from mscode.views.live.campaign_view import CampaignView, LivePage
from mscode.views.status.table import GROUPS
from mscode.views.text.printable import escape_unprintable

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
Labels = tuple[tuple[str, str], ...]
Sample = tuple[Labels, float]


@dataclass(frozen=True, slots=True)
class Metric:
    """A family of the campaigns; `value` gives a campaign's, None where it has none."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    value: Callable[[CampaignView], float | None]
    unit: str = ""


def _when(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _calls(campaign: CampaignView, number: int) -> int | None:
    """Of a message the service counts nothing, and of an unknown outcome neither."""
    row = campaign.row
    return None if row.goes_out_once or row.standing.state == "unknown" else number


def _counted(campaign: CampaignView, name: Literal["declined", "no_reply", "redials_left"]) -> int | None:
    return None if campaign.progress is None else int(getattr(campaign.progress, name))


_METRICS = (
    Metric("calls", "counter", "Calls that were made.", lambda one: _calls(one, one.row.standing.dialled)),
    Metric("answered_calls", "counter", "Calls that were answered.", lambda one: _calls(one, one.row.standing.answered)),
    Metric("accepts", "gauge", "Accepts until now.", lambda one: _calls(one, one.row.standing.accepted)),
    Metric("accepts_wanted", "gauge", "Accepts after which it stops.", lambda one: one.row.standing.wanted),
    Metric("people", "gauge", "Persons whom it is to reach.", lambda one: one.row.people),
    Metric("people_called", "gauge", "Persons called at least once.", lambda one: one.row.called),
    Metric("people_declined", "gauge", "Persons who declined.", lambda one: _counted(one, "declined")),
    Metric(
        "people_without_reply",
        "gauge",
        "Persons who answered and pressed nothing.",
        lambda one: _counted(one, "no_reply"),
    ),
    Metric("redials_left", "gauge", "Redials from now on, at most.", lambda one: _counted(one, "redials_left")),
    Metric("next_call_seconds", "gauge", "When it may call next.", lambda one: _when(one.row.coming), "seconds"),
    Metric("last_call_seconds", "gauge", "When it may call last.", lambda one: _when(one.row.last), "seconds"),
    Metric("last_launch_seconds", "gauge", "When mscode launched it last.", lambda one: _when(one.launched), "seconds"),
)  # fmt: skip
#: Why mscode holds a campaign; `unknown` is a create whose answer was lost.
HOLDS = ("notLaunched", "edit", "manifest", "person", "unknown")


def metrics_text(page: LivePage, *, is_current: bool) -> str:
    """All families; `is_current`: the last reading of the account succeeded."""
    families: list[str] = []
    labels = {id(campaign): _labels(campaign) for campaign in page.campaigns}
    for metric in _METRICS:
        samples = [
            (labels[id(campaign)], float(value))
            for campaign in page.campaigns
            if (value := metric.value(campaign)) is not None
        ]
        families += _family(f"mscode_campaign_{metric.name}", metric.kind, metric.help, samples, metric.unit)
    families += _family(
        "mscode_campaign_state",
        "stateset",
        "Where it stands.",
        [
            ((*labels[id(campaign)], ("mscode_campaign_state", group)), float(campaign.row.group == group))
            for campaign in page.campaigns
            for group in GROUPS
        ],
    )
    families += _family(
        "mscode_campaign_held",
        "gauge",
        "Whether mscode holds it, and why.",
        [
            ((*labels[id(campaign)], ("reason", reason)), float(_hold(campaign) == reason))
            for campaign in page.campaigns
            for reason in HOLDS
        ],
    )
    environment = (("environment", page.environment), ("project", page.project))
    families += _family("mscode", "info", "The program.", [((("version", page.version), *environment), 1.0)])
    families += _family(
        "mscode_account_read_success", "gauge", "1: the last reading succeeded.", [((), float(is_current))]
    )
    read_at = [((), page.now.timestamp())]
    families += _family("mscode_account_read_seconds", "gauge", "The service's clock at that time.", read_at, "seconds")
    return "\n".join([*families, "# EOF", ""])


def _hold(campaign: CampaignView) -> str:
    return "unknown" if campaign.row.standing.state == "unknown" else campaign.row.hold


def _labels(campaign: CampaignView) -> Labels:
    return ("campaign", campaign.name), ("type", campaign.row.section), ("id", campaign.id)


def _family(name: str, kind: str, text: str, samples: Iterable[Sample], unit: str = "") -> Iterator[str]:
    suffix = {"counter": "_total", "info": "_info"}.get(kind, "")
    yield f"# TYPE {name} {kind}"
    if unit:
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {text}"
    for labels, value in samples:
        pairs = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
        yield f"{name}{suffix}{{{pairs}}} {_number(value)}" if pairs else f"{name}{suffix} {_number(value)}"


def _escaped(text: str) -> str:
    return escape_unprintable(text).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
