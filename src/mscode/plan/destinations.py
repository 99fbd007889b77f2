"""Where personal data goes: a webhook to a host that got none of it so far is said aloud (reconcile §7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mscode.plan.change import Change, FieldChange, Note

if TYPE_CHECKING:
    from mscode.plan.draft import Draft

#: Members that end so are addresses to which the service posts people's replies.
_SUFFIX = "WebhookUrl"


def destination_notes(draft: Draft) -> Iterator[Note]:
    """A note for each webhook that moves to another host, or that is new and goes to a host no live object sends to."""
    known = {host_of(url) for url in _live_urls(draft)}
    for change in draft.changes:
        for field in change.fields:
            if field.name.endswith(_SUFFIX) and field.after:
                yield from _note(change, field, known)


def host_of(url: Any) -> str:
    """The host of a URL, "" where it has none."""
    try:
        return urlsplit(str(url)).hostname or ""
    except ValueError:
        return ""


def _note(change: Change, field: FieldChange, known: set[str]) -> Iterator[Note]:
    before, after = host_of(field.before or ""), host_of(field.after)
    if after == before or (not before and after in known):
        return
    what = field.name.removesuffix(_SUFFIX)
    instead = f" instead of {before}" if before else ""
    text = f"will send {what} data to {after}{instead}, a new destination of personal data"
    yield Note(str(change.address), text, "new-destination", change.place)


def _live_urls(draft: Draft) -> Iterator[str]:
    for section in draft.scene.kinds:
        for live in draft.scene.objects(section).values():
            yield from _urls(live.fields)


def _urls(fields: Mapping[str, Any]) -> Iterator[str]:
    return (str(value) for name, value in fields.items() if name.endswith(_SUFFIX) and value)
