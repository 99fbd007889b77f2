"""What `mscode halt --json` prints; with the schema's texts."""

from __future__ import annotations

from typing import Annotated

from typing_extensions import TypedDict

from mscode.views.diagnostic_shapes import DiagnosticJson
from mscode.views.json_schema import Count, about


class HaltedJson(TypedDict):
    """A campaign that was to be halted."""

    id: Annotated[str, about("Its id in the live account.")]
    address: Annotated[str, about("Its address; empty where nothing tells it.")]
    was: Annotated[str, about("The state that it had.")]
    halted: Annotated[bool, about("It is halted now, for certain.")]


class AtRestJson(TypedDict):
    """A campaign that was halted or finished before."""

    id: Annotated[str, about("Its id in the live account.")]
    address: Annotated[str, about("Its address; empty where nothing tells it.")]
    state: Annotated[str, about("Its state.")]


class WithoutHaltJson(TypedDict):
    """What is still to go out, and has no halt."""

    id: Annotated[str, about("Its id in the live account.")]
    address: Annotated[str, about("Its address; empty where nothing tells it.")]
    type: Annotated[str, about("Its section.")]


class HaltCountsJson(TypedDict):
    """The numbers of the last line."""

    halted: Annotated[Count, about("Halted by this command.")]
    already_halted: Annotated[Count, about("Halted or finished before.")]
    not_halted: Annotated[Count, about("Asked for, and not halted.")]


class HaltJson(TypedDict):
    """What became of campaigns that were to be halted."""

    environment: Annotated[str, about("Name of the environment.")]
    url: Annotated[str, about("The URL of its service.")]
    campaigns: Annotated[list[HaltedJson], about("Those that were to be halted.")]
    at_rest: Annotated[list[AtRestJson], about("Those that were halted or finished before.")]
    missing: Annotated[list[str], about("Names that the account does not have.")]
    not_halted: Annotated[
        list[str],
        about("Everything that was asked for and is not halted: it may go on calling, unless it is no campaign."),
    ]
    without_halt: Annotated[list[WithoutHaltJson], about("What is still to go out, and has no halt.")]
    running: Annotated[
        dict[str, list[str]] | None,
        about(
            "Project and environment (`drive/production`) to the ids of what may call; null where the project is known."
        ),
    ]
    counts: Annotated[HaltCountsJson, about("The numbers of the last line.")]
    summary: Annotated[str, about("The last line, as people read it.")]
    errored: Annotated[bool, about("Something could not be read or halted.")]
    diagnostics: Annotated[list[DiagnosticJson], about("The errors.")]
