"""The backend of an environment's state, from `state:` of mscode.yaml and the process's environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mscode.app.environment import Environment

if TYPE_CHECKING:
    from mscode.state.backend import Backend


def backend_of(environment: Environment, warn: Callable[[str], object] = lambda text: None) -> Backend:
    """Where this environment keeps its state. ConfigError where the credentials of the state may not be sent there. `warn` takes
    what a person should know while it is written, from any thread.
    """
    if environment.in_memory is not None:
        return environment.in_memory.backend
    name = environment.state["backend"]
    if name not in ("object", "http", "gitlab"):
        from mscode.state.local.backend import LocalBackend

        return LocalBackend(environment.folder)
    from mscode.state.remote.backend import RemoteBackend

    if name == "object":
        from mscode.state.remote.object import ObjectRemote, Where

        bucket = Where.of(environment.state)
        if bucket.endpoint:
            check_state_url(environment, bucket.endpoint)
        return RemoteBackend(ObjectRemote(bucket), environment.folder, warn)
    from mscode.http.state_client import StateClient, credentials
    from mscode.state.remote.http import Addresses, HttpRemote

    addresses = Addresses.of(environment.state)
    for url in (addresses.address, addresses.lock_address, addresses.unlock_address):
        check_state_url(environment, url)
    remote = HttpRemote(StateClient(credentials(environment.variables)), addresses)
    return RemoteBackend(remote, environment.folder, warn)


def check_state_url(environment: Environment, url: str, what: str = "The address of the state") -> None:
    """ConfigError where a URL may not receive credentials: the token's rules hold for those of the state too. `what` begins its
    message.
    """
    from mscode.http.url import ALLOWED_HOSTS, check_url

    check_url(
        url,
        allow_insecure=environment.allow_insecure,
        allowed_hosts=environment.variables.get(ALLOWED_HOSTS),
        what=what,
        secret="password",
    )
