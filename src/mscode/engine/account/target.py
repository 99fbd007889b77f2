"""Where the engine works: an environment's settings, resolved, and the live account that is read there."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from mscode.api.client import Reader
from mscode.api.ids import item
from mscode.engine.account.decode import reader_of
from mscode.errors import MscodeError
from mscode.model.kind import Kind
from mscode.model.light_dataclass import dataclass
from mscode.model.listener_url import SUFFIX, path_secret
from mscode.model.service_facts import LITERAL, ServiceFacts
from mscode.model.world import Live


@dataclass(frozen=True, slots=True)
class Target:
    """`paths` maps a key (a kind's `paths`, overlaid by the environment's) to an API path. `checks_clock`: the service's
    and the machine's clock must agree before anything rings (not on loopback or the sandbox, whose clock is set).
    `durable_state`: what is written locally will still be there at the next run (a CI job's folder is thrown away).
    `results`: the folder into which results are saved before they are deleted; None where nothing is written.
    `settle_seconds`: how far apart the reads are by which a lost answer is settled. `region`: the country of the national
    numbers that the service shows. `listen_url` is where the service reaches `mscode watch --listen` ("" where nothing says it);
    `hide` takes a secret that was read, so that no output shows it. `service`: what is known of the service beforehand.
    """

    project: str
    environment: str
    url: str
    paths: Mapping[str, str]
    results: Path | None
    root: Path
    window_zone: tzinfo = UTC
    window_zone_name: str = "UTC"
    service: ServiceFacts = LITERAL
    checks_clock: bool = True
    durable_state: bool = True
    ready_seconds: float = 600.0
    settle_seconds: float = 30.0
    chunk: int = 500
    region: str = ""
    listen_url: str = ""
    hide: Callable[[str], object] = field(default=lambda text: None, compare=False, repr=False)

    def hide_listener(self, url: str) -> None:
        """Keep the secret of a listener's URL out of every output."""
        form = path_secret(url)
        if form is not None:
            self.hide(form[1])

    def item(self, key: str, live_id: str) -> str:
        """The path of one object: `/groups/12`. An id that is no plain id is refused, for it would become another path."""
        return item(self.paths[key], live_id)


class Decoded:
    """What was decoded last of each object, beside the JSON that it was decoded from: each launch of an apply reads everything that
    reaches people, and hardly any of it is different from the last time. Threads may share it.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[str, object], tuple[bytes, Live]] = {}

    def reading(self, kind: Kind, decode: Callable[[Mapping[str, Any]], Live]) -> Callable[[Mapping[str, Any]], Live]:
        """`decode`, but for an object that came as it came the last time."""
        section, id_field, last = kind.section, kind.id_field, self._last

        def read(raw: Mapping[str, Any]) -> Live:
            live_id = raw.get(id_field)
            form = _form(raw) if isinstance(live_id, str | int) else b""
            if not form:
                return decode(raw)
            before = last.get((section, live_id))
            if before is not None and before[0] == form:
                return before[1]
            live = decode(raw)
            last[section, live_id] = form, live
            return live

        return read


def _form(raw: Mapping[str, Any]) -> bytes:
    """Bytes that are the same for the same JSON alone: in a comparison of Python's, 1 would be `true`. b"" for what is not kept: a
    campaign of a hundred thousand receivers would be in memory twice.
    """
    try:
        form = marshal.dumps(dict(raw), 0)
    except ValueError:  # no JSON, or nested too deeply
        return b""
    return form if len(form) <= _MOST_KEPT else b""


#: Bytes of one object.
_MOST_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Account:
    """The live account as it is read: what can send nothing but GET, and where. `decoded`: what a run has decoded so far; None
    where each object is read once.
    """

    reader: Reader
    target: Target
    decoded: Decoded | None = None

    def now(self) -> datetime:
        """The service's clock; this machine's before the first answer."""
        return self.reader.now() or datetime.now(UTC)

    def path(self, kind: Kind, live_id: str) -> str:
        """The path of one object of a kind."""
        return self.target.item(kind.collection, live_id)

    def page(self, kind: Kind, live_id: str, label: str = "") -> dict[str, Any]:
        """One object as its page shows it. ApiError where it cannot be read, MscodeError (`bad-form`) where it is no object."""
        label = label or f"{kind.singular} {live_id}"
        raw = self.reader.get(self.path(kind, live_id), what=label)
        if not isinstance(raw, dict):
            raise MscodeError(
                f"{label}: the service answered id {live_id} with something that is no object", code="bad-form"
            )
        return raw

    def decode(self, kind: Kind, raw: Mapping[str, Any]) -> Live:
        """One raw object in spec form, its national numbers read as those of the project's region."""
        return self.decoder(kind)(raw)

    def decoder(self, kind: Kind) -> Callable[[Mapping[str, Any]], Live]:
        """`decode` for many objects of a kind."""
        read = reader_of(kind, self.target.region)
        if self.decoded is not None and not kind.is_person:
            read = self.decoded.reading(kind, read)
        if not (kind.reaches_people and self.target.listen_url):
            return read

        def read_hiding(raw: Mapping[str, Any]) -> Live:
            live = read(raw)
            for name, value in live.fields.items():
                if name.endswith(SUFFIX) and value:
                    self.target.hide_listener(str(value))
            return live

        return read_hiding
