"""`checks:` of mscode.yaml: what is wrong with a level or a value is named, with what was probably meant."""

from __future__ import annotations

import pytest

from mscode.errors import ManifestError
from mscode.manifest.project.file import project_of

HEAD = "apiVersion: mscode/v1\nproject: drive\n"


@pytest.mark.parametrize(
    ("checks", "summary", "hint"),
    [
        ("{text/keys: wran}", "checks.text/keys.level: must be deny, warn or off", 'Did you mean "warn"?'),
        ("{text/keys: {level: dney}}", "checks.text/keys.level: must be deny, warn or off", 'Did you mean "deny"?'),
        ("{text/keys: }", "checks.text/keys: must be deny, warn or off, or a mapping", ""),
        ("{text/keys: null}", "checks.text/keys: must be deny, warn or off, or a mapping", ""),
        ("{text/kees: warn}", 'checks: "text/kees" is no rule', 'Did you mean "text/keys"?'),
        ("{text/caller: warn}", "checks: text/caller finds nothing without a value", "{level: warn, value: …}"),
        ("{text/caller: {level: deny}}", "checks: text/caller finds nothing without a value", "value: …"),
    ],
)
def test_what_is_wrong_is_named(checks: str, summary: str, hint: str) -> None:
    with pytest.raises(ManifestError) as caught:
        project_of(f"{HEAD}checks: {checks}\n".encode())
    [diagnostic] = caught.value.diagnostics
    assert diagnostic.summary.startswith(summary) and hint in diagnostic.hint
    assert diagnostic.place is not None and diagnostic.place.line == 3


@pytest.mark.parametrize(
    "checks",
    [
        "{text/caller: off}",
        "{text/caller: {level: warn, value: Espoo}}",
        "{text/caller: {reason: x}}",
        "{text/length: deny}",
    ],
)
def test_what_is_right_is_taken(checks: str) -> None:
    assert project_of(f"{HEAD}checks: {checks}\n".encode()).project == "drive"
