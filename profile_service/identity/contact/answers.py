"""Compare a customer's answer with what is known (CheckAnswers): forgiving of form, not of content."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from anyascii import anyascii

from profile_service.identity.matching.dates import BirthDate, parse_birth_date

_DATE_FORMS = (
    re.compile(r"(?P<y>[0-9]{4})[-/. ](?P<m>[0-9]{1,2})[-/. ](?P<d>[0-9]{1,2})"),
    re.compile(r"(?P<d>[0-9]{1,2})[.](?P<m>[0-9]{1,2})[.](?P<y>[0-9]{4})"),
    re.compile(r"(?P<m>[0-9]{1,2})[/](?P<d>[0-9]{1,2})[/](?P<y>[0-9]{4})"),
)


def _is_whole(date: BirthDate) -> bool:
    year, month, day = date
    return bool(year and month and day)


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
    """Whether the answer is one of the known values; an empty answer never matches. Dates of birth are read as matching
    reads them: 12/03/1984 is the twelfth of March, and the third of December."""
    if attribute == "birth_date":
        readings = frozenset(filter(_is_whole, parse_birth_date(answer)))
        return any(readings & parse_birth_date(value) for value in known)
    given = canonical_answer(attribute, answer)
    return bool(given) and any(given == canonical_answer(attribute, value) for value in known)
