"""Where output goes, and what it may hold there."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

import mscode
from mscode.views.console import Out, has_utf8, is_live, wants_colour
from mscode.views.plan.segments import Segment
from mscode.views.plan.segments import line as segments

NAMES = ("NO_COLOR", "FORCE_COLOR", "CI", "TERM", "COLUMNS")


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def __init__(self, encoding: str = "utf-8", *, live: bool = True) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self._live = live

    def isatty(self) -> bool:
        return self._live

    @property
    def written(self) -> str:
        self.flush()
        raw = self.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode(self.encoding)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return monkeypatch


COLOURS: list[tuple[dict[str, str], bool, bool, bool]] = [
    ({}, True, False, True),
    ({}, False, False, False),
    ({}, True, True, False),
    ({"NO_COLOR": "1"}, True, False, False),
    ({"NO_COLOR": ""}, True, False, True),
    ({"FORCE_COLOR": "1"}, False, False, True),
    ({"FORCE_COLOR": "0"}, False, False, False),
    ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False, False),
    ({"FORCE_COLOR": "1"}, True, True, False),
    ({"CI": "true"}, True, False, False),
    ({"CI": "false"}, True, False, True),
    ({"CI": "no"}, True, False, True),
    ({"CI": "true", "FORCE_COLOR": "1"}, False, False, True),
    ({"TERM": "dumb"}, True, False, False),
]


@pytest.mark.parametrize(("environ", "live", "no_color", "expected"), COLOURS)
def test_colour_is_for_those_who_want_it(
    bare: pytest.MonkeyPatch, environ: dict[str, str], live: bool, no_color: bool, expected: bool
) -> None:
    for name, value in environ.items():
        bare.setenv(name, value)
    assert wants_colour(Terminal(live=live), no_color=no_color) is expected


@pytest.mark.parametrize(
    ("encoding", "expected"), [("utf-8", True), ("UTF8", True), ("utf_8", True), ("ascii", False), ("latin-1", False)]
)
def test_utf8_is_a_matter_of_the_stream(encoding: str, expected: bool) -> None:
    assert has_utf8(Terminal(encoding)) is expected


def test_a_stream_without_an_encoding_has_no_utf8() -> None:
    stream: IO[str] = io.StringIO()
    assert has_utf8(stream) is False


def test_a_bar_is_drawn_only_where_somebody_looks(bare: pytest.MonkeyPatch) -> None:
    assert is_live(Terminal())
    assert not is_live(Terminal(live=False))
    bare.setenv("CI", "1")
    assert not is_live(Terminal())


def test_the_result_goes_to_stdout_and_the_talk_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    out = Out()
    out.result("result")
    out.write_lines([segments("a ", Segment("line", "bold"))])
    out.info("talk", "red")
    out.talk_pieces([segments("more talk")])
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("result\na line\n", "talk\nmore talk\n")


def test_a_terminal_gets_colour(bare: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    bare.setattr(sys, "stdout", terminal)
    Out().write_lines([segments(Segment("☎", "magenta"), " dials")])
    assert terminal.written == "\x1b[1;35m☎\x1b[0m dials\n"
    Out(no_color=True).write_lines([segments(Segment("☎", "magenta"))])
    assert terminal.written.endswith("\n☎\n")


def test_what_the_encoding_lacks_is_spelled_out(bare: pytest.MonkeyPatch) -> None:
    terminal = Terminal("ascii", live=False)
    bare.setattr(sys, "stdout", terminal)
    Out().write_lines([segments("☎ Äiti +35840•••4567")])
    Out().result("ä")
    assert terminal.written == "(!) \\xc4iti +35840...4567\n\\xe4\n"


PROGRAM = """
from mscode.views.console import Out
out = Out()
for n in range(100000):
    out.result("x" * 100)
out.info("still at work")
"""


def test_a_reader_that_goes_away_stops_nothing() -> None:
    src = str(Path(mscode.__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": src},
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == "still at work\n"
        assert process.wait(timeout=30) == 0


def test_a_plan_for_a_file_loads_no_rich() -> None:
    src = Path(mscode.__file__).parents[1]
    code = (
        "import sys; from tests.views.plans import text, INVITE; text(INVITE); "
        "from mscode.views.console import Out; from mscode.views.apply.progress import Follower; Follower(Out()); "
        "print([m for m in sys.modules if m.split('.')[0] in ('rich', 'deepdiff', 'httpx', 'click', 'ruamel')])"
    )
    env = {"PYTHONPATH": f"{src}:{src.parent}"}
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert shown.stdout == "[]\n"


# ---- a CI's runner ---------------------------------------------------------------------------------------------------

COMMANDS = [
    ("::set-output name=a::b", ": :set-output name=a::b"),
    ("  ::error::x", "  : :error::x"),
    ("a\n\t::add-mask::b\n", "a\n\t: :add-mask::b\n"),
    ("text ::error::x", "text ::error::x"),
    ("x ##[error]y", "x ## [error]y"),
    ("##vso[task.setvariable]y", "## vso[task.setvariable]y"),
    ("## heading [link]", "## heading [link]"),
    ("a::b", "a::b"),
]


@pytest.mark.parametrize(("text", "written"), COMMANDS)
@pytest.mark.parametrize("variable", ["CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"])
def test_a_runner_is_given_no_command_that_is_not_ours(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str, text: str, written: str
) -> None:
    monkeypatch.setenv(variable, "1")
    Out().result(text)
    Out().info(text)
    said = capsys.readouterr()
    assert said.out == said.err == f"{written}\n"


@pytest.mark.parametrize(
    "text", [*(text for text, _ in COMMANDS), "\\\\##[x]", "####[x]", "##vso[task.setvariable]##[y]"]
)
@pytest.mark.parametrize("variable", ["CI", ""])
def test_json_has_its_data_and_no_command_whoever_reads_along(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    if variable:
        monkeypatch.setenv(variable, "1")
    for indent in (None, 2):
        Out().json(json.dumps({text: [text, text]}, indent=indent))
        out = capsys.readouterr().out
        assert json.loads(out) == {text: [text, text]}
        assert not re.search(r"##\w*\[", out)


@pytest.mark.parametrize("text", [text for text, _ in COMMANDS])
def test_without_a_runner_text_stays_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    for name in ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"):
        monkeypatch.delenv(name, raising=False)
    Out().result(text)
    assert capsys.readouterr().out == f"{text}\n"


def test_commands_of_our_own_are_obeyed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")
    Out().command("::error::x")
    Out().command_result("::warning::y")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("::warning::y\n", "::error::x\n")


def test_a_secret_in_one_line_of_many_is_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    out = Out(secrets={"s3cret-value-1"})
    out.write_lines(
        [segments("a\\"), segments("b ", Segment("s3cret-value-1", "bold")), segments("s3cret-val"), segments("ue-2")]
    )
    shown = capsys.readouterr().out
    assert "s3cret" not in shown and shown.startswith("a\\\nb (secret)")
