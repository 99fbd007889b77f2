"""`mscode sandbox clock`."""

from __future__ import annotations

import json
import re
from datetime import datetime, tzinfo
from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.sandbox.control import control, control_options

STEP = re.compile(r"([+-]?)(\d{1,9})([smhdw])\Z")


@make_command(
    "clock",
    examples=["mscode sandbox clock", "mscode sandbox clock 2026-12-01T09:00:00+02:00", "mscode sandbox clock +3h"],
)
@click.argument(
    "time", metavar="[TIME|STEP]", required=False, help="A time like 2026-12-01T09:00:00+02:00, or a step like +3h."
)
@control_options
@json_option
def command(invocation: Invocation, time: str | None, directory: Path | None, url: str | None, as_json: bool) -> None:
    """Show the sandbox's clock, or set it. Whatever is due in between is dialled, and its webhooks are posted if asked for.

    A time without an offset is in the project's time zone (UTC for a served sandbox). A step is a number and s, m, h, d or w,
    like +90m; type -- before a step back: mscode sandbox clock -- -1h.
    """
    from mscode.app.emulator import post_webhooks

    emulator = control(invocation, directory, url)
    if time is None:
        answer = emulator.call("GET", "/clock", "")
    else:
        answer = emulator.call("POST", "/clock", json.dumps(wanted(time, emulator.zone)))
    if as_json:
        invocation.out.json(json.dumps(answer))
    else:
        invocation.out.result(answer["now"])
    post_webhooks(invocation, emulator)


def wanted(text: str, zone: tzinfo) -> dict[str, str]:
    """The body of the control plane's request: a step, or an instant with its offset."""
    if STEP.match(text):
        return {"advance": text}
    return {"time": moment(text, zone).isoformat()}


def moment(text: str, zone: tzinfo) -> datetime:
    """ISO 8601; `zone` where it has no offset."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        hint = "a time is like 2026-12-01T09:00:00+02:00, a step like +3h"
        raise click.BadParameter(f'"{text}" is neither a time nor a step; {hint}', param_hint="TIME") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)
