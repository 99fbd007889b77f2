"""What is known of mscode.yaml where nobody reads it: its name, and the URL by which an environment means the sandbox."""

from __future__ import annotations

FILE = "mscode.yaml"
#: The URL that stands for the embedded emulator.
EMBEDDED = "sandbox:"
