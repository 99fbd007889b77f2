"""`mscode history person`."""

from __future__ import annotations

import json
from pathlib import Path

from mscode.app.invocation import Invocation
from mscode.cli.asking import read_person
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.history.options import page_of, person_options, project_without_person


@make_command("person", examples=("mscode history person", "mscode history person --json < number.txt"))
@person_options
@json_option
def command(inv: Invocation, words: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """Say which launches were let reach a person, when, with which words, of which commit, approved by whom, and what came of it.

    The number or e-mail address is typed at the prompt, or is the first line of a pipe; it is no argument, which would stay in
    the shell's history. Sends nothing to the service.
    """
    from mscode.app.history.questions import read_person as launches_of_person
    from mscode.views.history.history_text import person_lines

    directory = project_without_person(inv, words, folder)
    answer = launches_of_person(inv, directory, lambda: read_person(inv))
    if as_json:
        inv.out.json(json.dumps(answer.data, indent=2))
    else:
        inv.out.write_lines(person_lines(answer.data, page_of(answer)))
