"""TOML documents that people send: policies and match models."""

from __future__ import annotations

import tomllib
from typing import Any

LINE_MAX = 500
"""Characters of a line. The parser keeps every prefix of a dotted key: a key of 100,000 parts took 12 GB."""


def read_document(text: str) -> dict[str, Any]:
    """The table of a document. Raises ValueError (TOMLDecodeError is one), RecursionError."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LINE_MAX:
            raise ValueError(f"line {number} is longer than {LINE_MAX} characters")
    return tomllib.loads(text)
