"""Seen where people review: no format and no file of a job tells a number or the token, whatever names say."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.campaigns import AFTER, Manifest, drive
from tests.acceptance.conftest import Ended, World
from tests.views.hostile import NAMES
from tests.views.hostile_plan import ACTING, LINKED, html_structure, markdown_text

FORMATS = ("text", "json", "markdown", "html")
VALIDATE = ("text", "json", "github", "sarif", "rdjsonl")
SEED = 20261130
#: Five hundred numbers of nobody, in national digits that stand in no date, size or digest by chance.
NUMBERS = sorted(random.Random(SEED).sample(range(405560000, 405600000), 500))
PHONES = [f"+358{number}" for number in NUMBERS]


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of a GitHub job."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path


def _said(world: World, job: Path, *endings: Ended) -> str:
    """Everything that was said or left behind."""
    files = [job / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "report.json")]
    kept = [file.read_text("utf-8") for file in files if file.exists()]
    return "\n".join([*(ended.said for ended in endings), *kept])


def _tells_nothing(world: World, said: str) -> None:
    """Also not in another writing of a number: without its country, with a zero, with blanks or dashes."""
    joined = "".join(one for one in said if one not in " -.()\u200b")
    assert [number for number in NUMBERS if str(number) in said or str(number) in joined] == []
    assert world.service.token not in said


def _people() -> Manifest:
    """All five hundred: seeded, in a group, in free texts, in names."""
    manifest = drive(receivers=[{"group": "donors"}, *({"phone": phone} for phone in PHONES[400:480])])
    manifest["accounts"] |= {f"p{n}": {"firstName": "Nn", "phone": phone} for n, phone in enumerate(PHONES[300:400])}
    manifest["voiceFiles"]["greeting"]["description"] = (
        f"Ask {PHONES[480]} or 0{NUMBERS[481]} or {PHONES[482][:7]} {PHONES[482][7:]}"
    )
    manifest["voiceFiles"]["greeting"]["text"] = f"Call us: {PHONES[483]}"
    manifest["groups"]["donors"]["description"] = f"{PHONES[484]}, 0{NUMBERS[485]}"
    manifest["rsvpCalls"]["invite"]["meta"] = {"contact": PHONES[486], "list": [f"0{n}" for n in NUMBERS[487:500]]}
    return manifest


def _all_formats(world: World, job: Path, *options: str) -> list[Ended]:
    report = ("--gitlab-report", str(job / "report.json"))
    return [world.plan("--format", form, *report, *options) for form in FORMATS]


def test_the_words_to_look_for_would_be_found(world: World) -> None:
    with pytest.raises(AssertionError):
        _tells_nothing(world, f"call {PHONES[7][:6]} {PHONES[7][6:]}")
    with pytest.raises(AssertionError):
        _tells_nothing(world, f"token {world.service.token}")


def test_five_hundred_numbers_and_the_token_are_in_no_format(world: World, job: Path) -> None:
    world.service.control("POST", "/seed", [{"phone": phone, "city": "Helsinki"} for phone in PHONES[:300]])
    world.write(_people())
    planned = _all_formats(world, job)
    assert {ended.code for ended in planned} == {0}, planned[0].said
    assert "384 people" in planned[0].out, "the numbers are called, so the test says something"
    applied = world.launch()
    assert applied.code == 0, applied.said
    manifest = _people()
    manifest["voiceFiles"]["greeting"]["text"] = f"Call us now: {PHONES[500 - 1]} or {PHONES[3]}"
    manifest["groups"]["donors"]["description"] = f"Not {PHONES[5]}"
    del manifest["accounts"]["p7"]
    world.write(manifest)
    changed = _all_formats(world, job)
    destroyed = _all_formats(world, job, "--destroy")
    _tells_nothing(world, _said(world, job, *planned, applied, *changed, *destroyed))


def test_numbers_in_broken_manifests_are_in_no_format(world: World, job: Path) -> None:
    manifest = _people()
    manifest["accounts"]["p1"] = {"phone": PHONES[1][:-1] + "x", "fristName": PHONES[2], "note": [PHONES[3]]}
    manifest["groups"][PHONES[4]] = {"description": PHONES[4]}
    manifest["rsvpCalls"]["invite"]["receivers"] += [{"phone": PHONES[401]}, {"phon": PHONES[6]}]
    world.write(manifest)
    said = [world.cli("validate", world.folder, "--format", form) for form in VALIDATE]
    assert {ended.code for ended in said} == {1}
    planned = _all_formats(world, job)
    assert {ended.code for ended in planned} == {1}
    _tells_nothing(world, _said(world, job, *said, *planned))


def test_a_service_that_echoes_the_token_and_numbers_is_in_no_format(world: World, job: Path) -> None:
    body = {
        "error": {"code": "x", "message": f"{world.service.token} {' '.join(PHONES[:50])}\n::error::x", "field": None}
    }
    world.write(drive())
    world.service.fault(method="GET", path="/accounts", status=400, body=body, times=None)
    said = [*_all_formats(world, job), world.launch()]
    assert {ended.code for ended in said} == {1}
    _tells_nothing(world, _said(world, job, *said))


# ---- hostile names through the whole of it ---------------------------------------------------------------------------


#: What mscode itself has a runner do: a note on a line of a file, whose text is escaped.
ANNOTATION = re.compile(r"::(?:error|warning|notice) [^:]*title=mscode%3A [^:]*::[^:]|::notice title=mscode::")


def _named(names: list[str]) -> Manifest:
    """Names where a manifest takes any text; a `${` in it is written `$${`."""
    names = [name.replace("${", "$${") for name in names]
    manifest = drive(meta={"names": names[:20], "of": {f"k{n}": name for n, name in enumerate(names[20:40])}})
    manifest["groups"] |= {f"g{n}": {"name": name, "description": name} for n, name in enumerate(names[40:])}
    manifest["voiceFiles"]["greeting"]["text"] = " ".join(names[:10])
    return manifest


def _usable() -> list[str]:
    """Those that JSON can write into a manifest, and once; a live name is unique."""
    found = {name.strip()[:90]: name[:90] for name in NAMES if name.strip() and max(name) < "\ud800"}
    return [name for name in found.values() if "\x00" not in name]


def test_hostile_names_of_manifests_break_out_of_no_format(world: World, job: Path) -> None:
    world.write(_named(_usable()))
    text, as_json, markdown, html = _all_formats(world, job)
    assert text.code == 0, text.said
    for shown in (text.out, markdown.out, html.out, text.err):
        assert not ACTING.search(shown)
    assert len(json.loads(as_json.out)["view"]["changes"]) > 120
    assert not LINKED.search(markdown_text(markdown.out))
    assert not {"<script >", "<img src>", "<iframe src>", "<!-- -->"} & set(html_structure(html.out))
    lines = (job / "GITHUB_OUTPUT").read_text("utf-8").splitlines()
    assert len(lines) == 4 * 8 * 3, "eight values of four plans, three lines each"


def test_a_runner_finds_no_command_in_what_is_said(world: World, job: Path) -> None:
    world.write(_named(_usable()))
    for ended in (*_all_formats(world, job), world.launch()):
        for line in ended.said.splitlines():
            assert not line.lstrip().startswith("::") or ANNOTATION.match(line), line
            assert "##[" not in line


def test_live_objects_with_hostile_names_break_out_of_no_format(world: World, job: Path) -> None:
    for name in _usable()[::5]:
        world.service.send("POST", "/groups", {"name": name, "description": name})
    world.write(drive())
    said = _all_formats(world, job)
    assert {ended.code for ended in said} == {0}
    assert not ACTING.search(_said(world, job, *said))


# ---- the page --------------------------------------------------------------------------------------------------------


def test_a_real_plan_has_a_calendar_and_dependencies_on_its_page(world: World) -> None:
    world.write(drive())
    page = world.plan("--format", "html").out
    assert "4 people, at most 12 calls. Times in Europe/Helsinki." in page
    assert '<th scope="row">Tue 2026-12-01</th><td>10:00–17:00</td>' in page
    assert ">rsvpCalls.invite</a> uses groups.donors, voiceFiles.greeting</li>" in page


def test_a_running_campaign_stays_on_the_calendar_and_one_that_is_over_does_not(world: World) -> None:
    world.launched(drive())
    plan: Any = world.plan("--json").json
    assert [(row["address"], row["launches"], row["people"]) for row in plan["calendar"]] == [
        ("rsvpCalls.invite", False, None)
    ]
    world.service.at(AFTER)
    assert world.plan("--json").json["calendar"] == []
