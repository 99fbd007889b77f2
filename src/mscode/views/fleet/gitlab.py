"""The child pipeline of a fleet for GitLab: a job for each shard that plans it, and one that puts the plans together.

It is written line by line, every text in JSON's quotes, which are YAML's too: names of folders come from outside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from shlex import join

from mscode.views.fleet.list_shapes import ShardJson

#: What GitLab takes in the name of an environment.
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_/ .-]")
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What the jobs have in common. `command` is how mscode is called before `fleet`, `folder` where it works, from the top of the
    repository ("" for the top), `options` are those of `fleet plan` beside its shard, `include` is a file of the repository with
    what every job needs, like its image ("" for none).
    """

    command: Sequence[str]
    folder: str
    options: Sequence[str]
    include: str

    def script(self, *words: str) -> str:
        """A command of the fleet, quoted for the shell and for YAML."""
        return _text(join([*self.command, "fleet", *words]))

    def path(self, path: str) -> str:
        """A path of the fleet, seen from the top of the repository."""
        return _text(f"{self.folder}/{path}" if self.folder else path)


def pipeline_lines(shards: Sequence[ShardJson], pipeline: Pipeline) -> Iterator[str]:
    """The lines of the pipeline."""
    yield "# Made by `mscode fleet list --format gitlab`."
    if pipeline.include:
        yield f"include: [{{local: {_text(pipeline.include)}}}]"
    yield "stages: [plan, merge]"
    if not shards:
        yield from _nothing()
        return
    for shard in shards:
        yield from _plan(shard, pipeline)
    yield from _merge(shards, pipeline)


def environment_of(shard: ShardJson) -> str:
    """The environment of a shard's job: variables that are scoped to it reach no other job."""
    name = shard["projects"][0] if len(shard["projects"]) == 1 else f"shard-{shard['index']}"
    return _NOT_IN_NAMES.sub("-", f"fleet/{name}")[:_LONGEST_NAME]


def _nothing() -> Iterator[str]:
    """GitLab takes no pipeline without jobs."""
    yield ""
    yield '"nothing to plan":'
    yield "  stage: plan"
    yield '  variables: {GIT_STRATEGY: "none"}'
    yield '  script: ["echo No project has changed."]'


def _plan(shard: ShardJson, pipeline: Pipeline) -> Iterator[str]:
    name, folder = f"plan {shard['shard']}", f"plans/{shard['index']}"
    script = pipeline.script("plan", "--shard", shard["shard"], *pipeline.options, "--out", folder)
    yield ""
    yield f"{_text(name)}:"
    yield "  stage: plan"
    # `prepare`: no deployment begins; the name is there for the variables that are scoped to it.
    yield f"  environment: {{name: {_text(environment_of(shard))}, action: prepare}}"
    yield "  variables:"
    # GitLab replaces what begins with a dollar sign in a variable.
    yield f"    FLEET_PROJECTS: {_text(' '.join(shard['projects']).replace('$', '$$'))}"
    yield f"    FLEET_TOKENS: {_text(' '.join(shard['tokens']))}"
    yield f"  script: [{script}]"
    # One project that cannot be planned stops no other: the job `merge` ends as all of them do.
    yield "  allow_failure: true"
    yield f"  artifacts: {{when: always, paths: [{pipeline.path(f'{folder}/')}], expire_in: 1 day, access: developer}}"


def _merge(shards: Sequence[ShardJson], pipeline: Pipeline) -> Iterator[str]:
    folders = [f"plans/{shard['index']}" for shard in shards]
    yield ""
    yield "merge:"
    yield "  stage: merge"
    yield "  when: always"
    yield f"  script: [{pipeline.script('merge', *folders, '--out', 'merged')}]"
    yield f"  artifacts: {{when: always, paths: [{pipeline.path('merged/')}], expire_in: 1 day, access: developer}}"


def _text(text: str) -> str:
    return json.dumps(text)
