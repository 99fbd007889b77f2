"""Diagnostics before they are told: what every key of a forEach has in common is told once, and no secret is told."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from mscode.errors import Diagnostic
from mscode.model.address import Address
from mscode.model.privacy import hide_secrets

#: Of keys that an error concerns so many are named.
_NAMED = 5
_Told = tuple[object, ...]


def hide(diagnostic: Diagnostic, secrets: Collection[str]) -> Diagnostic:
    """The same without any of the secrets."""
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
    groups: dict[_Told, list[tuple[Diagnostic, str, Address]]] = {}
    for diagnostic in diagnostics:
        template, key = _split(diagnostic.address, templates)
        if template is None:
            ungrouped[diagnostic] = None
            continue
        common = _without_key(diagnostic, template, key)
        identity: _Told = (template, common.place, common.code, common.summary, common.detail, common.hint)
        groups.setdefault(identity, []).append((diagnostic, key, template))
    return [*ungrouped, *(_told(group, len(templates[group[0][2]])) for group in groups.values())]


def _split(text: str, templates: Mapping[Address, Collection[str]]) -> tuple[Address | None, str]:
    parts = text.split(".")
    template = Address(parts[0], parts[1]) if len(parts) == 3 else None
    return (template, parts[2]) if template in templates else (None, "")


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


def _told(group: list[tuple[Diagnostic, str, Address]], all_keys: int) -> Diagnostic:
    first, key, template = group[0]
    if len(group) == 1:
        return _for(first, f'For the key "{key}".')
    keys = sorted({name for _, name, _ in group})
    listing = ", ".join(keys[:_NAMED]) + (", …" if len(keys) > _NAMED else "")
    scope = (
        f"For all {all_keys:,} keys."
        if len(keys) == all_keys
        else f"For {len(keys):,} of {all_keys:,} keys: {listing}."
    )
    return _for(_without_key(first, template, key), scope)


def _for(diagnostic: Diagnostic, scope: str) -> Diagnostic:
    return replace(diagnostic, detail=f"{diagnostic.detail} {scope}".strip())
