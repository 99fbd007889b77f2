"""`accountLists`: CSV files and workbooks whose rows are accounts, for thousands of them. Nothing of a list is live but they.

Rows are matched with live accounts by phone or e-mail at each plan. A list creates accounts and updates the fields of its
columns; an empty cell empties its field. It never deletes an account: a row that is taken out leaves the list's groups.
"""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, model_validator
from pydantic import Field as ModelField

from mscode.errors import Diagnostic, Place
from mscode.kinds.accounts import OF_MANY
from mscode.kinds.fields.e164 import e164, is_valid, number_cell_e164
from mscode.kinds.fields.spec import Spec
from mscode.kinds.fields.types import Text, described, email_address, whole_number
from mscode.kinds.filters import selector
from mscode.model.address import Address
from mscode.model.kind import AccountListLifecycle, Kind, Post
from mscode.model.world import Desired, Rows, match_key

#: Codecs of Python that are no encoding of a file, or depend on the machine.
_NO_ENCODINGS = frozenset({"idna", "punycode", "undefined", "mbcs", "oem", "unicode-escape", "raw-unicode-escape"})


def _delimiter(value: str) -> str:
    if len(value) != 1 or value.isalnum() or value in '"\r\n ':
        raise ValueError('must be one character, like ";" or "\\t"')
    return value


def _encoding(value: str) -> str:
    try:
        codec = codecs.lookup(value)
    except (LookupError, ValueError):
        raise ValueError(
            f'"{value[:40]}" is no known encoding; usual ones are utf-8, utf-16, cp1252, latin-1'
        ) from None
    if not codec._is_text_encoding or codec.name.replace("_", "-") in _NO_ENCODINGS:
        raise ValueError(f'"{value[:40]}" is no encoding of text; usual ones are utf-8, utf-16, cp1252, latin-1')
    return codec.name


class ColumnsSpec(Spec):
    """Which column of the file holds which field of the account: the header of each."""

    phone: Text | None = described("Header of the column with phone numbers.")
    email: Text | None = described("Header of the column with e-mail addresses.")
    firstName: Text | None = described("Header of the column with first names.")
    lastName: Text | None = described("Header of the column with last names.")
    nickName: Text | None = described("Header of the column with nicknames.")
    address: Text | None = described("Header of the column with street addresses.")
    zip: Text | None = described("Header of the column with postal codes.")
    city: Text | None = described("Header of the column with cities.")
    companyName: Text | None = described("Header of the column with companies.")
    website: Text | None = described("Header of the column with websites.")
    note: Text | None = described("Header of the column with free text.")
    area: Text | None = described("Header of the column with areas.")
    gender: Text | None = described("Header of the column with genders.")
    yearOfBirth: Text | None = described("Header of the column with years of birth.")

    @model_validator(mode="after")
    def _headers_differ(self) -> ColumnsSpec:
        headers = list(self.fields().values())
        if len(set(headers)) != len(headers):
            raise ValueError("two fields are in the same column")
        return self


class AccountListSpec(Spec):
    """A CSV file, or an Excel workbook of one sheet, whose rows are accounts."""

    file: Text = ModelField(
        description="The CSV file or the workbook (`.xlsx`), relative to this manifest. Its first line names the columns."
    )
    key: Literal["phone", "email"] = ModelField(
        default="phone", description="The field by which a row finds its account. Each row must have it."
    )
    columns: ColumnsSpec | None = described(
        "The header of each field's column. Left out: the columns whose headers are names of account fields."
    )
    delimiter: Annotated[Text, AfterValidator(_delimiter)] | None = described(
        "What stands between two cells; one character. Left out: the one of `,` `;` tab `|` that header line and rows agree on."
    )
    encoding: Annotated[Text, AfterValidator(_encoding)] | None = described(
        "How the file is encoded. Left out: as its byte order mark says, else UTF-8."
    )
    onError: Literal["fail", "skip"] = ModelField(
        default="fail",
        description="What becomes of a list with rows that cannot be read: it is an error, or with `skip` they are left out, "
        "each with a warning.",
    )

    @model_validator(mode="after")
    def _has_its_key(self) -> AccountListSpec:
        if self.columns is not None and self.key not in self.columns.fields():
            raise ValueError(f"columns must name the column of {self.key}, which is the list's key")
        return self

    def fields(self) -> dict[str, Any]:
        """Nothing that could be compared: what a list wants stands in its rows."""
        return {}


def parser(name: str, region: str) -> Callable[[str], Any] | None:
    """How a cell of a field is read: an empty year is None, any other empty cell is ""."""
    if name == "yearOfBirth":
        return _year
    if name == "phone":
        return lambda text: e164(text, region) if text else ""
    if name == "email":
        return lambda text: email_address(text) if text else ""
    return sys.intern if name in OF_MANY else None


# Many people have the year of one, and share its number.
@lru_cache(maxsize=1024)
def _year(text: str) -> int | None:
    return whole_number(text) if text else None


def number_parser(name: str, region: str) -> Callable[[str], Any] | None:
    """How a cell of a workbook is read that holds a whole number: a phone has lost its plus sign or its first zero."""
    return (lambda digits: number_cell_e164(digits, region)) if name == "phone" else parser(name, region)


def doubtful(name: str) -> Callable[[Any], str] | None:
    """Which values are allowed and yet probably not meant: phones that are possible and in no known range."""
    if name != "phone":
        return None
    return lambda phone: "" if not phone or is_valid(phone) else "possible, but in no range that is known to be in use"


def check(item: Desired, world: Mapping[Address, Desired], window_zone: tzinfo) -> Iterator[Diagnostic]:
    """A list has nothing to import or to delete, and an account has one owner: a list or `accounts:`."""
    if item.import_id:
        yield _refusal(item, "import", "a list has no live object of its own, so there is nothing to import")
    if item.lifecycle.on_removal:
        yield _refusal(item, "lifecycle", "a list never deletes accounts, so onRemoval says nothing")
    if item.rows is not None:
        yield from _owned_twice(item, item.rows, world)


def _refusal(item: Desired, name: str, problem: str) -> Diagnostic:
    return Diagnostic(
        f"{item.address}: {problem}", item.place, "", f"Remove `{name}`.", "error", "bad-value", str(item.address)
    )


def _owned_twice(item: Desired, rows: Rows, world: Mapping[Address, Desired]) -> Iterator[Diagnostic]:
    """An error for each row whose person is an account of `accounts:` too."""
    declared = {
        match_key(rows.key, desired.fields[rows.key]): address
        for address, desired in world.items()
        if address.section == "accounts" and desired.fields.get(rows.key)
    }
    if not declared:
        return
    for key, line in zip(rows.keys(), rows.lines, strict=True):
        if (owner := declared.get(key)) is not None:
            yield Diagnostic(
                f"{owner} and a row of {item.address} have the same {rows.key}",
                Place(rows.file, line),
                hint=f"Take one of the two out: {owner} at {world[owner].place.file}, line {world[owner].place.line}.",
                code="two-owners",
                address=str(item.address),
            )


ACCOUNT_LISTS = Kind(
    section="accountLists",
    singular="account list",
    spec=AccountListSpec,
    id_field="",
    collection="",
    paths={},
    fields=(),
    encode=lambda fields: {},
    decode=lambda raw, region: {},
    identities=lambda fields: [],
    create=lambda fields: Post("", {}),
    order=0,
    lifecycle=AccountListLifecycle("accounts", parser, doubtful, selector, number_parser),
    check=check,
    doc="CSV files and workbooks whose rows are accounts: created and updated, never deleted.",
    example="""\
accountLists:
  donors-2026:
    file: donors.csv
    key: phone
    columns: {phone: Puhelin, firstName: Etunimi, lastName: Sukunimi, city: Kunta}
    delimiter: ";"
""",
    example_files={
        "donors.csv": "Puhelin;Etunimi;Sukunimi;Kunta\n+358405550171;Aino;Lehto;Espoo\n+358405550172;Onni;Salo;Turku\n"
    },
)
