"""The commit and the branch of a project, by the files of git and by what a CI says."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mscode.app.git.repository import Revision
from mscode.app.git.revision import revision_of

A, B = "ab" * 20, "cd" * 20


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "project").mkdir(parents=True)
    _git(folder, "init", "-q", "-b", "spring/campaign")
    _git(folder, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "One")
    return folder


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_branch_that_is_checked_out(repository: Path) -> None:
    commit = _git(repository, "rev-parse", "HEAD")
    assert revision_of(repository / "project", {}) == Revision(commit, "spring/campaign")
    _git(repository, "pack-refs", "--all")
    assert not (repository / ".git" / "refs" / "heads" / "spring" / "campaign").exists()
    assert revision_of(repository, {}) == Revision(commit, "spring/campaign")
    _git(repository, "checkout", "-q", "--detach")
    assert revision_of(repository, {}) == Revision(commit)


def test_a_worktree(repository: Path, tmp_path: Path) -> None:
    _git(repository, "worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    assert revision_of(tmp_path / "tree", {}) == Revision(_git(repository, "rev-parse", "HEAD"), "other")


def test_no_repository(tmp_path: Path) -> None:
    assert revision_of(tmp_path, {}) == Revision()


@pytest.mark.parametrize(
    "head",
    [
        "",
        "ref: refs/heads/../../../etc/passwd",
        "ref: refs/heads/a\x00b",
        "nothing",
        f"{A[:39]}g",
        "ref: refs/heads/" + "a" * 999,
    ],
)
def test_a_forged_head_names_nothing(tmp_path: Path, head: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_bytes(head.encode() + b"\xff\n" if not head else head.encode())
    assert revision_of(tmp_path, {}) == Revision()


def test_a_branch_without_a_commit_and_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: /nowhere/at/all\n")
    assert revision_of(tmp_path, {}) == Revision()
    (tmp_path / ".git").unlink()
    _git(tmp_path, "init", "-q", "-b", "main")
    assert revision_of(tmp_path, {}) == Revision("", "main")


def test_a_pull_request_is_named_by_its_own_commit(repository: Path, tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 12, "head": {"sha": A}}}))
    variables = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_SHA": B,
        "GITHUB_HEAD_REF": "mine",
        "GITHUB_REF": "refs/pull/12/merge",
    }
    assert revision_of(repository, variables) == Revision(A, "mine")
    pushed = {"GITHUB_ACTIONS": "true", "GITHUB_SHA": B, "GITHUB_REF": "refs/heads/main", "GITHUB_HEAD_REF": ""}
    assert revision_of(repository, pushed) == Revision(B, "main")
    assert revision_of(repository, {**pushed, "GITHUB_REF": "refs/tags/v1"}) == Revision(B)


def test_a_merge_request_is_named_by_its_own_commit(repository: Path) -> None:
    pipeline = {"GITLAB_CI": "true", "CI_COMMIT_SHA": B, "CI_COMMIT_BRANCH": "main"}
    assert revision_of(repository, pipeline) == Revision(B, "main")
    request = {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": A, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "mine"}
    assert revision_of(repository, pipeline | request) == Revision(A, "mine")
