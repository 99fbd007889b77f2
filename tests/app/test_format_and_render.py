"""Laying out manifests, and rendering them after substitution."""

from __future__ import annotations

from mscode.app.format import read_layout, rewrite
from mscode.app.render import render
from tests.app.conftest import ProjectFolder


def test_laying_out_writes_nothing_by_itself(workspace: ProjectFolder) -> None:
    file = workspace.folder / "messy.yaml"
    messy = "apiVersion: mscode/v1\ngroups:\n      a: {description: A}\n"
    file.write_text(messy)
    [changed] = read_layout(workspace.inv, workspace.folder).changed
    assert (changed.name, file.read_text()) == ("messy.yaml", messy)
    rewrite(changed.path, changed.after)
    assert read_layout(workspace.inv, workspace.folder).changed == []


def test_what_is_rendered_shows_nobody(workspace: ProjectFolder) -> None:
    text = render(workspace.inv, workspace.folder, as_json=False)
    assert "donors:" in text
    assert "+358405550101" not in text
