"""`mscode history forget`."""

from __future__ import annotations

import json
from pathlib import Path

from mscode.app.invocation import Invocation
from mscode.cli.asking import read_person
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.history.options import person_options, project_without_person
from mscode.cli.options import lock_option


@make_command("forget", examples=("mscode history forget", "mscode history forget < number.txt"))
@person_options
@lock_option
@json_option
def command(inv: Invocation, words: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """Erase a person's entries from the records, for good, and say in how many launches there were any.

    The number or e-mail address is typed at the prompt, or is the first line of a pipe. The chain still verifies afterwards.
    Copies that were made of the records before, and earlier versions that a bucket or GitLab keeps, are not reached. It keeps
    nobody from being called again: that is what the guard doNotCall is for. Sends nothing to the service.
    """
    from mscode.app.history.questions import forget_person
    from mscode.model.plurals import count

    answer = forget_person(inv, project_without_person(inv, words, folder), lambda: read_person(inv))
    if as_json:
        inv.out.json(json.dumps(answer.data, indent=2))
    elif answer.data["launches"] or answer.data["results"]:
        launches, results = count(answer.data["launches"], "launch"), count(answer.data["results"], "result")
        inv.out.result(f"Erased the person from {launches} and {results}.")
    else:
        inv.out.result("No launch in the records was let reach this person: nothing was erased.")
    if answer.data["remains"]:
        inv.out.info(answer.data["remains"], "yellow")
