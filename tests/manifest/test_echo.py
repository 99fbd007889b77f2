"""Nobody's data and no secret stands in an echoed line or a message, and the caret still points where it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from mscode.errors import MscodeError
from mscode.manifest.load.loader import load
from mscode.manifest.project.file import load_project
from mscode.manifest.yaml.redaction import mask_text
from mscode.manifest.yaml.source import ECHO, Source
from mscode.views.diagnostics import render

PROJECT = "apiVersion: mscode/v1\nproject: demo\n"
PERSONAL = ("Annabella", "Virtanen", "anna.v@example.com", "358401234567", "0401234567", "040 123 4567", "Hidden Lane")


def echo(text: str, line: int, column: int, *, show_people: bool = False) -> tuple[str, str]:
    """The echoed line, and what stands at the caret."""
    place = Source("a.yaml", text, show_people).place(line, column)
    return place.text, place.text[place.caret - 1 : place.caret + 5]


def messages(folder: Path, manifest: str, project: str = PROJECT) -> str:
    (folder / "mscode.yaml").write_text(project, encoding="utf-8")
    (folder / "a.yaml").write_text(manifest, encoding="utf-8")
    with pytest.raises(MscodeError) as caught:
        load(folder, load_project(folder), "x")
    return "\n".join(line for one in caught.value.diagnostics for line in render(one))


BROKEN_ACCOUNTS = [
    "accounts:\n  anna: {firstName: Annabella, lastName: Virtanen, email: anna.v@example.com, shoe: 38}\n",
    "accounts:\n  anna: {firstName: Annabella, firstName: Virtanen}\n",
    "subusers:\n  anna: {username: av, firstName: Annabella, lastName: Virtanen, shoe: 38}\n",
    "accounts:\n  anna: {firstName: Annabella, phone: '+358401234567'\n",
    "accounts:\n  anna:\n    firstName: Annabella: Virtanen\n",
    "accounts:\n  anna:\n    note: Annabella\n      Virtanen, Hidden Lane: x\n",
    "accounts:\n  anna:\n    firstName: &x Annabella\n",
    "accounts:\n  anna:\n    firstName: !!str Annabella # Virtanen\n",
    "accounts:\n  anna: {zip: ['040 123 4567'], note: [Annabella]}\n",
    "accounts:\n  anna: {phone: 0401234567, address: Hidden Lane}\n",
    "accounts:\n  anna: {phone: 040 123 4567}\n",
    'accounts:\n  anna: {yearOfBirth: 19x0, firstName: Annabella, note: "Virtanen"}\n',
    "acounts:\n  anna: {firstName: Annabella}\n",
    "{accounts: {anna: {firstName: Annabella, lastName: [}}}\n",
    "  accounts:\n    anna: {firstName: Annabella\n",
    'accounts:\n  anna: {firstName: "Annabella \\q Virtanen"}\n',
    "groups:\n  g: {members: {phones: ['0401234567', '+358401234567x']}}\n",
    "groups:\n  g: {nam: anna.v@example.com}\n",
    "groups:\n  g: {import: '+358401234567'}\n",
]


@pytest.mark.parametrize("manifest", BROKEN_ACCOUNTS)
def test_an_error_shows_nobodys_data(manifest: str, tmp_path: Path) -> None:
    shown = messages(tmp_path, "apiVersion: mscode/v1\n" + manifest)
    assert "  on a.yaml line" in shown
    for word in PERSONAL:
        assert word not in shown


def test_people_are_shown_when_asked_for() -> None:
    line = "  anna: {firstName: Annabella, shoe: 38}"
    assert echo(f"accounts:\n{line}\n", 1, 9, show_people=True)[0] == line


def test_keys_and_public_fields_stay_readable() -> None:
    line = '  anna: {firstName: Annabella, phone: "+358401234567", city: Helsinki, yearOfBirth: 1980}'
    shown, at = echo(f"accounts:\n{line}\n", 1, line.index("Helsinki"))
    assert shown == '  anna: {firstName: A•••, phone: "+35840•••4567", city: Helsinki, yearOfBirth: 1980}'
    assert at == "Helsin"


@pytest.mark.parametrize("word", ["anna", "firstName", "Annabella", "city", "Helsinki"])
def test_the_caret_stays_with_its_word(word: str) -> None:
    line = "  anna: {firstName: Annabella, city: Helsinki}"
    _, at = echo(f"accounts:\n{line}\n", 1, line.index(word))
    assert at[0] == word[0]


def test_what_is_no_persons_data_is_echoed_as_it_is() -> None:
    line = "    startTime: 2026-12-01 09:00:00 # on the first"
    assert echo(f"rsvpCalls:\n  invite:\n{line}\n", 2, 15) == (line, "2026-1")


def test_a_long_line_is_cut_around_the_caret() -> None:
    line = "  x: {" + "word, " * 5000 + "here" + ", word" * 5000 + "}"
    shown, at = echo(f"groups:\n{line}\n", 1, line.index("here"))
    assert len(shown) == ECHO and shown[0] == shown[-1] == "…"
    assert at == "here, "


@pytest.mark.parametrize(
    "project",
    [
        "environments:\n  live: {url: 'https://a.example', token: canary-4711}\n",
        "environments:\n  live:\n    url: https://a.example\n    token: canary-4711\n",
        "environments:\n  live:\n    url: https://a.example\n    token:\n      canary-4711\n",
        "environments:\n  live:\n    url: https://a.example\n    token: |\n      x\n      canary-4711\n",
        "environments:\n  live:\n    url: https://a.example\n    token: 'canary-4711\n",
        "environments:\n  live:\n    url: https://a.example\n    token: canary: 4711 canary-4711\n",
        "environments:\n  live:\n    url: https://a.example\n    token: {env: canary-4711}\n",
        "environments:\n  live:\n    url: https://a.example\n    token: {canary-4711: x}\n",
        "environments:\n  live:\n    url: https://a.example\n    token: [canary-4711]\n",
        "environments:\n  live:\n    url: https://a.example\n    password: canary-4711\n",
        "environments:\n  live:\n    url: ftp://me:canary-4711@a.example\n",
        "environments: {live: {url: x, token: canary-4711,\n",
        "token: canary-4711\n",
    ],
)
def test_a_secret_in_the_project_file_is_not_repeated(project: str, tmp_path: Path) -> None:
    shown = messages(tmp_path, "apiVersion: mscode/v1\n", PROJECT + project)
    assert "Error: " in shown
    assert "canary-4711" not in shown.replace('Unknown field "canary-4711"', "")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call +358 40 123 4567 now", "call +35840•••4567 now"),
        ("0401234567", "040•••67"),
        ("mail anna@example.com", "mail a•••"),
        ("2026-12-01 09:00:00", "2026-12-01 09:00:00"),
        ("12:30:45 and 1_000", "12:30:45 and 1_000"),
        ("acceptsWanted is 1000000", "acceptsWanted is 1000000"),
    ],
)
def test_numbers_and_addresses_in_a_message_are_masked(text: str, masked: str) -> None:
    assert mask_text(text) == masked
