"""Writes the contacts of examples/campaigns/contact-list: 5 000 people who do not exist, the same ones each time.

`python scripts/make_contacts.py [FILE] [--count N] [--seed N]`. The numbers are of a range that is given to nobody.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator
from pathlib import Path

FILE = Path(__file__).resolve().parent.parent / "examples" / "campaigns" / "contact-list" / "donors.csv"
COUNT, SEED = 5_000, 2026
HEADERS = ("Puhelin", "Etunimi", "Sukunimi", "Postinumero", "Kunta", "Syntymävuosi")
FIRST = (
    *("Aaro", "Aino", "Anni", "Eero", "Eino", "Elsa", "Hanna", "Helmi", "Hugo", "Iida", "Ilmari", "Joel", "Kaisa"),
    *("Kerttu", "Lauri", "Leo", "Maija", "Niilo", "Oona", "Paavo", "Päivi", "Raija", "Sulo", "Tuuli", "Urho", "Venla"),
)
LAST = (
    *("Aalto", "Harju", "Järvinen", "Kangas", "Koski", "Laine", "Lehto", "Mäkelä", "Niemi", "Rinne", "Salo", "Virta"),
    *("Heikkilä", "Hämäläinen", "Karjalainen", "Laitinen", "Rantanen", "Saarinen", "Turunen", "Väisänen"),
)
TOWNS = (("00", "Helsinki"), ("02", "Espoo"), ("01", "Vantaa"), ("33", "Tampere"), ("20", "Turku"), ("90", "Oulu"))


def contacts(count: int = COUNT, seed: int = SEED) -> Iterator[tuple[str, ...]]:
    """Rows under HEADERS. No two have the same number; there are at most 10 000."""
    chance = random.Random(seed)
    for number in chance.sample(range(10_000), count):
        zip_start, town = chance.choice(TOWNS)
        zip_code = f"{zip_start}{chance.randrange(10, 100)}0"
        year = str(chance.randrange(1940, 2008))
        yield (f"+35840555{number:04}", chance.choice(FIRST), chance.choice(LAST), zip_code, town, year)


def write(file: Path, count: int = COUNT, seed: int = SEED) -> None:
    """The file, in UTF-8 with semicolons, as a spreadsheet saves it in Finland."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=";", lineterminator="\n")
        writer.writerow(HEADERS)
        writer.writerows(contacts(count, seed))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=FILE)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    wanted = parser.parse_args()
    write(wanted.file, wanted.count, wanted.seed)
    print(f"{wanted.file.name}: {wanted.count:,} made-up contacts")
