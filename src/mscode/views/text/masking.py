"""Masking of personal data in values to be shown: by the field, by the key, and by what looks like a phone number or an address.

`•••` stands for what is left out. Shared by the text and the JSON of a plan, so that both show the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mscode.model.light_dataclass import dataclass
from mscode.model.privacy import DOTS, mask_numbers, mask_phone, mask_word

Mask = Callable[[str], str]

#: Characters; of a shorter number nothing is shown.
_SHORTEST_PHONE = 7
#: Fields and keys that are masked in ways of their own.
_OF_PEOPLE = frozenset({"phone", "email"})
#: The key of the ownership marker in `meta`; it is internal and never shown (docs/safety.md#ownership).
_MARKER_KEY = "mscode"


@dataclass(frozen=True, slots=True)
class Privacy:
    """How values are shown. `mask` is for free text; `show_people` shows everything except secrets, which `hide` hides."""

    show_people: bool = False
    mask: Mask = mask_numbers
    hide: Mask = str

    def text(self, text: str) -> str:
        """Free text, masked; with people shown, without secrets alone."""
        return self.hide(text) if self.show_people else self.mask(text)

    def value(self, name: str, value: Any, *, personal: bool = False) -> Any:
        """A value of the field or key `name`, of the same shape, masked. A personal number becomes masked text."""
        if type(value) is str and not personal and not self.show_people and name not in _OF_PEOPLE:
            return self.mask(value)
        if isinstance(value, dict):
            keys = [key for key in value if name != "meta" or key != _MARKER_KEY]
            return {self.text(str(key)): self.value(str(key), value[key], personal=personal) for key in keys}
        if isinstance(value, list | tuple):
            return [self.value(name, item, personal=personal) for item in value]
        if self.show_people:
            return self.hide(value) if isinstance(value, str) else value
        return self._leaf(name, value, personal)

    def _leaf(self, name: str, value: Any, personal: bool) -> Any:
        if value is None or isinstance(value, bool) or not isinstance(value, str | int | float):
            return value
        if name == "phone" and value != "":
            phone = str(value)
            return mask_phone(phone) if len(phone) >= _SHORTEST_PHONE else DOTS
        if personal or name == "email":
            return mask_word(str(value))
        return self.mask(value) if isinstance(value, str) else value


def privacy_of(show_people: bool, mask: Mask | None) -> Privacy:
    """How a command shows values; without `mask` phone numbers and e-mail addresses in texts are masked."""
    return Privacy(show_people, mask, mask if show_people else str) if mask else Privacy(show_people)


def sensitive(plain: Any, masked: Any) -> Any:
    """Terraform's `*_sensitive`: true where masking changed a leaf, in the value's shape, false where nothing changed.

    `plain` is what `Privacy(show_people=True).value` gave for the same value.
    """
    if isinstance(masked, dict) and isinstance(plain, dict):
        if list(plain) != list(masked):
            return True
        pairs = {key: sensitive(plain[key], masked[key]) for key in masked}
        return {key: flags for key, flags in pairs.items() if flags} or False
    if isinstance(masked, list) and isinstance(plain, list):
        flags = [sensitive(old, new) for old, new in zip(plain, masked, strict=True)]
        return flags if any(flags) else False
    return bool(plain != masked)
