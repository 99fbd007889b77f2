"""The files of people who are left out of single groups (`members: {exclude: {file: …}}`)."""

from __future__ import annotations

from dataclasses import replace

from mscode.errors import ManifestError
from mscode.manifest.load.context import LoadContext
from mscode.manifest.load.files import ProjectFiles
from mscode.manifest.yaml.tree import Node
from mscode.model.address import Address
from mscode.model.world import Members


def with_numbers(
    context: LoadContext, members: Members | None, node: Node, files: ProjectFiles, address: Address
) -> Members | None:
    """The members of a group with the numbers of the file that they exclude. What is wrong with the file is reported: somebody
    who is lost in reading would be called.
    """
    if members is None or members.exclude is None or not members.exclude.file:
        return members
    from mscode.manifest.contacts.do_not_call import number_file

    excluded = members.exclude
    try:
        path, name = files.table(excluded.file)
        numbers = number_file(path, name, context.project.region or "", title="file of people to be left out")
    except ManifestError as error:
        context.errors.extend(replace(diagnostic, address=str(address)) for diagnostic in error.diagnostics)
        return members
    except (ValueError, OSError) as error:
        context.file_error(node.get("members", "exclude", "file") or node, error, address)
        return members
    return replace(members, exclude=replace(excluded, file=name, lines=numbers.lines))
