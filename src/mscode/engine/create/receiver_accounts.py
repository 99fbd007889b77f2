"""Accounts of receivers that are written by a number (or e-mail address) which no account has yet.

The service makes such an account when the receiver is written. A group whose filter takes it needs it before that, since what
calls may wait for the group: so it is made here, with the number alone, exactly as the service would. Whatever writes the
receiver comes after it and finds it.

An account rings nobody and is found by its number, so it needs no intent: what a lost answer made is there for the next look.
"""

from __future__ import annotations

from collections.abc import Iterable

from mscode.engine.account.read import read_list
from mscode.engine.apply.run import Run
from mscode.engine.create.settle import NotSettledError, read_until_stable
from mscode.errors import MscodeError, UnknownOutcome
from mscode.model.kind import Post, kind_of
from mscode.model.service_json import id_order
from mscode.model.values import ReceiverKey
from mscode.model.world import match_key
from mscode.plan.change import Change, Making, Update


def make_accounts(run: Run, change: Making | Update) -> None:
    """The accounts that a group takes in and that nobody has made yet, one after the other; nobody else makes any meanwhile."""
    receivers = (
        [receiver for receiver in change.members.add if isinstance(receiver, ReceiverKey)] if change.members else []
    )
    if not receivers:
        return
    with run.making:
        missing = [receiver for receiver in receivers if receiver not in run.row_ids]
        for receiver, account_id in (_found(run, missing) if missing else {}).items():
            run.row_ids[receiver] = account_id
        for receiver in missing:
            if receiver not in run.row_ids:
                run.row_ids[receiver] = _made(run, change, receiver)


def _found(run: Run, receivers: Iterable[ReceiverKey]) -> dict[ReceiverKey, str]:
    """Those that are there, by their number or address; of several the one with the lowest id."""
    keys, account_ids = set(receivers), dict[ReceiverKey, str]()
    listed = read_list(run.account, kind_of("person"))
    for live in sorted(listed.values(), key=lambda one: id_order(one.id)):
        for by in ("phone", "email"):
            value = str(live.fields.get(by) or "")
            key = ReceiverKey(by, match_key(by, value))
            if key in keys:
                account_ids.setdefault(key, live.id)
    return account_ids


def _made(run: Run, change: Change, receiver: ReceiverKey) -> str:
    if run.stop.is_set():
        raise MscodeError(f"{change.address}: the run was stopped", code="stopped")
    kind, label = kind_of("person"), f"the account of a receiver, for {change.address}"
    post = kind.create({receiver.by: receiver.value})
    assert isinstance(post, Post)
    try:
        return run.client.create(run.target.paths[post.path], dict(post.body), what=label, id_field=kind.id_field).id
    except UnknownOutcome:
        try:
            account_ids = read_until_stable(
                lambda: _found(run, [receiver]),
                run.target.settle_seconds,
                run.stop.wait,
                lambda accounts: accounts.get(receiver),
            )
        except NotSettledError:
            raise UnknownOutcome(
                f"{label}: nobody can say whether it was made", hint="Apply again: it is found by its number."
            ) from None
        if receiver not in account_ids:
            raise
        return account_ids[receiver]
