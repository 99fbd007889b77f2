"""Regular expressions that are compiled when they are first used, not when their module is loaded.

The expressions of a command's modules take a tenth of a second, and most of them look for what a project seldom holds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

__all__ = ["late_pattern"]

if TYPE_CHECKING:
    from re import compile as late_pattern
else:

    class late_pattern:
        """What `re.compile` gives for these arguments, whose members it has."""

        def __init__(self, pattern: str, flags: int = 0) -> None:
            self._arguments = (pattern, flags)

        def __getattr__(self, name: str) -> Any:
            """A member that is asked for the first time; it is kept, so that it is a plain attribute from then on."""
            if name.startswith("__"):  # what copies and pickles look for
                raise AttributeError(name)
            member = getattr(re.compile(*self._arguments), name)
            setattr(self, name, member)
            return member
