"""fleet.yaml: which projects it means, and what is wrong with it, at its place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from mscode.manifest.fleet.file import salvage_fleet
from tests.fleet.conftest import HEAD, FleetFolder

ACCOUNT = {"url": "https://api.example.com/v1", "token": {"env": "OWN_TOKEN"}}
CLIENTS = {"path": "clients/*", "environment": "production", "token": {"env": "TOKEN_{name}"}}


def test_the_example_of_the_page(fleet: FleetFolder) -> None:
    for path in ("clients/acme", "clients/bee-line", "pilot"):
        fleet.project(path, production=ACCOUNT)
    (fleet.root / "fleet.yaml").write_text(
        HEAD + "projects:\n"
        "  - path: clients/*                     # folders with an mscode.yaml\n"
        "    environment: production\n"
        '    token: {env: "TOKEN_{name}"}\n'
        "  - path: pilot\n"
        "    wave: 1\n"
        "guards: {samePersonSameDay: {level: deny}, maxPeople: 50000, maxCalls: 200000}\n"
    )
    assert fleet.listed() == [
        {
            "path": "clients/acme",
            "project": "acme",
            "environment": "production",
            "token": "TOKEN_ACME",
            "wave": 2,
        },
        {
            "path": "clients/bee-line",
            "project": "bee-line",
            "environment": "production",
            "token": "TOKEN_BEE_LINE",
            "wave": 2,
        },
        {"path": "pilot", "project": "pilot", "environment": "sandbox", "token": "", "wave": 1},
    ]
    assert fleet.cli("fleet", "list").out == (
        "PROJECT           ENVIRONMENT  WAVE  TOKEN\n"
        "clients/acme      production      2  TOKEN_ACME\n"
        "clients/bee-line  production      2  TOKEN_BEE_LINE\n"
        "pilot             sandbox         1\n"
        "\n"
        "3 projects in fleet agency.\n"
    )


def test_a_folder_without_mscode_yaml_is_no_project(fleet: FleetFolder) -> None:
    fleet.project("clients/a")
    for path in ("clients/shared", "clients/.hidden", "clients/a/below", "other"):
        (fleet.root / path).mkdir()
    for path in ("clients/.hidden", "clients/a/below", "other"):
        fleet.project(path)
    (fleet.root / "clients" / "link").symlink_to(fleet.root / "other")
    fleet.write([{"path": "clients/*"}])
    assert [project["path"] for project in fleet.listed()] == ["clients/a"]


@pytest.mark.parametrize(
    ("glob", "paths"),
    [
        ("**", ["a/b/c", "a/d", "e"]),
        ("a/**", ["a/b/c", "a/d"]),
        ("*/*", ["a/d"]),
        ("./a//d/", ["a/d"]),
        ("a/[c-e]", ["a/d"]),
    ],
)
def test_globs(fleet: FleetFolder, glob: str, paths: list[str]) -> None:
    for path in ("a/b/c", "a/d", "e"):
        fleet.project(path)
    fleet.write([{"path": glob}])
    assert [project["path"] for project in fleet.listed()] == paths


def test_a_path_without_wildcards_takes_its_folder_from_a_glob(fleet: FleetFolder) -> None:
    for path in ("clients/a", "clients/b"):
        fleet.project(path)
    for entries in ([CLIENTS, {"path": "clients/a", "wave": 1}], [{"path": "clients/a", "wave": 1}, CLIENTS]):
        fleet.write(entries)
        assert [(entry["path"], entry["wave"], entry["token"]) for entry in fleet.listed()] == [
            ("clients/a", 1, ""),
            ("clients/b", 2, "TOKEN_B"),
        ]


def test_where_the_environment_and_the_token_come_from(fleet: FleetFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.project("a", production=ACCOUNT)
    fleet.write([{"path": "a"}])

    def of_a(*options: str) -> tuple[str, str]:
        (entry,) = fleet.listed(*options)
        return entry["environment"], entry["token"]

    assert of_a() == ("sandbox", "")
    assert of_a("--env", "production") == ("production", "OWN_TOKEN")
    monkeypatch.setenv("MSCODE_ENV", "production")
    assert of_a() == ("production", "OWN_TOKEN")
    fleet.write([{"path": "a", "environment": "sandbox"}])
    assert of_a() == ("sandbox", "")
    ended = fleet.cli("--env", "production", "fleet", "list")
    assert ended.code == 64
    assert '--env production: fleet.yaml line 6 says environment "sandbox" for a' in ended.err


def test_a_project_that_cannot_be_read_is_listed(fleet: FleetFolder) -> None:
    fleet.project("clients/a", text="project: [broken\n")
    fleet.write([CLIENTS, {"path": "gone"}])
    ended = fleet.cli("fleet", "list", "--json")
    assert ended.code == 0
    assert [(entry["path"], entry["project"], entry["token"]) for entry in ended.json["projects"]] == [
        ("clients/a", "", "TOKEN_A"),
        ("gone", "", ""),
    ]
    assert "Warning: There is no mscode.yaml in gone" in ended.err


def test_an_entry_that_means_nothing_is_named(fleet: FleetFolder) -> None:
    fleet.project("clients/a")
    fleet.write([{"path": "client/*"}, {"path": "clients/b"}])
    err = fleet.cli("fleet", "list").err
    assert "Warning: No folder that matches client/* holds mscode.yaml" in err
    assert "Warning: There is no mscode.yaml in clients/b" in err
    assert 'Did you mean "clients/a"?' in err


WRONG: list[tuple[Any, str, str]] = [
    ([{"path": "/etc/*"}], "projects[0].path: must be a folder below fleet.yaml", ""),
    ([{"path": "../other"}], "projects[0].path: must be a folder below fleet.yaml", ""),
    ([{"path": "."}], "the folder of fleet.yaml itself is no project of the fleet", ""),
    ([{"path": "a", "tokn": {"env": "T"}}], 'Unknown field "tokn"', 'Did you mean "token"?'),
    ([{"path": "a", "wave": 0}], "projects[0].wave: must be at least 1", ""),
    ([{"path": "a", "wave": "first"}], "projects[0].wave: must be a whole number", ""),
    ([{"path": "a", "environment": "no name"}], "projects[0].environment: must be the name of an environment", ""),
    ([{"path": "a", "token": {"command": ["pass"]}}], 'Unknown field "command"', ""),
    ([{"environment": "a"}], 'Missing field "path"', ""),
    ([], "projects: must not be empty", ""),
]


@pytest.mark.parametrize(("entries", "summary", "hint"), WRONG)
def test_what_is_wrong_is_said_at_its_place(fleet: FleetFolder, entries: Any, summary: str, hint: str) -> None:
    fleet.write(entries)
    ended = fleet.cli("fleet", "list")
    assert ended.code == 1
    assert summary in ended.err and hint in ended.err
    assert "on fleet.yaml line " in ended.err


@pytest.mark.parametrize("written", ["s3cr3t-t0ken", '{env: "s3cr3t-t0ken"}', "{env: 's3cr3t {name} t0ken'}"])
def test_a_token_is_never_repeated(fleet: FleetFolder, written: str) -> None:
    (fleet.root / "fleet.yaml").write_text(f"{HEAD}projects:\n- path: a\n  token: {written}\n")
    ended = fleet.cli("fleet", "list", "--json")
    assert ended.code == 1
    assert "t0ken" not in ended.out + ended.err


@pytest.mark.parametrize(
    ("guards", "summary"),
    [
        ({"maxRedials": 3}, 'guards: "maxRedials" is not a guard of a fleet'),
        ({"maxPeopl": 3}, 'Did you mean "maxPeople"?'),
        ({"maxPeople": "many"}, "guards: maxPeople must be a whole number"),
        ({"samePersonSameDay": 3}, "guards: samePersonSameDay has no limit"),
    ],
)
def test_guards_of_a_fleet(fleet: FleetFolder, guards: Any, summary: str) -> None:
    fleet.project("a")
    fleet.write([{"path": "a"}], guards=guards)
    ended = fleet.cli("fleet", "list")
    assert ended.code == 1
    assert summary in ended.err


@pytest.mark.parametrize(
    ("paths", "entries", "summary"),
    [
        (
            ("clients/a-b", "clients/a.b"),
            [CLIENTS],
            "clients/a-b and clients/a.b give one variable for their tokens, TOKEN_A_B",
        ),
        (
            ("clients/a", "partners/a"),
            [CLIENTS, {**CLIENTS, "path": "partners/*"}],
            "clients/a and partners/a give one variable for their tokens, TOKEN_A",
        ),
        (
            ("clients/a", "pilot"),
            [CLIENTS, {"path": "pilot", "token": {"env": "TOKEN_A"}}],
            "clients/a and pilot give one variable for their tokens, TOKEN_A",
        ),
        (
            ("clients/a", "pilot"),
            [CLIENTS, {"path": "pilot", "token": {"env": "token_a"}}],  # Windows and GitHub's secrets know no case
            "clients/a and pilot give one variable for their tokens, token_a",
        ),
        (
            ("clients/1st",),
            [{"path": "clients/*", "token": {"env": "{name}"}}],
            'The name of clients/1st gives "1ST", which cannot be the name of a variable',
        ),
        (("clients/a",), [CLIENTS, {"path": "clients/a*"}], "clients/a is meant by two entries"),
        (("a", "b"), [{"path": "a"}, {"path": "a/"}], "a is meant by two entries"),
        (("a/b", "a__b"), [{"path": "**"}], "The plans of a/b and a__b would have one file, a__b"),
    ],
)
def test_two_projects_that_cannot_be_told_apart(
    fleet: FleetFolder, paths: tuple[str, ...], entries: Any, summary: str
) -> None:
    for path in paths:
        fleet.project(path)
    fleet.write(entries)
    ended = fleet.cli("fleet", "list")
    assert ended.code == 1
    assert summary in ended.err


def test_projects_may_share_a_token_that_is_named_for_both(fleet: FleetFolder) -> None:
    for path in ("a", "b"):
        fleet.project(path)
    fleet.write([{"path": path, "token": {"env": "SHARED"}} for path in ("a", "b")])
    assert [entry["token"] for entry in fleet.listed()] == ["SHARED", "SHARED"]


def test_names_of_any_letters_give_variables(fleet: FleetFolder) -> None:
    for path in ("c/Äänekoski ry", "c/x;rm -rf", "c/new\nline", "c/\x1b[31m"):
        fleet.project(path, name="a")
    fleet.write([{"path": "c/*", "token": {"env": "T_{name}"}}])
    assert {entry["token"] for entry in fleet.listed()} == {"T___NEKOSKI_RY", "T_X_RM__RF", "T_NEW_LINE", "T___31M"}
    printed = fleet.cli("fleet", "list").out
    assert "\x1b" not in printed and "new\nline" not in printed


def test_no_fleet_yaml(fleet: FleetFolder) -> None:
    fleet.project("clients/a")
    ended = fleet.cli("fleet", "list", "--json")
    assert ended.code == 1
    assert "There is no fleet.yaml in ." in ended.err
    assert ended.json["errored"] is True
    fleet.write([CLIENTS])
    ended = fleet.cli("fleet", "list", "clients/a")
    assert ended.code == 1
    assert f"The folder {fleet.root} above it holds one." in ended.err
    assert fleet.cli("-C", str(fleet.root), "fleet", "list").code == 0
    assert fleet.cli("fleet", "list", str(fleet.root)).code == 0


@pytest.mark.parametrize("text", ["", "- a\n", f"{HEAD}projects: [{{path: a}}]\n---\n{HEAD}", "\x00", "a: &x 1\n"])
def test_a_file_that_is_no_fleet(fleet: FleetFolder, text: str) -> None:
    (fleet.root / "fleet.yaml").write_text(text)
    ended = fleet.cli("fleet", "list")
    assert ended.code == 1
    assert "fleet.yaml" in ended.err and "Traceback" not in ended.err


# ---- for halting -----------------------------------------------------------------------------------------------------


def test_what_can_be_read_of_a_broken_file_is_enough_for_a_halt() -> None:
    fleet = salvage_fleet(
        b"fleet: Agency!\nguards: {maxPepole: x}\nlimits: 3\nprojects:\n"
        b"  - {path: clients/*, token: {env: 'TOKEN_{name}'}, wave: x, colour: red}\n"
        b"  - {path: /outside}\n"
        b"  - {environment: production}\n"
        b"  - pilot\n"
        b"  - {path: b, token: s3cr3t, environment: production}\n"
    )
    assert [(entry.path, entry.variable_of("a"), entry.environment) for entry in fleet.projects] == [
        ("clients/*", "TOKEN_A", None),
        ("b", "", "production"),
    ]


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe\x00", b"[", b"projects: {a: 1}", b"projects: [[[[", b"x" * 1000])
def test_what_is_no_fleet_at_all_has_no_projects(raw: bytes) -> None:
    assert salvage_fleet(raw).projects == []


def test_three_hundred_projects_are_read_at_once(fleet: FleetFolder, tmp_path: Path) -> None:
    for number in range(300):
        fleet.project(f"clients/town-{number:03}")
    fleet.write([CLIENTS])
    assert len({entry["token"] for entry in fleet.listed()}) == 300


def test_a_link_out_of_the_fleet_and_two_paths_to_one_folder(
    fleet: FleetFolder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fleet.project("clients/a")
    (fleet.root / "same").symlink_to(fleet.root / "clients" / "a")
    fleet.write([CLIENTS, {"path": "same"}])
    ended = fleet.cli("fleet", "list")
    assert (ended.code, ended.out) == (1, "")
    assert "clients/a and same are one folder" in ended.err
    outside = tmp_path_factory.mktemp("outside")
    (outside / "mscode.yaml").write_bytes((fleet.root / "clients/a/mscode.yaml").read_bytes())
    (fleet.root / "out").symlink_to(outside)
    fleet.write([CLIENTS, {"path": "out"}])
    ended = fleet.cli("fleet", "list")
    assert ended.code == 1 and "out is a link that leads out of the folder of fleet.yaml" in ended.err


def test_a_pipe_instead_of_mscode_yaml_keeps_nobody_waiting(fleet: FleetFolder) -> None:
    fleet.project("clients/a")
    (fleet.root / "clients/b").mkdir()
    os.mkfifo(fleet.root / "clients/b/mscode.yaml")
    fleet.write([CLIENTS])
    assert [(entry["path"], entry["project"]) for entry in fleet.listed()] == [("clients/a", "a"), ("clients/b", "")]


def test_an_error_shows_the_line_of_fleet_yaml(fleet: FleetFolder) -> None:
    text = "apiVersion: mscode/v1\nfleet: agency\nprojects:\n  - {path: clients/*, environment: a b}\n"
    (fleet.root / "fleet.yaml").write_text(text)
    ended = fleet.cli("fleet", "list")
    assert ended.code == 1 and "|     - {path: clients/*, environment: a b}\n" in ended.err


@pytest.mark.parametrize("limits", [{"seconds": 10**11}, {"megabytes": 10**14}])
def test_limits_that_no_system_can_count_to(fleet: FleetFolder, limits: dict[str, int]) -> None:
    fleet.project("clients/a")
    fleet.write([CLIENTS], limits=limits)
    ended = fleet.cli("fleet", "list")
    assert ended.code == 1 and f"limits.{next(iter(limits))}: must be" in ended.err
