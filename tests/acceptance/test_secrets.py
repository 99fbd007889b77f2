"""Canaries through every command, whatever the service answers: the token, a password, a secret variable, and two hundred people.

They are looked for in everything that is said and in every file that mscode writes. A command of the table without a line here
fails: whoever adds one says how it is called.
"""

from __future__ import annotations

import io
import json
import random
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from mscode.cli.app import COMMANDS
from tests.acceptance.campaigns import AFTER, MONDAY, Manifest, drive
from tests.acceptance.conftest import Ended, World
from tests.api.fake_forge import serving

SEED = 20261130
PASSWORD, SECRET = "canary-password-77112", "canary-variable-55339"
_DRAWN = random.Random(SEED)
#: Two hundred people in the account; half of them are in a list of the project.
PEOPLE = [
    {
        "firstName": f"Fn{number}",
        "lastName": f"Ln{number}",
        "phone": f"+358{number}",
        "email": f"m{number}@birds.example.com",
        "city": "Helsinki",
    }
    for number in _DRAWN.sample(range(405560000, 405600000), 200)
]
WORDS = [person[name] for person in PEOPLE for name in ("firstName", "lastName", "email")]
NUMBERS = [person["phone"][4:] for person in PEOPLE]
_ECHO = "{token} {variable} " + " ".join(f"{one['phone']} {one['email']}" for one in PEOPLE[::20])
#: What works without manifests does not know the names in them; a bare name in a sentence of the service's is no more than a word.
NAMELESS = ("halt", "voices", "login", "status", "watch", "results", "policy", "export", "fleet", "history")


def _manifest() -> Manifest:
    manifest = drive(receivers=[{"group": "donors"}, {"phone": PEOPLE[0]["phone"]}], acceptsWanted=1)
    manifest["accountLists"] = {"everybody": {"file": "people.csv", "key": "phone"}}
    manifest["accounts"]["kanaria"] = dict(PEOPLE[1])
    manifest["rsvpCalls"]["invite"]["meta"] = {"key": "${var.hookKey}"}
    return manifest


class Told(World):
    """`command` is the one that runs, `stdin` what its next line reads, "" for the answers to a login."""

    command = ""
    stdin = ""
    _number = 0

    def new_number(self) -> int:
        """For the name of a folder that must be new."""
        self._number += 1
        return self._number


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> Told:
    """A project with everything in it that must not be told, applied and launched."""
    world.__class__ = Told
    monkeypatch.setenv("MSCODE_VAR_hookKey", SECRET)
    monkeypatch.setitem(sys.modules, "keyring", _ring())
    KEPT.clear()
    world.write_project(variables={"hookKey": {"secret": True}})
    lines = [",".join(one[name] for name in ("phone", "firstName", "email", "city")) for one in PEOPLE[2:100]]
    (world.folder / "people.csv").write_text("\n".join(["phone,firstName,email,city", *lines]) + "\n")
    world.service.control("POST", "/seed", PEOPLE[100:])
    world.write(_manifest())
    ended = world.launch()
    assert ended.code == 0, ended.said
    assert isinstance(world, Told)
    return world


#: Tokens that a login was given.
KEPT: list[str] = []


def _ring() -> ModuleType:
    """A keyring that never has one, and takes what it is given."""
    fake = ModuleType("keyring")
    fake.get_keyring = lambda: SimpleNamespace(priority=5)  # type: ignore[attr-defined]
    fake.get_password = lambda service, url: ""  # type: ignore[attr-defined]
    fake.set_password = lambda service, url, token: KEPT.append(token)  # type: ignore[attr-defined]
    return fake


# ---- how each command is called --------------------------------------------------------------------------------------


def _changed(world: Told) -> None:
    """Something to do for every kind, people among it."""
    manifest = _manifest()
    manifest["accounts"]["kanaria"]["phone"] = PEOPLE[199]["phone"][:-1] + "0"
    manifest["accounts"]["aino"]["lastName"] = PEOPLE[2]["lastName"]
    manifest["groups"]["donors"] |= {"description": "Other", "members": {"accountList": "everybody"}}
    manifest["smses"] = {
        "note": {
            "message": "Hello",
            "actionTime": "2026-12-01T08:00:00Z",
            "receivers": [{"phone": PEOPLE[3]["phone"]}],
        }
    }
    world.write(manifest)


def _apply(world: Told) -> Iterator[list[str]]:
    _changed(world)
    yield ["apply", str(world.folder), "--auto-approve"]
    yield ["apply", str(world.folder), "--auto-approve", "--allow-launch", "--json"]
    saved = str(world.folder / ".mscode" / "saved.json")
    world.write(_manifest())
    yield ["plan", str(world.folder), "--out", saved]
    yield ["apply", saved, "--allow-launch"]


def _plan(world: Told) -> Iterator[list[str]]:
    _changed(world)
    for shape in ("text", "json", "markdown", "html"):
        yield ["plan", str(world.folder), "--unmanaged", "--format", shape, "--show-people"]
    yield ["plan", str(world.folder), "--out", str(world.folder / ".mscode" / "saved.json")]


def _rehearse(world: Told) -> Iterator[list[str]]:
    _changed(world)
    for shape in ("text", "json", "markdown", "html"):
        yield ["rehearse", str(world.folder), "--runs", "2", "--format", shape]


def _show(world: Told) -> Iterator[list[str]]:
    saved = str(world.folder / ".mscode" / "saved.json")
    _changed(world)
    yield ["plan", str(world.folder), "--out", saved]
    for what in (saved, str(world.folder)):
        yield ["show", what]
        yield ["show", what, "--json"]


def _state(world: Told) -> Iterator[list[str]]:
    here = str(world.folder)
    copy = world.folder / ".mscode" / "copy.json"
    yield ["state", "list", here, "--json"]
    for address in ("accounts.kanaria", "accountLists.everybody", "rsvpCalls.invite"):
        yield ["state", "show", address, here, "--json"]
    yield ["state", "pull", here]
    copy.write_text((world.folder / ".mscode" / "test" / "state.json").read_text())
    yield ["state", "push", str(copy), here, "--force"]
    yield ["state", "mv", "accounts.kanaria", "accounts.other", here]
    yield ["state", "unlock", "0" * 32, here]


def _resolve(world: Told) -> Iterator[list[str]]:
    _changed(world)
    world.service.fault(method="POST", path="/smses", status=503, body=_told(world))
    yield ["apply", str(world.folder), "--auto-approve", "--allow-launch"]
    yield ["resolve", "smses.note", str(world.folder), "--not-created"]
    yield ["resolve", "smses.note", str(world.folder), "--adopt", "1"]


def _sandbox(world: Told) -> Iterator[list[str]]:
    seed = world.folder / "seed.json"
    seed.write_text(json.dumps(PEOPLE[:3]))
    world.service.at(AFTER)
    for more in ([], ["--json"]):
        yield ["sandbox", "rings", "--url", world.service.url, *more]
    yield ["sandbox", "clock", "+1h", "--url", world.service.url]
    yield ["sandbox", "seed", str(seed), "--url", world.service.url]
    yield ["sandbox", "reset", "--url", world.service.url]


def _comment(world: Told) -> Iterator[list[str]]:
    saved = str(world.folder / ".mscode" / "plan.json")
    _changed(world)
    yield ["plan", str(world.folder), "--out", saved]
    yield ["comment", saved, "--forge", "github"]
    yield ["comment", saved, "--forge", "github", "--failed"]


def _continue(world: Told) -> Iterator[list[str]]:
    """While the campaign runs, and once it is over with more wanted than have accepted."""
    line = [
        "continue",
        "rsvpCalls.invite",
        str(world.folder),
        "--start",
        "2026-12-07 10:00",
        "--end",
        "2026-12-11 17:00",
    ]
    yield line
    world.service.at(AFTER)
    manifest = _manifest()
    manifest["rsvpCalls"]["invite"]["acceptsWanted"] = 90
    world.write(manifest)
    yield line
    yield [*line, "--out", str(world.folder / ".mscode" / "again.yaml")]


def _test(world: Told) -> Iterator[list[str]]:
    """Tests that fail, also for what their own people are called and have for numbers."""
    number, stranger = PEOPLE[2]["phone"], {**PEOPLE[101], "phone": PEOPLE[102]["phone"]}
    expect = {"rings": {"total": 999, "only": "groups.donors", "perPerson": 9}, "plan": "empty"}
    tests = [
        {"do": ["apply", {"advance": "3d"}, "destroy"], "expect": expect},
        {"do": [{"edit": "all.yaml", "with": {"accounts.aino.phone": f"{number}x"}}, "apply"], "expect": {"exit": [0]}},
        {
            "do": [{"edit": "all.yaml", "with": {"voiceFiles.greeting.voiceCode": "${var.hookKey}"}}, "apply"],
            "expect": expect,
        },
    ]
    for at, test in enumerate(tests):
        test |= {"name": f"{at} {number}", "clock": MONDAY, "given": {"accounts": {"stranger": stranger}}}
        test["people"] = {number: ["noAnswer"], stranger["phone"]: ["accept"]}
    (world.folder / "tests").mkdir(exist_ok=True)
    (world.folder / "tests" / "all.test.yaml").write_text(json.dumps({"apiVersion": "mscode/v1", "tests": tests}))
    report = str(world.folder / ".mscode" / "report.xml")
    for more in (["-v"], ["--json"], ["--junit", report]):
        yield ["test", str(world.folder), *more]


def _watch(world: Told) -> Iterator[list[str]]:
    """Once the campaigns are done, so that there is an end to it."""
    world.service.at(AFTER)
    for more in ([], ["--json"]):
        yield ["watch", "--dir", str(world.folder), "--interval", "0.1", *more]


def _history(world: Told) -> Iterator[list[str]]:
    """Of a campaign that is over, and of somebody whom it has called."""
    here = str(world.folder)
    world.service.at(AFTER)
    for more in ([], ["--json"], ["--format", "csv"], ["--format", "markdown"], ["--format", "html"], ["--refresh"]):
        yield ["history", "--dir", here, *more]
    yield ["history", "show", "1-000000", here]
    for number in (PEOPLE[2]["phone"], "x"):
        for command in ("person", "forget"):
            world.stdin = f"{number}\n"
            yield ["history", command, here]
    yield ["history", "person", PEOPLE[2]["phone"], here]
    yield ["history", "export", here, "--out", str(world.folder / ".mscode" / f"export-{world.new_number()}")]
    yield ["history", "verify", here]


def _fleet(world: Told) -> Iterator[list[str]]:
    """A fleet of this one project."""
    _changed(world)
    fleet = world.folder.parent
    entry = {"path": world.folder.name, "token": {"env": "ACCEPTANCE_TOKEN"}}
    (fleet / "fleet.yaml").write_text(
        json.dumps({"apiVersion": "mscode/v1", "fleet": "all", "guards": {"maxPeople": 1}, "projects": [entry]})
    )
    plans = str(world.folder / ".mscode" / f"plans-{world.new_number()}")
    yield ["fleet", "list", str(fleet), "--format", "json"]
    yield ["fleet", "plan", str(fleet), "--out", plans]
    yield ["fleet", "apply", plans, "--dir", str(fleet), "--allow-launch", "--auto-approve"]
    for command in ("validate", "status", "drift", "history", "halt"):
        yield ["fleet", command, str(fleet)]


def _lines(*lines: str) -> Callable[[Told], Iterator[list[str]]]:
    """Command lines in which DIR is the project's folder."""

    def give(world: Told) -> Iterator[list[str]]:
        for line in lines:
            yield [
                str(world.folder / path) if (path := _in_folder(word)) is not None else word for word in line.split()
            ]

    return give


def _in_folder(word: str) -> str | None:
    """The path inside of DIR that a word names; None for another word."""
    first, _, path = word.partition("/")
    return path if first == "DIR" else None


#: Command -> its command lines, each run in turn.
LINES: dict[str, Callable[[Told], Iterator[list[str]]]] = {
    "init": _lines("init DIR"),
    "validate": _lines(
        *(f"validate DIR --format {shape}" for shape in ("text", "json", "github", "sarif", "rdjsonl", "gitlab"))
    ),
    "fmt": _lines("fmt DIR --check", "fmt DIR --diff"),
    "plan": _plan,
    "apply": _apply,
    "destroy": _lines("destroy DIR --auto-approve", "destroy DIR --auto-approve --allow-deletes 500 --json"),
    "show": _show,
    "comment": _comment,
    "export": _lines("export DIR --out DIR/.mscode/exported --json"),
    "import": _lines("import accounts.kanaria 999 DIR", "import accounts.kanaria 1 DIR"),
    "forget": _lines("forget accounts.kanaria DIR", "forget accounts.nobody DIR"),
    "state": _state,
    "halt": _lines("halt rsvpCalls.invite --dir DIR", "halt --all --json --dir DIR"),
    "voices": _lines("voices DIR", "voices DIR --json"),
    "login": _lines("login DIR"),
    "render": _lines("render DIR", "render DIR --json"),
    "graph": _lines("graph DIR", "graph DIR --format dot"),
    "resolve": _resolve,
    "history": _history,
    "fleet": _fleet,
    "drift": _lines(*(f"drift DIR --format {shape}" for shape in ("text", "json", "markdown"))),
    "status": _lines("status DIR", "status DIR --json"),
    "watch": _watch,
    "results": _lines(
        *(f"results rsvpCalls.invite --dir DIR --format {shape}" for shape in ("text", "json", "csv")),
        "results --id 1 --dir DIR --out DIR/.mscode/replies.txt",
    ),
    "test": _test,
    "continue": _continue,
    "rehearse": _rehearse,
    "policy": _lines("policy test DIR"),
    "checks": _lines("checks --dir DIR", "checks text/keys --json --dir DIR"),
    "completion": _lines("completion bash", "completion zsh", "completion fish"),
    "help": _lines("help plan"),
    "version": _lines("version --json"),
    "schema": _lines(*(f"schema {name}" for name in ("manifest", "project", "plan", "events"))),
    "sandbox": _sandbox,
}


def test_every_command_has_its_lines() -> None:
    assert set(LINES) == set(COMMANDS)


# ---- what the service may answer -------------------------------------------------------------------------------------


def _told(world: Told) -> str:
    """Whatever can be known as what it is: secrets, numbers, addresses, and the name of somebody whom the manifests declare."""
    names = "" if world.command in NAMELESS else f"{PEOPLE[1]['firstName']} {PEOPLE[1]['lastName']} "
    secrets = _ECHO.format(token=world.service.token, variable="" if world.command in NAMELESS else SECRET)
    return f"{names}{secrets} {PASSWORD if world.command == 'login' else ''}"


def _json_error(world: Told) -> dict[str, Any]:
    return {"body": {"error": {"code": "x", "message": _told(world), "field": PEOPLE[0]["phone"]}, "sent": PEOPLE[:2]}}


def _page(world: Told) -> dict[str, Any]:
    return {"body": f"<html><p>{_told(world)}</p></html>", "headers": {"content-type": "text/html"}}


def _elsewhere(world: Told) -> dict[str, Any]:
    return {"headers": {"location": f"http://127.0.0.1:9/{world.service.token}/{PASSWORD}?p={PEOPLE[0]['phone']}"}}


FAULTS: dict[str, Callable[[Told], list[dict[str, Any]]]] = {
    "every request 401": lambda world: [{"status": 401, "times": None, **_json_error(world)}],
    "every write 403": lambda world: [
        {"method": verb, "status": 403, "times": None, **_json_error(world)} for verb in ("POST", "PUT", "DELETE")
    ],
    "every write a page with 500": lambda world: [
        {"method": verb, "status": 500, "times": None, **_page(world)} for verb in ("POST", "PUT", "DELETE")
    ],
    "every read a page": lambda world: [{"method": "GET", "status": 200, "times": None, **_page(world)}],
    "every request elsewhere": lambda world: [{"status": 307, "times": None, **_elsewhere(world)}],
    "none": lambda world: [],
}


@pytest.fixture
def forge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Where `comment` goes."""
    with serving("github") as served:
        for name, value in {
            "API_URL": served.url,
            "REPOSITORY": "drive/drive",
            "TOKEN": "forge-token-0123456789",
            "REF": "refs/pull/12/merge",
            "SHA": "a" * 40,
        }.items():
            monkeypatch.setenv(f"GITHUB_{name}", value)
        yield served


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_of_it_is_told(world: Told, forge: Any, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mscode.http.session.backoff", lambda tries: 0.0)
    world.command = command
    for fault in FAULTS.values():
        world.service.no_more_faults()
        for rule in fault(world):
            world.service.fault(**rule)
        for line in LINES[command](world):
            monkeypatch.setattr(sys, "stdin", io.StringIO(world.stdin or f"me@example.com\n{PASSWORD}\n"))
            world.stdin = ""
            _is_silent(world, line)
        _kept_nothing(world)
    for body in forge.bodies:
        _tells_nothing(world, body, "a comment")


def _is_silent(world: Told, line: list[str]) -> None:
    ended = world.cli(*line)
    _tells_nothing(world, ended.said, " ".join(line))
    assert ended.code in range(8) or ended.code == 64, ended
    assert "internal error" not in ended.said and "Traceback" not in ended.said, ended.said


def _kept_nothing(world: Told) -> None:
    """The state and its backup, journal, audit log, results, saved plans, what was exported."""
    for file in sorted((world.folder / ".mscode").rglob("*")):
        if file.is_file():
            _tells_nothing(world, file.read_text("utf-8", "replace"), str(file.relative_to(world.folder)))


def _tells_nothing(world: Told, text: str, where: str) -> None:
    joined = "".join(one for one in text if one not in " -.()\u200b")
    told = [word for word in (world.service.token, PASSWORD, SECRET, *KEPT, *WORDS) if word in text]
    told += [number for number in NUMBERS if number in text or number in joined]
    assert told == [], f"{where} tells {told[:5]}: {text[:4000]}"


def test_what_is_looked_for_would_be_found(world: Told) -> None:
    for text in (world.service.token, PASSWORD, SECRET, PEOPLE[7]["email"], f"0{PEOPLE[7]['phone'][4:]}"):
        with pytest.raises(AssertionError):
            _tells_nothing(world, f"x {text} y", "here")


def test_login_prints_the_token_where_that_is_asked_for_and_nowhere_else(
    world: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = "sandbox@example.com\nsandbox\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
    ended: Ended = world.cli("login", world.folder, "--print")
    assert ended.code == 0 and len(ended.out.strip()) >= 20, ended.said
    monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
    ended = world.cli("login", world.folder)
    assert ended.code == 0 and KEPT, "the canary would say nothing"
    _tells_nothing(world, ended.said, "login")
