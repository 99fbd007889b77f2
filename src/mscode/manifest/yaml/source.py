"""One file of a project as text: its bytes decoded, its lines, and places in it that quote a line without personal data."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mscode.errors import Diagnostic, ManifestError, Place
from mscode.manifest.yaml.redaction import Surroundings, masked, surroundings
from mscode.model.late_pattern import late_pattern
from mscode.model.project_file import is_test_file
from mscode.model.regions import AllowComment

MAX_BYTES = 64 * 1024 * 1024
#: A quoted line is cut to this many characters around the caret.
ECHO = 160
#: Characters of a line that are read on each side of the caret, so that whatever is masked is masked whole.
_REACH = 2000
LINE_END = late_pattern("\r\n|\r|\n")
#: C0 and C1 controls but tab and line ends, separators that some parsers take for line ends, stray BOMs, noncharacters.
FORBIDDEN = late_pattern("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def end_position(text: str) -> tuple[int, int]:
    """Line and column (from 1) right behind the last character of a text."""
    lines = LINE_END.split(text)
    return len(lines), len(lines[-1]) + 1


def problem(place: Place, summary: str, detail: str = "", hint: str = "", code: str = "yaml") -> ManifestError:
    """A ManifestError of one diagnostic."""
    return ManifestError([Diagnostic(summary, place, detail, hint, code=code)])


@dataclass
class Source:
    """One file: its path for people (relative to the project, posix) and its text."""

    file: str
    text: str
    show_people: bool = False
    #: the comments that allow a finding: line and column from 0, and the text behind `mscode:allow`
    allowing: list[tuple[int, int, str]] = field(default_factory=list)

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends. A file that ends in a line end has an empty last line."""
        return LINE_END.split(self.text)

    @cached_property
    def _around(self) -> Surroundings:
        """The headings of the file: the one above a line decides what of the line may be shown."""
        return surroundings(self.lines, self.text, is_test=is_test_file(self.file))

    @cached_property
    def _last(self) -> int:
        """The last line that is not empty (from 0)."""
        return next((at for at in range(len(self.lines) - 1, 0, -1) if self.lines[at].strip()), 0)

    def place(self, line: int, column: int) -> Place:
        """Line and column from 0, as the parser counts them; what lies behind the last line is at its end."""
        if line > self._last:
            line, column = self._last, len(self.lines[self._last].rstrip())
        column = min(column, len(self.lines[line]))
        start = max(0, column - _REACH)
        window = self.lines[line][start : column + _REACH]
        text, caret = _cut(*masked(window, column - start, line, self._around, self.show_people))
        return Place(self.file, line + 1, column + 1, text, caret)

    def name_place(self, line: int, column: int, name: str) -> Place:
        """Where an object's name stands. Only the name is quoted: it needs no masking, which would be slow for thousands."""
        text = self.lines[line]
        begin = len(text) - len(text.lstrip())
        if begin != column or not text.startswith(f"{name}:", column):
            return self.place(line, column)
        ellipsis = " …" if text[column + len(name) + 1 :].strip() else ""
        return Place(self.file, line + 1, column + 1, f"{text[:column]}{name}:{ellipsis}", column + 1)

    @cached_property
    def starts(self) -> list[int]:
        """The index in the text of the first character of each line."""
        return [0, *(end.end() for end in LINE_END.finditer(self.text))]

    def at(self, index: int) -> tuple[int, int]:
        """Line and column from 0 of a character of the text."""
        line = bisect_right(self.starts, index) - 1
        return line, index - self.starts[line]

    def allow_comments(self) -> Iterator[AllowComment]:
        """The comments that allow a finding, with the rule that each names and its reason."""
        for line, column, text in self.allowing:
            rule, _, reason = text.partition(",")
            yield AllowComment(self.place(line, column), rule.strip(), reason.strip())


def _cut(text: str, caret: int) -> tuple[str, int]:
    """At most ECHO characters around the caret (from 0); the caret comes back from 1."""
    if len(text) <= ECHO:
        return text, caret + 1
    start = max(0, min(caret - ECHO * 2 // 3, len(text) - ECHO))
    excerpt = text[start : start + ECHO]
    excerpt = f"…{excerpt[1:]}" if start else excerpt
    excerpt = f"{excerpt[:-1]}…" if start + ECHO < len(text) else excerpt
    return excerpt, caret - start + 1


def decode(raw: bytes, file: str, *, show_people: bool = False) -> Source:
    """The file's text (UTF-8, a BOM is accepted); ManifestError with the place where it is none."""
    if len(raw) > MAX_BYTES:
        raise too_large(file)
    try:
        source = Source(file, raw.decode("utf-8-sig"), show_people)
    except UnicodeDecodeError as error:
        is_utf16 = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
        detail = "It looks like UTF-16." if is_utf16 else f"The byte 0x{raw[error.start]:02x} does not fit there."
        place = Place(file, *end_position(raw[: error.start].decode("utf-8-sig", "replace")))
        raise problem(place, "The file is not UTF-8", detail, "Save it as UTF-8.", "not-utf8") from None
    if forbidden := FORBIDDEN.search(source.text):
        code = f"U+{ord(forbidden.group()):04X}"
        hint = "Remove it; in a text in double quotes it can be written as an escape."
        raise problem(
            source.place(*source.at(forbidden.start())),
            f"The character {code} is not allowed",
            "",
            hint,
            "control-character",
        )
    return source


#: Files with another content than on the disk, by their resolved paths.
_overlay: dict[Path, bytes] = {}


@contextmanager
def overlaid(files: dict[Path, bytes]) -> Iterator[None]:
    """Let these files have this content in place of their own within the block: manifests, mscode.yaml and policies are read so,
    by every thread of the process. The mapping may be added to meanwhile. Nothing is written.
    """
    global _overlay  # noqa: PLW0603 - an apply reads its files again from threads of its own, which no argument reaches
    before, _overlay = _overlay, files
    try:
        yield
    finally:
        _overlay = before


def read_bytes(path: Path, name: str) -> bytes:
    """The content of a file, `name` for people; ManifestError where it cannot be read or is larger than MAX_BYTES."""
    if _overlay and (content := _overlay.get(path.resolve())) is not None:
        return content
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise problem(Place(name), f"The file cannot be read: {error.strerror}", code="unreadable") from None
    if len(raw) > MAX_BYTES:
        raise too_large(name)
    return raw


def too_large(file: str) -> ManifestError:
    """The refusal of a file of more than MAX_BYTES."""
    return problem(Place(file), "The file is larger than 64 MiB", "", "Split it into several manifests.", "too-large")
