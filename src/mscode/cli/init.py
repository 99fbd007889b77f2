"""`mscode init`: a small project that plans cleanly against the sandbox, or one of what is live."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.completing import FileType
from mscode.errors import UsageError


@make_command("init", examples=["mscode init", "mscode init drives/spring", "mscode init --from-account drives/spring"])
@click.argument(
    "directory",
    metavar="[DIR]",
    default=Path(),
    type=FileType(folders_only=True, file_okay=False),
    help="Folder of the new project, created where it is missing; the current one when left out.",
)
@click.option(
    "--from-account",
    is_flag=True,
    help="Write what is live in the account of MSCODE_URL and MSCODE_TOKEN, as `mscode export` does.",
)
@click.option(
    "--people", is_flag=True, help="With --from-account: write accounts, members and other data of persons too."
)
def command(inv: Invocation, directory: Path, from_account: bool, people: bool) -> None:
    """Create a small project that plans cleanly in the sandbox.

    It has a project file, one campaign with everything it needs, a test of it for `mscode test`, a .gitignore, and in
    .mscode-schema/ the schemas by which an editor completes and checks them; commit all of it. Existing files are never
    overwritten. Where MSCODE_URL names a live account, the campaign is written as comments, so that nothing calls anybody.

    With --from-account the project holds what is live, each object with `import:` and its id, so that its first plan shows only
    imports. Without --people, people are left out. The token stays in MSCODE_TOKEN. Nothing live is changed.
    """
    from mscode.app.new_project import create_project, is_live_account

    if people and not from_account:
        raise UsageError("--people goes with --from-account alone")
    argument = "" if directory == Path() else f" {directory}"
    if from_account:
        _write_from_account(inv, directory, people)
        return
    is_live = is_live_account(inv)
    names = create_project(directory, is_live=is_live)
    inv.out.info(f"Wrote {', '.join(names)}.")
    if is_live:
        inv.out.info(
            "MSCODE_URL is set, so commands go to its live account: people and campaign are written as comments, and "
            "nothing calls anybody. Unset it to begin on the sandbox; `mscode init --from-account` writes what is live.",
            "yellow",
        )
    inv.out.info(f"Next: `mscode plan{argument}` shows what would be done, `mscode apply{argument}` does it.")


def _write_from_account(inv: Invocation, directory: Path, people: bool) -> None:
    from mscode.app.export import ExportRequest, export_account
    from mscode.cli.export import summarize

    outcome = export_account(inv, ExportRequest(directory, directory, people=people, is_new_project=True))
    inv.out.info(f"Wrote {', '.join([*outcome.files, '.gitignore'])}.")
    summarize(inv, outcome)
