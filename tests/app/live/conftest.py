"""Campaigns that post to a listener, as they were read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

BASE = "https://hooks.example.com/mscode"
SECRETS = ("0123456789abcdef" * 2, "fedcba9876543210" * 2)
KEYS = (("rsvpCalls", "1"), ("rsvpCalls", "2"))


def campaign(**urls: str) -> Any:
    """As much of a live campaign as a listener looks at."""
    return SimpleNamespace(live=SimpleNamespace(fields={"acceptsWanted": 3, **urls}))


@pytest.fixture
def campaigns() -> dict[tuple[str, str], Any]:
    """Two, with a path for each of their webhooks."""
    return {
        key: campaign(receiverWebhookUrl=f"{BASE}/receiver/{secret}", stateWebhookUrl=f"{BASE}/state/{secret}")
        for key, secret in zip(KEYS, SECRETS, strict=True)
    }
