"""The sandbox put together."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from types import EllipsisType

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from mscode.sandbox.answers import Answers
from mscode.sandbox.api import Api
from mscode.sandbox.asgi import Receive, Scope, Send, error_json, respond
from mscode.sandbox.auth import Gate
from mscode.sandbox.clock import Clock
from mscode.sandbox.control import Control
from mscode.sandbox.errors import not_found
from mscode.sandbox.faults import Faults
from mscode.sandbox.profile import Profile, Switches
from mscode.sandbox.store import Store
from mscode.sandbox.times import seconds

#: The page prints the second, which must be meant as the first (docs/service-notes.md#requests).
PREFIXES = ("/v1", "/vi")
CONTROL = "/__sandbox"


class Sandbox(Starlette):
    """Starlette without its error pages: what goes wrong in the sandbox is a bug, and has to surface as one."""

    def build_middleware_stack(self) -> ASGIApp:
        return self.router


def create_app(
    db: str | Path,
    *,
    seed: int = 1,
    answers: Answers | None = None,
    latency_ms: int = 0,
    clock: datetime | None = None,
    faults: Path | None = None,
    require_token: str | EllipsisType | None = ...,
    profile: Profile | None = None,
    window_zone: tzinfo = UTC,
    machine: Callable[[], float] | None = None,
    webhooks: bool = False,
) -> Starlette:
    """The emulator as an ASGI app over the database ``db``, a file or ``:memory:``.

    ``seed`` draws the answers of the people rung, ``answers`` is all of how they behave, a seed included. ``latency_ms`` delays
    each API request. ``clock`` sets the sandbox's clock (without offset: UTC); left out, it runs on from where the database
    left it, at first the machine's time. ``faults`` is a JSON file of rules (faults.py). ``require_token``: the database's own
    when left out, a token of your choice, or None for a sandbox that asks for none. ``profile`` is the reading of the API that
    it serves, the literal one when left out. ``window_zone`` is the zone of ``activeFrom`` and ``activeTo``. ``machine`` gives
    the epoch seconds by which its clock runs, in place of the machine's. The app's ``state`` has ``token``, ``store`` (whose
    ``answers`` may be replaced at any time), ``faults`` and ``switches``, whose ``profile`` may be, too, and ``play``, which
    brings everything up to now. ``webhooks`` has webhooks wait for a `Poster` (posting.py), as ``profile`` may do; nothing here
    sends any.
    """
    store = Store(db, Switches(profile, webhooks=webhooks), window_zone, answers or Answers(seed))
    sandbox_clock = Clock(store, machine)
    if clock is not None:
        with store.transaction(write=True):
            sandbox_clock.set(seconds(clock))
    token = store.token() if isinstance(require_token, EllipsisType) else require_token
    rules = Faults(faults)
    api = Api(store, sandbox_clock, Gate(store, token), rules, latency_ms / 1000)
    control = Control(store, sandbox_clock, rules, api)
    app = Sandbox(
        routes=[
            Mount(CONTROL, control),
            Mount("/", below := _below_prefix(api, store, sandbox_clock)),
        ]
    )
    app.router.default = below  # a path that holds a line break matches no mount
    app.state.token = token
    app.state.store = store
    app.state.faults = rules
    app.state.switches = store.switches
    app.state.play = control.play_what_is_due
    return app


def prefixes(profile: Profile) -> tuple[str, ...]:
    """The paths below which the API is; "" for the root."""
    return PREFIXES if profile.prefix is None else (profile.prefix,)


def _below_prefix(api: Api, store: Store, clock: Clock) -> ASGIApp:
    """The API below the prefixes of the profile in force, and 404 everywhere else."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        path, known = scope["path"], prefixes(store.profile)
        prefix = next((one for one in known if path.startswith(f"{one}/")), None)
        if prefix is None:
            message = f"the API is below {known[0] or '/'}"
            await respond(send, 404, error_json(not_found(message).body()), {}, clock.now())
        else:
            await api({**scope, "root_path": prefix}, receive, send)

    return answer
