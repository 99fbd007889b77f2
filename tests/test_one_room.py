"""Each rule is decided in one place that the others call (docs/development.md), where a look at the code can tell."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path

import mscode

ROOT = Path(mscode.__file__).parent


@cache
def _trees() -> dict[str, ast.Module]:
    paths = sorted(ROOT.rglob("*.py"))
    trees = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}
    return {name: tree for name, tree in trees.items() if not name.startswith("sandbox/")}


def _files_with(is_one: Callable[[ast.AST], bool]) -> set[str]:
    return {name for name, tree in _trees().items() if any(is_one(node) for node in ast.walk(tree))}


def _literal(text: str) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Constant) and node.value == text


def _compares_owner(node: ast.AST) -> bool:
    """A comparison with the project or the environment that a marker names."""
    if not isinstance(node, ast.Compare):
        return False
    return any(
        isinstance(part, ast.Attribute)
        and part.attr in ("project", "environment")
        and "marker" in ast.unparse(part.value).lower()
        for part in ast.walk(node)
    )


def test_whose_a_marker_is_is_decided_by_it_alone() -> None:
    assert _files_with(_compares_owner) == set()


def test_a_comparison_of_owners_would_be_seen() -> None:
    compared = ast.parse("(marker.project, marker.environment) == (project, environment)")
    assert any(map(_compares_owner, ast.walk(compared)))


def test_whether_it_is_ci_is_asked_in_one_place() -> None:
    assert _files_with(_literal("CI")) == {"model/ci.py"}


def _says_how_to_install(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and "pip install" in str(node.value)


def test_how_an_extra_is_installed_is_said_in_one_place() -> None:
    assert _files_with(_says_how_to_install) == {"model/extras.py"}


def _chooses_a_plural(node: ast.AST) -> bool:
    """`"1 person" if …`, `'s' if …`: a noun that depends on a number."""
    if not isinstance(node, ast.IfExp):
        return False
    sides = [side.value for side in (node.body, node.orelse) if isinstance(side, ast.Constant)]
    return any(side in ("s", "people") for side in sides) or any(str(side).startswith("1 ") for side in sides)


def test_one_person_and_two_people_are_said_in_one_place() -> None:
    assert _files_with(_chooses_a_plural) <= {"cli/base.py", "views/ci/ending.py"}, "use model.plurals.count"


def test_an_accepted_halt_has_one_spelling() -> None:
    assert _files_with(_literal("halt-by-a-person")) == {"plan/lifecycle/operator_halt.py"}


def test_the_do_not_call_list_is_read_by_its_guard() -> None:
    """Beside it stand the settings of mscode.yaml that may be written in a form of their own, and how its file is read."""
    assert _files_with(_literal("doNotCall")) == {
        "plan/guards/do_not_call.py",
        "manifest/project/file.py",
        "manifest/project/guards.py",
    }


def _encodes(node: ast.AST) -> bool:
    """`kind.encode(…)`, and not the `encode` of a text."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "encode"):
        return False
    return ast.unparse(node.func.value).rpartition(".")[2].endswith("kind")


def test_the_body_of_a_campaign_s_put_is_made_in_one_place() -> None:
    """The others make bodies of what is no campaign (resources, rows, messages, a voice file that stands in), or the whole of what
    a create has made; the fork of a rehearsal goes to nobody."""
    assert _files_with(_encodes) <= {
        "app/rehearsal/fork.py",
        "engine/campaign_body.py",
        "engine/create/protocol.py",
        "engine/halting.py",
        "engine/lifecycle/account_list.py",
        "engine/lifecycle/message.py",
        "engine/lifecycle/resource.py",
    }
    halting = [ast.unparse(node) for node in ast.walk(_trees()["engine/halting.py"]) if _encodes(node)]
    assert len(halting) == 1
    assert "STAND_IN" in halting[0]
    assert _files_with(_called("campaign_body")) == {"engine/halting.py", "engine/lifecycle/campaign.py"}


def _called(name: str) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _makes_a_durable_record(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith("DurableRecord")


def test_a_durable_record_is_made_where_it_is_written() -> None:
    assert _files_with(_makes_a_durable_record) == {"state/records/store.py"}


def _prints_json_as_another_document(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("document", "result")
        and "json.dumps" in ast.unparse(node)
    )


def test_json_is_printed_in_one_way() -> None:
    """`Out.json` keeps the data, and gives a CI's runner no command."""
    assert _files_with(_prints_json_as_another_document) == set()
    assert any(map(_prints_json_as_another_document, ast.walk(ast.parse("out.document(json.dumps(data, indent=2))"))))


def test_what_is_this_machine_is_said_in_one_place() -> None:
    def is_named_so(node: ast.AST) -> bool:
        return isinstance(node, ast.FunctionDef) and "loopback" in node.name

    assert _files_with(is_named_so) == {"model/loopback.py"}
    assert _files_with(_literal("::1")) == set()
