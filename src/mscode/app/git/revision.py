"""The commit and the branch that a plan is made of, where they are known: as a CI says, else as the repository's files do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mscode.app.git.repository import Revision, repository_of


def revision_of(folder: Path, variables: Mapping[str, str]) -> Revision:
    """The revision of a project's folder. A CI's variables come first: a pull request's job checks out a merge that nobody made."""
    from mscode.forge.ci_job import revision_of_job

    commit, branch = revision_of_job(variables)
    if commit:
        return Revision(commit, branch)
    repository = repository_of(folder)
    return repository.checked_out() if repository is not None else Revision()
