"""`mscode fmt`, run in this process."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Cli

MESSY = b"apiVersion: mscode/v1\r\naccounts:\r\n    anna: {firstName: Anna, phone: +358401234567}   # met her\r\n"
CLEAN = b'apiVersion: mscode/v1\naccounts:\n  anna: {firstName: Anna, phone: "+358401234567"}   # met her\n'


@pytest.fixture
def messy(project: Path, cli: Cli) -> Path:
    """A project where one manifest is laid out otherwise."""
    cli("fmt", project)
    (project / "people.yaml").write_bytes(MESSY)
    return project / "people.yaml"


def test_it_rewrites_what_differs_and_names_it(messy: Path, cli: Cli) -> None:
    ended = cli("fmt", messy.parent)
    assert (ended.code, ended.out) == (0, "people.yaml\n")
    assert messy.read_bytes() == CLEAN
    again = cli("fmt", messy.parent)
    assert (again.code, again.out) == (0, "")


def test_check_changes_nothing_lists_the_files_and_exits_3(messy: Path, cli: Cli) -> None:
    ended = cli("fmt", messy.parent, "--check")
    assert (ended.code, ended.out) == (3, "people.yaml\n")
    assert messy.read_bytes() == MESSY
    messy.write_bytes(CLEAN)
    assert cli("fmt", messy.parent, "--check").code == 0


def test_a_diff_shows_what_would_change_and_nobodys_data(messy: Path, cli: Cli) -> None:
    ended = cli("fmt", messy.parent, "--diff")
    assert ended.code == 0
    assert messy.read_bytes() == MESSY
    assert ended.out.startswith("--- people.yaml\n+++ people.yaml\n@@ -1,3 +1,3 @@\n")
    assert '+  anna: {firstName: A•••, phone: "+35840•••4567"}' in ended.out
    assert "Anna" not in ended.out and "met her" not in ended.out and "4012" not in ended.out
    assert cli("fmt", messy.parent, "--diff", "--check").code == 3


def test_the_project_file_is_laid_out_too(project: Path, cli: Cli) -> None:
    path = project / "mscode.yaml"
    path.write_text(path.read_text().replace("region: FI\n", "") + "region:   NO\n")
    cli("fmt", project)
    assert path.read_text().endswith('region: "NO"\n')
    assert cli("validate", project).code == 0


def test_the_mode_of_a_file_stays_and_nothing_else_is_left_behind(messy: Path, cli: Cli) -> None:
    messy.chmod(0o640)
    before = sorted(messy.parent.iterdir())
    cli("fmt", messy.parent)
    assert messy.stat().st_mode & 0o777 == 0o640
    assert sorted(messy.parent.iterdir()) == before


def test_a_file_with_errors_is_reported_and_left_alone_and_the_others_are_laid_out(messy: Path, cli: Cli) -> None:
    broken = messy.parent / "broken.yaml"
    broken.write_text("groups: [\n")
    ended = cli("fmt", messy.parent)
    assert (ended.code, ended.out) == (1, "people.yaml\n")
    assert "broken.yaml" in ended.err and broken.read_text() == "groups: [\n"
    assert messy.read_bytes() == CLEAN


def test_a_project_file_with_errors_stops_no_other_file(messy: Path, cli: Cli) -> None:
    (messy.parent / "mscode.yaml").write_text("project: [\n")
    ended = cli("fmt", messy.parent)
    assert ended.code == 1 and "mscode.yaml" in ended.err
    assert messy.read_bytes() == CLEAN


def test_only_the_manifests_of_the_project_are_touched(messy: Path, cli: Cli) -> None:
    for name in ("other/mscode.yaml", "other/a.yaml", ".hidden/a.yaml", "policies/a.yaml", "x.vars.yaml"):
        path = messy.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("a:    1\n")
    assert cli("fmt", messy.parent).out == "people.yaml\n"


def test_a_folder_without_a_project_is_an_error(tmp_path: Path, cli: Cli) -> None:
    ended = cli("fmt", tmp_path)
    assert ended.code == 1 and "There is no mscode.yaml" in ended.err


def test_what_init_writes_is_laid_out_already(tmp_path: Path, cli: Cli) -> None:
    assert cli("init", tmp_path / "p").code == 0
    assert cli("fmt", tmp_path / "p", "--check").code == 0


def test_a_link_inside_the_project_stays_a_link(messy: Path, cli: Cli) -> None:
    target = messy.with_name("target.txt")
    messy.rename(target)
    messy.symlink_to(target.name)
    assert cli("fmt", messy.parent).code == 0
    assert messy.is_symlink() and target.read_bytes() == CLEAN
