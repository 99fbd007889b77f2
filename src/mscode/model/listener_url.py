"""The URL at which `mscode watch --listen` receives a campaign's webhooks, which a manifest writes as `{listen: true}`.

It is `<listen.url of the environment>/receiver/<secret>` or `…/state/<secret>`, where the secret is 32 hexadecimal digits (128
bits). The service does not sign its webhooks (docs/service-notes.md#webhooks), so whoever knows the path can post to it: the
secret is treated like a token, and stands in no output and no state.
"""

from __future__ import annotations

from mscode.model.late_pattern import late_pattern

_FORM = late_pattern(r"/(receiver|state)/([0-9a-f]{32})\Z")
#: The secret of such a URL, anywhere in a text.
LISTENER_SECRET = late_pattern(r"(?:(?<=/receiver/)|(?<=/state/))[0-9a-f]{32}(?![0-9a-f])")
#: Characters of the longest end of a path that has this form.
_LONGEST = 50
#: Members of an object that end so are addresses to which the service posts what becomes of it.
SUFFIX = "WebhookUrl"
#: What is shown in the place of such a URL.
SHOWN = "(listener)"


class ListenerUrl(str):
    """What a manifest's `{listen: true}` stands for: the URL of the listener at `base`, whatever its secret is.

    It equals every live URL that lies below `base` and has a path of that form, so that an object is found again whose secret
    nobody remembers. As a text it is `(listener)`.
    """

    __slots__ = ("base",)
    base: str

    def __new__(cls, base: str) -> ListenerUrl:
        self = super().__new__(cls, SHOWN)
        self.base = base
        return self

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ListenerUrl):
            return self.base == other.base
        return isinstance(other, str) and is_listener_url(self.base, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def listener_url(base: str, field: str, secret: str) -> str:
    """The URL for a webhook's field of a campaign (`receiverWebhookUrl`, `stateWebhookUrl`); `secret` has 32 hexadecimal digits."""
    return f"{base}/{what_is_sent(field)}/{secret}"


def is_listener_url(base: str, url: str) -> bool:
    """Does a URL lie below `base`, with a path of that form?"""
    below = url.removeprefix(base)
    return bool(base) and below != url and _FORM.fullmatch(below) is not None


def path_secret(path: str) -> tuple[str, str] | None:
    """("receiver" or "state", secret) of a path or URL that ends as a listener's does; None of any other."""
    form = _FORM.search(path[-_LONGEST:])
    return (form[1], form[2]) if form else None


def what_is_sent(field: str) -> str:
    """What the service posts to the URL in this field: `receiver` or `state`."""
    return field.removesuffix(SUFFIX)


def destination(value: object) -> str:
    """The URL, or of a listener's the part of it that may be shown."""
    return value.base if isinstance(value, ListenerUrl) else str(value)
