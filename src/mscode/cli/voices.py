"""`mscode voices`."""

from __future__ import annotations

import json
from pathlib import Path

from mscode.app.environment import open_reader
from mscode.app.invocation import Invocation
from mscode.app.workspace import load_environment
from mscode.cli.frame import command as make_command
from mscode.cli.frame import directory_argument, json_option


@make_command("voices", examples=("mscode voices", "mscode --env production voices --json"))
@directory_argument
@json_option
def command(inv: Invocation, directory: Path, as_json: bool) -> None:
    """List the voice codes that the service has: language and gender of a spoken text (`voiceCode` of a voice file)."""
    from mscode.views.text.printable import visible

    environment = load_environment(inv, directory)
    with open_reader(environment) as reader:
        rows = reader.list(environment.paths["voiceCodes"], what="voice codes")
    voices = [
        {"voiceCode": str(r.get("voiceCode") or ""), "description": str(r.get("description") or "")} for r in rows
    ]
    if as_json:
        inv.out.document(json.dumps(voices, indent=2, ensure_ascii=False))
        return
    width = max((len(visible(voice["voiceCode"])) for voice in voices), default=0)
    for voice in voices:
        inv.out.result(f"{visible(voice['voiceCode']).ljust(width)}  {visible(voice['description'])}".rstrip())
    if not voices:
        inv.out.talk("The service lists no voice codes.")
