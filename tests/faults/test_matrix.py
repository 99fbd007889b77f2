"""Whatever breaks on the way: nothing is made twice, nobody is rung twice, and the way back is to apply again."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tests.faults.bench import Bench, BrokenPromiseError
from tests.faults.cell import run_cell
from tests.faults.faults import CELLS, Fault
from tests.faults.known_open import KNOWN_OPEN
from tests.faults.sites import Site

SEED = 20261130
#: Of each site so many faults in `make test`; all of them in `make torture`.
SAMPLE = {"POST": 1, "PUT": 1, "DELETE": 1, "GET": 1}
_NAMES = [f"{site}-{fault.name}" for site, fault in CELLS]


def _sampled() -> set[str]:
    """The same cells each time; those that wait for a deadline only in `make torture`."""
    drawn = random.Random(SEED)
    by_site: dict[tuple[str, str], list[str]] = {}
    for site, fault in CELLS:
        name = f"{site}-{fault.name}"
        if not fault.slow and name not in KNOWN_OPEN:
            by_site.setdefault((str(site), site.verb), []).append(name)
    return {name for (_, verb), names in by_site.items() for name in drawn.sample(names, SAMPLE[verb])}


def _cells() -> list[object]:
    sample = _sampled()
    return [
        pytest.param(site, fault, id=name, marks=() if name in sample else pytest.mark.torture)
        for (site, fault), name in zip(CELLS, _NAMES, strict=True)
    ]


@pytest.mark.parametrize(("site", "fault"), _cells())
def test_after_a_fault_applying_again_is_as_if_it_had_not_been(
    bench: Bench, site: Site, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    known = KNOWN_OPEN.get(f"{site}-{fault.name}")
    try:
        run_cell(bench, site, fault)
    except BrokenPromiseError as error:
        record_property(error.figure, 1)
        if known:
            pytest.xfail(known)
        raise
    finally:
        record_property("fault cells", 1)
    assert not known, "it holds now: take it out of KNOWN_OPEN"


def test_every_cell_that_is_known_to_be_open_exists() -> None:
    assert set(KNOWN_OPEN) <= set(_NAMES)
    assert len(set(_NAMES)) == len(_NAMES)
