"""Guards that know the country of a number: calling hours, public holidays."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mscode.cli.app import run
from mscode.manifest.project.countries import packs
from mscode.model.calling_window import WEEKDAYS

PROJECT = """apiVersion: mscode/v1
project: demo
timezone: Europe/Helsinki
defaultEnvironment: sandbox
environments: {{sandbox: {{url: "sandbox:"}}}}
guards: {{{guards}}}
"""
#: From 07:00 to 15:00 UTC on two days before Finland's Independence Day, that day, and the one after it.
MANIFEST = """apiVersion: mscode/v1
voiceFiles:
  greeting: {{text: Hello, voiceCode: en}}
rsvpCalls:
  invite:
    startTime: 2026-12-03T09:00:00+02:00
    endTime: 2026-12-07 17:00:00
    activeFrom: "07:00"
    activeTo: "15:00"
    activeWeekdays: [{days}]
    voiceFiles: {{start: greeting}}
    actionButtons: {{accept: 5, decline: 9}}
    receivers: [{{phone: "{phone}"}}, {{phone: "+358401234567"}}]
    acceptsWanted: 1
"""


def planned(folder: Path, guards: str, phone: str = "+33612345678", days: str = "thursday, friday", *more: str) -> int:
    (folder / "mscode.yaml").write_text(PROJECT.format(guards=""), encoding="utf-8")
    (folder / "a.yaml").write_text(MANIFEST.format(phone=phone, days=days), encoding="utf-8")
    assert run(["sandbox", "clock", "2026-12-01T06:00:00Z", "--dir", str(folder)]) == 0
    (folder / "mscode.yaml").write_text(PROJECT.format(guards=guards), encoding="utf-8")
    return run(["plan", str(folder), *more])


CASES = [
    # 07:00 UTC is 08:00 in Paris, and France begins at 10:00
    ("countryHours: [FR]", "+33612345678", 0, "Guard countryHours warns: rsvpCalls.invite may call 1 person in FR"),
    ("countryHours: all", "+33612345678", 0, "first on Thu 2026-12-03 08:00; Code de la consommation, art. D. 223-9"),
    ("countryHours: {value: [FR], level: deny, reason: Law}", "+33612345678", 5, "countryHours refuses this plan"),
    ("countryHours: {value: [FR], level: deny, reason: Law}", "+33612345678", 5, "(Law)"),
    # a number of New York is rung at 02:00
    ("countryHours: [US]", "+12125550100", 0, "first on Thu 2026-12-03 02:00"),
    # nobody of France is called, and Finland has no built-in hours
    ("countryHours: {value: [FR], level: deny}", "+12125550100", 0, "Plan: 2 to add"),
    (
        'countryHours: {value: {own: {FI: {from: "10:00", to: "18:00", timezone: Europe/Helsinki}}}, level: deny}',
        "+12125550100",
        5,
        "1 person in FI outside the hours for this project (first on Thu 2026-12-03 09:00; mscode.yaml)",
    ),
    ("countryHours: [FI]", "+12125550100", 1, "countryHours has no hours for FI; built in are AU, CA"),
    ("countryHours: {own: {FI: 3}}", "+12125550100", 1, "callingHours is a mapping like"),
]


@pytest.mark.parametrize(("guards", "phone", "code", "said"), CASES)
def test_hours_are_those_of_the_country_of_the_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], guards: str, phone: str, code: int, said: str
) -> None:
    assert planned(tmp_path, guards, phone) == code
    assert said in "".join(capsys.readouterr())


def test_an_overridden_country_is_named_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guards = "countryHours: {value: [FR], level: deny}"
    assert planned(tmp_path, guards, "+33612345678", "thursday", "--override", "countryHours") == 0
    assert "Guard countryHours was overridden: rsvpCalls.invite may call" in capsys.readouterr().out


def test_a_pack_says_where_it_stands_and_what_it_is_for() -> None:
    folder = resources.files("mscode.manifest.project").joinpath("packs")
    files = {file.name: json.loads(file.read_text(encoding="utf-8")) for file in folder.iterdir()}
    assert {f"{country}.json" for country in packs()} == set(files)
    for name, pack in files.items():
        assert set(pack) == {"country", "source", "date", "purpose", "zones", "hours", "note"}, name
        assert len(pack["date"]) == 10 and pack["source"] and pack["purpose"], name
        assert set(pack["hours"]) <= set(WEEKDAYS) and all(ZoneInfo(zone) for zone in pack["zones"]), name
    assert not packs()["FR"].spans.get("saturday") and len(packs()["FR"].spans["monday"]) == 2


HOLIDAYS = [
    ("publicHolidays: {countries: [FI]}", "sunday", 5, "on a public holiday of FI (first on Sun 2026-12-06 09:00: Ind"),
    ("publicHolidays: {value: {countries: [FI]}, level: warn}", "sunday", 0, "Guard publicHolidays warns"),
    ("publicHolidays: {countries: [FI]}", "thursday", 0, "Plan: 2 to add"),
    ("publicHolidays: {countries: [FR]}", "sunday", 0, "Plan: 2 to add"),
    ("publicHolidays: all", "sunday", 5, "may call 1 person in FI on a public holiday of FI"),
    ("publicHolidays: {countries: [QQ]}", "sunday", 1, "no holidays are known of QQ"),
    ("publicHolidays: finland", "sunday", 1, 'publicHolidays is "all"'),
]


@pytest.mark.parametrize(("guards", "days", "code", "said"), HOLIDAYS)
def test_nobody_is_rung_on_a_public_holiday(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], guards: str, days: str, code: int, said: str
) -> None:
    pytest.importorskip("holidays")
    assert planned(tmp_path, guards, "+33612345678", days) == code
    assert said in "".join(capsys.readouterr())


def test_holidays_without_the_library_say_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "holidays", None)
    assert planned(tmp_path, "publicHolidays: all") == 1
    assert "pip install '.[policy]'" in capsys.readouterr().err
