"""`mscode history verify`."""

from __future__ import annotations

import json
from pathlib import Path

from mscode.app.invocation import Invocation
from mscode.cli.base import command as make_command
from mscode.cli.base import json_option
from mscode.cli.history.options import folder_options, project_of


@make_command("verify", examples=("mscode history verify", "mscode --env production history verify --json"))
@folder_options
@json_option
def command(inv: Invocation, named: Path | None, folder: Path | None, as_json: bool) -> int:
    """Check that no record was changed, put in or taken out, and that every launched campaign of the state has its record.

    Ends with 1 where they do not hold, and says where. Sends nothing to the service.
    """
    from mscode.app.history.questions import verify_records
    from mscode.views.history.history_text import verification_lines

    answer = verify_records(inv, project_of(inv, named, folder))
    if as_json:
        inv.out.json(json.dumps(answer.data, indent=2))
    else:
        inv.out.write_lines(verification_lines(answer.data))
    return 0 if answer.data["valid"] else 1
