"""What status, watch and results share: a project's live campaigns, with or without a state, without manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mscode.app.environment import Environment, open_reader
from mscode.app.invocation import Invocation
from mscode.app.state import reading
from mscode.app.workspace import load_environment, parse_address
from mscode.errors import MscodeError, StateError
from mscode.model.nearest import nearest

if TYPE_CHECKING:
    from mscode.api.client import Reader
    from mscode.engine.account.status import Campaign
    from mscode.model.world import Known


@dataclass(frozen=True, slots=True)
class Account:
    """Where campaigns are looked for, open for reading."""

    reader: Reader
    environment: Environment
    known: Known

    def campaigns(self) -> list[Campaign]:
        """This project's campaigns, as they stand now."""
        from mscode.engine.account.status import read_campaigns

        return read_campaigns(self.reader, self.environment.kinds(), self.environment.target(), self.known)


@contextmanager
def open_account(inv: Invocation, directory: Path) -> Iterator[Account]:
    """The account of a project's environment; sends nothing but GET."""
    from mscode.model.privacy import Masker

    environment = load_environment(inv, directory)
    known = _known(inv, environment)
    with open_reader(environment, masker=Masker(show_people=inv.show_people)) as reader:
        yield Account(reader, environment, known)


def _known(inv: Invocation, environment: Environment) -> Known:
    """The state, or nothing where it cannot be read: the marks tell whose a campaign is, too."""
    from mscode.model.world import Known

    try:
        return reading(environment, inv.out.talk).known
    except (StateError, OSError) as error:
        inv.out.talk(
            f"The state cannot be read, so only campaigns with this project's mark are found: {error}", "yellow"
        )
        return Known()


def chosen(campaigns: Sequence[Campaign], names: Iterable[str]) -> list[Campaign]:
    """Those of the given addresses, all where none is given; MscodeError for an address that has no live campaign."""
    wanted = [str(parse_address(name)) for name in names]
    if not wanted:
        return list(campaigns)
    errors = [unknown(name, campaigns) for name in wanted if all(one.address != name for one in campaigns)]
    if errors:
        raise MscodeError([found for error in errors for found in error.diagnostics])
    return [one for one in campaigns if one.address in wanted]


def unknown(name: str, campaigns: Sequence[Campaign]) -> MscodeError:
    """No live campaign of this project has that address."""
    known = sorted({one.address for one in campaigns})
    close = nearest(name, known)
    hint = f'Did you mean "{close[0]}"?' if close else f"Live are: {', '.join(known) or 'none'}."
    return MscodeError(f"There is no live campaign {name}", hint=hint, code="unknown-address")
