"""TOML documents that people send: policies and match models. What is wrong is told by key and reason."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import TypeVar, cast

import msgspec

LINE_MAX = 500
"""Characters of a line. The parser keeps every prefix of a dotted key: a key of 100,000 parts took 12 GB."""
Kind = TypeVar("Kind")
Table = dict[str, object]


class DocumentInvalid(ValueError):
    """The document is not valid; the message is `key: reason`."""


def read_document(text: str, kind: type[Kind]) -> Kind:
    """The document as a struct of the kind. Raises DocumentInvalid."""
    return converted(read_table(text), kind)


def read_table(text: str) -> dict[str, object]:
    """The document as a table. Raises DocumentInvalid."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LINE_MAX:
            raise DocumentInvalid(f"line {number}: is longer than {LINE_MAX} characters")
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DocumentInvalid(f"is no TOML: {str(error) or type(error).__name__}") from None


def overlaid(base: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """A table with the entries of another: tables are joined, everything else is replaced."""
    joined = dict(base)
    for key, value in over.items():
        before = joined.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        joined[key] = overlaid(cast("Table", before), cast("Table", value)) if both else value
    return joined


def converted(value: object, kind: type[Kind], place: str = "") -> Kind:
    """A part of a document, at a key of it, as a struct of the kind. Raises DocumentInvalid."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        key = (place + path.removesuffix("`")).removeprefix(".")
        raise DocumentInvalid(f"{key}: {reason}" if key else reason) from None
