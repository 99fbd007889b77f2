"""Following campaigns: until each is done or halted, until all are complete, or until a time has passed; with a listener for the
service's webhooks where one is wanted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import TYPE_CHECKING

from mscode.app.campaigns import LiveAccount
from mscode.app.invocation import Invocation
from mscode.app.live.follow import AccountSource, Follower, Hint, Key, Subscriber, View
from mscode.errors import ConfigError
from mscode.model.light_dataclass import dataclass
from mscode.model.plurals import count

if TYPE_CHECKING:
    from mscode.app.live.address import Address
    from mscode.app.live.listener import Listener
    from mscode.views.status.table import StatusRow

#: Seconds between two readings, and between those of a listener, which reads earlier where a webhook says so.
INTERVAL, LISTENING_INTERVAL = 5.0, 30.0


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """What is to be followed, and until when.

    `names` are addresses, names of a `forEach` and globs (all campaigns where there is none). `interval` is None for the usual
    one. `until_complete`: until every campaign is complete with its accepts. `timeout` is how many seconds at most, None for as
    long as it takes. `listen` is where webhooks are taken. `stays`: it does not end when each campaign is done or halted.
    `has_server`: what is read is served to others.
    """

    names: Sequence[str] = ()
    interval: float | None = None
    until_complete: bool = False
    timeout: float | None = None
    listen: Address | None = None
    stays: bool = False
    has_server: bool = False

    @property
    def is_serving(self) -> bool:
        """Does anything reach it from outside? Then a reading that fails does not end it."""
        return self.has_server or self.listen is not None

    @property
    def seconds(self) -> float:
        """Between two readings."""
        usual = LISTENING_INTERVAL if self.listen is not None else INTERVAL
        return usual if self.interval is None else self.interval


@dataclass(frozen=True, slots=True)
class WatchOutcome:
    """How it ended: the exit code, and why where that is not 0."""

    code: int = 0
    reasons: Sequence[str] = ()


def watch(inv: Invocation, account: LiveAccount, request: WatchRequest, *shows: Subscriber) -> WatchOutcome:
    """Follow campaigns; each of `shows` is called after each reading. Sends nothing but GET.

    MscodeError where a name has no live campaign at the first reading, or an address to listen at cannot be had; one that is
    deleted later is no error.
    """
    follower = Follower(
        AccountSource(account, request.names, is_patient=not request.is_serving),
        request.seconds,
        goes_on=request.is_serving,
    )
    for show in (*shows, _recording(inv, account)):
        follower.subscribe(show)
    ending = _Ending(until_complete=request.until_complete, stays=request.stays)
    readings = _served(inv, account, request, follower) if request.is_serving else _polled(follower, request)
    for view in readings:
        if (outcome := ending.outcome(view)) is not None:
            return outcome
    return WatchOutcome(1, _timed_out(request.timeout or 0, follower.view.rows))


def _recording(inv: Invocation, account: LiveAccount) -> Subscriber:
    """Records what came of launches, after a reading in which a campaign has come to a stand."""
    from mscode.app.launch_results import recorder

    record = recorder(inv, account)
    return lambda before, view, hints: record(list(view.campaigns.values()))


def _polled(follower: Follower, request: WatchRequest) -> Iterator[View]:
    end = None if request.timeout is None else time.monotonic() + request.timeout
    while True:
        follower.poll()
        yield follower.view
        left = request.seconds if end is None else min(request.seconds, end - time.monotonic())
        if left <= 0:
            return
        wait(left)


def wait(seconds: float) -> None:
    """Wait until the next reading; Ctrl-C ends it at once."""
    time.sleep(seconds)


def _served(inv: Invocation, account: LiveAccount, request: WatchRequest, follower: Follower) -> Iterator[View]:
    listener = _listener(account, follower) if request.listen is not None else None
    follower.subscribe(_telling_errors(inv.out.info))
    follower.poll()
    yield follower.view
    with _listening(inv, listener, request.listen):
        for _, view in follower.follow(request.timeout):
            yield view


def _listener(account: LiveAccount, follower: Follower) -> Listener:
    """What takes webhooks, of the campaigns that were read last. ConfigError where the environment does not say where it is
    reached."""
    from mscode.app.live.listener import Listener

    environment = account.environment
    base = environment.target().listen_url
    if not base:
        raise ConfigError(
            f'Environment "{environment.name}" does not say where its listener is reached',
            hint="Write `listen: {url: https://hooks.example.com/mscode}` into it in mscode.yaml.",
            code="no-listener",
        )
    listener = Listener(base, follower.hint, zone=environment.service.zone)
    follower.subscribe(lambda before, after, hints: listener.learn(after.campaigns))
    return listener


def _telling_errors(tell: Callable[[str], object]) -> Subscriber:
    """Says once that the account cannot be read, and that it can be again."""

    def told(before: View, after: View, hints: Mapping[Key, Sequence[Hint]]) -> None:
        if after.error and not before.error:
            tell(f"The account cannot be read: {after.error.removesuffix('.')}. It is tried again.")
        elif before.error and not after.error:
            tell("The account can be read again.")

    return told


@contextmanager
def _listening(inv: Invocation, listener: Listener | None, address: Address | None) -> Iterator[None]:
    """Take webhooks where that is wanted. To begin after the first reading: before that no path is known."""
    if listener is None or address is None:
        yield
        return
    from mscode.app.live.server import serving

    with serving([(listener, address)]) as urls:
        campaigns = count(listener.campaigns, "campaign")
        inv.out.info(f"Listening on {urls[0]} for the webhooks of {campaigns}, which are posted below {listener.base}.")
        if not listener.campaigns:
            hint = "No live campaign posts there: write `receiverWebhookUrl: {listen: true}` into its manifest."
            inv.out.info(hint, "yellow")
        yield


# ---- when it ends ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Ending:
    """Says after each reading whether following ends. `seen` has the campaigns that were there once, by section and id."""

    until_complete: bool
    stays: bool = False
    seen: dict[Key, StatusRow] = field(default_factory=dict)

    def outcome(self, view: View) -> WatchOutcome | None:
        """How following ends with this view; None where it goes on."""
        if view.error:
            return None
        if not self.until_complete:
            is_over = all(row.standing.finished or row.standing.state in ("halt", "unknown") for row in view.rows)
            return WatchOutcome() if is_over and not self.stays else None
        rows = {(row.section, row.id): row for row in view.rows}
        deleted = [row for key, row in self.seen.items() if key not in rows]
        self.seen |= {key: row for key, row in rows.items() if row.id}
        reasons = [f"{row.name} was deleted." for row in deleted]
        reasons += [f"{row.name} {problem}." for row in view.rows if (problem := _problem(row))]
        if not view.rows and not deleted:
            reasons.append("There is no live campaign that could become complete.")
        if reasons:
            return WatchOutcome(1, reasons)
        return WatchOutcome() if all(row.standing.finished for row in view.rows) else None


def _problem(row: StatusRow) -> str:
    """Why a campaign will not become complete with its accepts; "" where it still may, or is."""
    standing = row.standing
    if standing.state == "unknown":
        return "may have been made or not: an answer of the service was lost"
    if standing.missed:
        return "was missed: it ended without a single call"
    if standing.finished and standing.wanted is not None and standing.accepted < standing.wanted:
        return f"is complete with {standing.accepted:,} of {count(standing.wanted, 'accept')}"
    return "is halted" if standing.state == "halt" and not standing.finished else ""


def _timed_out(seconds: float, rows: Sequence[StatusRow]) -> list[str]:
    """`300 seconds have passed; 2 of 3 campaigns are complete.`, and where each of the others stands."""
    incomplete = [row for row in rows if not row.standing.finished]
    complete = len(rows) - len(incomplete)
    passed = f"{count(int(seconds), 'second')} {'has' if seconds == 1 else 'have'} passed"
    verb = "is" if 1 in (complete, len(rows)) else "are"
    reasons = [f"{passed}; {complete:,} of {count(len(rows), 'campaign')} {verb} complete."]
    return reasons + [f"{row.name} is not complete: {row.standing.state}." for row in incomplete]
