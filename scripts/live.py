"""Takes the pictures of docs/live.md: the page of live campaigns, on a desktop and on a phone (`python scripts/live.py`).

The example campaigns are launched in an embedded sandbox whose people are called slowly; one of the two is then halted, so that the
page has something that calls and something that needs somebody. Needs chromium and chromedriver.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import browser, demo_live

ROOT = Path(__file__).resolve().parent.parent
BEFORE, HALTED, AT = "2026-12-01T06:00:00Z", "2026-12-01T08:12:00Z", "2026-12-01T09:04:00Z"
#: Picture -> width of the screen, height that is shown.
PICTURES = {"live-desktop.png": (1280, 1180), "live-phone.png": (390, 1290)}


def page(folder: Path) -> Path:
    """The page, in an empty folder."""
    project = folder / demo_live.EXAMPLE.name
    shutil.copytree(demo_live.EXAMPLE, project, ignore=shutil.ignore_patterns(".mscode"))
    # Two campaigns that call one person a minute each.
    demo_live.replace(project / "mscode.yaml", 'url: "sandbox:"', 'url: "sandbox:"\n    service: {pace: 1}')
    demo_live.run("sandbox", "clock", BEFORE, cwd=project, variables={})
    rehearsal = demo_live.run("rehearse", "--json", cwd=project, variables={})
    (project / "rehearsal.json").write_text(rehearsal, encoding="utf-8")
    for command in (
        ("apply", "--auto-approve", "--allow-launch"),
        ("sandbox", "clock", HALTED),
        ("halt", "rsvpCalls.invite-tampere"),
        ("sandbox", "clock", AT),
        ("status", "--format", "html", "--out", "public", "--rehearsal", "rehearsal.json"),
    ):
        demo_live.run(*command, cwd=project, variables={})
    return project / "public" / "index.html"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mscode-live-") as temporary, browser.driver() as url:
        file = page(Path(temporary))
        window = browser.Browser(url, Path(temporary) / "profile")
        for name, (width, height) in PICTURES.items():
            window.open(file, width)
            (ROOT / "docs" / name).write_bytes(window.picture(height))
            print(f"docs/{name}")
        window.close()


if __name__ == "__main__":
    main()
