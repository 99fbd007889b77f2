"""The README of an export: what its files hold, how they are read, and what nobody can tell from them."""

from __future__ import annotations

from mscode.model.plurals import count
from mscode.views.text.markdown_text import md_code

_TEXT = """\
# Launches of {project} in {environment}

{launches}, written by mscode {version}.

| file | holds |
|---|---|
| `launches.csv` | a row for each launch: when, of which commit, who started and approved it, how many people, what came of it |
| `launches/ID.csv` | a row for each person whom that launch was let reach, under a keyed hash, with what came of it |
| `texts/ID/` | the words that were spoken or sent, part by part |
| `recordings.csv` | the sha256 of each recording that was played |
| `records.jsonl` | every record with its place in the chain, in order: launches, results, decisions |

Instants are in UTC. An empty cell is a value that is not known.

## People

No number, name or address of anybody who was reached is in these files. `person` is a keyed hash, the same for one person in all
launches; `erased` stands for somebody whose entries were erased at their own wish. Whether somebody is among them is told by
`mscode history person`, with the project and its records at hand. Numbers, addresses and known names inside of texts are masked
here; the sha256 in `records.jsonl` is that of the words as they were sent, and is left out where a text is masked, since what is
hidden could be found by it.

## The chain

Each record has the digest of the one before. `mscode history verify` checks the records themselves; this folder is a copy
to be read.

## What these files cannot tell

The service's API does not say these things, so mscode has no record of them:

- the calling number: which number people saw on their phones;
- each single call: of one person the service tells when the latest call was, not the calls before it, and how often it called only
  of those who were not called as members of a group;
- what was heard: whether a text was played to its end, and how it sounded;
- who answered, and who pressed a key: it was somebody at that number;
- of a group that the service shows as one row, what came of each of its people;
- who did something in the service's web interface, and when: calls that were started there have no launch record.

A launch record says what was allowed, and was written before its first request. It does not prove that a phone rang: that is in
the results, as far as the service told them.
"""


def readme(project: str, environment: str, version: str, launches: int) -> str:
    """The text, for so many launches."""
    names = {"project": md_code(project), "environment": md_code(environment)}
    return _TEXT.format(**names, launches=count(launches, "launch"), version=version)
