"""E-mail addresses: one rule for all of them, which is the library's."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from mscode.kinds.fields.types import email_address
from mscode.model.kind import registry
from mscode.model.world import SpecContext

LOCALS = st.text("abcXYZ019.!#$%&'*+/=?^_`{|}~-@ \"()ä\u200b", max_size=70)
DOMAINS = st.text("abcXYZ019.-_ ä", max_size=30) | st.sampled_from(
    ["example.com", "Example.COM", "x.test", "localhost"]
)


@settings(max_examples=1000, deadline=None)
@given(local=LOCALS, domain=DOMAINS)
def test_an_address_is_one_where_the_library_says_so(local: str, domain: str) -> None:
    text = f"{local}@{domain}".strip()
    try:
        validate_email(text, strict=True, check_deliverability=False, test_environment=True)
        is_one = True
    except EmailNotValidError:
        is_one = False
    try:
        assert email_address(text) == text
        assert is_one
    except ValueError:
        assert not is_one


PLACES: list[tuple[str, dict[str, Any]]] = [
    ("accounts", {"email": "{}"}),
    ("filters", {"conditions": [{"field": "email", "operator": "==", "value": "{}"}]}),
    ("filters", {"conditions": [{"field": "email", "operator": "in", "value": ["b@example.com", "{}"]}]}),
    ("subusers", {"username": "x", "email": "{}"}),
    ("emails", {"fromEmail": "{}", "receivers": [{"email": "b@example.com"}]}),
    ("emails", {"fromEmail": "b@example.com", "receivers": [{"email": "{}"}]}),
]
MESSAGE = {"subject": "x", "messageText": "x", "actionTime": "2026-12-01T09:00:00Z"}


def _filled(value: Any, typed: str) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, typed) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, typed) for item in value]
    return typed if value == "{}" else value


@pytest.mark.parametrize(("section", "fields"), PLACES)
@pytest.mark.parametrize(
    ("typed", "is_one"),
    [
        ("anna@example.com", True),
        ("joseph-email.com", False),
        ("a@example.com; c@example.com", False),
        ("Anna <a@example.com>", False),
    ],
)
def test_every_place_has_the_same_rule(section: str, fields: dict[str, Any], typed: str, is_one: bool) -> None:
    data = _filled(fields, typed) | (MESSAGE if section == "emails" else {})
    spec = registry()[section].spec
    if is_one:
        assert spec.model_validate(data, context=SpecContext(UTC))
    else:
        with pytest.raises(ValueError, match="e-mail address"):
            spec.model_validate(data, context=SpecContext(UTC))


def test_a_text_of_any_length_is_judged_at_once() -> None:
    for text in ("a" * 1_000_000, "@" * 1_000_000, "a." * 500_000 + "@x.fi", "a@" + "a." * 500_000):
        with pytest.raises(ValueError, match="e-mail address"):
            email_address(text)
