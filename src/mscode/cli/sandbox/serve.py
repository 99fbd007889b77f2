"""`mscode sandbox serve`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.sandbox.clock import STEP, moment
from mscode.errors import ConfigError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@make_command(
    "serve",
    examples=[
        "mscode sandbox serve",
        "mscode sandbox serve --port 0 --db demo.db --latency 50 --clock 2026-12-01T07:00:00Z",
        "mscode sandbox serve --profile other-reading.yaml",
    ],
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--db", default=":memory:", help="File that keeps everything; left out, nothing is kept.")
@click.option("--latency", default=0, type=click.IntRange(0), metavar="MS", help="Delay of each API request.")
@click.option("--faults", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="JSON file of faults.")
@click.option(
    "--profile",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="YAML file of switches: another reading of the API's page.",
)
@click.option("--seed", default=1, help="Draws the answers of the people rung.")
@click.option("--clock", metavar="TIME", help="Set its clock: ISO 8601 (UTC without an offset), or a step like +3h.")
def command(
    invocation: Invocation,
    host: str,
    port: int,
    db: str,
    latency: int,
    faults: Path | None,
    profile: Path | None,
    seed: int,
    clock: str | None,
) -> None:
    """Serve the emulator over HTTP.

    Its URL and token go to stdout once it accepts connections. Ctrl-C ends it. It rings nobody.
    """
    from mscode.app.emulator_profile import read_profile
    from mscode.sandbox.profile import Profile
    from mscode.sandbox.serve import serve

    def announce(url: str, token: str) -> None:
        invocation.out.result(f"URL:   {url}\nToken: {token}")
        invocation.out.info(f"export MSCODE_URL={url} MSCODE_TOKEN={token}")

    start = None if clock is None else starting(clock, datetime.now(UTC))
    switches = Profile() if profile is None else read_profile(profile)
    try:
        serve(host, port, db, latency, start, seed, faults, announce, switches)
    except OSError as error:
        detail = error.strerror or str(error)
        hint = "Choose another with --port (0: any free one)."
        raise ConfigError(f"The emulator cannot listen on {host} port {port}", detail=detail, hint=hint) from None


def starting(text: str, now: datetime) -> datetime:
    """The instant the clock starts at: a step is counted from the machine's `now`."""
    if step := STEP.match(text):
        sign = -1 if step[1] == "-" else 1
        return now + sign * timedelta(**{_UNITS[step[3]]: int(step[2])})
    return moment(text, UTC)
