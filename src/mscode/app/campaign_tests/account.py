"""The account of a test's laboratory: what is given in it before the test, and who is where in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mscode.app.emulator import control
from mscode.app.environment import open_client
from mscode.app.rehearsal.passage import Pauses
from mscode.app.state import lock_state
from mscode.errors import Diagnostic, MscodeError
from mscode.model.kind import kind_of
from mscode.model.world import MARKER_KEY, match_key

if TYPE_CHECKING:
    from mscode.app.rehearsal.lab import Lab
    from mscode.manifest.campaign_tests.given import Given
    from mscode.model.world import Desired

#: The owner of what is given, while it is made; nobody manages it afterwards.
_OWNER = "given"


def put(given: Given, lab: Lab) -> dict[str, str]:
    """Put what is given into the account, without any mark of mscode's; the ids of what has a name, by address. MscodeError where
    something cannot be made.
    """
    if given.people:
        control(lab.app, "POST", "/seed", json.dumps(given.people))
    if not given.world.objects:
        return {}
    ids = _applied(given, lab)
    without_marker = f"UPDATE documents SET body = json_remove(body, '$.meta.{MARKER_KEY}') WHERE json_valid(body)"
    with lab.store.transaction(write=True):
        lab.store.run(without_marker)
    return ids


def _applied(given: Given, lab: Lab) -> dict[str, str]:
    """Made by the ordinary engine, as of a project of its own, without the guards of this one."""
    from mscode.app.environment import InMemory
    from mscode.app.records import open_records
    from mscode.engine.apply.executor import apply_plan
    from mscode.engine.apply.run import Run
    from mscode.engine.launch_record import LaunchRecords, rehearsed
    from mscode.engine.session import PlanRequest, read_and_plan
    from mscode.state.memory import MemoryBackend

    project = replace(given.world.project, name=_OWNER, guards={}, checks={})
    world = replace(given.world, project=project)
    outer = lab.environment
    if outer.in_memory is None:
        raise TypeError("a laboratory is in memory")
    backend = MemoryBackend()
    environment = replace(
        outer,
        project=outer.project.model_copy(update={"project": _OWNER}),
        in_memory=InMemory(outer.in_memory.connection, backend),
    )
    with open_client(environment, parallelism=1) as client, lock_state(lab.inv, environment, "apply") as store:
        account = environment.account(client)
        plan = read_and_plan(account, PlanRequest(world, store.known, store.keyed_hash))
        if plan.refused:
            raise MscodeError(
                [Diagnostic(f"given: {check.message}") for check in plan.checks if check.status == "fail"]
            )
        launches = LaunchRecords(open_records(environment, store), rehearsed())
        run = Run(client, store, environment.target(), plan, launches, lambda event: None)
        run.stop = Pauses(lab.passage)
        summary = apply_plan(run, parallelism=1)
        if not summary.complete:
            reasons = [*summary.failed, *summary.skipped, *summary.unknown]
            raise MscodeError(
                [Diagnostic(f"given: {address}: {reason}", address=str(address)) for address, reason in reasons]
            )
        return {str(address): entry.id for address, entry in store.known.entries.items()}


def people_of(address: str, lab: Lab, ids: Mapping[str, str], desired: Desired | None) -> frozenset[str]:
    """The ids of the accounts that an address stands for now: an account, the members of a group, the rows of a list."""
    section = address.partition(".")[0]
    if desired is not None and desired.rows is not None:
        keys = set(desired.rows.keys())
        return frozenset(_accounts_with(lab, desired.rows.key, keys))
    live_id = ids.get(address, "")
    if section == kind_of("person").section:
        return frozenset({live_id} - {""})
    rows = lab.store.rows("SELECT accountId FROM members WHERE groupId = ?", live_id) if live_id else []
    return frozenset(str(account_id) for (account_id,) in rows)


def _accounts_with(lab: Lab, key: str, keys: set[str]) -> Iterable[str]:
    column = "email" if key == "email" else "phone"
    for account_id, value in lab.store.rows(f"SELECT id, {column} FROM accounts"):
        if match_key(key, value) in keys:
            yield str(account_id)
