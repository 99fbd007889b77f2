"""Where personal data goes: a webhook to a host that received none of it so far is reported.

See docs/policy.md#webhook-hosts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mscode.model.kind import registry
from mscode.model.listener_url import SUFFIX, destination, what_is_sent
from mscode.model.loopback import is_loopback
from mscode.plan.change import Change, FieldChange, Note, Replace

if TYPE_CHECKING:
    from mscode.plan.builder import PlanBuilder


def destination_notes(builder: PlanBuilder) -> Iterator[Note]:
    """A note for each webhook that moves to another host, or that is new and goes to a host no live object sends to."""
    written = [(c, field) for c in builder.changes for field in c.fields if field.name.endswith(SUFFIX) and field.after]
    if not written:
        return
    known_hosts = {
        host_of(url)
        for section in registry()
        for live in builder.inputs.objects(section).values()
        for url in urls_of(live.fields).values()
    }
    for change, field in written:
        yield from _note(change, field, known_hosts)


def host_of(url: Any) -> str:
    """The host of a URL as hosts are compared: in small letters, without the full stop at its end, an international name as it
    is asked for. "" where it has none, or where programs do not agree on what it is.
    """
    text = str(url)
    if "\\" in text or any(character.isspace() or not character.isprintable() for character in text):
        return ""
    try:
        host = (urlsplit(text).hostname or "").removesuffix(".")
        return host.encode("idna").decode() if not host.isascii() else host
    except ValueError:
        return ""


def is_secret_on_its_way(url: str) -> bool:
    """Over https, or to this machine."""
    return url.lower().startswith("https:") or is_loopback(host_of(url))


def urls_after(change: Change) -> dict[str, str]:
    """Each address to which an object sends people's replies once a change is done: what the manifest says, and where that says
    nothing, what is there.
    """
    if change.desired is None:
        return {}
    live_fields = {} if change.live is None or isinstance(change, Replace) else dict(change.live.fields)
    desired_fields = {
        n: v for n, v in change.desired.fields.items() if n not in change.desired.lifecycle.ignore_changes
    }
    return urls_of(live_fields | desired_fields | {field.name: field.after for field in change.fields})


def urls_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """The same of fields as they are."""
    return {name: destination(value) for name, value in fields.items() if name.endswith(SUFFIX) and value}


def _note(change: Change, field: FieldChange, known_hosts: set[str]) -> Iterator[Note]:
    before, after = host_of(field.before or ""), host_of(destination(field.after))
    if after == before or (not before and after in known_hosts):
        return
    content = what_is_sent(field.name)
    instead = f" instead of {before}" if before else ""
    text = f"will send {content} data to {after}{instead}, a new destination of personal data"
    yield Note(str(change.address), text, "new-destination", change.place)
