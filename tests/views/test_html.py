"""A plan as one page of HTML: what it holds, what it may load, who can read it."""

from __future__ import annotations

import hashlib
import itertools
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jinja2
import pytest

from mscode.errors import Diagnostic, PlanError
from mscode.model.values import FileContent
from mscode.plan.change import Action, Change, Check, Note
from mscode.views.html import template
from mscode.views.html.audio import MOST_EACH
from mscode.views.html.graph import MOST_NODES, Lane, graph_of, layers_of, picture
from mscode.views.html.page import POLICY, plan_html
from mscode.views.html.template import environment, render, stylesheet
from mscode.views.plan.markdown import plan_markdown
from mscode.views.plan.plan_json import error_json, plan_json
from tests.views.forty import forty
from tests.views.plans import DONORS, GREETING, INVITE, NOW, at, changed, desired, fields, plan, planned
from tests.views.test_calendar import WINDOW

VOID = {"br", "meta"}
CAMPAIGN = replace(
    INVITE,
    desired=desired(INVITE, **WINDOW),
    depends_on=frozenset({at("groups.donors"), at("voiceFiles.greeting")}),
)


def data(*changes: Change, **more: Any) -> dict[str, Any]:
    return plan_json(plan(*changes, **more), timestamp=NOW, mscode_version="0.1.0", digest="ab" * 32)


FORTY = plan_html(plan_json(forty(), timestamp=NOW, mscode_version="0.1.0", digest="ab" * 32))
THREE = plan_html(data(GREETING, DONORS, CAMPAIGN, unmanaged={"groups": 3}))


class Strict(HTMLParser):
    """Fails where a tag is not closed in the order in which it was opened."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"<{tag}> has an attribute twice"
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def attributes(self, name: str) -> list[str]:
        return [value or "" for _, attrs in self.found for key, value in attrs.items() if key == name]


PAGES = {
    "forty changes": FORTY,
    "three changes": THREE,
    "nothing": plan_html(data()),
    "no plan": plan_html(error_json([{"severity": "error", "summary": "Wrong", "file": "a.yaml", "line": 3}])),
}
every_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


# ---- the frame -------------------------------------------------------------------------------------------------------


@every_page
def test_tags_are_closed_and_ids_are_unique_and_links_lead_somewhere(page: str) -> None:
    strict = Strict(page)
    ids = strict.attributes("id")
    assert len(ids) == len(set(ids))
    inner = {link[1:] for link in strict.attributes("href") if link.startswith("#")}
    assert inner <= set(ids)
    assert set(strict.attributes("aria-labelledby")) <= set(ids)


@every_page
def test_it_loads_nothing_and_runs_nothing(page: str) -> None:
    strict = Strict(page)
    assert POLICY in strict.attributes("content")
    assert not {"script", "iframe", "link", "object", "embed", "base", "form", "img"} & {tag for tag, _ in strict.found}
    assert not [name for _, attrs in strict.found for name in attrs if name.startswith("on")]
    assert re.findall(r"https?://[^\"' ]+", page) in ([], ["http://www.w3.org/2000/svg"])
    assert "@import" not in page
    assert "url(" not in page


@every_page
def test_a_screen_reader_finds_language_title_landmarks_and_headings_in_order(page: str) -> None:
    strict = Strict(page)
    tags = [tag for tag, _ in strict.found]
    assert ("html", {"lang": "en"}) in strict.found
    assert [tags.count(one) for one in ("title", "main", "h1")] == [1, 1, 1]
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@every_page
def test_it_fits_a_phone_and_follows_the_colours_of_the_system(page: str) -> None:
    assert 'content="width=device-width, initial-scale=1"' in page
    assert "@media (prefers-color-scheme: dark)" in page
    assert "user-scalable" not in page


def test_tables_have_captions_and_their_heads_a_scope() -> None:
    assert THREE.count("<table") == THREE.count("<caption>") == 2
    strict = Strict(THREE)
    assert all("scope" in attrs for tag, attrs in strict.found if tag == "th")


def test_signs_that_the_headline_says_are_not_read_out_twice() -> None:
    assert re.search(r'<span class="symbols comes" aria-hidden="true" title="create">\+</span>', THREE)


# ---- colours ---------------------------------------------------------------------------------------------------------

#: (what is read, on what)
PAIRS = [
    *(
        (name, page)
        for page in ("page", "card")
        for name in ("text", "dim", "link", "comes", "goes", "changes", "dials", "bar")
    ),
    ("ins-text", "ins-page"),
    ("del-text", "del-page"),
]


def _colours() -> dict[str, list[str]]:
    """Name -> its colour in the light, and in the dark."""
    found: dict[str, list[str]] = {}
    for name, colour in re.findall(r"^ +--([\w-]+): (#[0-9a-f]{6});$", stylesheet(), re.MULTILINE):
        found.setdefault(name, []).append(colour)
    return found


COLOURS = _colours()


def _light(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("pair", PAIRS, ids=" on ".join)
def test_contrast_is_enough_to_read(pair: tuple[str, str], side: int) -> None:
    """WCAG 2.2, 1.4.3 (AA): 4.5 to 1."""
    high, low = sorted((_light(COLOURS[name][side]) for name in pair), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_every_colour_that_is_used_is_defined() -> None:
    assert set(re.findall(r"var\(--([\w-]+)\)", stylesheet())) == set(COLOURS)
    assert {len(sides) for sides in COLOURS.values()} == {2}


# ---- what it says ----------------------------------------------------------------------------------------------------


def test_totals_and_launch_stand_in_the_head() -> None:
    head = THREE[THREE.index("<header>") : THREE.index("</header>")]
    assert "Plan: 2 to add, 1 to change, 0 to destroy." in head
    assert "Launch: 1 campaign, 1,204 people, at most 4,816 calls" in head


def test_what_is_destroyed_and_what_dials_is_unfolded_and_on_top() -> None:
    assert [re.sub("<.*?>", "", one) for one in re.findall(r"<h3>(.*?)</h3>", FORTY)][:2] == [
        "Destroyed (3)",
        "Starts dialling people (7)",
    ]
    folds = re.findall(r'<details id="change-\d+" class="change"( open)?>', FORTY)
    assert len(folds) == 40
    assert len([one for one in folds if one]) == 18  # also what is replaced, halted, or named by a guard or a note


def test_spoken_texts_show_their_difference_word_by_word() -> None:
    page = plan_html(data(changed("text", "Hello old\nfriend", "Hello new\nfriend", multiline=True)))
    assert re.sub(r'<span class="sr">.*?</span>', "", page).count("<del>old</del><ins>new</ins>") == 1
    assert '<del><span class="sr"> removed: </span>old' in page


def test_a_mapping_is_a_tree() -> None:
    page = plan_html(data(planned(at("rsvpCalls.a"), Action.CREATE, fields=fields(meta={"a": "x" * 70, "b": "y"}))))
    assert '<span class="name">meta:</span><ul class="rows"><li><span class="name">a:</span>' in page


def test_the_calendar_says_whom_when_and_in_which_zone() -> None:
    assert "<caption>1,204 people, at most 4,816 calls. Times in Europe/Helsinki.</caption>" in THREE
    assert '<th scope="row">Wed 2026-12-02</th><td>11:00–17:00</td>' in THREE


def test_errors_are_told_where_no_plan_could_be_made() -> None:
    assert "<strong>Error: </strong>Wrong (a.yaml:3)" in PAGES["no plan"]


@pytest.mark.parametrize("forged", [{}, {"view": {}}, {"view": 3}])
def test_what_is_no_plan_is_refused(forged: dict[str, Any]) -> None:
    with pytest.raises(PlanError):
        plan_html(forged)


def test_members_of_another_form_are_left_out() -> None:
    broken = dict.fromkeys(("checks", "notes", "calendar", "resource_changes", "diagnostics", "timezone"), 7)
    assert "<h1>Plan of" in plan_html(data(GREETING) | broken)
    assert "UTC" in plan_html(data(CAMPAIGN) | {"timezone": "../../etc/passwd"})


def first_line(page: str) -> str:
    """The first words that are shown of it."""
    body = page[page.index("<body>") :]
    return next(text for text in re.split(r"<[^>]+>", body) if text.strip()).strip()


def test_a_refused_plan_says_so_in_its_title_and_first_line() -> None:
    fails = Check("maxPeople", "fail", "6 people would be called, and the limit is 2.")
    page = plan_html(data(GREETING, checks=(fails, Check("maxCalls", "warn", "Many."))))
    assert "<title>Refused: plan of blood-drive in sandbox</title>" in page
    assert first_line(page) == "Refused: plan of blood-drive in sandbox"
    for status in ("warn", "overridden", "pass"):
        page = plan_html(data(GREETING, checks=(replace(fails, status=status),)))
        assert "Refused" not in page and first_line(page) == "Plan of blood-drive in sandbox"


def test_warnings_stand_above_the_changes_and_notes_below() -> None:
    warning = Diagnostic("It matches every account", hint="Look at the filter.", severity="warning", code="x")
    note = Note("rsvpCalls.old", "is complete", "complete")
    page = plan_html(data(GREETING, warnings=(warning,), notes=(note,)))
    at = [page.index(text) for text in ('id="warnings"', "It matches every account", 'id="changes"', "is complete")]
    assert at == sorted(at)
    markdown = plan_markdown(data(GREETING, warnings=(warning,), notes=(note,)))
    at = [markdown.index(text) for text in ("#### Warnings", "#### Created", "#### Notes")]
    assert at == sorted(at)


def test_campaigns_with_the_same_hours_have_one_calendar_with_hours_on_its_axis() -> None:
    plain_row, *_ = data(CAMPAIGN)["calendar"]
    rows = [
        {**plain_row, "address": "rsvpCalls.invite"},
        {**plain_row, "address": "rsvpCalls.other", "people": 3, "maxCalls": 6},
        {**plain_row, "address": "rsvpCalls.runs", "people": None, "maxCalls": None},
        {**plain_row, "address": "rsvpCalls.longer", "more": 9},
        {**plain_row, "address": "smses.news", "people": 1, "maxCalls": 0, "maxMessages": 1},
    ]
    page = plan_html(data(CAMPAIGN) | {"calendar": rows})
    section = page[
        page.index('<section id="calendar"') : page.index("</section>", page.index('<section id="calendar"'))
    ]
    assert section.count("<table") == 3
    assert re.sub("<.*?>", "", section).count("3 campaigns with the same hours") == 1
    listed = [re.sub("<.*?>", "", item) for item in re.findall("<li>.*?</li>", section)]
    assert listed == [
        "rsvpCalls.invite: 1,204 people, at most 4,816 calls",
        "rsvpCalls.other: 3 people, at most 6 calls",
        "rsvpCalls.runs: Already calling; this plan starts nothing new here",
    ]
    axis = re.findall(r'<div class="axis" aria-hidden="true">(.*?)</div>', section)
    assert len(axis) == 3
    assert all(re.findall(r">(\d+)<", labels) == ["0", "6", "12", "18", "24"] for labels in axis)


def test_commit_and_branch_stand_in_the_footer_where_they_are_known() -> None:
    page = plan_html(data(GREETING) | {"commit": "ab" * 20, "branch": "spring/<b>"})
    footer = page[page.index("<footer>") :]
    assert "of commit <code>abababababab</code> on branch <code>spring/&lt;b&gt;</code>" in footer
    assert "commit" not in THREE[THREE.index("<footer>") :]
    markdown = plan_markdown(data(GREETING) | {"commit": "ab" * 20, "branch": "spring/`b`"})
    assert "of commit `abababababab` on branch ``spring/`b` ``" in markdown or "spring/`b`" in markdown


def test_a_branch_that_holds_a_number_shows_none() -> None:
    shown = plan_json(
        plan(GREETING), timestamp=NOW, mscode_version="0", digest="0", branch="call/+358405550123", commit="ab" * 20
    )
    assert "0123" not in shown["branch"].replace("•••0123", "") and shown["commit"] == "ab" * 20


# ---- dependencies ----------------------------------------------------------------------------------------------------

USES = {
    "rsvpCalls.a": ["groups.g", "voiceFiles.v"],
    "groups.g": ["filters.f"],
    "voiceFiles.v": [],
    "filters.f": [],
    "groups.alone": [],
}
LINKS = {"rsvpCalls.a": "change-1", "groups.g": "change-2", "groups.alone": "change-3"}


def test_what_is_used_stands_left_of_what_uses_it() -> None:
    graph = graph_of(USES, LINKS)
    assert layers_of(graph.edges) == [
        ["filters.f", "voiceFiles.v"],
        ["groups.g", Lane("voiceFiles.v", 1)],
        ["rsvpCalls.a"],
    ]


def test_a_cycle_in_a_forged_plan_is_drawn_all_the_same() -> None:
    graph = graph_of({"a.a": ["a.b"], "a.b": ["a.a"]}, {"a.a": "x", "a.b": "y"})
    assert sorted(str(node) for layer in layers_of(graph.edges) for node in layer) == ["a.a", "a.b"]


def test_more_than_can_be_drawn_is_drawn_by_section() -> None:
    uses = {f"groups.g{n}": ["filters.f"] for n in range(MOST_NODES)}
    graph = graph_of(uses, dict.fromkeys(uses, "x"))
    assert graph.edges == {"filters": frozenset(), "groups": frozenset({"filters"})}
    assert graph.labels == {"filters": "1 filter", "groups": "60 groups"}


def test_the_picture_has_boxes_lines_and_links_and_a_list_says_the_same() -> None:
    svg = render("picture.svg", picture=picture(graph_of(USES, LINKS)))
    assert (svg.count("<rect"), svg.count("<path"), svg.count("<a ")) == (4, 3, 2)
    assert '<a href="#change-1" aria-label="rsvpCalls.a">' in svg
    assert '<a href="#change-3">rsvpCalls.invite</a> uses groups.donors, voiceFiles.greeting</li>' in THREE


def _points(path: str) -> Iterator[tuple[float, float]]:
    """Points of a path of SVG that has M, C and H alone."""
    x = y = 0.0
    for command, numbers in re.findall(r"([MCH])([^MCH]*)", path):
        values = [float(number) for number in numbers.split()]
        if command == "M":
            x, y = values
        elif command == "H":
            yield from ((x + (values[0] - x) * step / 50, y) for step in range(51))
            x = values[0]
        else:
            x1, y1, x2, y2, x3, y3 = values
            for step in range(51):
                t = step / 50
                a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
                yield a * x + b * x1 + c * x2 + d * x3, a * y + b * y1 + c * y2 + d * y3
            x, y = x3, y3


def test_no_line_runs_behind_a_box() -> None:
    uses = {
        **{f"groups.g{n}": ["filters.f", "accountLists.l"] for n in range(4)},
        **{f"rsvpCalls.c{n}": [f"groups.g{n % 4}", "voiceFiles.v", "filters.f", "accounts.a"] for n in range(9)},
        "clickToCalls.last": ["rsvpCalls.c1", "voiceFiles.v", "accountLists.l"],
    }
    drawn = picture(graph_of(uses, dict.fromkeys(uses, "x")))
    boxes = [tuple(float(value) for value in (one.x, one.y, one.width, one.height)) for one in drawn.nodes]
    points = [point for path in drawn.lines for point in _points(path)]
    assert len(points) > 2_000
    for x, y in points:
        assert not any(left + 1 < x < left + wide - 1 and top < y < top + high for left, top, wide, high in boxes)
        assert 0 <= x <= float(drawn.width) and 0 <= y <= float(drawn.height)


# ---- recordings ------------------------------------------------------------------------------------------------------

SOUND = b"RIFF\x24\x00\x00\x00WAVEfmt "


def jingle(path: str, content: bytes = SOUND) -> dict[str, Any]:
    file = FileContent(path, len(content), hashlib.sha256(content).hexdigest(), Path(path).suffix)
    change = planned(at("voiceFiles.jingle"), Action.NOOP)
    return data(replace(change, desired=desired(change, name="jingle", file=file)))


def test_a_recording_of_the_repository_has_a_player(tmp_path: Path) -> None:
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio" / "j.wav").write_bytes(SOUND)
    page = plan_html(jingle("audio/j.wav"), folder=tmp_path)
    source = f"data:audio/wav;base64,{b64encode(SOUND).decode()}"
    assert f'<audio controls preload="none" src="{source}" aria-label="Play voiceFiles.jingle"></audio>' in page
    assert '<a href="./audio/j.wav">audio/j.wav</a> (16 bytes)' in page


def test_without_the_folder_it_is_linked() -> None:
    page = plan_html(jingle("audio/j.wav"))
    assert "<audio" not in page
    assert 'href="./audio/j.wav"' in page


def _other(folder: Path) -> None:
    (folder / "j.wav").write_bytes(b"another recording")


def _missing(folder: Path) -> None:
    pass


def _link_outside(folder: Path) -> None:
    (folder.parent / "secret.wav").write_bytes(SOUND)
    (folder / "j.wav").symlink_to(folder.parent / "secret.wav")


def _folder(folder: Path) -> None:
    (folder / "j.wav").mkdir()


@pytest.mark.parametrize("prepare", [_other, _missing, _link_outside, _folder])
def test_what_is_not_the_recording_of_the_plan_is_not_played(tmp_path: Path, prepare: Any) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    prepare(folder)
    assert "<audio" not in plan_html(jingle("j.wav"), folder=folder)


@pytest.mark.parametrize(
    "path", ["../secret.wav", "secret.txt", "/etc/passwd", "x\x00.wav", "~/x.wav", "//evil.example/a.wav"]
)
def test_nothing_outside_the_folder_and_nothing_but_audio_is_opened(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    for secret in (tmp_path / "secret.wav", folder / "secret.txt"):
        secret.write_bytes(SOUND)
    page = plan_html(jingle(path), folder=folder)
    assert "<audio" not in page
    assert all(link.startswith(("#", "./")) for link in Strict(page).attributes("href"))


def test_a_large_recording_is_linked_not_put_into_the_page(tmp_path: Path) -> None:
    large = SOUND + bytes(MOST_EACH)
    (tmp_path / "j.wav").write_bytes(large)
    page = plan_html(jingle("j.wav", large), folder=tmp_path)
    assert "<audio" not in page
    assert 'href="./j.wav"' in page


# ---- pieces ----------------------------------------------------------------------------------------------------------


def test_whatever_a_template_prints_is_made_visible_and_escaped() -> None:
    macro = "{% macro bold(x) %}<b>{{ x }}</b>{% endmacro %}"
    written = environment().from_string(macro + '<p title="{{ x }}">{{ x }}{{ bold(x) }}</p>')
    text = "&lt;i&gt;&amp;&#34;\\x1b"
    assert written.render(x='<i>&"\x1b') == f'<p title="{text}">{text}<b>{text}</b></p>'


def test_a_template_that_names_what_is_not_there_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        environment().from_string("{{ nobody }}").render()


#: The one script of all pages, of the page that `watch --serve` keeps current.
FOLLOWING = '<script src="/live.js" defer></script>'
TEMPLATES = sorted((Path(template.__file__).parent / "templates").iterdir())


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_switches_escaping_off_or_prints_an_attribute_without_quotes(path: Path) -> None:
    source = path.read_text(encoding="utf-8").replace(FOLLOWING, "")
    assert not re.search(r"\bsafe\b|autoescape|Markup|<script|\son\w+=", source)
    assert not re.search(r"=\s*\{\{", source)
    assert path.name in environment().list_templates()
