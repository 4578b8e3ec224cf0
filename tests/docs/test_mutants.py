"""Seeded mutants change the code that there is."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.prove.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_changes_one_place_and_its_test_is_there(mutant: Mutant) -> None:
    """Its text stands once in its file; the test that has to catch it is defined."""
    assert (ROOT / mutant.file).read_text().count(mutant.before) == 1
    path, _, name = mutant.test.partition("::")
    text = (ROOT / path).read_text()
    assert not name or re.search(rf"def {re.escape(name.partition('[')[0])}\(", text)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_breaks_a_rule_and_not_the_language(mutant: Mutant) -> None:
    """It is caught for what it does: a name that there is none of would be caught by any test."""
    if not mutant.file.endswith(".py"):
        return
    text = (ROOT / mutant.file).read_text().replace(mutant.before, mutant.after)
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821,F823", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
