"""`mscode apply`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mscode.app.apply import run_apply
from mscode.app.approval import ApplyOptions
from mscode.app.invocation import Invocation
from mscode.app.refresh import apply_refresh
from mscode.app.reporting import reporter_of
from mscode.app.saved_plan import apply_saved
from mscode.app.workspace import load_work
from mscode.cli.base import command as make_command
from mscode.cli.base import json_events_option, project_or_plan_argument
from mscode.cli.options import apply_options, options_of, planning_options, refuse_others
from mscode.errors import UsageError


@make_command(
    "apply",
    examples=(
        "mscode apply",
        "mscode apply --auto-approve --allow-launch",
        "mscode apply --auto-approve --no-launch",
        "mscode apply --refresh-only",
        "mscode apply plan.json --allow-launch",
    ),
    asks_for_parent=True,
)
@project_or_plan_argument
@json_events_option
@apply_options
@click.option(
    "--refresh-only", is_flag=True, help="Only update the state from the live account; nothing live is changed."
)
@planning_options
def command(
    inv: Invocation,
    directory: Path,
    as_json: bool,
    auto_approve: bool,
    allow_launch: bool,
    no_launch: bool,
    allow_deletes: int | None,
    parallelism: int,
    fail_fast: bool,
    refresh_only: bool,
    **planning: Any,
) -> int:
    """Create, change and delete live objects as the manifests say.

    Shows the plan and asks for approval first. Launching a campaign needs an approval of its own, since people are called then.

    A saved plan is applied exactly as it was saved or not at all: where anything has changed since, it is refused with exit
    code 3. It asks for no approval but that of its launches.
    """
    if allow_launch and no_launch:
        raise UsageError("--allow-launch and --no-launch exclude each other")
    reporter = reporter_of(inv, as_json=as_json)
    if directory.is_file():
        if refresh_only:
            raise UsageError("--refresh-only takes a folder, and no saved plan")
        if any(planning.values()):
            raise UsageError("The options of planning belong to the saved plan", hint="Give them to `mscode plan`.")
        answers = ApplyOptions(True, allow_launch, no_launch, parallelism, fail_fast)
        return apply_saved(inv, directory, answers, reporter, allow_deletes).exit_code
    options = options_of(**planning, allow_deletes=allow_deletes)
    if refresh_only:
        refuse_others(options, allow_launch=allow_launch)
        return apply_refresh(inv, directory, reporter, auto_approve=auto_approve).exit_code
    answers = ApplyOptions(auto_approve, allow_launch, no_launch, parallelism, fail_fast)
    return run_apply(lambda: load_work(inv, directory, options), inv, answers, reporter).exit_code
