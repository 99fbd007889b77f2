"""What is known of a project's files by their names, and the URL by which an environment means the sandbox."""

from __future__ import annotations

FILE = "mscode.yaml"
#: The file that lists the projects of a fleet.
FLEET_FILE = "fleet.yaml"
#: The URL that stands for the embedded emulator.
EMBEDDED = "sandbox:"
#: The folder whose files `*.test.yaml` `mscode test` runs.
TESTS = "tests"
_TEST_ENDINGS = (".test.yaml", ".test.yml")


def is_test_file(name: str) -> bool:
    """Is a file of this name a test of campaigns? In any case of letters: some systems do not tell `A.YAML` from `a.yaml`."""
    return name.lower().endswith(_TEST_ENDINGS)
