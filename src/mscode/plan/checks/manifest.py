"""Rules of the area `manifest`: what the files declare and nothing uses, and names that are taken for one another."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from mscode.model.address import Address
from mscode.model.world import Rows
from mscode.plan.checks.context import CheckContext, field_region, region_at
from mscode.plan.checks.reached import filter_of
from mscode.plan.checks.rule import Finding, rule


@rule(
    "manifest/unused",
    "warn",
    "a voice file, filter, group, list or variable that nothing uses",
    wrong="""\
groups:
  donors: {members: {accounts: [anna]}}   # no campaign names it""",
    right="""\
groups:
  donors: {members: {accounts: [anna]}}
rsvpCalls:
  invite: {receivers: [{group: donors}], …}""",
    about="A list is used where a group names it, or where the filter of a group takes one of its rows.",
)
def unused(context: CheckContext) -> Iterator[Finding]:
    """Objects that are there for others alone, and that no other refers to; variables that no manifest refers to."""
    if not context.is_complete:
        return
    for item in context.items():
        kind = item.kind
        is_for_others = kind.role in ("voice", "group") or kind.selector is not None or kind.rows is not None
        if is_for_others and not context.users(item.address) and not _rows_are_taken(context, item.rows):
            yield Finding(
                f"Nothing uses {item.address}.",
                field_region(item, ""),
                (item.address,),
                "Remove it, or name it where it is meant.",
            )
    if context.builder is not None:
        return
    for name, place in context.desired.unused_variables.items():
        yield Finding(
            f"Nothing uses the variable {name}.", region_at(place), (), "Remove it, or write ${var." + name + "}."
        )


def _rows_are_taken(context: CheckContext, rows: Rows | None) -> bool:
    """Does the filter of a group take a row of this list?"""
    if rows is None:
        return False
    filters = [filter_of(context, group.members) for group in context.objects.values() if group.members]
    return any(True for row_filter in filters if row_filter for _ in row_filter.chosen(rows))


#: Letters and digits that look like others in most typefaces, as those. Source: Unicode 16, confusables.txt (UTS #39), its rows
#: of Latin, Greek and Cyrillic letters and of the digits 0 and 1.
_LOOK_ALIKE = str.maketrans(
    "01I|АВЕЅІЈКМНОРСТХУЗаеѕіјорсхуьԁԛԝһАΑΒΕΖΗΙΚΜΝΟΡΤΥΧαινορυχϲıɑɡℓ",
    "OlllABESlJKMHOPCTXY3aesijopcxybdqwhAABEZHlKMNOPTYXaivopuxciagl",
)


def _small(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _looks(name: str) -> str:
    """A name as it looks: two that differ by look-alike letters (and case) alone have the same."""
    look = unicodedata.normalize("NFKC", name).translate(_LOOK_ALIKE)
    return look.replace("rn", "m").replace("vv", "w").casefold()


@rule(
    "manifest/same-name",
    "warn",
    "two names that differ by case, or by look-alike letters, alone",
    wrong="groups:\n  donors: {}\n  Donors: {}",
    right="groups:\n  donors-espoo: {}\n  donors-turku: {}",
    about="Compared are the names of a section, and the `name` that groups and voice files have in the account. Look-alike are "
    "0 and O, 1, l and I, rn and m, vv and w, and letters of other scripts that look like Latin ones.",
)
def same_name(context: CheckContext) -> Iterator[Finding]:
    """Each name beside the first one that it is taken for; at the later of the two."""
    named: set[frozenset[Address]] = set()
    for in_account in (False, True):
        for alike, how in ((_small, "case"), (_looks, "look-alike letters")):
            first: dict[tuple[str, str], tuple[str, Address]] = {}
            for address, item in context.objects.items():
                name = str(item.fields.get("name") or "") if in_account else f"{address.name}.{address.key}".strip(".")
                if not name:
                    continue
                other, owner = first.setdefault((address.section, alike(name)), (name, address))
                pair = frozenset({address, owner})
                if other == name or pair in named or pair.isdisjoint(context.judged):
                    continue
                named.add(pair)
                yield Finding(
                    f'The names "{name}" and "{other}" in {address.section} differ by {how} alone.',
                    field_region(item, "name") if in_account else region_at(item.place),
                    (address, owner),
                    "Give one of them another name, so that nobody takes it for the other.",
                )
