"""Validating: all that can be said without the network, and schemas for editors."""

from __future__ import annotations

from mscode.app.invocation import Invocation
from mscode.app.schemas import restore_schemas
from mscode.app.validate import validate
from tests.app.conftest import ProjectFolder


def test_validating_counts_what_is_there(workspace: ProjectFolder) -> None:
    outcome = validate(workspace.inv, workspace.folder)
    assert (outcome.error, outcome.objects, outcome.files, outcome.code) == (None, 11, 1, 0)
    assert outcome.missing_schemas == ()


def test_every_error_of_every_file_is_one_error(workspace: ProjectFolder) -> None:
    (workspace.folder / "a.yaml").write_text("apiVersion: mscode/v1\ngroups: {a: {nme: A}}\n")
    (workspace.folder / "b.yaml").write_text("apiVersion: mscode/v1\ngroups: {b: {nme: B}}\n")
    outcome = validate(workspace.inv, workspace.folder)
    assert outcome.code == 1
    assert {diagnostic.place.file for diagnostic in outcome.diagnostics if diagnostic.place} == {"a.yaml", "b.yaml"}


def test_schemas_for_editors_that_are_missing_are_named_and_restored(workspace: ProjectFolder) -> None:
    names = [".mscode-schema/manifest.schema.json", ".mscode-schema/project.schema.json"]
    for name in names:
        (workspace.folder / name).unlink()
    assert sorted(name for name, _ in validate(workspace.inv, workspace.folder).missing_schemas) == names
    assert sorted(restore_schemas(workspace.folder)) == names
    assert restore_schemas(workspace.folder) == []


def test_an_error_about_the_folder_repeats_the_command_that_was_typed(workspace: ProjectFolder) -> None:
    (workspace.folder / "below").mkdir()
    inv = Invocation(variables={}, typed_command="mscode validate")
    [diagnostic] = validate(inv, workspace.folder / "below").diagnostics
    assert f"mscode validate {workspace.folder}" in diagnostic.hint
