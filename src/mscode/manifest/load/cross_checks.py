"""What is checked once all files are read: references, live names, moves and imports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mscode.errors import Place
from mscode.manifest.load.context import LoadContext
from mscode.manifest.yaml.redaction import mask_text
from mscode.manifest.yaml.tree import Node, key_node
from mscode.model.address import Address
from mscode.model.kind import registry
from mscode.model.nearest import did_you_mean
from mscode.model.plurals import count
from mscode.model.values import Ref
from mscode.model.world import Desired

#: So many headers of a list are named.
_MOST_HEADERS = 20


#: From so many names that two files have in common on, one of them is probably a copy.
_COPY = 2


def check_declared_once(context: LoadContext) -> None:
    """Every name is declared once; a file that declares many names of another one is one error."""
    by_files: dict[tuple[str, str], list[tuple[Address, Node, Node]]] = {}
    for address, at, first in context.declared_again:
        # The copy of a file has the longer name: `festival - Copy.yaml`, `festival (1).yaml`, `festival.bak.yaml`.
        original, copy = sorted((first.source.file, at.source.file), key=len)
        by_files.setdefault((original, copy), []).append((address, at, first))
    for (original, copy), names in by_files.items():
        if original != copy and len(names) >= _COPY:
            summary = f"{copy} declares the same {count(len(names), 'object')} as {original}; is it a copy?"
            hint = "Remove one of the two files, or leave it out with `manifests:` in mscode.yaml."
            context.error(Place(copy), summary, hint=hint, code="declared-twice")
            continue
        for address, at, first in names:
            detail = f"It is declared first in {first.place.file}, line {first.place.line}."
            summary = f"{address} is declared twice"
            context.error(at, summary, detail, "Keep one of the two.", code="declared-twice", address=str(address))


def check_references(context: LoadContext) -> None:
    """Every reference names a declared object of its section.

    Where a file could not be read, what it declares is not known, and a missing name says nothing.
    """
    for address, item in context.objects.items():
        for ref, path in _references(item):
            if _address(ref) not in context.declared and (context.complete or _namesake(context, ref)):
                node = context.nodes[address]
                _report_missing(context, address, ref, (node.get(*path) or node).place)


def _references(item: Desired) -> Iterator[tuple[Ref, tuple[Any, ...]]]:
    yield from _walk(item.fields, ())
    if item.members is not None:
        yield from _walk(item.members.filter, ("members", "filter"))
        yield from _walk(item.members.accounts, ("members", "accounts"))
        if item.members.replied is not None:
            yield item.members.replied.campaign, ("members", "replied", "campaign")
        if item.members.exclude is not None and item.members.exclude.replied is not None:
            yield item.members.exclude.replied.campaign, ("members", "exclude", "replied", "campaign")
        yield from _walk(item.members.account_list, ("members", "accountList"))


def check_where(context: LoadContext) -> None:
    """Each condition on the rows of a list names a field that a column holds, or the header of a column."""
    for address, item in context.objects.items():
        members = item.members
        source = context.objects.get(_address(members.account_list)) if members and members.account_list else None
        if members is None or source is None or source.rows is None or not members.where:
            continue
        rows = source.rows
        written = context.nodes[address].get("members", "where")
        for at, condition in enumerate(members.where):
            name = str(condition["field"])
            if rows.cells(name) is not None:
                continue
            place = context.nodes[address].get("members", "where", at, "field") or (
                key_node(written, name) if written else context.nodes[address]
            )
            from mscode.manifest.contacts.table_head import is_name

            headers = [header for header in rows.headers if is_name(header)]
            # Without a header line the first row is a person.
            hint = did_you_mean(name, [*rows.columns, *headers]) if context.guesses else ""
            summary = f'where: "{name}" is no field of {source.address} and no header of {rows.file}'
            columns = ", ".join(dict.fromkeys(map(mask_text, (*rows.columns, *headers[:_MOST_HEADERS]))))
            context.error(
                place,
                mask_text(summary),
                hint=mask_text(hint) or f"Its columns: {columns}.",
                code="unknown-column",
                address=str(address),
            )


def _walk(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Ref, tuple[Any, ...]]]:
    if isinstance(value, Ref):
        yield value, path
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _walk(child, (*path, key))
    elif isinstance(value, list | tuple):
        for at, child in enumerate(value):
            yield from _walk(child, (*path, at))


def _address(ref: Ref) -> Address:
    """Not `ref.address`: what stands in a manifest may be no name at all."""
    return _address_of(ref.section, ref.name)


def _address_of(section: str, name: str) -> Address:
    return Address(section, *name.split(".")) if name.count(".") <= 1 else Address(section, name)


def _namesake(context: LoadContext, ref: Ref) -> Address | None:
    """An object of another section that has this name, or is named so in full."""
    section, _, name = ref.name.partition(".")
    if section in registry() and _address_of(section, name) in context.declared:
        return _address_of(section, name)
    candidates = (_address_of(kind_section, ref.name) for kind_section in registry())
    return next((candidate for candidate in candidates if candidate in context.declared), None)


def _report_missing(context: LoadContext, address: Address, ref: Ref, place: Place) -> None:
    if _report_key(context, address, ref, place):
        return
    singular = ref.address.kind.singular
    if namesake := _namesake(context, ref):
        detail = f"{namesake} is a {registry()[namesake.section].singular}, and a {singular} is needed here."
        summary = f"{ref.section}.{_local_name(namesake)} does not exist"
        context.error(place, summary, detail, code="missing-reference", address=str(address))
        return
    names = (
        [_local_name(declared) for declared in context.declared if declared.section == ref.section]
        if context.guesses
        else []
    )
    hint = did_you_mean(ref.name, names) or f"Declare it under `{ref.section}:`."
    summary = f"{ref.section}.{ref.name} does not exist"
    context.error(place, summary, hint=hint, code="missing-reference", address=str(address))


def _local_name(address: Address) -> str:
    """The name without the section, as a reference writes it."""
    return str(address).removeprefix(f"{address.section}.")


def _report_key(context: LoadContext, address: Address, ref: Ref, place: Place) -> bool:
    """What is wrong about the key of a reference to an object that has forEach, or has none. True where that is reported."""
    target = _address(ref)
    base = Address(target.section, target.name)
    template = context.templates.get(base)
    if template is None and not (target.key and base in context.declared):
        return False
    if template is None:
        summary, detail = f"{target} does not exist", f"{base} has no forEach, and so no keys."
        hint = f'Write "{target.name}".'
    elif template.keys is None:
        return True
    elif not target.key:
        summary, detail = f"{base} has forEach, and a reference to it needs a key", ""
        first = min(template.keys) if template.keys else "KEY"
        hint = f'Write "{target.name}.{first}", or "{target.name}.${{each.key}}" in an object with the same forEach.'
    else:
        summary, detail = f"{target} does not exist", f'The forEach of {base} has no key "{target.key}".'
        key_list = ", ".join(sorted(template.keys)[:20]) or "none"
        hint = (did_you_mean(target.key, template.keys) if context.guesses else "") or f"Its keys: {key_list}."
    context.error(place, summary, detail, hint, code="missing-reference", address=str(address))
    return True


def check_names(context: LoadContext) -> None:
    """Live names are unique per section: an object whose id is lost is looked up by its name."""
    owners: dict[tuple[str, str], Address] = {}
    for address, item in context.objects.items():
        if not address.kind.name_defaults_to_key:
            continue
        name = str(item.fields["name"])
        first = owners.setdefault((address.section, name), address)
        if first != address:
            place = item.field_places.get("name", item.place)
            detail = f"{first} stands in {_location(context, first)}."
            is_same_template = (first.section, first.name) == (address.section, address.name)
            hint = "Put ${each.key} into `name`." if is_same_template else "Give one of the two another `name`."
            summary = f'{address} and {first} have the same name "{name}"'
            context.error(place, summary, detail, hint, code="same-name", address=str(address))


def check_unique(context: LoadContext) -> None:
    """Two accounts with one phone are one person, who would be called twice; so are two with one e-mail address and no
    phone, for they are found by it.
    """
    owners: dict[tuple[str, str, str], Address] = {}
    for address, item in context.objects.items():
        identity = address.kind.identities(item.fields)[:1] if address.kind.unique else ()
        for name, value in identity:
            first = owners.setdefault((address.section, name, value), address)
            if first != address:
                detail = f"{first} stands in {_location(context, first)}."
                hint = (
                    f"Keep one of the two: a {name} is one person's, however it is written."
                    if name in address.kind.unique
                    else f"Keep one of the two, or give each a {' and a '.join(address.kind.unique)} of its own."
                )
                place = item.field_places.get(name, item.place)
                summary = f"{address} and {first} have the same {name}"
                context.error(place, summary, detail, hint, code=f"same-{name}", address=str(address))


def _location(context: LoadContext, address: Address) -> str:
    place = context.objects[address].place
    return f"{place.file}, line {place.line}"


def check_moves(context: LoadContext) -> None:
    """An old name is not declared any more, and an old name or a live object belongs to one object only."""
    origins: dict[tuple[str, str], Address] = {}
    imports: dict[tuple[str, str], Address] = {}
    for address, item in context.objects.items():
        if item.renamed_from:
            old = Address(address.section, *item.renamed_from.split(".", 1))
            if old in context.declared:
                place = context.declared[old].place
                summary = f"{address} says it was {old}, and {old} is still declared"
                detail = f"{old} stands in {place.file}, line {place.line}."
                at = _common_place(context, item, "renamedFrom")
                context.error(at, summary, detail, "Remove one.", code="renamed-exists", address=str(address))
            _check_single_use(context, origins, item, "renamedFrom", item.renamed_from, f"renamed from {old}")
        if item.import_id and not address.kind.shared:
            _check_single_use(context, imports, item, "import", item.import_id, f"the live object {item.import_id}")


def _check_single_use(
    context: LoadContext, owners: dict[tuple[str, str], Address], item: Desired, key: str, value: str, origin: str
) -> None:
    first = owners.setdefault((item.address.section, value), item.address)
    if first == item.address:
        return
    summary = f"{item.address} is {origin}, and so is {first}"
    detail = f"{first} stands in {_location(context, first)}."
    place = _common_place(context, item, key)
    context.error(place, summary, detail, "Keep one of the two.", code="same-origin", address=str(item.address))


def _common_place(context: LoadContext, item: Desired, key: str) -> Place:
    node: Node = context.nodes[item.address]
    keys = node.keys or {}
    return keys[key].place if key in keys else item.place
