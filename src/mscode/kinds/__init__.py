"""Every kind of resource mscode manages, one file each. The order here is the order of sections in docs and schema."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from mscode.address import Address
from mscode.errors import Diagnostic
from mscode.kind import Kind
from mscode.kinds.account_lists import ACCOUNT_LISTS
from mscode.kinds.accounts import ACCOUNTS
from mscode.kinds.filters import FILTERS
from mscode.kinds.groups import GROUPS
from mscode.kinds.rsvp_calls import RSVP_CALLS
from mscode.kinds.voice_files import VOICE_FILES
from mscode.world import Desired

KINDS: Mapping[str, Kind] = {
    kind.section: kind for kind in (ACCOUNTS, ACCOUNT_LISTS, FILTERS, GROUPS, VOICE_FILES, RSVP_CALLS)
}


def checks(desired: Mapping[Address, Desired], window_zone: tzinfo) -> list[Diagnostic]:
    """What can be said of the manifests as a whole without the network, beyond each object's own types."""
    found: list[Diagnostic] = []
    for item in desired.values():
        found.extend(KINDS[item.address.section].check(item, desired, window_zone))
    return found
