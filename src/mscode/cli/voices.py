"""`mscode voices`."""

from __future__ import annotations

import json
from pathlib import Path

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import directory_argument, json_option


@make_command("voices", examples=("mscode voices", "mscode --env production voices --json"))
@directory_argument
@json_option
def command(inv: Invocation, directory: Path, as_json: bool) -> None:
    """List the voices that can speak a text, each with its language: values of `voiceCode` of a voice file."""
    from mscode.app.voices import list_voices
    from mscode.views.text.printable import escape_unprintable

    voices = list_voices(inv, directory)
    if as_json:
        rows = [{"voiceCode": voice.code, "description": voice.description} for voice in voices]
        inv.out.json(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max((len(escape_unprintable(voice.code)) for voice in voices), default=0)
    for voice in voices:
        inv.out.result(
            f"{escape_unprintable(voice.code).ljust(width)}  {escape_unprintable(voice.description)}".rstrip()
        )
    if not voices:
        inv.out.info("The service lists no voice codes.")
