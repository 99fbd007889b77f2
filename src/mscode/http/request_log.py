"""What is logged of requests: a line for each sending, and one while a request is about to be repeated.

A path can hold a phone number (an account that is looked up by its number), a query a token: numbers are masked, and queries left
out. Nothing of a body, a header or an answer is logged.
"""

from __future__ import annotations

import logging
import re
import time
from urllib.parse import unquote, urlsplit

from mscode.http.response import Failure, Got
from mscode.model.privacy import mask_numbers, mask_phone

_LOG = logging.getLogger("mscode.http")
#: So many digits in a path may be somebody's number without its country. Masking a long id costs less than showing one.
_DIGITS = re.compile(r"\d{7,}+")
#: Seconds in which one reason to repeat is named once: ten threads that meet the same pause are one event to a person.
_QUIET = 2.0


def log_request(method: str, url: str, got: Got, seconds: float, attempt: int) -> None:
    """One sending at level DEBUG: method, path, status, milliseconds, and the how many-eth try of the request it was."""
    if not _LOG.isEnabledFor(logging.DEBUG):
        return
    outcome = _outcome(got) if isinstance(got, Failure) else str(got.status)
    _LOG.debug("%s %s %s %d ms, try %d", method, printable_path(url), outcome, round(seconds * 1000), attempt)


def printable_path(url: str) -> str:
    """The path of a URL without its query, numbers masked and control characters replaced."""
    text = _DIGITS.sub(lambda match: mask_phone(match[0]), mask_numbers(unquote(urlsplit(url).path) or "/"))
    return "".join(character if character.isprintable() and character != " " else "?" for character in text)


def _outcome(failure: Failure) -> str:
    if failure.stopped:
        return "stopped"
    return "no-answer" if failure.sent else "no-connection"


class RetryLog:
    """Names a repeat at level WARNING, which is always shown: the person sees why nothing seems to happen."""

    def __init__(self) -> None:
        self._reason, self._said = "", float("-inf")

    def say(self, request: str, reason: str, wait: float, attempt: int) -> None:
        """`request` names it with method and path; `wait` are the seconds until the try number `attempt`."""
        now = time.monotonic()
        if reason == self._reason and now - self._said < max(_QUIET, wait):
            return
        self._reason, self._said = reason, now
        text = f"{request}: {reason}; trying again in {max(1, round(wait))} s (try {attempt})..."
        _LOG.warning("%s", mask_numbers(text))
