"""Live campaigns as a page and as metrics: what they hold, what the page may load, who can read it."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from mscode.plan.lifecycle.progress import Progress
from mscode.views.live.attention import needs
from mscode.views.live.campaign_view import CampaignView, LivePage
from mscode.views.live.metrics import metrics_text
from mscode.views.live.page import GENERATOR, live_html, policy
from tests.views.hostile import NAMES
from tests.views.live_pages import NOW, campaigns, live_page, row
from tests.views.test_html import FOLLOWING, Strict

PAGES = {
    "every state": live_html(live_page()),
    "served": live_html(live_page(), is_served=True),
    "not current": live_html(live_page(), is_served=True, is_current=False),
    "nothing": live_html(live_page(campaigns=[])),
    "an account": live_html(live_page(has_project=False, project="")),
}
every_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


@every_page
def test_tags_are_closed_and_ids_are_unique_and_links_lead_somewhere(page: str) -> None:
    strict = Strict(page)
    ids = strict.attributes("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in strict.attributes("href")} <= set(ids)
    assert set(strict.attributes("aria-labelledby")) <= set(ids)


@every_page
def test_it_loads_nothing_but_its_script_and_sends_nothing(page: str) -> None:
    is_served = FOLLOWING in page
    strict = Strict(page)
    tags = {tag for tag, _ in strict.found}
    assert not {"iframe", "link", "object", "embed", "base", "form", "img", "button", "input"} & tags
    assert [attrs for tag, attrs in strict.found if tag == "script"] == [{"src": "/live.js", "defer": None}] * is_served
    assert not [name for _, attrs in strict.found for name in attrs if name.startswith("on") or name == "style"]
    assert (policy() in strict.attributes("content")) is not is_served
    assert re.findall(r"https?://[^\"' ]+", page.replace("http://www.w3.org/2000/svg", "")) == []
    assert "url(" not in page and "@import" not in page
    assert GENERATOR in page


@every_page
def test_a_screen_reader_finds_language_title_landmarks_and_headings_in_order(page: str) -> None:
    strict = Strict(page)
    tags = [tag for tag, _ in strict.found]
    assert [tags.count(tag) for tag in ("main", "h1")] == [1, 1]
    assert "<title>Campaigns of " in page
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_without_a_script_a_served_page_loads_itself_again_and_a_file_does_not() -> None:
    refresh = '<noscript><meta http-equiv="refresh" content="10"></noscript>'
    assert refresh in PAGES["served"]
    assert "refresh" not in PAGES["every state"]


def test_a_reading_that_failed_is_said() -> None:
    text = "The account cannot be read at the moment"
    assert text in PAGES["not current"] and text not in PAGES["served"]


def test_what_needs_somebody_and_how_to_go_on() -> None:
    commands = {need.campaign.name: need.command for need in needs(live_page(env_option=" --env production"))}
    assert commands == {
        "rsvpCalls.unsure": "mscode resolve rsvpCalls.unsure --env production",
        "rsvpCalls.new": "mscode apply --env production",
        "rsvpCalls.cut": "mscode apply --env production",
        "rsvpCalls.stopped": "mscode plan --resume rsvpCalls.stopped --env production",
        "rsvpCalls.over": "",
        "rsvpCalls.missed": "",
    }


def test_without_a_project_nothing_is_planned() -> None:
    views = [replace(view, row=replace(view.row, project="drive")) for view in campaigns() if view.row.id]
    page = live_page(*views, has_project=False, project="")
    assert {need.command for need in needs(page)} == {""}
    assert {page.stop_command(view) for view in views} == {"", "mscode halt --id 1", "mscode halt --id 2"}


def test_what_can_be_stopped_has_its_command() -> None:
    page = live_page()
    commands = {campaign.name: page.stop_command(campaign) for campaign in page.campaigns}
    assert {name: command for name, command in commands.items() if command} == {
        "rsvpCalls.invite": "mscode halt rsvpCalls.invite",
        "rsvpCalls.later": "mscode halt rsvpCalls.later",
        "rsvpCalls.unsure": "mscode halt rsvpCalls.unsure",  # where it was made after all, its mark finds it
    }


@pytest.mark.parametrize("name", [*NAMES[:60], "\ud800", "a\nb", "a\rb", 'a"b'])
def test_a_hostile_name_is_text_and_labels_stay_labels(name: str) -> None:
    view = CampaignView(replace(row("x", "active", name), address=name), Progress(hours={NOW: 1}))
    page = live_page(view, project=name, environment=name)
    html = live_html(page)
    strict = Strict(html)
    assert "script" not in {tag for tag, _ in strict.found}
    assert not [each for each in strict.attributes("id") if re.search(r"\s", each)]
    assert html.encode() and metrics_text(page, is_current=True).encode()
    families = {family.name: family for family in text_string_to_metric_families(metrics_text(page, is_current=True))}
    [sample] = families["mscode_campaign_calls"].samples
    assert sample.labels["campaign"] == view.name


# ---- metrics ---------------------------------------------------------------------------------------------------------


def samples(page: LivePage, **more: bool) -> dict[tuple[str, str], float]:
    """What the parser of prometheus-client reads, by the sample's name and the campaign's id."""
    text = metrics_text(page, **{"is_current": True, **more})
    return {
        (
            sample.name,
            sample.labels.get("id", "") + sample.labels.get("reason", "") + _state(sample.labels),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _state(labels: dict[str, str]) -> str:
    return labels.get("mscode_campaign_state", "")


def test_the_metrics_say_what_the_page_says() -> None:
    read = samples(live_page())
    of_invite = {
        name.removeprefix("mscode_campaign_"): value
        for (name, which), value in read.items()
        if which == "1" and name.startswith("mscode_campaign_")
    }
    assert of_invite == {
        "calls_total": 30,
        "answered_calls_total": 20,
        "accepts": 12,
        "accepts_wanted": 40,
        "people": 100,
        "people_called": 25,
        "people_declined": 6,
        "people_without_reply": 2,
        "redials_left": 160,
        "next_call_seconds": NOW.timestamp(),
        "last_call_seconds": NOW.replace(day=4, hour=15, minute=0).timestamp(),
        "last_launch_seconds": NOW.timestamp() - 86400,
    }
    assert (read["mscode_campaign_state", "1running"], read["mscode_campaign_state", "1halted"]) == (1, 0)
    assert read["mscode_campaign_held", "3notLaunched"] == read["mscode_campaign_held", "unknown"] == 1
    assert read["mscode_campaign_held", "1person"] == 0
    assert ("mscode_campaign_calls_total", "9") not in read, "the service counts nothing of a message"
    assert (read["mscode_account_read_success", ""], read["mscode_account_read_seconds", ""]) == (1, NOW.timestamp())
    assert samples(live_page(), is_current=False)["mscode_account_read_success", ""] == 0


def test_the_documents_name_every_metric_and_no_other() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "live.md").read_text(encoding="utf-8")
    written = set(re.findall(r"\bmscode_[a-z_]+", page))
    assert written == {name for name, _ in samples(live_page())}


def test_an_account_without_campaigns_has_metrics_too() -> None:
    assert samples(live_page(campaigns=[]))["mscode_account_read_success", ""] == 1
    assert metrics_text(live_page(campaigns=[]), is_current=True).endswith("\n# EOF\n")


def test_people_who_are_not_known_are_no_zeros() -> None:
    [view, *_] = campaigns()
    bare = live_page(replace(view, progress=None, row=replace(view.row, people=None, called=None)))
    read = samples(bare)
    assert not {name for name, _ in read if "people" in name or "redials" in name}
    assert "not known" in unescape(live_html(bare))


def test_a_campaign_of_which_nothing_is_known_yet_has_no_pictures() -> None:
    assert "<figure>" not in live_html(live_page(CampaignView(row("x", "active", "1"), Progress())))
