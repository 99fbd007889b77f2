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

from mscode.state.document import EntryRow, IntentRow, StateDocument, TombstoneRow, to_json
from mscode.state.shape import packed

#: Members of the document that may be long, and that few records change.
_LONG = {"bury": "tombstones", "unbury": "tombstones", "suppress": "suppressed"}


class Texts:
    """A document's rows as text, and the rest of it as a document of its own (a copy), changed by `apply` alone."""

    def __init__(self, document: StateDocument) -> None:
        self._rest = replace(document, entries={}, intents={}, tombstones=list(document.tombstones))
        #: by address
        self._entries = {str(address): EntryRow.of(entry).text() for address, entry in document.entries.items()}
        self._intents = {str(address): IntentRow.of(intent).text() for address, intent in document.intents.items()}
        #: the number of the last change of each address, the latest last, and of each long member
        self._changed: dict[str, int] = {}
        self._changed_members: dict[str, int] = {}

    def apply(self, record: Mapping[str, Any], number: int) -> None:
        """Carry out one record, which `StateDocument.apply` has taken or will; it is the `number`-th change."""
        match record["op"]:
            case "begin":
                self._intents |= {row["address"]: _text(row) for row in record["intents"]}
            case "put":
                self._entries[record["entry"]["address"]] = _text(record["entry"])
            case "settle":
                self._intents.pop(record["address"], None)
            case "drop":
                self._entries.pop(record["address"], None)
            case "move":
                for rows in (self._entries, self._intents):
                    if record["from"] in rows:
                        row = json.loads(rows.pop(record["from"]))
                        rows[record["to"]] = _text({**row, "address": record["to"]})
            case op:
                self._rest.apply(record)
                if op in _LONG:
                    self._changed_members[_LONG[op]] = number
        for address in _addresses(record):
            self._changed.pop(address, None)
            self._changed[address] = number

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
            {**head, **self._small_members(), **self._long_members(long), "addresses": addresses},
            (self._entries[address] for address in addresses if address in self._entries),
            (self._intents[address] for address in addresses if address in self._intents),
        )

    def _head(self, serial: int, journal: str) -> dict[str, Any]:
        """The document's members but its rows."""
        bare = replace(self._rest, serial=serial, journal=journal)
        return {name: value for name, value in to_json(bare).items() if name not in ("resources", "pending")}

    def _small_members(self) -> dict[str, Any]:
        """The members that are as short in every document."""
        document = self._rest
        link = {"records": document.records.data()} if document.records else {}
        return {"largestLaunch": document.largest_launch, "savedPlan": document.saved_plan, **link}

    def _long_members(self, names: Iterable[str]) -> dict[str, Any]:
        """Of the members that may be long, these."""
        of_name: dict[str, Callable[[], Any]] = {
            "tombstones": lambda: [TombstoneRow.of(stone).data() for stone in self._rest.tombstones],
            "suppressed": lambda: packed(self._rest.suppressed),
        }
        return {name: of_name[name]() for name in names}


def _joined(head: Mapping[str, Any], entries: Iterable[str], intents: Iterable[str]) -> bytes:
    """A JSON object of these members and lists of rows."""
    members = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    rows = {"resources": entries, "pending": intents}
    lists = [f'"{name}": [\n' + ",\n".join(texts) + "\n]" for name, texts in rows.items()]
    return ("{\n" + ",\n".join([*members, *lists]) + "\n}\n").encode()


def _text(row: Mapping[str, Any]) -> str:
    """A row that came from JSON as `Shape.text` writes it."""
    return json.dumps(row, separators=(",", ":"))


def _addresses(record: Mapping[str, Any]) -> list[str]:
    """The addresses whose entry or intent a record changes."""
    if record["op"] == "begin":
        return [intent["address"] for intent in record["intents"]]
    if record["op"] == "put":
        return [record["entry"]["address"]]
    return [record[name] for name in ("address", "from", "to") if name in record]
