"""Rows of a file, one at a time: CSV, JSON lines or Parquet, told by the suffix."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

KINDS = (".csv", ".jsonl", ".parquet")
PARQUET_ROWS = 10_000


class FileUnreadable(Exception):
    """The file cannot be imported; the message says why."""


def rows_of(path: Path) -> Iterator[Mapping[str, str]]:
    """Each row as column -> text; what is not there is empty. Raises FileUnreadable."""
    if path.suffix not in KINDS:
        raise FileUnreadable(f"{path.name}: a file ends in one of {', '.join(KINDS)}")
    try:
        yield from {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}[path.suffix](path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileUnreadable(f"{path.name}: {type(error).__name__}") from None


def _csv(path: Path) -> Iterator[Mapping[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield {name: value or "" for name, value in row.items() if isinstance(name, str)}


def _jsonl(path: Path) -> Iterator[Mapping[str, str]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                raise FileUnreadable(f"{path.name}, line {number}: not JSON") from None
            if not isinstance(row, dict):
                raise FileUnreadable(f"{path.name}, line {number}: not an object")
            yield _texts(row)  # pyright: ignore[reportUnknownArgumentType] # JSON


def _parquet(path: Path) -> Iterator[Mapping[str, str]]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise FileUnreadable(f"{path.name}: Parquet needs pyarrow: pip install 'profile-service[train]'") from None
    try:
        for batch in parquet.ParquetFile(path).iter_batches(batch_size=PARQUET_ROWS):
            for row in batch.to_pylist():
                yield _texts(row)
    except ArrowException as error:
        raise FileUnreadable(f"{path.name}: not a Parquet file that can be read ({type(error).__name__})") from None


def _texts(row: Mapping[str, Any]) -> Mapping[str, str]:
    """Lists become values that are parted by a bar, as attributes take them."""
    return {
        name: "|".join(str(part) for part in value) if isinstance(value, list) else "" if value is None else str(value)
        for name, value in row.items()
    }
