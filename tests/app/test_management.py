"""What is managed by a person's word: import, forget, and a create of which nobody else knows what became of it."""

from __future__ import annotations

import pytest

from mscode.app.management import forget, import_object
from mscode.app.plan import make_plan
from mscode.app.resolve import resolve_create
from mscode.app.state import lock_state
from mscode.app.state_edit import read_state
from mscode.app.workspace import load_environment
from mscode.errors import MscodeError, UsageError
from mscode.model.address import Address
from mscode.model.world import Intent
from mscode.plan.inputs import Options
from tests.app.conftest import ProjectFolder, answering

DONORS = Address("groups", "donors")
REMINDER = Address("smses", "reminder")


def test_what_is_forgotten_stays_live(launched: ProjectFolder) -> None:
    forget(launched.inv, launched.folder, DONORS)
    assert [group["name"] for group in launched.live("groups")] == ["Blood donors"]
    assert DONORS not in read_state(launched.inv, launched.folder).known.entries


def test_what_is_not_managed_cannot_be_forgotten(workspace: ProjectFolder) -> None:
    with pytest.raises(MscodeError, match="is not in the state"):
        forget(workspace.inv, workspace.folder, DONORS)


def test_what_was_forgotten_is_taken_back_by_its_id(launched: ProjectFolder) -> None:
    entry = forget(launched.inv, launched.folder, DONORS)
    assert import_object(launched.inv, launched.folder, DONORS, entry.id).id == entry.id
    assert list(make_plan(launched.inv, launched.folder, Options()).plan.shown) == []


@pytest.mark.parametrize(
    ("address", "live_id", "error", "words"),
    [
        ("groups.donors", "1", MscodeError, "managed already"),
        ("groups.other", "1", MscodeError, "not declared"),
        ("groups.donors", "../1", UsageError, "not an id"),
    ],
)
def test_an_import_that_cannot_be(
    launched: ProjectFolder, address: str, live_id: str, error: type[MscodeError], words: str
) -> None:
    with pytest.raises(error, match=words):
        import_object(launched.inv, launched.folder, Address.parse(address), live_id)


@pytest.fixture
def unknown(launched: ProjectFolder) -> ProjectFolder:
    """An SMS to the donors was sent, as far as anybody knows: its create was begun, and no end of it is known."""
    file = launched.folder / "campaign.yaml"
    start = next(line.split(": ")[1] for line in file.read_text().splitlines() if "startTime" in line)
    sms = f"{{message: Welcome!, sender: Blood, actionTime: {start}, receivers: [{{group: donors}}]}}"
    file.write_text(f"{file.read_text()}\nsmses:\n  reminder: {sms}\n")
    with lock_state(launched.inv, load_environment(launched.inv, launched.folder), "apply") as store:
        store.begin([Intent(REMINDER, 1, "create", "digest")])
    return launched


def _open(workspace: ProjectFolder) -> list[Address]:
    return [intent.address for intent in read_state(workspace.inv, workspace.folder).known.intents.values()]


def test_that_it_was_not_created_is_confirmed_with_the_number_of_people(unknown: ProjectFolder) -> None:
    resolution = resolve_create(answering(unknown.inv, "3"), unknown.folder, REMINDER, "")
    assert (resolution.adopted_id, resolution.is_declared) == ("", True)
    assert _open(unknown) == []


@pytest.mark.parametrize(("answers", "code"), [(("yes",), "not-confirmed"), ((), "no-terminal")])
def test_anything_else_settles_nothing(unknown: ProjectFolder, answers: tuple[str, ...], code: str) -> None:
    with pytest.raises(MscodeError) as caught:
        resolve_create(answering(unknown.inv, *answers), unknown.folder, REMINDER, "")
    assert caught.value.diagnostics[0].code == code
    assert _open(unknown) == [REMINDER]


def test_nothing_can_be_said_of_what_is_known(launched: ProjectFolder) -> None:
    with pytest.raises(MscodeError, match="nothing to resolve"):
        resolve_create(launched.inv, launched.folder, REMINDER, "")
