"""One kind, one file: outside of `kinds/` nothing names a section and nothing forks on what a kind is.

What others must know of a kind they ask of it (`model/kind.py`); what becomes of its objects is decided by the lifecycles,
`plan/lifecycle/` and `engine/lifecycle/`. The sandbox is a reading of the API of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import mscode
from mscode.kinds import KINDS

ROOT = Path(mscode.__file__).parent
#: Where a kind may be named, or its lifecycle be looked at.
HOME = ("kinds/", "sandbox/")
LIFECYCLES = ("plan/lifecycle/", "engine/lifecycle/", "model/kind.py")

#: Words that a section shares with something else, by file: none of these means the section.
WORDS = {
    "app/emulator_seed.py": {"accounts"},  # the member of the emulator's seed that a CSV file fills
    "app/rehearsal/forecasts_json.py": {"calls"},  # a member of a rehearsal's JSON
    "app/rehearsal/rehearse.py": {"calls"},  # the same
    "engine/lifecycle/account_list.py": {"accounts"},  # the unit that is counted in front of people
    "manifest/export/objects.py": {"accounts"},  # the source of that name in a group's `members:`
    "manifest/load/cross_checks.py": {"accounts"},  # the same
    "model/service_json.py": {"accounts", "filters"},  # words of the API's paths
    "model/service_numbers.py": {"filters"},  # the member of that name, which is for the client alone
    "views/live/metrics.py": {"calls"},  # the name of a metric
    "views/plan/list_rows.py": {"accounts"},  # the label of a row in front of people
    "views/plan/plan_text.py": {"calls"},  # the same
    "views/rehearsal/rehearsal_markdown.py": {"calls"},  # a member of a rehearsal's JSON, and the label of its row
    "views/rehearsal/rehearsal_text.py": {"calls"},  # the same
    "views/rehearsal/words.py": {"calls"},  # the same
}
#: Classes of `model/kind.py` that say what a kind is; whoever looks for one of them forks on it.
NATURES = {"ResourceLifecycle", "CampaignLifecycle", "MessageLifecycle", "AccountListLifecycle"}
#: The two tables from a lifecycle's name to what decides and what carries out.
TABLES = ("plan/planner.py", "engine/apply/steps.py")


@cache
def _trees() -> dict[str, ast.Module]:
    paths = sorted(ROOT.rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def _sources(*excepted: str) -> Iterator[tuple[str, ast.Module]]:
    return ((name, tree) for name, tree in _trees().items() if not name.startswith(excepted))


def _named_sections(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Literals that are a section, and f-strings that begin with one."""
    begins = re.compile(rf"({'|'.join(KINDS)})(\.| id\b)")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in KINDS:
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr) and node.values:
            first = node.values[0]
            if isinstance(first, ast.Constant) and (found := begins.match(str(first.value))):
                yield node.lineno, found[1]


def test_no_section_is_named() -> None:
    named = [
        f"{name}:{line} {section}"
        for name, tree in _sources(*HOME)
        for line, section in _named_sections(tree)
        if section not in WORDS.get(name, ())
    ]
    assert named == []


def test_every_excepted_word_is_still_there() -> None:
    there = {name: {section for _, section in _named_sections(tree)} for name, tree in _sources(*HOME)}
    assert {name: words & there.get(name, set()) for name, words in WORDS.items()} == WORDS


def test_nothing_asks_which_lifecycle_a_kind_has() -> None:
    """A kind answers what others ask: whether it reaches people, can be halted, goes out once."""
    forks = [
        f"{name}:{node.lineno} {node.id}"
        for name, tree in _sources(*HOME, *LIFECYCLES)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in NATURES
    ]
    assert forks == []


def test_a_lifecycle_s_name_is_the_key_of_two_tables_alone() -> None:
    """Elsewhere but in the lifecycles themselves nothing compares it."""
    asked = [
        f"{name}:{node.lineno}"
        for name, tree in _sources(*HOME, *LIFECYCLES, *TABLES)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "name" and ast.unparse(node).endswith("lifecycle.name")
    ]
    assert asked == []


def test_a_kind_s_own_file_is_imported_by_the_registry_alone() -> None:
    """Beside it by the lifecycle that sends members of a group in the forms of `kinds/groups.py`."""
    own = {f"mscode.kinds.{path.stem}" for path in (ROOT / "kinds").glob("*.py")} - {"mscode.kinds.__init__"}
    importing = {
        name
        for name, tree in _sources(*HOME)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in own
    }
    assert importing == {"engine/lifecycle/resource.py"}
