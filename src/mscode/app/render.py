"""Rendering: the manifests after substitution, people and secrets masked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.workspace import load_environment

if TYPE_CHECKING:
    from mscode.app.invocation import Invocation


def render(inv: Invocation, directory: Path, *, as_json: bool) -> str:
    """The manifests of a project as one YAML document, or as a JSON list of {address, source, fields}. Sends nothing."""
    from mscode.manifest.load.loader import personal_words, read
    from mscode.manifest.load.render import as_data, as_yaml
    from mscode.model.privacy import Masker
    from mscode.views.text.masking import Privacy

    environment = load_environment(inv, directory)
    reading = read(
        directory,
        environment.project,
        environment.name,
        window_zone=environment.window_zone,
        show_people=inv.show_people,
        sources=inv.given,
        keeps=True,
    )
    secrets = reading.values.secrets
    inv.hide(secrets)
    mask = Masker(personal_words(reading.objects.values()), secrets, show_people=inv.show_people)
    privacy = Privacy(inv.show_people, mask, mask if inv.show_people else str)
    if as_json:
        return json.dumps(as_data(reading, privacy.value), indent=2)
    return as_yaml(reading, privacy.value).rstrip()
