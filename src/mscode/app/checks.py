"""The rules of this version, as a project has set them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.invocation import Invocation
from mscode.errors import UsageError
from mscode.model.light_dataclass import dataclass
from mscode.model.nearest import nearest
from mscode.model.project_file import FILE

if TYPE_CHECKING:
    from mscode.plan.checks.rule import Level, Rule


@dataclass(frozen=True, slots=True)
class ListedRule:
    """A rule with the level and value that hold in a project; `reason` is the project's own."""

    rule: Rule
    level: Level
    value: str
    reason: str = ""


def list_checks(inv: Invocation, directory: Path, rule_id: str = "") -> list[ListedRule]:
    """Every rule, or the one of an id; UsageError where there is none. Without a project the rules' own levels hold."""
    from mscode.manifest.project.file import load_project
    from mscode.model.world import CheckSetting
    from mscode.plan.checks.judge import level_of
    from mscode.plan.checks.rule import rules

    known = rules()
    if rule_id and rule_id not in known:
        similar = nearest(rule_id, known)
        hint = f'Did you mean "{similar[0]}"?' if similar else "`mscode checks` lists the ids."
        raise UsageError(f'There is no rule "{rule_id}"', hint=hint)
    is_project = (directory / FILE).is_file()
    settings = load_project(directory, inv.typed_command).check_settings() if is_project else {}
    listed = []
    for rule in [known[rule_id]] if rule_id else known.values():
        level, setting = level_of(rule, settings.get(rule.id, CheckSetting()))
        listed.append(ListedRule(rule, level, setting.value or rule.value, setting.reason))
    return listed
