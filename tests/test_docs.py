"""What the documents say is true: the tours run and give what the pages show, the demo runs, the references are current."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scripts import check_links, demo, picture, review, write_checks, write_commands, write_reference

from tests.terminal import PROMPT, on_a_terminal

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
STARTED = ROOT / "docs" / "getting-started.md"
#: Page -> its tour.
TOURS = {README: "A short tour", STARTED: "A ten-minute tour"}
#: The day on which the tours were taken: a Tuesday.
TOUR_DAY = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

# ---- other days: every process of a test lives at another time -------------------------------------------------------

TRAVEL = """\
import os, time, time_machine
time_machine.travel(time.time() + float(os.environ["TEST_SHIFT"])).start()
"""


@pytest.fixture
def at_another_time(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Variables with which Python starts at another time, and with this source tree."""
    folder = tmp_path_factory.mktemp("travel")
    (folder / "sitecustomize.py").write_text(TRAVEL)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MSCODE_") and name != "CI"}

    def variables(when: datetime) -> dict[str, str]:
        path = os.pathsep.join([str(folder), str(ROOT / "src")])
        shift = str(when.timestamp() - time.time())
        return kept | {"PYTHONPATH": path, "TEST_SHIFT": shift, "NO_COLOR": "1", "TERM": "dumb", "PYTHONUTF8": "1"}

    return variables


# ---- the tour --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One command of a tour, or an edit of a manifest, and what the page says it gives."""

    line: int
    command: str = ""
    shown: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def tour(page: Path) -> Iterator[Step]:
    """The steps of the page's tour, in order."""
    text = page.read_text(encoding="utf-8")
    section = _section(page, TOURS[page])
    begin = text.index(section)
    for block in re.finditer(r"^```(console|diff)\n(.*?)^```$", section, re.DOTALL | re.MULTILINE):
        line = text[: begin + block.start(2)].count("\n") + 1
        lines = block[2].splitlines()
        yield from (_commands(lines, line) if block[1] == "console" else [_edit(lines, line)])


def _section(page: Path, title: str) -> str:
    text = page.read_text(encoding="utf-8")
    begin = text.index(f"\n## {title}\n") + 1
    return text[begin : text.index("\n## ", begin)]


def _commands(lines: list[str], first: int) -> Iterator[Step]:
    starts = [at for at, line in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield Step(first + start, lines[start][2:], tuple(lines[start + 1 : end]))


def _edit(lines: list[str], first: int) -> Step:
    signed = {sign: tuple(line[1:] for line in lines if line.startswith(sign)) for sign in "-+"}
    return Step(first, removed=signed["-"], added=signed["+"])


@dataclass
class Terminal:
    """A shell as far as the tour needs one."""

    folder: Path
    variables: Mapping[str, str]
    code: int = 0

    def run(self, step: Step) -> str:
        """What a person would see after this command."""
        word, _, rest = step.command.partition(" ")
        if word == "cd":
            self.folder /= rest
            return ""
        if step.command == "echo $?":
            return f"{self.code}\n"
        assert word == "mscode", f"the tour uses {word}"
        answers = [line.rpartition(": ")[2] for line in step.shown if PROMPT.decode() in line]
        self.code, seen = on_a_terminal(self.folder, rest.split(), self.variables, answers=answers)
        return seen

    def edit(self, step: Step) -> None:
        path = self.folder / "campaign.yaml"
        text = path.read_text(encoding="utf-8")
        old, new = "\n".join(step.removed), "\n".join(step.added)
        assert text.count(old) == 1, f"line {step.line}: campaign.yaml does not say {old!r} once"
        path.write_text(text.replace(old, new), encoding="utf-8")


def normal(text: str) -> list[str]:
    """Lines without what differs from run to run: seconds, ids, the order and replies of the calls."""
    for pattern, form in (
        (r"after \d+s", "after Ns"),
        (r"(\(|launch )(\d+)-[0-9a-f]{6}\b", r"\1\2-digest"),
        (r"\[id=\d+", "[id=N"),
        (r'\(id "\d+"\)', '(id "N")'),
        (r"T\d\d:\d\d:\d\dZ", "T(time)Z"),
        (r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +rsvp .*\n", ""),
        (r"^\d+ rings", "N rings"),
    ):
        text = re.sub(pattern, form, text, flags=re.MULTILINE)
    return [line.rstrip() for line in text.strip().splitlines()]


def says(shown: list[str], seen: list[str]) -> bool:
    """Is `shown` what was `seen`, a line `...` standing for any lines?"""
    pattern = "".join("(?:.*\n)*?" if line.strip() == "..." else re.escape(line) + "\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in seen)) is not None


@pytest.mark.parametrize("page", TOURS, ids=lambda page: page.stem)
def test_every_command_of_a_tour_gives_what_the_page_shows(page: Path, tmp_path: Path, at_another_time: Any) -> None:
    terminal = Terminal(tmp_path, at_another_time(TOUR_DAY))
    for step in tour(page):
        if not step.command:
            terminal.edit(step)
            continue
        seen = terminal.run(step)
        shown = "".join(f"{line}\n" for line in step.shown)
        assert says(normal(shown), normal(seen)), f"{page.name} line {step.line}: {step.command}\n{seen}"
        if step.command == "mscode sandbox rings":
            rung = re.findall(r"^2026-11-30 \S+ +rsvp 1 +\+35840•••(\d{4}) ", seen, re.MULTILINE)
            assert {"0101", "0102", "0103"} >= set(rung) and len(set(rung)) >= 2


def test_the_tour_has_commands_questions_and_an_edit() -> None:
    steps = list(tour(STARTED))
    assert len([s for s in steps if s.command.startswith("mscode ")]) >= 10
    assert any("Enter a value: yes" in line for step in steps for line in step.shown)
    assert [step.added for step in steps if not step.command]


@pytest.mark.parametrize(
    ("shown", "seen", "same"),
    [
        (["a", "...", "d"], ["a", "b", "c", "d"], True),
        (["a", "...", "b"], ["a", "b"], True),
        (["a", "d"], ["a", "b", "c", "d"], False),
        (["a"], ["a", "b"], False),
        (["...", "x"], ["a", "b"], False),
        (["a.c"], ["abc"], False),
    ],
)
def test_three_dots_stand_for_any_lines_and_nothing_else_does(shown: list[str], seen: list[str], same: bool) -> None:
    assert says(shown, seen) is same


def test_the_error_that_readme_shows_is_what_mscode_says(tmp_path: Path, at_another_time: Any) -> None:
    terminal = Terminal(tmp_path, at_another_time(TOUR_DAY))
    terminal.run(Step(0, "mscode init tour"))
    terminal.folder /= "tour"
    terminal.edit(Step(0, removed=("acceptsWanted: 2",), added=("acceptWanted: 2",)))
    seen = terminal.run(Step(0, "mscode validate"))
    text = README.read_text(encoding="utf-8")
    begin = text.index("Error: Unknown field")
    assert text[begin : text.index("```", begin)] in seen
    assert terminal.code == 1


# ---- the demo --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2026, 2036])
def test_the_demo_ends_with_an_empty_plan_and_a_table_of_people_each_once(year: int, at_another_time: Any) -> None:
    done = _script("demo", at_another_time(datetime(year, 11, 24, tzinfo=UTC)))
    assert done.returncode == 0, done.stdout + done.stderr
    _, plan, after = done.stdout.rpartition("$ mscode plan --detailed-exitcode\n")
    assert plan
    assert after.startswith("No changes. Your campaigns match the live account.\n")
    rows = re.findall(r"^(\+35845•••\d{4})  invite-(helsinki|tampere) +([123]) +(yes|no) ", after, re.MULTILINE)
    people = [row[0] for row in rows]
    assert len(people) == len(set(people)) >= 40
    assert done.stdout.rstrip().endswith(".")
    assert f"\n{len(people)} people, each rung by one campaign" in done.stdout
    # Forecast and ledger, side by side: of each campaign calls, people and accepts.
    compared = re.findall(
        r"^invite-(helsinki|tampere) +(.+?)  +(\d+(?: to \d+)?) +(\d+) +(inside|outside)$", after, re.MULTILINE
    )
    assert len(compared) == 6
    for _, _, forecast, ledger, verdict in compared:
        low, _, high = forecast.partition(" to ")
        assert verdict == ("inside" if int(low) <= int(ledger) <= int(high or low) else "outside")
    assert sum(int(row[3]) for row in compared if row[1] == "people called") == len(people)
    inside = sum(row[4] == "inside" for row in compared)
    assert done.stdout.endswith(f"\n{inside} of 6 numbers lie in the range that the rehearsal forecast.\n")


def _script(name: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / f"{name}.py")]
    return subprocess.run(command, env=dict(variables), capture_output=True, encoding="utf-8", timeout=200, check=False)


def _ring(person: str, campaign: str, at: str, answered: int) -> dict[str, Any]:
    return {"accountId": person, "campaignId": campaign, "at": at, "answered": answered, "phone": "+35845•••0000"}


NAMES = {"1": "invite-helsinki"}
RUNG = "2026-12-01T08:00:00Z"


@pytest.mark.parametrize(
    ("rings", "names", "word"),
    [
        ([], NAMES, "not every campaign rang"),
        ([_ring("7", "1", RUNG, 1), _ring("7", "2", RUNG, 1)], {"1": "a", "2": "b"}, "two campaigns"),
        ([_ring("7", "1", RUNG, 1), _ring("7", "1", "2026-12-01T09:00:00Z", 0)], NAMES, "who had answered"),
        ([_ring("7", "1", f"2026-12-01T0{hour}:00:00Z", 0) for hour in (8, 8, 9, 9)], NAMES, "more often"),
        ([_ring("7", "1", "2026-12-01T07:59:59Z", 1)], NAMES, "outside the window"),
        ([_ring("7", "1", "2026-12-05T09:00:00Z", 1)], NAMES, "outside the window"),
    ],
)
def test_the_demo_fails_where_a_rule_of_calling_was_broken(rings: Any, names: Any, word: str) -> None:
    with pytest.raises(demo.Wrong, match=word):
        demo.check(rings, names)


def test_the_demo_fails_where_a_command_ends_otherwise_than_it_should(tmp_path: Path) -> None:
    with pytest.raises(demo.Wrong, match="exit code 1"):
        demo.Project(tmp_path).run("plan")


# ---- reference, picture, links ---------------------------------------------------------------------------------------


def test_the_reference_is_what_the_specs_say() -> None:
    assert write_reference.FILE.read_text(encoding="utf-8") == write_reference.reference() + "\n", (
        "run scripts/write_reference.py"
    )


def test_the_picture_shows_what_mscode_plan_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.delenv("CI", raising=False)
    printed = "$mscodeplan" + "".join(re.sub(r"\x1b\[[0-9;]*m", "", picture.planned()).split())
    assert picture.text_of(picture.PICTURE.read_text(encoding="utf-8")).removeprefix("mscodeplan") == printed


def test_the_page_on_review_shows_what_mscode_plan_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.delenv("CI", raising=False)
    text = review.PAGE.read_text(encoding="utf-8")
    assert review.shown(text) == review.example(review.planned("markdown")), "run scripts/review.py"


def test_pictures_of_the_page_are_small() -> None:
    for name in review.PICTURES:
        assert 10_000 < (review.PAGE.parent / name).stat().st_size < 150_000


def test_the_picture_of_a_refusal_shows_what_apply_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.delenv("CI", raising=False)
    printed = "$mscodeapplyplan.json" + "".join(re.sub(r"\x1b\[[0-9;]*m", "", picture.refused()).split())
    shown = picture.text_of(picture.REFUSED.read_text(encoding="utf-8"))
    assert shown.removeprefix("mscodeapplyplan.json") == printed


def test_the_picture_of_guards_shows_what_plan_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.delenv("CI", raising=False)
    printed = "$mscodeplan" + "".join(re.sub(r"\x1b\[[0-9;]*m", "", picture.guarded()).split())
    assert picture.text_of(picture.GUARDED.read_text(encoding="utf-8")).removeprefix("mscodeplan") == printed


@pytest.mark.parametrize("file", [picture.PICTURE, picture.REFUSED, picture.GUARDED], ids=lambda path: path.name)
def test_the_picture_loads_nothing(file: Path) -> None:
    svg = file.read_text(encoding="utf-8")
    assert re.findall(r"https?://[^\"']+", svg) == ["http://www.w3.org/2000/svg"]
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", svg)


@pytest.mark.parametrize("page", check_links.pages(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert check_links.broken(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Once\n\n# Once\n\n```sh\n# not a heading\n```\n", encoding="utf-8")
    page = tmp_path / "page.md"
    good = ["other.md", "other.md#once-1", "#own-title", "https://example.com/x"]
    bad = ["gone.md", "other.md#not-a-heading", "../up.md"]
    links = "\n".join(f"[x]({target})" for target in [*good, *bad])
    page.write_text(f"# `Own` title\n\n{links}\n\n`[x](code.md)`\n", encoding="utf-8")
    assert [problem.split(": ", 1)[1] for problem in check_links.broken(page, tmp_path)] == [
        "gone.md: no such file",
        "other.md#not-a-heading: no such heading",
        "../up.md: no such file",
    ]


def test_the_command_reference_is_what_the_commands_say() -> None:
    assert write_commands.FILE.read_text(encoding="utf-8") == write_commands.reference() + "\n", (
        "run scripts/write_commands.py"
    )


def test_the_page_of_checks_is_what_the_rules_say() -> None:
    assert write_checks.FILE.read_text(encoding="utf-8") == write_checks.reference() + "\n", (
        "run scripts/write_checks.py"
    )


def test_the_command_reference_has_every_command() -> None:
    from mscode.cli.app import COMMANDS

    text = write_commands.reference()
    assert re.findall(r"^## mscode (\w+)$", text, re.MULTILINE) == list(COMMANDS)
    assert set(write_commands.EXITS) <= set(re.findall(r"^##+ (mscode [\w ]+)$", text, re.MULTILINE))


#: Pages whose sessions a test of its own runs.
RUN_ELSEWHERE = {"docs/drift.md", "docs/policy.md", "docs/rehearsal.md", "docs/reuse.md", "docs/sandbox.md"}


def test_every_console_session_of_a_page_is_run() -> None:
    from tests import test_how_to_pages

    run = {*TOURS, *test_how_to_pages.PAGES, *(ROOT / name for name in RUN_ELSEWHERE)}
    with_sessions = {
        page for page in check_links.pages() if re.search(r"^ *```console$", page.read_text("utf-8"), re.MULTILINE)
    }
    assert with_sessions == run
    for page, title in TOURS.items():
        outside = page.read_text("utf-8").replace(_section(page, title), "")
        assert "```console" not in outside


def test_every_page_is_in_the_contents_of_the_site() -> None:
    conf = runpy.run_path(str(ROOT / "docs" / "conf.py"))
    names = [name for names in conf["CONTENTS"].values() for name in names]
    listed = [ROOT / (f"{name[1:]}.md" if name.startswith("/") else f"docs/{name}.md") for name in names]
    assert sorted([*listed, ROOT / f"{conf['root_doc']}.md"]) == sorted(check_links.pages())


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / target.partition("#")[0]).resolve() for _, target in check_links.links(index)}
    assert set((ROOT / "docs").rglob("*.md")) - {index} <= linked


def test_the_command_reference_gives_every_exit_code_that_mscode_ends_with() -> None:
    from mscode import errors
    from mscode.app.apply import PARTLY

    raised = {one.exit_code for one in vars(errors).values() if isinstance(one, type) and hasattr(one, "exit_code")}
    text = write_commands.EXIT_CODES
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    assert listed == raised | {0, 2, PARTLY}
