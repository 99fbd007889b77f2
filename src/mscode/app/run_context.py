"""The circumstances of a run for its records: commit, work tree, who started it, who approved it and how.

Nothing here may stop a launch: what cannot be read, and what a forge does not answer, is unknown.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from mscode.app import plan_inputs
from mscode.app.approval import ApplyOptions
from mscode.app.git.revision import revision_of
from mscode.app.git.work_tree import WorkTree, work_tree_of
from mscode.app.workspace import Workspace
from mscode.forge.run import JobRun, run_of_job
from mscode.model.ci import in_ci
from mscode.model.numbers_in_text import numbers_in
from mscode.model.privacy import credentials, hide_secrets, mask_phone, replaced
from mscode.state.lock_info import run_page, who
from mscode.state.records.context import Claims, RunApproval, RunContext

if TYPE_CHECKING:
    from mscode.app.environment import Environment

#: Variables by which another CI, or a person, says what no forge tells.
RUN_URL, ACTOR, APPROVED_BY = "MSCODE_RUN_URL", "MSCODE_ACTOR", "MSCODE_APPROVED_BY"
#: Characters of one text of a context. Whatever came from outside is kept for years and shown in one line.
_MOST = 500
#: Files of a plan that a record names as not committed.
_MOST_FILES = 20


def context_of_apply(workspace: Workspace, options: ApplyOptions, *, launch: bool) -> RunContext:
    """The context of an apply whose plan was approved, and its launches too where `launch` says so; asks a CI's forge."""
    environment, secrets = workspace.environment, workspace.inv.out.secrets
    variables, folder = environment.variables, environment.project_dir
    run = run_of_job(variables, asks=environment.in_memory is None)
    # In a CI an option was given by nobody in person, and the user of the process is the runner.
    person = "" if run is not None or in_ci(variables) else who()
    files = plan_inputs.files_of(folder, environment.project, workspace.desired)
    tree = _work_tree(environment, [*files, *(os.path.relpath(file, folder) for file in workspace.inv.var_files)])
    revision = revision_of(folder, variables)

    def text(value: str) -> str:
        return _without_secrets(value, secrets)

    return RunContext(
        forge=run.forge if run else "",
        commit=text(revision.commit),
        branch=text(revision.branch),
        head=tree.head if tree.head != revision.commit else "",
        clean=tree.clean,
        uncommitted=tuple(map(text, tree.uncommitted[:_MOST_FILES])),
        event=text(run.event) if run else "",
        actor=_name(run.actor, secrets) if run else "",
        started_by=_name(run.started_by if run else person, secrets),
        run_url=text(run_page(variables)),
        attempt=(run.attempt or None) if run else None,
        pull_request=(run.pull_request or None) if run else None,
        pull_request_url=text(run.pull_request_page) if run else "",
        approvals=(*_answers(workspace, options, person, launch=launch), *_reviews(run, secrets)),
        unknown=tuple(map(text, run.unknown)) if run else (),
        claimed=_claims(variables, secrets),
    )


def _answers(workspace: Workspace, options: ApplyOptions, person: str, *, launch: bool) -> Iterator[RunApproval]:
    """How the two questions of an apply were answered, by this person ("" for nobody in particular)."""
    from mscode.app.saved_plan import SavedWork

    if isinstance(workspace, SavedWork):
        yield RunApproval(scope="plan", how="saved plan", by=person)
    elif options.auto_approve:
        yield RunApproval(scope="plan", how="flag", by=person, detail="--auto-approve")
    else:
        yield RunApproval(scope="plan", how="yes", by=person)
    if launch and options.allow_launch:
        yield RunApproval(scope="launch", how="flag", by=person, detail="--allow-launch")
    elif launch:
        yield RunApproval(scope="launch", how="yes", by=person)


def _work_tree(environment: Environment, inputs: Iterable[str]) -> WorkTree:
    """Nothing of an account without a project, which has no files."""
    return work_tree_of(environment.project_dir, inputs) if environment.has_project else WorkTree()


def _reviews(run: JobRun | None, secrets: Iterable[str]) -> Iterable[RunApproval]:
    for review in run.reviews if run else ():
        detail = _without_secrets(review.environment, secrets)
        yield RunApproval(scope="run", how=review.how, by=_name(review.by, secrets), detail=detail)


def _claims(variables: Mapping[str, str], secrets: Iterable[str]) -> Claims:
    return Claims(
        run_url=_without_secrets(variables.get(RUN_URL, ""), secrets),
        actor=_name(variables.get(ACTOR, ""), secrets),
        approved_by=_name(variables.get(APPROVED_BY, ""), secrets),
    )


def _name(text: str, secrets: Iterable[str]) -> str:
    """Who runs or approves something. An e-mail address may name somebody; a phone number never stands in a record."""
    text = _without_secrets(text, secrets)
    return replaced(text, [(number.start, number.stop, mask_phone(number.number)) for number in numbers_in(text)])


def _without_secrets(text: str, secrets: Iterable[str]) -> str:
    """A text without secrets and the credentials of URLs. Its digits stay: those of a commit and of a run's address may look like
    a phone number.
    """
    # JSON in UTF-8 cannot hold half of a surrogate pair, as which a variable that is no UTF-8 is read.
    text = text.strip()[:_MOST].encode("utf-8", "replace").decode()
    return hide_secrets(replaced(text, credentials(text)), secrets)
