"""The backend of an environment's state, from `state:` of mscode.yaml and the variables of the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mscode.app.environment import Environment

if TYPE_CHECKING:
    from mscode.state.backend import Backend


def backend_of(environment: Environment) -> Backend:
    """Where this environment keeps its state. ConfigError where its credentials may not go there."""
    name = environment.state["backend"]
    if name == "object":
        return _object(environment)
    if name in ("http", "gitlab"):
        return _http(environment)
    from mscode.state.local.backend import LocalBackend

    return LocalBackend(environment.folder)


def _http(environment: Environment) -> Backend:
    from mscode.http.state_client import StateClient, credentials
    from mscode.state.remote.backend import RemoteBackend
    from mscode.state.remote.http import Addresses, HttpRemote

    addresses = Addresses.of(environment.state)
    for url in (addresses.address, addresses.lock_address, addresses.unlock_address):
        _check(environment, url)
    return RemoteBackend(HttpRemote(StateClient(credentials(environment.variables)), addresses), environment.folder)


def _object(environment: Environment) -> Backend:
    from mscode.state.remote.backend import RemoteBackend
    from mscode.state.remote.object import ObjectRemote, Where

    where = Where.of(environment.state)
    if where.endpoint:
        _check(environment, where.endpoint)
    return RemoteBackend(ObjectRemote(where), environment.folder)


def _check(environment: Environment, url: str) -> None:
    """The state's credentials go there: the rules of the token hold for them too."""
    from mscode.http.url import ALLOWED_HOSTS, check_url

    check_url(
        url,
        allow_insecure=environment.allow_insecure,
        allowed_hosts=environment.variables.get(ALLOWED_HOSTS),
        what="The address of the state",
        secret="password",
    )
