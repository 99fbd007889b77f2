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


def hide(found: Diagnostic, secrets: Collection[str]) -> Diagnostic:
    """The same without any of the secrets."""
    if not secrets:
        return found
    place = found.place
    if place is not None and place.text:
        place = replace(place, text=hide_secrets(place.text, secrets))
    summary, detail, hint = (hide_secrets(text, secrets) for text in (found.summary, found.detail, found.hint))
    return replace(found, place=place, summary=summary, detail=detail, hint=hint)


def grouped_by_template(found: Iterable[Diagnostic], templates: Mapping[Address, Collection[str]]) -> list[Diagnostic]:
    """Diagnostics of objects made by forEach say which key; the same one of several keys comes once.

    `templates` maps the address without its key to all keys.
    """
    told: dict[Diagnostic, None] = {}
    groups: dict[_Told, list[tuple[Diagnostic, str, Address]]] = {}
    for one in found:
        template, key = _split(one.address, templates)
        if template is None:
            told[one] = None
            continue
        plain = _without_key(one, template, key)
        same: _Told = (template, plain.place, plain.code, plain.summary, plain.detail, plain.hint)
        groups.setdefault(same, []).append((one, key, template))
    return [*told, *(_told(several, len(templates[several[0][2]])) for several in groups.values())]


def _split(text: str, templates: Mapping[Address, Collection[str]]) -> tuple[Address | None, str]:
    parts = text.split(".")
    template = Address(parts[0], parts[1]) if len(parts) == 3 else None
    return (template, parts[2]) if template in templates else (None, "")


def _without_key(one: Diagnostic, template: Address, key: str) -> Diagnostic:
    def plain(text: str) -> str:
        text = text.replace(f"{template}.{key}", str(template))
        return re.sub(rf"(?<![\w-]){re.escape(key)}(?![\w-])", "${each.key}", text)

    return replace(
        one, summary=plain(one.summary), detail=plain(one.detail), hint=plain(one.hint), address=str(template)
    )


def _told(several: list[tuple[Diagnostic, str, Address]], all_keys: int) -> Diagnostic:
    first, key, template = several[0]
    if len(several) == 1:
        return _for(first, f'For the key "{key}".')
    keys = sorted({one for _, one, _ in several})
    named = ", ".join(keys[:_NAMED]) + (", …" if len(keys) > _NAMED else "")
    which = (
        f"For all {all_keys:,} keys." if len(keys) == all_keys else f"For {len(keys):,} of {all_keys:,} keys: {named}."
    )
    return _for(_without_key(first, template, key), which)


def _for(one: Diagnostic, which: str) -> Diagnostic:
    return replace(one, detail=f"{one.detail} {which}".strip())
