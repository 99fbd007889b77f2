"""The URL at which `mscode watch --listen` receives a campaign's webhooks, which a manifest writes as `{listen: true}`.

It is `<listen.url of the environment>/receiver/<secret>` or `…/state/<secret>`, where the secret is 32 hexadecimal digits (128
bits). The service does not sign its webhooks (docs/service-notes.md#webhooks), so whoever knows the path can post to it: the
secret is treated like a token, and stands in no output and no state.
"""

from __future__ import annotations

import re

_FORM = re.compile(r"/(receiver|state)/([0-9a-f]{32})\Z")
#: Members of an object that end so are addresses to which the service posts what becomes of it.
SUFFIX = "WebhookUrl"


class ListenerUrl(str):
    """The value of a webhook's field that is the listener's. As a text, and compared, each of them is `(listener)`.

    `base` is `listen.url` of the environment. `url` is the whole URL, with its secret; "" of one that a manifest asks for and
    that is not made yet.
    """

    __slots__ = ("base", "url")
    base: str
    url: str

    def __new__(cls, base: str, url: str = "") -> ListenerUrl:
        self = super().__new__(cls, "(listener)")
        self.base, self.url = base, url
        return self

    @property
    def secret(self) -> str:
        """The part of its path that nobody may know; "" while it is not made."""
        return self.url.rpartition("/")[2]


def listener_url(base: str, field: str, secret: str) -> ListenerUrl:
    """The URL for a webhook's field of a campaign (`receiverWebhookUrl`, `stateWebhookUrl`); `secret` has 32 hexadecimal digits."""
    return ListenerUrl(base, f"{base.rstrip('/')}/{what_is_sent(field)}/{secret}")


def recognized(base: str, url: str) -> ListenerUrl | None:
    """The live URL of a webhook as the listener's, where it lies below `base` and its path is of that form."""
    below = url.removeprefix(base.rstrip("/"))
    return ListenerUrl(base, url) if base and below != url and _FORM.fullmatch(below) else None


def path_secret(path: str) -> tuple[str, str] | None:
    """("receiver" or "state", secret) of a path that ends as a listener's does; None of any other."""
    form = _FORM.search(path[-50:])
    return (form[1], form[2]) if form else None


def what_is_sent(field: str) -> str:
    """What the service posts to the URL in this field: `receiver` or `state`."""
    return field.removesuffix(SUFFIX)


def destination(value: object) -> str:
    """The URL, or of a listener's the part of it that may be shown."""
    return value.base if isinstance(value, ListenerUrl) else str(value)
