"""The faults, as rules of the emulator (docs/sandbox.md). Each strikes once, but for what goes on for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.faults.sites import ID, SITES, Site

Rule = dict[str, Any]
HTML = {"content-type": "text/html"}
PAGE = "<html><body>Nothing to see here</body></html>"
#: Stands for the address of another host, which records whoever comes.
ELSEWHERE = "{elsewhere}"


@dataclass(frozen=True, slots=True)
class Fault:
    """`rule` is added to the site's method and path; `more` are rules that come with it, for other requests.

    `slow`: the client has to give up waiting, so its deadline is short in the disturbed run. `beyond`: it happens after
    every look, so a twin of what is inert cannot be excluded (docs/protocol.md#limits-of-the-create-protocol); it is not
    asked of those. (A campaign's is found by its mark, told by every plan, and launched by none while there are two:
    tests/engine/test_recovery.py.) A change that comes so late is shown by the next plan.
    """

    name: str
    rule: Rule
    more: Callable[[Site], Iterable[Rule]] = lambda _: ()
    slow: bool = False
    verbs: tuple[str, ...] = ("GET", "POST", "PUT", "DELETE")
    beyond: bool = False

    def means_something_at(self, site: Site) -> bool:
        return site.verb in self.verbs and not (self.beyond and site.makes_inert)

    def lies_beside(self, site: Site) -> bool:
        """Does it come with rules for other requests?"""
        return bool(list(self.more(site)))

    def rules(self, site: Site, elsewhere: str) -> list[Rule]:
        mine = {"method": site.verb, "path": site.path, "skip": site.skip, **self.rule}
        if self.rule.get("wire") == "refuse":
            mine = {**self.rule, "skip": 0}
        return [*self.more(site), _pointing(mine, elsewhere)]


def _pointing(rule: Rule, elsewhere: str) -> Rule:
    headers = {name: value.replace(ELSEWHERE, elsewhere) for name, value in rule.get("headers", {}).items()}
    return {**rule, "headers": headers} if headers else rule


_WRITES = ("POST", "PUT", "DELETE")


def _stale_reads(site: Site) -> list[Rule]:
    """Where one would look whether it was done: list and object lag behind for three reads."""
    collection = site.path.replace(ID, "").replace("/text_to_speech", "").replace("/receivers", "")
    path = f"/groups{ID}/accounts" if site.kind == "members" else f"{collection}({ID})?"
    return [{"method": "GET", "path": path, "stale": {"writes": 1}, "times": 3}]


def _status(status: int) -> list[Fault]:
    return [
        Fault(f"{status}-before", {"status": status, "when": "before"}),
        Fault(f"{status}-after", {"status": status, "when": "after"}, verbs=_WRITES),
    ]


def _pages() -> list[Fault]:
    return [
        Fault(f"html-{status}-{when}", {"status": status, "when": when, "body": PAGE, "headers": HTML}, verbs=verbs)
        for status in (200, 404, 503)
        for when, verbs in (("before", ("GET", *_WRITES)), ("after", _WRITES))
    ]


FAULTS = [
    *(fault for status in (408, 409, 425, 500, 502, 503, 504) for fault in _status(status)),
    Fault("429-seconds", {"status": 429, "retry_after": 2}),
    Fault("429-date", {"status": 429, "retry_after_date": 2}),
    Fault("429-absurd", {"status": 429, "retry_after": 99_999_999}),
    Fault("429-absent", {"status": 429}),
    Fault("429-after", {"status": 429, "when": "after"}, verbs=_WRITES),
    Fault("refused", {"wire": "refuse"}, verbs=("GET",)),
    Fault("reset-before", {"wire": "reset", "when": "before"}),
    Fault("reset-after", {"wire": "reset", "when": "after"}, verbs=_WRITES),
    Fault("closed-before", {"wire": "close", "when": "before"}),
    Fault("closed-after", {"wire": "close", "when": "after"}, verbs=_WRITES),
    Fault("reset-in-head", {"wire": "resetHead"}),
    Fault("reset-in-body", {"wire": "resetBody"}),
    Fault("truncated", {"wire": "truncate"}),
    Fault("endless", {"wire": "endless"}, slow=True),
    Fault("drip", {"wire": "drip", "interval_ms": 250}, slow=True),
    Fault("silent-before", {"delay_ms": 4000, "wire": "close", "when": "before"}, slow=True),
    Fault("silent-after", {"delay_ms": 4000, "wire": "close", "when": "after"}, slow=True, verbs=_WRITES),
    Fault("id-object", {"alter": "idObject"}),
    Fault("id-missing", {"alter": "idMissing"}),
    Fault("list-text", {"alter": "listText"}),
    Fault("rows-text", {"alter": "rowsText"}),
    Fault("other-types", {"alter": "otherTypes"}),
    Fault("null", {"alter": "null"}),
    Fault("200-error", {"status": 200, "when": "before", "body": {"error": {"code": "broken"}}}),
    Fault("200-error-after", {"status": 200, "when": "after", "body": {"error": {"code": "broken"}}}, verbs=_WRITES),
    Fault("201-empty", {"status": 201, "when": "after"}),
    Fault("204-undone", {"status": 204, "when": "before"}, verbs=("DELETE",)),
    Fault("redirect-307", {"status": 307, "headers": {"location": ELSEWHERE}}),
    Fault("redirect-303-after", {"status": 303, "when": "after", "headers": {"location": ELSEWHERE}}, verbs=_WRITES),
    *_pages(),
    Fault("stale", {"stale": {"writes": 1}, "times": 3}, verbs=("GET",)),
    Fault("omits", {"omit": 1, "times": 3}, verbs=("GET",)),
    Fault("omits-all", {"omit": 1000, "times": 3}, verbs=("GET",)),
    Fault("repeats", {"repeat": 1, "times": 3}, verbs=("GET",)),
    Fault("503-after-stale", {"status": 503, "when": "after"}, more=_stale_reads, verbs=_WRITES),
    Fault("done-stale", {"delay_ms": 1}, more=_stale_reads, verbs=_WRITES),
    Fault("late-1", {"status": 503, "when": "late", "requests": 1}, verbs=_WRITES),
    Fault("late-3", {"status": 503, "when": "late", "requests": 3}, verbs=_WRITES),
    Fault("late-12", {"status": 504, "when": "late", "requests": 12}, verbs=_WRITES, beyond=True),
]

#: Every pair of the two lists that has a meaning.
CELLS = [(site, fault) for site in SITES for fault in FAULTS if fault.means_something_at(site)]
