"""`mscode schema`: the JSON Schemas that also lie in schema/."""

from __future__ import annotations

import json
from typing import Any

import click

from mscode.cli.frame import Invocation
from mscode.cli.frame import command as make_command

NAMES = ("manifest", "project", "plan", "events")
#: Which of them have a draft-07 twin: the ones that editors use.
EDITED = ("manifest", "project")


@make_command("schema", examples=["mscode schema > manifest.schema.json", "mscode schema project --draft 07"])
@click.argument("name", metavar=f"[{'|'.join(NAMES)}]", type=click.Choice(NAMES), default="manifest")
@click.option(
    "--draft", type=click.Choice(["2020-12", "07"]), default="2020-12", help="07 is for editors; manifest and project."
)
def command(invocation: Invocation, name: str, draft: str) -> None:
    """Print the JSON Schema of manifests, project files, plans or events."""
    if draft == "07" and name not in EDITED:
        raise click.BadParameter(f"{name} has no draft-07 twin", param_hint="--draft")
    invocation.out.result(rendered(schema_of(name, draft)))


def schema_of(name: str, draft: str = "2020-12") -> dict[str, Any]:
    """One schema as data."""
    if name == "plan":
        from mscode.views.schemas import plan_schema

        return plan_schema()
    if name == "events":
        from mscode.views.schemas import events_schema

        return events_schema()
    from mscode.manifest.schema import as_draft_07, manifest_schema, project_schema

    made = manifest_schema() if name == "manifest" else project_schema()
    return as_draft_07(made) if draft == "07" else made


def files() -> dict[str, str]:
    """Every file of schema/ that is generated: its name and text."""
    texts = {f"{name}.schema.json": f"{rendered(schema_of(name))}\n" for name in NAMES}
    twins = {f"{name}.draft-07.schema.json": f"{rendered(schema_of(name, '07'))}\n" for name in EDITED}
    return texts | twins


def rendered(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2)
