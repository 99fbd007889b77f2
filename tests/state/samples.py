"""States to work with."""

from __future__ import annotations

from pathlib import Path

from mscode.model.address import Address
from mscode.model.world import Entry, Intent, Tombstone
from mscode.state.local.backend import LocalState
from mscode.state.store import StateStore

PROJECT, ENVIRONMENT, URL = "blood-drive", "production", "https://api.example.com/v1"
DONORS, INVITE, ANNA = (
    Address("groups", "donors"),
    Address("rsvpCalls", "invite", "helsinki"),
    Address("accounts", "anna"),
)


def entry(address: Address = DONORS, id: str = "17", **fields: object) -> Entry:
    return Entry(address, id, **fields)  # type: ignore[arg-type]


FULL = Entry(
    INVITE,
    "91",
    origin="adopted",
    created_at="2026-11-30T06:00:00Z",
    generation=3,
    applied={"acceptsWanted": 40, "activeWeekdays": ["monday"], "meta": {"season": "☎"}, "receivers": "hmac:00"},
    server_values={"description": ("a ", "a")},
    prevent_destroy=True,
    on_removal="delete",
    superseded=("90", "89"),
    launched=True,
    first_call="2026-12-01T07:00:00Z",
)
INTENT = Intent(DONORS, 2, "op-1", "sha256:00", ("4", "5"))
TOMB = Tombstone(ANNA, "34")


def folder(tmp_path: Path) -> Path:
    return tmp_path / ".mscode" / ENVIRONMENT


def opened(tmp_path: Path) -> StateStore:
    return StateStore.open(LocalState(folder(tmp_path)), PROJECT, ENVIRONMENT, URL)


def read(tmp_path: Path) -> StateStore:
    return StateStore.read(LocalState(folder(tmp_path)), PROJECT, ENVIRONMENT, URL)
