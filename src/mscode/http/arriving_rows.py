"""A list of the service, decoded row by row while it arrives: neither its text nor the rows as they came are ever whole in memory.

What counts as JSON is what `response.parse_json` takes. A body that is no bare array is kept as it comes.
"""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Callable
from typing import Any

from mscode.http.response import STRICT, BadBodyError, TakenRows, TooLargeError, bad_body, check_value, is_flat

#: So many characters are collected before rows are decoded out of them.
BLOCK = 1 << 18
_SPACE = b" \t\r\n"
_FIRST = re.compile(r"[ \t\r\n]*\[[ \t\r\n]*")
_NEXT = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")


class ArrivingRows:
    """One body while it arrives; `take` makes of each row (an object of JSON) what is kept of it.

    TooLargeError where there are more than `most` rows: many short ones fit into the bytes that a list may have, and what is kept
    of each is larger.

    Once `end` was called, `rows` is what was kept, or why the body cannot be read; None of a body that is no bare array, which
    `content` then has.
    """

    def __init__(self, take: Callable[[dict[str, Any]], Any], most: float = math.inf) -> None:
        self.rows: TakenRows | BadBodyError | None = None
        self.content = b""
        self._take, self._most = take, most
        self._taken = TakenRows([])
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("strict")
        self._is_array: bool | None = None  # None: nothing but white space has come
        self._parts: list[bytes] = []
        self._texts: list[str] = []  # what has arrived behind the last row that was taken
        self._size, self._enough = 0, BLOCK
        # What makes an array of that text, once rows were taken from its beginning, and how many items of it are none of the rows.
        self._lead, self._skipped = "", 0

    def feed(self, part: bytes) -> None:
        """The next bytes of the body, decompressed."""
        if self._is_array is None:
            self._parts.append(part)
            part = b"".join(self._parts)
            bare = part.removeprefix(codecs.BOM_UTF8).lstrip(_SPACE)
            if not bare or codecs.BOM_UTF8.startswith(bare):
                return
            self._is_array = bare.startswith(b"[")
            self._parts.clear()
        if not self._is_array:
            self._parts.append(part)
        elif self.rows is None:
            try:
                self._collect(self._decoder.decode(part))
            except TooLargeError:
                raise
            except (ValueError, RecursionError) as error:
                self.rows = bad_body(error)

    def end(self) -> None:
        """The body is complete."""
        if not self._is_array:
            self.content = b"".join(self._parts)
        elif self.rows is None:
            try:
                text = "".join(self._texts) + self._decoder.decode(b"", final=True)
                self._keep(STRICT.decode(self._lead + text)[self._skipped :], text)
                self.rows = self._taken
            except TooLargeError:
                raise
            except (ValueError, RecursionError) as error:
                self.rows = bad_body(error)

    def _collect(self, text: str) -> None:
        self._texts.append(text)
        self._size += len(text)
        if self._size < self._enough:
            return
        text = "".join(self._texts)
        rest = text[self._take_whole_rows(text) :]
        self._texts, self._size = [rest], len(rest)
        # Half of a row is looked through again once there is twice as much of it, so that time stays in proportion.
        self._enough = max(BLOCK, 2 * len(rest))

    def _take_whole_rows(self, text: str) -> int:
        """Takes the rows at the beginning of a text that are complete, and says where they end."""
        end = text.rfind("}") + 1
        if not end:
            return 0
        whole = text[:end]
        try:
            rows = STRICT.decode(f"{self._lead}{whole}]")[self._skipped :]
        except ValueError:
            # The last brace stands in a text, or in a row that goes on.
            rows, end = self._one_by_one(text)
            whole = text[:end]
        if rows:
            self._keep(rows, whole)
            self._lead, self._skipped = "[0", 1
        return end

    def _one_by_one(self, text: str) -> tuple[list[Any], int]:
        rows: list[Any] = []
        end, before = 0, _NEXT if self._lead else _FIRST
        while start := before.match(text, end):
            try:
                row, at = STRICT.raw_decode(text, start.end())
            except ValueError:
                break
            if not isinstance(row, dict):
                break  # half of a number reads like a whole one
            rows.append(row)
            end, before = at, _NEXT
        return rows, end

    def _keep(self, rows: list[Any], text: str) -> None:
        check_value(rows, text, may_be_deep=not is_flat(text, len(rows)))
        self._taken.are_objects &= all(type(row) is dict for row in rows)
        if self._taken.are_objects:
            if len(self._taken.items) + len(rows) > self._most:
                raise TooLargeError(f"the list has more than {self._most:,} rows")
            self._taken.items.extend(map(self._take, rows))
