"""Diagnostics before they are reported: an error that keys of a forEach have in common comes once, and secrets are hidden."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from mscode.errors import Diagnostic
from mscode.model.address import Address
from mscode.model.privacy import hide_secrets

#: The most keys that one error names.
_NAMED = 5
_Identity = tuple[object, ...]


def hide(diagnostic: Diagnostic, secrets: Collection[str]) -> Diagnostic:
    """The diagnostic with every secret masked, also in the line it quotes."""
    if not secrets:
        return diagnostic
    place = diagnostic.place
    if place is not None and place.text:
        place = replace(place, text=hide_secrets(place.text, secrets))
    summary, detail, hint = (
        hide_secrets(text, secrets) for text in (diagnostic.summary, diagnostic.detail, diagnostic.hint)
    )
    return replace(diagnostic, place=place, summary=summary, detail=detail, hint=hint)


def grouped_by_template(
    diagnostics: Iterable[Diagnostic], templates: Mapping[Address, Collection[str]]
) -> list[Diagnostic]:
    """Diagnostics of objects made by forEach say which key; the same one of several keys comes once.

    `templates` maps the address without its key to all keys.
    """
    ungrouped: dict[Diagnostic, None] = {}
    groups: dict[_Identity, list[tuple[Diagnostic, str, Address]]] = {}
    for diagnostic in diagnostics:
        section, *names = diagnostic.address.split(".")
        template, key = (Address(section, names[0]), names[1]) if len(names) == 2 else (None, "")
        if template is None or template not in templates:
            ungrouped[diagnostic] = None
            continue
        common = _without_key(diagnostic, template, key)
        identity: _Identity = (template, common.place, common.code, common.summary, common.detail, common.hint)
        groups.setdefault(identity, []).append((diagnostic, key, template))
    return [*ungrouped, *(_merged(group, len(templates[group[0][2]])) for group in groups.values())]


def _without_key(diagnostic: Diagnostic, template: Address, key: str) -> Diagnostic:
    def plain(text: str) -> str:
        text = text.replace(f"{template}.{key}", str(template))
        return re.sub(rf"(?<![\w-]){re.escape(key)}(?![\w-])", "${each.key}", text)

    return replace(
        diagnostic,
        summary=plain(diagnostic.summary),
        detail=plain(diagnostic.detail),
        hint=plain(diagnostic.hint),
        address=str(template),
    )


def _merged(group: list[tuple[Diagnostic, str, Address]], all_keys: int) -> Diagnostic:
    first, key, template = group[0]
    if len(group) == 1:
        return _with_scope(first, f'For the key "{key}".')
    keys = sorted({name for _, name, _ in group})
    listing = ", ".join(keys[:_NAMED]) + (", …" if len(keys) > _NAMED else "")
    scope = (
        f"For all {all_keys:,} keys."
        if len(keys) == all_keys
        else f"For {len(keys):,} of {all_keys:,} keys: {listing}."
    )
    return _with_scope(_without_key(first, template, key), scope)


def _with_scope(diagnostic: Diagnostic, scope: str) -> Diagnostic:
    return replace(diagnostic, detail=f"{diagnostic.detail} {scope}".strip())
