"""One way to send: deadline, transport, repeats, and what an answer means."""

import sys
from types import ModuleType


def main() -> None:
    """The command `httpx`, which this process does not have."""
    sys.exit("Run `httpx` for it.")


# With the library httpx comes a command of the same name. Where what that draws with is installed, as it is here, the library loads
# the command too, and with it as many modules again as it has itself. A version that has it elsewhere loads it all the same.
if "httpx" not in sys.modules:
    _command = ModuleType("httpx._main")
    _command.__dict__["main"] = main
    sys.modules.setdefault("httpx._main", _command)
