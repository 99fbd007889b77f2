"""Whatever comes from outside is handled in time that grows with its size, not with the square of it.

Every regular expression of the sources is found by itself, and fed with texts that are made to its measure: one that is new
is tried without anybody writing a case. What loops over outside text without one is in a table of its own.
"""

from __future__ import annotations

import ast
import gc
import importlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import mscode
from mscode.errors import ManifestError, StateError
from mscode.http.error_text import ErrorText
from mscode.http.response import BadBodyError, Response, parse_json
from mscode.manifest.format.fmt import Formatted, difference, formatted, manifest_shape
from mscode.manifest.yaml.redaction import mask_text, masked, surroundings
from mscode.manifest.yaml.tree import parse_all
from mscode.model.address import Address
from mscode.model.globs import glob_pattern, path_glob
from mscode.model.nearest import nearest
from mscode.model.privacy import Masker, hide_secrets, mask_numbers
from mscode.model.secret_spellings import readings
from mscode.model.world import Entry
from mscode.plan.checks.spoken_keys import mentions
from mscode.plan.checks.spoken_numbers import misreadings
from mscode.state.document import StateDocument, read_document, to_text
from mscode.state.memory import MemoryBackend
from mscode.state.records.memory import MemoryRecords
from mscode.state.records.people import position_of
from mscode.state.records.shape import Decision
from mscode.state.records.store import RecordStore
from mscode.state.records.verify import verify
from mscode.state.store import StateStore
from mscode.views.console import without_commands
from mscode.views.plan.scalars import quote
from mscode.views.plan.word_diff import word_diff
from mscode.views.text.printable import escape_unprintable

SOURCES = Path(mscode.__file__).parent
METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
#: Of a text four times as long the time may be so many times as much, before it is taken for more than linear.
MOST = 9.0
#: Less CPU time than this says nothing.
TOO_SHORT_TO_TELL = 0.03


class Pattern(NamedTuple):
    """A pattern of the sources, and the methods that are called on it."""

    where: str
    regex: re.Pattern[str]
    methods: frozenset[str]


#: Patterns that are made when they are used, by file and function: what makes them is tried in the table below, or by its users.
MADE = {
    "api/client.py:__init__",  # of the kinds' own paths
    "kinds/fields/e164.py:_plan_of",  # of the numbering plans' metadata, for texts of at most fifteen digits
    "kinds/fields/e164.py:_ranges",
    "manifest/export/secrets.py:written",  # of the secrets' own texts
    "manifest/format/grouping.py:plain",  # of a key's own text
    "manifest/yaml/parser.py:_words",  # for the parsers' own sentences
    "manifest/yaml/written.py:_pass",  # for the 24 characters behind a reference
    "model/globs.py:_compiled",
    "model/late_pattern.py:__getattr__",  # of the patterns of modules, which are tried by their own names
    "plan/checks/number_types.py:_screen",  # of the numbering plans' metadata, for numbers in E.164
    "plan/people/number_zones.py:_plan_of_main_country",  # of the numbering plans' metadata, for numbers in E.164
    "plan/checks/spoken_keys.py:_grammar",  # of the words of a language
    "plan/checks/spoken_keys.py:_stems",
    "plan/checks/spoken_numbers.py:_abbreviation_pattern",
    "plan/checks/spoken_numbers.py:_amount_pattern",
    "sandbox/faults.py:_pattern",  # of the faults' file, which belongs to whoever starts the emulator
    "state/shape.py:check",
}


#: What a file holds that uses a pattern. Every worker of the tests looks for patterns, and most files have none to be parsed for.
_A_USE = re.compile(rf"\.({'|'.join(METHODS)}|compile)\b")


@cache
def _trees() -> dict[str, ast.Module]:
    """The files that use patterns, by their path in the package."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(SOURCES.rglob("*.py"))}
    return {
        path.relative_to(SOURCES).as_posix(): ast.parse(text) for path, text in texts.items() if _A_USE.search(text)
    }


def _patterns() -> Iterator[Pattern]:
    used = _uses()
    for name, tree in _trees().items():
        module: Any = None
        for scope, node in _calls(tree):
            target = _assigned(tree, node) if scope == "" else ""
            if target:
                module = module or importlib.import_module(_module(name))
                yield Pattern(f"{name}:{target}", getattr(module, target), used.get(target, frozenset({"match"})))
                continue
            method = node.func.attr if isinstance(node.func, ast.Attribute) else "compile"
            flags = _value(node.args[1]) if method == "compile" and len(node.args) > 1 else 0
            text = _value(node.args[0])
            if isinstance(text, str | bytes):
                regex = re.compile(
                    text.decode() if isinstance(text, bytes) else text, flags if isinstance(flags, int) else 0
                )
                methods = frozenset({"search" if method == "compile" else method})
                yield Pattern(f"{name}:{scope}:{node.lineno}", regex, methods)
            else:
                yield Pattern(f"{name}:{scope}", re.compile("made when it is used"), frozenset())


def _module(name: str) -> str:
    return "mscode." + name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def _calls(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    """Calls of `re`'s own functions, each with the function that it stands in; "" for none."""
    found: list[tuple[str, ast.Call]] = []
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        node, scope = waiting.pop()
        if isinstance(node, ast.Call) and _makes_a_pattern(node.func):
            found.append((scope, node))
        inner = node.name if isinstance(node, ast.FunctionDef) else scope
        waiting.extend((child, inner) for child in ast.iter_child_nodes(node))
    return sorted(found, key=lambda pair: (pair[1].lineno, pair[1].col_offset))


def _makes_a_pattern(function: ast.expr) -> bool:
    """Is it one of `re`'s own functions, or `late_pattern`, which compiles when its pattern is used?"""
    if isinstance(function, ast.Name):
        return function.id == "late_pattern"
    is_of_re = (
        isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "re"
    )
    return is_of_re and function.attr in (*METHODS, "compile")


def _assigned(tree: ast.Module, call: ast.Call) -> str:
    for node in tree.body:
        if not isinstance(node, ast.Assign):
            continue
        if node.value is call and isinstance(node.targets[0], ast.Name):
            return node.targets[0].id
        if isinstance(node.value, ast.Tuple) and isinstance(node.targets[0], ast.Tuple):
            for target, value in zip(node.targets[0].elts, node.value.elts, strict=True):
                if value is call and isinstance(target, ast.Name):
                    return target.id
    return ""


def _value(node: ast.expr) -> Any:
    try:
        return eval(compile(ast.Expression(node), "", "eval"), {"re": re, "__builtins__": {}})
    except Exception:
        return None


def _uses() -> dict[str, frozenset[str]]:
    """The methods that are called on each name, wherever in the sources."""
    found: dict[str, set[str]] = {}
    for tree in _trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
                of = node.func.value
                name = of.id if isinstance(of, ast.Name) else of.attr if isinstance(of, ast.Attribute) else ""
                found.setdefault(name, set()).add(node.func.attr)
    return {name: frozenset(methods) for name, methods in found.items()}


PATTERNS = list(_patterns())


def _attacks(regex: re.Pattern[str]) -> Iterator[str]:
    """Pieces that, repeated, make it begin again and again: characters, and what stands literally in the pattern."""
    text = regex.pattern if isinstance(regex.pattern, str) else regex.pattern.decode()
    words = sorted({word for word in re.findall(r"[A-Za-z]{2,}|[^\w\s\\()\[\]{}?*+|^$.]+", text) if len(word) < 20})[
        :24
    ]
    yield from "aA01 \n_-.:/@#%&<\"'\\+([{$,"
    yield from [
        "a.",
        "a@",
        "1.",
        "1 ",
        "0-",
        "1:",
        "a ",
        ' "',
        "\\u0041",
        "%41",
        "&a;",
        "::",
        "//",
        "a=",
        "1,",
        "a\n",
        "\n ",
        "${",
        "://",
        "<a",
    ]
    yield from words
    yield from (f"{word} " for word in words)
    yield from (f"{word}1" for word in words)


def _seconds(call: Callable[[], object]) -> float:
    """CPU seconds of this thread alone. The garbage collector, whose full rounds walk the whole heap of the tests, is off."""
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        began = time.thread_time()
        call()
        return time.thread_time() - began
    finally:
        if is_enabled:
            gc.enable()


def _is_linear(read: Callable[[int], object], size: int, least: float) -> bool:
    """Does it take no more than in proportion? On a machine that is busy with something else it is asked again."""
    for _ in range(6):
        large = _seconds(lambda: read(size))
        if large < least or large < MOST * _seconds(lambda: read(size // 4)):
            return True
    return False


def _all_of(regex: re.Pattern[str], method: str, text: str) -> None:
    given: Any = text if isinstance(regex.pattern, str) else text.encode()
    if method in ("sub", "subn"):
        regex.sub(lambda found: found[0], given)
    elif method == "finditer":
        for _ in regex.finditer(given):
            pass
    else:
        getattr(regex, method)(given)


@pytest.mark.parametrize("pattern", PATTERNS, ids=[one.where for one in PATTERNS])
def test_a_pattern_reads_a_text_once(pattern: Pattern) -> None:
    if not pattern.methods:
        assert pattern.where in MADE, "a pattern that is made when it is used needs a case here"
        return
    for piece in _attacks(pattern.regex):
        for end in ("", "\x00"):
            for method in pattern.methods:
                for size in (2_000, 20_000):

                    def read(length: int, piece: str = piece, end: str = end, method: str = method) -> None:
                        _all_of(pattern.regex, method, piece * (length // len(piece)) + end)

                    assert _is_linear(read, size, TOO_SHORT_TO_TELL), (method, piece, size)


TOKEN = "sk_live-AbC/123+xyz=Q9"
#: What is repeated for a text: the worst cases that are known, and ordinary ones.
PIECES = [
    "a", "0", "0 ", "+", "@", "a@", "%41", "\\u0041", "&", "&#48;", "040 ", "1.", "10.", "f1", "(", "+358 ", '"note":"', "<",
    "<script ", "<a", "token", "token ", "://a@", "?key=a&", "phone ", "Anna ", " ", "\n", "\u00ad", "sk_live",
    "Hello, it is 10:00 on 1.12.2026. ",
]  # fmt: skip
MASK = Masker(["Anna", "Anna Virta", "+358401230001"], [TOKEN])


def _place(text: str) -> object:
    lines = ["accounts:", f"  a: {{note: {text}}}", f"  b: [{text}]"]
    around = surroundings(lines, "\n".join(lines))
    return [masked(line, 0, at, around, False) for at, line in enumerate(lines)]


def _yaml(text: str) -> object:
    return parse_all(f"a: {json.dumps(text)}\nb: {text.strip()}\n".encode(), "a.yaml")


def _json(text: str) -> object:
    try:
        return parse_json(text.encode("utf-8", "replace"))
    except BadBodyError:
        return None


#: What loops over a text from outside.
READERS: dict[str, Callable[[str], object]] = {
    "mask of numbers": mask_numbers,
    "mask of messages": mask_text,
    "mask of people": MASK,
    "mask of secrets": lambda text: hide_secrets(
        text, [TOKEN, "correct-horse-battery", "https://x.example/r?key=abcdefgh"]
    ),
    "readings": lambda text: list(readings(text)),
    "an echoed line": _place,
    "the service's words": lambda text: ErrorText(TOKEN, MASK).of(
        Response(500, {"content-type": "text/html"}, text.encode())
    ),
    "the service's words in JSON": lambda text: ErrorText(TOKEN, MASK).of(
        Response(400, {}, json.dumps({"message": text}).encode())
    ),
    "a body": _json,
    "a body of lists": lambda text: _json(f"[{','.join('[]' for _ in range(len(text) // 3))}]"),
    "a body that is deep": lambda text: _json("[" * len(text)),
    "YAML": lambda text: _yaml(text[:60_000]),
    "a word diff": lambda text: word_diff(text, f"x{text[::-1]}"),
    "quoting": quote,
    "what can be seen": escape_unprintable,
    "commands of a CI": without_commands,
    "a mistyped word": lambda text: nearest(text, [text[:80], "donors"]),
    "a glob": lambda text: glob_pattern("*a*b*a*c*?*x").fullmatch(text),
    # The rules of spoken texts read 20,000 characters and no more, so that a tenth of each text is what grows here.
    "keys that a text names": lambda text: [
        mentions(text[: len(text) // 10], language) for language in ("en", "fi", "de")
    ],
    "numbers in a text": lambda text: [
        misreadings(text[: len(text) // 10], language) for language in ("en", "fi", "de")
    ],
    "a glob of paths": lambda text: path_glob("**/*a*b*/**/a/**/*c.yaml").matches(text),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_takes_time_in_proportion(reader: str) -> None:
    for piece in PIECES:

        def read(length: int, piece: str = piece) -> None:
            READERS[reader](piece * (length // len(piece)))

        assert _is_linear(read, 200_000, 5 * TOO_SHORT_TO_TELL), piece


def test_a_glob_of_many_stars_is_no_riddle() -> None:
    assert _seconds(lambda: glob_pattern("*a" * 40 + "b").fullmatch("a" * 5_000)) < 2
    assert _seconds(lambda: path_glob("**/*a" * 20 + "/b").matches("a/" * 2_000 + "c")) < 2
    assert _seconds(lambda: path_glob("**/*a/" * 20 + "b").matches("a/" * 2_000 + "c")) < 2


def test_ten_megabytes_of_one_word_are_answered_in_seconds() -> None:
    words = ErrorText(TOKEN, MASK)
    for content in (
        b"a" * 10_000_000,
        b"9" * 10_000_000,
        b"<" * 10_000_000,
        json.dumps("0401230001 " * 900_000).encode(),
    ):
        assert _seconds(lambda content=content: words.of(Response(500, {}, content))) < 5


def test_a_number_that_a_cut_runs_through_is_not_shown() -> None:
    for before in range(65_240, 65_290):
        page = b"<b>" + b" " * before + b"+358401230001 x" + b"y" * 90_000
        said = ErrorText(TOKEN, MASK).of(Response(500, {"content-type": "text/html"}, page))
        assert "35840123" not in said


def test_a_long_manifest_is_laid_out_and_compared_in_proportion() -> None:
    def work(count: int) -> None:
        text = "apiVersion: mscode/v1\ngroups:\n" + "".join(
            f"  g{at}:\n      description: |\n          line\n\n          more\n" for at in range(count)
        )
        try:
            after = formatted(text.encode(), "a.yaml", manifest_shape())
        except ManifestError:
            raise AssertionError("it is well-formed") from None
        list(difference(Formatted(SOURCES, "a.yaml", text.encode(), after)))

    assert _is_linear(work, 2_000, least=0.1)


def _state(rows: int) -> bytes:
    document = StateDocument("drive", "test", "sandbox:")
    for at in range(rows):
        address = Address("groups", f"g{at}")
        document.entries[address] = Entry(address, str(at), applied={"name": "Donors"}, superseded=("1", "2"))
    return to_text(document).encode()


@pytest.mark.parametrize(
    "damage", [(b"", b""), (b'"origin": "created"', b'"origin": 1'), (b'"id"', b'"ID"'), (b"}\n", b"},\n")], ids=repr
)
def test_a_state_is_read_in_proportion_sound_or_not(damage: tuple[bytes, bytes]) -> None:
    def work(rows: int) -> None:
        with suppress(StateError):
            read_document(contents[rows], "state.json")

    contents = {rows: _state(rows).replace(*damage) for rows in (5_000, 20_000)}
    assert _is_linear(work, 20_000, least=0.1)


@cache
def _records(count: int) -> Mapping[str, bytes]:
    """So many decisions in a chain."""
    records = MemoryRecords()
    store = RecordStore.open(records, StateStore.open(MemoryBackend().storage(), "drive", "test", "sandbox:"))
    for at in range(count):
        store.write_decision(Decision(at="2026-12-01T09:00:00Z", id=str(at), who="anna", action="override"))
    return records.documents


@pytest.mark.parametrize("damage", [(b"", b""), (b'"who":"anna"', b'"who":"eero"'), (b'{"n":', b'{"n":9')], ids=repr)
def test_records_are_verified_in_proportion_sound_or_not(damage: tuple[bytes, bytes]) -> None:
    kept = {500: MemoryRecords(), 2_000: MemoryRecords()}
    for count, records in kept.items():
        records.documents |= {name: content.replace(*damage) for name, content in _records(count).items()}
    assert _is_linear(lambda count: verify(kept[count], None), 2_000, least=0.1)


def test_people_are_searched_in_proportion() -> None:
    """A file of erased leaves that look like the hash everywhere, and nowhere are it."""
    assert _is_linear(lambda size: position_of((b"\1" + b"\0" * 24) * size, b"\0" * 16), 40_000, least=0.1)
