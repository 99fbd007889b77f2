"""Export: new files, all of them or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from mscode.app.environment import sandbox_database
from mscode.app.export import ExportRequest, export_account, write_new
from mscode.app.validate import validate
from mscode.errors import ConfigError, MscodeError
from tests.app.conftest import INVITE, ProjectFolder


def test_a_new_project_is_written_with_the_account_it_came_from(launched: ProjectFolder, tmp_path: Path) -> None:
    out = tmp_path / "exported"
    outcome = export_account(launched.inv, ExportRequest(launched.folder, out, people=True))
    assert INVITE in map(str, outcome.export.objects)
    assert set(outcome.files) >= {"mscode.yaml", ".gitignore"}
    assert sandbox_database(out).is_file()
    assert validate(launched.inv, out).error is None


def test_persons_are_left_out_unless_they_are_wanted(launched: ProjectFolder, tmp_path: Path) -> None:
    outcome = export_account(launched.inv, ExportRequest(launched.folder, tmp_path / "exported"))
    assert "accounts" not in {address.section for address in outcome.export.objects}
    assert {item.section for item in outcome.export.left_out if item.why == "people"} == {"accounts"}


def test_a_file_that_is_there_is_an_error_and_nothing_is_written(launched: ProjectFolder, tmp_path: Path) -> None:
    out, mine = tmp_path / "exported", "apiVersion: mscode/v1\n"
    out.mkdir()
    (out / "groups.yaml").write_text(mine)
    with pytest.raises(ConfigError, match=r"groups.yaml exists already"):
        export_account(launched.inv, ExportRequest(launched.folder, out))
    assert {path.name: path.read_text() for path in out.iterdir()} == {"groups.yaml": mine}


def test_what_matches_nothing_is_an_error_and_nothing_is_written(launched: ProjectFolder, tmp_path: Path) -> None:
    with pytest.raises(MscodeError, match="has such an address"):
        export_account(launched.inv, ExportRequest(launched.folder, tmp_path / "exported", only=("smses.*",)))
    assert not (tmp_path / "exported").exists()


def test_what_was_written_before_a_failure_is_taken_back(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_new(tmp_path, {"a.yaml": "a", "file/b.yaml": "b"})
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
