"""The plan as people read it: the frame around the changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mscode.errors import Place
from mscode.plan.change import Action, Change, Check, Note
from mscode.views.plan.plan_text import render_plan
from mscode.views.plan.segments import ansi, plain
from tests.views.plans import DONORS, GREETING, INVITE, at, fields, launch, phones, plan, planned, reach, text

SAMPLE = """\
mscode compared 6 objects in 3 files with the live account (environment sandbox). Actions are indicated with the following symbols:
  + create
  ~ update in-place
  ☎ starts dialling people

mscode will perform the following actions:

  # voiceFiles.greeting will be created                       campaigns/voice.yaml:4
  + voiceFiles.greeting
      name:      "Greeting"
      text:      "Hello! This is the blood service."
      voiceCode: "en"

  # groups.donors will be updated in-place                    campaigns/groups.yaml:9
  ~ groups.donors
      description: "Donors" -> "Donors in the capital region"
      members:     +12 -3 (1,204 after)

  # rsvpCalls.invite will be created and launched             campaigns/invite.yaml:20
  + ☎ rsvpCalls.invite
      startTime:     2026-12-01 09:00 Europe/Helsinki
      activeFrom:    "09:00" (UTC; 11:00 Europe/Helsinki)
      receivers:     groups.donors (1,204 people)
      acceptsWanted: 40
      calls:         1,204 people, at most 4 times each, first call Tue 2026-12-01 11:00 Europe/Helsinki, last Fri 2026-12-04 17:00

Plan: 2 to add, 1 to change, 0 to destroy.
Launch: 1 campaign, 1,204 people, at most 4,816 calls, first call Tue 2026-12-01 11:00 Europe/Helsinki.
"""


def test_the_sample_is_met_to_the_character() -> None:
    assert text(GREETING, DONORS, INVITE) == SAMPLE


def test_a_terminal_without_utf8_gets_plain_symbols() -> None:
    shown = plain(render_plan(plan(GREETING, DONORS, INVITE), utf8=False))
    assert shown == SAMPLE.replace("☎", "(!)")
    assert shown.isascii()


def test_colour_adds_nothing_but_escape_sequences() -> None:
    import re

    shown = ansi(render_plan(plan(GREETING, DONORS, INVITE)))
    assert shown != SAMPLE
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown) == SAMPLE


def test_nothing_to_do_says_so_and_lists_what_is_not_managed() -> None:
    quiet = planned(at("groups.donors"), Action.NOOP, unchanged=2)
    assert text(quiet, unmanaged={"groups": 3, "voiceFiles": 12, "rsvpCalls": 1, "filters": 0}) == (
        "No changes. Your campaigns match the live account.\n"
        "\n"
        "mscode compared 6 objects in 3 files with the live account (environment sandbox) and found nothing to do.\n"
        "\n"
        "Not managed: 3 groups, 12 voice files, 1 RSVP call.\n"
    )


def test_nothing_to_do_still_lists_the_notes() -> None:
    note = Note(
        "rsvpCalls.invite", "was halted by a person; stays halted", "operator-halt", detail="Plan with --resume."
    )
    assert text(notes=(note,), compared=1, files=1) == (
        "No changes. Your campaigns match the live account.\n"
        "\n"
        "mscode compared 1 object in 1 file with the live account (environment sandbox) and found nothing to do.\n"
        "\n"
        "Notes:\n"
        "  rsvpCalls.invite was halted by a person; stays halted\n"
        "    Plan with --resume.\n"
        "\n"
    )


def test_an_unknown_outcome_is_never_called_no_changes() -> None:
    shown = text(notes=(Note("calls.hello", "outcome unknown", "unknown-outcome"),))
    assert "No changes" not in shown
    assert "  ? unknown outcome\n" in shown
    assert "  ? calls.hello outcome unknown\n" in shown
    assert "Plan: 0 to add, 0 to change, 0 to destroy.\n" in shown


def test_strays_are_counted_and_left_alone() -> None:
    assert text(orphaned_objects=1).endswith(
        "Strays: 1 object carries this project's marker, but neither state nor manifests know it; it is left alone.\n"
    )
    assert "Strays: 2 objects carry this project's marker" in text(orphaned_objects=2)


def test_the_legend_has_every_symbol_in_its_order() -> None:
    actions = [a for a in Action if a is not Action.NOOP]
    changes = [planned(at(f"groups.g{n}"), action) for n, action in enumerate(actions)]
    moved = planned(at("groups.new"), Action.NOOP, previous_address=at("groups.old"))
    imported = planned(at("groups.here"), Action.NOOP, import_id="12")
    note = Note("calls.hello", "outcome unknown", "unknown-outcome")
    shown = text(*reversed(changes), INVITE, moved, imported, notes=(note,))
    assert shown.split("symbols:\n")[1].split("\n\n")[0].splitlines() == [
        "  + create",
        "  ~ update in-place",
        "  - destroy",
        "  -/+ destroy and then create replacement",
        "  +/- create replacement and then destroy",
        "  = import",
        "  > move",
        "  . forget",
        "  ? unknown outcome",
        "  ☎ starts dialling people",
    ]


def test_the_place_follows_a_long_headline_two_spaces_on() -> None:
    name = "a" * 60
    change = planned(at(f"groups.{name}"), Action.CREATE, Place("groups.yaml", 7))
    assert f"  # groups.{name} will be created  groups.yaml:7\n" in text(change)


# ---- totals ----------------------------------------------------------------------------------------------------------

TOTALS = [
    ([planned(at("groups.a"), Action.CREATE)], "Plan: 1 to add, 0 to change, 0 to destroy."),
    ([INVITE], "Plan: 1 to add, 0 to change, 0 to destroy."),
    (
        [planned(at("rsvpCalls.a"), Action.NOOP, launch=launch("resume"))],
        "Plan: 0 to add, 1 to change, 0 to destroy.",
    ),
    (
        [planned(at("rsvpCalls.a"), Action.FORGET, halts=True)],
        "Plan: 0 to add, 1 to change, 0 to destroy.",
    ),
    (
        [planned(at("filters.a"), Action.REPLACE_CREATE_FIRST), planned(at("filters.b"), Action.DELETE)],
        "Plan: 1 to add, 0 to change, 2 to destroy.",
    ),
    (
        [
            planned(at("groups.a"), Action.NOOP, import_id="4"),
            planned(at("groups.b"), Action.NOOP, previous_address=at("groups.c")),
            planned(at("groups.d"), Action.FORGET),
        ],
        "Plan: 1 to import, 1 to move, 0 to add, 0 to change, 0 to destroy, 1 to forget.",
    ),
    (
        [planned(at(f"accounts.a{n}"), Action.CREATE) for n in range(1500)],
        "Plan: 1,500 to add, 0 to change, 0 to destroy.",
    ),
]


@pytest.mark.parametrize(("changes", "line"), TOTALS, ids=[line for _, line in TOTALS])
def test_totals(changes: list[Change], line: str) -> None:
    assert line in text(*changes).splitlines()


def test_a_plan_that_dials_nobody_has_no_launch_line() -> None:
    assert "Launch:" not in text(GREETING)


def test_a_person_in_two_campaigns_is_one_person_and_is_called_by_both() -> None:
    first = replace(INVITE, launch=launch(people=3))
    other = planned(at("rsvpCalls.other"), Action.CREATE, launch=replace(launch(), reach=reach(2, redials=0)))
    assert "Launch: 2 campaigns, 3 people, at most 14 calls, first call Tue 2026-12-01 11:00 Europe/Helsinki." in text(
        first, other
    )


def test_one_of_each_is_singular() -> None:
    change = replace(INVITE, launch=replace(launch(), reach=reach(1, redials=0)))
    shown = text(change)
    assert "Launch: 1 campaign, 1 person, at most 1 call, first call" in shown
    assert "calls:         1 person, at most once each, first call" in shown


def test_a_group_that_feeds_two_campaigns_counts_both() -> None:
    grown = planned(
        at("groups.donors"),
        Action.UPDATE,
        launch=launch("reaches-more", 12, campaigns=("rsvpCalls.invite", "303"), widens=("new members",)),
    )
    shown = text(grown)
    assert "Launch: 2 campaigns, 12 people, at most 48 calls" in shown
    assert (
        "      campaigns:  rsvpCalls.invite, 303\n      calls more: new members\n      calls:      12 more people"
        in shown
    )


def test_a_launch_without_a_known_first_call_says_nothing_of_it() -> None:
    change = replace(INVITE, launch=replace(launch(), reach=reach(5, first_call=None, last_call=None)))
    shown = text(change)
    assert "calls:         5 people, at most 4 times each\n" in shown
    assert "Launch: 1 campaign, 5 people, at most 20 calls.\n" in shown


# ---- guards ----------------------------------------------------------------------------------------------------------


def test_guards_speak_before_the_totals_and_those_that_pass_are_silent() -> None:
    checks = (
        Check("maxPeople", "fail", "6,000 people would be called, and the limit is 5000.", "agreed with the operator"),
        Check("maxCalls", "warn", "24,000 calls could be made."),
        Check("maxDeletes", "overridden", "12 objects would be deleted."),
        Check("maxRedials", "pass", "never shown"),
    )
    shown = text(INVITE, checks=checks)
    assert (
        "\n"
        "Guard maxPeople refuses this plan: 6,000 people would be called, and the limit is 5000. (agreed with the operator)\n"
        "Guard maxCalls warns: 24,000 calls could be made.\n"
        "Guard maxDeletes was overridden: 12 objects would be deleted.\n"
        "\n"
        "Plan: 1 to add"
    ) in shown
    assert "never shown" not in shown


def test_a_guard_that_refuses_a_plan_without_changes_is_shown() -> None:
    check = Check("emptyProject", "fail", "The manifests declare nothing.")
    assert "Guard emptyProject refuses this plan: The manifests declare nothing.\n" in text(checks=(check,))


def test_no_number_of_a_launch_reaches_the_text() -> None:
    shown = text(GREETING, DONORS, INVITE)
    assert not [phone for phone in phones(1204) if phone in shown or phone[1:] in shown]


def test_a_create_keeps_the_order_of_its_fields() -> None:
    change = planned(at("groups.a"), Action.CREATE, fields=fields(zulu="1", alpha="2"))
    assert '      zulu:  "1"\n      alpha: "2"\n' in text(change)
