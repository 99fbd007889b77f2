"""E-mail addresses as keys of people: one form for all spellings of one address."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


def folded_email(text: str) -> str:
    """An address in the form in which two spellings are equal; it is only compared, and never shown or sent.

    The case of letters does not count. A domain with letters beyond ASCII is the same as its punycode: `bücher.example` and
    `xn--bcher-kva.example` are one mail server.
    """
    bare = text.strip()
    if bare.isascii():
        folded = bare.lower()
        # Most are equal, and there may be a million: one object is kept, not two.
        return bare if folded == bare else folded
    local, at, domain = bare.rpartition("@")
    if not at:
        return bare.lower()
    return f"{unicodedata.normalize('NFC', local).lower()}@{_ascii_domain(domain)}"


@lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str:
    """A domain in punycode; in lower case what is no domain."""
    from email_validator import EmailNotValidError, validate_email

    if domain.isascii():
        return domain.lower()
    try:
        judged = validate_email(f"a@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return domain.lower()
    return judged.ascii_domain.lower()
