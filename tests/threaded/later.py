"""What the service does not do yet, by the name of the journey, and why; one that passes has to leave this table."""

from __future__ import annotations

from collections.abc import Mapping

ACTS = "no call moves, joins or splits conversations yet"
MERGES = "stewards' decisions are not in the API yet"
CAMPAIGNS = "a start does not say yet that it is one of many"
CODES = "carry-over codes are not in the API yet"

LATER: Mapping[str, str] = {
    "J15": ACTS,
    "J27": CAMPAIGNS,
    "J28": CAMPAIGNS,
    "J29": CAMPAIGNS,
    "J30": CODES,
    "X10": ACTS,
    "X13": MERGES,
    "X14": MERGES,
    "X14r": MERGES,
    "X23": ACTS,
    "X24": ACTS,
}
