"""What a process needs to run a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.approval import ApplyOptions
from mscode.manifest.campaign_tests.files import CampaignTest
from mscode.manifest.campaign_tests.parts import Command
from mscode.model.light_dataclass import dataclass

if TYPE_CHECKING:
    from mscode.plan.inputs import Options

__all__ = ["Command", "CommandOptions", "Job"]


@dataclass(frozen=True, slots=True)
class CommandOptions:
    """The options of a step, read as its command reads them. `detailed`: `--detailed-exitcode` of a plan. `variables` are the pairs
    of name and text of its `--var`.
    """

    planning: Options
    applying: ApplyOptions = field(default_factory=lambda: ApplyOptions(auto_approve=True, allow_launch=True))
    detailed: bool = False
    variables: Sequence[tuple[str, str]] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Job:
    """One test to run. `environment` is the name of its environment, `options` are those of its commands by their positions among
    the steps; `variables` is the process's environment without what names a live account, `var_texts` and `var_files` are those of
    the command line.
    """

    test: CampaignTest
    directory: Path
    environment: str
    options: Mapping[int, CommandOptions]
    variables: Mapping[str, str] = field(repr=False)
    var_texts: Sequence[tuple[str, str]] = field(default=(), repr=False)
    var_files: Sequence[Path] = ()
