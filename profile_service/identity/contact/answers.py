"""Compare a customer's answer with what is known (CheckAnswers): forgiving of form, not of content."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from anyascii import anyascii

_DATE_FORMS = (
    re.compile(r"(?P<y>[0-9]{4})[-/. ](?P<m>[0-9]{1,2})[-/. ](?P<d>[0-9]{1,2})"),
    re.compile(r"(?P<d>[0-9]{1,2})[.](?P<m>[0-9]{1,2})[.](?P<y>[0-9]{4})"),
    re.compile(r"(?P<m>[0-9]{1,2})[/](?P<d>[0-9]{1,2})[/](?P<y>[0-9]{4})"),
)


def canonical_answer(attribute: str, text: str) -> str:
    """Return the form in which answers are compared: ISO for dates, letters and digits without case for the rest."""
    if attribute == "birth_date":
        for form in _DATE_FORMS:
            match = form.fullmatch(text.strip())
            if match:
                try:
                    return date(int(match["y"]), int(match["m"]), int(match["d"])).isoformat()
                except ValueError:
                    break
    plain = anyascii(unicodedata.normalize("NFKC", text)).casefold()
    return re.sub(r"[^a-z0-9]", "", plain)


def answer_matches(attribute: str, answer: str, known: Iterable[str]) -> bool:
    """Whether the answer is one of the known values; an empty answer never matches."""
    given = canonical_answer(attribute, answer)
    return bool(given) and any(given == canonical_answer(attribute, value) for value in known)
