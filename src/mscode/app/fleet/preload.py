"""Loads what the commands of a fleet need in a project's process.

The fork server imports this module once, and every process that it forks has all of it. Nothing here reads a project or keeps
anything of one.
"""

from __future__ import annotations

from importlib import import_module

from mscode.manifest.project.file import ProjectFile
from mscode.manifest.yaml.tree import parse
from mscode.model.kind import registry
from mscode.plan.checks.rule import rules
from mscode.plan.people.number_zones import zones_of

_MODULES = (
    "wcmatch.fnmatch",
    "mscode.api.client",
    "mscode.app.apply",
    "mscode.app.fleet.planning",
    "mscode.app.git.revision",
    "mscode.app.plan",
    "mscode.app.plan_file",
    "mscode.app.plan_inputs",
    "mscode.app.saved_plan",
    "mscode.app.validate",
    "mscode.app.validation_report",
    "mscode.engine.apply.run",
    "mscode.engine.apply.steps",
    "mscode.engine.session",
    "mscode.forge.ci_job",
    "mscode.http.transport",
    "mscode.http.url",
    "mscode.manifest.load.loader",
    "mscode.manifest.project.checks",
    "mscode.manifest.project.file",
    "mscode.plan.guards.min_chance",
    "mscode.sandbox.profile",
    "mscode.state.local.backend",
    "mscode.state.records.local",
    "mscode.state.records.store",
    "mscode.views.fleet.plan_json",
    "mscode.views.plan.plan_json",
    "mscode.views.plan.plan_text",
    "mscode.views.plan.saved_shape",
)
for name in _MODULES:
    import_module(name)

# What these load at their first call: the kinds and their models, the rules, the parser of YAML, the tables of numbers.
for kind in registry().values():
    kind.spec.model_rebuild()
ProjectFile.model_rebuild()
rules()
parse(b"apiVersion: mscode/v1\n", "preload.yaml")
zones_of("FI")
