"""Whether a work tree is as its commit, by the files of git alone; git itself makes the repositories, and is what this is compared
with."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from mscode.app.git import work_tree
from mscode.app.git.objects import Objects
from mscode.app.git.work_tree import WorkTree, work_tree_of

INPUTS = ("campaigns/invite.yaml", "mscode.yaml")


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")
    done = subprocess.run(
        ["git", "--no-optional-locks", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def make(folder: Path, *options: str) -> Path:
    git(folder, "init", "-q", "-b", "main", *options)
    files = {
        "project/mscode.yaml": "project: drive\n",
        "project/campaigns/invite.yaml": "apiVersion: mscode/v1\n",
        "project/campaigns.txt": "sorts before the folder\n",
        "run.sh": "#!/bin/sh\n",
        ".gitignore": "*.log\n/project/private/\n!kept.log\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("run.sh")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "One")
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make(tmp_path)


def tree(repository: Path, *more: str) -> WorkTree:
    return work_tree_of(repository / "project", (*INPUTS, *more))


def test_as_it_was_checked_out(repository: Path) -> None:
    assert tree(repository) == WorkTree(git(repository, "rev-parse", "HEAD"), True)


def test_a_repository_of_sha256(tmp_path: Path) -> None:
    make(tmp_path, "--object-format=sha256")
    assert tree(tmp_path) == WorkTree(git(tmp_path, "rev-parse", "HEAD"), True)
    git(tmp_path, "gc", "-q")
    assert tree(tmp_path).clean is True


@pytest.mark.parametrize("version", ["2", "4"])
def test_packed_with_deltas_and_an_index_of_another_version(repository: Path, version: str) -> None:
    manifest = repository / "project" / "campaigns" / "invite.yaml"
    for number in range(12):
        (repository / "project" / f"more-{number}.txt").write_text("a line of text that is long enough\n" * number)
        manifest.write_text(f"apiVersion: mscode/v1\n# {number}\n")
        git(repository, "add", "-A")
        git(repository, "commit", "-q", "-m", f"The campaign of March, version {number}")
    git(repository, "repack", "-q", "-a", "-d", "-f", "--depth=50")
    git(repository, "update-index", "--index-version", version)
    assert tree(repository).clean is True
    named = git(repository, "cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(deltabase)").splitlines()
    deltas = [line.split()[0] for line in named if not line.endswith("0" * 40)]
    assert deltas, "no object is a delta: the test shows nothing"
    objects = Objects(repository / ".git", 20)
    for name in deltas:
        kind, content = objects.read(bytes.fromhex(name))
        assert hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest() == name
    manifest.write_text("apiVersion: mscode/v1\n# edited\n")
    assert tree(repository) == WorkTree(git(repository, "rev-parse", "HEAD"), False, ("campaigns/invite.yaml",))


def test_a_shared_clone_and_a_work_tree_of_its_own(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("clones")
    git(folder, "clone", "-q", "--shared", str(repository), "shared")
    git(repository, "worktree", "add", "-q", "-b", "other", str(folder / "tree"))
    for name in ("shared", "tree"):
        assert tree(folder / name).clean is True
        (folder / name / "run.sh").write_text("#!/bin/bash\n")
        assert tree(folder / name).clean is False
    assert tree(repository).clean is True


def _edit_late(repository: Path) -> None:
    """An edit of the same length in the second in which the index was written."""
    path = repository / "run.sh"
    before = path.stat()
    path.write_text("#!/bin/dh\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.utime(repository / ".git" / "index", ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES = {
    "edited": lambda r: (r / "run.sh").write_text("#!/bin/bash\n"),
    "edited at once": _edit_late,
    "removed": lambda r: (r / "run.sh").unlink(),
    "no program any more": lambda r: (r / "run.sh").chmod(0o644),
    "a link to elsewhere": lambda r: ((r / "link").unlink(), (r / "link").symlink_to("project")),
    "a link that became a file": lambda r: ((r / "link").unlink(), (r / "link").write_text("run.sh")),
    "added": lambda r: ((r / "new").write_text("1"), git(r, "add", "new")),
    "to be added": lambda r: ((r / "new").write_text("1"), git(r, "add", "-N", "new")),
    "staged": lambda r: ((r / "run.sh").write_text("1"), git(r, "add", "run.sh")),
    "taken out": lambda r: git(r, "rm", "-q", "--cached", "run.sh"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_git_calls_changed(repository: Path, change: str) -> None:
    CHANGES[change](repository)
    assert git(repository, "status", "--porcelain", "--untracked-files=no") != ""
    assert tree(repository) == WorkTree(git(repository, "rev-parse", "HEAD"), False)


@pytest.mark.parametrize(
    ("name", "clean"), [("new.yaml", False), ("new.log", True), ("kept.log", False), ("private/people.csv", True)]
)
def test_a_file_of_the_plan_that_is_not_in_the_commit(repository: Path, name: str, clean: bool) -> None:
    path = repository / "project" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("1\n")
    assert tree(repository) == WorkTree(git(repository, "rev-parse", "HEAD"), True)
    assert tree(repository, name) == WorkTree(git(repository, "rev-parse", "HEAD"), clean, (name,))
    assert (git(repository, "status", "--porcelain") == "") == clean


def test_a_touched_file_is_as_it_was(repository: Path) -> None:
    for path in (repository / "run.sh", repository / "project" / "mscode.yaml"):
        os.utime(path, (time.time() + 60, time.time() + 60))
    assert tree(repository).clean is True


def test_line_ends_of_another_system_are_no_change(repository: Path) -> None:
    path = repository / "project" / "mscode.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert tree(repository) == WorkTree(git(repository, "rev-parse", "HEAD"), True)


def test_a_recording_in_large_file_storage(repository: Path) -> None:
    recording, path = b"RIFF" + bytes(4096), repository / "project" / "jingle.wav"
    (repository / ".gitattributes").write_text("*.wav filter=lfs diff=lfs merge=lfs -text\n")
    name = hashlib.sha256(recording).hexdigest()
    path.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {len(recording)}\n")
    git(repository, "-c", "filter.lfs.clean=cat", "-c", "filter.lfs.process=", "add", "-A")
    git(repository, "commit", "-q", "-m", "A recording")
    path.write_bytes(recording)
    assert tree(repository, "jingle.wav") == WorkTree(git(repository, "rev-parse", "HEAD"), True)
    path.write_bytes(recording + b"!")
    assert tree(repository, "jingle.wav").uncommitted == ("jingle.wav",)
    assert tree(repository, "jingle.wav").clean is False


def test_where_git_looks_at_no_mode_neither_does_this(repository: Path) -> None:
    git(repository, "config", "core.fileMode", "false")
    (repository / "run.sh").chmod(0o644)
    assert git(repository, "status", "--porcelain") == ""
    assert tree(repository).clean is True


def test_a_large_file_is_compared_piece_by_piece(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_tree, "_LARGE", 4)
    (repository / "project" / "mscode.yaml").touch()
    assert tree(repository) == WorkTree(git(repository, "rev-parse", "HEAD"), True)
    test_a_recording_in_large_file_storage(repository)


def test_what_a_filter_made_is_unknown_and_not_changed(repository: Path) -> None:
    (repository / ".gitattributes").write_text("# filter=lfs\n*.sh filter=secret\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "Attributes")
    assert tree(repository).clean is True
    (repository / "run.sh").write_text("unlocked\n")
    assert tree(repository).clean is None


def test_a_submodule(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = make(tmp_path_factory.mktemp("other"))
    git(repository, "submodule", "add", "-q", str(other), "shared")
    git(repository, "commit", "-q", "-m", "Shared")
    assert tree(repository).clean is True
    git(repository / "shared", "commit", "-q", "--allow-empty", "-m", "Two")
    assert tree(repository).clean is False


def test_a_sparse_checkout(repository: Path) -> None:
    git(repository, "sparse-checkout", "set", "project")
    assert not (repository / "link").exists() or git(repository, "ls-files", "-t", "link") == "H link"
    assert tree(repository).clean is True
    git(repository, "sparse-checkout", "set", "--cone", "--sparse-index", "project")
    assert tree(repository).clean is True


@pytest.mark.parametrize(
    "damage",
    [
        lambda git_folder: (git_folder / "index").write_bytes(b"DIRC" + bytes(20)),
        lambda git_folder: (git_folder / "index").unlink(),
        lambda git_folder: [path.unlink() for path in (git_folder / "objects").rglob("*") if path.is_file()],
        lambda git_folder: [path.write_bytes(b"x") for path in _writable(git_folder / "objects")],
    ],
)
def test_what_cannot_be_read_is_unknown(repository: Path, damage: object) -> None:
    head = git(repository, "rev-parse", "HEAD")
    damage(repository / ".git")  # type: ignore[operator]
    assert tree(repository) == WorkTree(head)


def _writable(folder: Path) -> list[Path]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    for path in paths:
        path.chmod(0o644)
    return paths


def test_an_index_in_two_files_is_unknown(repository: Path) -> None:
    git(repository, "update-index", "--split-index")
    assert tree(repository).clean is None


def test_more_than_a_launch_waits_for_is_unknown(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_tree, "_MOST_READ", 20)
    assert tree(repository).clean is None


def test_no_damage_of_an_index_or_a_pack_ends_a_launch(repository: Path) -> None:
    git(repository, "repack", "-q", "-a", "-d")
    chance = random.Random(7)
    packs = _writable(repository / ".git" / "objects" / "pack")
    originals = {path: path.read_bytes() for path in (repository / ".git" / "index", *packs)}
    for _ in range(300):
        path = chance.choice(sorted(originals))
        damaged = bytearray(originals[path])
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged[: chance.randrange(len(damaged))] if chance.random() < 0.3 else damaged)
        assert tree(repository).clean in (True, False, None)
        path.write_bytes(originals[path])


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    assert work_tree_of(tmp_path, ()) == WorkTree()
