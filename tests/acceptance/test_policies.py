"""The project's own rules: CEL over the plan's JSON, among the checks of a plan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mscode.cli.app import run
from mscode.engine.policy import evaluate as engine_policy

pytest.importorskip("cel_expr_python")

PROJECT = """apiVersion: mscode/v1
project: demo
timezone: UTC
defaultEnvironment: sandbox
environments: {sandbox: {url: "sandbox:"}}
"""
MANIFEST = """apiVersion: mscode/v1
accounts:
  anna: {firstName: Annabella, lastName: Virtanen, phone: "+358401234567", city: Helsinki}
groups:
  donors: {members: {accounts: [anna]}}
"""
POLICY = """name: no-helsinki
level: {level}
message: Nobody of Helsinki is added by hand
expression: |
  plan.resource_changes.all(r,
    r.type != "accounts" || r.change.after.city != "{city}")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mscode.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "a.yaml").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "policies").mkdir()
    return tmp_path


def write(folder: Path, text: str, name: str = "rules.yaml") -> None:
    (folder / "policies" / name).write_text(text, encoding="utf-8")


def checks(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, str]:
    capsys.readouterr()
    run(["plan", "--json", str(folder), *more])
    return {check["name"]: check["status"] for check in json.loads(capsys.readouterr().out)["checks"]}


# ---- verdicts --------------------------------------------------------------------------------------------------------


def test_a_policy_refuses_a_plan_and_stands_among_its_checks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, POLICY.format(level="deny", city="Helsinki"))
    assert run(["plan", str(folder)]) == 5
    said = "Guard policy.no-helsinki refuses this plan: Nobody of Helsinki is added by hand"
    assert said in capsys.readouterr().out
    assert checks(folder, capsys)["policy.no-helsinki"] == "fail"
    assert run(["apply", "--auto-approve", str(folder)]) == 5


def test_a_policy_that_warns_lets_the_plan_go_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, POLICY.format(level="warn", city="Helsinki"))
    assert run(["plan", str(folder)]) == 0
    assert "Guard policy.no-helsinki warns: Nobody of Helsinki" in capsys.readouterr().out


def test_a_policy_that_holds_is_a_check_that_passes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, POLICY.format(level="deny", city="Tampere"))
    assert run(["plan", str(folder)]) == 0
    assert checks(folder, capsys)["policy.no-helsinki"] == "pass"


def test_a_policy_is_overridden_by_its_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, POLICY.format(level="deny", city="Helsinki"))
    assert run(["plan", "--override", "policy.no-helsinki", str(folder)]) == 0
    assert "Guard policy.no-helsinki was overridden" in capsys.readouterr().out
    assert run(["plan", "--override", "policy.other", str(folder)]) == 64
    assert 'there is no policy "other"' in capsys.readouterr().err


def test_an_override_is_written_to_the_audit_log(folder: Path) -> None:
    write(folder, POLICY.format(level="deny", city="Helsinki"))
    assert run(["apply", "--auto-approve", "--override", "policy.no-helsinki", str(folder)]) == 0
    lines = (folder / ".mscode" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    assert [one["guards"] for line in lines if (one := json.loads(line))["action"] == "override"] == [
        ["policy.no-helsinki"]
    ]


def test_a_saved_plan_keeps_its_override_and_its_policies(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, POLICY.format(level="deny", city="Helsinki"))
    saved = str(folder / "it.mscode")
    assert run(["plan", "--out", saved, "--override", "policy.no-helsinki", str(folder)]) == 0
    write(folder, POLICY.format(level="deny", city="Tampere"))
    assert run(["apply", saved]) == 3
    assert "policies/rules.yaml has changed" in capsys.readouterr().err
    write(folder, POLICY.format(level="deny", city="Helsinki"))
    assert run(["apply", saved]) == 0


@pytest.mark.parametrize("form", ["markdown", "html", "json", "text"])
def test_a_verdict_stands_in_every_format(folder: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    write(folder, POLICY.format(level="deny", city="Helsinki"))
    capsys.readouterr()
    assert run(["plan", "--format", form, str(folder)]) == 5
    out = capsys.readouterr().out
    assert "policy.no-helsinki" in out.replace("\\", "") and "Nobody of Helsinki is added by hand" in out


def test_policies_see_nobodys_name_or_number(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = """name: masked
message: Somebody is seen
expression: >-
  plan.resource_changes.all(r, r.type != "accounts" || (r.change.after.phone == "+35840•••4567"
  && r.change.after.firstName == "A•••"))
"""
    write(folder, text)
    assert checks(folder, capsys)["policy.masked"] == "pass"


def test_several_documents_and_files_are_several_policies(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = "name: {name}\nmessage: Never\nexpression: plan.totals.add < 1\n"
    write(folder, one.format(name="one") + "---\n" + one.format(name="two"))
    write(folder, one.format(name="three"), "more.yml")
    assert {name for name in checks(folder, capsys) if name.startswith("policy.")} == {
        "policy.one",
        "policy.two",
        "policy.three",
    }


# ---- broken ones -----------------------------------------------------------------------------------------------------

BROKEN = [
    (
        "name: a\nmessage: m\nexpression: |\n  plan.a &&\n    foo.bar\n",
        "line 5, column 8",
        "Undeclared reference to 'foo.bar'",
    ),
    ("name: a\nmessage: m\nexpression: plan.a &&\n", "line 3, column 22", "Syntax error"),
    ('name: a\nmessage: m\nexpression: "1 + true"\n', "line 3, column 16", "no matching overload"),
    (
        "name: a\nmessage: m\nexpression: >\n  true &&\n  nothing\n",
        "line 5, column 3",
        "Undeclared reference to 'nothing'",
    ),
    ("name: a\nmessage: m\n", "line 1, column 1", 'Missing field "expression"'),
    ("name: a\nmessage: m\nexpresion: true\nexpression: 'true'\n", "line 3, column 1", 'Unknown field "expresion"'),
    ("name: A b\nmessage: m\nexpression: 'true'\n", "line 1, column 7", "must match"),
    (f"name: a\nmessage: m\nexpression: 'true{' ' * 4000}'\n", "line 3, column 13", "longer than 4,000 characters"),
    ("name: a\nmessage: m\nexpression: " + "(" * 40 + "true" + ")" * 40 + "\n", "line 3", "recursion limit"),
    ("", "policies/rules.yaml", "The file holds no policy"),
]


@pytest.mark.parametrize(("text", "place", "said"), BROKEN)
@pytest.mark.parametrize("command", ["validate", "plan"])
def test_a_broken_policy_has_its_place(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, text: str, place: str, said: str
) -> None:
    write(folder, text)
    assert run([command, str(folder)]) == 1
    err = capsys.readouterr().err
    assert said in err and place in err and "policies/rules.yaml" in err


def test_errors_of_manifests_and_of_policies_come_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "name: a\nmessage: m\nexpression: foo\n")
    (folder / "a.yaml").write_text("apiVersion: mscode/v1\ngroupz: {}\n", encoding="utf-8")
    assert run(["validate", str(folder)]) == 1
    err = capsys.readouterr().err
    assert "groupz" in err and "Undeclared reference to 'foo'" in err


UNTOLD = [
    ("plan.nothing == 1", "Key not found in map"),
    ("plan.totals.add", "gives INT, not true or false"),
    (
        "plan.resource_changes.all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10]"
        ".all(d, [1,2,3,4,5,6,7,8,9,10].all(e, d + e > 0)))))",
        "Iteration budget exceeded",
    ),
]


@pytest.mark.parametrize(("expression", "said"), UNTOLD)
def test_what_cannot_be_judged_stops_the_plan(
    folder: Path, capsys: pytest.CaptureFixture[str], expression: str, said: str
) -> None:
    write(folder, f"name: a\nmessage: m\nlevel: warn\nexpression: |\n  {expression}\n")
    assert run(["validate", str(folder)]) == 0
    assert run(["plan", str(folder)]) == 1
    err = capsys.readouterr().err
    assert "policy.a cannot be told of this plan" in err and said in err and "line 5, column 3" in err


def test_an_expression_that_hangs_is_stopped(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    worker = tmp_path / "hangs.py"
    worker.write_text("print('null', flush=True)\nwhile True: pass\n", encoding="utf-8")
    monkeypatch.setattr(engine_policy, "_WORKER", worker)
    monkeypatch.setattr(engine_policy, "SECONDS", 0.5)
    write(folder, POLICY.format(level="warn", city="Helsinki"))
    assert run(["plan", str(folder)]) == 1
    assert "policy.no-helsinki cannot be told of this plan: it took more than 0.5 seconds" in capsys.readouterr().err


def test_the_process_of_expressions_is_given_no_token(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = tmp_path / "seen.txt"
    worker = tmp_path / "tells.py"
    worker.write_text(
        f"import os, pathlib\npathlib.Path({str(seen)!r}).write_text(repr(dict(os.environ)))\n"
        'print("null", flush=True); print(\'{"holds": true}\', flush=True)\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(engine_policy, "_WORKER", worker)
    monkeypatch.setenv("MSCODE_TOKEN", "very-secret")
    write(folder, POLICY.format(level="deny", city="Helsinki"))
    assert run(["plan", str(folder)]) == 0
    assert "very-secret" not in seen.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_without_the_library_it_says_what_to_install(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(engine_policy, "LIBRARY", "no_such_library")
    write(folder, POLICY.format(level="deny", city="Helsinki"))
    assert run([command, str(folder)]) == 1
    assert "pip install '.[policy]'" in capsys.readouterr().err


def test_a_policy_outside_the_project_is_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = folder.parent / "elsewhere.yaml"
    other.write_text(POLICY.format(level="deny", city="Tampere"), encoding="utf-8")
    (folder / "policies" / "link.yaml").symlink_to(other)
    assert run(["plan", str(folder)]) == 1
    assert "must be a file inside the project" in capsys.readouterr().err


# ---- tests of policies -----------------------------------------------------------------------------------------------

TESTED = """name: few-people
message: More than 100 people
expression: plan.reach.all(a, plan.reach[a].people <= 100)
tests:
  - name: a hundred people are few
    expect: pass
    plan: {reach: {rsvpCalls.invite: {people: 100}}}
  - name: a hundred and one are not
    expect: fail
    plan: fixtures/many.json
"""


def fixture(folder: Path, people: int) -> None:
    (folder / "policies" / "fixtures").mkdir(exist_ok=True)
    text = json.dumps({"reach": {"rsvpCalls.invite": {"people": people}}})
    (folder / "policies" / "fixtures" / "many.json").write_text(text, encoding="utf-8")


def test_policies_are_tested(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, TESTED)
    fixture(folder, 101)
    assert run(["policy", "test", str(folder)]) == 0
    assert "2 passed, 0 failed." in capsys.readouterr().err
    fixture(folder, 99)
    assert run(["policy", "test", str(folder)]) == 1
    err = capsys.readouterr().err
    assert 'policy.few-people, test "a hundred and one are not": expected fail, but it passes' in err
    assert "on policies/rules.yaml line 8" in err and "1 passed, 1 failed." in err


@pytest.mark.parametrize("name", ["rules_test.yaml", "rules.test.yaml", "rules.test.yml"])
def test_tests_may_stand_in_a_file_of_their_own(folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    write(folder, TESTED[: TESTED.index("tests:")])
    more = "tests:\n  - {name: nobody, policy: few-people, expect: pass, plan: {reach: {}}}\n"
    write(folder, more, name)
    assert run(["policy", "test", "--json", str(folder)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["passed"], report["failed"]) == (1, 0)
    assert report["tests"][0] | {"source": None} == {
        "policy": "few-people",
        "name": "nobody",
        "expected": "pass",
        "actual": "pass",
        "ok": True,
        "source": None,
    }
    write(folder, more.replace("few-people", "other"), name)
    assert run(["policy", "test", str(folder)]) == 1
    assert 'There is no policy "other"' in capsys.readouterr().err


def test_a_test_that_cannot_be_told_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, TESTED.replace("{reach: {rsvpCalls.invite: {people: 100}}}", "{}"))
    fixture(folder, 101)
    assert run(["policy", "test", str(folder)]) == 1
    assert "expected pass, but policy.few-people cannot be told of this plan" in capsys.readouterr().err


def test_a_policy_without_a_test_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, POLICY.format(level="deny", city="Helsinki"))
    assert run(["policy", "test", str(folder)]) == 0
    assert "Warning: policy.no-helsinki has no test" in capsys.readouterr().err


def test_a_plan_of_mscode_itself_is_a_fixture(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["plan", "--json", str(folder)]) == 0
    (folder / "policies" / "plan.json").write_text(capsys.readouterr().out, encoding="utf-8")
    write(
        folder,
        POLICY.format(level="deny", city="Helsinki") + "tests:\n  - {name: Helsinki, expect: fail, plan: plan.json}\n",
    )
    assert run(["policy", "test", str(folder)]) == 0
