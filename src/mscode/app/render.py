"""Rendering: the manifests after substitution, people and secrets masked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.workspace import load_environment, read_as_written

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation


def render(inv: Invocation, directory: Path, *, as_json: bool) -> str:
    """The manifests of a project as one YAML document, or as a JSON list of {address, source, fields}. Sends nothing."""
    from mscode.manifest.load.render import as_data, as_yaml
    from mscode.views.text.masking import Privacy

    reading, mask = read_as_written(inv, directory, load_environment(inv, directory))
    privacy = Privacy(inv.show_people, mask, mask if inv.show_people else str)
    if as_json:
        return json.dumps(as_data(reading, privacy.value), indent=2)
    return as_yaml(reading, privacy.value).rstrip()
