"""What is checked of `mscode.yaml` beyond its types, each with its own place: names, paths, globs, guards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from mscode.errors import Diagnostic
from mscode.manifest.project.file import (
    CHANCES,
    ENVIRONMENT_NAME,
    FORMS,
    GUARDS,
    NUMBERS,
    PATH_SETTINGS,
    SHARES,
    SWITCHES,
    VARIABLE,
    GuardRule,
    known_paths,
)
from mscode.manifest.project.guards import check_form, takes_action
from mscode.manifest.project.state_settings import check_state
from mscode.manifest.project.variables import variable_checks
from mscode.manifest.yaml.tree import Node, key_node
from mscode.model.late_pattern import late_pattern
from mscode.model.nearest import did_you_mean
from mscode.model.project_file import EMBEDDED
from mscode.model.shares import share_of

_PATH = late_pattern(r"/[\w/{}.-]*\Z", re.ASCII)


def checks(root: Node) -> list[Diagnostic]:
    """Every error that types do not show. It reads the nodes, so that it is reported together with wrong types."""
    return [
        *_environments(root),
        *guard_checks(root),
        *_rules(root),
        *_globs(root),
        *variable_checks(root),
        *_readable(root),
    ]


def _error(node: Node, summary: str, hint: str = "", code: str = "bad-value") -> Diagnostic:
    return Diagnostic(summary, node.place, "", hint, code=code)


def _members(node: Node | None) -> Iterator[tuple[str, Node, Node]]:
    """(key, the key's node, the value's node) of a mapping; nothing of anything else."""
    if node is not None and isinstance(node.value, dict):
        yield from ((key, key_node(node, key), child) for key, child in node.value.items())


def _text(node: Node | None) -> str | None:
    value: Any = node.data() if node is not None else None
    return value if isinstance(value, str) else None


def _environments(root: Node) -> Iterator[Diagnostic]:
    environments = root.get("environments")
    for name, at, environment in _members(environments):
        if not ENVIRONMENT_NAME.match(name):
            summary = f'"{name}" cannot be the name of an environment'
            yield _error(at, summary, "Use letters, digits, - and _.", "bad-name")
        yield from _url(environment)
        yield from _paths(environment)
        yield from check_state(environment.get("state"))
    names = [name for name, _, _ in _members(environments)]
    default, node = _text(root.get("defaultEnvironment")), root.get("defaultEnvironment")
    if node is not None and default is not None and default not in names:
        hint = did_you_mean(default, names) or f"Known: {', '.join(names) or 'none'}."
        summary = f'defaultEnvironment: "{default}" is not among the environments'
        yield _error(node, summary, hint, "unknown-environment")


def _url(environment: Node) -> Iterator[Diagnostic]:
    node = environment.get("url")
    url = _text(node)
    if node is not None and url is not None and url != EMBEDDED and not re.match(r"https?://[^/\s]", url):
        hint = 'Write one like https://api.example.com/v1, or "sandbox:" for the embedded emulator.'
        yield _error(node, "url: is not a URL", hint)


def _paths(environment: Node) -> Iterator[Diagnostic]:
    defaults = known_paths()
    for name, key in PATH_SETTINGS.items():
        node, default = environment.get(name), defaults[key]
        path = _text(node)
        if node is None or path is None:
            continue
        if not _PATH.match(path) or ".." in path or not _same_places(path, default):
            yield _error(node, f"{name}: must be a path like {default}")


def _same_places(path: str, default: str) -> bool:
    """A path takes what its default takes: `{id}` stands in both or in neither."""
    return sorted(re.findall(r"\{[^{}]*\}", path)) == sorted(re.findall(r"\{[^{}]*\}", default))


def guard_checks(root: Node, known: Sequence[str] = GUARDS, owner: str = "this version") -> Iterator[Diagnostic]:
    """What is wrong with `guards:` of a file whose `owner` has the guards `known`."""
    for name, at, node in _members(root.get("guards")):
        if name not in known:
            hint = did_you_mean(name, known) or f"Known: {', '.join(known)}."
            yield _error(at, f'guards: "{name}" is not a guard of {owner}', hint, "unknown-guard")
            continue
        yield from _form(name, node)
        yield from _long_form(name, node)
        value = node.get("value") or (at if isinstance(node.value, dict) else node)
        text = _text(value) if value is not at else ""
        if name in NUMBERS and not re.match(r"[0-9]{1,9}\Z", text or ""):
            yield _error(value, f"guards: {name} must be a whole number")
        is_switch = isinstance(node.value, dict) and bool(node.value) and set(node.value) <= {"level", "reason"}
        if name in SWITCHES and not is_switch:
            yield _error(
                node, f"guards: {name} has no limit; it takes {{level: warn}} or {{level: deny}}, and a reason"
            )
        if name in SHARES and not re.match(r"[0-9]{1,9}\Z|[0-9]{1,3}%\Z", text or ""):
            yield _error(value, f'guards: {name} must be a whole number or a share like "20%"')
        if name in CHANCES and not _is_share(text):
            yield _error(value, f'guards: {name} must be a share like "80%"')


def _is_share(text: str | None) -> bool:
    try:
        return text is not None and share_of(text) >= 0
    except ValueError:
        return False


def _long_form(name: str, node: Node) -> Iterator[Diagnostic]:
    """The keys of a guard in its long form, which holds a `value` or an `action`."""
    keys = node.value if isinstance(node.value, dict) else {}
    if "value" not in keys and "action" not in keys:
        return
    known = {*GuardRule.model_fields} - (set() if takes_action(name) else {"action"})
    for key in keys:
        if key not in known:
            hint = did_you_mean(key, known) or f"Known: {', '.join(sorted(known))}."
            yield _error(key_node(node, key), f'guards: {name} does not take "{key[:100]}"', hint, "unknown-field")


def _form(name: str, node: Node) -> Iterator[Diagnostic]:
    """Guards that are more than a number, short or with level and reason."""
    if name not in FORMS:
        return
    value = node.get("value") or node
    try:
        check_form(name, value.data())
    except ValueError as error:
        yield _error(value, str(error))


#: Forms of a rule's value, and how they are said.
_VALUES = {
    "number": (re.compile(r"\A[0-9]{1,9}\Z"), "a whole number"),
    "share": (re.compile(r"\A(?:[0-9]{1,9}|[0-9]{1,3}%)\Z"), 'a whole number or a share like "50%"'),
    "text": (re.compile(r"\S"), "a text"),
}


def _rules(root: Node) -> Iterator[Diagnostic]:
    """`checks:`: ids that exist, and values of the form that the rule takes."""
    entries = list(_members(root.get("checks")))
    if not entries:
        return
    from mscode.plan.checks.rule import rules

    known = rules()
    for name, at, node in entries:
        if name not in known:
            hint = did_you_mean(name, known) or "`mscode checks` lists the ids."
            yield _error(at, f'checks: "{name}" is no rule', hint, "unknown-check")
            continue
        value = node.get("value")
        if value is None:
            if known[name].form and not known[name].value and (node.get("level") or node).value in ("deny", "warn"):
                hint = f"Write it like {name}: {{level: warn, value: …}}."
                yield _error(
                    node, f"checks: {name} finds nothing without a value, {_VALUES[known[name].form][1]}", hint
                )
            continue
        if not known[name].form:
            yield _error(value, f"checks: {name} has no value; it takes a level and a reason")
        elif not _VALUES[known[name].form][0].search(_text(value) or ""):
            yield _error(value, f"checks: the value of {name} must be {_VALUES[known[name].form][1]}")


def _globs(root: Node) -> Iterator[Diagnostic]:
    globs = root.get("manifests")
    for node in globs.value if globs is not None and isinstance(globs.value, list) else ():
        glob = _text(node) or ""
        if glob.startswith("/") or ".." in glob.split("/"):
            hint = "Globs are relative to mscode.yaml, like campaigns/*.yaml."
            yield _error(node, "manifests: a glob must stay inside the project", hint)


def _readable(root: Node) -> Iterator[Diagnostic]:
    """Names that `${env.NAME}` may read; what holds a token is not for manifests."""
    tokens = {"MSCODE_TOKEN"}
    for _, _, environment in _members(root.get("environments")):
        tokens.add(_text(environment.get("token", "env")) or "")
    listed = root.get("envVars")
    for node in listed.value if listed is not None and isinstance(listed.value, list) else ():
        name = _text(node)
        if name is not None and not VARIABLE.match(name):
            yield _error(node, "envVars: must be names of environment variables, like [CITY]")
        elif name in tokens:
            yield _error(node, f"envVars: {name} holds a token, and no manifest may read it", "Remove it.")
