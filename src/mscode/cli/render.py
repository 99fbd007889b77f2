"""`mscode render`: the manifests as they are after substitution."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.invocation import Invocation
from mscode.app.workspace import load_environment
from mscode.cli.frame import command as make_command
from mscode.cli.frame import directory_argument, json_option
from mscode.cli.options import variable_options

if TYPE_CHECKING:
    from mscode.manifest.load.context import Reading


@make_command(
    "render",
    examples=["mscode render", "mscode --env production render --var city=Espoo", "mscode render campaigns/ --json"],
)
@directory_argument
@json_option
@variable_options
def command(inv: Invocation, directory: Path, as_json: bool) -> None:
    """Print the manifests as they are after substitution, without the network.

    One YAML document, sections and names in order, above each object where it stands. What a forEach makes is printed under
    its name and key in quotes, like "invite.espoo". That is for reading: mscode reads no such names. Personal data and
    secrets are masked, as in every output.

    --json prints a list of {address, source: {file, line, column}, fields}.
    """
    import json

    from mscode.manifest.load.loader import personal_words
    from mscode.manifest.load.render import as_data, as_yaml
    from mscode.model.privacy import Masker
    from mscode.views.text.masking import Privacy

    reading = _read(inv, directory)
    secrets = reading.values.secrets
    mask = Masker(personal_words(reading.objects.values()), secrets, show_people=inv.show_people)
    privacy = Privacy(inv.show_people, mask, mask if inv.show_people else str)
    if as_json:
        inv.out.document(json.dumps(as_data(reading, privacy.value), indent=2))
    else:
        inv.out.document(as_yaml(reading, privacy.value).rstrip())


def _read(inv: Invocation, directory: Path) -> Reading:
    from mscode.manifest.load.loader import read

    environment = load_environment(inv, directory)
    reading = read(
        directory,
        environment.project,
        environment.name,
        window_zone=environment.window_zone,
        show_people=inv.show_people,
        given=inv.given,
        keeps=True,
    )
    inv.hide(reading.values.secrets)
    return reading
