"""A service whose clock the tests set."""

from __future__ import annotations

from tests.disclosed.conftest import new_desk

__all__ = ["new_desk"]
