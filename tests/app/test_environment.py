"""Which environment a command works in."""

from __future__ import annotations

from pathlib import Path

import pytest

from mscode.app.environment import Environment, open_client, open_reader, private_folder, resolve
from mscode.errors import ConfigError
from mscode.manifest.project.file import ProjectFile, load_project

PRODUCTION = "https://api.example.com/v1"


@pytest.fixture
def settings(project: Path) -> ProjectFile:
    return load_project(project)


def _resolve(settings: ProjectFile, wanted: str = "", **variables: str) -> Environment:
    return resolve(settings, Path(), wanted, variables, hide_token=str)


def test_the_default_environment_is_used_where_none_is_named(settings: ProjectFile) -> None:
    assert _resolve(settings).name == "sandbox"


def test_the_option_wins_over_the_variable_and_the_variable_over_the_default(settings: ProjectFile) -> None:
    assert _resolve(settings, MSCODE_ENV="production").name == "production"
    assert _resolve(settings, "sandbox", MSCODE_ENV="production").name == "sandbox"


def test_an_unknown_environment_is_an_error_that_lists_the_known_ones(settings: ProjectFile) -> None:
    with pytest.raises(ConfigError, match="no environment") as caught:
        _resolve(settings, "staging")
    assert "sandbox, production" in caught.value.diagnostics[0].hint


def test_no_environment_at_all_is_an_error(settings: ProjectFile) -> None:
    with pytest.raises(ConfigError, match="No environment was named"):
        _resolve(settings.model_copy(update={"defaultEnvironment": None}))


def test_a_bare_url_makes_the_environment_default(settings: ProjectFile) -> None:
    environment = _resolve(settings, MSCODE_URL="https://other.example.com/v1/")
    assert (environment.name, environment.url) == ("default", "https://other.example.com/v1")
    assert environment.folder == Path(".mscode/default")


def test_a_url_beside_a_named_environment_must_be_its_url(settings: ProjectFile) -> None:
    assert _resolve(settings, "production", MSCODE_URL=f"{PRODUCTION}/").url == PRODUCTION
    with pytest.raises(ConfigError, match="MSCODE_URL is not the url"):
        _resolve(settings, "production", MSCODE_URL="https://other.example.com/v1")
    with pytest.raises(ConfigError, match="MSCODE_URL is not the url"):
        _resolve(settings, MSCODE_ENV="production", MSCODE_URL="https://other.example.com/v1")


def test_plain_http_is_refused_but_for_loopback(settings: ProjectFile) -> None:
    assert _resolve(settings, MSCODE_URL="http://127.0.0.1:8080/v1").name == "default"
    with pytest.raises(ConfigError, match="plain http"):
        _resolve(settings, MSCODE_URL="http://api.example.com/v1")


def test_no_token_goes_to_a_host_that_is_not_allowed(settings: ProjectFile) -> None:
    assert _resolve(settings, "production", MSCODE_ALLOWED_HOSTS="api.example.com").url == PRODUCTION
    with pytest.raises(ConfigError, match="not among the hosts"):
        _resolve(settings, "production", MSCODE_ALLOWED_HOSTS="elsewhere.example.com")
    assert _resolve(settings, "sandbox", MSCODE_ALLOWED_HOSTS="elsewhere.example.com").embedded


def test_the_token_is_looked_up_late_and_the_variable_overrides(settings: ProjectFile) -> None:
    assert _resolve(settings, "production", DEMO_TOKEN="from-project").token() == "from-project"
    assert _resolve(settings, "production", DEMO_TOKEN="a", MSCODE_TOKEN="from-variable").token() == "from-variable"
    without = _resolve(settings, "production")
    with pytest.raises(ConfigError, match="DEMO_TOKEN is not set"):
        without.token()


def test_an_environment_without_a_token_says_how_to_give_one(settings: ProjectFile) -> None:
    with pytest.raises(ConfigError, match="has no token") as caught:
        _resolve(settings, MSCODE_URL=PRODUCTION).token()
    assert "MSCODE_TOKEN" in caught.value.diagnostics[0].hint


def test_settings_overlay_the_defaults(settings: ProjectFile) -> None:
    environment = _resolve(settings, "production", MSCODE_TOKEN="t")
    assert environment.window_zone_name == "Europe/Helsinki"
    assert environment.paths["groups"] == "/groups"
    assert _resolve(settings).window_zone_name == "UTC"


def test_the_clock_is_checked_only_where_it_is_not_set_on_purpose(settings: ProjectFile) -> None:
    assert _resolve(settings, "production").target().checks_clock
    assert not _resolve(settings).target().checks_clock
    assert not _resolve(settings, MSCODE_URL="http://localhost:8080/v1").target().checks_clock


def test_the_embedded_emulator_answers_and_lies_in_a_private_folder(project: Path) -> None:
    environment = resolve(load_project(project), project, "", {}, hide_token=str)
    with open_client(environment) as client:
        client.post("/groups", {"name": "g", "description": ""}, what="groups.g")
    with open_reader(environment) as reader:
        assert [row["name"] for row in reader.list("/groups", what="groups")] == ["g"]
        assert not hasattr(reader, "post")
    assert (project / ".mscode").stat().st_mode & 0o777 == 0o700


def test_a_private_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / ".mscode" / "sandbox")
    assert [p.stat().st_mode & 0o777 for p in (folder, folder.parent)] == [0o700, 0o700]


def test_a_state_elsewhere_is_durable_under_ci(project: Path) -> None:
    text = (project / "mscode.yaml").read_text()
    url = 'url: "https://api.example.com/v1", '
    for state, durable in (
        ("{backend: local}", False),
        ("{backend: gitlab, address: 'https://gitlab.example.com/x'}", True),
        ("{backend: object, url: 's3://bucket/x'}", True),
    ):
        (project / "mscode.yaml").write_text(text.replace(url, f"{url}state: {state}, "))
        settings = load_project(project)
        assert _resolve(settings, "production", CI="true").target().durable_state is durable
        assert _resolve(settings, "production").target().durable_state
