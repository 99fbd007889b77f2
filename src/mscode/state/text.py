"""A document and its JSON text, kept in step: a change costs its own row, however large the state is.

A remote backend takes the whole document at each write. Writing ten thousand entries as JSON anew for each wave of
creates would cost more than the creates themselves; joining rows that are text already does not. Where there is a journal beside
the document (state/remote/journal.py), the rows that have changed are enough.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mscode.model.address import Address
from mscode.state.document import EntryRow, IntentRow, StateDocument, TombstoneRow, to_json
from mscode.state.shape import packed

#: Members of the document that may be long, and that few records change.
_LONG = {"bury": "tombstones", "unbury": "tombstones", "suppress": "suppressed"}


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
        #: the number of the last change of each address, the latest last, and of each long member
        self._changed: dict[Address, int] = {}
        self._changed_members: dict[str, int] = {}

    def apply(self, record: Mapping[str, Any], number: int) -> None:
        """Carry out one record, the `number`-th change."""
        self._document.apply(record)
        rows = {row["address"]: row for row in (record.get("entry"), *record.get("intents", ())) if row}
        for text in _addresses(record):
            address = Address.parse(text)
            if text in rows:  # a row of the record is already as it is kept
                kept = self._entries if record["op"] == "put" else self._intents
                kept[address] = json.dumps(rows[text], separators=(",", ":"))
            else:
                entry, intent = self._document.entries.get(address), self._document.intents.get(address)
                _set(self._entries, address, EntryRow.of(entry).text() if entry else "")
                _set(self._intents, address, IntentRow.of(intent).text() if intent else "")
            self._changed.pop(address, None)
            self._changed[address] = number
        if record["op"] in _LONG:
            self._changed_members[_LONG[record["op"]]] = number

    def content(self, serial: int, journal: str = "") -> bytes:
        """The document as it is kept, with this serial and journal. The rows are in the order in which they were made, which
        has no meaning."""
        return _joined(self._head(serial, journal), self._entries.values(), self._intents.values())

    def changes(self, number: int, head: Mapping[str, Any]) -> bytes:
        """What a document with the first `number` changes lacks, as a `JournalFile`; `head` are the members of the file that are
        not the document's.
        """
        addresses = []
        for address, last in reversed(self._changed.items()):
            if last <= number:
                break
            addresses.append(address)
        long = {name for name, last in self._changed_members.items() if last > number}
        return _joined(
            {**head, **self._small_members(), **self._long_members(long), "addresses": list(map(str, addresses))},
            (self._entries[address] for address in addresses if address in self._entries),
            (self._intents[address] for address in addresses if address in self._intents),
        )

    def _head(self, serial: int, journal: str) -> dict[str, Any]:
        """The document's members but its rows."""
        bare = replace(self._document, serial=serial, entries={}, intents={}, journal=journal)
        return {name: value for name, value in to_json(bare).items() if name not in ("resources", "pending")}

    def _small_members(self) -> dict[str, Any]:
        """The members that are as short in every document."""
        document = self._document
        link = {"records": document.records.data()} if document.records else {}
        return {"largestLaunch": document.largest_launch, "savedPlan": document.saved_plan, **link}

    def _long_members(self, names: Iterable[str]) -> dict[str, Any]:
        """Of the members that may be long, these."""
        of_name: dict[str, Callable[[], Any]] = {
            "tombstones": lambda: [TombstoneRow.of(stone).data() for stone in self._document.tombstones],
            "suppressed": lambda: packed(self._document.suppressed),
        }
        return {name: of_name[name]() for name in names}


def _joined(head: Mapping[str, Any], entries: Iterable[str], intents: Iterable[str]) -> bytes:
    """A JSON object of these members and lists of rows."""
    text = json.dumps(head, indent=1).removesuffix("\n}")
    rows = {"resources": entries, "pending": intents}
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
