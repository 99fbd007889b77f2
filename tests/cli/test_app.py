"""The frame of all commands: help, usage errors, exit codes, and what becomes of an error."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import click
import pytest

from mscode.app.invocation import Invocation
from mscode.cli import app as cli_app
from mscode.cli import main
from mscode.cli.base import command as make_command
from mscode.errors import Diagnostic, GuardError, LockedError, MscodeError, Place


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a command `probe` in the table; what it does is given by the test."""

    def install(act: Any) -> None:
        module = ModuleType("tests_probe")

        @make_command("probe", examples=["mscode probe"])
        @click.option("--number", type=int)
        def command(inv: Invocation, number: int | None) -> int | None:
            """Do what the test says."""
            return act(inv)  # type: ignore[no-any-return]

        module.command = command  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "tests_probe", module)
        monkeypatch.setitem(cli_app.COMMANDS, "probe", ("tests_probe", "Do what the test says."))

    return install


def _raise(error: BaseException) -> Any:
    def act(_inv: Invocation) -> int:
        raise error

    return act


def test_alone_it_prints_help_and_every_command(cli: Any) -> None:
    ended = cli()
    assert ended.code == 0
    assert all(f"\n  {name} " in ended.out for name in cli_app.COMMANDS)


def test_both_help_options_are_there_whoever_read_the_command_first() -> None:
    """As the command reference does, which makes a context of its own."""
    probe = make_command("probe", examples=["mscode probe"])(lambda inv: None)
    option = probe.get_help_option(click.Context(probe))
    assert option is not None
    assert set(option.opts) == {"-h", "--help"}


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_goes_to_stdout_and_ends_with_an_example(cli: Any, flag: str) -> None:
    ended = cli("validate", flag)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.rstrip().splitlines()[-2].startswith("  mscode validate")


def test_version_is_printed_wherever_the_group_takes_it(cli: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("--no-color", "--version").out.startswith("mscode 0.")
    main(["--version"])
    assert capsys.readouterr().out.startswith("mscode 0.")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (["valdate"], 'There is no command "valdate". Did you mean "validate"?'),
        (["sandbox", "ring"], 'There is no command "ring". Did you mean "rings"?'),
        (["validate", "--fromat", "json"], "--format"),
        (["validate", "--format", "xml"], "'xml' is not one of"),
        (["validate", "a", "b"], "unexpected extra argument"),
        (["--env"], "--env"),
        (["probe", "--number", "x"], "is not a valid integer"),
    ],
)
def test_a_mistyped_command_line_is_64_and_never_2(cli: Any, probe: Any, line: list[str], says: str) -> None:
    probe(lambda _inv: 0)
    ended = cli(*line)
    assert ended.code == 64
    assert ended.out == ""
    assert says in ended.err


@pytest.mark.parametrize(
    ("error", "code"),
    [(MscodeError("no"), 1), (LockedError("no"), 4), (GuardError("no"), 5), (KeyboardInterrupt(), 130)],
)
def test_an_error_gives_its_exit_code(cli: Any, probe: Any, error: BaseException, code: int) -> None:
    probe(_raise(error))
    assert cli("probe").code == code


def test_what_a_command_returns_is_the_exit_code(cli: Any, probe: Any) -> None:
    probe(lambda _inv: 6)
    assert cli("probe").code == 6


def test_all_diagnostics_of_an_error_go_to_stderr_with_their_places(cli: Any, probe: Any) -> None:
    place = Place("a.yaml", 2, 3, "  x: 1")
    probe(_raise(MscodeError([Diagnostic("first", place, "Why.", "Do this."), Diagnostic("second")])))
    ended = cli("probe")
    assert ended.out == ""
    assert ended.err == (
        "Error: first\n  on a.yaml line 2, column 3\n    2 |     x: 1\n      |     ^\n"
        "  Why.\n  Do this.\n\nError: second\n"
    )


def test_a_bug_shows_neither_traceback_nor_the_words_of_the_exception(cli: Any, probe: Any) -> None:
    probe(_raise(KeyError("+358401234567")))
    ended = cli("probe")
    assert ended.code == 1
    assert ended.err.startswith("Error: internal error (KeyError in ")
    assert "Traceback" not in ended.err
    assert "401234567" not in ended.err


def test_the_traceback_of_a_bug_is_there_on_request(cli: Any, probe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSCODE_DEBUG", "1")
    probe(_raise(KeyError("x")))
    assert "Traceback" in cli("probe").err


def test_control_characters_in_an_error_are_made_visible(cli: Any, probe: Any) -> None:
    probe(_raise(MscodeError("\x1b[31mred")))
    assert cli("probe").err == "Error: \\x1b[31mred\n"


@pytest.mark.parametrize(
    "line",
    [
        ["--env", "production", "--no-input", "--no-color", "probe"],
        ["probe", "--env", "production", "--no-input", "--no-color"],
        ["--env", "sandbox", "--no-color", "probe", "--no-input", "--env", "production"],
    ],
)
def test_common_options_count_before_and_after_the_command(cli: Any, probe: Any, line: list[str]) -> None:
    seen: list[Invocation] = []
    probe(seen.append)
    assert cli(*line).code == 0
    assert (seen[0].env, seen[0].no_input, seen[0].no_color) == ("production", True, True)


def test_people_are_shown_on_a_terminal_only(cli: Any, probe: Any) -> None:
    seen: list[bool] = []
    probe(lambda inv: seen.append(inv.show_people))
    cli("probe", "--show-people")
    assert seen == [False]


def test_colour_of_an_error_is_asked_for_and_taken_away(cli: Any, probe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    probe(_raise(MscodeError("no")))
    assert cli("probe").err == "\x1b[31mError: no\x1b[0m\n"
    assert cli("probe", "--no-color").err == "Error: no\n"


def test_a_reader_that_goes_away_leaves_no_words(cli: Any, probe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_app, "_let_go_of_stdout", lambda: None)
    probe(_raise(BrokenPipeError()))
    ended = cli("probe")
    assert (ended.code, ended.out, ended.err) == (1, "", "")
