"""Which entries of a state have an id: asked before and after every create, so not by a look at all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mscode.model.address import Address
from mscode.model.world import Entry


class EntriesById:
    """The entries that have a live object's id, superseded ids among them. It is made with the first question; what an address
    had before stays in it, so each answer is looked up in the entries as they are.
    """

    def __init__(self) -> None:
        self._addresses: dict[tuple[str, str], dict[Address, None]] | None = None

    def forget(self) -> None:
        """Addresses have changed: it is made anew with the next question."""
        self._addresses = None

    def add(self, entry: Entry) -> None:
        """An entry as it is from now on."""
        if self._addresses is not None:
            _add(self._addresses, entry)

    def of(self, entries: Mapping[Address, Entry], section: str, live_id: str) -> Iterator[Entry]:
        """Those of `entries` that have this id, or had it before a replacement that is not over."""
        if self._addresses is None:
            addresses: dict[tuple[str, str], dict[Address, None]] = {}
            for entry in list(entries.values()):  # another thread may add to them meanwhile
                _add(addresses, entry)
            self._addresses = addresses
        for address in list(self._addresses.get((section, live_id), ())):
            entry_now = entries.get(address)
            if entry_now is not None and live_id in (entry_now.id, *entry_now.superseded):
                yield entry_now


def _add(addresses: dict[tuple[str, str], dict[Address, None]], entry: Entry) -> None:
    for live_id in (entry.id, *entry.superseded):
        addresses.setdefault((entry.address.section, live_id), {})[entry.address] = None
