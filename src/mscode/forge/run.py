"""What a forge tells of the run that a job belongs to: who started it, and who approved it.

The variables of the job come first, and cost nothing: GITHUB_EVENT_NAME, GITHUB_ACTOR, GITHUB_TRIGGERING_ACTOR,
GITHUB_RUN_ATTEMPT, the event's payload; CI_PIPELINE_SOURCE, GITLAB_USER_LOGIN, CI_JOB_MANUAL, CI_ENVIRONMENT_NAME,
CI_MERGE_REQUEST_IID. Who reviewed an environment, and which pull request a pushed commit came from, the forge says when asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Literal

from mscode.errors import MscodeError
from mscode.forge.ci_job import Name, Target, github_event, github_target, gitlab_target, number_of
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.forge.comments import Forge
    from mscode.http.transport import Transport

#: Seconds for one request: what rings waits for the answer, and goes ahead without it.
TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Review:
    """Somebody's approval of a run: a review of an environment, or the start of a manual job (in `environment`, "" where it has
    none)."""

    how: Literal["environment", "manual job"]
    by: str
    environment: str


@dataclass(frozen=True, slots=True)
class JobRun:
    """The run that a job belongs to. `event` is what started it, `actor` whom the forge names for it, `started_by` the person who
    started it ("" for a schedule, which nobody starts). `attempt`: 1 the first time, 0 where it is not said.

    `pull_request` is its number, 0 for none; `unknown` has a sentence for each question that the forge did not answer.
    """

    forge: Name
    event: str
    actor: str
    started_by: str
    attempt: int = 0
    pull_request: int = 0
    pull_request_page: str = ""
    reviews: tuple[Review, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Questions:
    """How to ask a forge about a run. `pages` is the address of its pull requests, up to the number; `reviews` asks who approved
    (None: there is nothing to ask)."""

    url: str
    repo: str
    token: str = field(repr=False)
    is_job_token: bool
    no_token: str
    target: Target
    pages: str
    reviews: Callable[[Forge], Iterable[Review]] | None


def run_of_job(variables: Mapping[str, str], *, asks: bool = True, transport: Transport | None = None) -> JobRun | None:
    """The run of a job of GitHub or GitLab; None elsewhere. `asks`: also ask the forge, where the job has a token for it; an answer
    that does not come is a sentence in `unknown`, never an error.
    """
    if variables.get("GITHUB_ACTIONS") == "true":
        run, questions = _github(variables)
    elif variables.get("GITLAB_CI"):
        run, questions = _gitlab(variables)
    else:
        return None
    number = questions.target.number
    run = replace(run, pull_request=number, pull_request_page=_page(questions, number))
    return _asked(run, questions, variables, transport) if asks else run


def _github(variables: Mapping[str, str]) -> tuple[JobRun, _Questions]:
    event, name = github_event(variables), variables.get("GITHUB_EVENT_NAME", "")
    actor, attempt = variables.get("GITHUB_ACTOR", ""), _count(variables.get("GITHUB_RUN_ATTEMPT", ""))
    # The actor of a schedule is whoever last changed it. Whoever runs it once more is the triggering actor.
    started_by = variables.get("GITHUB_TRIGGERING_ACTOR", "") or ("" if attempt > 1 else actor)
    if name == "schedule" and attempt <= 1:
        started_by = ""
    server, repo, run_id = (variables.get(f"GITHUB_{part}", "") for part in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    questions = _Questions(
        url=variables.get("GITHUB_API_URL", "") or "https://api.github.com",
        repo=repo,
        token=variables.get("GITHUB_TOKEN", "").strip(),
        is_job_token=False,
        no_token="the job gives mscode no GITHUB_TOKEN",
        target=github_target(variables, event),
        pages=f"{server}/{repo}/pull/" if server and repo else "",
        reviews=(lambda forge: _reviews_of_run(forge.reviews_of_run(run_id))) if run_id else None,
    )
    return JobRun("github", name, actor, started_by, attempt), questions


def _reviews_of_run(rows: Iterable[Mapping[str, Any]]) -> Iterator[Review]:
    """The approvals among the reviews of a run; a row is for one environment or several."""
    for row in rows:
        environments = row.get("environments")
        if row.get("state") == "approved":
            for environment in environments if isinstance(environments, list) else ():
                yield Review(
                    "environment", _name_in(row, "user", "login"), str(_mapping(environment).get("name") or "")
                )


def _gitlab(variables: Mapping[str, str]) -> tuple[JobRun, _Questions]:
    source, user = variables.get("CI_PIPELINE_SOURCE", ""), variables.get("GITLAB_USER_LOGIN", "")
    environment, job = variables.get("CI_ENVIRONMENT_NAME", ""), variables.get("CI_JOB_ID", "")
    is_manual = variables.get("CI_JOB_MANUAL", "") == "true"
    # The user of a manual job is whoever pressed its button, of any other job whoever started the pipeline, and of a schedule its
    # owner.
    started_by = "" if source == "schedule" and not is_manual else user
    reviews = (Review("manual job", user, environment),) if is_manual else ()
    token, target = variables.get("GITLAB_TOKEN", "").strip(), gitlab_target(variables)
    project = variables.get("CI_MERGE_REQUEST_PROJECT_URL", "") if target.number else ""
    pages = project or variables.get("CI_PROJECT_URL", "")
    questions = _Questions(
        url=variables.get("CI_API_V4_URL", ""),
        repo=variables.get("CI_PROJECT_ID", ""),
        token=token or variables.get("CI_JOB_TOKEN", "").strip(),
        is_job_token=not token,
        no_token="the job gives mscode neither GITLAB_TOKEN nor CI_JOB_TOKEN",
        target=target,
        pages=f"{pages}/-/merge_requests/" if pages else "",
        reviews=(lambda forge: _approvals_of(forge.deployment_of_job(job, environment), environment))
        if environment and job
        else None,
    )
    return JobRun("gitlab", source, user, started_by, reviews=reviews), questions


def _approvals_of(deployment: Mapping[str, Any], environment: str) -> Iterator[Review]:
    approvals = deployment.get("approvals")
    for approval in map(_mapping, approvals if isinstance(approvals, list) else ()):
        if approval.get("status") == "approved":
            yield Review("environment", _name_in(approval, "user", "username"), environment)


def _asked(run: JobRun, questions: _Questions, variables: Mapping[str, str], transport: Transport | None) -> JobRun:
    """The run with what the forge answers."""
    from mscode.forge.comments import GITHUB, GITLAB, Forge
    from mscode.http.url import ALLOWED_HOSTS

    has_push = not questions.target.number and questions.target.push is not None and bool(questions.target.push.sha)
    topics = {"who reviewed its environment": questions.reviews is not None, "its pull request": has_push}
    if not any(topics.values()) or not questions.url or not questions.repo:
        return run
    if not questions.token:
        return replace(run, unknown=tuple(f"{topic}: {questions.no_token}" for topic, asks in topics.items() if asks))
    dialect = GITHUB if run.forge == "github" else GITLAB
    if questions.is_job_token:
        dialect = replace(dialect, headers=lambda token: {"JOB-TOKEN": token, "Accept": "application/json"})
    unknown: list[str] = []
    try:
        with Forge(
            dialect,
            questions.url,
            questions.repo,
            questions.token,
            allowed_hosts=variables.get(ALLOWED_HOSTS),
            transport=transport,
            timeout=TIMEOUT,
            is_patient=False,
        ) as forge:
            if questions.reviews is not None:
                try:
                    run = replace(run, reviews=(*run.reviews, *questions.reviews(forge)))
                except MscodeError as error:
                    unknown.append(f"who reviewed its environment: {error}")
            if has_push:
                run = _with_pull(run, questions, forge, unknown)
    except MscodeError as error:  # a host that may be given no token, a name that is no repository's
        unknown.append(str(error))
    return replace(run, unknown=tuple(unknown))


def _with_pull(run: JobRun, questions: _Questions, forge: Forge, unknown: list[str]) -> JobRun:
    """With the pull request that a pushed commit came from, where it came from one."""
    try:
        number = number_of(questions.target, forge.pulls_of)
    except MscodeError as error:
        # A commit of no pull request is an answer; one of several, and no answer at all, are not.
        if error.diagnostics[0].code != "no-pull-request" or "several" in str(error):
            unknown.append(f"its pull request: {error}")
        return run
    return replace(run, pull_request=number, pull_request_page=_page(questions, number))


def _page(questions: _Questions, number: int) -> str:
    return f"{questions.pages}{number}" if number and questions.pages else ""


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _name_in(row: Mapping[str, Any], member: str, name: str) -> str:
    return str(_mapping(row.get(member)).get(name) or "")
