"""Every malformed input gets its exact message, with its place, and nothing else happens."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
from tests.manifest.malformed import PROJECTS, TEXTS, WHOLE_FILES

from mscode.errors import MscodeError
from mscode.manifest.load.loader import load
from mscode.manifest.project.file import load_project
from mscode.views.diagnostics import render

GOLDEN = Path(__file__).with_name("malformed.txt")
MARK = "=== "
PROJECT = "apiVersion: mscode/v1\nproject: demo\ntimezone: Europe/Helsinki\n"
INPUTS = {**WHOLE_FILES, **{name: text.encode() for name, text in TEXTS.items()}}


def golden() -> dict[str, str]:
    parts = GOLDEN.read_text(encoding="utf-8").split(MARK)[1:]
    return {name: text.strip("\n") for name, text in (part.split("\n", 1) for part in parts)}


def rendered(error: MscodeError) -> str:
    return "\n\n".join("\n".join(render(one)) for one in error.diagnostics)


def make_files(folder: Path) -> None:
    with wave.open(str(folder / "ok.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes([128] * 800))
    (folder / "text.txt").write_text("no sound\n")
    (folder / "empty.wav").touch()
    (folder / "folder").mkdir()
    (folder.parent / "outside.wav").write_bytes((folder / "ok.wav").read_bytes())
    (folder / "link.wav").symlink_to("../outside.wav")


def message_of(folder: Path, name: str) -> str:
    """What a person reads of one malformed input."""
    folder.mkdir(parents=True)
    make_files(folder)
    project = PROJECTS.get(name, PROJECT)
    (folder / "mscode.yaml").write_text(project, encoding="utf-8")
    if name in INPUTS:
        (folder / "a.yaml").write_bytes(INPUTS[name])
    with pytest.raises(MscodeError) as caught:
        load(folder, load_project(folder), "sandbox")
    assert caught.value.exit_code == 1
    return rendered(caught.value)


@pytest.mark.parametrize("name", [*INPUTS, *PROJECTS])
def test_a_malformed_input_gets_its_exact_message(name: str, tmp_path: Path) -> None:
    assert message_of(tmp_path / "project", name) == golden()[name]


def test_there_are_no_messages_of_inputs_that_are_gone() -> None:
    assert set(golden()) == {*INPUTS, *PROJECTS}
