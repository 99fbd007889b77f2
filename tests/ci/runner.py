"""A runner of GitHub Actions as far as examples/ci and examples/fleet need one: jobs, matrices, steps, expressions, composite
actions, workflows that are called, artifacts.

Every job gets a workspace of its own, as on another machine. Shell steps are really run, by bash; of other people's actions
it knows checkout and the two for artifacts, and takes setup-python for done. What it does not know is an error.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
Context = dict[str, Any]


def read(path: Path) -> Any:
    """A YAML file as plain data; `on:` stays text, for YAML 1.2 has no other booleans than true and false."""
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


# ---- expressions -----------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'[^']*')|(?P<op>&&|\|\||==|!=|!|\(|\))|(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)|(?P<n>\d+))"
)
_WORDS = {"&&": " and ", "||": " or ", "!": " not "}


def expression(text: str, context: Context) -> Any:
    """The value of an expression: names with dots and indexes, text, `==`, `!=`, `!`, `&&`, `||`, and the functions `cancelled`,
    `always` and `join`."""
    parts, at, values = [], 0, []
    text = (
        _indexed(text.strip(), context).replace("cancelled()", "runner.cancelled").replace("always()", "runner.always")
    )
    while at < len(text):
        found = _TOKEN.match(text, at)
        assert found, f"no expression of this runner: {text[at:]}"
        at = found.end()
        if found["op"]:
            parts.append(_WORDS.get(found["op"], found["op"]))
        else:
            values.append(found["text"][1:-1] if found["text"] else _lookup(found["name"] or found["n"], context))
            parts.append(f"v[{len(values) - 1}]")
    return eval("".join(parts), {"__builtins__": {}}, {"v": values})


def _indexed(text: str, context: Context) -> str:
    """With `join(list, 'x')` as text, and `name[0]` and `name[other]` as names with dots; what an index leads to may be nothing."""
    joined = re.sub(
        r"join\(([\w.]+), '([^']*)'\)", lambda m: f"'{m[2].join(map(str, _lookup(m[1], context) or []))}'", text
    )
    by_number = re.sub(r"\[(\d+)\]", r".\1", joined)
    return re.sub(r"\[([\w.]+)\]", lambda m: f".{_lookup(m[1], context)}", by_number)


def _lookup(name: str, context: Context) -> Any:
    value: Any = context
    for part in name.split("."):
        if isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else ""
        else:
            value = value.get(part, "") if isinstance(value, Mapping) else ""
    return value


def filled(text: Any, context: Context) -> str:
    """A text with each `${{ … }}` replaced."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda m: _shown(expression(m[1], context)), str(text))


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def holds(condition: Any, context: Context, *, failed: bool) -> bool:
    """Does a step or job run? One that names no status runs only while nothing failed."""
    text = str(condition if condition is not None else "true").strip()
    inner = text.removeprefix("${{").removesuffix("}}") if text.startswith("${{") else text
    if failed and "cancelled()" not in inner and "always()" not in inner:
        return False
    return bool(expression(inner, {**context, "true": True, "false": False}))


# ---- jobs ------------------------------------------------------------------------------------------------------------


@dataclass
class Job:
    """How a job ended: what it printed, its outputs, its step summary."""

    name: str
    skipped: bool = False
    failed: bool = False
    log: str = ""
    summary: str = ""
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def result(self) -> str:
        return "skipped" if self.skipped else "failure" if self.failed else "success"


@dataclass
class Runner:
    """`repository` is what checkout brings. `kept` is what outlives a job in its place: the state of a shared backend.

    `event` is GitHub's, `secrets` and `vars` are those of the repository, `inputs` those of a run that was started by hand.
    """

    folder: Path
    repository: Path
    event: Context
    github: Context
    secrets: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    vars: Mapping[str, str] = field(default_factory=dict)
    kept: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    approve: Callable[[str], bool] = lambda environment: True
    #: the secrets of each job of a workflow that was called
    handed: list[dict[str, str]] = field(default_factory=list)
    _jobs: int = 0

    def run(self, workflow: str) -> dict[str, Job]:
        """Run a workflow's jobs, in the order in which they stand."""
        data = read(self.repository / ".github" / "workflows" / workflow)
        done: dict[str, Job] = {}
        for name, job in data["jobs"].items():
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            results = {one: {"outputs": done[one].outputs, "result": done[one].result} for one in needs}
            context = self._context() | {"needs": results}
            is_told = "cancelled()" in str(job.get("if"))
            blocked = not is_told and any(done[one].failed or done[one].skipped for one in needs)
            runs = not blocked and holds(job.get("if"), context, failed=False)
            if not runs or ("environment" in job and not self.approve(job["environment"])):
                done[name] = Job(name, skipped=True)
            else:
                done[name] = self._jobs_of(name, job, context)
        return done

    def _jobs_of(self, name: str, job: Any, context: Context) -> Job:
        """A job, or all jobs of its matrix as one."""
        matrix = job.get("strategy", {}).get("matrix")
        if matrix is None:
            return self._one(name, job, context)
        source = re.fullmatch(r"\$\{\{ fromJSON\((.+)\) \}\}", matrix)
        assert source, f"no matrix of this runner: {matrix}"
        rows = json.loads(expression(source[1], context))["include"]
        assert 0 < len(rows) <= 256, "GitHub takes no empty matrix, and none of more than 256 jobs"
        jobs = [self._one(name, job, {**context, "matrix": row}) for row in rows]
        log, summary = "".join(each.log for each in jobs), "".join(each.summary for each in jobs)
        return Job(name, failed=any(each.failed for each in jobs), log=log, summary=summary)

    def _one(self, name: str, job: Any, context: Context) -> Job:
        if "uses" not in job:
            return self._job(name, job, context)
        called = read(self.repository / job["uses"])
        takes = called["on"]["workflow_call"]
        inputs, secrets = _texts(job["with"], context), _texts(job["secrets"], context)
        assert set(inputs) <= set(takes["inputs"]) and set(secrets) <= set(takes["secrets"])
        assert all(inputs.get(key) for key, one in takes["inputs"].items() if one.get("required"))
        defaults = {key: str(one.get("default", "")) for key, one in takes["inputs"].items()}
        self.handed.append({key: text for key, text in secrets.items() if text})
        inner = {"github": context["github"], "vars": self.vars, "inputs": defaults | inputs, "secrets": secrets}
        ((inner_name, inner_job),) = called["jobs"].items()
        return self._job(f"{name}/{inner_name}", inner_job, inner)

    def _context(self) -> Context:
        github = {"event": self.event, "token": self.secrets.get("GITHUB_TOKEN", ""), **self.github}
        return {"github": github, "secrets": self.secrets, "inputs": self.inputs, "vars": self.vars}

    def _job(self, name: str, job: Any, context: Context) -> Job:
        self._jobs += 1
        place = _Place(self, self.folder / f"machine-{self._jobs}", Job(name))
        context = {**context, "runner": {"temp": str(place.temp), "cancelled": False, "always": True}}
        place.steps(job["steps"], context)
        for output, value in job.get("outputs", {}).items():
            place.job.outputs[output] = filled(value, {**context, "steps": place.seen})
        place.end()
        return place.job


class _Place:
    """One job's machine: its workspace, its temporary folder, its steps so far."""

    def __init__(self, runner: Runner, folder: Path, job: Job) -> None:
        self.runner, self.job = runner, job
        self.workspace, self.temp = folder / "workspace", folder / "temp"
        self.temp.mkdir(parents=True)
        self.workspace.mkdir()
        self.seen: dict[str, Any] = {}
        self._files = 0

    def end(self) -> None:
        if self.runner.kept is not None and (self.workspace / ".mscode").exists():
            shutil.copytree(self.workspace / ".mscode", self.runner.kept, dirs_exist_ok=True)

    def steps(self, steps: list[Any], context: Context, variables: Mapping[str, str] = {}) -> dict[str, Any]:
        """Run steps, those of a job or of a composite action; gives their results by id."""
        outer, self.seen = self.seen, {}
        for step in steps:
            now = {**context, "steps": self.seen}
            if holds(step.get("if"), now, failed=self._failed()):
                self._step(step, now, {**variables, **_texts(step.get("env", {}), now)})
        inner, self.seen = self.seen, {**outer} if outer else self.seen
        return inner

    def _failed(self) -> bool:
        return any(one["outcome"] == "failure" for one in self.seen.values())

    def _step(self, step: Any, context: Context, variables: Mapping[str, str]) -> None:
        given = _texts(step.get("with", {}), context)
        ok, outputs = True, {}
        if "run" in step:
            ok, outputs = self._shell(step, context, variables)
        elif step["uses"].startswith("./"):
            action = read(self.workspace / step["uses"] / "action.yml")
            ok, outputs = self._composite(action, given, context, variables)
        else:
            self._foreign(step["uses"], given)
        key = step.get("id") or f"step-{len(self.seen)}"
        self.seen[key] = {"outcome": "success" if ok else "failure", "outputs": outputs}
        self.job.failed = self.job.failed or not ok

    def _composite(
        self, action: Any, given: Mapping[str, str], context: Context, variables: Mapping[str, str]
    ) -> tuple[bool, dict[str, str]]:
        unknown = set(given) - set(action["inputs"])
        assert not unknown, f"no inputs of the action: {unknown}"
        inputs = {name: given.get(name, str(one.get("default", ""))) for name, one in action["inputs"].items()}
        # secrets and variables are not seen inside of an action
        inner = {**{k: v for k, v in context.items() if k in ("github", "runner")}, "inputs": inputs}
        before = self.seen
        self.seen = {}
        results = self.steps(action["runs"]["steps"], inner, variables)
        self.seen = before
        named = action.get("outputs", {}).items()
        outputs = {n: filled(o["value"], {**inner, "steps": results}) for n, o in named}
        return all(one["outcome"] == "success" for one in results.values()), outputs

    def _foreign(self, uses: str, given: Mapping[str, str]) -> None:
        name, _, pin = uses.partition("@")
        assert re.fullmatch(r"[0-9a-f]{40}", pin), f"{uses} is not pinned"
        artifacts = self.runner.folder / "artifacts"
        if name == "actions/checkout":
            assert given["persist-credentials"] == "false"
            shutil.copytree(self.runner.repository, self.workspace, dirs_exist_ok=True)
            if self.runner.kept is not None and self.runner.kept.exists():
                shutil.copytree(self.runner.kept, self.workspace / ".mscode")
        elif name == "actions/upload-artifact":
            target = artifacts / given["name"]
            target.mkdir(parents=True, exist_ok=True)
            path = self.workspace / given["path"]
            if path.is_dir():
                shutil.copytree(path, target, dirs_exist_ok=True)
            elif path.exists():
                shutil.copy(path, target)
        elif name == "actions/upload-pages-artifact":
            shutil.copytree(self.workspace / given["path"], artifacts / "github-pages")
        elif name == "actions/deploy-pages":
            shutil.copytree(artifacts / "github-pages", self.runner.folder / "published")
        elif name == "actions/download-artifact":
            for artifact in artifacts.glob(given["pattern"]) if "pattern" in given else [artifacts / given["name"]]:
                target = self.workspace / given["path"] / (artifact.name if "pattern" in given else "")
                shutil.copytree(artifact, target, dirs_exist_ok=True)
        else:
            assert name == "actions/setup-python", f"{name} is no action of this runner"

    def _shell(self, step: Any, context: Context, variables: Mapping[str, str]) -> tuple[bool, dict[str, str]]:
        assert "${{" not in step["run"], "an expression in a script can become a part of it"
        self._files += 1
        output, summary = self.temp / f"output-{self._files}", self.temp / f"summary-{self._files}"
        output.touch()
        script = self.temp / f"script-{self._files}.sh"
        script.write_text(step["run"])
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            cwd=self.workspace / filled(step.get("working-directory", "."), context),
            env={**self._variables(), **variables, "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.job.log += done.stdout + done.stderr
        self.job.summary += summary.read_text() if summary.exists() else ""
        return done.returncode == 0, _outputs(output.read_text())

    def _variables(self) -> dict[str, str]:
        github = {f"GITHUB_{name.upper()}": str(value) for name, value in self.runner.github.items()}
        return {
            **{name: os.environ[name] for name in ("LANG", "TZ") if name in os.environ},
            "PATH": f"{tools(self.runner.folder)}{os.pathsep}/usr/bin{os.pathsep}/bin",
            "HOME": str(self.temp),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            **github,
            **self.runner.variables,
        }


def _texts(values: Mapping[str, Any], context: Context) -> dict[str, str]:
    return {name: filled(_shown(value), context) for name, value in values.items()}


def _outputs(text: str) -> dict[str, str]:
    """GITHUB_OUTPUT: `name=value`, or `name<<WORD`, lines, `WORD`; of a name that comes twice the last one counts."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        name, sign, rest = re.match(r"([^=<]+)(=|<<)(.*)", line).groups()  # type: ignore[union-attr]
        found[name] = rest if sign == "=" else "\n".join(_until(rest, lines))
    return found


def _until(word: str, lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line == word:
            return
        yield line
    raise AssertionError(f"{word} never comes")


def tools(folder: Path) -> Path:
    """A folder for PATH: `mscode` of this source tree, and a `python` that is good for nothing but `-m pip install`."""
    bin = folder / "bin"
    if not bin.exists():
        bin.mkdir(parents=True)
        _program(bin / "mscode", f'PYTHONPATH="{ROOT / "src"}" exec "{sys.executable}" -m mscode "$@"')
        _program(bin / "python", '[ "$1 $2 $3" = "-m pip install" ] && [ -f "${@: -1}" ]')
    return bin


def _program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)
