"""What a resource file is made of: operations, the call they get, the reply they give; and the router over them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import Enum
from typing import Any

from mscode.sandbox.errors import ApiError, not_found
from mscode.sandbox.profile import Profile
from mscode.sandbox.store import Store, to_json
from mscode.sandbox.validate import Fields, identifier


class Body(Enum):
    """What an operation reads from the request's body."""

    NONE = "none"
    JSON = "json"
    OPTIONAL_JSON = "optionalJson"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class Upload:
    """One part named ``files`` of a multipart body."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One request, authenticated, inside its transaction. ``now`` is in epoch seconds of the sandbox's clock."""

    store: Store
    now: int
    host: str
    ids: tuple[str, ...] = ()
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None
    uploads: tuple[Upload, ...] = ()

    @property
    def profile(self) -> Profile:
        """The reading of the API in force."""
        return self.store.profile

    @property
    def zone(self) -> tzinfo:
        """Of the date-times whose zone the page does not state."""
        return self.store.zone

    def id(self, position: int = 0) -> int | None:
        return identifier(self.ids[position])

    def found(self, kind: str, position: int = 0) -> int:
        """The id of the path, of an object that is there; else 404."""
        object_id = self.id(position)
        if object_id is None or not self.store.exists(kind, object_id):
            raise not_found()
        return object_id

    def fields(self) -> Fields:
        return Fields(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """``content`` is JSON text; ``location`` a path below the base URL."""

    status: int
    content: str = ""
    location: str | None = None


def ok(value: object) -> Reply:
    return Reply(200, to_json(value))


def created(value: object, location: str | None = None) -> Reply:
    return Reply(201, to_json(value), location)


NO_CONTENT = Reply(204)

Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Operation:
    """``number`` is its place on the page (docs/service-notes.md#operations), ``path`` a template whose variable segments are
    written ``{name}``.
    """

    number: int
    method: str
    path: str
    handler: Handler
    body: Body = Body.NONE


class Router:
    """Finds an operation by method and path; a literal segment wins over a variable one
    (docs/service-notes.md#operations).
    """

    def __init__(self, operations: Iterable[Operation], undocumented: Iterable[str] = ()) -> None:
        self._root: dict[str, Any] = {}
        for operation in operations:
            self._leaf(operation.path)[operation.method] = operation
        for path in undocumented:
            self._leaf(path)

    def _leaf(self, path: str) -> dict[str, Operation]:
        node = self._root
        for segment in path.strip("/").split("/"):
            node = node.setdefault("{}" if segment.startswith("{") else segment, {})
        leaf: dict[str, Operation] = node.setdefault("", {})
        return leaf

    def find(self, method: str, path: str) -> tuple[Operation, tuple[str, ...]]:
        """The operation and the path's ids. 404 for an unknown path, 405 with ``Allow`` for an unknown method."""
        node, ids = self._root, []
        for segment in path[1:].split("/"):
            literal = segment in node
            if segment and not literal and "{}" in node:
                ids.append(segment)
            node = node.get(segment if literal else "{}", {}) if segment else {}
        if "" not in node:
            raise not_found("no such path")
        methods = node[""]
        if method not in methods:
            allow = ", ".join(sorted(methods))
            raise ApiError(405, "methodNotAllowed", f"{method} is not documented for this path", None, {"Allow": allow})
        return methods[method], tuple(ids)
