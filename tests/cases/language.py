"""The language of case files: JSON lines of calls and of what is expected of their answers.

    {"call": RPC, "as": NAME, "request": {proto JSON}}     more: "role", "caller": {"role", "cap", "sources"}, "within"
    {"together": [call, ...]}                              at the same time
    {"expect": {...}, "why": TEXT}                         "control": true where it held before the fault was mended

A request may hold ${name} (a fresh word), ${7:name} (a fresh number of seven digits), ${now-60} (a time), @60 (60 s
after the base, which is set so that the last time of the case is a minute ago), ${A.contact} and $A.contact (a part of
an answer). What is expected: {"ok": NAME}, {"path": P, "is" | "is not" | "in" | "has" | "has not": V}, {"same" |
"differs": [P, Q]}, {"any": [...]}. A call that failed answers {"error": REASON}; a part that is missing is null.
"""

from __future__ import annotations

import json
import random
import re
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Line = Mapping[str, Any]
_PATH = re.compile(r"[^.\[\]]+")
_FRESH = re.compile(r"\$\{([^}]+)\}")
_TIME = re.compile(r"@(-?\d+)")
_PART = re.compile(r"\$(\w+\.[\w.]+)")


@dataclass
class Answers:
    """What calls answered, by name, and the words that the case made up."""

    base_s: float
    kept: dict[str, Any] = field(default_factory=dict[str, Any])
    words: dict[str, str] = field(default_factory=dict[str, str])
    now_s: float = field(default_factory=time.time)

    def get(self, path: str) -> Any:
        """A part of an answer; None where it is missing."""
        at: Any = self.kept
        for part in _PATH.findall(path):
            try:
                at = at[int(part)] if isinstance(at, list) else at[part]
            except (KeyError, IndexError, TypeError, ValueError):
                return None
        return at

    def filled(self, value: Any) -> Any:
        """A request with its words, times and parts of answers in place."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if isinstance(value, dict):
            return {self._text(key): self.filled(item) for key, item in value.items()}
        return value

    def _text(self, text: str) -> str:
        if found := _TIME.fullmatch(text):
            return _stamp(self.base_s + int(found[1]))
        if found := _PART.fullmatch(text):
            return str(self.get(found[1]) or "")
        return _FRESH.sub(self._word, text)

    def _word(self, found: re.Match[str]) -> str:
        name = found[1]
        if name.startswith("now"):
            return _stamp(self.now_s + float(name[3:] or 0))
        if _PATH.findall(name)[0] in self.kept:
            return str(self.get(name))
        if name not in self.words:
            is_number = name.startswith("7:")
            self.words[name] = str(random.randint(2_000_000, 9_999_999)) if is_number else uuid.uuid4().hex[:12]
        return self.words[name]

    def holds(self, expected: Line) -> bool:
        """Whether the answers are as expected."""
        if "any" in expected:
            return any(self.holds(choice) for choice in expected["any"])
        if "ok" in expected:
            return "error" not in self.kept[expected["ok"]]
        if "same" in expected:
            left, right = map(self.get, expected["same"])
            return left is not None and left == right
        if "differs" in expected:
            left, right = map(self.get, expected["differs"])
            return left is None or left != right
        got = self.get(expected["path"])
        return all(_passes(word, got, self.filled(want)) for word, want in expected.items() if word != "path")


def _passes(word: str, got: Any, want: Any) -> bool:
    match word:
        case "is":
            return got == want
        case "is not":
            return got != want
        case "in":
            return got in want
        case "has":
            return want in json.dumps(got, ensure_ascii=False)
        case "has not":
            return want not in json.dumps(got, ensure_ascii=False)
        case _:
            raise ValueError(f"no such expectation: {word}")


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def base_of(lines: Iterable[Line], now_s: float) -> float:
    """The base of a case's times: its last time lies a minute ago."""
    offsets = [int(found) for found in re.findall(r'"@(-?\d+)"', json.dumps(list(lines)))]
    return now_s - 60 - max([0, *offsets])


def calls_of(lines: Iterable[Line]) -> list[Line]:
    """All calls of a case."""
    return [call for line in lines for call in line.get("together", [line]) if "call" in call]
