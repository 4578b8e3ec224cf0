"""A seeded mutant."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """What is changed where, and the test that has to fail."""

    name: str
    file: str
    before: str
    after: str
    test: str
