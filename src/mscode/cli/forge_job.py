"""What the variables of a CI say of the pull request that a job belongs to.

GitHub: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_REF, GITHUB_EVENT_PATH, GITHUB_SHA, GITHUB_TOKEN.
GitLab: CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID, CI_COMMIT_SHA, CI_JOB_URL, GITLAB_TOKEN.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mscode.errors import ConfigError
from mscode.views.comment import Job

Name = Literal["github", "gitlab"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to comment. `number` is that of the pull request, 0 where only the commit can tell."""

    forge: Name
    url: str
    repo: str
    token: str = field(repr=False)
    number: int
    sha: str
    job: Job


def settings_of(forge: Name, number: int | None, variables: Mapping[str, str] | None = None) -> Settings:
    """What the variables say; ConfigError that names what is missing. `number` overrides them."""
    known = os.environ if variables is None else variables
    return _github(known, number) if forge == "github" else _gitlab(known, number)


def _github(known: Mapping[str, str], number: int | None) -> Settings:
    need = _needed(known, "github")
    event = _event(known.get("GITHUB_EVENT_PATH", ""))
    pull = event.get("pull_request")
    head = pull.get("head") if isinstance(pull, dict) else None
    commit = str(head.get("sha", "")) if isinstance(head, dict) else known.get("GITHUB_SHA", "")
    return Settings(
        "github",
        known.get("GITHUB_API_URL", "") or "https://api.github.com",
        need("GITHUB_REPOSITORY"),
        need("GITHUB_TOKEN"),
        number or _number_in(pull) or _number_of_ref(known.get("GITHUB_REF", "")),
        known.get("GITHUB_SHA", ""),
        Job(commit, _github_job(known)),
    )


def _gitlab(known: Mapping[str, str], number: int | None) -> Settings:
    need = _needed(known, "gitlab")
    iid = known.get("CI_MERGE_REQUEST_IID", "")
    sha = known.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "") or known.get("CI_COMMIT_SHA", "")
    return Settings(
        "gitlab",
        need("CI_API_V4_URL"),
        need("CI_PROJECT_ID"),
        need("GITLAB_TOKEN"),
        number or (int(iid) if iid.isdecimal() else 0),
        known.get("CI_COMMIT_SHA", ""),
        Job(sha, known.get("CI_JOB_URL", "")),
    )


def _needed(known: Mapping[str, str], forge: str) -> Callable[[str], str]:
    def value(name: str) -> str:
        if not known.get(name, "").strip():
            raise ConfigError(f"The variable {name} is not set", hint=_HINTS[name], code=forge)
        return known[name].strip()

    return value


_HINTS = {
    "GITHUB_REPOSITORY": "It is owner/name, and GitHub Actions sets it.",
    "GITHUB_TOKEN": "Give the step `env: {GITHUB_TOKEN: ${{ github.token }}}`, with `permissions: pull-requests: write`.",
    "CI_API_V4_URL": "GitLab sets it in every job.",
    "CI_PROJECT_ID": "GitLab sets it in every job.",
    "GITLAB_TOKEN": "A project access token with the scope `api`: the token of a job (CI_JOB_TOKEN) may not comment.",
}


def _event(path: str) -> dict[str, Any]:
    try:
        data = json.loads(Path(path).read_bytes()) if path else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _number_in(pull: Any) -> int:
    number = pull.get("number") if isinstance(pull, dict) else None
    return number if isinstance(number, int) else 0


def _number_of_ref(ref: str) -> int:
    found = re.fullmatch(r"refs/pull/(\d{1,9})/(?:merge|head)", ref)
    return int(found[1]) if found else 0


def _github_job(known: Mapping[str, str]) -> str:
    server, repo, run = (known.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    return f"{server}/{repo}/actions/runs/{run}" if server and run else ""
