"""Faults on demand: rules that answer in the API's place, lose an answer, drop the connection or take their time.

A rule is a JSON object: ``method`` (any when absent), ``path`` (a regular expression for the whole path without
prefix), ``when`` (``before``: nothing is done; ``after``: it is done and committed, and its answer lost), ``status``,
``body``, ``headers``, ``drop``, ``delay_ms``, ``skip`` (matching requests that go unharmed first) and ``times`` (how
often it strikes, default 1, null for ever). With neither ``status`` nor ``drop`` it only delays.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mscode.sandbox.errors import invalid
from mscode.sandbox.validate import Fields, array

_KNOWN = {"method", "path", "when", "status", "body", "headers", "drop", "delay_ms", "skip", "times"}


class Rule:
    """One rule, and how often it has been met."""

    def __init__(self, source: object) -> None:
        fields = Fields(source, "rule")
        self.source: dict[str, Any] = dict(source) if isinstance(source, dict) else {}
        if unknown := set(self.source) - _KNOWN:
            raise invalid(f"unknown member {min(unknown)}", "rule")
        self.method = fields.text("method").upper()
        self.path = _pattern(fields.text("path", ".*"))
        self.when = _choice(fields.text("when", "before"))
        self.status = fields.optional_integer("status", None, minimum=200)
        self.body = self._body(fields.get("body"))
        self.headers = {str(name): str(value) for name, value in (fields.get("headers") or {}).items()}
        self.drop = bool(fields.get("drop"))
        self.delay = (fields.optional_integer("delay_ms", 0, minimum=0) or 0) / 1000
        self.skip = fields.optional_integer("skip", 0, minimum=0) or 0
        for_ever = fields.has("times") and fields.get("times") is None
        self.times = None if for_ever else fields.optional_integer("times", 1, minimum=1)

    @property
    def replaces_answer(self) -> bool:
        return self.drop or self.status is not None

    def _body(self, body: object) -> str:
        return body if isinstance(body, str) else "" if body is None else json.dumps(body)

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is hit; counts it."""
        if (self.method and self.method != method) or not self.path.fullmatch(path) or self.times == 0:
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
        return next((rule for rule in self._rules if rule.strikes(method, path)), None)

    def listed(self) -> list[dict[str, Any]]:
        return [{**rule.source, "skip": rule.skip, "times": rule.times} for rule in self._rules]


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise invalid(f"path is a regular expression: {error}", "path") from None


def _choice(when: str) -> str:
    if when not in ("before", "after"):
        raise invalid("when is before or after", "when")
    return when
