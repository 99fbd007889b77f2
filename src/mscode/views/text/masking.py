"""Personal data in values that are about to be shown: masked by field, by key, and by what looks like a number.

`•••` stands for what is left out. Shared by the text and the JSON of a plan, so that both show the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mscode.model.privacy import DOTS, mask_numbers, mask_phone, mask_word

Mask = Callable[[str], str]

_SHORTEST_PHONE = 7
#: The key of the ownership marker in `meta`; it is mscode's own and never shown (docs/safety.md#ownership).
_MARKER_KEY = "mscode"


@dataclass(frozen=True, slots=True)
class Privacy:
    """How values are shown. `mask` is for free text; `show_people` shows everything but what `hide` hides: secrets."""

    show_people: bool = False
    mask: Mask = mask_numbers
    hide: Mask = str

    def text(self, text: str) -> str:
        return self.hide(text) if self.show_people else self.mask(text)

    def value(self, name: str, value: Any, *, personal: bool = False) -> Any:
        """A value of the field or key `name`, of the same shape, masked. A personal number becomes masked text."""
        if isinstance(value, dict):
            return {self.text(str(k)): self.value(str(k), v, personal=personal) for k, v in _own(name, value).items()}
        if isinstance(value, list | tuple):
            return [self.value(name, item, personal=personal) for item in value]
        if self.show_people:
            return self.hide(value) if isinstance(value, str) else value
        return self._leaf(name, value, personal)

    def _leaf(self, name: str, value: Any, personal: bool) -> Any:
        if value is None or isinstance(value, bool) or not isinstance(value, str | int | float):
            return value
        if name == "phone" and value != "":
            return _phone(str(value))
        if personal or name == "email":
            return mask_word(str(value))
        return self.mask(value) if isinstance(value, str) else value


def privacy_of(show_people: bool, mask: Mask | None) -> Privacy:
    """How a command shows values; without `mask` phone numbers and e-mail addresses in texts are masked."""
    return Privacy(show_people, mask, mask if show_people else str) if mask else Privacy(show_people)


def _phone(phone: str) -> str:
    return mask_phone(phone) if len(phone) >= _SHORTEST_PHONE else DOTS


def _own(name: str, value: dict[Any, Any]) -> dict[Any, Any]:
    return {k: v for k, v in value.items() if k != _MARKER_KEY} if name == "meta" else value


def sensitive(plain: Any, masked: Any) -> Any:
    """Terraform's `*_sensitive`: true where masking changed a leaf, in the value's shape, false where nothing changed.

    `plain` is what `Privacy(show_people=True).value` gave for the same value.
    """
    if isinstance(masked, dict) and isinstance(plain, dict):
        if list(plain) != list(masked):
            return True
        pairs = {key: sensitive(plain[key], masked[key]) for key in masked}
        return {key: found for key, found in pairs.items() if found} or False
    if isinstance(masked, list) and isinstance(plain, list):
        found = [sensitive(old, new) for old, new in zip(plain, masked, strict=True)]
        return found if any(found) else False
    return bool(plain != masked)
