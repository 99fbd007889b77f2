"""Every kind of resource mscode manages, one file each. The order here is the order of sections in docs and schema."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from mscode.errors import Diagnostic
from mscode.kinds.account_lists import ACCOUNT_LISTS
from mscode.kinds.accounts import ACCOUNTS
from mscode.kinds.calls import CALLS
from mscode.kinds.click_to_calls import CLICK_TO_CALLS
from mscode.kinds.emails import EMAILS
from mscode.kinds.filters import FILTERS
from mscode.kinds.groups import GROUPS
from mscode.kinds.rsvp_calls import RSVP_CALLS
from mscode.kinds.smses import SMSES
from mscode.kinds.subusers import SUBUSERS
from mscode.kinds.voice_files import VOICE_FILES
from mscode.model.address import Address
from mscode.model.kind import Kind
from mscode.model.world import Desired

_ALL = (
    ACCOUNTS,
    ACCOUNT_LISTS,
    FILTERS,
    GROUPS,
    VOICE_FILES,
    RSVP_CALLS,
    CALLS,
    SMSES,
    EMAILS,
    CLICK_TO_CALLS,
    SUBUSERS,
)
#: The registry: what is in it is all that the rest of mscode knows of kinds.
KINDS: dict[str, Kind] = {kind.section: kind for kind in _ALL}


def checks(desired: Mapping[Address, Desired], window_zone: tzinfo) -> list[Diagnostic]:
    """What can be said of the manifests as a whole without the network, beyond each object's own types."""
    diagnostics: list[Diagnostic] = []
    for item in desired.values():
        diagnostics.extend(KINDS[item.address.section].check(item, desired, window_zone))
    return diagnostics
