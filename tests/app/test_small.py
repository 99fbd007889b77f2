"""Workflows of a page: validate, format, login, voices, render, the state's edits."""

from __future__ import annotations

import pytest

from mscode.app.format import read_layout, rewrite
from mscode.app.invocation import Invocation
from mscode.app.login import log_in
from mscode.app.render import render
from mscode.app.schemas import restore_schemas
from mscode.app.state_edit import break_lock, move_entry, push_state, read_entry, read_state
from mscode.app.validate import validate
from mscode.app.voices import list_voices
from mscode.errors import MscodeError, StateError
from mscode.model.address import Address
from mscode.state.local.lock import StateLock
from tests.app.conftest import Workspace

DONORS, OTHERS = Address("groups", "donors"), Address("groups", "others")


def test_validating_counts_what_is_there(workspace: Workspace) -> None:
    outcome = validate(workspace.inv, workspace.folder)
    assert (outcome.error, outcome.objects, outcome.files, outcome.code) == (None, 11, 1, 0)
    assert outcome.missing_schemas == ()


def test_every_error_of_every_file_is_one_error(workspace: Workspace) -> None:
    (workspace.folder / "a.yaml").write_text("apiVersion: mscode/v1\ngroups: {a: {nme: A}}\n")
    (workspace.folder / "b.yaml").write_text("apiVersion: mscode/v1\ngroups: {b: {nme: B}}\n")
    outcome = validate(workspace.inv, workspace.folder)
    assert outcome.code == 1
    assert {diagnostic.place.file for diagnostic in outcome.diagnostics if diagnostic.place} == {"a.yaml", "b.yaml"}


def test_schemas_for_editors_that_are_missing_are_named_and_restored(workspace: Workspace) -> None:
    names = [".mscode-schema/manifest.schema.json", ".mscode-schema/project.schema.json"]
    for name in names:
        (workspace.folder / name).unlink()
    assert sorted(name for name, _ in validate(workspace.inv, workspace.folder).missing_schemas) == names
    assert sorted(restore_schemas(workspace.folder)) == names
    assert restore_schemas(workspace.folder) == []


def test_laying_out_writes_nothing_by_itself(workspace: Workspace) -> None:
    file = workspace.folder / "messy.yaml"
    messy = "apiVersion: mscode/v1\ngroups:\n      a: {description: A}\n"
    file.write_text(messy)
    [changed] = read_layout(workspace.inv, workspace.folder).changed
    assert (changed.name, file.read_text()) == ("messy.yaml", messy)
    rewrite(changed.path, changed.after)
    assert read_layout(workspace.inv, workspace.folder).changed == []


def test_a_token_is_not_kept_where_none_is_needed_and_nobody_is_asked(workspace: Workspace) -> None:
    def ask() -> tuple[str, str]:
        raise AssertionError

    with pytest.raises(MscodeError, match="needs no token"):
        log_in(workspace.inv, workspace.folder, ask, keeps=True)


def test_voices_are_listed(workspace: Workspace) -> None:
    assert "en" in {voice.code for voice in list_voices(workspace.inv, workspace.folder)}


def test_what_is_rendered_shows_nobody(workspace: Workspace) -> None:
    text = render(workspace.inv, workspace.folder, as_json=False)
    assert "donors:" in text
    assert "+358405550101" not in text


def test_an_entry_moves_to_another_address(launched: Workspace) -> None:
    before = read_entry(launched.inv, launched.folder, DONORS)
    move_entry(launched.inv, launched.folder, DONORS, OTHERS)
    assert read_entry(launched.inv, launched.folder, OTHERS).id == before.id
    with pytest.raises(MscodeError, match="is not in the state"):
        read_entry(launched.inv, launched.folder, DONORS)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (DONORS, Address("filters", "donors"), "the sections differ"),
        (OTHERS, DONORS, "is not in the state"),
        (Address("voiceFiles", "greeting"), Address("voiceFiles", "thanks"), "is in the state already"),
    ],
)
def test_a_move_that_cannot_be(launched: Workspace, before: Address, after: Address, words: str) -> None:
    text = read_state(launched.inv, launched.folder).text()
    with pytest.raises(MscodeError, match=words):
        move_entry(launched.inv, launched.folder, before, after)
    assert read_state(launched.inv, launched.folder).text() == text


def test_a_state_is_pushed_over_a_newer_one_by_force_alone(launched: Workspace) -> None:
    old = read_state(launched.inv, launched.folder).text()
    move_entry(launched.inv, launched.folder, DONORS, OTHERS)
    with pytest.raises(StateError):
        push_state(launched.inv, launched.folder, old.encode, "old.json", force=False)
    assert push_state(launched.inv, launched.folder, old.encode, "old.json", force=True).is_new
    assert read_entry(launched.inv, launched.folder, DONORS).id


def test_a_lock_is_broken_by_its_id(launched: Workspace) -> None:
    lock = StateLock(launched.folder / ".mscode" / "sandbox", "apply")
    lock.acquire()
    with pytest.raises(StateError):
        break_lock(launched.inv, launched.folder, "another")
    assert break_lock(launched.inv, launched.folder, lock.id).Operation == "apply"
    with StateLock(launched.folder / ".mscode" / "sandbox", "apply") as other:
        assert other.notice == ""


def test_an_error_about_the_folder_repeats_the_command_that_was_typed(workspace: Workspace) -> None:
    (workspace.folder / "below").mkdir()
    inv = Invocation(variables={}, typed_command="mscode validate")
    [diagnostic] = validate(inv, workspace.folder / "below").diagnostics
    assert f"mscode validate {workspace.folder}" in diagnostic.hint
