"""Reading and writing the comments of a pull request (GitHub) or merge request (GitLab).

The forges differ in paths, headers and the names of a few members and in nothing else, so a `Dialect` is a value and there is
one `Forge`. The token goes to the forge's own API and nowhere else: over `https://` only (or to this machine), no redirect is
followed, and the next page is requested by its number, never by an address in an answer.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from mscode.errors import ApiError
from mscode.http.error_text import ErrorText
from mscode.http.response import Failure, Response
from mscode.http.retry import http_date, retry_after
from mscode.http.sender import Sender
from mscode.http.token import check_token
from mscode.http.transport import Transport
from mscode.http.url import check_url
from mscode.model.light_dataclass import dataclass
from mscode.model.privacy import Masker

#: Seconds for one request.
TIMEOUT = 30.0
#: Seconds before each repeat of a request that only reads or may be sent twice.
WAITS = (1.0, 3.0)
#: Seconds in all that a command waits because the forge asked it to, and how often; a wait beyond that is an error.
PATIENCE = 180.0
MOST_LIMITS = 6
#: Seconds to wait where GitHub does not say how long a limit on creating content lasts: its documentation asks for a minute.
UNSAID_WAIT = 60.0
PER_PAGE = 100
MOST_PAGES = 1000
BUSY = (502, 503, 504)
BODY_LIMIT = 64 * 1024 * 1024
#: The token of GitHub Actions is that of an app, which may not read its own user.
ACTIONS_BOT = "github-actions[bot]"
_LIMITED = re.compile(r"secondary rate limit|rate limit exceeded|abuse detection", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The API of one kind of forge. Paths are relative to its URL, with `{repo}`, `{number}`, `{id}` and `{sha}` to fill in.

    `limit` is how many characters a comment may have, `edit` the method that changes one, `author` the member of a comment
    that holds its author and the member of that which is unique, `number` the member of a pull request with its number.
    """

    name: str
    headers: Callable[[str], Mapping[str, str]]
    comments: str
    comment: str
    pulls_of_commit: str
    edit: str
    author: tuple[str, str]
    number: str
    limit: int


GITHUB = Dialect(
    name="GitHub",
    headers=lambda token: {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    },
    comments="/repos/{repo}/issues/{number}/comments",
    comment="/repos/{repo}/issues/comments/{id}",
    pulls_of_commit="/repos/{repo}/commits/{sha}/pulls",
    edit="PATCH",
    author=("user", "login"),
    number="number",
    limit=65_536,
)
GITLAB = Dialect(
    name="GitLab",
    headers=lambda token: {"PRIVATE-TOKEN": token, "Accept": "application/json"},
    comments="/projects/{repo}/merge_requests/{number}/notes",
    comment="/projects/{repo}/merge_requests/{number}/notes/{id}",
    pulls_of_commit="/projects/{repo}/repository/commits/{sha}/merge_requests",
    edit="PUT",
    author=("author", "username"),
    number="iid",
    limit=1_000_000,
)


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request of a commit. `source` and `target` are branches ("": unknown), `commits` its head and those that merging
    it has made."""

    number: int
    is_merged: bool = False
    is_open: bool = False
    source: str = ""
    target: str = ""
    commits: frozenset[str] = frozenset()


class Unanswered(ApiError):
    """It is unknown whether the forge carried out a request: no answer, half of one, or one of a fault of the forge."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as the forge lists it; `url` leads people to it ("" where the forge does not say)."""

    id: str
    author: str
    body: str
    url: str = ""


class Forge:
    """One repository (`owner/name`, or GitLab's project id) of a forge. ApiError where a request fails."""

    def __init__(
        self,
        dialect: Dialect,
        url: str,
        repo: str,
        token: str,
        *,
        allowed_hosts: str | None = None,
        author: str = "",
        transport: Transport | None = None,
        sleep: Callable[[float], object] | None = None,
        timeout: float = TIMEOUT,
        is_patient: bool = True,
    ) -> None:
        """`timeout`: seconds for one request. Unless it `is_patient`, no request is repeated, and a limit is an error."""
        check_url(url, allowed_hosts=allowed_hosts)
        if dialect is GITHUB and (not re.fullmatch(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", repo) or ".." in repo):
            raise ApiError(f"{repo[:100]!r} is no repository of GitHub", hint="It looks like owner/name.")
        self.dialect = dialect
        self._url = url.rstrip("/")
        self._repo = repo if dialect is GITHUB else quote(repo, safe="")
        self._headers = dialect.headers(check_token(token, "the forge's token"))
        self._words = ErrorText(token, Masker())
        self._author = author
        self.sleep = sleep or time.sleep
        self._timeout, self._waits = timeout, WAITS if is_patient else ()
        self._patience = PATIENCE if is_patient else 0.0
        self._limits = 0
        self._sender = Sender(self._url, connections=1, body_limit=BODY_LIMIT, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._sender.close()

    # ---- operations

    def author(self) -> str:
        """The user of the token: only comments of this author can be edited."""
        if not self._author:
            answer = self._send("GET", "/user")
            # `_send` has waited for any limit, so a 403 is a missing permission here.
            if answer.status in (403, 404) and self.dialect is GITHUB:
                self._author = ACTIONS_BOT
            else:
                self._author = str(self._object("GET", "/user", answer).get(self.dialect.author[1], ""))
        return self._author

    def comments(self, number: int) -> Iterator[Comment]:
        """All comments of a pull request, page by page, oldest first."""
        path = self._path(self.dialect.comments, number=number)
        order = {"sort": "asc", "order_by": "created_at"} if self.dialect is GITLAB else {}
        for page in range(1, MOST_PAGES + 1):
            answer = self._send("GET", path, query={"per_page": PER_PAGE, "page": page, **order})
            rows = self._rows("GET", path, answer)
            yield from map(self._comment, rows)
            if not _has_more(answer, rows):
                return
        raise ApiError(f"GET {path}: there are more than {MOST_PAGES} pages of comments")

    def create(self, number: int, body: str) -> Comment:
        """Create a comment. Unanswered where it may exist or not: the caller must search for it, for a second one would stay."""
        path = self._path(self.dialect.comments, number=number)
        answer = self._send("POST", path, {"body": body})
        if answer.status >= 500 or (answer.ok and not (answer.readable and isinstance(answer.data, dict))):
            raise self._failed("POST", path, f"status {answer.status}", answer, kind=Unanswered)
        return self._comment(self._object("POST", path, answer))

    def update(self, number: int, id: str, body: str) -> Comment:
        """Replace the text of a comment."""
        path = self._path(self.dialect.comment, number=number, id=id)
        return self._comment(self._object(self.dialect.edit, path, self._send(self.dialect.edit, path, {"body": body})))

    def pulls_of(self, sha: str) -> list[Pull]:
        """All pull requests that contain a commit. Which of them the commit stands for is decided by the caller."""
        path = self._path(self.dialect.pulls_of_commit, sha=sha)
        pulls = (self._pull(row) for row in self._rows("GET", path, self._send("GET", path)))
        return [pull for pull in pulls if pull.number]

    def _pull(self, row: Mapping[str, Any]) -> Pull:
        """A row of the list. GitHub calls merged ones `closed` too, GitLab calls them `merged`; GitHub nests the branches."""
        number, state = row.get(self.dialect.number), row.get("state")
        is_merged = bool(row.get("merged_at")) or state == "merged"
        nested = [row.get(name) for name in ("head", "base")]
        head, base = (branch if isinstance(branch, dict) else {} for branch in nested)
        names = ("merge_commit_sha", "squash_commit_sha", "sha")
        commits = {text for text in (*(row.get(name) for name in names), head.get("sha")) if isinstance(text, str)}
        return Pull(
            number if isinstance(number, int) else 0,
            is_merged=is_merged,
            is_open=not is_merged and state in (None, "open", "opened"),
            source=str(head.get("ref") or row.get("source_branch") or ""),
            target=str(base.get("ref") or row.get("target_branch") or ""),
            commits=frozenset(commits),
        )

    def reviews_of_run(self, run: str) -> list[dict[str, Any]]:
        """GitHub: the reviews of the environments that a workflow's run was to use, as it lists them."""
        path = self._path("/repos/{repo}/actions/runs/{run}/approvals", run=run)
        return self._rows("GET", path, self._send("GET", path))

    def deployment_of_job(self, job: str, environment: str) -> dict[str, Any]:
        """GitLab: the deployment that a job makes, with its approvals; empty where it is not among the newest there."""
        path = self._path("/projects/{repo}/deployments")
        query = {"environment": environment, "order_by": "id", "sort": "desc", "per_page": PER_PAGE}
        for row in self._rows("GET", path, self._send("GET", path, query=query)):
            deployable = row.get("deployable")
            if isinstance(deployable, dict) and str(deployable.get("id")) == job:
                path = self._path("/projects/{repo}/deployments/{id}", id=row.get("id"))
                return self._object("GET", path, self._send("GET", path))
        return {}

    # ---- requests

    def _path(self, form: str, **parts: Any) -> str:
        return form.format(repo=self._repo, **{name: quote(str(value), safe="") for name, value in parts.items()})

    def _send(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Response:
        """Send a request until the forge is neither busy nor limiting us, and give the answer, whatever it is.

        A POST is repeated only where it certainly had no effect: it never went out, or a limit refused it.
        """
        content = None if body is None else json.dumps(body).encode()
        headers = {**self._headers, **({"Content-Type": "application/json"} if content else {})}
        repeats = iter(self._waits)
        while True:
            answer = self._sender.send(
                method, self._url + path, headers=headers, deadline=self._timeout, params=query, content=content
            )
            if isinstance(answer, Failure):
                wait = None if method == "POST" and answer.sent else next(repeats, None)
                if wait is None:
                    reason = self._words.clean(str(answer.error)) or type(answer.error).__name__
                    raise Unanswered(f"{self.dialect.name}: {method} {path}: no answer ({reason})")
            elif (limit := _limit(answer)) is not None:
                wait = self._wait_of_limit(method, path, answer, limit)
            elif method == "POST" or answer.status not in BUSY or (wait := next(repeats, None)) is None:
                return answer
            else:
                wait = max(wait, min(retry_after(answer) or 0.0, self._patience))
                self._patience -= wait
            self.sleep(wait)

    def _wait_of_limit(self, method: str, path: str, response: Response, limit: float) -> float:
        """Seconds to wait after a limit refused a request; ApiError where that exceeds what is left of `PATIENCE`."""
        self._limits += 1
        wait = max(limit, WAITS[min(self._limits, len(WAITS)) - 1])
        if self._limits > MOST_LIMITS or wait > self._patience:
            again = f"Run the command again in {round(wait) + 1:,} s." if limit else "Run the command again later."
            hint = f"{self.dialect.name} limits how much may be asked of it. It refused this request and did nothing. {again}"
            raise self._failed(method, path, f"status {response.status}, a rate limit", response, hint)
        self._patience -= wait
        return wait

    # ---- answers

    def _rows(self, method: str, path: str, response: Response) -> list[dict[str, Any]]:
        data = self._data(method, path, response)
        if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
            raise self._failed(method, path, "the answer is no list", response)
        return data

    def _object(self, method: str, path: str, response: Response) -> dict[str, Any]:
        data = self._data(method, path, response)
        if not isinstance(data, dict):
            raise self._failed(method, path, "the answer is no object", response)
        return data

    def _data(self, method: str, path: str, response: Response) -> Any:
        if not response.ok or not response.readable:
            raise self._failed(method, path, f"status {response.status}", response)
        return response.data

    def _failed(
        self,
        method: str,
        path: str,
        reason: str,
        response: Response | None = None,
        hint: str | None = None,
        kind: type[ApiError] = ApiError,
    ) -> ApiError:
        hints = {
            401: "The token is not valid (any more).",
            403: "The token may not do this: on GitHub a job needs `permissions: pull-requests: write`.",
            404: "The token may not see this, or there is no such pull request.",
        }
        status = response.status if response else 0
        detail = self._error_text(response) if response else ""
        text = f"{self.dialect.name}: {method} {path}: {reason}"
        return kind(text, status=status, detail=detail, hint=hints.get(status, "") if hint is None else hint)

    def _error_text(self, response: Response) -> str:
        """The forge's text of a refusal. GitHub's `message` is only a heading, and the reason is among its `errors`."""
        text = self._words.of(response)
        data = response.data if response.readable else None
        errors = data.get("errors") if isinstance(data, dict) else None
        for error in errors[:5] if isinstance(errors, list) else ():
            names = ("message", "resource", "field", "code")
            members = [error.get(name) for name in names] if isinstance(error, dict) else [error]
            texts = [member for member in members if isinstance(member, str) and member]
            reason = self._words.clean(texts[0] if members[0] else " ".join(texts)) if texts else ""
            if reason and reason not in text:
                text = f"{text}: {reason}" if text else reason
        return text

    def _comment(self, row: Mapping[str, Any]) -> Comment:
        member, name = self.dialect.author
        author = row.get(member)
        return Comment(
            id=str(row.get("id", "")),
            author=str(author.get(name, "")) if isinstance(author, dict) else "",
            body=str(row.get("body") or ""),
            url=str(row.get("html_url") or ""),
        )


def _has_more(response: Response, rows: list[dict[str, Any]]) -> bool:
    """Is there a next page? By a header where the forge sends one; else a full page counts as followed by another."""
    if "x-next-page" in response.headers:
        return bool(response.headers["x-next-page"].strip())
    if "link" in response.headers:
        return 'rel="next"' in response.headers["link"]
    return len(rows) >= PER_PAGE


def _limit(response: Response) -> float | None:
    """Seconds that a rate limit asks to wait, 0 where it does not say; None where the answer is no rate limit.

    A rate limit is a 429, or a 403 that says so in its headers or in its text. Any other 403 is a missing permission.
    """
    if response.status not in (403, 429):
        return None
    delay, headers = retry_after(response), response.headers
    remaining = headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining", "")).strip()
    is_in_text = _LIMITED.search(response.content[:10_000].decode("utf-8", "replace")) is not None
    if response.status == 403 and delay is None and remaining != "0" and not is_in_text:
        return None
    if delay is not None:
        return delay
    reset = headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", "")).strip()
    if remaining == "0" or (response.status == 429 and not remaining):
        return _seconds_until(reset, headers) if reset else UNSAID_WAIT if is_in_text else 0.0
    return UNSAID_WAIT if is_in_text else 0.0


def _seconds_until(reset: str, headers: Mapping[str, str]) -> float:
    """Seconds until a reset that is given as a time (seconds since 1970) or as a delay in seconds; 0 for any other text."""
    if not re.fullmatch(r"[0-9]{1,12}", reset):
        return 0.0
    now = http_date(headers.get("date", "")) or datetime.now(UTC)
    return float(reset) if int(reset) < 10**8 else max(0.0, int(reset) - now.timestamp())
