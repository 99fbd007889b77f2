"""schema/multisender.openapi.yaml and the sandbox, held against each other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from ruamel.yaml import YAML
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mscode.sandbox.operations import AUTHENTICATION_TOKEN, operations

from .world import HEADERS, World

FILE = Path(__file__).parents[2] / "schema" / "multisender.openapi.yaml"
# In C, for every worker of the tests reads it; the document has nothing that YAML 1.1 reads otherwise.
DOCUMENT: dict[str, Any] = YAML(typ="safe").load(FILE.read_text("utf-8"))
DESCRIBED = {
    (operation["x-operation"], method.upper(), path): operation
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method != "parameters"
}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def furnish(world: World) -> None:
    """Put something at the first ids of every kind, and nothing else."""
    world.control("POST", "/reset")
    world.at("2026-12-01T07:00:00Z")
    for _ in range(2):
        world.voice_file()
        world.group(*world.people(3))
        world.post("/accounts/filters", {"filters": [{"field": "city", "operator": "==", "value": "Espoo"}]})
        for path in ("/calls", "/emails", "/smses"):
            world.post(path, {"actionTime": "2026-12-05 10:00:00", "receivers": [{"groupId": "1"}]})
        world.rsvp(receivers=[{"groupId": "1"}, {"accountId": "1"}])
        world.click(receivers=[{"groupId": "1"}])
        world.post("/subusers", {"username": "crew", "email": "crew@example.com"})
    world.at("2026-12-01T09:00:05Z")


WORLD = World(require_token=None)
schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.app = WORLD.app
schema.config.update(base_url="http://sandbox.local/v1")


@schema.hook
def map_path_parameters(_context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Ids that exist, more often than not."""
    return {
        name: str(1 + int(value[-9:]) % 3) if re.fullmatch("[1-9][0-9]*", str(value)) else value
        for name, value in (path_parameters or {}).items()
    }


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    WORLD.close()


@pytest.fixture(autouse=True)
def furnished() -> None:
    furnish(WORLD)


@schema.exclude(operation_id="deleteAccounts").parametrize()
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_what_the_sandbox_answers_is_what_the_document_says(case: Any) -> None:
    headers = {"Accept": HEADERS["Accept"]}
    if case.media_type != "multipart/form-data":
        headers |= HEADERS
    case.call_and_validate(headers=headers, checks=CHECKS)


def test_the_document_lists_the_operations_that_the_sandbox_has() -> None:
    served = {(operation.number, operation.method, operation.path) for operation in operations()}
    assert set(DESCRIBED) == served
    assert sorted(number for number, _, _ in served) == list(range(1, 61))


def test_the_17_operations_of_the_other_token_header_are_marked() -> None:
    marked = {
        key[0] for key, operation in DESCRIBED.items() if {"authenticationToken": []} in operation.get("security", [])
    }
    assert marked == AUTHENTICATION_TOKEN
    assert len(marked) == 17


def test_twelve_operations_answer_with_a_location() -> None:
    with_location = {
        key[0] for key, operation in DESCRIBED.items() if "headers" in operation["responses"].get("201", {})
    }
    assert with_location == {3, 7, 16, 21, 27, 31, 37, 40, 46, 51, 57, 58}


@pytest.mark.parametrize("key", DESCRIBED, ids=lambda key: f"{key[0]}")
def test_every_described_operation_is_refused_without_a_token(key: tuple[int, str, str]) -> None:
    number, method, path = key
    world = World(require_token="mine")
    url = re.sub(r"\{\w+\}", "1", path)
    sent: dict[str, Any] = {"files": [("files", ("a.wav", b""))]} if number == 58 else {"json": {}}
    headers = {"X-Access-Token": "-"} | ({"Content-Type": "-"} if number == 58 else {})
    response = world.send(method, url, headers=headers, **sent)
    world.close()
    assert response.status_code == (400 if number == 34 else 401)
    assert number == 34 or "401" in DESCRIBED[key]["responses"]
