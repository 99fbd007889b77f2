"""Faults on demand: rules that spoil answers, lose them, break connections, or take their time.

A rule is a JSON object; docs/sandbox.md shows each member with an example.

    which requests    method, path (a regular expression for the whole path without prefix), skip, times
    is it done        when: before (nothing is done), after (done, and its answer lost or spoilt),
                      late (done only `requests` requests later, or at POST /__sandbox/commit)
    another answer    status, body, headers, retry_after, retry_after_date
    the answer spoilt alter (alter.py), omit and repeat (rows of a list), stale (a read as it was some writes or seconds ago)
    its way           wire (wire.py), interval_ms, delay_ms; drop is an older word for wire: reset
    a webhook         webhook (drop, double, late, reorder), with path, skip, times and, where it is late, delay_ms

Left out, `when` is `before` for another answer, and `after` where the true answer is spoilt.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mscode.sandbox.alter import ALTERATIONS
from mscode.sandbox.errors import invalid
from mscode.sandbox.validate import Fields, array

#: What can be done to a connection. The first three have no answer; `refuse` strikes a connection before any request.
MUTE = ("refuse", "reset", "close")
WIRES = (*MUTE, "resetHead", "resetBody", "truncate", "endless", "drip")
#: What can become of a webhook on its way (posting.py).
WEBHOOKS = ("drop", "double", "late", "reorder")
_MATCHING = {"method", "path", "skip", "times"}
_ANSWER = {"status", "body", "headers", "retry_after", "retry_after_date"}
_SPOILT = {"alter", "omit", "repeat", "stale"}
_WAY = {"wire", "drop", "interval_ms", "delay_ms"}
_KNOWN = _MATCHING | _ANSWER | _SPOILT | _WAY | {"when", "requests", "webhook"}


class Rule:
    """One rule, and how often it has been met."""

    def __init__(self, source: object) -> None:
        fields = Fields(source, "rule")
        self.source: dict[str, Any] = dict(source) if isinstance(source, dict) else {}
        if unknown := set(self.source) - _KNOWN:
            raise invalid(f"unknown member {min(unknown)}", "rule")
        self._read_matching(fields)
        self._read_answer(fields)
        self._read_spoiling(fields)
        self._read_way(fields)
        self.when = self._when(fields)
        self.requests = fields.optional_integer("requests", None, minimum=1)
        self.webhook = _choice("webhook", fields.text("webhook"), ("", *WEBHOOKS))
        self._refuse_contradictions()
        self._refuse_mixing()

    def _read_matching(self, fields: Fields) -> None:
        self.method = fields.text("method").upper()
        self.path = _pattern(fields.text("path", ".*"))
        self.skip = fields.optional_integer("skip", 0, minimum=0) or 0
        for_ever = fields.has("times") and fields.get("times") is None
        self.times = None if for_ever else fields.optional_integer("times", 1, minimum=1)

    def _read_answer(self, fields: Fields) -> None:
        self.status = fields.optional_integer("status", None, minimum=200)
        body = fields.get("body")
        self.body = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        self.headers = {str(name): str(value) for name, value in (fields.get("headers") or {}).items()}
        self.retry_after = fields.optional_integer("retry_after", None, minimum=0)
        self.retry_after_date = fields.optional_integer("retry_after_date", None)

    def _read_spoiling(self, fields: Fields) -> None:
        self.alter = _choice("alter", fields.text("alter"), ("", *ALTERATIONS))
        self.omit = fields.optional_integer("omit", 0, minimum=0) or 0
        self.repeat = fields.optional_integer("repeat", 0, minimum=0) or 0
        stale = None if fields.get("stale") is None else Fields(fields.get("stale"), "stale")
        self.stale_writes = stale.optional_integer("writes", None, minimum=1) if stale else None
        self.stale_seconds = stale.optional_integer("seconds", None, minimum=0) if stale else None
        if stale and (self.stale_writes is None) == (self.stale_seconds is None):
            raise invalid("stale is so many writes or so many seconds", "stale")

    def _read_way(self, fields: Fields) -> None:
        self.wire = _choice("wire", fields.text("wire", "reset" if fields.get("drop") else ""), ("", *WIRES))
        self.interval = (fields.optional_integer("interval_ms", 1000, minimum=0) or 0) / 1000
        self.delay = (fields.optional_integer("delay_ms", 0, minimum=0) or 0) / 1000

    def _when(self, fields: Fields) -> str:
        spoils = self.spoils or (self.wire and self.wire not in MUTE)
        usual = "after" if spoils and self.status is None else "before"
        return _choice("when", fields.text("when", usual), ("before", "after", "late"))

    def _refuse_contradictions(self) -> None:
        if self.when != "after" and self.status is None and (self.spoils or self.wire not in ("", *MUTE)):
            raise invalid("there is no answer to spoil: give a status, or when: after", "when")
        if self.when == "late" and not self.replaces_answer:
            raise invalid("what is done late needs another answer: a status or a wire", "when")
        if (self.retry_after is not None or self.retry_after_date is not None) and self.status is None:
            raise invalid("Retry-After goes with a status", "retry_after")

    def _refuse_mixing(self) -> None:
        """What strikes a connection or a webhook has nothing to say of requests."""
        if self.wire == "refuse" and set(self.source) - {"wire", "skip", "times"}:
            raise invalid("refuse strikes connections: it goes with skip and times alone", "wire")
        of_webhooks = {"webhook", "path", "skip", "times", *(["delay_ms"] if self.webhook == "late" else [])}
        if self.webhook and set(self.source) - of_webhooks:
            raise invalid("webhook goes with path, skip and times alone, and late with delay_ms too", "webhook")

    @property
    def spoils(self) -> bool:
        """Is the true answer needed, to be changed?"""
        return bool(self.alter or self.omit or self.repeat or self.is_stale)

    @property
    def is_stale(self) -> bool:
        return self.stale_writes is not None or self.stale_seconds is not None

    @property
    def replaces_answer(self) -> bool:
        return self.status is not None or self.wire in MUTE

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is hit; counts it."""
        if (self.method and self.method != method) or not self.path.fullmatch(path):
            return False
        return self.counts()

    def counts(self) -> bool:
        """Whether it is this one's turn, after those that go unharmed."""
        if self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times = None if self.times is None else self.times - 1
        return True


class Faults:
    """The rules in force, in order; the first that strikes counts."""

    def __init__(self, file: Path | None = None) -> None:
        self._rules: list[Rule] = []
        if file is not None:
            self.add(json.loads(file.read_text("utf-8")))

    def add(self, rules: object) -> None:
        """One rule, or an array of them."""
        many: Iterable[object] = array([rules] if isinstance(rules, dict) else rules, "rules")
        self._rules += [Rule(rule) for rule in many]

    def clear(self) -> None:
        self._rules = []

    def take(self, method: str, path: str) -> Rule | None:
        """The rule that strikes this request."""
        of_requests = (rule for rule in self._rules if rule.wire != "refuse" and not rule.webhook)
        return next((rule for rule in of_requests if rule.strikes(method, path)), None)

    def of_webhook(self, path: str) -> Rule | None:
        """The rule that strikes a webhook that goes to this path of a receiver."""
        return next((rule for rule in self._rules if rule.webhook and rule.strikes("POST", path)), None)

    def refuses(self) -> bool:
        """Is the connection that has just been made to be closed, unread?"""
        return any(rule.wire == "refuse" and rule.counts() for rule in self._rules)

    @property
    def look_back(self) -> bool:
        """Does a rule in force want the past, so that it has to be kept?"""
        return any(rule.is_stale and rule.times != 0 for rule in self._rules)

    def listed(self) -> list[dict[str, Any]]:
        return [{**rule.source, "skip": rule.skip, "times": rule.times} for rule in self._rules]


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise invalid(f"path is a regular expression: {error}", "path") from None


def _choice(name: str, word: str, known: Iterable[str]) -> str:
    if word not in known:
        raise invalid(f"{name} is one of {', '.join(one for one in known if one)}", name)
    return word
