"""What a shell offers at the cursor."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mscode.cli import main
from mscode.cli.completing import answer, script

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = """\
apiVersion: mscode/v1
groups: {donors: {}, givers: {}}
voiceFiles:
  hello: {forEach: [fi, sv], text: "${each.value}", voiceCode: en}
  bye: {forEach: {fi: {}, en: {}}, text: x, voiceCode: en}
rsvpCalls: {invite: {}, "$(touch oops)": {}}
"""


@pytest.fixture
def offered(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The plain completions of a line, in a folder with a project whose manifest is not valid."""
    project = tmp_path / "drive"
    project.mkdir()
    (project / "mscode.yaml").write_text(
        "apiVersion: mscode/v1\nproject: drive\nnonsense: 1\nenvironments:\n"
        '  sandbox: {url: "sandbox:"}\n  production: {url: https://api.example.com}\n  "$(oops)": {url: "sandbox:"}\n'
    )
    (project / "all.yaml").write_text(MANIFEST)
    (project / "texts").mkdir()
    monkeypatch.chdir(project)

    def offer(*words: str) -> list[str]:
        monkeypatch.setenv("COMP_WORDS", " ".join(["mscode", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        capsys.readouterr()
        answer("bash_complete")
        said = capsys.readouterr()
        assert said.err == ""
        return [row.partition(",")[2] for row in said.out.split() if row.startswith("plain,")]

    return offer


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["pl"], ["plan"]),
        (["sandbox", "s"], ["serve", "seed"]),
        (["plan", "--dest"], ["--destroy"]),
        (["plan", "--verb"], ["--verbose"]),
        (["--env", ""], ["sandbox", "production"]),
        (["plan", "--env", "p"], ["production"]),
        (["plan", "--env", "=", "p"], ["production"]),
        (["plan", "--env", "=", "sandbox", "--only", "groups.d"], ["groups.donors"]),
        (["plan", "--env=p"], ["--env=production"]),
        (["plan", "--format", ""], ["text", "json", "markdown", "html"]),
        (["forget", "gr"], ["groups.donors", "groups.givers"]),
        (
            ["forget", "voiceFiles."],
            ["voiceFiles.bye.en", "voiceFiles.bye.fi", "voiceFiles.hello.fi", "voiceFiles.hello.sv"],
        ),
        (["halt", ""], ["rsvpCalls.invite"]),
        (["plan", "--resume", ""], ["rsvpCalls.invite"]),
        (["plan", "--only", "al"], ["all.yaml"]),
        (["state", "mv", "groups.donors", "groups.g"], ["groups.givers"]),
        (["results", "rsvp"], ["rsvpCalls.invite"]),
        (["history", "sh"], ["show"]),
        (["history", "rsvp"], ["rsvpCalls.invite"]),
        (["history", "--sin"], ["--since"]),
        (["history", "rsvpCalls.invite", "--format", "m"], ["markdown"]),
        (["completion", "z"], ["zsh"]),
        (["help", "state", "p"], ["pull", "push"]),
        (["plan", "--only", "'unfinished"], []),
    ],
    ids=" ".join,
)
def test_what_stands_there(offered: Any, words: list[str], names: list[str]) -> None:
    assert offered(*words) == names


def test_the_project_is_that_of_c_of_dir_or_of_a_parent(offered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("texts")
    assert offered("forget", "groups.d") == ["groups.donors"]
    monkeypatch.chdir("../..")
    assert offered("forget", "groups.d") == []
    assert offered("-C", "drive", "forget", "groups.d") == ["groups.donors"]
    assert offered("watch", "--dir", "drive", "rsvp") == ["rsvpCalls.invite"]


def test_files_of_the_folder_of_c(offered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("..")
    assert offered("-C", "drive", "show", "") == ["all.yaml", "mscode.yaml", "texts/"]
    assert offered("-C", "drive", "validate", "") == ["texts/"]


def test_a_local_state_is_read_and_no_network_used(cli: Any, tmp_path: Path, monkeypatch: Any, offered: Any) -> None:
    assert cli("init", tmp_path / "other").code == 0
    assert cli("apply", tmp_path / "other", "--auto-approve", "--no-launch").code == 0
    (tmp_path / "other" / "campaign.yaml").unlink()
    monkeypatch.chdir(tmp_path / "other")
    assert offered("forget", "groups.") == ["groups.donors"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_names_the_command_and_its_variable(cli: Any, shell: str) -> None:
    ended = cli("completion", shell)
    assert (ended.code, ended.err) == (0, "")
    assert f"_MSCODE_COMPLETE={shell}_complete" in ended.out
    assert ended.out == script(shell).rstrip("\n") + "\n"
    assert cli("completion", "tcsh").code == 64


def test_main_answers_a_shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in {"_MSCODE_COMPLETE": "bash_complete", "COMP_WORDS": "mscode val", "COMP_CWORD": "1"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 0
    assert capsys.readouterr().out == "plain,validate\n"


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
def test_in_a_real_bash(tmp_path: Path) -> None:
    program = tmp_path / "mscode"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT / "src"} exec {sys.executable} -m mscode "$@"\n')
    program.chmod(0o755)
    code = (
        f"PATH={tmp_path}:$PATH; source <(mscode completion bash); COMP_WORDS=(mscode sandbox cl); COMP_CWORD=2; "
        'COMPREPLY=(); _mscode_completion mscode; echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("clock\n", "")
