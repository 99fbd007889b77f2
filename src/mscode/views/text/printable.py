"""Text from outside, made safe to print: nothing in it can move the cursor, change colours or turn the reading direction."""

from __future__ import annotations

import re

from mscode.model.late_pattern import late_pattern

# C0, DEL and C1; zero-width and direction marks; line and paragraph separators; bidi embeddings, overrides and isolates;
# other invisible format characters; interlinear marks; lone surrogates; tag characters.
_UNSAFE = late_pattern(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    if code < 0x100:
        return _SHORT.get(char) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def is_printable(text: str) -> bool:
    """Is there nothing in the text to spell out?"""
    return (text.isascii() and text.isprintable()) or not _UNSAFE.search(text)


def escape_unprintable(text: str, limit: int = 0) -> str:
    r"""The text with control, escape and bidi characters spelled out: `\x1b`, `\u202e`, `\n`.

    With a `limit` (in characters, of the result) a longer text is cut and ends in `…`.
    """
    if limit and len(text) > limit:
        text = text[: limit + 1]
    printable = text if is_printable(text) else _UNSAFE.sub(_escape, text)
    return printable if not limit or len(printable) <= limit else f"{printable[: limit - 1]}…"
