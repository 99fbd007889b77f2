"""A project in a folder and what the rules find in it: the way in which tests of one rule ask it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

from mscode.manifest.load.loader import load
from mscode.manifest.project.file import load_project
from mscode.plan.change import Check
from mscode.plan.checks.judge import judge_manifests

#: A Monday morning.
NOW = datetime(2026, 11, 30, 6, tzinfo=UTC)
PROJECT = """\
apiVersion: mscode/v1
project: demo
timezone: Europe/Helsinki
environments: {sandbox: {url: "sandbox:"}, production: {url: "https://api.example.com/v1"}}
"""


def findings(
    folder: Path,
    manifest: str,
    *,
    settings: str = "",
    environment: str = "production",
    now: datetime = NOW,
    rule: str = "",
) -> list[Check]:
    """What `validate` would say of a manifest (without its `apiVersion`), by one rule or by all.

    `settings` are further keys of mscode.yaml, like `checks: {text/keys: warn}`.
    """
    (folder / "mscode.yaml").write_text(PROJECT + dedent(settings), encoding="utf-8")
    (folder / "all.yaml").write_text(f"apiVersion: mscode/v1\n{dedent(manifest)}", encoding="utf-8")
    project = load_project(folder)
    world = load(folder, project, environment)
    judgement = judge_manifests(world, now, ZoneInfo("UTC"), environment, frozenset(), is_complete=True)
    return [check for check in judgement.checks if rule in ("", check.name)]


def campaign(text: str, *, voice: str = "en", more: str = "") -> str:
    """A manifest of one campaign that plays one text; `more` are further lines at the top level."""
    spoken = "\n".join(f"      {line}" for line in text.splitlines())
    return (
        "accounts: {anna: {firstName: Anna, phone: '+358401234567'}}\n"
        "groups: {donors: {members: {accounts: [anna]}}}\n"
        f"voiceFiles:\n  question:\n    voiceCode: {voice}\n    text: |-\n{spoken}\n"
        "rsvpCalls:\n  invite:\n    startTime: 2026-12-01 09:00:00\n    endTime: 2026-12-04 17:00:00\n"
        '    activeFrom: "09:00"\n    activeTo: "17:00"\n    activeWeekdays: [monday, tuesday, wednesday, thursday, friday]\n'
        "    voiceFiles: {start: question}\n    actionButtons: {accept: 5, decline: 9}\n"
        f"    receivers: [{{group: donors}}]\n    acceptsWanted: 1\n{more}"
    )
