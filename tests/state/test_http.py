"""The Terraform HTTP state protocol in its corners; what every backend promises is in test_conformance."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mscode.errors import ConfigError, LockedError, StateError
from mscode.http.state_client import StateClient, credentials
from mscode.state.lock_info import LockInfo, myself
from mscode.state.remote.backend import RemoteBackend, RemoteLock
from mscode.state.remote.http import Addresses, HttpRemote
from mscode.state.store import StateStore
from tests.state.state_server import PASSWORD, USER, Kept, state_server


@pytest.fixture
def served() -> Iterator[tuple[str, Kept]]:
    with state_server() as given:
        yield given


def remote_of(url: str, auth: tuple[str, str] | None = None, **settings: str) -> HttpRemote:
    addresses = Addresses.of({"backend": "http", "address": f"{url}/states/one", **settings})
    return HttpRemote(StateClient(auth, deadline=5, sleep=lambda _: None), addresses)


def test_gitlab_locks_beside_the_document_with_post_and_delete() -> None:
    address = "https://gitlab.example.com/api/v4/projects/1/terraform/state/blood-drive"
    assert Addresses.of({"backend": "gitlab", "address": address}) == Addresses(
        address, f"{address}/lock", f"{address}/lock", "POST", "DELETE", "POST"
    )


def test_what_is_set_counts_and_the_unlock_address_follows_the_lock_address() -> None:
    given = {"lockAddress": "https://l.example.com/x", "lockMethod": "PUT", "unlockMethod": "DELETE"}
    found = Addresses.of({"backend": "http", "address": "https://s.example.com/one", "updateMethod": "PUT", **given})
    assert (found.lock_address, found.unlock_address) == ("https://l.example.com/x", "https://l.example.com/x")
    assert (found.lock_method, found.unlock_method, found.update_method) == ("PUT", "DELETE", "PUT")


def test_a_write_carries_the_locks_id_and_its_method(served: tuple[str, Kept]) -> None:
    url, kept = served
    remote = remote_of(url, updateMethod="PUT")
    holder = myself("apply", {})
    remote.lock(holder)
    remote.write(b"{}", None)
    assert kept.asked[-1] == ("PUT", "/states/one", holder.ID)
    assert kept.documents == {"/states/one": b"{}"}


def test_the_lock_tells_terraform_everything_that_its_lock_info_has(served: tuple[str, Kept]) -> None:
    url, kept = served
    remote_of(url).lock(LockInfo("id", "apply", "anna@here", 17, "2026-12-01T07:00:00+00:00", "1.0", "https://ci"))
    assert kept.locks["/states/one"] == {
        "ID": "id",
        "Operation": "apply",
        "Who": "anna@here",
        "Created": "2026-12-01T07:00:00+00:00",
        "Version": "1.0",
        "Info": "https://ci",
        "Path": "",
    }


def test_a_holder_that_terraform_wrote_is_shown(served: tuple[str, Kept]) -> None:
    url, kept = served
    kept.locks["/states/one"] = {
        "ID": "9db590f1-b6fe-c5f2-2678-8804f089deba",
        "Operation": "OperationTypeApply",
        "Info": "",
        "Who": "erik@laptop",
        "Version": "1.11.4",
        "Created": "2026-11-01T10:20:30.123456789Z",
        "Path": "",
    }
    with pytest.raises(LockedError, match="locked by erik@laptop") as caught:
        remote_of(url).lock(myself("apply", {}))
    detail = caught.value.diagnostics[0].detail
    assert "9db590f1" in detail and "days" in detail and "process" not in detail


def test_basic_authentication_comes_from_the_variables_and_mscodes_own_win() -> None:
    terraform = {"TF_HTTP_USERNAME": "gitlab-ci-token", "TF_HTTP_PASSWORD": "job"}
    assert credentials({}) is None
    assert credentials(terraform) == ("gitlab-ci-token", "job")
    ours = {"MSCODE_STATE_USERNAME": "robot", "MSCODE_STATE_PASSWORD": "pass"}
    assert credentials(terraform | ours) == ("robot", "pass")


def test_without_the_right_password_the_error_says_what_to_set_and_shows_no_secret(served: tuple[str, Kept]) -> None:
    url, kept = served
    kept.password = PASSWORD
    assert remote_of(url, (USER, PASSWORD)).read() is None
    with pytest.raises(StateError) as caught:
        remote_of(url, (USER, "wrong-canary")).read()
    (one,) = caught.value.diagnostics
    assert "answered 401" in one.summary and "MSCODE_STATE_PASSWORD" in one.hint
    assert "canary" not in f"{one}"


def test_a_redirect_is_not_followed(served: tuple[str, Kept]) -> None:
    url, kept = served
    with state_server() as (elsewhere, others):
        kept.redirect_to = f"{elsewhere}/states/one"
        with pytest.raises(StateError, match="answered 307") as caught:
            remote_of(url, (USER, PASSWORD)).read()
        assert not others.asked and "credentials are not sent there" in caught.value.diagnostics[0].detail


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_trouble_is_waited_out(served: tuple[str, Kept], status: int) -> None:
    url, kept = served
    kept.documents["/states/one"] = b"{}"
    kept.trouble["GET"] = [status, status]
    found = remote_of(url).read()
    assert found is not None and found.content == b"{}" and kept.count("GET") == 3


def test_a_server_that_stays_in_trouble_is_an_error_and_no_empty_state(served: tuple[str, Kept]) -> None:
    url, kept = served
    kept.trouble["GET"] = [503] * 99
    with pytest.raises(StateError, match="could not be read: the server answered 503"):
        remote_of(url).read()
    kept.trouble["GET"] = [500]
    with pytest.raises(StateError, match="answered 500"):
        remote_of(url).read()


def test_a_lost_answer_to_a_lock_a_write_or_an_unlock_is_none_of_its_failures(served: tuple[str, Kept]) -> None:
    url, kept = served
    remote, lock_kept = remote_of(url), kept.locks
    kept.lost_answers = {"LOCK": 1, "POST": 1, "UNLOCK": 1}
    lock = RemoteLock(remote, "apply", {})
    lock.acquire()
    stored = remote.write(b'{"serial": 1}', None)
    assert remote.write(b'{"serial": 2}', stored).content == kept.documents["/states/one"]
    lock.release()
    assert not lock_kept and not any(kept.lost_answers.values())


def test_a_lock_whose_answer_never_comes_is_given_back(served: tuple[str, Kept]) -> None:
    url, kept = served
    kept.lost_answers = {"LOCK": 99}
    with pytest.raises(StateError, match="gave no answer to LOCK"):
        RemoteLock(remote_of(url), "apply", {}).acquire()
    assert not kept.locks and kept.count("UNLOCK") == 1


def test_a_server_without_locks_is_refused(served: tuple[str, Kept]) -> None:
    url, kept = served
    kept.has_locks = False
    with pytest.raises(StateError, match="has no lock: it answered LOCK with 405") as caught:
        remote_of(url).lock(myself("apply", {}))
    assert "lockMethod" in caught.value.diagnostics[0].hint


def test_a_server_that_lays_the_json_out_anew_is_no_other_writer(served: tuple[str, Kept]) -> None:
    url, kept = served
    remote = remote_of(url)
    remote.lock(myself("apply", {}))
    stored = remote.write(b'{"serial":1,"resources":[]}', None)
    kept.documents["/states/one"] = json.dumps(json.loads(stored.content), indent=4).encode()
    remote.write(b'{"serial":2}', stored)
    assert kept.documents["/states/one"] == b'{"serial":2}'


def test_breaking_a_lock_asks_first_whose_it_is_and_leaves_a_free_one_free(served: tuple[str, Kept]) -> None:
    url, kept = served
    remote = remote_of(url)
    with pytest.raises(StateError, match="not locked"):
        remote.unlock("abc")
    assert not kept.locks
    kept.locks["/states/one"] = {"ID": "abc", "Who": "anna@there"}
    with pytest.raises(StateError, match="has the ID abc"):
        remote.unlock("ab")
    assert remote.unlock("abc").Who == "anna@there" and not kept.locks


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    remote = remote_of("http://127.0.0.1:1", (USER, PASSWORD))
    says = (
        r"Could not connect to the server of the state, http://127\.0\.0\.1:1 \(connection refused; tried 5 times\)\. "
        r"Nothing was changed\. Check `state:` of the environment, or your VPN\."
    )
    with pytest.raises(StateError, match=says) as caught:
        remote.read()
    assert "canary" not in str(caught.value.diagnostics)


def test_in_a_hurry_nothing_is_repeated(served: tuple[str, Kept]) -> None:
    url, kept = served
    kept.trouble["GET"] = [503] * 9
    remote = remote_of(url)
    remote.limit_remaining_time(1)
    with pytest.raises(StateError):
        remote.read()
    assert kept.count("GET") == 1


def test_the_lost_lock_names_its_new_holder(served: tuple[str, Kept]) -> None:
    url, kept = served
    remote = remote_of(url)
    remote.lock(myself("apply", {}))
    kept.locks["/states/one"] = {"ID": "abc", "Who": "anna@there", "Operation": "destroy"}
    with pytest.raises(StateError, match="The lock of the state was lost") as caught:
        remote.write(b"{}", None)
    assert "anna@there (destroy)" in caught.value.diagnostics[0].detail and not kept.documents


# ---- which addresses are given a password --------------------------------------------------------------------------


def resolved(folder: Path, state: str, insecure: bool = False, **variables: str) -> object:
    from mscode.app.environment import resolve
    from mscode.app.state_backend import backend_of
    from mscode.manifest.project.file import load_project

    (folder / "mscode.yaml").write_text(
        "apiVersion: mscode/v1\nproject: demo\nenvironments:\n"
        f"  live: {{url: 'https://api.example.com/v1', allowInsecure: {str(insecure).lower()}, state: {state}}}\n"
    )
    return backend_of(resolve(load_project(folder), folder, "live", variables, hide_token=str))


def test_plain_http_is_refused_but_for_loopback_or_allow_insecure(tmp_path: Path) -> None:
    state = "{backend: http, address: 'http://state.example.com/one'}"
    with pytest.raises(ConfigError, match="plain http: the password"):
        resolved(tmp_path, state)
    assert resolved(tmp_path, state, insecure=True)
    assert resolved(tmp_path, "{backend: http, address: 'http://127.0.0.1:9/one'}")


@pytest.mark.parametrize(
    "state",
    [
        "{backend: http, address: 'https://state.example.com/one'}",
        "{backend: gitlab, address: 'https://state.example.com/one'}",
        "{backend: http, address: 'https://api.example.com/x', lockAddress: 'https://state.example.com/one'}",
        "{backend: object, url: 's3://b/x', endpoint: 'https://state.example.com'}",
    ],
)
def test_no_password_goes_to_a_host_that_is_not_allowed(tmp_path: Path, state: str) -> None:
    with pytest.raises(ConfigError, match=r"state.example.com is not among the hosts of MSCODE_ALLOWED_HOSTS"):
        resolved(tmp_path, state, MSCODE_ALLOWED_HOSTS="api.example.com")
    assert resolved(tmp_path, state, MSCODE_ALLOWED_HOSTS="api.example.com,state.example.com")


# ---- the program whose protocol it is ------------------------------------------------------------------------------

TERRAFORM = """
terraform {
  backend "http" {
    address        = "%(url)s/states/terraform"
    lock_address   = "%(url)s/states/terraform"
    unlock_address = "%(url)s/states/terraform"
    username       = "%(user)s"
    password       = "%(password)s"
  }
}
resource "terraform_data" "one" { input = "x" }
"""


@pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not on this machine")
def test_the_server_of_these_tests_is_one_that_terraform_accepts(served: tuple[str, Kept], tmp_path: Path) -> None:
    url, kept = served
    kept.password = PASSWORD
    (tmp_path / "main.tf").write_text(TERRAFORM % {"url": url, "user": USER, "password": PASSWORD})

    def terraform(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )

    assert terraform("init", "-input=false").returncode == 0
    assert terraform("apply", "-auto-approve", "-input=false").returncode == 0
    assert json.loads(kept.documents["/states/terraform"])["resources"][0]["type"] == "terraform_data"
    assert {"LOCK", "UNLOCK", "POST"} <= {method for method, _, _ in kept.asked} and not kept.locks
    ours = HttpRemote(
        StateClient((USER, PASSWORD)), Addresses.of({"backend": "http", "address": f"{url}/states/terraform"})
    )
    lock = RemoteLock(ours, "apply", {})
    lock.acquire()
    refused = terraform("apply", "-auto-approve", "-input=false", "-lock-timeout=0s")
    assert refused.returncode == 1 and lock.id in refused.stderr
    lock.release()


def test_a_server_that_gives_every_lock_is_refused(served: tuple[str, Kept]) -> None:
    """Two runs would hold it at once, and nobody would be told."""
    url, kept = served
    kept.says_yes = True
    with pytest.raises(StateError, match="does not keep its lock"):
        RemoteLock(remote_of(url), "apply", {}).acquire()
    assert not kept.documents


def test_who_holds_the_lock_can_be_seen_and_looking_leaves_none(served: tuple[str, Kept]) -> None:
    url, kept = served
    assert remote_of(url).holder() is None and not kept.locks
    lock = RemoteLock(remote_of(url), "apply", {})
    lock.acquire()
    found = remote_of(url).holder()
    assert found is not None and (found.ID, found.Operation) == (lock.id, "apply")
    assert kept.locks
    lock.release()
    assert not kept.locks


def test_a_run_beside_another_one_says_that_it_is_under_way(served: tuple[str, Kept], tmp_path: Path) -> None:
    """What its journal holds was not left by an interruption. Once the process is gone, it was."""
    url, _ = served
    code = f"""
import pathlib, sys
from mscode.http.state_client import StateClient
from mscode.state.remote.http import Addresses, HttpRemote
from mscode.state.remote.backend import RemoteBackend
from mscode.state.store import StateStore
from tests.state.samples import INTENT, entry
addresses = Addresses.of({{"backend": "http", "address": "{url}/states/one"}})
backend = RemoteBackend(HttpRemote(StateClient(), addresses), pathlib.Path({str(tmp_path)!r}))
lock = backend.lock("apply")
lock.acquire()
store = StateStore.open(backend.storage(), "drive", "test", "https://api.example.com/v1", backend=backend, lock=lock)
store.begin([INTENT])
store.put(entry())
print(lock.id, flush=True)
sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert process.stdout is not None and process.stdin is not None
    lock_id = process.stdout.readline().strip()
    given = "drive", "test", "https://api.example.com/v1"
    beside = StateStore.read(RemoteBackend(remote_of(url), tmp_path).storage(), *given)
    assert lock_id and f"ID {lock_id}" in beside.notice
    assert "An apply is under way" in beside.notice and "interrupted" not in beside.notice
    process.kill()
    process.wait()
    after = StateStore.read(RemoteBackend(remote_of(url), tmp_path).storage(), *given)
    assert "Took 1 change of an interrupted run" in after.notice
