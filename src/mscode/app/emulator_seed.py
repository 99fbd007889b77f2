"""Accounts for the emulator in bulk, from CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from mscode.errors import ConfigError, Diagnostic, Place
from mscode.model.nearest import nearest


def read_seed(file: Path) -> Any:
    """What the file holds, as the control plane takes it; ConfigError with the place of what is wrong."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        return {"accounts": _rows(text, file.name)} if file.suffix.lower() == ".csv" else json.loads(text)
    except UnicodeDecodeError:
        raise ConfigError(f"{file.name} is not UTF-8") from None
    except json.JSONDecodeError as error:
        place = Place(file.name, error.lineno, error.colno)
        raise ConfigError([Diagnostic(f"{file.name} is no JSON: {error.msg}", place)]) from None
    except OSError as error:
        raise ConfigError(f"{file.name} cannot be read: {error.strerror}") from None


def _rows(text: str, name: str) -> list[dict[str, Any]]:
    """The accounts of a CSV; commas or semicolons, whichever its first line uses."""
    from mscode.sandbox.store import TEXT_FIELDS

    head = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True)
    columns = (*TEXT_FIELDS, "yearOfBirth")
    for column in reader.fieldnames or []:
        if column not in columns:
            similar = nearest(str(column), columns)
            hint = f'Did you mean "{similar[0]}"?' if similar else f"Known: {', '.join(columns)}."
            raise ConfigError([Diagnostic(f'"{column}" is no field of an account', Place(name), hint=hint)])
    try:
        return [_account(row, name, reader.line_num) for row in reader]
    except csv.Error as error:
        raise ConfigError([Diagnostic(f"The CSV is broken: {error}", Place(name, reader.line_num))]) from None


def _account(row: dict[str | None, Any], name: str, line: int) -> dict[str, Any]:
    """A row as an account, without empty fields; ConfigError with the place in the file."""
    if None in row or None in row.values():
        raise ConfigError([Diagnostic("The line has another number of columns than the first", Place(name, line))])
    account: dict[str, Any] = {field: value for field, value in row.items() if field and value != ""}
    year = account.get("yearOfBirth")
    if year is not None:
        if not (year.isascii() and year.isdigit()):
            raise ConfigError([Diagnostic("yearOfBirth must be a whole number", Place(name, line))])
        account["yearOfBirth"] = int(year)
    return account
