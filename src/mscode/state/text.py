"""A document and its JSON text, kept in step: a change costs its own row, however large the state is.

A remote backend takes the whole document at each write. Writing ten thousand entries as JSON anew for each wave of
creates would cost more than the creates themselves; joining rows that are text already does not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mscode.model.address import Address
from mscode.state.document import EntryRow, IntentRow, StateDocument, to_json


class Texts:
    """A document of its own (a copy), changed by `apply` alone."""

    def __init__(self, document: StateDocument) -> None:
        self._document = replace(
            document,
            entries=dict(document.entries),
            intents=dict(document.intents),
            tombstones=list(document.tombstones),
        )
        self._entries = {address: EntryRow.of(entry).text() for address, entry in document.entries.items()}
        self._intents = {address: IntentRow.of(intent).text() for address, intent in document.intents.items()}

    def apply(self, record: Mapping[str, Any]) -> None:
        """Carry out one record."""
        self._document.apply(record)
        for text in _addresses(record):
            address = Address.parse(text)
            entry, intent = self._document.entries.get(address), self._document.intents.get(address)
            _set(self._entries, address, EntryRow.of(entry).text() if entry else "")
            _set(self._intents, address, IntentRow.of(intent).text() if intent else "")

    def content(self, serial: int) -> bytes:
        """The document as it is kept, with this serial. The rows are in the order in which they were made, which
        has no meaning."""
        bare = replace(self._document, serial=serial, entries={}, intents={})
        head = {name: value for name, value in to_json(bare).items() if name not in ("resources", "pending")}
        text = json.dumps(head, indent=1).removesuffix("\n}")
        rows = {"resources": self._entries.values(), "pending": self._intents.values()}
        lists = [f'"{name}": [\n' + ",\n".join(texts) + "\n]" for name, texts in rows.items()]
        return (text + ",\n" + ",\n".join(lists) + "\n}\n").encode()


def _set(rows: dict[Address, str], address: Address, row: str) -> None:
    if row:
        rows[address] = row
    else:
        rows.pop(address, None)


def _addresses(record: Mapping[str, Any]) -> list[str]:
    """The addresses whose entry or intent a record changes."""
    if record["op"] == "begin":
        return [intent["address"] for intent in record["intents"]]
    if record["op"] == "put":
        return [record["entry"]["address"]]
    return [record[name] for name in ("address", "from", "to") if name in record]
