"""All 60 operations of the API (docs/service-notes.md#operations), and which of them a profile has elsewhere."""

from functools import lru_cache

from mscode.sandbox import (
    accounts,
    click_to_calls,
    filters,
    groups,
    messages,
    rsvp_calls,
    rsvp_results,
    subusers,
    voice_files,
)
from mscode.sandbox.operation import Body, Operation, Router
from mscode.sandbox.profile import Profile

LOGIN = 34
# Printed beside "delete group" and "delete subuser" by mistake
# (docs/service-notes.md#deleting); the first exists with other methods.
UNDOCUMENTED = ("/subusers/{subuserId}/accounts",)
# The 17 PUT and DELETE blocks that name the header X-Authentication-Token (docs/service-notes.md#tokens).
AUTHENTICATION_TOKEN = frozenset({4, 5, 6, 13, 17, 18, 22, 23, 28, 32, 33, 38, 39, 47, 48, 52, 53})

_FAMILIES = (accounts, filters, groups, messages, click_to_calls, rsvp_calls, rsvp_results, subusers, voice_files)


# Switch and value to the operations that stand in the place of others, by number; None stands for none.
_OTHERS: dict[tuple[str, str], dict[int, Operation | None]] = {
    **{("filter_op10", value): {10: other} for value, other in filters.OTHERS_10.items()},
    ("delete_url", "printed"): {18: groups.DELETE_AS_PRINTED, 53: subusers.DELETE_AS_PRINTED},
    ("group_remove", "nested"): {13: groups.REMOVE_NESTED},
}
_SWITCHES = sorted({name for name, _ in _OTHERS})
_LITERAL = Profile()


def operations(profile: Profile = _LITERAL) -> tuple[Operation, ...]:
    """By number, 1 to 60, less those that a profile does without."""
    return _operations(profile.login_path, _values(profile))


def router(profile: Profile) -> Router:
    """The router of the operations under a profile."""
    return _router(profile.login_path, _values(profile))


def _values(profile: Profile) -> tuple[tuple[str, str], ...]:
    return tuple((name, getattr(profile, name)) for name in _SWITCHES)


@lru_cache(maxsize=64)
def _operations(login_path: str, values: tuple[tuple[str, str], ...]) -> tuple[Operation, ...]:
    login = Operation(LOGIN, "POST", login_path, subusers.log_in, Body.JSON)
    by_number: dict[int, Operation | None] = {o.number: o for family in _FAMILIES for o in family.OPERATIONS}
    for switch in values:
        by_number |= _OTHERS.get(switch, {})
    by_number[LOGIN] = login
    return tuple(operation for _, operation in sorted(by_number.items()) if operation is not None)


@lru_cache(maxsize=64)
def _router(login_path: str, values: tuple[tuple[str, str], ...]) -> Router:
    return Router(_operations(login_path, values), UNDOCUMENTED)
