"""Logging in, and the service's voices."""

from __future__ import annotations

import pytest

from mscode.app.login import log_in
from mscode.app.voices import list_voices
from mscode.errors import MscodeError
from tests.app.conftest import ProjectFolder


def test_a_token_is_not_kept_where_none_is_needed_and_nobody_is_asked(workspace: ProjectFolder) -> None:
    def ask() -> tuple[str, str]:
        raise AssertionError

    with pytest.raises(MscodeError, match="needs no token"):
        log_in(workspace.inv, workspace.folder, ask, keeps=True)


def test_voices_are_listed(workspace: ProjectFolder) -> None:
    assert "en" in {voice.code for voice in list_voices(workspace.inv, workspace.folder)}
