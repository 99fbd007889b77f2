"""A rehearsal as text, Markdown and HTML: what it says, alone and in a plan, and what odd or forged data does to it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mscode.errors import PlanError
from mscode.model.ci import Job
from mscode.views.ci.comment import new_body, plans_of
from mscode.views.html.page import POLICY, plan_html
from mscode.views.html.rehearsal import rehearsal_html
from mscode.views.plan.markdown import plan_markdown
from mscode.views.plan.plan_json import error_json, plan_json
from mscode.views.plan.plan_text import render_json, render_plan
from mscode.views.plan.segments import ansi, plain, without_utf8
from mscode.views.rehearsal.rehearsal_markdown import rehearsal_markdown
from mscode.views.rehearsal.rehearsal_text import rehearsal_lines
from mscode.views.rehearsal.words import percent, summary
from mscode.views.text.width import display_width
from tests.views.hostile import NAMES
from tests.views.hostile_plan import ACTING, LINKED, TAME, html_structure, markdown_structure, markdown_text
from tests.views.plans import DONORS, GREETING, NOW, plan
from tests.views.plans import INVITE as LAUNCHED
from tests.views.rehearsals import (
    BREACHED,
    INVITE,
    after,
    campaign,
    counts,
    invariants,
    ledger,
    over_time,
    per_hour,
    rehearsal,
    without_accepts,
)


def text(data: Any, width: int = 80) -> str:
    return plain(rehearsal_lines(data, width=width))


def html(data: Any) -> str:
    return rehearsal_html(data, policy=POLICY)


def planned(**more: Any) -> dict[str, Any]:
    """A plan with a rehearsal."""
    data = {"rehearsal": rehearsal(campaign()), **more}
    return plan_json(plan(GREETING, DONORS, LAUNCHED), timestamp=NOW, mscode_version="1", digest="ab" * 32, **data)


# ---- text ------------------------------------------------------------------------------------------------------------


def test_the_block_of_a_campaign_says_what_is_likely_with_a_bar() -> None:
    assert text(rehearsal(campaign())) == (
        "Rehearsal of blood-drive in production\n"
        "The plan was played to its end in a sandbox in memory; nobody was called. Times\n"
        "in Europe/Helsinki.\n"
        "200 runs, seed 4711. Numbers are medians; in brackets the range that holds 90%\n"
        "of the runs.\n"
        "\n"
        "  rsvpCalls.invite\n"
        "    chance:  82% to reach 40 accepts in time\n"
        "    accepts: 44 (31 to 52)\n"
        "             ██████████████████████████████▒▒▒▒▒▒▒▒▒▒▒│▒▒▒▒▒▒▒▒\n"
        "                                                  ^ 40 wanted\n"
        "    calls:   310 (250 to 380), at most 800\n"
        "    people:  160 (120 to 200) of 200 called\n"
        "    end:     Wed 2026-12-02 14:00 (2026-12-01 16:00 to 2026-12-04 17:00)\n"
        "    cost:    930 cents (750 to 1,140)\n"
        "    rates:   answer 60% (50 to 70%), accept 40% (30 to 50%), from 12 finished\n"
        "             campaigns of this account\n"
        "    played:  213 calls to 150 people, 40 accepts, Tue 2026-12-01 09:00 to 15:12,\n"
        "             then complete\n"
        "    holds:   only people of the plan are called; nobody is called more often\n"
        "             than planned; calls are inside the campaign's window; calls are\n"
        "             inside the calling hours; nobody on the do-not-call list is called;\n"
        "             calling stops once the accepts are reached; the first and the last\n"
        "             call are those of the plan\n"
        "\n"
        "Rehearsal: No breach in 7 checks of the calls.\n"
    )


def bars(shown: str) -> list[str]:
    return [line.strip() for line in shown.splitlines() if "│" in line]


@pytest.mark.parametrize(
    ("accepts", "wanted", "bar", "goal"),
    [
        (counts(40, 40, 40), 40, "█" * 49 + "│", "40 wanted ^"),  # reached in every run
        (counts(0, 0, 0), 40, "│", "40 wanted ^"),
        (counts(0, 0, 3), 30, "│▒▒▒▒", "30 wanted ^"),
        (counts(100, 90, 110), 1, "█" * 41 + "▒▒▒│▒▒▒▒▒", "^ 1 wanted"),  # more than wanted
        (counts(0, 0, 0), 0, "│", "^ 0 wanted"),
        (counts(10**12, 1, 10**15), 10**14, "│" + "▒" * 49, "^ 100,000,000,000,000 wanted"),
    ],
)
def test_bars_of_odd_numbers(accepts: Any, wanted: int, bar: str, goal: str) -> None:
    shown = text(rehearsal(campaign(accepts=accepts, acceptsWanted=wanted)))
    assert bars(shown) == [bar]
    assert [line.strip() for line in shown.splitlines() if line.endswith(("wanted", "wanted ^"))] == [goal]


def test_where_nobody_accepts_the_bar_is_of_calls_against_how_many_there_may_be() -> None:
    shown = text(rehearsal(without_accepts()))
    assert "chance" not in shown
    assert "accept" not in shown.partition("holds:")[0].partition("played:")[0]
    assert "800 at most ^" in shown
    assert len(bars(shown)) == 1


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ({"source": "account", "campaigns": 12}, "from 12 finished campaigns of this account"),
        ({"source": "account", "campaigns": 1}, "from 1 finished campaign of this account"),
        ({"source": "expect", "campaigns": 0}, "expect: of the manifest"),
        ({"source": "default", "campaigns": 0}, "wide defaults: no campaign has finished yet"),
    ],
)
def test_every_format_says_where_rates_come_from(rates: dict[str, Any], words: str) -> None:
    data = rehearsal(campaign(rates={**campaign()["rates"], **rates}))
    for shown in (text(data), rehearsal_markdown(data), html(data)):
        assert words in " ".join(shown.split())


def test_breaches_stand_first_and_what_was_overridden_is_none() -> None:
    shown = text(BREACHED)
    block = shown.partition("  rsvpCalls.invite\n")[2].splitlines()
    assert block[0] == "    BREACH:  calls are inside the campaign's window: 3 calls after 17:00"
    assert "    noted:   calls are inside the calling hours: 2 calls after 20:00; overridden" in block
    assert shown.index("only people of the plan are called: 1 call to") < shown.index("rsvpCalls.invite")
    assert "Rehearsal: 2 breaches in 15 checks of the calls.\n" in shown
    page = html(BREACHED)
    assert page.index("3 calls after 17:00") < page.index("Chance:")
    assert page.count('<li class="fail"><strong>Breach</strong>') == 2
    assert '<h1 class="goes">Refused: rehearsal of blood-drive in production</h1>' in page


def test_guards_stand_at_the_end_with_how_to_go_on() -> None:
    assert text(BREACHED).endswith(
        "Guard minChance refuses this plan: rsvpCalls.invite has a chance of 82% to reach\n"
        "its accepts, 90% is wanted.\n"
        "  To go on this once: --override minChance\n"
    )
    assert "Guard <strong>minChance</strong> refuses this plan" in html(BREACHED)
    assert "> - Guard `minChance` refuses this plan" in rehearsal_markdown(BREACHED)


def test_without_runs_there_is_no_forecast_and_the_checks_are_shown() -> None:
    names = ("rates", "chance", "accepts", "calls", "rung", "end", "cost")
    nothing = campaign(**dict.fromkeys(names), acceptsOverTime=[], callsPerHour=[])
    data = rehearsal(nothing, runs=0)
    shown = text(data)
    assert "Played once, without a forecast (--runs 0, seed 4711)." in " ".join(shown.split())
    assert "played:  213 calls" in shown
    assert "No breach in 7 checks of the calls." in shown
    assert "<svg" not in html(data)
    assert "| — | — | — | — | — | — |" in rehearsal_markdown(data)


def test_a_plan_that_calls_nobody_says_so() -> None:
    shown = text(rehearsal())
    assert "The plan launches nothing that calls people." in shown
    assert "Nothing was called, so nothing was checked." in shown
    assert "launches nothing" in html(rehearsal())


def test_a_campaign_without_people() -> None:
    none = counts(0, 0, 0)
    empty = campaign(people=0, maxCalls=0, chance=0.0, accepts=none, calls=none, rung=none, end=None, cost=None)
    data = rehearsal(
        empty, ledger=[ledger(calls=0, rung=0, accepts=0, first=None, last=None, end=None, state="missed")]
    )
    shown = text(data)
    assert "chance:  0% to reach 40 accepts in time" in shown
    assert "people:  0 of 0 called" in shown
    assert "played:  no call, then missed" in shown
    assert html(data)


def test_an_end_within_one_day_names_the_day_once() -> None:
    shown = text(rehearsal(campaign(end={"median": after(2.26), "low": after(1.5), "high": after(3)})))
    assert "    end:     Tue 2026-12-01 11:15 (10:30 to 12:00)\n" in shown


def test_messages_are_no_calls() -> None:
    nothing = dict.fromkeys(("acceptsWanted", "rates", "chance", "accepts", "calls", "rung", "end", "cost"))
    mailing = campaign("smses.thanks", maxCalls=0, maxMessages=200, **nothing, acceptsOverTime=[], callsPerHour=[])
    sent = ledger("smses.thanks", calls=200, rung=200, accepts=0, last=after(0), state="")
    shown = text(rehearsal(mailing, ledger=[sent]))
    assert "    writes:  at most 200 messages to 200 people\n" in shown
    assert "    played:  200 messages to 200 people, Tue 2026-12-01 09:00\n" in shown


def test_where_accepts_are_counted_and_none_are_wanted_they_are_shown_and_the_bar_is_of_calls() -> None:
    shown = text(rehearsal(without_accepts(accepts=counts(3, 1, 5))))
    assert "    accepts: 3 (1 to 5)\n" in shown
    assert "800 at most ^" in shown


@pytest.mark.parametrize("width", [40, 60, 80, 200])
@pytest.mark.parametrize("data", [BREACHED, rehearsal(*[campaign(f"rsvpCalls.town{at}") for at in range(20)])])
def test_no_line_is_wider_than_the_terminal(data: Any, width: int) -> None:
    lines = text(data, width).splitlines()
    assert max(map(display_width, lines)) <= width
    assert sum("│" in line for line in lines) == len(data["campaigns"])


def test_a_terminal_without_utf8_and_colour_has_the_same_in_ascii() -> None:
    shown = plain(without_utf8(rehearsal_lines(BREACHED)))
    assert shown.isascii()
    assert "##############################-----------|--------\n" in shown
    assert list(map(len, shown.splitlines())) == list(map(len, text(BREACHED).splitlines()))


def test_colour_adds_nothing_that_the_text_does_not_say() -> None:
    coloured = ansi(rehearsal_lines(BREACHED))
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == text(BREACHED)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0, "0%"),
        (0.0004, "less than 0.1%"),
        (0.545, "54.5%"),
        (0.82, "82%"),
        (0.57, "57%"),
        (0.7999, "79.9%"),
        (0.999, "99.9%"),
        (0.9996, "more than 99.9%"),
        (1, "100%"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_all(share: float, words: str) -> None:
    assert percent(share) == words


def test_the_summary_names_the_lowest_chance() -> None:
    data = rehearsal(campaign(), campaign("rsvpCalls.tampere", chance=0.45), without_accepts())
    assert summary(data) == (
        "Rehearsed: lowest chance of enough accepts 45% (rsvpCalls.tampere); no breach in 21 checks of the calls."
    )
    assert summary(rehearsal(campaign())) == (
        "Rehearsed: 82% chance of 40 accepts in time; no breach in 7 checks of the calls."
    )


# ---- Markdown --------------------------------------------------------------------------------------------------------


def test_markdown_is_a_table_with_all_of_it_folded_below() -> None:
    shown = rehearsal_markdown(rehearsal(campaign()))
    table = [line for line in shown.splitlines() if line.startswith("|")]
    assert table[0] == "| campaign | chance | accepts | calls | people | end (Europe/Helsinki) | rates |"
    assert len(table) == 3
    assert "<details><summary>1 campaign in full</summary>\n\n```text\n" in shown
    assert "██████████████████████████████▒▒▒▒▒▒▒▒▒▒▒│▒▒▒▒▒▒▒▒" in shown


@pytest.mark.parametrize("max_bytes", [60_000, 8_000, 4_000, 2_000])
def test_markdown_keeps_to_its_budget_and_never_loses_the_breaches(max_bytes: int) -> None:
    many = [campaign(f"rsvpCalls.town{at}") for at in range(20)]
    data = rehearsal(*many, invariants=invariants("rsvpCalls.town19", window="!3 calls after 17:00"))
    shown = rehearsal_markdown(data, max_bytes=max_bytes)
    assert len(shown.encode()) <= max_bytes
    assert "1 breach in 7 checks" in shown


def test_an_error_is_shown_in_its_place() -> None:
    data = error_json([{"severity": "error", "summary": "No <plan>", "detail": "x", "hint": ""}])  # type: ignore[typeddict-item]
    assert "- Error: No \\<plan\\>" in rehearsal_markdown(data)
    assert "No &lt;plan&gt;" in html(data)


# ---- in a plan -------------------------------------------------------------------------------------------------------


def test_a_plan_without_a_rehearsal_is_drawn_as_before() -> None:
    without = planned(rehearsal=None)
    assert "rehearsal" not in without
    assert plain(render_json(without)) == plain(render_plan(plan(GREETING, DONORS, LAUNCHED)))
    assert "ehears" not in plan_markdown(without)
    assert 'id="rehearsal"' not in plan_html(without)


def test_each_format_of_a_plan_has_its_rehearsal() -> None:
    data = planned()
    shown = plain(render_json(data))
    assert shown.startswith(plain(render_plan(plan(GREETING, DONORS, LAUNCHED))))
    assert "\nRehearsal\nThe plan was played" in shown
    markdown = plan_markdown(data)
    assert markdown.index("**Rehearsed: 82\\% chance") < markdown.index("#### ☎ Starts dialling")
    assert markdown.index("#### ☎ Starts dialling") < markdown.index("#### Rehearsal\n")
    page = plan_html(data)
    assert '<li><a href="#rehearsal">Rehearsal</a></li>' in page
    assert f'<a href="#change-3">{INVITE}</a>' in page
    assert page.count('<svg class="plot"') == 2


@pytest.mark.parametrize("max_bytes", [60_000, 5_000, 3_000, 2_000])
def test_the_plan_in_markdown_keeps_to_its_budget(max_bytes: int) -> None:
    data = planned(rehearsal=rehearsal(*[campaign(f"rsvpCalls.town{at}") for at in range(20)]))
    shown = plan_markdown(data, max_bytes=max_bytes)
    assert len(shown.encode()) <= max_bytes
    assert "**Rehearsed: lowest chance of enough accepts 82\\%" in shown


def test_a_rehearsal_is_shortened_before_any_change_is() -> None:
    data = planned(rehearsal=rehearsal(*[campaign(f"rsvpCalls.town{at}") for at in range(20)]))
    whole = plan_markdown(data)
    shown = plan_markdown(data, max_bytes=len(whole.encode()) - 1)
    assert "in full</summary>" in whole and "in full</summary>" not in shown
    assert "| … 12 more campaigns |" in shown
    changes = whole[whole.index("#### ☎ Starts dialling") : whole.index("#### Rehearsal")]
    assert changes in shown and "the whole plan is larger" not in shown


def test_the_comment_of_a_pull_request_shows_it() -> None:
    data = {**planned(), "project": "blood-drive", "environment": "sandbox", "timestamp": "2026-11-30T06:00:00Z"}
    body = new_body(plans_of([data]), "planned", Job(), None, 65_536)
    assert "**Rehearsed: 82\\% chance of 40 accepts in time" in body
    assert "#### Rehearsal" in body


# ---- the page --------------------------------------------------------------------------------------------------------


def test_the_page_says_all_of_the_plots_in_tables() -> None:
    page = html(rehearsal(campaign()))
    assert '<tr><th scope="row">Tue 2026-12-01 23:00</th><td>42</td><td>32 to 55</td></tr>' in page
    assert '<th scope="row">Tue 1 Dec 2026</th><td>09:00 60 calls, 10:00 50 calls' in page
    assert "<script" not in page


def test_a_thousand_hours_stay_a_page() -> None:
    busy = campaign(callsPerHour=per_hour([7.5] * 1_000), acceptsOverTime=over_time(list(range(1_000))))
    page = html(rehearsal(busy))
    assert "Without 94 later days." in page
    assert len(page) < 400_000


# ---- forged and hostile ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forged",
    [
        None,
        [],
        "text",
        {},
        {**rehearsal(), "campaigns": [{}]},
        {**rehearsal(), "runs": -1},
        {**rehearsal(), "seed": 10**400},
        rehearsal(campaign(chance=1.5)),
        rehearsal(campaign(chance=float("nan"))),
        rehearsal(campaign(cost={"median": float("inf"), "low": 0, "high": 0})),
        rehearsal(campaign(accepts=counts(10**16, 0, 0))),
        rehearsal(campaign(callsPerHour=[{"at": "tomorrow", "median": 1}])),
        rehearsal(campaign(rates={"source": "guess"})),
    ],
)
def test_what_is_no_rehearsal_is_refused(forged: Any) -> None:
    for draw in (text, rehearsal_markdown, html):
        if forged is None or isinstance(forged, dict):
            with pytest.raises(PlanError):
                draw(forged or {})
    for form in (plan_markdown, plan_html, lambda data: plain(render_json(data))):
        with pytest.raises(PlanError):
            form({**planned(), "rehearsal": forged})


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-13-41T99:00:00Z"])
def test_instants_without_a_local_time_are_left_out(at: str) -> None:
    odd = campaign(
        end={"median": at, "low": at, "high": at},
        acceptsOverTime=[{"at": at, **counts(1, 1, 1)}],
        callsPerHour=[{"at": at, "median": 1}],
    )
    data = rehearsal(odd, ledger=[ledger(first=at, last=at)])
    assert "end:" not in text(data)
    assert "<svg" not in html(data)
    assert rehearsal_markdown(data)


def hostile(name: str) -> dict[str, Any]:
    of_name = campaign(name)
    return {
        **rehearsal(of_name),
        "invariants": [
            {"name": name, "address": name, "holds": False, "message": name},
            {"name": name, "address": "", "holds": True, "message": name},
            {"name": name, "address": name, "holds": True, "message": ""},
        ],
        "ledger": [ledger(name, state=name)],
        "notes": [name],
        "timezone": name,
        "project": name,
        "environment": name,
        "mscode_version": name,
        "digest": name,
        "checks": [
            {"name": name, "status": "fail", "message": name, "reason": name, "addresses": [name], "lines": [name]}
        ],
    }


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_stay_in_their_place(name: str) -> None:
    data, tame = hostile(name), hostile(TAME)
    shown = text(data)
    assert not ACTING.search(shown)
    markdown = rehearsal_markdown(data)
    assert markdown_structure(markdown) == markdown_structure(rehearsal_markdown(tame))
    assert not ACTING.search(markdown)
    assert not LINKED.search(markdown_text(markdown)), markdown_text(markdown)
    page = html(data)
    assert html_structure(page) == html_structure(html(tame))
    assert not ACTING.search(page)
