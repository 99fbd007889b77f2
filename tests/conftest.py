"""Figures of long runs, for docs/reliability.md: tests record them as properties, here they are added up and printed."""

from __future__ import annotations

from collections import Counter

import pytest

_FIGURES = (
    "crash points",
    "kills",
    "pairs",
    "fault cells",
    "model steps",
    "twins",
    "double rings",
    "other broken promises",
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.getoption("markexpr") == "not torture":
        return
    found: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in report.user_properties:
                found[name] += value
    if found:
        terminalreporter.section("reliability")
        terminalreporter.line(", ".join(f"{name} {found[name]:,}" for name in _FIGURES))
