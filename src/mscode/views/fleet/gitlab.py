"""The child pipeline of a fleet for GitLab: a job for each shard that plans it, one that merges the plans, an approval, and jobs
that apply the shards of each wave.

It is written line by line, every text in JSON's quotes, which are YAML's too: names of folders come from outside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from shlex import join

from mscode.model.light_dataclass import dataclass
from mscode.views.fleet.list_shapes import ShardJson

#: What GitLab takes in the name of an environment.
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_/ .-]")
_LONGEST_NAME = 255
#: Digits that keep two names apart.
_DIGITS = 8
#: As a shard of several projects is named.
_LIKE_A_SHARD = re.compile(r"shard-\d+")
#: Only the default branch is applied. A merge request has no CI_COMMIT_BRANCH.
_DEFAULT_BRANCH = '{if: "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}'
_MANUAL = '{if: "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", when: manual}'
#: The comment of the merge request shows what came of the merge, however that ended; its exit code is the job's.
_COMMENT = 'if [ -n "$CI_MERGE_REQUEST_IID" ] && [ -n "$GITLAB_TOKEN" ] && [ -d {folder}/summary ]; then {comment}; fi'


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What the jobs have in common. `command` is how mscode is called, `folder` where it works, from the top of the repository
    ("" for the top), `options` are those of `fleet plan` beside its shard, `include` is a file of the repository with what every
    job needs, like its image ("" for none).
    """

    command: Sequence[str]
    folder: str
    options: Sequence[str]
    include: str

    def script(self, *words: str) -> str:
        """A command of mscode, quoted for the shell."""
        return join([*self.command, *words])

    def path(self, path: str) -> str:
        """A path of the fleet, seen from the top of the repository."""
        return f"{self.folder}/{path}" if self.folder else path

    def artifacts(self, folder: str) -> str:
        """The folder as an artifact, also of a job that failed. A plan is good for a day."""
        return f"{{when: always, paths: [{_text(self.path(f'{folder}/'))}], expire_in: 1 day, access: developer}}"


def pipeline_lines(
    shards: Sequence[ShardJson], waves: Mapping[int, Sequence[ShardJson]], pipeline: Pipeline
) -> Iterator[str]:
    """The lines of the pipeline. `shards` are those of all projects, `waves` those of each wave."""
    yield "# Made by `mscode fleet list --format gitlab`."
    if pipeline.include:
        yield f"include: [{{local: {_text(pipeline.include)}}}]"
    yield f"stages: [{', '.join(['plan', 'merge', 'approve', *map(_stage, sorted(waves))])}]"
    if not shards:
        yield from _nothing()
        return
    for shard in shards:
        yield from _plan(shard, pipeline)
    yield from _merge(shards, pipeline)
    yield from _approve()
    for wave in sorted(waves):
        for shard in waves[wave]:
            yield from _apply(wave, shard, pipeline)


def _stage(wave: int) -> str:
    return f'"apply wave {wave}"'


def environment_of(shard: ShardJson) -> str:
    """The environment of a shard's jobs: variables that are scoped to it reach no other job.

    A path that GitLab does not take as it is, or that may be taken for a shard, ends in digits of its own: two of them must not
    give one name, or a job gets the token of the other.
    """
    if len(shard["projects"]) != 1:
        return f"fleet/shard-{shard['index']}"
    (path,) = shard["projects"]
    name = _NOT_IN_NAMES.sub("-", f"fleet/{path}")
    if name == f"fleet/{path}" and len(name) <= _LONGEST_NAME and not _LIKE_A_SHARD.fullmatch(path):
        return name
    ending = f"-{sha256(path.encode('utf-8', 'surrogateescape')).hexdigest()[:_DIGITS]}"
    return f"{name[: _LONGEST_NAME - len(ending)]}{ending}"


def _nothing() -> Iterator[str]:
    """GitLab takes no pipeline without jobs."""
    yield ""
    yield '"nothing to plan":'
    yield "  stage: plan"
    yield "  rules: [{when: on_success}]"
    yield '  variables: {GIT_STRATEGY: "none"}'
    yield '  script: ["echo No project has changed."]'


def _job(name: str, stage: str, shard: ShardJson) -> Iterator[str]:
    """The beginning of a job that has the tokens of a shard."""
    yield ""
    yield f"{_text(name)}:"
    yield f"  stage: {stage}"
    # `prepare`: no deployment begins. The name is there for the variables that are scoped to it.
    yield f"  environment: {{name: {_text(environment_of(shard))}, action: prepare}}"
    yield "  variables:"
    # GitLab replaces what begins with a dollar sign in a variable.
    yield f"    FLEET_PROJECTS: {_text(' '.join(shard['projects']).replace('$', '$$'))}"
    yield f"    FLEET_TOKENS: {_text(' '.join(shard['tokens']))}"


def _plan(shard: ShardJson, pipeline: Pipeline) -> Iterator[str]:
    folder = f"plans/{shard['index']}"
    script = pipeline.script("fleet", "plan", "--shard", shard["shard"], *pipeline.options, "--out", folder)
    yield from _job(f"plan {shard['shard']}", "plan", shard)
    # Without a rule GitLab leaves a job out of the pipeline of a merge request.
    yield "  rules: [{when: on_success}]"
    yield f"  script: [{_text(script)}]"
    # One project that cannot be planned stops no other: the job `merge` ends as all of them do.
    yield "  allow_failure: true"
    yield f"  artifacts: {pipeline.artifacts(folder)}"


def _merge(shards: Sequence[ShardJson], pipeline: Pipeline) -> Iterator[str]:
    folders = [f"plans/{shard['index']}" for shard in shards]
    merge = pipeline.script("fleet", "merge", *folders, "--out", "merged")
    comment = pipeline.script("comment", "--forge", "gitlab", "--plan", "merged")
    yield ""
    yield "merge:"
    yield "  stage: merge"
    yield "  rules: [{when: always}]"
    yield "  script:"
    yield f"    - {_text(f'code=0; {merge} || code=$?')}"
    yield f"    - {_text(_COMMENT.format(folder=join([pipeline.path('merged')]), comment=comment))}"
    yield '    - "exit $code"'
    yield f"  artifacts: {pipeline.artifacts('merged')}"


def _approve() -> Iterator[str]:
    yield ""
    yield "approve:"
    yield "  stage: approve"
    # Whoever presses the button has seen the summary of the merged plans: that is the yes, to the calls too.
    yield f"  rules: [{_MANUAL}]"
    yield "  allow_failure: false"
    yield "  environment: {name: mscode-apply, action: prepare}"
    yield '  variables: {GIT_STRATEGY: "none"}'
    yield "  dependencies: []"
    yield '  script: ["echo Approved."]'


def _apply(wave: int, shard: ShardJson, pipeline: Pipeline) -> Iterator[str]:
    words = ["fleet", "apply", "merged", "--wave", str(wave), "--shard", shard["shard"], "--allow-launch"]
    yield from _job(f"apply wave {wave} {shard['shard']}", _stage(wave), shard)
    yield f"  rules: [{_DEFAULT_BRANCH}]"
    yield "  dependencies: [merge]"
    yield f"  script: [{_text(pipeline.script(*words))}]"
    yield f"  resource_group: {_text(environment_of(shard))}"
    yield "  interruptible: false"


def _text(text: str) -> str:
    return json.dumps(text)
