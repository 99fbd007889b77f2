"""`mscode comment` against a local GitHub and GitLab that are stricter than the real ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.fake_forge import LIMITS, TOKEN, Forge, serving

from mscode.cli.app import run
from mscode.http.transport import network
from mscode.views.ci.comment import marker_of

ME = "mscode-bot"
COMMIT, NEWER = "ab" * 20, "cd" * 20


@pytest.fixture(params=["github", "gitlab"])
def forge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Forge]:
    for name in ("MSCODE_ALLOWED_HOSTS", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("mscode.forge.comments.WAITS", (0.0, 0.0))
    with serving(request.param) as served:
        _job(monkeypatch, served, tmp_path, COMMIT)
        yield served
        assert served.wrong == []


def _job(monkeypatch: pytest.MonkeyPatch, forge: Forge, folder: Path, commit: str, number: int | None = 12) -> None:
    """The variables of a job of pull request 12, or of none."""
    event = folder / "event.json"
    pull = {"pull_request": {"number": number, "head": {"sha": commit}}} if number else {}
    event.write_text(json.dumps(pull))
    variables = {
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "drive/drive",
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REF": f"refs/pull/{number}/merge" if number else "refs/heads/main",
        "GITHUB_SHA": commit,
        "GITHUB_SERVER_URL": "https://github.example.com",
        "GITHUB_RUN_ID": "77",
        "CI_API_V4_URL": forge.url,
        "CI_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_IID": str(number or ""),
        "CI_COMMIT_SHA": commit,
        "CI_JOB_URL": "https://gitlab.example.com/drive/-/jobs/77",
        "GITLAB_TOKEN": TOKEN,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def _change(at: int, text: str = "Hello") -> dict[str, Any]:
    return {
        "address": f"voiceFiles.v{at}",
        "symbols": ["+"],
        "headline": f"voiceFiles.v{at} will be created",
        "place": "a.yaml:3",
        "remarks": [],
        "rows": [{"name": "text", "lines": [[text]]}],
    }


def _plan(
    folder: Path,
    environment: str = "production",
    *,
    at: str = "06:00",
    digest: str = "a",
    changes: int = 1,
    text: str = "Hello",
) -> str:
    """A plan's JSON, in a file."""
    lines = [_change(one, text) for one in range(changes)]
    view = {"opening": [], "changes": lines, "remarks": [], "launch": [], "ending": []}
    data = {
        "format_version": "1.0",
        "mscode_version": "0.1.0",
        "timestamp": f"2026-11-30T{at}:00Z",
        "project": "drive",
        "environment": environment,
        "errored": False,
        "resource_changes": [],
        "checks": [],
        "notes": [],
        "unmanaged": {},
        "digest": digest * 64,
        "view": {**view, "totals": f"Plan: {changes} to add, 0 to change, 0 to destroy."},
    }
    path = folder / f"{environment}.json"
    path.write_text(json.dumps(data))
    return str(path)


def _comment(forge: Forge, *options: str) -> int:
    return run(["comment", "--forge", forge.kind, *options])


# ---- one comment -----------------------------------------------------------------------------------------------------


def test_a_plan_becomes_a_comment(forge: Forge, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _comment(forge, "--plan", _plan(tmp_path)) == 0
    (body,) = forge.bodies
    assert body.startswith("<!-- mscode:comment:v1 {")
    assert "Plan: 1 to add, 0 to change, 0 to destroy" in body
    assert f"What would be applied at commit `{COMMIT[:12]}` ([job](https://" in body
    said = capsys.readouterr()
    assert said.out.startswith("Commented.") and TOKEN not in said.out + said.err + body


def test_the_comment_is_edited_in_place(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forge.say(12, "somebody", "Looks good")
    assert _comment(forge, "--plan", _plan(tmp_path)) == 0
    forge.say(12, "somebody", "And now?")
    _job(monkeypatch, forge, tmp_path, NEWER)
    assert _comment(forge, "--plan", _plan(tmp_path, at="07:00", digest="b", changes=2)) == 0
    assert len(forge.bodies) == 3
    body = forge.bodies[1]
    assert "2 to add" in body and "1 to add" not in body
    assert f"It supersedes the plan of commit `{COMMIT[:12]}`, which differs." in body


def test_a_plan_that_is_made_anew_and_is_the_same_says_so(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _comment(forge, "--plan", _plan(tmp_path)) == 0
    _job(monkeypatch, forge, tmp_path, NEWER)
    assert _comment(forge, "--plan", _plan(tmp_path, at="07:00")) == 0
    assert f"It is the same plan as the one of commit `{COMMIT[:12]}`" in forge.bodies[0]


def test_the_same_plan_again_sends_nothing(forge: Forge, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = _plan(tmp_path)
    assert _comment(forge, "--plan", file) == 0
    sent = len(forge.requests)
    assert _comment(forge, "--plan", file, "--json") == 0
    assert {one.split()[0] for one in forge.requests[sent:]} == {"GET"}
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["action"] == "unchanged"


def test_an_older_plan_never_takes_the_place_of_a_newer_one(
    forge: Forge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _comment(forge, "--plan", _plan(tmp_path, at="07:00", changes=2)) == 0
    assert _comment(forge, "--plan", _plan(tmp_path, at="06:00", digest="b")) == 0
    assert "2 to add" in forge.bodies[0]
    assert "this one is superseded" in capsys.readouterr().out


def test_each_environment_has_its_comment(forge: Forge, tmp_path: Path) -> None:
    assert _comment(forge, "--plan", _plan(tmp_path, "production")) == 0
    assert _comment(forge, "--plan", _plan(tmp_path, "staging")) == 0
    assert _comment(forge, "--plan", _plan(tmp_path, "staging", at="07:00", changes=3)) == 0
    assert [re.findall(r"drive/\w+", body)[0] for body in forge.bodies] == ["drive/production", "drive/staging"]


def test_several_plans_are_one_comment(forge: Forge, tmp_path: Path) -> None:
    files = [_plan(tmp_path, "production"), _plan(tmp_path, "staging", changes=2)]
    for _ in range(2):
        assert _comment(forge, "--plan", files[0], "--plan", files[1]) == 0
    (body,) = forge.bodies
    assert body.count("### mscode plan") == 2
    assert "1 to add" in body and "2 to add" in body
    assert _comment(forge, "--plan", files[1]) == 0  # that one is about another set of plans
    assert len(forge.bodies) == 2


def test_two_plans_of_one_environment_are_an_error(forge: Forge, tmp_path: Path) -> None:
    file = _plan(tmp_path)
    assert _comment(forge, "--plan", file, "--plan", file) == 1
    assert forge.requests == []


def test_the_comment_is_found_on_a_later_page(forge: Forge, tmp_path: Path) -> None:
    for at in range(230):
        forge.say(12, "somebody", f"Comment {at}")
    assert _comment(forge, "--plan", _plan(tmp_path)) == 0
    for at in range(30):
        forge.say(12, "somebody", f"Later comment {at}")
    forge.requests.clear()
    assert _comment(forge, "--plan", _plan(tmp_path, at="07:00", changes=2)) == 0
    assert len(forge.bodies) == 261
    assert sum("per_page=100" in one for one in forge.requests) == 3


# ---- another set of plans --------------------------------------------------------------------------------------------


def _told(forge: Forge) -> list[tuple[str, list[str]]]:
    """State and plans of each of our comments, oldest first."""
    markers = [marker_of(body) for body in forge.bodies]
    return [(one.state, sorted(of.removeprefix("drive/") for of in one.plans)) for one in markers if one]


def _plans(folder: Path, *names: str, at: str = "06:00") -> list[str]:
    return [part for name in names for part in ("--plan", _plan(folder, name, at=at))]


@pytest.mark.parametrize(
    ("pushes", "told"),
    [
        (["ab", "ba"], [("planned", ["a", "b"])]),
        (["a", "ab"], [("planned", ["a", "b"])]),
        (["ab", "a"], [("superseded", ["b"]), ("planned", ["a"])]),
        (["ab", "bc"], [("superseded", ["a"]), ("planned", ["b", "c"])]),
        (["ab", "a", "ab"], [("superseded", []), ("planned", ["a", "b"])]),
        (["a", "b", "ab"], [("planned", ["a", "b"]), ("superseded", [])]),
        (["abc", "c", "b", "a"], [("planned", [one]) for one in "abc"]),
    ],
)
def test_a_plan_stands_in_exactly_one_comment(
    forge: Forge, tmp_path: Path, pushes: list[str], told: list[tuple[str, list[str]]]
) -> None:
    for at, names in enumerate(pushes):
        assert _comment(forge, *_plans(tmp_path, *names, at=f"{at + 10}:00")) == 0
    assert sorted(_told(forge)) == sorted(told)
    names = [name for _, plans in _told(forge) for name in plans]
    assert len(names) == len(set(names))


def test_what_another_set_leaves_behind_does_not_say_what_would_be_applied(forge: Forge, tmp_path: Path) -> None:
    assert _comment(forge, *_plans(tmp_path, "a", "b")) == 0
    assert _comment(forge, *_plans(tmp_path, "a", at="07:00")) == 0
    old, new = forge.bodies
    assert "What would be applied" not in old and "**Superseded.** There are newer plans, in" in old
    assert "No new plan was made of `drive/b`" in new
    if forge.kind == "github":
        assert "#issuecomment-102" in old


@pytest.mark.parametrize("state", ["applied", "failed"])
def test_of_several_plans_one_is_applied_and_the_others_still_stand(forge: Forge, tmp_path: Path, state: str) -> None:
    assert _comment(forge, *_plans(tmp_path, "a", "b", "c")) == 0
    assert _comment(forge, *_plans(tmp_path, "b"), f"--{state}") == 0
    assert _told(forge) == [("planned", ["a", "c"]), (state, ["b"])]
    rest = forge.bodies[0]
    assert [name for name in "abc" if f"in `{name}`" in rest] == ["a", "c"]
    assert _comment(forge, "--for", "drive/c", "--superseded") == 0
    assert _told(forge) == [("planned", ["a"]), (state, ["b"]), ("superseded", ["c"])]
    assert [name for name in "abc" if f"in `{name}`" in forge.bodies[2]] == ["c"]


def test_what_was_applied_stays_so_when_another_of_its_plans_is_made_anew(forge: Forge, tmp_path: Path) -> None:
    assert _comment(forge, *_plans(tmp_path, "a", "b")) == 0
    assert _comment(forge, *_plans(tmp_path, "a", "b"), "--applied") == 0
    assert _comment(forge, *_plans(tmp_path, "a", at="07:00")) == 0
    assert _told(forge) == [("applied", ["b"]), ("planned", ["a"])]


def test_two_jobs_that_comment_at_the_same_time_leave_one_comment(forge: Forge, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir(), second.mkdir()
    forge.meanwhile = lambda: _comment(forge, "--plan", _plan(second, at="07:00", changes=2))
    assert _comment(forge, "--plan", _plan(first)) == 0
    assert sorted(_told(forge)) == [("planned", ["production"]), ("superseded", [])]
    assert "2 to add" in next(body for body in forge.bodies if "What would be applied" in body)


def test_a_comment_that_somebody_edited_is_brought_up_to_date(forge: Forge, tmp_path: Path) -> None:
    assert _comment(forge, *_plans(tmp_path, "a", "b")) == 0
    edited = forge.comments[12][0]
    edited["body"] = edited["body"].replace("\n", "\r\n").replace("What would be applied", "This is fine")
    assert _comment(forge, "--for", "drive/a", "--superseded") == 0
    assert _comment(forge, *_plans(tmp_path, "a", "b", at="07:00")) == 0
    assert sorted(_told(forge)) == [("planned", ["a", "b"]), ("superseded", [])]
    assert "This is fine" not in "".join(forge.bodies)


def test_a_forged_marker_of_some_of_the_plans_is_never_touched(forge: Forge, tmp_path: Path) -> None:
    assert _comment(forge, *_plans(tmp_path, "a", "b")) == 0
    forged = forge.bodies[0]
    forge.comments[12].clear()
    forge.say(12, "mallory", forged)
    assert _comment(forge, *_plans(tmp_path, "a", at="07:00")) == 0
    assert _comment(forge, *_plans(tmp_path, "a", at="07:00"), "--applied") == 0
    assert forge.bodies[0] == forged and len(forge.bodies) == 2


# ---- whose comment ---------------------------------------------------------------------------------------------------


def test_a_marker_in_somebody_elses_comment_is_not_ours(forge: Forge, tmp_path: Path) -> None:
    assert _comment(forge, "--plan", _plan(tmp_path)) == 0
    copied = forge.bodies[0]
    forge.comments[12].clear()
    forge.say(12, "mallory", copied)
    assert _comment(forge, "--plan", _plan(tmp_path, at="07:00")) == 0
    assert forge.bodies[0] == copied and len(forge.bodies) == 2


def test_a_marker_below_the_first_line_is_text(forge: Forge, tmp_path: Path) -> None:
    assert _comment(forge, "--plan", _plan(tmp_path)) == 0
    quoted = f"Look:\n{forge.bodies[0]}"
    forge.comments[12].clear()
    forge.say(12, ME, quoted)
    assert _comment(forge, "--plan", _plan(tmp_path, at="07:00")) == 0
    assert forge.bodies[0] == quoted and len(forge.bodies) == 2


@pytest.mark.parametrize(
    "body",
    [
        "<!-- mscode:comment:v1 {} -->\n",
        '<!-- mscode:comment:v1 {"plans": 1} -->\n',
        '<!-- mscode:comment:v1 {"plans": {"drive/production": 1}, "commit": "", "state": ""} -->\n',
        "<!-- mscode:comment:v1 {x} -->\n",
    ],
)
def test_a_broken_marker_is_text(forge: Forge, tmp_path: Path, body: str) -> None:
    forge.say(12, ME, body)
    assert _comment(forge, "--plan", _plan(tmp_path)) == 0
    assert len(forge.bodies) == 2


def test_a_comment_of_a_newer_version_is_left_alone(
    forge: Forge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _comment(forge, "--plan", _plan(tmp_path)) == 0
    newer = forge.bodies[0].replace("comment:v1", "comment:v2")
    forge.comments[12][0]["body"] = newer
    assert _comment(forge, "--plan", _plan(tmp_path, at="07:00")) == 1
    assert forge.bodies == [newer]
    assert "newer mscode" in capsys.readouterr().err


def test_the_token_of_a_github_job_may_not_ask_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("github") as forge:
        forge.app, forge.me = True, "github-actions[bot]"
        _job(monkeypatch, forge, tmp_path, COMMIT)
        for at in ("06:00", "07:00"):
            assert _comment(forge, "--plan", _plan(tmp_path, at=at)) == 0
        assert len(forge.bodies) == 1
        forge.me = "our-app[bot]"
        for at in ("08:00", "09:00"):
            assert _comment(forge, "--plan", _plan(tmp_path, at=at), "--author", "our-app[bot]") == 0
        assert len(forge.bodies) == 2


# ---- where it stands -------------------------------------------------------------------------------------------------


def test_an_applied_plan_closes_the_comment(forge: Forge, tmp_path: Path) -> None:
    file = _plan(tmp_path)
    assert _comment(forge, "--plan", file) == 0
    assert _comment(forge, "--plan", file, "--applied") == 0
    (body,) = forge.bodies
    assert "**Applied.**" in body and "closed" in body
    assert "<details><summary>The plan</summary>" in body and "1 to add" in body


def test_a_failed_apply_is_said(forge: Forge, tmp_path: Path) -> None:
    file = _plan(tmp_path)
    assert _comment(forge, "--plan", file) == 0
    assert _comment(forge, "--plan", file, "--failed") == 0
    assert "did not end well" in forge.bodies[0]


def test_a_comment_is_superseded_without_a_plan(forge: Forge, tmp_path: Path) -> None:
    assert _comment(forge, "--plan", _plan(tmp_path)) == 0
    for _ in range(2):
        assert _comment(forge, "--for", "drive/production", "--superseded") == 0
        (body,) = forge.bodies
        assert "**Superseded.**" in body and body.count("<details><summary>The plan</summary>") == 1
        assert body.count("### mscode plan") == 1
    assert _comment(forge, "--plan", _plan(tmp_path, at="08:00", changes=2)) == 0
    assert "Superseded" not in forge.bodies[0] and "2 to add" in forge.bodies[0]


def test_the_project_of_the_folder_is_the_one_whose_plan_is_superseded(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _comment(forge, "--plan", _plan(tmp_path)) == 0
    project = "apiVersion: mscode/v1\nproject: drive\nenvironments: {production: {url: 'sandbox:'}}\n"
    (tmp_path / "mscode.yaml").write_text(project)
    monkeypatch.chdir(tmp_path)
    assert _comment(forge, "--superseded", "--env", "production") == 0
    assert "**Superseded.**" in forge.bodies[0]


def test_where_there_is_no_comment_nothing_is_superseded(forge: Forge) -> None:
    assert _comment(forge, "--for", "drive/production", "--superseded") == 0
    assert forge.bodies == []


def test_after_a_merge_the_commit_tells_the_pull_request(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _plan(tmp_path)
    assert _comment(forge, "--plan", file) == 0
    _job(monkeypatch, forge, tmp_path, NEWER, None)
    forge.merged[NEWER] = 12
    assert _comment(forge, "--plan", file, "--applied") == 0
    assert "**Applied.**" in forge.bodies[0]


def test_a_job_of_no_pull_request_is_an_error(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _plan(tmp_path)
    _job(monkeypatch, forge, tmp_path, NEWER, None)
    assert _comment(forge, "--plan", file) == 1
    assert forge.bodies == []
    assert _comment(forge, "--plan", file, "--pull-request", "12") == 0
    assert len(forge.bodies) == 1


# ---- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [40, 4_000])
def test_a_large_plan_fits_into_a_comment(forge: Forge, tmp_path: Path, changes: int) -> None:
    assert _comment(forge, "--plan", _plan(tmp_path, changes=changes)) == 0
    assert len(forge.bodies[0]) <= LIMITS[forge.kind]
    assert f"{changes} to add" in forge.bodies[0]


def test_very_many_plans_fit_into_a_comment_and_it_says_how_many_do_not(forge: Forge, tmp_path: Path) -> None:
    files = [_plan(tmp_path, f"e{at}", changes=400) for at in range(40)]
    assert _comment(forge, *(part for file in files for part in ("--plan", file))) == 0
    assert len(forge.bodies[0]) <= LIMITS[forge.kind]
    assert forge.bodies[0].count("### mscode plan") == 40 or "more plans are not shown" in forge.bodies[0]


@pytest.mark.parametrize("many", [100, 900])
@pytest.mark.parametrize("text", ["Hello", "🎅" * 300])
def test_a_comment_fits_whatever_the_number_of_its_plans(forge: Forge, tmp_path: Path, many: int, text: str) -> None:
    names = [f"customer-environment-number-{at:03d}" for at in range(many)]
    files = [part for name in names for part in ("--plan", _plan(tmp_path, name, text=text))]
    for state in ([], ["--applied"], ["--failed"]):
        assert _comment(forge, *files, *state) == 0
        (body,) = forge.bodies
        assert len(body.encode()) <= LIMITS[forge.kind]  # so that no way of counting characters gives more
        assert f"in `{names[7]}`" in body and "too large" not in body
    assert _comment(forge, *_plans(tmp_path, names[7], at="07:00")) == 0  # found though its name may be a hash there
    old, new = (marker_of(body) for body in forge.bodies)
    assert old and new and len(old.plans) == many - 1 and list(new.plans) == [f"drive/{names[7]}"]


def test_a_plan_that_dials_is_not_the_one_that_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("github") as forge:
        _job(monkeypatch, forge, tmp_path, COMMIT)
        files = [_plan(tmp_path, f"e{at:03d}", changes=30) for at in range(200)]
        last = json.loads(Path(files[-1]).read_text())
        last["reach"] = {"rsvpCalls.invite": {"people": 5}}
        last["view"]["launch"] = ["Launch: 1 campaign, 5 people"]
        Path(files[-1]).write_text(json.dumps(last))
        assert _comment(forge, *(part for file in files for part in ("--plan", file))) == 0
        (body,) = forge.bodies
        assert "### mscode plan: `drive` in `e199`" in body and "1 campaign, 5 people" in body
        assert "more plans are not shown" in body and "- `drive` in `e100`: " in body


# ---- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 404, 422, 500])
def test_a_refusal_of_the_forge_is_an_error(
    forge: Forge, tmp_path: Path, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    forge.faults = [(status, {})]
    assert _comment(forge, "--plan", _plan(tmp_path)) == 1
    said = capsys.readouterr()
    assert f"status {status}" in said.err and TOKEN not in said.err


def test_a_post_that_fails_is_an_error_and_is_not_sent_again(forge: Forge, tmp_path: Path) -> None:
    forge.faults = [(200, {"Content-Type": "text/html"})]
    assert _comment(forge, "--plan", _plan(tmp_path)) == 1
    forge.requests.clear()
    file = _plan(tmp_path)
    forge.comments[12] = []
    original = forge._create
    forge._create = lambda *given: (502, {"message": "bad gateway"}, {})  # type: ignore[method-assign]
    assert _comment(forge, "--plan", file) == 1
    assert sum(one.startswith("POST") for one in forge.requests) == 1
    forge._create = original  # type: ignore[method-assign]


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the forge was left alone; nothing really waits."""
    found: list[float] = []
    monkeypatch.setattr("mscode.forge.comments.time.sleep", found.append)
    return found


SECONDARY = {"message": "You have exceeded a secondary rate limit. Please retry your request again later."}
NOW = "Mon, 30 Nov 2026 06:00:00 GMT"


@pytest.mark.parametrize("method", ["POST", "GET", "PATCH"])
@pytest.mark.parametrize(
    ("status", "headers", "said", "wait"),
    [
        (403, {"Retry-After": "7"}, SECONDARY, 7),
        (429, {"Retry-After": "7"}, SECONDARY, 7),
        (403, {"Retry-After": "Mon, 30 Nov 2026 06:00:09 GMT", "Date": NOW}, SECONDARY, 9),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1796018420", "Date": NOW}, {"message": "API"}, 20),
        (
            429,
            {"RateLimit-Remaining": "0", "RateLimit-Reset": "1796018420", "Date": NOW},
            {"message": "Retry later"},
            20,
        ),
        (429, {"RateLimit-Reset": "1796018420", "Date": NOW}, {"message": "Retry later"}, 20),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"}, {"message": "API"}, 0),
        (403, {}, SECONDARY, 60),
        (429, {"Retry-After": "soon"}, {"message": "Retry later"}, 0),
    ],
)
def test_a_rate_limit_is_waited_for_and_then_asked_again(
    forge: Forge,
    tmp_path: Path,
    waited: list[float],
    method: str,
    status: int,
    headers: dict[str, str],
    said: Any,
    wait: float,
) -> None:
    if method == "PATCH":
        assert _comment(forge, "--plan", _plan(tmp_path)) == 0
        method = "PATCH" if forge.kind == "github" else "PUT"
    forge.of_method[method] = [(status, headers, said)] * 2
    assert _comment(forge, "--plan", _plan(tmp_path, at="07:00", changes=2)) == 0
    assert len(forge.bodies) == 1 and "2 to add" in forge.bodies[0]
    assert waited == [wait, wait]


@pytest.mark.parametrize(
    ("headers", "times"), [({"Retry-After": "3600"}, 1), ({"Retry-After": "100"}, 2), ({"Retry-After": "0"}, 50)]
)
def test_nobody_waits_for_ever_and_it_is_no_matter_of_permissions(
    forge: Forge,
    tmp_path: Path,
    waited: list[float],
    headers: dict[str, str],
    times: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    forge.of_method["POST"] = [(403, headers, SECONDARY)] * times
    assert _comment(forge, "--plan", _plan(tmp_path)) == 1
    said = capsys.readouterr().err
    assert "a rate limit" in said and "did nothing" in said and "permissions" not in said
    assert sum(waited) <= 180 and len(waited) <= 6 and forge.bodies == []


def test_a_limit_on_asking_who_we_are_does_not_make_us_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waited: list[float]
) -> None:
    with serving("github") as forge:
        _job(monkeypatch, forge, tmp_path, COMMIT)
        assert _comment(forge, "--plan", _plan(tmp_path)) == 0
        answers = [(200, {"Link": ""}, forge.comments[12]), *[(403, {"Retry-After": "1"}, SECONDARY)] * 9]
        forge.of_method["GET"] = answers
        assert _comment(forge, "--plan", _plan(tmp_path, at="07:00")) == 1
        assert len(forge.bodies) == 1


def test_a_missing_permission_is_said_at_once(
    forge: Forge, tmp_path: Path, waited: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    said = {"message": "Resource not accessible by integration"}
    forge.of_method["POST"] = [(403, {"X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": "1796018420"}, said)]
    assert _comment(forge, "--plan", _plan(tmp_path)) == 1
    assert waited == [] and "permissions" in capsys.readouterr().err


@pytest.mark.parametrize("status", [500, 502, 504, 201])
def test_a_comment_whose_answer_was_lost_is_looked_for_and_not_made_twice(
    forge: Forge, tmp_path: Path, status: int
) -> None:
    forge.lost = [status] if status != 201 else []
    if status == 201:  # an answer that is none
        original = forge._create
        forge._create = lambda *given: (original(*given)[0], [], {})  # type: ignore[method-assign]
    assert _comment(forge, "--plan", _plan(tmp_path)) == 0
    assert len(forge.bodies) == 1
    assert sum(one.startswith("POST") for one in forge.requests) == 1


def test_what_never_went_out_is_sent_again(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = [httpx.ConnectError("refused"), httpx.ConnectTimeout("late")]

    class Refusing(httpx.BaseTransport):
        """The first POSTs find nobody."""

        def __init__(self, *server: Any) -> None:
            self._network = network(*server)

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "POST" and failures:
                raise failures.pop()
            return self._network.handle_request(request)

        def close(self) -> None:
            self._network.close()

    monkeypatch.setattr("mscode.http.sender.network", Refusing)
    assert _comment(forge, "--plan", _plan(tmp_path)) == 0
    assert len(forge.bodies) == 1 and not failures


def test_what_the_forge_says_of_each_error_is_shown_without_anybodys_number(
    forge: Forge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    errors = [
        {"resource": "IssueComment", "code": "x", "message": f"Body is too long, {TOKEN}, +358401234567"},
        "and more",
    ]
    forge.of_method["POST"] = [(422, {}, {"message": "Validation Failed", "errors": errors})]
    assert _comment(forge, "--plan", _plan(tmp_path)) == 1
    said = capsys.readouterr().err
    assert "Validation Failed: Body is too long" in said and "and more" in said
    assert TOKEN not in said and "+358401234567" not in said


def test_a_busy_forge_is_asked_again(forge: Forge, tmp_path: Path) -> None:
    forge.faults = [(503, {}), (429, {})]
    assert _comment(forge, "--plan", _plan(tmp_path)) == 0
    assert len(forge.bodies) == 1


def test_a_redirect_is_not_followed(forge: Forge, tmp_path: Path) -> None:
    with serving(forge.kind) as elsewhere:
        forge.faults = [(307, {"Location": f"{elsewhere.url}/user"})]
        assert _comment(forge, "--plan", _plan(tmp_path)) == 1
        assert elsewhere.requests == []


@pytest.mark.parametrize("url", ["http://forge.example.com", "https://user:pass@forge.example.com", "file:///etc"])
def test_the_token_goes_over_https_only(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    for name in ("GITHUB_API_URL", "CI_API_V4_URL"):
        monkeypatch.setenv(name, url)
    assert _comment(forge, "--plan", _plan(tmp_path)) == 1


def test_the_token_goes_to_allowed_hosts_only(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSCODE_ALLOWED_HOSTS", "api.example.com")
    assert _comment(forge, "--plan", _plan(tmp_path)) == 1
    assert forge.requests == []
    monkeypatch.setenv("MSCODE_ALLOWED_HOSTS", "api.example.com, 127.0.0.1")
    assert _comment(forge, "--plan", _plan(tmp_path)) == 0


@pytest.mark.parametrize("missing", ["TOKEN", "REPOSITORY"])
def test_a_variable_that_is_missing_is_named(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"github": f"GITHUB_{missing}", "gitlab": {"TOKEN": "GITLAB_TOKEN", "REPOSITORY": "CI_PROJECT_ID"}[missing]}
    monkeypatch.delenv(names[forge.kind])
    assert _comment(forge, "--plan", _plan(tmp_path)) == 1
    assert f"The variable {names[forge.kind]} is not set" in capsys.readouterr().err


def test_a_repository_of_another_form_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("github") as forge:
        _job(monkeypatch, forge, tmp_path, COMMIT)
        monkeypatch.setenv("GITHUB_REPOSITORY", "drive/../../user")
        assert _comment(forge, "--plan", _plan(tmp_path)) == 1
        assert forge.requests == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("project", "x --> <img>"),
        ("environment", "../x"),
        ("digest", "no digest"),
        ("timestamp", "now"),
        ("project", 7),
    ],
)
def test_a_forged_plan_breaks_no_marker(forge: Forge, tmp_path: Path, name: str, value: Any) -> None:
    file = Path(_plan(tmp_path))
    file.write_text(json.dumps({**json.loads(file.read_text()), name: value}))
    assert _comment(forge, "--plan", str(file)) == 1
    assert forge.requests == []


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--plan", "a.json", "--for", "drive/production"],
        ["--for", "drive/production"],
        ["--for", "drive/production", "--applied", "--failed"],
    ],
)
def test_options_that_say_nothing_clear_are_usage(forge: Forge, options: list[str]) -> None:
    assert _comment(forge, *options) == 64


def test_a_name_of_another_form_is_an_error(forge: Forge) -> None:
    assert _comment(forge, "--for", "drive", "--superseded") == 1
