"""A plan as Markdown: order, folding, budget, and what outside text becomes."""

from __future__ import annotations

from typing import Any

import pytest

from mscode.errors import PlanError
from mscode.plan.change import Change
from mscode.views.plan.markdown import plan_markdown
from mscode.views.plan.plan_json import error_json, plan_json
from mscode.views.text.markdown_text import fenced, html_code, md_code, md_text
from tests.views.forty import forty
from tests.views.plans import DONORS, GREETING, INVITE, NOW, plan


def data(*changes: Change, **more: Any) -> dict[str, Any]:
    return plan_json(plan(*changes, **more), timestamp=NOW, mscode_version="0.1.0", digest="ab" * 32)


FORTY = plan_json(forty(), timestamp=NOW, mscode_version="0.1.0", digest="ab" * 32)
WHOLE = plan_markdown(FORTY)


def test_totals_and_launch_line_come_first() -> None:
    lines = plan_markdown(data(GREETING, DONORS, INVITE)).splitlines()
    assert lines[:5] == [
        "### mscode plan: `blood-drive` in `sandbox`",
        "",
        "**Plan: 2 to add, 1 to change, 0 to destroy.**",
        "",
        "**☎ Launch: 1 campaign, 1,204 people, at most 4,816 calls, first call Tue 2026-12-01 11:00 Europe/Helsinki.**",
    ]


def test_what_is_destroyed_and_what_dials_stand_above_all_others() -> None:
    titles = [line for line in WHOLE.splitlines() if line.startswith("#### ")]
    assert titles == [
        "#### ⚠️ Destroyed (3)",
        "#### ☎ Starts dialling people (7)",
        "#### Replaced (4)",
        "#### Created (16)",
        "#### Updated in-place (5)",
        "#### Imported, moved or forgotten (5)",
        "#### Notes",
    ]


def test_each_change_is_folded_under_its_headline_as_a_diff() -> None:
    found = plan_markdown(data(GREETING))
    assert (
        "<details><summary><code>+</code> <code>voiceFiles.greeting will be created</code> · "
        "<code>campaigns/voice.yaml:4</code></summary>\n\n"
        "```diff\n"
        "+ voiceFiles.greeting\n"
        '+     name:      "Greeting"\n'
        '+     text:      "Hello! This is the blood service."\n'
        '+     voiceCode: "en"\n'
        "```\n\n"
        "</details>"
    ) in found


def test_every_change_is_there_as_long_as_there_is_room() -> None:
    assert WHOLE.count("<details>") == WHOLE.count("</details>") == 40


def test_a_refusal_stands_between_the_totals_and_the_changes() -> None:
    at = [WHOLE.index(text) for text in ("**☎ Launch", "> [!CAUTION]", "Guard `maxPeople` refuses this plan", "#### ⚠️")]
    assert at == sorted(at)


def test_a_plan_without_changes_says_so_and_keeps_its_notes() -> None:
    found = plan_markdown(data(unmanaged={"groups": 3}))
    assert "**No changes.** Your campaigns match the live account." in found
    assert "Not managed: 3 groups." in found
    assert "####" not in found


def test_nothing_is_said_of_what_there_is_not() -> None:
    found = plan_markdown(data(GREETING))
    for word in ("Not managed", "Notes", "Warnings", "Guard", "Launch", "empty"):
        assert word not in found


def test_digest_version_and_time_stand_at_the_end() -> None:
    assert WHOLE.splitlines()[-1] == (
        f"<sub>mscode `0.1.0`, planned at `2026-11-24T12:00:00Z`, digest `{'ab' * 32}`</sub>"
    )


# ---- the budget ------------------------------------------------------------------------------------------------------

SIZE = len(WHOLE.encode())
STEPS = [
    (SIZE, "", "<details>"),
    (SIZE - 1, "*Shown short where nobody is reached and nothing is destroyed: the whole plan is larger", "<details>"),
    (
        7_000,
        "*Shown as one line per object where there is no room for more: the whole plan",
        "- `-` `groups.old will be destroyed`",
    ),
    (2_400, "*Shown as counts: the whole plan is larger than 2,400 bytes.", "- Starts dialling people: 7 RSVP calls"),
    (800, "*Shown as totals: the whole plan is larger than 800 bytes.", "**☎ Launch: 7 campaigns"),
]


@pytest.mark.parametrize(("budget", "said", "shown"), STEPS, ids=["whole", "short", "lines", "counts", "totals"])
def test_a_plan_beyond_the_budget_is_shown_in_less_detail_and_says_so(budget: int, said: str, shown: str) -> None:
    found = plan_markdown(FORTY, max_bytes=budget)
    assert len(found.encode()) <= budget
    assert said in found
    assert shown in found
    assert ("*Shown " in found) is bool(said)


@pytest.mark.parametrize("budget", range(500, SIZE + 1, 700))
def test_no_budget_is_ever_broken_and_totals_are_always_there(budget: int) -> None:
    found = plan_markdown(FORTY, max_bytes=budget)
    assert len(found.encode()) <= budget
    assert "**Plan: 2 to import, 2 to move, 24 to add, 8 to change, 6 to destroy, 2 to forget.**" in found


def test_notes_without_end_leave_room_for_the_counts() -> None:
    notes = [{"address": "a", "text": "x" * 9000, "detail": "y" * 9000, "kind": "z"}] * 50
    found = plan_markdown(FORTY | {"notes": notes, "checks": []}, max_bytes=60_000)
    assert "*Shown as counts" in found
    assert "- … 42 more" in found


# ---- no plan ---------------------------------------------------------------------------------------------------------


def test_errors_are_told_where_no_plan_could_be_made() -> None:
    errors = [{"severity": "error", "summary": f"Wrong {n}", "file": "a.yaml", "line": n} for n in range(12)]
    found = plan_markdown(error_json(errors))
    assert found.startswith("### mscode plan: no plan could be made\n\n- Error: Wrong 0 (`a.yaml:0`)\n")
    assert "- … 4 more" in found


@pytest.mark.parametrize("forged", [{}, {"view": {}}, {"view": 3}])
def test_what_is_no_plan_is_refused(forged: dict[str, Any]) -> None:
    with pytest.raises(PlanError):
        plan_markdown(forged)


# ---- outside text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("donors", "`donors`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("``a```", "```` ``a``` ````"),
        ("", "`(empty)`"),
        ("a\nb\u202e", "`a\\nb\\u202e`"),
    ],
)
def test_a_name_is_a_code_span(text: str, shown: str) -> None:
    assert md_code(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1,204 people, first call Tue 2026-12-01 11:00.", "1,204 people, first call Tue 2026-12-01 11:00."),
        ("@octocat", "@\u200boctocat"),
        ("#12", "\\#\u200b12"),
        ("GH-12", "GH-\u200b12"),
        ("https://x.example", "https:\u200b//x.example"),
        ("www.x.example", "www\u200b.x.example"),
        ("![x](y)", "\\!\u200b\\[x\\]\\(y\\)"),
        ("<b>", "\\<b\\>"),
        ("a1b2c3d", "a1b2\u200bc3d"),
    ],
)
def test_a_sentence_names_nobody_and_links_to_nothing(text: str, shown: str) -> None:
    assert md_text(text) == shown


def test_a_fence_is_longer_than_any_run_of_backticks_inside() -> None:
    assert fenced(["a ```` b"], "diff") == "`````diff\na ```` b\n`````"
    assert fenced(["a"]) == "```\na\n```"


def test_a_name_in_a_block_of_html_is_escaped() -> None:
    assert html_code("<b>@octocat & co") == "<code>&lt;b&gt;&#64;octocat &amp; co</code>"
