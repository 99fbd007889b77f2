"""The mutants of `make mutants` fit the sources: a patch that fits nothing would prove nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts.mutants import ROOT, Mutant, mutants


@pytest.mark.parametrize("mutant", list(mutants()), ids=lambda one: one.name)
def test_a_mutant_changes_one_place_and_names_tests_that_are_there(mutant: Mutant) -> None:
    assert mutant.fits(ROOT)
    assert mutant.new != mutant.old and mutant.tests
    for test in mutant.tests:
        path, _, name = test.partition("::")
        assert (ROOT / path).exists()
        assert not name or f"def {name}(" in Path(ROOT / path).read_text(encoding="utf-8")
