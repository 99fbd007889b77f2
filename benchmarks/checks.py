"""What the rules of `mscode checks` add to `mscode validate`: the same project with all of them and with all switched off, in turn.

Two projects: 1 000 spoken texts in four languages, each with a campaign; and 100 000 contacts of a CSV file in a group which a
campaign, a text message and an e-mail reach. Measured is processor time (user and system), so that whatever else the machine does
meets neither; the median of pairs. Run with `make bench-checks`; `--quick` takes a tenth of everything.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.bench import MSCODE, cost_of
from benchmarks.contacts import ALL, contacts, write_contacts

PAIRS = 5
#: When the campaigns begin: soon, for what is far away is a finding of its own.
DAY = date.today() + timedelta(days=20)
#: Seconds that 1 000 texts may add, and the share that contacts may.
MOST_SECONDS, MOST_SHARE = 1.0, 0.4
#: Numbers of several countries and networks, as a list of people has them; seven digits follow.
PREFIXES = ("+35840", "+35844", "+35845", "+35850", "+3589", "+4670", "+4673", "+491511", "+44791", "+3361", "+3461")
TEXTS = {
    "fi": "Hei, täällä veripalvelu. Voisitko tulla luovuttamaan verta ensi tiistaina kello 10.30? Paina viisi, jos pääset, "
    "tai yhdeksän, jos et pääse.",
    "sv": "Hej, det här är blodtjänsten. Kan du komma och ge blod nästa tisdag klockan 10.30? Tryck fem om du kan komma, "
    "eller nio om du inte kan.",
    "en": "Hello, this is the blood service. Could you come and give blood next Tuesday at ten? Press five for yes, or nine "
    "for no.",
    "de": "Hallo, hier ist der Blutspendedienst. Können Sie am Dienstag um zehn Uhr zum Blutspenden kommen? Drücken Sie die fünf "
    "für ja oder die neun für nein.",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    scale = 10 if parser.parse_args().quick else 1
    with tempfile.TemporaryDirectory() as folder:
        texts, crowd = Path(folder) / "texts", Path(folder) / "crowd"
        count = 1000 // scale
        write_texts(texts, count)
        off, on = measured(texts)
        verdicts = [
            row(
                f"validate, {count:,} texts: {on:.2f} s with the checks, {off:.2f} s without, {on - off:.2f} s more "
                f"(target of 1,000: {MOST_SECONDS:.1f} s)",
                on - off <= MOST_SECONDS,
            )
        ]
        people = 100_000 // scale
        write_crowd(crowd, people)
        off, on = measured(crowd)
        verdicts.append(
            row(
                f"validate, {people:,} contacts: {on:.2f} s with the checks, {off:.2f} s without, {on / off - 1:.0%} more "
                f"(target of 100,000: {MOST_SHARE:.0%})",
                on / off - 1 <= MOST_SHARE,
            )
        )
    return int(not all(verdicts))


def row(text: str, is_met: bool) -> bool:
    print(f"{text} {'ok' if is_met else 'MISSED'}", flush=True)
    return is_met


def measured(project: Path) -> tuple[float, float]:
    """Seconds of processor time: the median without the checks, and with them."""
    pairs = [(_validated(project, with_checks=False), _validated(project, with_checks=True)) for _ in range(PAIRS)]
    off, on = (statistics.median(times) for times in zip(*pairs, strict=True))
    return off, on


def _validated(project: Path, *, with_checks: bool) -> float:
    levels = {} if with_checks else dict.fromkeys(rule_ids(), "off")
    settings = {
        "apiVersion": "mscode/v1",
        "project": f"bench-{project.name}",
        "environments": {"live": {"url": "https://api.example.com/v1"}},
        "defaultEnvironment": "live",
        "checks": levels,
    }
    (project / "mscode.yaml").write_text(json.dumps(settings), encoding="utf-8")
    return cost_of("validate", [*MSCODE, "validate", str(project)], codes=(0, 5)).cpu


def rule_ids() -> list[str]:
    """The ids of all rules, as `mscode checks` lists them."""
    listed = subprocess.run([*MSCODE, "checks", "--json"], capture_output=True, check=True, cwd=tempfile.gettempdir())
    return [row["id"] for row in json.loads(listed.stdout)]


def write_texts(folder: Path, count: int) -> None:
    folder.mkdir()
    languages = list(TEXTS)
    voices = {
        f"v{at}": {"text": f"{TEXTS[code]} {at}", "voiceCode": code}
        for at in range(count)
        for code in [languages[at % len(languages)]]
    }
    _write(
        folder,
        {
            "accounts": {"anna": {"firstName": "Anna", "phone": f"+35845{ALL}"}},
            "groups": {"donors": {"members": {"accounts": ["anna"]}}},
            "voiceFiles": voices,
            "rsvpCalls": {f"c{at}": campaign(f"v{at}") for at in range(count)},
        },
    )


def write_crowd(folder: Path, count: int) -> None:
    folder.mkdir()
    people = contacts(count, ALL)
    for at, person in enumerate(people):
        person["phone"] = f"{PREFIXES[at % len(PREFIXES)]}{1_000_000 + at * 7}"
    write_contacts(folder / "contacts.csv", people)
    sending = {"actionTime": f"{DAY}T10:00:00Z", "receivers": [{"group": "donors"}]}
    _write(
        folder,
        {
            "accountLists": {"crowd": {"file": "contacts.csv"}},
            "groups": {"donors": {"members": {"accountList": "crowd"}}},
            "voiceFiles": {"question": {"text": TEXTS["en"], "voiceCode": "en"}},
            "rsvpCalls": {"invite": campaign("question")},
            "smses": {"reminder": {"message": "See you tomorrow!", "sender": "Blood", **sending}},
            "emails": {
                "letter": {
                    "subject": "The bus comes",
                    "messageText": "On Tuesday.",
                    "fromEmail": "blood@example.com",
                    **sending,
                }
            },
        },
    )


def campaign(voice: str) -> dict[str, object]:
    return {
        "startTime": f"{DAY}T08:00:00Z",
        "endTime": f"{DAY + timedelta(days=4)}T15:00:00Z",
        "activeFrom": "08:00",
        "activeTo": "15:00",
        "activeWeekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "voiceFiles": {"start": voice},
        "actionButtons": {"accept": 5, "decline": 9},
        "receivers": [{"group": "donors"}],
        "acceptsWanted": 1,
    }


def _write(folder: Path, manifest: dict[str, object]) -> None:
    lines = ["apiVersion: mscode/v1"]
    for section, objects in manifest.items():
        assert isinstance(objects, dict)
        lines.append(f"{section}:")
        lines += [f"  {name}: {json.dumps(fields, ensure_ascii=False)}" for name, fields in objects.items()]
    (folder / "all.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
