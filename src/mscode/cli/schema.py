"""`mscode schema`: the JSON Schemas that also lie in schema/."""

from __future__ import annotations

from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.app.schemas import EDITED, NAMES
from mscode.cli.base import command as make_command


@make_command(
    "schema",
    examples=[
        "mscode schema > manifest.schema.json",
        "mscode schema project --draft 07",
        "mscode schema --restore drives/spring",
    ],
)
@click.argument(
    "name",
    metavar="[FORM]",
    type=click.Choice(NAMES),
    default="manifest",
    help=f"{NAMES[0]} (when left out), {', '.join(NAMES[1:-1])} or {NAMES[-1]}.",
)
@click.option(
    "--draft",
    type=click.Choice(["2020-12", "07"]),
    default="2020-12",
    help="Draft of JSON Schema: 07 for editors, of manifest, project, policy, test and fleet.",
)
@click.option(
    "--restore",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Write the schemas that the files of this project name for editors; print none.",
)
def command(inv: Invocation, name: str, draft: str, restore: Path | None) -> None:
    """Print the JSON Schema of manifests, or of another form that mscode reads or writes.

    The same files lie in the folder schema/ of mscode's sources. With --restore, write the schemas that a project's files name for
    editors, for example after a clone that has lost them.
    """
    from mscode.app.schemas import rendered, restore_schemas, schema_of

    if draft == "07" and name not in EDITED:
        raise click.BadParameter(f"{name} has no draft-07 twin", param_hint="--draft")
    if restore is None:
        inv.out.json(rendered(schema_of(name, draft)))
        return
    names = restore_schemas(restore)
    inv.out.info(f"Wrote {', '.join(names)}." if names else "All schemas that the files name are there.")
