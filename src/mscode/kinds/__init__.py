"""Every kind of resource mscode manages, one file each. The order here is the order of sections in docs and schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from datetime import tzinfo
from importlib import import_module

from mscode.errors import Diagnostic
from mscode.model.address import Address
from mscode.model.kind import Kind
from mscode.model.world import Desired

#: By its section: the module of a kind, and its name there.
_ALL = {
    "accounts": ("accounts", "ACCOUNTS"),
    "accountLists": ("account_lists", "ACCOUNT_LISTS"),
    "filters": ("filters", "FILTERS"),
    "groups": ("groups", "GROUPS"),
    "voiceFiles": ("voice_files", "VOICE_FILES"),
    "rsvpCalls": ("rsvp_calls", "RSVP_CALLS"),
    "calls": ("calls", "CALLS"),
    "smses": ("smses", "SMSES"),
    "emails": ("emails", "EMAILS"),
    "clickToCalls": ("click_to_calls", "CLICK_TO_CALLS"),
    "subusers": ("subusers", "SUBUSERS"),
}


class _Registry(MutableMapping[str, Kind]):
    """Kinds by section. Which sections there are is known at once; a kind is loaded when it is first asked for, so that a command
    pays for the kinds that its project has.
    """

    def __init__(self, modules: Mapping[str, tuple[str, str]]) -> None:
        self._modules = modules
        self._kinds: dict[str, Kind | None] = dict.fromkeys(modules)

    def __getitem__(self, section: str) -> Kind:
        kind = self._kinds[section]
        if kind is None:
            module, name = self._modules[section]
            kind = self._kinds[section] = getattr(import_module(f"mscode.kinds.{module}"), name)
        return kind

    def __setitem__(self, section: str, kind: Kind) -> None:
        self._kinds[section] = kind

    def __delitem__(self, section: str) -> None:
        del self._kinds[section]

    def __contains__(self, section: object) -> bool:
        return section in self._kinds

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)


#: The registry: what is in it is all that the rest of mscode knows of kinds.
KINDS: MutableMapping[str, Kind] = _Registry(_ALL)


def checks(desired: Mapping[Address, Desired], window_zone: tzinfo) -> list[Diagnostic]:
    """What can be said of the manifests as a whole without the network, beyond each object's own types."""
    diagnostics: list[Diagnostic] = []
    for item in desired.values():
        diagnostics.extend(KINDS[item.address.section].check(item, desired, window_zone))
    return diagnostics
