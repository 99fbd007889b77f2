"""Draws docs/plan.svg, refused.svg and guarded.svg: real output on the example, as a terminal shows it
(`python scripts/picture.py`).

The account it plans against holds an earlier version of the example: Tampere's campaign runs already and wants fewer
people to accept, Helsinki's is new, one text has changed. So the picture shows more than creates. The second picture is a
saved plan that is refused, since one more person would be reached, the third a plan that guards refuse.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from html import unescape
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "campaigns" / "blood-drive"
PICTURE = ROOT / "docs" / "plan.svg"
REFUSED = ROOT / "docs" / "refused.svg"
GUARDED = ROOT / "docs" / "guarded.svg"
CLOCK = "2026-11-30T08:00:00+02:00"
WIDTH = 136

#: (file, what the example says now, what it said earlier)
EARLIER = (
    ("campaigns/groups.yaml", "Adults in Tampere", "Donors in Tampere"),
    ("campaigns/voice.yaml", "Thank you! We will send you a message with your time.", "Thank you! See you soon."),
)

#: rich's own form loads its font from the web; this one takes what the reader's machine has.
FORM = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
    <title>The output of mscode</title>
    <style>
    .{unique_id}-matrix {{
        font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
        font-size: {char_height}px;
        line-height: {line_height}px;
        font-variant-east-asian: full-width;
    }}
    .{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
    {styles}
    </style>
    <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
    </defs>
    {chrome}
    <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix" xml:space="preserve">
    {matrix}
    </g>
    </g>
</svg>
"""


def planned(*options: str) -> str:
    """What `mscode plan` prints for the example: with the colours of a terminal, unless options ask for a format."""
    with tempfile.TemporaryDirectory(prefix="mscode-picture-") as temporary:
        folder = Path(temporary) / EXAMPLE.name
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".mscode"))
        _go_back(folder)
        _mscode(folder, "sandbox", "clock", CLOCK)
        _mscode(folder, "apply", "--auto-approve", "--allow-launch", "--parallelism", "1")
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".mscode"), dirs_exist_ok=True)
        return _mscode(folder, "plan", *options, colour=not options)


def _go_back(folder: Path) -> None:
    """Make of the copy what the example was earlier."""
    for name, now, earlier in EARLIER:
        _edit(folder / name, now, earlier)
    invite = folder / "campaigns" / "invite.yaml"
    text = invite.read_text(encoding="utf-8")
    helsinki, tampere = text.index("  invite-helsinki:"), text.index("  invite-tampere:")
    invite.write_text(text[:helsinki] + text[tampere:], encoding="utf-8")
    _edit(invite, "acceptsWanted: 20", "acceptsWanted: 15")


def _edit(path: Path, now: str, earlier: str) -> None:
    text = path.read_text(encoding="utf-8")
    if now not in text:
        raise SystemExit(
            f'{path.name} of the example does not say "{now}" any more; bring scripts/picture.py up to date'
        )
    path.write_text(text.replace(now, earlier), encoding="utf-8")


def refused() -> str:
    """What `mscode apply plan.json` prints where one more person moved to Helsinki after the plan was approved."""
    with tempfile.TemporaryDirectory(prefix="mscode-picture-") as temporary:
        folder = Path(temporary) / EXAMPLE.name
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".mscode"))
        _mscode(folder, "sandbox", "clock", CLOCK)
        _mscode(folder, "plan", "--out", "plan.json")
        newcomer = folder / "newcomer.csv"
        newcomer.write_text("firstName,phone,city,yearOfBirth\nVieno,+358457000999,Helsinki,1980\n", encoding="utf-8")
        _mscode(folder, "sandbox", "seed", newcomer.name)
        newcomer.unlink()
        return _mscode(folder, "apply", "plan.json", colour=True, code=3)


def guarded() -> str:
    """The end of what `mscode plan` prints where a campaign would call more people than the clinic can take, and too late."""
    with tempfile.TemporaryDirectory(prefix="mscode-picture-") as temporary:
        folder = Path(temporary) / EXAMPLE.name
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".mscode"))
        _edit(
            folder / "mscode.yaml",
            "maxPeople: {value: 100,",
            'callingHours: {from: "10:00", to: "16:00"}\n  maxPeople: {value: 40,',
        )
        _mscode(folder, "sandbox", "clock", CLOCK)
        said = _mscode(folder, "plan", colour=True, code=5, stream="stdout")
        return said[said.index("Guard ") - 5 :]


def _mscode(folder: Path, *arguments: str, colour: bool = False, code: int = 0, stream: str = "") -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MSCODE_", "NO_COLOR"))}
    command = [sys.executable, "-m", "mscode", *arguments]
    environment = kept | {"PYTHONIOENCODING": "utf-8", "FORCE_COLOR": "1" if colour else "0"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != code:
        raise SystemExit(f"mscode {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stderr if code and stream != "stdout" else done.stdout


def drawn(output: str, command: str = "mscode plan") -> str:
    """The picture of a terminal that shows the output of a command."""
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text(f"$ {command}", style="bold"))
    console.print(Text.from_ansi(output), soft_wrap=False)
    return console.export_svg(title=command, theme=MONOKAI, code_format=FORM, unique_id="plan")


def text_of(svg: str) -> str:
    """What the picture says, without any blanks (where lines break depends on its width)."""
    said = re.findall(r'<text class="plan-r\d+"[^>]*>(.*?)</text>', svg, re.DOTALL)
    return "".join("".join(unescape(piece).split()) for piece in said)


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(drawn(planned()), encoding="utf-8")
    REFUSED.write_text(drawn(refused(), "mscode apply plan.json"), encoding="utf-8")
    GUARDED.write_text(drawn(guarded()), encoding="utf-8")
    print(*(file.relative_to(ROOT) for file in (PICTURE, REFUSED, GUARDED)))
