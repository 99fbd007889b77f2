"""A small project that plans cleanly against the sandbox: what `mscode init` writes."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from mscode.app.environment import private_folder
from mscode.app.invocation import Invocation
from mscode.errors import ConfigError, Diagnostic
from mscode.model.project_file import EMBEDDED, FILE, TESTS, is_test_file

ZONE = "Europe/Helsinki"
#: Outside of `.mscode/`, which git ignores: a clone is edited too, and needs them.
_SCHEMAS = {name: f".mscode-schema/{name}.schema.json" for name in ("manifest", "project", "test")}
TEST_FILE = f"{TESTS}/campaign.test.yaml"
IGNORE_FILE = ".gitignore"
#: What is of this machine, and plans, which hold what a campaign says.
_IGNORED = (".mscode/", "plan.json")


def is_live_account(inv: Invocation) -> bool:
    """Do commands go to a live account, whatever the project says: does MSCODE_URL name one?"""
    return inv.variables.get("MSCODE_URL", "") not in ("", EMBEDDED)


def create_project(directory: Path, *, is_live: bool = False) -> list[str]:
    """Write a project into a folder, which is made where it is missing; the names of its files. `is_live`: commands here go to a
    live account, so that its people and its campaign are comments.

    ConfigError, and nothing written, where one of them is there already.
    """
    today = datetime.now(ZoneInfo(ZONE)).date()
    monday = next_monday(today)
    texts = {
        FILE: project_text(project_name(directory.resolve().name)),
        "campaign.yaml": (calling_nobody if is_live else str)(campaign_text(monday)),
        TEST_FILE: test_of_nobody(monday) if is_live else test_text(monday),
    }
    if existing := [directory / name for name in texts if os.path.lexists(directory / name)]:
        raise already_there(existing)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        add_local_files(directory)
        (directory / TESTS).mkdir(exist_ok=True)
        for name, text in texts.items():
            with (directory / name).open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise ConfigError(f"{error.filename or directory} cannot be written: {error.strerror}") from None
    return [*texts, IGNORE_FILE]


def already_there(paths: Sequence[Path]) -> ConfigError:
    """The error for files that are there already."""
    hint = "Nothing was written. Choose another place, or move the file away."
    return ConfigError([Diagnostic(f"{path} exists already", hint=hint, code="exists") for path in paths])


def add_local_files(directory: Path) -> None:
    """What a project's folder has beside its manifests: `.mscode/`, which git ignores, and the schemas for editors. OSError where
    they cannot be written."""
    from mscode.app.schemas import write_schema

    private_folder(directory / ".mscode")
    for path in _SCHEMAS.values():
        write_schema(directory / path)
    _ignore_local_data(directory / IGNORE_FILE)


def modeline(name: str) -> str:
    """The line by which an editor finds the schema of a file, with its line end; `name` is its path in the project."""
    schema = _SCHEMAS["project" if name == FILE else "test" if is_test_file(name) else "manifest"]
    return f"# yaml-language-server: $schema={'../' * name.count('/')}{schema}\n"


def calling_nobody(text: str) -> str:
    """The text of a manifest with all as comments that could reach anybody: people, groups, filters and campaigns."""
    head, *sections = text.split("\n\n")
    reached_by_nobody = [section for section in sections if "\nvoiceFiles:" in section]
    others = [section for section in sections if section not in reached_by_nobody]
    note = "# Commands go to the live account of MSCODE_URL, so what could reach people is written as comments."
    return "\n\n".join([head, *reached_by_nobody, note, *map(_commented, others)]) + "\n"


def _commented(section: str) -> str:
    lines = section.rstrip("\n").split("\n")
    return "\n".join(line if line.startswith("#") else f"# {line}" for line in lines)


def project_name(folder: str) -> str:
    """A valid project name, made of the folder's name."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")
    name = re.sub(r"^[^a-z]+", "", name)[:39].rstrip("-")
    return name or "campaign"


def next_monday(today: date) -> date:
    """Monday of next week."""
    return today + timedelta(days=7 - today.weekday())


def _ignore_local_data(path: Path) -> None:
    """Add what is not to be committed, keeping what an existing file says."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    missing = [name for name in _IGNORED if name not in text.splitlines()]
    if missing:
        gap = "" if not text or text.endswith("\n") else "\n"
        path.write_text("\n".join([f"{text}{gap}{missing[0]}", *missing[1:], ""]), encoding="utf-8")


def project_text(name: str) -> str:
    """The text of mscode.yaml."""
    return f"""\
# yaml-language-server: $schema={_SCHEMAS["project"]}
# The project: its name, its environments, and limits that no plan may pass.
apiVersion: mscode/v1
project: {name}    # part of every mark mscode leaves in the live account; do not change it later
timezone: {ZONE}    # of date-times that are written without an offset
defaultEnvironment: sandbox

environments:
  sandbox:
    url: "sandbox:"    # an emulator inside mscode, kept in .mscode/sandbox.db: nobody's phone rings
  # production:
  #   url: https://api.example.com/v1
  #   token: {{env: MULTISENDER_TOKEN}}    # the name of a variable, never the token itself

guards:
  maxPeople: 100    # a plan that reaches more people than this is refused
  maxDeletes: 10

checks:
  capacity/accepts: {{value: "80%", reason: "Two of three people who try it out."}}    # take it out for a real campaign
"""


def campaign_text(monday: date) -> str:
    """The text of a manifest whose campaign calls from that Monday at 9 o'clock to the Friday after it."""
    friday = monday + timedelta(days=4)
    return f"""\
# yaml-language-server: $schema={_SCHEMAS["manifest"]}
# One campaign and everything it needs. `mscode plan` shows what would be done, `mscode apply` does it.
apiVersion: mscode/v1

# People. An account is found by its phone, so one that is in the live account already is not made twice.
accounts:
  anna: {{firstName: Anna, lastName: Virta, phone: "+358405550101", city: Helsinki, yearOfBirth: 1980}}
  erik: {{firstName: Erik, lastName: Lund, phone: "+358405550102", city: Espoo, yearOfBirth: 1975}}
  maria: {{firstName: Maria, lastName: Koski, phone: "+358405550103", city: Helsinki, yearOfBirth: 1992}}
  timo: {{firstName: Timo, lastName: Laine, phone: "+358405550104", city: Tampere, yearOfBirth: 1988}}

# Conditions that choose accounts; all of them must match.
filters:
  capital-region:
    conditions:
      - {{field: city, operator: in, value: [Helsinki, Espoo, Vantaa]}}

# Who belongs together. With a filter, membership follows the accounts at each apply.
groups:
  donors:
    name: Blood donors
    description: Donors in the capital region
    members: {{filter: capital-region}}

# What people hear: text that is spoken, or `file: greeting.wav` for a recording.
voiceFiles:
  greeting: {{text: "Hello! This is the blood service. Could you give blood next week?", voiceCode: en}}
  buttons: {{text: "Press five for yes, or nine for no.", voiceCode: en}}
  thanks: {{text: "Thank you. We will send you a time.", voiceCode: en}}
  goodbye: {{text: "Goodbye.", voiceCode: en}}

# The calls. They are created halted; dialling starts only after a yes of its own (or --allow-launch).
rsvpCalls:
  invite:
    startTime: {monday} 09:00:00
    endTime: {friday} 17:00:00
    activeFrom: "07:00"    # times of day are read in the environment's windowZone, which is UTC:
    activeTo: "14:00"      # from 9 to 16 o'clock in Helsinki in winter, an hour later in summer
    activeWeekdays: [monday, tuesday, wednesday, thursday, friday]
    voiceFiles: {{start: greeting, actionButtons: buttons, accept: thanks, end: goodbye}}
    actionButtons: {{accept: 5, decline: 9}}
    receivers:
      - group: donors
    acceptsWanted: 2    # calling stops when so many have accepted
    maxRedials: 2
"""


_TEST_HEAD = f"""\
{modeline(TEST_FILE)}# What must hold of the campaign. `mscode test` tries it in a sandbox in memory, so nobody's phone rings.
apiVersion: mscode/v1
"""


def test_text(monday: date) -> str:
    """The text of a test of the campaign that starts on that Monday."""
    return f"""\
{_TEST_HEAD}
tests:
  - name: donors alone are called, at most three times each and in office hours
    clock: {monday} 08:00:00
    people: {{answer: 60%, accept: 50%, seed: 1}}    # another seed draws other answers
    do: [apply, {{advance: 5d}}]
    expect:
      rings:
        perPerson: {{max: 3}}
        between: ["09:00", "17:00"]
        weekdays: [monday, tuesday, wednesday, thursday, friday]
        only: groups.donors
      states: {{rsvpCalls.invite: complete}}
      plan: empty

  - name: calling stops as soon as two have accepted
    clock: {monday} 08:00:00
    people: {{answer: 100%, accept: 90%}}
    do: [apply, {{advance: 5d}}]
    expect:
      accepts: {{rsvpCalls.invite: 2}}
      rings: {{total: {{max: 3}}}}
"""


def test_of_nobody(monday: date) -> str:
    """The text of a test of a project whose campaign is a comment."""
    return f"""\
{_TEST_HEAD}
tests:
  - name: nobody is called
    clock: {monday} 08:00:00
    do: [apply, {{advance: 5d}}]
    expect:
      rings: {{total: 0}}
      plan: empty
"""
