"""All 60 operations of the API (docs/service-notes.md#operations)."""

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

LOGIN = 34
LOGIN_PATH = "/login"  # a guess: the page lost it (docs/service-notes.md#tokens)
# Printed beside "delete group" and "delete subuser" by mistake
# (docs/service-notes.md#deleting); the first exists with other methods.
UNDOCUMENTED = ("/subusers/{subuserId}/accounts",)
# The 17 PUT and DELETE blocks that name the header X-Authentication-Token (docs/service-notes.md#tokens).
AUTHENTICATION_TOKEN = frozenset({4, 5, 6, 13, 17, 18, 22, 23, 28, 32, 33, 38, 39, 47, 48, 52, 53})

_FAMILIES = (accounts, filters, groups, messages, click_to_calls, rsvp_calls, rsvp_results, subusers, voice_files)


def operations(login_path: str = LOGIN_PATH) -> tuple[Operation, ...]:
    """By number, 1 to 60."""
    login = Operation(LOGIN, "POST", login_path, subusers.log_in, Body.JSON)
    return tuple(sorted([login, *(o for family in _FAMILIES for o in family.OPERATIONS)], key=lambda o: o.number))


def router(login_path: str = LOGIN_PATH) -> Router:
    return Router(operations(login_path), UNDOCUMENTED)
