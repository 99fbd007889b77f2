"""`mscode sandbox serve`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.completing import FileType
from mscode.cli.sandbox.clock import STEP, moment
from mscode.cli.values import Share, Whole, ZoneName
from mscode.errors import ConfigError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@make_command(
    "serve",
    examples=[
        "mscode sandbox serve",
        "mscode sandbox serve --port 0 --env-file sandbox.env",
        "mscode sandbox serve --port 0 --db demo.db --clock 2026-12-01T07:00:00Z",
        "mscode sandbox serve --profile other-reading.yaml",
        "mscode sandbox serve --webhooks",
    ],
)
@click.option("--host", metavar="HOST", default="127.0.0.1", help="Listen on this address (127.0.0.1).")
@click.option(
    "--port",
    metavar="PORT",
    default=8080,
    type=Whole(0, 65535),
    help="Listen on this port (8080); 0 takes any free one.",
)
@click.option(
    "--env-file",
    metavar="FILE",
    type=FileType(dir_okay=False),
    help="Write `export MSCODE_URL=…` and `export MSCODE_TOKEN=…` to this file once connections are accepted, for `. FILE`.",
)
@click.option(
    "--db", metavar="FILE", default=":memory:", help="Keep the account in this file; left out, it is kept nowhere."
)
@click.option("--latency", default=0, type=Whole(0), metavar="MS", help="Delay each request by so many milliseconds.")
@click.option(
    "--faults", metavar="FILE", type=FileType(exists=True, dir_okay=False), help="Fail requests as this JSON file says."
)
@click.option(
    "--profile",
    metavar="FILE",
    type=FileType(exists=True, dir_okay=False),
    help="Read the API's page in another way, as this YAML file of switches says.",
)
@click.option(
    "--window-zone",
    metavar="ZONE",
    default="UTC",
    type=ZoneName(),
    help="Read activeFrom and activeTo in this time zone (UTC), as windowZone of the environment says.",
)
@click.option("--answer", metavar="SHARE", default="60%", type=Share(), help="Share of calls that are answered (60%).")
@click.option(
    "--accept", metavar="SHARE", default="50%", type=Share(), help="Share of answered calls that are accepted (50%)."
)
@click.option("--seed", metavar="N", type=int, default=1, help="Draw other replies of the people who are called (1).")
@click.option(
    "--clock", metavar="TIME", help="Start the clock at this time (UTC without an offset), or at a step like +3h."
)
@click.option(
    "--webhooks",
    is_flag=True,
    help="Post webhooks whose URL is on this machine (a loopback address), and dial by the clock; left out, they are only noted.",
)
def command(
    invocation: Invocation,
    host: str,
    port: int,
    env_file: Path | None,
    db: str,
    latency: int,
    faults: Path | None,
    profile: Path | None,
    window_zone: tzinfo,
    clock: str | None,
    webhooks: bool,
    **answers: Any,
) -> None:
    """Serve the sandbox, an emulator of the API, over HTTP until Ctrl-C. It rings nobody.

    Its URL and token are printed once it accepts connections. A tenth of the people who answer press nothing.
    """
    from mscode.app.emulator import remove_env_file, write_env_file
    from mscode.app.service_settings import read_profile
    from mscode.sandbox.answers import Answers
    from mscode.sandbox.profile import Profile
    from mscode.sandbox.serve import serve

    def announce(url: str, token: str) -> None:
        invocation.out.result(f"URL:   {url}\nToken: {token}")
        invocation.out.info(f"export MSCODE_URL={url} MSCODE_TOKEN={token}")
        if env_file is not None:
            write_env_file(env_file, url, token)

    if env_file is not None:
        remove_env_file(env_file)
    start = None if clock is None else starting(clock, datetime.now(UTC))
    switches = Profile() if profile is None else read_profile(profile)
    try:
        serve(
            host,
            port,
            db,
            latency,
            start,
            Answers(**answers),
            faults,
            announce,
            switches,
            window_zone,
            webhooks,
            invocation.out.info,
        )
    except OSError as error:
        detail = error.strerror or str(error)
        hint = "Choose another with --port (0: any free one)."
        raise ConfigError(f"The sandbox cannot listen on {host} port {port}", detail=detail, hint=hint) from None


def starting(text: str, now: datetime) -> datetime:
    """The instant the clock starts at: a step is counted from the machine's `now`."""
    if step := STEP.match(text):
        sign = -1 if step[1] == "-" else 1
        return now + sign * timedelta(**{_UNITS[step[3]]: int(step[2])})
    return moment(text, UTC)
