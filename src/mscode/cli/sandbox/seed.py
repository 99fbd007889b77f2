"""`mscode sandbox seed`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import click

from mscode.app.invocation import Invocation
from mscode.cli.frame import command as make_command
from mscode.cli.frame import json_option
from mscode.cli.sandbox.control import control, control_options
from mscode.errors import ConfigError, Diagnostic, Place
from mscode.model.nearest import nearest


@make_command("seed", examples=["mscode sandbox seed people.csv", "mscode sandbox seed people.json"])
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@control_options
@json_option
def command(invocation: Invocation, file: Path, directory: Path | None, url: str | None, as_json: bool) -> None:
    """Load accounts in bulk.

    FILE is CSV with the account's field names in its first line, or JSON: a list of accounts, or
    {"accounts": [...], "groups": [{"name", "description", "accounts"}]}.
    """
    emulator = control(invocation, directory, url)
    made = emulator.call("POST", "/seed", json.dumps(content(file)))
    if as_json:
        invocation.out.document(json.dumps(made))
    else:
        invocation.out.talk(f"Loaded {', '.join(f'{count} {name}' for name, count in made.items())}.")


def content(file: Path) -> Any:
    """What the file holds, as the control plane takes it."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        return {"accounts": rows(text, file.name)} if file.suffix.lower() == ".csv" else json.loads(text)
    except UnicodeDecodeError:
        raise ConfigError(f"{file.name} is not UTF-8") from None
    except json.JSONDecodeError as error:
        place = Place(file.name, error.lineno, error.colno)
        raise ConfigError([Diagnostic(f"{file.name} is no JSON: {error.msg}", place)]) from None
    except OSError as error:
        raise ConfigError(f"{file.name} cannot be read: {error.strerror}") from None


def rows(text: str, name: str) -> list[dict[str, Any]]:
    """The accounts of a CSV; commas or semicolons, whichever its first line uses."""
    from mscode.sandbox.store import TEXT_FIELDS

    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True)
    known = (*TEXT_FIELDS, "yearOfBirth")
    for column in reader.fieldnames or []:
        if column not in known:
            close = nearest(str(column), known)
            hint = f'Did you mean "{close[0]}"?' if close else f"Known: {', '.join(known)}."
            raise ConfigError([Diagnostic(f'"{column}" is no field of an account', Place(name), hint=hint)])
    try:
        return [_account(row, name, reader.line_num) for row in reader]
    except csv.Error as error:
        raise ConfigError([Diagnostic(f"The CSV is broken: {error}", Place(name, reader.line_num))]) from None


def _account(row: dict[str | None, Any], name: str, line: int) -> dict[str, Any]:
    if None in row or None in row.values():
        raise ConfigError([Diagnostic("The line has another number of columns than the first", Place(name, line))])
    account: dict[str, Any] = {field: value for field, value in row.items() if field and value != ""}
    year = account.get("yearOfBirth")
    if year is not None:
        if not (year.isascii() and year.isdigit()):
            raise ConfigError([Diagnostic("yearOfBirth must be a whole number", Place(name, line))])
        account["yearOfBirth"] = int(year)
    return account
