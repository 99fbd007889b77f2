"""The launch that let a campaign ring last, as `results`, `status`, the live page and a plan name it."""

from __future__ import annotations

import re
from typing import Annotated

from typing_extensions import TypedDict

from mscode.model.light_dataclass import dataclass
from mscode.views.json_schema import Instant, about
from mscode.views.plan.reading import Data, mapping, text
from mscode.views.text.printable import escape_unprintable

#: A page of a CI's run. What a variable claims may be anything, and is a link only where it can be nothing but one.
_RUN = re.compile(r"https?://[A-Za-z0-9.:\[\]_-]+/[A-Za-z0-9._~/%?=&#-]+")
#: Digits of a commit that people are shown.
_COMMIT_DIGITS = 12


class LaunchReferenceJson(TypedDict):
    """A launch that is in the records."""

    id: Annotated[str, about("Its id, for `mscode history show`.")]
    at: Annotated[Instant, about("When its record was written, before its first request, in UTC.")]
    commit: Annotated[str | None, about("The commit that was applied; null where it is not known.")]
    runUrl: Annotated[str | None, about("The page of the CI's run; null where there is none.")]


def reference_text(launch: LaunchReferenceJson) -> str:
    """`launch 6f1d2c3b of commit 1a2b3c4d5e6f`."""
    return f"launch {escape_unprintable(launch['id'], 64)} of {commit_text(launch['commit'])}"


@dataclass(frozen=True, slots=True)
class EarlierLaunch:
    """The last launch of an address before a plan; `link` is the page of its run, "" where there is none."""

    address: str
    id: str
    at: str
    commit: str
    link: str


def earlier_launches(data: Data) -> list[EarlierLaunch]:
    """The earlier launches in a plan's JSON, in its order. An entry of another form than the schema's is left out."""
    launches = mapping(data, "earlier_launches")
    return [
        EarlierLaunch(
            address, text(launch, "id"), text(launch, "at"), text(launch, "commit"), run_link(text(launch, "runUrl"))
        )
        for address, launch in launches.items()
        if isinstance(launch, dict) and text(launch, "id")
    ]


def commit_text(commit: str | None) -> str:
    """`commit 1a2b3c4d5e6f`, or that it is not known."""
    return f"commit {short_commit(commit)}" if commit else "an unknown commit"


def short_commit(commit: str) -> str:
    """As much of a commit as tells it from others."""
    return escape_unprintable(commit[:_COMMIT_DIGITS])


def run_link(url: str | None) -> str:
    """The page of a run, fit to be a link; "" where there is none, or where it may be something else."""
    return url if url and _RUN.fullmatch(url) else ""
