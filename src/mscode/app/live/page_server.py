"""`watch --serve`: the page of the campaigns that are followed, on a port of its own, current after each reading of the account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from mscode.app.campaigns import LiveAccount
from mscode.app.live.address import Address
from mscode.app.live.call_log import CallLog
from mscode.app.live.follow import Hint, Key, Subscriber, View
from mscode.app.live.snapshot import Bands, live_page
from mscode.views.console import Out

#: A site is healthy while the account was read within so many intervals, and so many seconds more.
_INTERVALS, _SECONDS = 3, 30.0


@contextmanager
def page_server(
    account: LiveAccount, address: Address | None, interval: float, out: Out, bands: Bands | None = None
) -> Iterator[Sequence[Subscriber]]:
    """Serve the page at an address while the block runs; gives what is to be told of each reading of the account.
    `bands` is what a rehearsal expects, by campaign. Without an address nothing is served, and nothing is to be told. ConfigError
    where the address cannot be had."""
    if address is None:
        yield ()
        return
    from mscode.app.live.server import serving
    from mscode.app.live.site import Site

    site, log = Site(_INTERVALS * interval + _SECONDS), CallLog()

    def show(before: View, after: View, hints: Mapping[Key, Sequence[Hint]]) -> None:
        page = live_page(account, after.campaigns.values(), after.rows, after.now or account.now(), bands, log)
        site.show(page, is_current=not after.error)

    with serving([(site.app(address), address)]) as [url]:
        out.info(f"Serving {url}/ until Ctrl-C; metrics at {url}/metrics, health at {url}/healthz.")
        if not address.is_local:
            out.info(_PUBLIC, "yellow")
        try:
            yield [show]
        finally:
            site.close()


_PUBLIC = (
    "Warning: whoever reaches this host and port sees it without a password: the names of campaigns, where they stand, and how "
    "many people they reach. Nothing can be changed there. A reverse proxy adds TLS and a password: docs/live.md."
)
