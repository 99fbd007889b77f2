"""Which URLs may get a token, and where the token comes from."""

from __future__ import annotations

import os
import sys

import pytest

from mscode.errors import ConfigError
from mscode.http.token import resolve_token
from mscode.http.url import check_url

ENV = {"PATH": os.environ["PATH"]}


def printing(text: str, code: int = 0) -> dict[str, list[str]]:
    return {"command": [sys.executable, "-c", f"import sys; sys.stdout.write({text!r}); sys.exit({code})"]}


@pytest.mark.parametrize(
    "url",
    [
        "https://api.example.com/v1",
        "https://api.example.com:8443",
        "http://127.0.0.1:8080/v1",
        "http://127.9.9.9",
        "http://localhost/v1",
        "http://[::1]:8080/v1",
    ],
)
def test_https_and_loopback_may_get_a_token(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/v1",
        "http://127.0.0.1.example.com/v1",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "http://2130706433/",
        "http://0.0.0.0/",
    ],
)
def test_plain_http_to_other_machines_is_refused_unless_it_is_allowed(url: str) -> None:
    with pytest.raises(ConfigError, match="plain http"):
        check_url(url)
    check_url(url, allow_insecure=True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.com",
        "ftp://api.example.com",
        "https://",
        "https:///v1",
        "https://api.example.com:port",
        "https://[::1",
        "https://a b.example",
        "https://api.example.com\\@evil.example",
        "https://äpi.example.com",
        "file:///etc/passwd",
        "https://api.example.com/\n",
    ],
)
def test_what_is_no_url_of_a_service_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    ["https://anna:pass-canary@api.example.com", "https://pass-canary@api.example.com", "https://@api.example.com"],
)
def test_a_url_with_a_user_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigError, match="user or password") as caught:
        check_url(url)
    assert "canary" not in repr(caught.value.diagnostics)


@pytest.mark.parametrize(
    "url",
    ["https://api.example.com/v1?token=canary", "https://api.example.com/v1#canary", "https://api.example.com/v1?"],
)
def test_a_url_with_a_query_or_fragment_is_refused_without_it(url: str) -> None:
    with pytest.raises(ConfigError, match="query or fragment") as caught:
        check_url(url)
    assert "canary" not in repr(caught.value.diagnostics)


@pytest.mark.parametrize("allowed", ["api.example.com", "API.EXAMPLE.COM", "other.example, api.example.com:8443"])
def test_a_listed_host_may_get_the_token(allowed: str) -> None:
    check_url("https://Api.example.com:8443/v1", allowed_hosts=allowed)


@pytest.mark.parametrize("allowed", ["", " , ", "example.com", "api.example.com:443", "api.example.com.evil.example"])
def test_a_host_that_is_not_listed_gets_no_token(allowed: str) -> None:
    with pytest.raises(ConfigError, match="MSCODE_ALLOWED_HOSTS"):
        check_url("https://api.example.com:8443/v1", allowed_hosts=allowed)


def test_the_default_port_may_be_named() -> None:
    check_url("https://api.example.com/v1", allowed_hosts="api.example.com:443")
    check_url("http://[::1]/v1", allowed_hosts="[::1]:80")


def test_a_token_comes_from_a_variable() -> None:
    assert resolve_token({"env": "NAME"}, {"NAME": " abc\n"}) == "abc"


@pytest.mark.parametrize("env", [{}, {"NAME": ""}, {"NAME": "  "}])
def test_a_variable_that_is_not_set_is_named(env: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="The variable NAME is not set"):
        resolve_token({"env": "NAME"}, env)


def test_a_token_is_the_first_line_that_a_command_prints() -> None:
    assert resolve_token(printing("abc \nuser: anna\n"), ENV) == "abc"


@pytest.mark.parametrize("text", ["", "\n", "canary\u00e4", "canary with blanks", "canary\x00", "canary\x1b[0m"])
def test_what_cannot_stand_in_a_header_is_no_token_and_is_not_shown(text: str) -> None:
    for spec, env in (({"env": "NAME"}, {"NAME": text or "\u00e4"}), (printing(text), ENV)):
        with pytest.raises(ConfigError) as caught:
            resolve_token(spec, env)
        assert "canary" not in repr(caught.value.diagnostics)


def test_a_command_that_fails_shows_its_exit_code_and_nothing_it_printed() -> None:
    with pytest.raises(ConfigError, match="ended with exit code 3") as caught:
        resolve_token(printing("canary", 3), ENV)
    assert "canary" not in repr(caught.value.diagnostics)


def test_a_command_that_does_not_exist_is_said() -> None:
    with pytest.raises(ConfigError, match="cannot be run"):
        resolve_token({"command": ["/no/such/program"]}, ENV)


def test_a_command_that_does_not_end_is_ended() -> None:
    with pytest.raises(ConfigError, match=r"did not end within 0\.2 s"):
        resolve_token({"command": [sys.executable, "-c", "import time; time.sleep(60)"]}, ENV, timeout=0.2)


@pytest.mark.parametrize("ci", ["true", "1", "yes"])
def test_no_command_runs_under_ci_unless_it_is_allowed(ci: str) -> None:
    with pytest.raises(ConfigError, match="Under CI no command"):
        resolve_token(printing("abc"), ENV | {"CI": ci})
    assert resolve_token(printing("abc"), ENV | {"CI": ci, "MSCODE_ALLOW_COMMANDS": "1"}) == "abc"


@pytest.mark.parametrize("ci", ["", "0", "false"])
def test_a_false_ci_is_none(ci: str) -> None:
    assert resolve_token(printing("abc"), ENV | {"CI": ci}) == "abc"


@pytest.mark.parametrize(
    "spec",
    [
        None,
        "canary-literal",
        {},
        {"env": "A", "command": ["b"]},
        {"command": "canary"},
        {"command": []},
        {"command": [1]},
        {"value": "canary"},
    ],
)
def test_any_other_form_is_refused_without_being_shown(spec: object) -> None:
    with pytest.raises(ConfigError, match="`token` cannot be used") as caught:
        resolve_token(spec, ENV)  # type: ignore[arg-type]
    assert "canary" not in repr(caught.value.diagnostics)
